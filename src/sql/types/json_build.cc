#include "sql/types/json_build.h"

#include <vector>

#include "base/function_ref.h"
#include "sql/types/array.h"
#include "sql/types/record.h"

namespace latchkey::sql {

namespace {

/// What becomes of the values of a type.
enum class Shape : std::uint8_t {
  Boolean,
  Number,
  DateTime,
  Json,
  Jsonb,
  Array,
  Record,
  String,
  Text
};

Shape shape_of(Oid type) {
  if (type == oid::kBool) return Shape::Boolean;
  const bool is_number = type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8 ||
                         type == oid::kFloat4 || type == oid::kFloat8 || type == oid::kNumeric;
  if (is_number) return Shape::Number;
  const bool is_date_time =
      type == oid::kDate || type == oid::kTimestamp || type == oid::kTimestamptz;
  if (is_date_time) return Shape::DateTime;
  if (type == oid::kJson) return Shape::Json;
  if (type == oid::kJsonb) return Shape::Jsonb;
  const bool is_text = type == oid::kText || type == oid::kVarchar || type == oid::kBpchar ||
                       type == oid::kName || type == oid::kUnknown;
  if (is_text) return Shape::Text;
  if (type == oid::kRecord) return Shape::Record;
  const Type* const found = find_type(type);
  if (found == nullptr) return Shape::String;
  if (found->kind == 'c') return Shape::Record;
  return found->is_array() ? Shape::Array : Shape::String;
}

/// "2020-01-01 10:00:00.5+02 BC" is "2020-01-01T10:00:00.5+02:00 BC" to JSON.
std::string iso_text(std::string text, Oid type) {
  const std::size_t blank = text.find(' ');
  if (type == oid::kDate || blank == std::string::npos) return text;
  text[blank] = 'T';
  if (type != oid::kTimestamptz) return text;
  std::size_t zone = text.find_first_of("+-", blank);
  if (zone == std::string::npos) return text;
  const std::size_t end = std::min(text.find(' ', zone), text.size());
  if (text.find(':', zone) >= end) text.insert(end, ":00");
  return text;
}

std::string scalar_text(const TypedValue& from, Shape shape, const TextSettings& settings) {
  if (shape == Shape::Boolean) return from.value.boolean() ? "true" : "false";
  std::string text;
  if (shape == Shape::DateTime && settings.date_style != DateStyle::Iso) {
    TextSettings iso = settings;
    iso.date_style = DateStyle::Iso;
    append_text(from.type, from.value, iso, text);
  } else {
    append_text(from.type, from.value, settings, text);
  }
  return shape == Shape::DateTime ? iso_text(std::move(text), from.type) : text;
}

/// Whether the text of a number is JSON's: it is not for NaN and the infinities.
bool is_finite(Bytes text) { return !text.empty() && text.back() >= '0' && text.back() <= '9'; }

/// Walks over an array as a list of lists.
class ArrayWalk {
 public:
  ArrayWalk(const Value& array, FunctionRef<void(bool begins)> bracket,
            FunctionRef<Result<void>(const TypedValue&)> element)
      : reader_(array.bytes()), bracket_(bracket), element_(element) {}

  Result<void> walk(int dimension = 0) {
    bracket_(true);
    const std::int32_t length =
        dimension < reader_.dimension_count() ? reader_.dimension(dimension).length : 0;
    for (std::int32_t i = 0; i < length; ++i) {
      if (dimension + 1 < reader_.dimension_count()) {
        LK_CHECK(walk(dimension + 1));
        continue;
      }
      TypedValue item{reader_.element_type(), {}};
      reader_.next(item.value);
      LK_CHECK(element_(item));
    }
    bracket_(false);
    return {};
  }

 private:
  ArrayReader reader_;
  FunctionRef<void(bool begins)> bracket_;
  FunctionRef<Result<void>(const TypedValue&)> element_;
};

Result<void> add_array(JsonbBuilder& builder, const TypedValue& from,
                       const TextSettings& settings) {
  const auto bracket = [&](bool begins) { begins ? builder.begin_array() : builder.end(); };
  const auto element = [&](const TypedValue& item) {
    return add_as_jsonb(builder, item, settings);
  };
  return ArrayWalk(from.value, bracket, element).walk();
}

Result<void> add_record(JsonbBuilder& builder, const TypedValue& from,
                        const TextSettings& settings) {
  builder.begin_object();
  RecordReader reader(from.value.bytes());
  for (RecordReader::Field field; reader.next(field);) {
    builder.add_key(field.name);
    LK_CHECK(add_as_jsonb(builder, {field.type, field.value}, settings));
  }
  builder.end();
  return {};
}

Result<std::string> key_text(const TypedValue& from, const TextSettings& settings) {
  const Shape shape = shape_of(from.type);
  const bool is_scalar = shape != Shape::Json && shape != Shape::Jsonb && shape != Shape::Array &&
                         shape != Shape::Record;
  if (!is_scalar) {
    return Error(ErrorCode::InvalidArgument,
                 "key value must be scalar, not array, composite, or json");
  }
  return scalar_text(from, shape, settings);
}

Result<void> check_pairs(std::span<const TypedValue> values, const char* function) {
  if (values.size() % 2 == 0) return {};
  return Error(ErrorCode::InvalidArgument, "argument list must have even number of elements")
      .with_hint("The arguments of " + std::string(function) +
                 " must consist of alternating keys and values.");
}

}  // namespace

void append_array_as_json(const TypedValue& from, LineFeeds line_feeds,
                          const TextSettings& settings, std::string& out) {
  std::size_t depth = 0;
  const auto separate = [&] {
    if (out.back() != '[') out += depth == 1 && line_feeds == LineFeeds::Yes ? ",\n " : ",";
  };
  const auto bracket = [&](bool begins) {
    if (begins && depth > 0) separate();
    depth += begins ? 1 : -1;
    out.push_back(begins ? '[' : ']');
  };
  const auto element = [&](const TypedValue& item) {
    separate();
    append_as_json(item, settings, out);
    return Result<void>();
  };
  // Appending does not fail.
  static_cast<void>(ArrayWalk(from.value, bracket, element).walk());
}

void append_record_as_json(const TypedValue& from, LineFeeds line_feeds,
                           const TextSettings& settings, std::string& out) {
  out.push_back('{');
  RecordReader reader(from.value.bytes());
  for (RecordReader::Field field; reader.next(field);) {
    if (out.back() != '{') out += line_feeds == LineFeeds::Yes ? ",\n " : ",";
    append_json_string(field.name, out);
    out.push_back(':');
    append_as_json({field.type, field.value}, settings, out);
  }
  out.push_back('}');
}

bool is_structured(Oid type) {
  const Shape shape = shape_of(type);
  return shape == Shape::Array || shape == Shape::Record;
}

void append_as_json(const TypedValue& from, const TextSettings& settings, std::string& out) {
  if (from.value.is_null) {
    out += "null";
    return;
  }
  const Shape shape = shape_of(from.type);
  switch (shape) {
    case Shape::Json:
      out += from.value.bytes();
      return;
    case Shape::Jsonb:
      append_jsonb(JsonbReader(from.value.bytes()), out);
      return;
    case Shape::Array:
      append_array_as_json(from, LineFeeds::No, settings, out);
      return;
    case Shape::Record:
      append_record_as_json(from, LineFeeds::No, settings, out);
      return;
    case Shape::Text:
      append_json_string(from.value.bytes(), out);
      return;
    default:
      break;
  }
  const std::string text = scalar_text(from, shape, settings);
  const bool is_bare = shape == Shape::Boolean || (shape == Shape::Number && is_finite(text));
  if (is_bare) {
    out += text;
  } else {
    append_json_string(text, out);
  }
}

Result<void> add_as_jsonb(JsonbBuilder& builder, const TypedValue& from,
                          const TextSettings& settings) {
  if (from.value.is_null) {
    builder.add_null();
    return {};
  }
  const Shape shape = shape_of(from.type);
  switch (shape) {
    case Shape::Boolean:
      builder.add_boolean(from.value.boolean());
      return {};
    case Shape::Json:
      return add_json_text(builder, from.value.bytes());
    case Shape::Jsonb:
      builder.add(JsonbReader(from.value.bytes()));
      return {};
    case Shape::Array:
      return add_array(builder, from, settings);
    case Shape::Record:
      return add_record(builder, from, settings);
    case Shape::Text:
      builder.add_string(from.value.bytes());
      return {};
    default:
      break;
  }
  const Bytes text = builder.scratch().copy(scalar_text(from, shape, settings));
  if (shape == Shape::Number && is_finite(text)) {
    LK_TRY(const Bytes number, normalize_json_number(text, builder.scratch()));
    builder.add_number(number);
  } else {
    builder.add_string(text);
  }
  return {};
}

Result<void> append_json_key(const TypedValue& from, const TextSettings& settings,
                             std::string& out) {
  LK_TRY(const std::string text, key_text(from, settings));
  append_json_string(text, out);
  return {};
}

Result<void> add_jsonb_key(JsonbBuilder& builder, const TypedValue& from,
                           const TextSettings& settings) {
  LK_TRY(const std::string text, key_text(from, settings));
  builder.add_key(builder.scratch().copy(text));
  return {};
}

Result<Value> json_build_array(std::span<const TypedValue> values, const TextSettings& settings,
                               Arena& arena) {
  std::string out = "[";
  for (const TypedValue& value : values) {
    if (&value != values.data()) out += ", ";
    append_as_json(value, settings, out);
  }
  out.push_back(']');
  return Value::of_bytes(arena.copy(out));
}

Result<Value> json_build_object(std::span<const TypedValue> values, const TextSettings& settings,
                                Arena& arena) {
  LK_CHECK(check_pairs(values, "json_build_object()"));
  std::string out = "{";
  for (std::size_t i = 0; i < values.size(); i += 2) {
    if (i > 0) out += ", ";
    if (values[i].value.is_null) {
      return Error(ErrorCode::InvalidArgument,
                   "argument " + std::to_string(i + 1) + " cannot be null")
          .with_hint("Object keys should be text.");
    }
    LK_CHECK(append_json_key(values[i], settings, out));
    out += " : ";
    append_as_json(values[i + 1], settings, out);
  }
  out.push_back('}');
  return Value::of_bytes(arena.copy(out));
}

Result<Value> jsonb_build_array(std::span<const TypedValue> values, const TextSettings& settings,
                                Arena& arena) {
  JsonbBuilder builder;
  builder.begin_array();
  for (const TypedValue& value : values) LK_CHECK(add_as_jsonb(builder, value, settings));
  builder.end();
  return builder.finish(arena);
}

Result<Value> jsonb_build_object(std::span<const TypedValue> values, const TextSettings& settings,
                                 Arena& arena) {
  LK_CHECK(check_pairs(values, "jsonb_build_object()"));
  JsonbBuilder builder;
  builder.begin_object();
  for (std::size_t i = 0; i < values.size(); i += 2) {
    if (values[i].value.is_null) {
      return Error(ErrorCode::InvalidArgument,
                   "argument " + std::to_string(i + 1) + ": key must not be null");
    }
    LK_CHECK(add_jsonb_key(builder, values[i], settings));
    LK_CHECK(add_as_jsonb(builder, values[i + 1], settings));
  }
  builder.end();
  return builder.finish(arena);
}

}  // namespace latchkey::sql
