#include <fmt/format.h>

#include <charconv>

#include "sql/types/array.h"
#include "sql/types/io.h"

// Types that the system's own tables are made of: names of objects, places of rows, vectors.

namespace latchkey::sql::io {

namespace {

constexpr int kOffsetBits = 16;

bool is_all_digits(Bytes text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

/// The number that all of `text` is, or false.
template <typename Number>
bool read_number(Bytes text, Number& number, int base = 10) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty();
}

Bytes without_blanks(Bytes text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Value> parse_object_name(Oid type, Bytes text, const TextSettings& settings) {
  if (text == "-") return Value::of_integer(0);
  if (is_all_digits(text)) {
    LK_TRY(const std::int64_t number, parse_integer(oid::kOid, text));
    return Value::of_integer(number);
  }
  if (settings.objects == nullptr) return invalid_text(type_text(type), text);
  LK_TRY(const Oid object, settings.objects->find(type, text));
  return Value::of_integer(value_of(object));
}

void append_object_name(Oid type, const Value& value, const TextSettings& settings,
                        std::string& out) {
  if (value.integer == 0) {
    out.push_back('-');
  } else if (settings.objects == nullptr) {
    out += std::to_string(value.integer);
  } else {
    out += settings.objects->text(type, Oid{static_cast<std::uint32_t>(value.integer)});
  }
}

Result<Value> parse_place(Bytes text) {
  const Bytes inner = without_blanks(text);
  const std::size_t comma = inner.find(',');
  std::uint32_t block = 0;
  std::uint16_t offset = 0;
  const bool has_form = inner.size() > 2 && inner.front() == '(' && inner.back() == ')' &&
                        comma != Bytes::npos && read_number(inner.substr(1, comma - 1), block) &&
                        read_number(inner.substr(comma + 1, inner.size() - comma - 2), offset);
  if (!has_form) return invalid_text("tid", text);
  return Value::of_integer((std::int64_t{block} << kOffsetBits) | offset);
}

void append_place(const Value& value, std::string& out) {
  out += fmt::format("({},{})", value.integer >> kOffsetBits, value.integer & 0xffff);
}

Result<Value> receive_place(Bytes bytes) {
  if (bytes.size() != 6) return Error(ErrorCode::InvalidBinary, "incorrect binary data format");
  std::int64_t number = 0;
  for (const char c : bytes) number = (number << 8) | static_cast<unsigned char>(c);
  return Value::of_integer(number);
}

void send_place(const Value& value, std::string& out) {
  for (int shift = 40; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value.integer >> shift) & 0xff));
  }
}

Result<Value> parse_log_position(Bytes text) {
  const std::size_t slash = text.find('/');
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  const bool has_form = slash != Bytes::npos && read_number(text.substr(0, slash), high, 16) &&
                        read_number(text.substr(slash + 1), low, 16);
  if (!has_form) return invalid_text("pg_lsn", text);
  return Value::of_integer(static_cast<std::int64_t>((std::uint64_t{high} << 32) | low));
}

void append_log_position(const Value& value, std::string& out) {
  const auto number = static_cast<std::uint64_t>(value.integer);
  out += fmt::format("{:X}/{:X}", number >> 32, number & 0xffffffffu);
}

Result<Value> parse_vector(const Type& type, Bytes text, Arena& arena) {
  ArrayWriter writer(type.element);
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    std::size_t end = text.find(' ', at);
    if (end == Bytes::npos) end = text.size();
    LK_TRY(const std::int64_t number, parse_integer(type.element, text.substr(at, end - at)));
    writer.add(Value::of_integer(number));
    at = end;
  }
  return make_vector(writer, arena);
}

Value make_vector(ArrayWriter& writer, Arena& arena) {
  const ArrayDimension dimension{static_cast<std::int32_t>(writer.count()), 0};
  return writer.finish(arena, {&dimension, 1});
}

void append_vector(const Value& value, std::string& out) {
  ArrayReader reader(value.bytes());
  Value element;
  bool is_first = true;
  while (reader.next(element)) {
    if (!std::exchange(is_first, false)) out.push_back(' ');
    out += std::to_string(element.integer);
  }
}

}  // namespace latchkey::sql::io
