#include <fmt/format.h>

#include <cmath>

#include "sql/functions/families.h"
#include "sql/functions/number_pattern.h"
#include "sql/functions/numeric_value.h"

namespace latchkey::sql {

namespace {

/// The text of a number without its sign.
NumberPattern::Digits digits_of(std::string text, const NumberPattern& pattern) {
  NumberPattern::Digits digits;
  digits.is_negative = text.starts_with('-');
  digits.text = text.substr(digits.is_negative ? 1 : 0);
  digits.digits_behind = pattern.digits_behind();
  return digits;
}

std::string text_of(const Numeric& number) {
  std::string text;
  number.append_text(text);
  return text;
}

/// A blank or a minus, one digit, as many behind the point as are wanted, and the exponent.
Result<std::string> scientific(const Numeric& number, int digits_behind) {
  if (!number.is_finite()) {
    std::string text = " " + std::string(static_cast<std::size_t>(digits_behind) + 6, '#');
    text.insert(2, ".");
    return text;
  }
  std::string text = text_of(number);
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.erase(0, 1);
  std::size_t point = std::min(text.find('.'), text.size());
  if (point < text.size()) text.erase(point, 1);
  const std::size_t first = text.find_first_not_of('0');
  int exponent = 0;
  if (first != std::string::npos) {
    exponent = static_cast<int>(point) - 1 - static_cast<int>(first);
    text.erase(0, first);
  } else {
    text = "0";
  }
  LK_TRY(const Numeric mantissa, Numeric::parse(text.substr(0, 1) + "." + text.substr(1) + "0"));
  LK_TRY(Numeric rounded, mantissa.round(digits_behind));
  std::string shown = text_of(rounded);
  if (shown.starts_with("10")) {
    ++exponent;
    shown = "1" + shown.substr(2);
    shown.insert(1, digits_behind > 0 ? ".0" : "");
    if (digits_behind > 0) shown = "1." + std::string(static_cast<std::size_t>(digits_behind), '0');
  }
  return fmt::format("{}{}e{}{:02}", is_negative ? '-' : ' ', shown, exponent < 0 ? '-' : '+',
                     std::abs(exponent));
}

Result<std::string> format_numeric(const Numeric& number, Bytes text) {
  LK_TRY(const NumberPattern pattern, NumberPattern::parse(text));
  if (pattern.is_roman()) {
    LK_TRY(const Numeric whole, number.round(0));
    const Result<std::int64_t> value = whole.to_int64();
    return pattern.format_roman(value.has_value() ? *value : 0);
  }
  if (pattern.is_scientific()) return scientific(number, pattern.digits_behind());
  Numeric shown = number;
  if (pattern.digits_moved() > 0) {
    LK_TRY(const Numeric power,
           Numeric::from_int64(10).power(Numeric::from_int64(pattern.digits_moved())));
    LK_TRY(shown, shown.multiply(power));
  }
  LK_TRY(shown, shown.round(pattern.digits_behind()));
  return pattern.format(digits_of(text_of(shown), pattern));
}

/// A floating number shows no more digits than its type is sure of.
Result<std::string> format_floating(double number, int digits_sure, Bytes text) {
  LK_TRY(const NumberPattern pattern, NumberPattern::parse(text));
  if (pattern.is_roman()) {
    const double whole = std::nearbyint(number);
    const bool fits = std::isfinite(whole) && std::fabs(whole) < 1e6;
    return pattern.format_roman(fits ? static_cast<std::int64_t>(whole) : 0);
  }
  if (pattern.is_scientific()) {
    if (!std::isfinite(number)) return scientific(Numeric::nan(), pattern.digits_behind());
    const std::string shown = fmt::format("{:+.{}e}", number, pattern.digits_behind());
    return (shown[0] == '+' ? " " : "-") + shown.substr(1);
  }
  if (pattern.digits_moved() > 0) number *= std::pow(10, pattern.digits_moved());
  const std::string whole = fmt::format("{:.0f}", std::fabs(number));
  int digits_behind = pattern.digits_behind();
  if (static_cast<int>(whole.size()) >= digits_sure) {
    digits_behind = 0;
  } else {
    digits_behind = std::min(digits_behind, digits_sure - static_cast<int>(whole.size()));
  }
  NumberPattern::Digits digits = digits_of(fmt::format("{:.{}f}", number, digits_behind), pattern);
  digits.digits_behind = digits_behind;
  return pattern.format(std::move(digits));
}

Value give_text(const Call& call, Result<std::string> text) {
  return text.has_value() ? call.text(*text) : call.fail(std::move(text).error());
}

Value integer_to_char(const Call& call) {
  return give_text(call, format_numeric(Numeric::from_int64(call.integer(0)), call.bytes(1)));
}
Value numeric_to_char(const Call& call) {
  const Result<Numeric> number = numeric_of(call[0]);
  if (!number.has_value()) return call.fail(number.error());
  return give_text(call, format_numeric(*number, call.bytes(1)));
}
Value double_to_char(const Call& call) {
  constexpr int kDigitsSure = 15;
  return give_text(call, format_floating(call.number(0), kDigitsSure, call.bytes(1)));
}
Value single_to_char(const Call& call) {
  constexpr int kDigitsSure = 6;
  return give_text(call, format_floating(call.number(0), kDigitsSure, call.bytes(1)));
}

Result<Numeric> number_of(Bytes text, Bytes format) {
  LK_TRY(const NumberPattern pattern, NumberPattern::parse(format));
  if (pattern.is_roman()) return Error(ErrorCode::NotSupported, "\"RN\" not supported for input");
  if (pattern.is_scientific()) {
    return Error(ErrorCode::NotSupported, "\"EEEE\" not supported for input");
  }
  const NumberPattern::Read read = pattern.read(text);
  LK_TRY(Numeric number, Numeric::parse(read.text));
  LK_TRY(number,
         number.apply_typmod({pattern.digits_before() + pattern.digits_moved() + read.digits_behind,
                              read.digits_behind}));
  if (pattern.digits_moved() > 0) {
    LK_TRY(const Numeric power,
           Numeric::from_int64(10).power(Numeric::from_int64(pattern.digits_moved())));
    LK_TRY(number, number.divide(power));
  }
  return number;
}

Value to_number(const Call& call) {
  if (call[1].size == 0) return Value::null();
  Result<Numeric> number = number_of(call.bytes(0), call.bytes(1));
  if (!number.has_value()) return call.fail(std::move(number).error());
  return value_of_numeric(*number, call.arena());
}

}  // namespace

std::span<const Function> number_format_functions() {
  constexpr Oid kText = oid::kText;
  static const std::vector<Function> kRows = {
      {"to_char", takes(oid::kInt4, kText).gives(kText), kStable, &integer_to_char,
       "to_char(125, '999')", " 125"},
      {"to_char", takes(oid::kInt8, kText).gives(kText), kStable, &integer_to_char,
       "to_char(-1234567::bigint, 'FM9,999,999')", "-1,234,567"},
      {"to_char", takes(oid::kNumeric, kText).gives(kText), kStable, &numeric_to_char,
       "to_char(-125.8, '999D99S')", "125.80-"},
      {"to_char", takes(oid::kFloat8, kText).gives(kText), kStable, &double_to_char,
       "to_char(125.8::float8, '999D9')", " 125.8"},
      {"to_char", takes(oid::kFloat4, kText).gives(kText), kStable, &single_to_char,
       "to_char(0.5::real, 'FM90.99')", "0.5"},
      {"to_number", takes(kText, kText).gives(oid::kNumeric), kStable, &to_number,
       "to_number('12,454.8-', '99G999D9S')", "-12454.8"},
  };
  return kRows;
}

}  // namespace latchkey::sql
