#pragma once

#include <cstdint>
#include <optional>

#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zone.h"

namespace latchkey {

/// Sums and differences of dates, times and intervals.
///
/// An interval is added months first, then days, then microseconds. Adding months keeps the day,
/// or takes the last one of a month that is too short: January 31st and a month are February 28th.
///
/// Threads: any.
/// Errors:  OutOfRange. Infinity plus anything finite is infinity.
/// Source:  PostgreSQL 15, 9.9.

DateTimeResult<Date> add(Date date, std::int32_t days);
DateTimeResult<Date> subtract(Date date, std::int32_t days);
DateTimeResult<std::int32_t> subtract(Date left, Date right);
DateTimeResult<Timestamp> add(Date date, const Interval& span);
DateTimeResult<Timestamp> subtract(Date date, const Interval& span);

DateTimeResult<Timestamp> add(Timestamp timestamp, const Interval& span);
DateTimeResult<Timestamp> subtract(Timestamp timestamp, const Interval& span);
/// Days are those of the zone: the time of day stays the same where its clocks change.
DateTimeResult<TimestampTz> add(TimestampTz timestamp, const Interval& span, const TimeZone& zone);
DateTimeResult<TimestampTz> subtract(TimestampTz timestamp, const Interval& span,
                                     const TimeZone& zone);

/// In days of 24 hours and a rest.
DateTimeResult<Interval> subtract(Timestamp left, Timestamp right);
DateTimeResult<Interval> subtract(TimestampTz left, TimestampTz right);

/// The difference as people count it, in years, months, days and a rest.
DateTimeResult<Interval> age(Timestamp later, Timestamp earlier);
DateTimeResult<Interval> age(TimestampTz later, TimestampTz earlier, const TimeZone& zone);

/// Of the interval only the microseconds count; the result stays within the day.
TimeOfDay add(TimeOfDay time, const Interval& span);
TimeOfDay subtract(TimeOfDay time, const Interval& span);
TimeTz add(TimeTz time, const Interval& span);
TimeTz subtract(TimeTz time, const Interval& span);
Interval subtract(TimeOfDay left, TimeOfDay right);

/// A stretch of time from one end to the other, in any order; either end may be unknown.
template <typename T>
struct Stretch {
  std::optional<T> begin;
  std::optional<T> end;
};
/// SQL's OVERLAPS, half-open, so that a stretch does not overlap the one that begins where it ends;
/// a stretch of no length is the moment itself. Nothing is NULL.
template <typename T>
std::optional<bool> overlaps(const Stretch<T>& left, const Stretch<T>& right);

}  // namespace latchkey
