#include "base/interval_arithmetic.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace latchkey {

namespace {

/// To the nearest millionth, which makes whole numbers of what floating point has just missed.
double rounded_to_millionths(double value) { return std::rint(value * 1'000'000.0) / 1'000'000.0; }

template <typename Integer>
std::optional<Integer> to_integer(double value) {
  // The limits as doubles: the smallest integer is one, the largest plus one is, too.
  constexpr double kMin = static_cast<double>(std::numeric_limits<Integer>::min());
  if (!(value >= kMin && value < -kMin)) return std::nullopt;
  return static_cast<Integer>(value);
}

/// Puts an interval together whose parts are the given numbers, of which some are not whole.
DateTimeResult<Interval> spill_over(double months, double days, double microseconds) {
  const auto whole_months = to_integer<std::int32_t>(months);
  const auto whole_days = to_integer<std::int32_t>(days);
  if (!whole_months || !whole_days) return interval_out_of_range();
  Interval result{0, *whole_days, *whole_months};

  const double days_of_months = rounded_to_millionths((months - *whole_months) * kDaysPerMonth);
  const auto whole_days_of_months = static_cast<std::int32_t>(days_of_months);
  constexpr double kSeconds = static_cast<double>(kSecondsPerDay);
  double seconds = rounded_to_millionths(
      (days - *whole_days + days_of_months - whole_days_of_months) * kSeconds);
  if (std::abs(seconds) >= kSeconds) {
    const auto more_days = static_cast<std::int32_t>(seconds / kSeconds);
    if (__builtin_add_overflow(result.days, more_days, &result.days))
      return interval_out_of_range();
    seconds -= more_days * kSeconds;
  }
  if (__builtin_add_overflow(result.days, whole_days_of_months, &result.days))
    return interval_out_of_range();
  const auto whole_microseconds = to_integer<std::int64_t>(
      std::rint(microseconds + seconds * static_cast<double>(kMicrosPerSecond)));
  if (!whole_microseconds) return interval_out_of_range();
  result.microseconds = *whole_microseconds;
  return result;
}

/// Moves what is worth whole larger units to them. Returns whether there was room.
template <typename Larger, typename Smaller>
bool carry(Larger& larger, Smaller& smaller, std::int64_t smaller_per_larger) {
  const auto count = smaller / smaller_per_larger;
  smaller = static_cast<Smaller>(smaller - count * smaller_per_larger);
  return !__builtin_add_overflow(larger, count, &larger);
}

/// Lends one larger unit to the smaller one where their signs differ.
template <typename Larger, typename Smaller>
void agree(Larger& larger, Smaller& smaller, std::int64_t smaller_per_larger) {
  if (larger > 0 && smaller < 0) {
    smaller = static_cast<Smaller>(smaller + smaller_per_larger);
    --larger;
  } else if (larger < 0 && smaller > 0) {
    smaller = static_cast<Smaller>(smaller - smaller_per_larger);
    ++larger;
  }
}

}  // namespace

DateTimeResult<Interval> negate(const Interval& value) { return subtract(Interval{}, value); }

DateTimeResult<Interval> add(const Interval& left, const Interval& right) {
  Interval sum;
  if (__builtin_add_overflow(left.months, right.months, &sum.months) ||
      __builtin_add_overflow(left.days, right.days, &sum.days) ||
      __builtin_add_overflow(left.microseconds, right.microseconds, &sum.microseconds)) {
    return interval_out_of_range();
  }
  return sum;
}

DateTimeResult<Interval> subtract(const Interval& left, const Interval& right) {
  Interval difference;
  if (__builtin_sub_overflow(left.months, right.months, &difference.months) ||
      __builtin_sub_overflow(left.days, right.days, &difference.days) ||
      __builtin_sub_overflow(left.microseconds, right.microseconds, &difference.microseconds)) {
    return interval_out_of_range();
  }
  return difference;
}

DateTimeResult<Interval> multiply(const Interval& value, double factor) {
  return spill_over(value.months * factor, value.days * factor,
                    static_cast<double>(value.microseconds) * factor);
}

DateTimeResult<Interval> divide(const Interval& value, double divisor) {
  if (divisor == 0) return DateTimeError(DateTimeFault::DivisionByZero, "division by zero");
  return spill_over(value.months / divisor, value.days / divisor,
                    static_cast<double>(value.microseconds) / divisor);
}

DateTimeResult<Interval> justify_hours(const Interval& value) {
  Interval result = value;
  if (!carry(result.days, result.microseconds, kMicrosPerDay)) return interval_out_of_range();
  agree(result.days, result.microseconds, kMicrosPerDay);
  return result;
}

DateTimeResult<Interval> justify_days(const Interval& value) {
  Interval result = value;
  if (!carry(result.months, result.days, kDaysPerMonth)) return interval_out_of_range();
  agree(result.months, result.days, kDaysPerMonth);
  return result;
}

DateTimeResult<Interval> justify_interval(const Interval& value) {
  Interval result = value;
  // Days of the same sign as the rest go first, so that the sum with the days of the rest has room.
  const bool same_sign =
      (result.days > 0 && result.microseconds > 0) || (result.days < 0 && result.microseconds < 0);
  if (same_sign && !carry(result.months, result.days, kDaysPerMonth))
    return interval_out_of_range();
  if (!carry(result.days, result.microseconds, kMicrosPerDay)) return interval_out_of_range();
  if (!carry(result.months, result.days, kDaysPerMonth)) return interval_out_of_range();

  const bool rest_is_positive = result.days > 0 || (result.days == 0 && result.microseconds > 0);
  const bool rest_is_negative = result.days < 0 || (result.days == 0 && result.microseconds < 0);
  if (result.months > 0 && rest_is_negative) {
    result.days += kDaysPerMonth;
    --result.months;
  } else if (result.months < 0 && rest_is_positive) {
    result.days -= kDaysPerMonth;
    ++result.months;
  }
  agree(result.days, result.microseconds, kMicrosPerDay);
  return result;
}

}  // namespace latchkey
