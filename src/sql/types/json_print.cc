#include "sql/types/json.h"

namespace latchkey::sql {

namespace {

constexpr std::size_t kIndent = 4;

/// Whether the byte must not stand in a string as it is.
bool must_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void append_escaped(char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr Bytes kMeanings = "\"\\\b\f\n\r\t";
  static constexpr Bytes kLetters = "\"\\bfnrt";
  if (const std::size_t index = kMeanings.find(c); index != Bytes::npos) {
    out.push_back('\\');
    out.push_back(kLetters[index]);
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 15]);
}

void append_scalar(JsonbReader value, std::string& out) {
  switch (value.kind()) {
    case JsonKind::Null:
      out += "null";
      return;
    case JsonKind::False:
      out += "false";
      return;
    case JsonKind::True:
      out += "true";
      return;
    case JsonKind::String:
      append_json_string(value.text(), out);
      return;
    case JsonKind::Number:
      out += value.text();
      return;
    case JsonKind::Array:
    case JsonKind::Object:
      return;
  }
}

void begin_line(std::size_t level, std::string& out) {
  out.push_back('\n');
  out.append(level * kIndent, ' ');
}

void append_pretty(JsonbReader value, std::size_t level, std::string& out) {
  if (value.is_scalar()) return append_scalar(value, out);
  const std::size_t count = value.count();
  out.push_back(value.is_array() ? '[' : '{');
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out.push_back(',');
    begin_line(level + 1, out);
    if (value.is_array()) {
      append_pretty(value.element(i), level + 1, out);
    } else {
      append_json_string(value.key(i), out);
      out += ": ";
      append_pretty(value.value(i), level + 1, out);
    }
  }
  begin_line(level, out);
  out.push_back(value.is_array() ? ']' : '}');
}

}  // namespace

void append_json_string(Bytes text, std::string& out) {
  out.push_back('"');
  std::size_t plain = 0;  // what needs no escape is copied in runs
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!must_escape(text[i])) continue;
    out.append(text, plain, i - plain);
    append_escaped(text[i], out);
    plain = i + 1;
  }
  out.append(text, plain, text.size() - plain);
  out.push_back('"');
}

void append_jsonb(JsonbReader value, std::string& out) {
  if (value.is_scalar()) return append_scalar(value, out);
  const std::size_t count = value.count();
  out.push_back(value.is_array() ? '[' : '{');
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ", ";
    if (value.is_array()) {
      append_jsonb(value.element(i), out);
    } else {
      append_json_string(value.key(i), out);
      out += ": ";
      append_jsonb(value.value(i), out);
    }
  }
  out.push_back(value.is_array() ? ']' : '}');
}

void append_jsonb_pretty(JsonbReader value, std::string& out) { append_pretty(value, 0, out); }

}  // namespace latchkey::sql
