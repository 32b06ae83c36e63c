#include "base/interval_builder.h"

#include <cmath>
#include <limits>

#include "base/assert.h"

namespace latchkey {

namespace {

constexpr std::int32_t kDaysPerWeek = 7;

bool fits_32_bits(std::int64_t value) {
  return value >= std::numeric_limits<std::int32_t>::min() &&
         value <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

bool IntervalBuilder::add(TimeUnit unit, IntervalNumber number) {
  const auto add_time = [this, number](std::int64_t microseconds_each) {
    return add_microseconds(number.whole, microseconds_each) &&
           add_fraction_of(microseconds_each, number.fraction);
  };
  switch (unit) {
    case TimeUnit::Microsecond:
      return add_time(1);
    case TimeUnit::Millisecond:
      return add_time(1'000);
    case TimeUnit::Second:
      return add_time(kMicrosPerSecond);
    case TimeUnit::Minute:
      return add_time(kMicrosPerMinute);
    case TimeUnit::Hour:
      return add_time(kMicrosPerHour);
    case TimeUnit::Day:
      return add_days(number.whole, 1) && add_fraction_of(kMicrosPerDay, number.fraction);
    case TimeUnit::Week:
      return add_days(number.whole, kDaysPerWeek) &&
             add_fraction_of_days(number.fraction, kDaysPerWeek);
    case TimeUnit::Month:
      return add_months(number.whole) && add_fraction_of_days(number.fraction, kDaysPerMonth);
    case TimeUnit::Year:
      return add_years(number, 1);
    case TimeUnit::Decade:
      return add_years(number, 10);
    case TimeUnit::Century:
      return add_years(number, 100);
    case TimeUnit::Millennium:
      return add_years(number, 1'000);
    default:
      LK_ASSERT(!"the unit has a length");
      return false;
  }
}

bool IntervalBuilder::add_microseconds(std::int64_t count, std::int64_t microseconds_each) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(count, microseconds_each, &product) &&
         !__builtin_add_overflow(microseconds_, product, &microseconds_);
}

bool IntervalBuilder::add_fraction_of(std::int64_t microseconds, double fraction) {
  const double exact = fraction * static_cast<double>(microseconds);
  auto rounded = static_cast<std::int64_t>(exact);
  const double rest = exact - static_cast<double>(rounded);
  if (rest > 0.5) ++rounded;
  if (rest < -0.5) --rounded;
  return !__builtin_add_overflow(microseconds_, rounded, &microseconds_);
}

bool IntervalBuilder::add_days(std::int64_t count, std::int32_t days_each) {
  std::int32_t product = 0;
  return fits_32_bits(count) &&
         !__builtin_mul_overflow(static_cast<std::int32_t>(count), days_each, &product) &&
         !__builtin_add_overflow(days_, product, &days_);
}

bool IntervalBuilder::add_fraction_of_days(double fraction, std::int32_t days) {
  const double exact = fraction * days;
  const auto whole = static_cast<std::int32_t>(exact);
  return !__builtin_add_overflow(days_, whole, &days_) &&
         add_fraction_of(kMicrosPerDay, exact - whole);
}

bool IntervalBuilder::add_months(std::int64_t count) {
  return fits_32_bits(count) &&
         !__builtin_add_overflow(months_, static_cast<std::int32_t>(count), &months_);
}

bool IntervalBuilder::add_years(IntervalNumber number, std::int32_t years_each) {
  if (!fits_32_bits(number.whole)) return false;
  std::int32_t product = 0;
  if (__builtin_mul_overflow(static_cast<std::int32_t>(number.whole), years_each, &product) ||
      __builtin_add_overflow(years_, product, &years_)) {
    return false;
  }
  const double months = std::rint(number.fraction * years_each * kMonthsPerYear);
  return !__builtin_add_overflow(months_, static_cast<std::int32_t>(months), &months_);
}

bool IntervalBuilder::negate() {
  return !__builtin_sub_overflow(0, microseconds_, &microseconds_) &&
         !__builtin_sub_overflow(0, days_, &days_) &&
         !__builtin_sub_overflow(0, months_, &months_) &&
         !__builtin_sub_overflow(0, years_, &years_);
}

std::optional<Interval> IntervalBuilder::build() const {
  const std::int64_t months = std::int64_t{years_} * kMonthsPerYear + months_;
  if (!fits_32_bits(months)) return std::nullopt;
  return Interval{microseconds_, days_, static_cast<std::int32_t>(months)};
}

}  // namespace latchkey
