#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zone.h"

namespace latchkey {

/// Dates and times shown by a pattern of the client: 'Day, DD Mon YYYY HH24:MI:SS'. The way back is
/// date_time_from_pattern.h.
///
/// Threads: any.
/// Errors:  BadFormat if the pattern names what an interval does not have.
/// Source:  PostgreSQL 15, 9.8. Names of months and days are English.

/// to_char. Nothing, which is NULL, for infinity and for an empty pattern.
std::optional<std::string> to_char(Timestamp value, Bytes pattern);
std::optional<std::string> to_char(TimestampTz value, Bytes pattern, const TimeZone& zone);
DateTimeResult<std::optional<std::string>> to_char(const Interval& value, Bytes pattern);

}  // namespace latchkey
