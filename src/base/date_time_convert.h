#pragma once

#include <compare>
#include <optional>

#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zone_name.h"

namespace latchkey {

/// Casts between the types of date and time, AT TIME ZONE, and comparisons across types. Infinity
/// stays infinity.
///
/// Threads: any.
/// Errors:  OutOfRange; nothing for a time of day of infinity, which is NULL.

/// Midnight of the date.
DateTimeResult<Timestamp> timestamp_of(Date date);
DateTimeResult<TimestampTz> timestamptz_of(Date date, const TimeZone& zone);
/// The time on the date; 24:00:00 is the midnight after it.
DateTimeResult<Timestamp> timestamp_of(Date date, TimeOfDay time);
DateTimeResult<TimestampTz> timestamptz_of(Date date, TimeTz time);

/// A timestamp read by the clocks of `zone`, and back.
DateTimeResult<TimestampTz> timestamptz_of(Timestamp value, const TimeZone& zone);
DateTimeResult<Timestamp> timestamp_of(TimestampTz value, const TimeZone& zone);

Date date_of(Timestamp value);
Date date_of(TimestampTz value, const TimeZone& zone);
std::optional<TimeOfDay> time_of(Timestamp value);
std::optional<TimeOfDay> time_of(TimestampTz value, const TimeZone& zone);
std::optional<TimeTz> timetz_of(TimestampTz value, const TimeZone& zone);
/// With the offset that `zone` has at the given moment of today.
TimeTz timetz_of(TimeOfDay value, const DateTimeSession& session);
/// What is left of whole days is dropped; a negative rest counts back from midnight.
TimeOfDay time_of(const Interval& value);
Interval interval_of(TimeOfDay value);

/// timestamp AT TIME ZONE zone, and timestamptz AT TIME ZONE zone.
DateTimeResult<TimestampTz> at_time_zone(Timestamp value, const NamedZone& zone);
DateTimeResult<Timestamp> at_time_zone(TimestampTz value, const NamedZone& zone);
TimeTz at_time_zone(TimeTz value, const NamedZone& zone, TimestampTz now);
/// The zone that an interval names, as in AT TIME ZONE INTERVAL '-08:00'.
/// Errors: BadArgument if it has months or days; OutOfRange past 68 years.
DateTimeResult<NamedZone> zone_of(const Interval& utc_offset);

/// Compare where a cast would be out of range: dates reach further than timestamps.
std::strong_ordering compare(Date left, Timestamp right);
std::strong_ordering compare(Date left, TimestampTz right, const TimeZone& zone);
std::strong_ordering compare(Timestamp left, TimestampTz right, const TimeZone& zone);

}  // namespace latchkey
