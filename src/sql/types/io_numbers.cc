#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "sql/types/io.h"

namespace latchkey::sql::io {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Bytes trimmed(Bytes text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Error out_of_range(Oid type, Bytes text) {
  return Error(ErrorCode::NumberOverflow,
               "value \"" + std::string(text) + "\" is out of range for type " + type_text(type));
}

struct Range {
  std::int64_t low;
  std::int64_t high;
};

Range range_of(Oid type) {
  if (type == oid::kInt2) return {-32768, 32767};
  if (type == oid::kInt4) {
    return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
  }
  if (type == oid::kInt8) {
    return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
  // oid and its kin take the negative numbers of 32 bits as well.
  return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::uint32_t>::max()};
}

template <typename T>
T load_big(Bytes bytes) {
  T value = 0;
  for (const char c : bytes) value = static_cast<T>((value << 8) | static_cast<unsigned char>(c));
  return value;
}

template <typename T>
void append_big(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

}  // namespace

Error invalid_text(std::string_view type, Bytes text) {
  return Error(ErrorCode::InvalidText, "invalid input syntax for type " + std::string(type) +
                                           ": \"" + std::string(text) + "\"");
}

Result<Value> parse_bool(Bytes text) {
  const Bytes word = trimmed(text);
  const auto is_part_of = [&](std::string_view whole, std::size_t least) {
    return word.size() >= least && word.size() <= whole.size() &&
           equals_ignore_case(word, whole.substr(0, word.size()));
  };
  if (is_part_of("true", 1) || is_part_of("yes", 1) || is_part_of("on", 2) || word == "1") {
    return Value::of_bool(true);
  }
  if (is_part_of("false", 1) || is_part_of("no", 1) || is_part_of("off", 2) || word == "0") {
    return Value::of_bool(false);
  }
  return invalid_text("boolean", text);
}

Result<std::int64_t> parse_integer(Oid type, Bytes text) {
  Bytes digits = trimmed(text);
  const Range range = range_of(type);
  const bool is_negative = !digits.empty() && digits.front() == '-';
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  if (digits.empty()) return invalid_text(type_text(type), text);
  std::uint64_t magnitude = 0;
  bool overflows = false;
  for (const char c : digits) {
    if (c < '0' || c > '9') return invalid_text(type_text(type), text);
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (magnitude > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) overflows = true;
    magnitude = magnitude * 10 + digit;
  }
  const std::uint64_t most = is_negative ? std::uint64_t{0} - static_cast<std::uint64_t>(range.low)
                                         : static_cast<std::uint64_t>(range.high);
  if (overflows || magnitude > most) return out_of_range(type, text);
  const auto value =
      static_cast<std::int64_t>(is_negative ? std::uint64_t{0} - magnitude : magnitude);
  const bool is_number = type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8;
  return is_number ? value : static_cast<std::int64_t>(static_cast<std::uint32_t>(value));
}

Result<double> parse_float(Oid type, Bytes text) {
  const Bytes word = trimmed(text);
  Bytes digits = word;
  const bool is_negative = !digits.empty() && digits.front() == '-';
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  const double sign = is_negative ? -1.0 : 1.0;
  if (equals_ignore_case(digits, "infinity") || equals_ignore_case(digits, "inf")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (equals_ignore_case(word, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool begins_well =
      !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
  if (!begins_well) return invalid_text(type_text(type), text);
  double value = 0;
  std::from_chars_result read{};
  if (type == oid::kFloat4) {
    float single = 0;
    read = std::from_chars(digits.data(), digits.data() + digits.size(), single);
    value = static_cast<double>(single);
  } else {
    read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  }
  if (read.ptr != digits.data() + digits.size()) return invalid_text(type_text(type), text);
  if (read.ec == std::errc::result_out_of_range) {
    return Error(ErrorCode::NumberOverflow,
                 "\"" + std::string(text) + "\" is out of range for type " + type_text(type));
  }
  if (read.ec != std::errc()) return invalid_text(type_text(type), text);
  return sign * value;
}

void append_float(double value, bool is_single, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  std::array<char, 64> buffer{};
  const auto written = is_single
                           ? std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                           static_cast<float>(value), std::chars_format::scientific)
                           : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                           std::chars_format::scientific);
  const Bytes text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* const exponent_begin = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_begin, text.data() + text.size(), exponent);
  // As PostgreSQL shows it: plain between 1e-4 and the digits the type is sure of.
  const int plain_below = is_single ? 6 : 15;
  if (exponent < -4 || exponent >= plain_below) {
    out += text;
    return;
  }
  Bytes mantissa = text.substr(0, e);
  if (mantissa.front() == '-') {
    out.push_back('-');
    mantissa.remove_prefix(1);
  }
  std::string digits;
  for (const char c : mantissa) {
    if (c != '.') digits.push_back(c);
  }
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    out += digits;
    return;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out += digits;
    out.append(whole - digits.size(), '0');
  } else {
    out.append(digits, 0, whole);
    out.push_back('.');
    out.append(digits, whole);
  }
}

Result<Value> receive_number(Oid type, Bytes bytes) {
  const Type* const found = find_type(type);
  if (found == nullptr || bytes.size() != static_cast<std::size_t>(found->length)) {
    return Error(ErrorCode::InvalidBinary, "incorrect binary data format");
  }
  if (type == oid::kBool) return Value::of_bool(bytes[0] != 0);
  if (type == oid::kFloat8) {
    return Value::of_number(std::bit_cast<double>(load_big<std::uint64_t>(bytes)));
  }
  // Arrays keep the places of an enumeration's labels like numbers.
  if (type == oid::kFloat4 || found->kind == 'e') {
    return Value::of_number(
        static_cast<double>(std::bit_cast<float>(load_big<std::uint32_t>(bytes))));
  }
  if (bytes.size() == 8) {
    return Value::of_integer(static_cast<std::int64_t>(load_big<std::uint64_t>(bytes)));
  }
  if (bytes.size() == 2) {
    return Value::of_integer(static_cast<std::int16_t>(load_big<std::uint16_t>(bytes)));
  }
  const auto four = load_big<std::uint32_t>(bytes);
  const bool is_signed = type == oid::kInt4 || type == oid::kDate;
  return Value::of_integer(is_signed ? static_cast<std::int64_t>(static_cast<std::int32_t>(four))
                                     : static_cast<std::int64_t>(four));
}

void send_number(Oid type, const Value& value, std::string& out) {
  if (type == oid::kBool) {
    out.push_back(value.boolean() ? '\1' : '\0');
  } else if (type == oid::kFloat8) {
    append_big(out, std::bit_cast<std::uint64_t>(value.number));
  } else if (type == oid::kFloat4) {
    append_big(out, std::bit_cast<std::uint32_t>(static_cast<float>(value.number)));
  } else {
    const Type* const found = find_type(type);
    if (found != nullptr && found->kind == 'e') {
      append_big(out, std::bit_cast<std::uint32_t>(static_cast<float>(value.number)));
      return;
    }
    const auto bits = static_cast<std::uint64_t>(value.integer);
    if (found != nullptr && found->length == 2) {
      append_big(out, static_cast<std::uint16_t>(bits));
    } else if (found != nullptr && found->length == 4) {
      append_big(out, static_cast<std::uint32_t>(bits));
    } else {
      append_big(out, bits);
    }
  }
}

}  // namespace latchkey::sql::io
