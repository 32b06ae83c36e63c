#include "base/numeric.h"
#include "sql/types/json.h"

namespace latchkey::sql {

namespace {

// What a whole value begins with. A scalar by itself sorts among arrays, as in compare_jsonb.
constexpr char kArrayRoot = 0x20;
constexpr char kObjectRoot = 0x30;

void append_count(std::size_t count, std::string& out) {
  char bytes[sizeof(std::uint32_t)];
  store_big32(bytes, static_cast<std::uint32_t>(count));
  out.append(bytes, sizeof bytes);
}

/// Each 00 becomes 00 FF, and 00 00 ends the string.
void append_string(Bytes text, std::string& out) {
  for (const char c : text) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
  }
  out.append(2, '\0');
}

void append_value(JsonbReader value, std::string& out);

void append_items(JsonbReader container, std::string& out) {
  for (std::size_t i = 0; i < container.count(); ++i) {
    if (container.is_object()) append_string(container.key(i), out);
    append_value(container.is_object() ? container.value(i) : container.element(i), out);
  }
}

void append_value(JsonbReader value, std::string& out) {
  out.push_back(static_cast<char>(static_cast<int>(value.kind()) + 1));
  if (value.is_string()) {
    append_string(value.text(), out);
  } else if (value.is_number()) {
    Numeric::parse(value.text()).value_or(Numeric()).append_key(out);
  } else if (!value.is_scalar()) {
    append_count(value.count(), out);
    append_items(value, out);
  }
}

}  // namespace

void append_jsonb_key(JsonbReader value, std::string& out) {
  out.push_back(value.is_object() ? kObjectRoot : kArrayRoot);
  append_count(value.is_scalar() ? 1 : value.count(), out);
  if (value.is_scalar()) {
    out.push_back(0);
    return append_value(value, out);
  }
  if (value.is_array()) out.push_back(1);
  append_items(value, out);
}

}  // namespace latchkey::sql
