#include "sql/types/jsonb_access.h"

#include <charconv>
#include <string>

#include "sql/types/json_number.h"

namespace latchkey::sql {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

/// Of two scalars, where kinds differ or are the same.
bool equal_scalars(JsonbReader left, JsonbReader right) {
  if (left.kind() != right.kind()) return false;
  if (left.is_number()) return compare_json_numbers(left.text(), right.text()) == 0;
  return left.text() == right.text();
}

bool has_element(JsonbReader array, JsonbReader scalar) {
  for (std::size_t i = 0; i < array.count(); ++i) {
    if (equal_scalars(array.element(i), scalar)) return true;
  }
  return false;
}

bool contains(JsonbReader value, JsonbReader part);

bool array_contains(JsonbReader array, JsonbReader part) {
  for (std::size_t i = 0; i < part.count(); ++i) {
    const JsonbReader wanted = part.element(i);
    if (wanted.is_scalar()) {
      if (!has_element(array, wanted)) return false;
      continue;
    }
    bool found = false;
    for (std::size_t j = 0; !found && j < array.count(); ++j) {
      found = contains(array.element(j), wanted);
    }
    if (!found) return false;
  }
  return true;
}

bool object_contains(JsonbReader object, JsonbReader part) {
  if (object.count() < part.count()) return false;
  for (std::size_t i = 0; i < part.count(); ++i) {
    const auto found = object.find(part.key(i));
    if (!found.has_value() || !contains(*found, part.value(i))) return false;
  }
  return true;
}

bool contains(JsonbReader value, JsonbReader part) {
  if (value.kind() != part.kind()) return false;
  if (part.is_array()) return array_contains(value, part);
  return part.is_object() ? object_contains(value, part) : equal_scalars(value, part);
}

std::string_view kind_name(JsonbReader value) {
  return value.is_number() ? "numeric" : jsonb_typeof(value);
}

}  // namespace

std::optional<std::size_t> resolve_json_index(std::int64_t index, std::size_t count) {
  const auto size = static_cast<std::int64_t>(count);
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return static_cast<std::size_t>(index);
}

std::optional<std::int32_t> parse_json_index(Bytes text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  const bool has_plus = text.starts_with('+');
  if (has_plus) text.remove_prefix(1);
  if (has_plus && text.starts_with('-')) return std::nullopt;
  std::int32_t index = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return index;
}

std::optional<JsonbReader> jsonb_get(JsonbReader value, std::int32_t index) {
  if (value.is_object()) return std::nullopt;
  const auto at = resolve_json_index(index, value.is_scalar() ? 1 : value.count());
  if (!at.has_value()) return std::nullopt;
  return value.is_scalar() ? value : value.element(*at);
}

std::optional<JsonbReader> jsonb_get_path(JsonbReader value, JsonTexts path) {
  for (const std::optional<Bytes>& step : path) {
    if (!step.has_value()) return std::nullopt;
  }
  for (const std::optional<Bytes>& step : path) {
    if (value.is_scalar()) return std::nullopt;
    if (value.is_object()) {
      const auto found = value.find(*step);
      if (!found.has_value()) return std::nullopt;
      value = *found;
      continue;
    }
    const auto index = parse_json_index(*step);
    const auto at = index.has_value() ? resolve_json_index(*index, value.count()) : std::nullopt;
    if (!at.has_value()) return std::nullopt;
    value = value.element(*at);
  }
  return value;
}

Value jsonb_as_text(JsonbReader value, Arena& arena) {
  if (value.is_null()) return Value::null();
  if (value.is_string() || value.is_number()) return Value::of_bytes(arena.copy(value.text()));
  std::string text;
  append_jsonb(value, text);
  return Value::of_bytes(arena.copy(text));
}

bool jsonb_contains(JsonbReader value, JsonbReader part) {
  if (value.is_array() && part.is_scalar()) return has_element(value, part);
  return contains(value, part);
}

bool jsonb_exists(JsonbReader value, Bytes key) {
  if (value.is_object()) return value.find(key).has_value();
  const JsonbReader string(JsonKind::String, key);
  return value.is_array() ? has_element(value, string) : equal_scalars(value, string);
}

bool jsonb_exists_any(JsonbReader value, JsonTexts keys) {
  for (const std::optional<Bytes>& key : keys) {
    if (key.has_value() && jsonb_exists(value, *key)) return true;
  }
  return false;
}

bool jsonb_exists_all(JsonbReader value, JsonTexts keys) {
  for (const std::optional<Bytes>& key : keys) {
    if (key.has_value() && !jsonb_exists(value, *key)) return false;
  }
  return true;
}

std::string_view jsonb_typeof(JsonbReader value) {
  switch (value.kind()) {
    case JsonKind::Null:
      return "null";
    case JsonKind::String:
      return "string";
    case JsonKind::Number:
      return "number";
    case JsonKind::False:
    case JsonKind::True:
      return "boolean";
    case JsonKind::Array:
      return "array";
    case JsonKind::Object:
      return "object";
  }
  return {};
}

Result<std::int32_t> jsonb_array_length(JsonbReader value) {
  if (value.is_scalar()) return invalid("cannot get array length of a scalar");
  if (value.is_object()) return invalid("cannot get array length of a non-array");
  return static_cast<std::int32_t>(value.count());
}

Result<void> jsonb_each_key(JsonbReader value, FunctionRef<void(Bytes key)> visit) {
  if (value.is_scalar()) return invalid("cannot call jsonb_object_keys on a scalar");
  if (value.is_array()) return invalid("cannot call jsonb_object_keys on an array");
  for (std::size_t i = 0; i < value.count(); ++i) visit(value.key(i));
  return {};
}

Result<void> jsonb_each(JsonbReader value, std::string_view function,
                        FunctionRef<void(Bytes key, JsonbReader value)> visit) {
  if (!value.is_object()) {
    return invalid("cannot call " + std::string(function) + " on a non-object");
  }
  for (std::size_t i = 0; i < value.count(); ++i) visit(value.key(i), value.value(i));
  return {};
}

Result<void> jsonb_array_elements(JsonbReader value, FunctionRef<void(JsonbReader)> visit) {
  if (value.is_scalar()) return invalid("cannot extract elements from a scalar");
  if (value.is_object()) return invalid("cannot extract elements from an object");
  for (std::size_t i = 0; i < value.count(); ++i) visit(value.element(i));
  return {};
}

Result<Bytes> jsonb_number(JsonbReader value, std::string_view type) {
  if (value.is_number()) return value.text();
  return invalid("cannot cast jsonb " + std::string(kind_name(value)) + " to type " +
                 std::string(type));
}

Result<bool> jsonb_boolean(JsonbReader value) {
  if (value.is_boolean()) return value.kind() == JsonKind::True;
  return invalid("cannot cast jsonb " + std::string(kind_name(value)) + " to type boolean");
}

}  // namespace latchkey::sql
