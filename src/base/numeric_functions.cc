#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/assert.h"
#include "base/numeric_decimal.h"

// Roots, exponentials and logarithms. An inexact result is right but for its last digit at worst,
// and to show the same digits as PostgreSQL everywhere each series runs over the same terms with
// the same number of guard digits. The estimates in double precision are part of that: they choose
// the scales.

namespace latchkey::decimal {

namespace {

constexpr double kLog10OfE = 0.434294481903252;
constexpr double kLog10Of2 = 0.301029995663981;
constexpr double kLnOf10 = 2.302585092994046;

// Digits beyond those asked for, so that rounding errors stay out of sight.
constexpr int kGuardDigits = 8;

constexpr double kExponentMax = 6'000;  // e^6000 has 2606 digits
constexpr double kExponentMaxCoarse = 6'020;

// The longest number of groups whose integer fits 64 bits with room to spare.
constexpr int kShortRootGroups = 4;

const Decimal& one() {
  static const Decimal number = from_int64(1);
  return number;
}

/// tenths / 10, for the bounds of a range.
Decimal tenths(int count) { return divide(from_int64(count), from_int64(10), 1); }

Decimal zero_of(int scale) {
  Decimal zero;
  zero.scale = scale;
  return zero;
}

/// The `count` groups that start at 10000^(lowest + count - 1), as an integer.
Decimal slice(const Decimal& number, int lowest, int count) {
  LK_ASSERT(count > 0);
  Decimal part;
  part.weight = count - 1;
  part.groups.reserve(static_cast<std::size_t>(count));
  for (int weight = lowest + count - 1; weight >= lowest; --weight) {
    part.groups.push_back(static_cast<std::int16_t>(group_at(number, weight)));
  }
  strip(part);
  return part;
}

/// root^2 + rest is the number, and no larger root would do.
struct IntegerRoot {
  Decimal root;
  Decimal rest;
};

IntegerRoot short_root(const Decimal& number) {
  std::int64_t value = 0;
  for (int weight = number.weight; weight >= 0; --weight) {
    value = value * kGroupBase + group_at(number, weight);
  }
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(value)));
  while (root * root > value) --root;
  while ((root + 1) * (root + 1) <= value) ++root;
  return {from_int64(root), from_int64(value - root * root)};
}

/// Zimmermann's "Karatsuba Square Root" (INRIA RR-3805, 1999): the root of the upper half, then
/// one division by twice that root for the lower half. The cut leaves at least a quarter of the
/// base in the top part, which bounds the correction to one.
IntegerRoot integer_root(const Decimal& number) {
  const int size = number.weight + 1;
  if (size <= kShortRootGroups) return short_root(number);
  int quarter = size / 4;
  if (quarter * 4 == size && number.groups[0] < kGroupBase / 4) --quarter;

  const IntegerRoot high = integer_root(slice(number, 2 * quarter, size - 2 * quarter));
  const Decimal dividend = add(shifted(high.rest, quarter), slice(number, quarter, quarter));
  const Decimal divisor = add(high.root, high.root);
  const Decimal low = divide(dividend, divisor, 0, Rounding::TowardsZero);
  const Decimal over = subtract(dividend, multiply(low, divisor, 0));

  IntegerRoot whole;
  whole.root = add(shifted(high.root, quarter), low);
  whole.rest =
      subtract(add(shifted(over, quarter), slice(number, 0, quarter)), multiply(low, low, 0));
  if (whole.rest.negative) {
    whole.rest = add(whole.rest, whole.root);
    whole.root = subtract(whole.root, one());
    whole.rest = add(whole.rest, whole.root);
  }
  LK_ASSERT(!whole.rest.negative);
  return whole;
}

/// About log10(base^exponent), from the first sixteen digits of `base`.
double power_magnitude(const Decimal& base, int exponent) {
  double leading = base.groups[0];
  int power_of_ten = base.weight * kGroupDigits;
  for (std::size_t i = 1; i < base.groups.size() && i < 4; ++i) {
    leading = leading * kGroupBase + base.groups[i];
    power_of_ten -= kGroupDigits;
  }
  return exponent * (std::log10(leading) + power_of_ten);
}

/// left * right with `digits` significant digits, or fewer where the product is exact with fewer.
Decimal multiply_significant(const Decimal& left, const Decimal& right, int digits) {
  const int scale = digits - (left.weight + right.weight) * kGroupDigits;
  return multiply(left, right, std::max(std::min(scale, left.scale + right.scale), 0));
}

/// base^exponent by squaring, with `digits` significant digits. Nothing when the result, or a
/// square on the way to it, has no place in a Numeric.
std::optional<Decimal> power_by_squaring(const Decimal& base, std::uint32_t exponent, int digits) {
  Decimal square = base;
  Decimal result = (exponent & 1) != 0 ? base : one();
  while ((exponent >>= 1) != 0) {
    square = multiply_significant(square, square, digits);
    if ((exponent & 1) != 0) result = multiply_significant(square, result, digits);
    if (square.weight > kWeightMax || result.weight > kWeightMax) return std::nullopt;
  }
  return result;
}

Result<Decimal> power_of_integer(const Decimal& base, int exponent) {
  const int scale = std::clamp(base.scale, kSignificantDigitsMin, kComputedScaleMax);
  if (exponent == 0) {
    Decimal result = one();
    result.scale = scale;
    return result;
  }
  if (exponent == 1) {
    Decimal result = base;
    round(result, scale);
    return result;
  }
  if (exponent == -1) return divide(one(), base, scale);
  if (exponent == 2) return multiply(base, base, scale);
  if (base.is_zero()) return zero_of(scale);

  const double magnitude = power_magnitude(base, exponent);
  if (magnitude > 3.0 * kWeightMax * kGroupDigits) return overflow();
  if (magnitude + 1 < -scale) return zero_of(scale);
  const int loss = static_cast<int>(std::log(std::fabs(static_cast<double>(exponent))));
  const int digits = 1 + scale + static_cast<int>(magnitude) + loss + kGuardDigits;

  const auto count = static_cast<std::uint32_t>(exponent);
  std::optional<Decimal> result = power_by_squaring(base, exponent < 0 ? 0 - count : count, digits);
  if (!result) {
    if (exponent > 0) return overflow();
    return zero_of(scale);
  }
  if (exponent < 0) return divide(one(), *result, scale);
  round(*result, scale);
  return *std::move(result);
}

/// base^exponent = e^(exponent * ln(base)).
/// Requires: base > 0.
Result<Decimal> power_by_logarithm(const Decimal& base, const Decimal& exponent) {
  // A first, coarse product tells how many digits the result has before the point.
  const int ln_magnitude = logarithm_magnitude(base);
  const int coarse_scale = std::max(kGuardDigits - ln_magnitude, 0);
  LK_TRY(const Decimal coarse_ln, logarithm(base, coarse_scale));
  const double coarse = to_double(multiply(coarse_ln, exponent, coarse_scale));
  // Slightly above the limit of `exponential`, which decides the cases near it.
  if (std::fabs(coarse) > kExponentMaxCoarse) {
    if (coarse > 0) return overflow();
    return zero_of(kComputedScaleMax);
  }
  const int magnitude = static_cast<int>(coarse * kLog10OfE);
  const int scale =
      std::clamp(std::max({kSignificantDigitsMin - magnitude, base.scale, exponent.scale}), 0,
                 kComputedScaleMax);
  const int digits = std::max(scale + magnitude, 0);
  const int ln_scale = std::max(digits - ln_magnitude + kGuardDigits, 0);
  LK_TRY(const Decimal ln, logarithm(base, ln_scale));
  return exponential(multiply(ln, exponent, ln_scale), scale);
}

}  // namespace

Decimal square_root(const Decimal& number, int scale) {
  LK_ASSERT(!number.negative);
  if (number.is_zero()) return zero_of(scale);
  // Groups after the point, so that one digit more than asked for is known.
  const int fraction_groups =
      (scale >= 0 ? scale / kGroupDigits : -((-scale + kGroupDigits - 1) / kGroupDigits)) + 1;
  const int size = number.weight + 1 + 2 * fraction_groups;
  if (size <= 0) return zero_of(scale);
  const Decimal integer = slice(number, -2 * fraction_groups, size);
  Decimal root = shifted(integer_root(integer).root, -fraction_groups);
  round(root, scale);
  return root;
}

Result<Decimal> exponential(const Decimal& number, int scale) {
  const double approximate = to_double(number);
  if (std::fabs(approximate) >= kExponentMax) {
    if (approximate > 0) return overflow();
    return zero_of(scale);
  }
  // The Taylor series converges fast near zero, so e^x is computed as (e^(x / 2^n))^(2^n).
  int halvings = 0;
  for (double rest = approximate; std::fabs(rest) > 0.01; rest /= 2) ++halvings;
  const Decimal x = halvings == 0 ? number
                                  : divide(number, from_int64(std::int64_t{1} << halvings),
                                           number.scale + halvings);

  const int magnitude = static_cast<int>(approximate * kLog10OfE);
  const int loss = static_cast<int>(halvings * kLog10Of2);
  const int digits = std::max(1 + magnitude + scale + loss, 0) + kGuardDigits;
  const int term_scale = digits - 1;
  Decimal sum = add(one(), x);
  Decimal term = x;
  for (int n = 2;; ++n) {
    term = divide(multiply(term, x, term_scale), from_int64(n), term_scale);
    if (term.is_zero()) break;
    sum = add(sum, term);
  }
  for (; halvings > 0; --halvings) {
    sum = multiply(sum, sum, std::max(digits - 2 * sum.weight * kGroupDigits, 0));
  }
  round(sum, scale);
  return sum;
}

int logarithm_magnitude(const Decimal& number) {
  if (number.negative || number.is_zero()) return 0;
  if (compare(number, tenths(9)) >= 0 && compare(number, tenths(11)) <= 0) {
    // ln(1 + x) is about x.
    const Decimal x = subtract(number, one());
    return x.is_zero() ? 0 : x.weight * kGroupDigits + digit_count(x.groups[0]) - 1;
  }
  int leading = number.groups[0];
  int power_of_ten = number.weight * kGroupDigits;
  if (number.groups.size() > 1) {
    leading = leading * kGroupBase + number.groups[1];
    power_of_ten -= kGroupDigits;
  }
  const double ln = std::log(static_cast<double>(leading)) + power_of_ten * kLnOf10;
  return static_cast<int>(std::log10(std::fabs(ln)));
}

Result<Decimal> logarithm(const Decimal& number, int scale) {
  if (number.is_zero()) {
    return Error(ErrorCode::LogarithmInvalid, "cannot take logarithm of zero");
  }
  if (number.negative) {
    return Error(ErrorCode::LogarithmInvalid, "cannot take logarithm of a negative number");
  }
  // ln(x) = 2 ln(sqrt(x)): roots bring x near one. Each halves the digits before the point, so
  // large numbers are cut before the point as well; there the scale is negative.
  Decimal x = number;
  Decimal factor = from_int64(2);
  int roots = 0;
  const Decimal lower = tenths(9);
  const Decimal upper = tenths(11);
  while (compare(x, lower) <= 0 || compare(x, upper) >= 0) {
    x = square_root(x, scale - x.weight * kGroupDigits / 2 + kGuardDigits);
    factor = add(factor, factor);
    ++roots;
  }

  // ln(x) = 2 (z + z^3 / 3 + z^5 / 5 + ...) for z = (x - 1) / (x + 1).
  const int loss = static_cast<int>((roots + 1) * kLog10Of2);
  const int term_scale = scale + loss + kGuardDigits;
  const Decimal z = divide(subtract(x, one()), add(x, one()), term_scale);
  const Decimal square = multiply(z, z, term_scale);
  Decimal sum = z;
  Decimal odd_power = z;
  for (int n = 3;; n += 2) {
    odd_power = multiply(odd_power, square, term_scale);
    const Decimal term = divide(odd_power, from_int64(n), term_scale);
    if (term.is_zero()) break;
    sum = add(sum, term);
    if (term.weight < sum.weight - term_scale * 2 / kGroupDigits) break;
  }
  return multiply(sum, factor, scale);
}

Result<Decimal> power(const Decimal& base, const Decimal& exponent) {
  LK_ASSERT(!base.is_zero() || !exponent.negative);
  if (exponent.is_integer()) {
    const std::optional<std::int64_t> integer = to_int64(exponent);
    if (integer && *integer == static_cast<std::int32_t>(*integer)) {
      return power_of_integer(base, static_cast<int>(*integer));
    }
  } else if (base.negative) {
    return Error(ErrorCode::PowerInvalid,
                 "a negative number raised to a non-integer power yields a complex result");
  }
  if (base.is_zero()) return zero_of(kSignificantDigitsMin);
  if (!base.negative) return power_by_logarithm(base, exponent);

  Decimal magnitude = base;
  magnitude.negative = false;
  LK_TRY(Decimal result, power_by_logarithm(magnitude, exponent));
  result.negative = !result.is_zero() && (group_at(exponent, 0) & 1) != 0;
  return result;
}

}  // namespace latchkey::decimal
