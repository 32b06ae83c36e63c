#pragma once

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zone.h"

namespace latchkey {

/// Dates and times read by a pattern of the client: to_timestamp and to_date of two texts. What the
/// pattern does not name is that of 0001-01-01 00:00 BC.
///
/// Threads: any.
/// Errors:  BadFormat if text and pattern disagree, OutOfRange, BadDisplacement, NotSupported for
///          what only to_char knows.
/// Source:  PostgreSQL 15, 9.8.

/// By the clocks of `zone`, unless the text has a zone.
DateTimeResult<TimestampTz> to_timestamp(Bytes text, Bytes pattern, const TimeZone& zone);
DateTimeResult<Date> to_date(Bytes text, Bytes pattern);

}  // namespace latchkey
