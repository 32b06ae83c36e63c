#pragma once

#include <cstdint>

#include "base/date_time.h"
#include "base/date_time_error.h"

namespace latchkey {

/// What a type's modifier leaves of a value: timestamp(3), time(0), interval day to minute.
///
/// Threads: any.

/// How many digits of a second are kept, 0 to 6. Halves are rounded away from 2000-01-01 00:00.
enum class SecondDigits : std::uint8_t { Zero, One, Two, Three, Four, Five, Six };

TimeOfDay round_time(TimeOfDay value, SecondDigits digits);
TimeTz round_timetz(TimeTz value, SecondDigits digits);
/// Errors: OutOfRange if the last second of all is rounded up.
DateTimeResult<Timestamp> round_timestamp(Timestamp value, SecondDigits digits);
DateTimeResult<TimestampTz> round_timestamptz(TimestampTz value, SecondDigits digits);

/// The fields to which an interval is restricted. Only the last one has an effect on values: what
/// is smaller is cut off. Larger fields than the first are kept.
enum class IntervalFields : std::uint8_t {
  All,
  Year,
  Month,
  Day,
  Hour,
  Minute,
  Second,
  YearToMonth,
  DayToHour,
  DayToMinute,
  DayToSecond,
  HourToMinute,
  HourToSecond,
  MinuteToSecond,
};
Interval restrict_interval(const Interval& value, IntervalFields fields);
/// Errors: OutOfRange if the largest intervals are rounded up.
DateTimeResult<Interval> round_interval(const Interval& value, SecondDigits digits);

}  // namespace latchkey
