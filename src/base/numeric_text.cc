#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/assert.h"
#include "base/numeric.h"

namespace latchkey {

namespace {

using decimal::kGroupBase;
using decimal::kGroupDigits;
using decimal::kScaleMax;
using decimal::kWeightMax;

// Exponents from here on are refused, even if the digits before them are zeros.
constexpr std::int64_t kExponentLimit = std::numeric_limits<std::int32_t>::max() / 2;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Bytes without_spaces_around(Bytes text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Whether `text` is `word`, which is in lower case.
bool is_word(Bytes text, Bytes word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char c, char lower) { return to_lower(c) == lower; });
}

/// Takes the digits off the front of `text`.
Bytes take_digits(Bytes& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const Bytes digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// Takes a sign off the front of `text`, if there is one. Returns whether it is a minus.
bool take_sign(Bytes& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

/// The parts of a number's text: whole.fraction * 10^exponent.
struct Literal {
  bool negative = false;
  Bytes whole;
  Bytes fraction;
  std::int64_t exponent = 0;
};

enum class Scan : std::uint8_t { Fine, NotANumber, ExponentTooLarge };

/// Takes what follows the `e` off the front of `text`.
Scan scan_exponent(Bytes& text, std::int64_t& exponent) {
  // PostgreSQL leaves this number to the C library, which skips spaces before it.
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  const bool negative = take_sign(text);
  const Bytes digits = take_digits(text);
  if (digits.empty()) return Scan::NotANumber;
  for (const char digit : digits) {
    exponent = exponent * 10 + (digit - '0');
    if (exponent >= kExponentLimit) return Scan::ExponentTooLarge;
  }
  if (negative) exponent = -exponent;
  return Scan::Fine;
}

Scan scan(Bytes text, Literal& literal) {
  literal.negative = take_sign(text);
  literal.whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    literal.fraction = take_digits(text);
  }
  if (literal.whole.empty() && literal.fraction.empty()) return Scan::NotANumber;
  if (!text.empty() && to_lower(text.front()) == 'e') {
    text.remove_prefix(1);
    const Scan result = scan_exponent(text, literal.exponent);
    if (result != Scan::Fine) return result;
  }
  return text.empty() ? Scan::Fine : Scan::NotANumber;
}

/// Takes the zeros off the front of `digits` and returns how many there were.
std::int64_t drop_zeros(Bytes& digits) {
  const std::size_t count = std::min(digits.find_first_not_of('0'), digits.size());
  digits.remove_prefix(count);
  return static_cast<std::int64_t>(count);
}

/// Appends `digits`, the first of which fills the `room`th last place of its group.
void append_groups(Decimal::Groups& groups, const Literal& literal, int room) {
  int group = 0;
  for (const Bytes digits : {literal.whole, literal.fraction}) {
    for (const char digit : digits) {
      group = group * 10 + (digit - '0');
      if (--room > 0) continue;
      groups.push_back(static_cast<std::int16_t>(group));
      group = 0;
      room = kGroupDigits;
    }
  }
  for (; group != 0 && room > 0; --room) group *= 10;
  if (group != 0) groups.push_back(static_cast<std::int16_t>(group));
}

Result<Decimal> decimal_of(Literal literal) {
  Decimal number;
  const auto fraction_size = static_cast<std::int64_t>(literal.fraction.size());
  const std::int64_t scale = std::max(fraction_size - literal.exponent, std::int64_t{0});
  if (scale > kScaleMax) return decimal::overflow();
  number.scale = static_cast<int>(scale);

  // The power of ten of the first digit that counts.
  std::int64_t power = literal.exponent - 1;
  drop_zeros(literal.whole);
  if (literal.whole.empty()) {
    power -= drop_zeros(literal.fraction);
    if (literal.fraction.empty()) return number;
  }
  power += static_cast<std::int64_t>(literal.whole.size());
  if (power >= (std::int64_t{kWeightMax} + 1) * kGroupDigits) return decimal::overflow();

  LK_ASSERT(power >= -kScaleMax);
  const int biased = static_cast<int>(power) + (kScaleMax + 1);
  static_assert((kScaleMax + 1) % kGroupDigits == 0);
  number.weight = biased / kGroupDigits - (kScaleMax + 1) / kGroupDigits;
  number.negative = literal.negative;
  number.groups.reserve((literal.whole.size() + literal.fraction.size()) / kGroupDigits + 2);
  append_groups(number.groups, literal, biased % kGroupDigits + 1);
  decimal::strip(number);
  return number;
}

/// Appends the first `count` of a group's four digits.
void append_group(std::string& out, int group, int count) {
  const std::array<char, kGroupDigits> digits = {
      static_cast<char>('0' + group / 1'000), static_cast<char>('0' + group / 100 % 10),
      static_cast<char>('0' + group / 10 % 10), static_cast<char>('0' + group % 10)};
  out.append(digits.data(), static_cast<std::size_t>(count));
}

/// The number as an integer times a power of ten, if a double holds both exactly.
std::optional<double> to_double_exact(const Decimal& number) {
  constexpr std::size_t kGroupsMax = 4;
  constexpr std::int64_t kIntegerMax = std::int64_t{1} << std::numeric_limits<double>::digits;
  constexpr int kPowerMax = 22;  // 10^22 is 5^22 * 2^22, and 5^22 is below 2^53
  static constexpr std::array kPowers = {1e0, 1e4, 1e8, 1e12, 1e16, 1e20};
  if (number.groups.size() > kGroupsMax) return std::nullopt;
  std::int64_t integer = 0;
  for (const std::int16_t group : number.groups) integer = integer * kGroupBase + group;
  if (integer > kIntegerMax) return std::nullopt;
  const auto value = static_cast<double>(number.negative ? -integer : integer);
  const int groups_behind = number.weight - static_cast<int>(number.groups.size()) + 1;
  if (std::abs(groups_behind) * kGroupDigits > kPowerMax) return std::nullopt;
  const double power = kPowers[static_cast<std::size_t>(std::abs(groups_behind))];
  return groups_behind < 0 ? value / power : value * power;
}

/// The nearest number of the type: 0 or infinite where it is too small or too large.
template <typename Floating>
Floating nearest(const Decimal& number) {
  std::string text;
  decimal::append_text(text, number);
  Floating value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    const auto limit = number.weight < 0 ? Floating{0} : std::numeric_limits<Floating>::infinity();
    value = number.negative ? -limit : limit;
  }
  return value;
}

}  // namespace

double decimal::to_double(const Decimal& number) {
  if (const auto exact = to_double_exact(number)) return *exact;
  return nearest<double>(number);
}

void decimal::append_text(std::string& out, const Decimal& number) {
  if (number.negative) out += '-';
  if (number.weight < 0 || number.is_zero()) {
    out += '0';
  } else {
    const int leading = number.groups[0];
    std::array<char, kGroupDigits> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), leading).ptr;
    out.append(digits.data(), end);
    for (int weight = number.weight - 1; weight >= 0; --weight) {
      append_group(out, group_at(number, weight), kGroupDigits);
    }
  }
  if (number.scale <= 0) return;
  out += '.';
  int weight = -1;
  for (int left = number.scale; left > 0; left -= kGroupDigits, --weight) {
    append_group(out, group_at(number, weight), std::min(left, kGroupDigits));
  }
}

std::optional<Numeric> Numeric::parse_special(Bytes text) {
  if (is_word(text, "nan")) return nan();
  const bool negative = take_sign(text);
  if (!is_word(text, "infinity") && !is_word(text, "inf")) return std::nullopt;
  return infinity_of(negative ? -1 : 1);
}

Result<Numeric> Numeric::parse(Bytes text) {
  const Bytes trimmed = without_spaces_around(text);
  Literal literal;
  switch (scan(trimmed, literal)) {
    case Scan::Fine:
      break;
    case Scan::ExponentTooLarge:
      return decimal::overflow();
    case Scan::NotANumber:
      if (const auto special = parse_special(trimmed)) return *special;
      return Error(ErrorCode::InvalidText,
                   "invalid input syntax for type numeric: \"" + std::string(text) + "\"");
  }
  LK_TRY(Decimal number, decimal_of(literal));
  return Numeric(std::move(number));
}

void Numeric::append_text(std::string& out) const {
  switch (kind_) {
    case Kind::Finite:
      decimal::append_text(out, decimal_);
      return;
    case Kind::NaN:
      out += "NaN";
      return;
    case Kind::PositiveInfinity:
      out += "Infinity";
      return;
    case Kind::NegativeInfinity:
      out += "-Infinity";
      return;
  }
}

std::string Numeric::text() const {
  std::string out;
  append_text(out);
  return out;
}

template <typename Floating>
Numeric Numeric::from_floating(Floating value, int digits) {
  if (std::isnan(value)) return nan();
  if (std::isinf(value)) return infinity_of(value < 0 ? -1 : 1);
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::general, digits)
                       .ptr;
  // The text of a finite double is always a number within the limits.
  return parse(Bytes(text.data(), static_cast<std::size_t>(end - text.data()))).value();
}

Numeric Numeric::from_double(double value) {
  return from_floating(value, std::numeric_limits<double>::digits10);
}

Numeric Numeric::from_float(float value) {
  return from_floating(value, std::numeric_limits<float>::digits10);
}

double Numeric::to_double() const {
  if (is_nan()) return std::numeric_limits<double>::quiet_NaN();
  if (is_infinite()) return signum() * std::numeric_limits<double>::infinity();
  return decimal::to_double(decimal_);
}

template <typename Floating>
Result<Floating> Numeric::to_floating(const char* type_name) const {
  if (!is_finite()) return static_cast<Floating>(to_double());
  const auto value = nearest<Floating>(decimal_);
  const bool out_of_range = std::isinf(value) || (value == 0 && !decimal_.is_zero());
  if (!out_of_range) return value;
  return Error(ErrorCode::NumberOverflow,
               "\"" + text() + "\" is out of range for type " + type_name);
}

Result<double> Numeric::to_double_checked() const {
  return to_floating<double>("double precision");
}

Result<float> Numeric::to_float_checked() const { return to_floating<float>("real"); }

}  // namespace latchkey
