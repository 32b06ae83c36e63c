#include "base/numeric.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace latchkey {

namespace {

using decimal::kGroupDigits;
using decimal::kScaleMax;
using decimal::kWeightMax;

Error division_by_zero() { return Error(ErrorCode::DivisionByZero, "division by zero"); }

/// The scale a caller asks round() or trunc() for, kept where sums of scales cannot overflow.
int limited_scale(int scale) {
  return std::clamp(scale, -(kWeightMax + 1) * kGroupDigits - 1, kScaleMax);
}

std::string field_overflow(NumericType type, const std::string& detail) {
  return "numeric field overflow: A field with precision " + std::to_string(type.precision) +
         ", scale " + std::to_string(type.scale) + " " + detail;
}

}  // namespace

Numeric::Numeric(Decimal&& finite) : decimal_(std::move(finite)) {
  LK_ASSERT(decimal_.weight <= kWeightMax);
  LK_ASSERT(decimal_.scale >= 0);
  LK_ASSERT(decimal_.scale <= kScaleMax);
}

Result<Numeric> Numeric::checked(Decimal&& finite) {
  if (finite.weight > kWeightMax || finite.scale > kScaleMax) return decimal::overflow();
  return Numeric(std::move(finite));
}

Numeric Numeric::from_int64(std::int64_t value) { return Numeric(decimal::from_int64(value)); }

Result<std::int64_t> Numeric::to_int64() const {
  if (!is_finite()) {
    return Error(ErrorCode::NotSupported,
                 is_nan() ? "cannot convert NaN to bigint" : "cannot convert infinity to bigint");
  }
  if (const auto value = decimal::to_int64(decimal_)) return *value;
  return Error(ErrorCode::NumberOverflow, "bigint out of range");
}

int Numeric::signum() const {
  LK_ASSERT(!is_nan());
  if (!is_finite()) return kind_ == Kind::NegativeInfinity ? -1 : 1;
  if (decimal_.is_zero()) return 0;
  return decimal_.negative ? -1 : 1;
}

Numeric Numeric::sign() const { return is_nan() ? nan() : from_int64(signum()); }

std::optional<int> Numeric::scale() const {
  if (!is_finite()) return std::nullopt;
  return decimal_.scale;
}

std::optional<int> Numeric::min_scale() const {
  if (!is_finite()) return std::nullopt;
  if (decimal_.is_integer()) return 0;
  const int group_count = static_cast<int>(decimal_.groups.size());
  int scale = (group_count - decimal_.weight - 1) * kGroupDigits;
  for (int last = decimal_.groups.back(); last % 10 == 0; last /= 10) --scale;
  return scale;
}

Numeric Numeric::trim_scale() const {
  Numeric result = *this;
  if (is_finite()) result.decimal_.scale = *min_scale();
  return result;
}

std::weak_ordering Numeric::compare(const Numeric& other) const {
  if (kind_ != other.kind_) return kind_ <=> other.kind_;
  if (!is_finite()) return std::weak_ordering::equivalent;
  return decimal::compare(decimal_, other.decimal_);
}

Numeric Numeric::negate() const {
  if (is_nan()) return nan();
  if (!is_finite()) return infinity_of(-signum());
  Numeric result = *this;
  result.decimal_.negative = !decimal_.negative && !decimal_.is_zero();
  return result;
}

Numeric Numeric::abs() const { return !is_nan() && signum() < 0 ? negate() : *this; }

Result<Numeric> Numeric::add_special(const Numeric& other) const {
  if (is_nan() || other.is_nan()) return nan();
  if (is_infinite() && other.is_infinite() && kind_ != other.kind_) return nan();
  return is_infinite() ? *this : other;
}

Result<Numeric> Numeric::add(const Numeric& other) const {
  if (!is_finite() || !other.is_finite()) return add_special(other);
  return checked(decimal::add(decimal_, other.decimal_));
}

Result<Numeric> Numeric::subtract(const Numeric& other) const {
  if (!is_finite() || !other.is_finite()) return add_special(other.negate());
  return checked(decimal::subtract(decimal_, other.decimal_));
}

Result<Numeric> Numeric::multiply(const Numeric& other) const {
  if (is_nan() || other.is_nan()) return nan();
  if (!is_finite() || !other.is_finite()) {
    const int sign = signum() * other.signum();
    return sign == 0 ? nan() : infinity_of(sign);
  }
  Decimal product =
      decimal::multiply(decimal_, other.decimal_, decimal_.scale + other.decimal_.scale);
  if (product.scale > kScaleMax) decimal::round(product, kScaleMax);
  return checked(std::move(product));
}

/// Requires: a side is not finite.
Result<Numeric> Numeric::divide_special(const Numeric& divisor) const {
  if (is_nan() || divisor.is_nan()) return nan();
  if (is_finite()) return zero();
  if (divisor.is_infinite()) return nan();
  if (divisor.signum() == 0) return division_by_zero();
  return infinity_of(signum() * divisor.signum());
}

Result<Numeric> Numeric::divide(const Numeric& divisor) const {
  if (!is_finite() || !divisor.is_finite()) return divide_special(divisor);
  if (divisor.decimal_.is_zero()) return division_by_zero();
  const int scale = decimal::quotient_scale(decimal_, divisor.decimal_);
  return checked(decimal::divide(decimal_, divisor.decimal_, scale));
}

Result<Numeric> Numeric::quotient(const Numeric& divisor) const {
  if (!is_finite() || !divisor.is_finite()) return divide_special(divisor);
  if (divisor.decimal_.is_zero()) return division_by_zero();
  return checked(decimal::divide(decimal_, divisor.decimal_, 0, decimal::Rounding::TowardsZero));
}

Result<Numeric> Numeric::modulo(const Numeric& divisor) const {
  if (is_nan() || divisor.is_nan()) return nan();
  if (divisor.signum() == 0) return division_by_zero();
  if (is_infinite()) return nan();
  if (divisor.is_infinite()) return *this;
  return checked(decimal::modulo(decimal_, divisor.decimal_));
}

Result<Numeric> Numeric::round(int scale) const {
  if (!is_finite()) return *this;
  Decimal result = decimal_;
  decimal::round(result, limited_scale(scale));
  result.scale = std::max(result.scale, 0);
  return checked(std::move(result));
}

Result<Numeric> Numeric::trunc(int scale) const {
  if (!is_finite()) return *this;
  Decimal result = decimal_;
  decimal::truncate(result, limited_scale(scale));
  result.scale = std::max(result.scale, 0);
  return checked(std::move(result));
}

Result<Numeric> Numeric::ceil() const {
  LK_TRY(Numeric whole, trunc(0));
  if (!is_finite() || decimal_.negative || decimal_.is_integer()) return whole;
  return whole.add(from_int64(1));
}

Result<Numeric> Numeric::floor() const {
  LK_TRY(Numeric whole, trunc(0));
  if (!is_finite() || !decimal_.negative || decimal_.is_integer()) return whole;
  return whole.subtract(from_int64(1));
}

Result<Numeric> Numeric::apply_typmod(NumericType type) const {
  if (is_nan()) return nan();
  if (is_infinite()) {
    return Error(ErrorCode::NumberOverflow, field_overflow(type, "cannot hold an infinite value."));
  }
  Decimal result = decimal_;
  decimal::round(result, type.scale);
  result.scale = std::max(result.scale, 0);
  const int whole_digits_max = type.precision - type.scale;
  if (!result.is_zero()) {
    const int whole_digits = result.weight * kGroupDigits + decimal::digit_count(result.groups[0]);
    if (whole_digits > whole_digits_max) {
      const std::string bound =
          whole_digits_max == 0 ? "1" : "10^" + std::to_string(whole_digits_max);
      return Error(
          ErrorCode::NumberOverflow,
          field_overflow(type, "must round to an absolute value less than " + bound + "."));
    }
  }
  return checked(std::move(result));
}

}  // namespace latchkey
