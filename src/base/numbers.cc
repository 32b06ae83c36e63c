#include "base/numbers.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/assert.h"

namespace latchkey {

namespace {

// "%.17Lf" of the largest long double has 4933 digits before the point.
constexpr std::size_t kLongDoubleTextMax = 5 * 1024;

constexpr std::size_t kDigits64Max = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

double to_floating(const char* text, char** end, double) { return std::strtod(text, end); }
long double to_floating(const char* text, char** end, long double) {
  return std::strtold(text, end);
}

/// The C library's reading of the whole of `text`: what Redis accepts. Text longer than the widest
/// number a command can have written is refused, so that the copy has a bound.
template <typename Floating>
std::optional<Floating> parse_with_library(Bytes text) {
  if (text.empty() || text.size() >= kLongDoubleTextMax || is_space(text.front()))
    return std::nullopt;
  std::array<char, kLongDoubleTextMax> terminated;
  std::memcpy(terminated.data(), text.data(), text.size());
  terminated[text.size()] = '\0';

  char* end = nullptr;
  errno = 0;
  const Floating value = to_floating(terminated.data(), &end, Floating{});
  if (end != terminated.data() + text.size()) return std::nullopt;
  if (std::isnan(value)) return std::nullopt;
  const bool out_of_range = errno == ERANGE && (std::isinf(value) || value == 0);
  if (out_of_range) return std::nullopt;
  return value;
}

/// Shortest digits and the power of ten of the last one: value = digits * 10^exponent.
struct Decimal {
  std::array<char, 24> digits;
  int digit_count;
  int exponent;
};

/// Requires: `value` is finite and above zero.
Decimal shortest_decimal(double value) {
  std::array<char, kDoubleTextMax> text;
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  LK_ASSERT(written.ec == std::errc());

  Decimal decimal{};
  const char* at = text.data();
  for (; *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[static_cast<std::size_t>(decimal.digit_count++)] = *at;
  }
  int power = 0;
  for (const char* digit = at + 2; digit < written.ptr; ++digit)
    power = power * 10 + (*digit - '0');
  if (at[1] == '-') power = -power;
  decimal.exponent = power - (decimal.digit_count - 1);
  return decimal;
}

char* put(char* out, const char* from, int count) {
  std::memcpy(out, from, static_cast<std::size_t>(count));
  return out + count;
}

char* put_zeros(char* out, int count) {
  std::memset(out, '0', static_cast<std::size_t>(count));
  return out + count;
}

char* put_scientific(char* out, const Decimal& decimal) {
  *out++ = decimal.digits[0];
  if (decimal.digit_count > 1) {
    *out++ = '.';
    out = put(out, decimal.digits.data() + 1, decimal.digit_count - 1);
  }
  const int power = decimal.exponent + decimal.digit_count - 1;
  *out++ = 'e';
  *out++ = power < 0 ? '-' : '+';
  return std::to_chars(out, out + 4, std::abs(power)).ptr;
}

/// The three layouts and the limits between them are those of Redis 7.2.
char* put_decimal(char* out, const Decimal& decimal) {
  const int power = decimal.exponent + decimal.digit_count - 1;
  if (decimal.exponent >= 0 && decimal.exponent < 8) {
    return put_zeros(put(out, decimal.digits.data(), decimal.digit_count), decimal.exponent);
  }
  if (decimal.exponent < 0 && (decimal.exponent > -7 || std::abs(power) < 4)) {
    const int whole_count = decimal.digit_count + decimal.exponent;
    if (whole_count <= 0) {
      *out++ = '0';
      *out++ = '.';
      out = put_zeros(out, -whole_count);
      return put(out, decimal.digits.data(), decimal.digit_count);
    }
    out = put(out, decimal.digits.data(), whole_count);
    *out++ = '.';
    return put(out, decimal.digits.data() + whole_count, decimal.digit_count - whole_count);
  }
  return put_scientific(out, decimal);
}

}  // namespace

std::optional<std::uint64_t> parse_uint64(Bytes text) {
  if (text.empty() || text.size() > kDigits64Max) return std::nullopt;
  if (text.front() == '0' && text.size() > 1) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    if (__builtin_mul_overflow(value, 10u, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<unsigned>(c - '0'), &value)) return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> parse_int64(Bytes text) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::optional<std::uint64_t> magnitude = parse_uint64(text.substr(negative ? 1 : 0));
  if (!magnitude) return std::nullopt;
  constexpr std::uint64_t kPositiveMax = std::numeric_limits<std::int64_t>::max();
  if (!negative) {
    if (*magnitude > kPositiveMax) return std::nullopt;
    return static_cast<std::int64_t>(*magnitude);
  }
  if (*magnitude == 0 || *magnitude > kPositiveMax + 1) return std::nullopt;
  return static_cast<std::int64_t>(0 - *magnitude);
}

std::optional<double> parse_double(Bytes text) {
  // The fast and locale-free reader knows plain decimal numbers. Whatever is special - a '+', a
  // zero that may be an underflow, infinity, hexadecimal - goes to the C library.
  if (!text.empty() && (is_digit(text.front()) || text.front() == '-')) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (whole && std::isfinite(value) && value != 0) return value;
  }
  return parse_with_library<double>(text);
}

std::optional<long double> parse_long_double(Bytes text) {
  return parse_with_library<long double>(text);
}

char* format_int64(char* out, std::int64_t value) {
  return std::to_chars(out, out + kInt64TextMax, value).ptr;
}

void append_int64(std::string& out, std::int64_t value) {
  std::array<char, kInt64TextMax> text;
  out.append(text.data(), format_int64(text.data(), value));
}

void append_uint64(std::string& out, std::uint64_t value) {
  std::array<char, kDigits64Max> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

char* format_double(char* out, double value) {
  if (std::isnan(value)) return put(out, "nan", 3);
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (value == 0) {
    *out++ = '0';
    return out;
  }
  if (std::isinf(value)) return put(out, "inf", 3);
  constexpr double kPlainIntegerMax = 4611686018427387904.0;  // 2^62
  if (value <= kPlainIntegerMax && value == std::floor(value)) {
    return format_int64(out, static_cast<std::int64_t>(value));
  }
  return put_decimal(out, shortest_decimal(value));
}

void append_double(std::string& out, double value) {
  std::array<char, kDoubleTextMax> text;
  out.append(text.data(), format_double(text.data(), value));
}

void append_long_double_human(std::string& out, long double value) {
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
    return;
  }
  std::array<char, kLongDoubleTextMax> text;
  const int length = std::snprintf(text.data(), text.size(), "%.17Lf", value);
  LK_ASSERT(length > 0 && static_cast<std::size_t>(length) < text.size());
  Bytes shown(text.data(), static_cast<std::size_t>(length));
  shown = shown.substr(0, shown.find_last_not_of('0') + 1);
  if (shown.back() == '.') shown.remove_suffix(1);
  out += shown == "-0" ? "0" : shown;
}

}  // namespace latchkey
