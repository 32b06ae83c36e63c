#pragma once

#include <string>

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/date_time_precision.h"

namespace latchkey {

/// Intervals as clients write and read them: everything that PostgreSQL 15 takes, and what it shows
/// with IntervalStyle "postgres".
///
/// Threads: any.
/// Errors:  BadFormat, IntervalField for a number that is too large, OutOfRange for their sum.

/// "1 year 2 mons", "1.5 days", "-1 days +02:03", "@ 1 hour ago", "1-2", "P1Y2M3DT4H5M6S".
/// `fields` tell what a number without a unit counts: seconds, or the last of them.
DateTimeResult<Interval> parse_interval(Bytes text, IntervalFields fields = IntervalFields::All);

/// "1 year 2 mons -3 days +04:05:06.7".
void append_interval(std::string& out, const Interval& value);
std::string format_interval(const Interval& value);

}  // namespace latchkey
