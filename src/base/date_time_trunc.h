#pragma once

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zone.h"

namespace latchkey {

/// date_trunc and date_bin: the beginning of what a moment lies in.
///
/// Threads: any.
/// Errors:  BadArgument for a unit that nothing knows, NotSupported for one that has no beginning,
///          OutOfRange.
/// Source:  PostgreSQL 15, 9.9.2 and 9.9.3. Units are from microseconds to millennium.

DateTimeResult<Timestamp> truncate(Bytes unit, Timestamp value);
/// By the clocks of the zone.
DateTimeResult<TimestampTz> truncate(Bytes unit, TimestampTz value, const TimeZone& zone);
/// Towards zero, each part by itself.
DateTimeResult<Interval> truncate(Bytes unit, const Interval& value);

/// The beginning of the one of those stretches of equal length that holds the moment; one of them
/// begins at `origin`.
template <typename T>
struct Bins {
  T origin;
  Interval stride;
};
DateTimeResult<Timestamp> bin(Timestamp value, const Bins<Timestamp>& bins);
DateTimeResult<TimestampTz> bin(TimestampTz value, const Bins<TimestampTz>& bins);

/// Errors for units, which extract has, too. `type` is the name of the type as SQL writes it.
struct UnitOfType {
  Bytes unit;
  Bytes type;
};
DateTimeError unknown_unit(UnitOfType unit);
DateTimeError unsupported_unit(UnitOfType unit);

}  // namespace latchkey
