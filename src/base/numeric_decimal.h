#pragma once

#include <boost/container/small_vector.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "latchkey/result.h"

namespace latchkey {

/// A finite decimal number of any size: what Numeric holds and what its functions compute with.
///
/// Threads:   as a value.
/// Units:     a group is four decimal digits, 0 to 9999; weight counts groups, scale digits.
/// Invariant: neither the first nor the last group is 0; zero has no groups, weight 0 and no sign.
///
///   value = the sum over i of groups[i] * 10000^(weight - i), negated if `negative`
struct Decimal {
  using Groups = boost::container::small_vector<std::int16_t, 8>;

  Groups groups;  // most significant first
  int weight = 0;
  int scale = 0;  // digits after the point; below 0 only between two steps of a computation
  bool negative = false;

  bool is_zero() const { return groups.empty(); }
  bool is_integer() const { return static_cast<int>(groups.size()) <= weight + 1; }
};

/// Arithmetic on decimals without Numeric's limits, for the sources of Numeric only.
///
/// Threads: any.
/// Errors:  none, but where a Result is named; what does not fit a Numeric is found at the end.
namespace decimal {

inline constexpr int kGroupBase = 10'000;
inline constexpr int kGroupDigits = 4;

/// The limits of a Numeric.
inline constexpr int kWeightMax = 32'767;
inline constexpr int kScaleMax = 16'383;

/// What PostgreSQL asks of a result whose digits do not end: at least so many digits that count,
/// but never a scale above the second number.
inline constexpr int kSignificantDigitsMin = 16;
inline constexpr int kComputedScaleMax = 1'000;

enum class Rounding : std::uint8_t { HalfAwayFromZero, TowardsZero };

/// `value overflows numeric format`.
Error overflow();

Decimal from_int64(std::int64_t value);

/// The nearest integer, halves away from zero; nothing when it has no place in 64 bits.
std::optional<std::int64_t> to_int64(const Decimal& number);

/// Restores the invariant: drops zero groups at both ends.
void strip(Decimal& number);

/// The group worth 10000^weight; 0 where none is stored.
inline int group_at(const Decimal& number, int weight) {
  const int index = number.weight - weight;
  return index >= 0 && index < static_cast<int>(number.groups.size())
             ? number.groups[static_cast<std::size_t>(index)]
             : 0;
}

/// Without leading zeros; 1 for 0.
inline int digit_count(int group) {
  return group < 10 ? 1 : group < 100 ? 2 : group < 1'000 ? 3 : 4;
}

/// The number multiplied by 10000^group_count.
Decimal shifted(Decimal number, int group_count);

std::strong_ordering compare(const Decimal& left, const Decimal& right);
std::strong_ordering compare_magnitudes(const Decimal& left, const Decimal& right);

/// Exact; the scale is the larger of the two.
Decimal add(const Decimal& left, const Decimal& right);
Decimal subtract(const Decimal& left, const Decimal& right);

/// The product rounded to `scale`. Where the exact product is longer, what lies beyond two guard
/// groups is left out, so the last digit may be off: ask for more digits than are wanted.
/// Requires: scale >= 0.
Decimal multiply(const Decimal& left, const Decimal& right, int scale);

/// The quotient, exact to the last digit of `scale`.
/// Requires: `divisor` is not zero; scale >= 0.
Decimal divide(const Decimal& dividend, const Decimal& divisor, int scale,
               Rounding rounding = Rounding::HalfAwayFromZero);

/// The scale of a quotient that is not asked for another: 16 digits that count, and no fewer after
/// the point than either side has. The quotient's weight is guessed from the first groups; where
/// they are equal, it is taken to begin a group lower.
/// Requires: `divisor` is not zero.
int quotient_scale(const Decimal& dividend, const Decimal& divisor);

/// What is left of `dividend` after the quotient is cut to an integer; it has the dividend's sign.
/// Requires: `divisor` is not zero.
Decimal modulo(const Decimal& dividend, const Decimal& divisor);

/// Cuts the number at `scale`, which may be negative: then zeros stand before the point.
void round(Decimal& number, int scale);
void truncate(Decimal& number, int scale);

/// The root, exact to the last digit of `scale`, which may be negative.
/// Requires: `number` is not negative.
Decimal square_root(const Decimal& number, int scale);

/// e^number to `scale` digits.
/// Errors: NumberOverflow.
Result<Decimal> exponential(const Decimal& number, int scale);

/// The natural logarithm to `scale` digits.
/// Errors: LogarithmInvalid for zero and below.
Result<Decimal> logarithm(const Decimal& number, int scale);

/// About log10(abs(ln(number))), without computing the logarithm; 0 where there is none.
int logarithm_magnitude(const Decimal& number);

/// base^exponent, with the scale PostgreSQL gives it.
/// Requires: `base` is not zero, or `exponent` not negative.
/// Errors: NumberOverflow; PowerInvalid for powers that no real number is.
Result<Decimal> power(const Decimal& base, const Decimal& exponent);

/// The nearest double; infinite or 0 where no double is near.
double to_double(const Decimal& number);

void append_text(std::string& out, const Decimal& number);

}  // namespace decimal
}  // namespace latchkey
