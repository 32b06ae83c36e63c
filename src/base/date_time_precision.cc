#include "base/date_time_precision.h"

#include <array>
#include <limits>

namespace latchkey {

namespace {

Int128 rounded(std::int64_t microseconds, SecondDigits digits) {
  constexpr std::array<std::int64_t, 7> kUnits = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  const std::int64_t unit = kUnits[static_cast<std::size_t>(digits)];
  const std::int64_t half = microseconds < 0 ? -(unit / 2) : unit / 2;
  return (Int128{microseconds} + half) / unit * unit;
}

template <typename T>
DateTimeResult<T> rounded_timestamp(T value, SecondDigits digits) {
  if (!value.is_finite()) return value;
  const Int128 microseconds = rounded(value.microseconds, digits);
  if (!is_timestamp_in_range(microseconds)) return timestamp_out_of_range();
  return T{static_cast<std::int64_t>(microseconds)};
}

}  // namespace

TimeOfDay round_time(TimeOfDay value, SecondDigits digits) {
  return {static_cast<std::int64_t>(rounded(value.microseconds, digits))};
}

TimeTz round_timetz(TimeTz value, SecondDigits digits) {
  return {static_cast<std::int64_t>(rounded(value.microseconds, digits)), value.utc_offset_seconds};
}

DateTimeResult<Timestamp> round_timestamp(Timestamp value, SecondDigits digits) {
  return rounded_timestamp(value, digits);
}

DateTimeResult<TimestampTz> round_timestamptz(TimestampTz value, SecondDigits digits) {
  return rounded_timestamp(value, digits);
}

Interval restrict_interval(const Interval& value, IntervalFields fields) {
  Interval kept = value;
  const auto keep_multiples_of = [&kept](std::int64_t unit) {
    kept.microseconds = kept.microseconds / unit * unit;
  };
  switch (fields) {
    case IntervalFields::All:
    case IntervalFields::Second:
    case IntervalFields::DayToSecond:
    case IntervalFields::HourToSecond:
    case IntervalFields::MinuteToSecond:
      return kept;
    case IntervalFields::Year:
      return {0, 0, kept.months / kMonthsPerYear * kMonthsPerYear};
    case IntervalFields::Month:
    case IntervalFields::YearToMonth:
      return {0, 0, kept.months};
    case IntervalFields::Day:
      return {0, kept.days, kept.months};
    case IntervalFields::Hour:
    case IntervalFields::DayToHour:
      keep_multiples_of(kMicrosPerHour);
      return kept;
    case IntervalFields::Minute:
    case IntervalFields::DayToMinute:
    case IntervalFields::HourToMinute:
      keep_multiples_of(kMicrosPerMinute);
      return kept;
  }
  return kept;
}

DateTimeResult<Interval> round_interval(const Interval& value, SecondDigits digits) {
  const Int128 microseconds = rounded(value.microseconds, digits);
  if (microseconds > std::numeric_limits<std::int64_t>::max() ||
      microseconds < std::numeric_limits<std::int64_t>::min()) {
    return interval_out_of_range();
  }
  return Interval{static_cast<std::int64_t>(microseconds), value.days, value.months};
}

}  // namespace latchkey
