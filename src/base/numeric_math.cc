#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/numeric.h"

namespace latchkey {

namespace {

using decimal::kComputedScaleMax;
using decimal::kGroupBase;
using decimal::kGroupDigits;
using decimal::kSignificantDigitsMin;

constexpr double kLog10OfE = 0.434294481903252;

// 32177! is the largest factorial with a place in a Numeric.
constexpr std::int64_t kFactorialMax = 32'177;

// A product of factors below this, times one group and with a carry, fits 64 bits.
constexpr std::uint64_t kFactorMax = 1'000'000'000'000'000;

Error no_power(const char* message) { return Error(ErrorCode::PowerInvalid, message); }

Error no_logarithm(const char* message) { return Error(ErrorCode::LogarithmInvalid, message); }

Error no_buckets(const char* message) { return Error(ErrorCode::InvalidArgument, message); }

/// The scale that shows 16 digits of a result worth about 10^magnitude.
int computed_scale(int magnitude, int scale_min) {
  return std::clamp(std::max(kSignificantDigitsMin - magnitude, scale_min), 0, kComputedScaleMax);
}

/// groups *= factor, least significant group first.
void multiply_in_place(std::vector<std::int16_t>& groups, std::uint64_t factor) {
  std::uint64_t carry = 0;
  for (std::int16_t& group : groups) {
    carry += static_cast<std::uint64_t>(group) * factor;
    group = static_cast<std::int16_t>(carry % kGroupBase);
    carry /= kGroupBase;
  }
  for (; carry != 0; carry /= kGroupBase) {
    groups.push_back(static_cast<std::int16_t>(carry % kGroupBase));
  }
}

Decimal decimal_gcd(const Decimal& left, const Decimal& right) {
  Decimal larger = left;
  Decimal smaller = right;
  if (decimal::compare_magnitudes(larger, smaller) < 0) std::swap(larger, smaller);
  while (!smaller.is_zero()) {
    Decimal rest = decimal::modulo(larger, smaller);
    larger = std::exchange(smaller, std::move(rest));
  }
  larger.negative = false;
  larger.scale = std::max(left.scale, right.scale);
  return larger;
}

/// The bucket, from 1, of a number between the bounds. As in PostgreSQL the quotient is rounded
/// before it is cut, so a number very close below the end of a bucket may fall into the next.
std::int64_t inner_bucket(const Decimal& number, const Decimal& first, const Decimal& last,
                          std::int32_t bucket_count) {
  const Decimal width = decimal::subtract(last, first);
  const Decimal distance = decimal::subtract(number, first);
  const Decimal scaled =
      decimal::multiply(distance, decimal::from_int64(bucket_count), distance.scale);
  Decimal index = decimal::divide(scaled, width, decimal::quotient_scale(scaled, width));
  decimal::truncate(index, 0);
  return *decimal::to_int64(index) + 1;
}

}  // namespace

Result<Numeric> Numeric::sqrt() const {
  if (!is_nan() && signum() < 0) return no_power("cannot take square root of a negative number");
  if (!is_finite()) return *this;
  // Half the digits before the point.
  const int magnitude = decimal_.weight * kGroupDigits / 2 + 1;
  return checked(decimal::square_root(decimal_, computed_scale(magnitude, decimal_.scale)));
}

Result<Numeric> Numeric::exp() const {
  if (kind_ == Kind::NegativeInfinity) return zero();
  if (!is_finite()) return *this;
  constexpr double kMagnitudeMax = 2 * kComputedScaleMax;
  const double magnitude =
      std::clamp(decimal::to_double(decimal_) * kLog10OfE, -kMagnitudeMax, kMagnitudeMax);
  const int scale = computed_scale(static_cast<int>(magnitude), decimal_.scale);
  LK_TRY(Decimal result, decimal::exponential(decimal_, scale));
  return checked(std::move(result));
}

Result<Numeric> Numeric::ln() const {
  if (kind_ == Kind::NegativeInfinity) {
    return no_logarithm("cannot take logarithm of a negative number");
  }
  if (!is_finite()) return *this;
  const int scale = computed_scale(decimal::logarithm_magnitude(decimal_), decimal_.scale);
  LK_TRY(Decimal result, decimal::logarithm(decimal_, scale));
  return checked(std::move(result));
}

Result<Numeric> Numeric::log(const Numeric& base) const {
  if (is_nan() || base.is_nan()) return nan();
  if (!is_finite() || !base.is_finite()) {
    if (signum() < 0 || base.signum() < 0) {
      return no_logarithm("cannot take logarithm of a negative number");
    }
    if (signum() == 0 || base.signum() == 0) return no_logarithm("cannot take logarithm of zero");
    if (!base.is_infinite()) return infinity();
    return is_infinite() ? nan() : zero();
  }
  constexpr int kGuardDigits = 8;
  const int base_magnitude = decimal::logarithm_magnitude(base.decimal_);
  const int magnitude = decimal::logarithm_magnitude(decimal_);
  const int scale =
      computed_scale(magnitude - base_magnitude, std::max(decimal_.scale, base.decimal_.scale));
  const int digits = scale + magnitude - base_magnitude + kGuardDigits;
  LK_TRY(const Decimal ln_base,
         decimal::logarithm(base.decimal_, std::max(digits - base_magnitude, 0)));
  LK_TRY(const Decimal ln, decimal::logarithm(decimal_, std::max(digits - magnitude, 0)));
  if (ln_base.is_zero()) return Error(ErrorCode::DivisionByZero, "division by zero");
  return checked(decimal::divide(ln, ln_base, scale));
}

/// Requires: a side is not finite.
Result<Numeric> Numeric::power_special(const Numeric& exponent) const {
  const Numeric one = from_int64(1);
  if (*this == one || exponent == zero()) return one;
  if (is_nan() || exponent.is_nan()) return nan();
  if (signum() < 0 && !exponent.is_integer()) {
    return no_power("a negative number raised to a non-integer power yields a complex result");
  }
  if (signum() == 0) {
    if (exponent.signum() < 0) return no_power("zero raised to a negative power is undefined");
    return zero();
  }
  return power_infinite(exponent);
}

Numeric Numeric::power_infinite(const Numeric& exponent) const {
  if (exponent.is_infinite()) {
    const auto order = abs() <=> from_int64(1);
    if (order == 0) return from_int64(1);
    const bool grows = (order > 0) == (exponent.signum() > 0);
    return grows ? infinity() : zero();
  }
  if (exponent.signum() < 0) return zero();
  const bool odd = (decimal::group_at(exponent.decimal_, 0) & 1) != 0;
  return kind_ == Kind::NegativeInfinity && odd ? negative_infinity() : infinity();
}

Result<Numeric> Numeric::power(const Numeric& exponent) const {
  if (!is_finite() || !exponent.is_finite()) return power_special(exponent);
  if (signum() == 0 && exponent.signum() < 0) {
    return no_power("zero raised to a negative power is undefined");
  }
  LK_TRY(Decimal result, decimal::power(decimal_, exponent.decimal_));
  return checked(std::move(result));
}

Result<Numeric> Numeric::factorial(std::int64_t number) {
  if (number < 0)
    return Error(ErrorCode::NumberOverflow, "factorial of a negative number is undefined");
  if (number > kFactorialMax) return decimal::overflow();
  std::vector<std::int16_t> groups = {1};
  std::uint64_t factor = 1;
  for (std::uint64_t i = 2; i <= static_cast<std::uint64_t>(number); ++i) {
    if (factor * i >= kFactorMax) multiply_in_place(groups, std::exchange(factor, 1));
    factor *= i;
  }
  multiply_in_place(groups, factor);

  Decimal result;
  result.weight = static_cast<int>(groups.size()) - 1;
  result.groups.assign(groups.rbegin(), groups.rend());
  decimal::strip(result);
  return checked(std::move(result));
}

Numeric Numeric::gcd(const Numeric& other) const {
  if (!is_finite() || !other.is_finite()) return nan();
  return Numeric(decimal_gcd(decimal_, other.decimal_));
}

Result<Numeric> Numeric::lcm(const Numeric& other) const {
  if (!is_finite() || !other.is_finite()) return nan();
  Decimal result;
  if (!decimal_.is_zero() && !other.decimal_.is_zero()) {
    const Decimal times = decimal::divide(decimal_, decimal_gcd(decimal_, other.decimal_), 0,
                                          decimal::Rounding::TowardsZero);
    result = decimal::multiply(other.decimal_, times, other.decimal_.scale);
    result.negative = false;
  }
  result.scale = std::max(decimal_.scale, other.decimal_.scale);
  return checked(std::move(result));
}

Result<std::int32_t> Numeric::width_bucket(const Histogram& histogram) const {
  const auto& [first, last, bucket_count] = histogram;
  if (bucket_count <= 0) return no_buckets("count must be greater than zero");
  if (is_nan() || first.is_nan() || last.is_nan()) {
    return no_buckets("operand, lower bound, and upper bound cannot be NaN");
  }
  if (first.is_infinite() || last.is_infinite()) {
    return no_buckets("lower and upper bounds must be finite");
  }
  if (first == last) return no_buckets("lower bound cannot equal upper bound");

  const bool ascending = first < last;
  std::int64_t bucket = 0;
  if (ascending ? *this >= last : *this <= last) {
    bucket = std::int64_t{bucket_count} + 1;
  } else if (ascending ? *this >= first : *this <= first) {
    bucket = inner_bucket(decimal_, first.decimal_, last.decimal_, bucket_count);
  }
  if (bucket > std::numeric_limits<std::int32_t>::max()) {
    return Error(ErrorCode::NumberOverflow, "integer out of range");
  }
  return static_cast<std::int32_t>(bucket);
}

}  // namespace latchkey
