#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zones.h"

namespace latchkey {

/// Dates and times from their parts: make_date and its like.
///
/// Threads: any.
/// Errors:  OutOfRange; BadArgument for a time zone that is none.
/// Source:  PostgreSQL 15, 9.9. A negative year is BC: -44 is 44 BC, and there is no year 0.

/// A time whose second is a number of SQL, and may be anything.
struct TimeParts {
  std::int32_t hour = 0;
  std::int32_t minute = 0;
  double second = 0;
};

struct IntervalParts {
  std::int32_t years = 0;
  std::int32_t months = 0;
  std::int32_t weeks = 0;
  std::int32_t days = 0;
  std::int32_t hours = 0;
  std::int32_t minutes = 0;
  double seconds = 0;
};

DateTimeResult<Date> make_date(CivilDate date);
DateTimeResult<TimeOfDay> make_time(TimeParts time);
DateTimeResult<Timestamp> make_timestamp(CivilDate date, TimeParts time);
/// By the clocks of the session.
DateTimeResult<TimestampTz> make_timestamptz(CivilDate date, TimeParts time, const TimeZone& zone);
/// By the clocks of a zone, which may also be hours ahead of UTC: +2, -03:30.
DateTimeResult<TimestampTz> make_timestamptz_in_zone(CivilDate date, TimeParts time, Bytes zone,
                                                     TimeZones& zones);
DateTimeResult<Interval> make_interval(const IntervalParts& parts);

/// to_timestamp of seconds since 1970-01-01 00:00 UTC.
DateTimeResult<TimestampTz> timestamptz_of_epoch(double seconds);

}  // namespace latchkey
