#pragma once

#include "base/date_time.h"
#include "base/date_time_error.h"

namespace latchkey {

/// Work on intervals alone, part by part.
///
/// Threads: any.
/// Errors:  OutOfRange if a part overflows; DivisionByZero.
/// Source:  PostgreSQL 15, 9.9.

DateTimeResult<Interval> negate(const Interval& value);
DateTimeResult<Interval> add(const Interval& left, const Interval& right);
DateTimeResult<Interval> subtract(const Interval& left, const Interval& right);

/// What is left of months and days goes on into days and microseconds: a third of a month is ten
/// days.
DateTimeResult<Interval> multiply(const Interval& value, double factor);
DateTimeResult<Interval> divide(const Interval& value, double divisor);

/// Makes days of every 24 hours; the signs of both parts agree afterwards.
DateTimeResult<Interval> justify_hours(const Interval& value);
/// Makes months of every 30 days.
DateTimeResult<Interval> justify_days(const Interval& value);
/// Both, until all signs agree.
DateTimeResult<Interval> justify_interval(const Interval& value);

}  // namespace latchkey
