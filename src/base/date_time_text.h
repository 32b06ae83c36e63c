#pragma once

#include <string>

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zones.h"

namespace latchkey {

/// Dates and times as clients write and read them: everything that PostgreSQL 15 takes, and exactly
/// what it shows with DateStyle "ISO".
///
/// Threads: any.
/// Errors:  BadFormat, OutOfRange, BadDisplacement, BadArgument for an unknown time zone.
/// Intervals are in interval_text.h.

DateTimeResult<Date> parse_date(Bytes text, const DateTimeSession& session);
DateTimeResult<TimeOfDay> parse_time(Bytes text, const DateTimeSession& session);
DateTimeResult<TimeTz> parse_timetz(Bytes text, const DateTimeSession& session);
/// A zone in the text is read and has no effect.
DateTimeResult<Timestamp> parse_timestamp(Bytes text, const DateTimeSession& session);
DateTimeResult<TimestampTz> parse_timestamptz(Bytes text, const DateTimeSession& session);

/// "1999-01-08", "0044-03-15 BC", "infinity".
void append_date(std::string& out, Date value);
/// "04:05:06.789".
void append_time(std::string& out, TimeOfDay value);
/// "04:05:06-08".
void append_timetz(std::string& out, TimeTz value);
/// "1999-01-08 04:05:06".
void append_timestamp(std::string& out, Timestamp value);
/// "1999-01-08 04:05:06-08", by the clocks of `zone`.
void append_timestamptz(std::string& out, TimestampTz value, const TimeZone& zone);

std::string format_date(Date value);
std::string format_time(TimeOfDay value);
std::string format_timetz(TimeTz value);
std::string format_timestamp(Timestamp value);
std::string format_timestamptz(TimestampTz value, const TimeZone& zone);

/// "+02", "-03:30", "+00:53:28".
void append_utc_offset(std::string& out, std::int32_t utc_offset_seconds);
/// ".5" for 500000, nothing for 0; the sign is not shown.
void append_fraction(std::string& out, std::int32_t microsecond);
/// At least `width` characters: a sign, if it is minus, then zeros, then the digits.
void append_padded(std::string& out, std::int64_t value, std::size_t width);

}  // namespace latchkey
