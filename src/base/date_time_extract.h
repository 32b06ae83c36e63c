#pragma once

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zone.h"

namespace latchkey {

/// A field of a date or time, as a number in both of the shapes that SQL asks for.
///
///   extract    digits / 10^scale, exactly, shown with `scale` digits behind the point
///   date_part  approximate, a double, computed as PostgreSQL does
///
/// Microseconds as seconds have the scale 6, as milliseconds 3; the Julian day of a moment has as
/// many digits as PostgreSQL's division gives, at most 28; everything else has the scale 0.
struct FieldValue {
  /// Null is a field that turns in a circle, such as the hour, of infinity.
  enum class Kind : std::uint8_t { Number, Null, Infinity, MinusInfinity };
  Kind kind = Kind::Number;
  Int128 digits = 0;
  int scale = 0;
  double approximate = 0;
};

/// Threads: any.
/// Errors:  BadArgument for a field that nothing has, NotSupported for one that this type has not.
/// Source:  PostgreSQL 15, 9.9.1.
DateTimeResult<FieldValue> extract(Bytes field, Date value);
DateTimeResult<FieldValue> extract(Bytes field, TimeOfDay value);
DateTimeResult<FieldValue> extract(Bytes field, TimeTz value);
DateTimeResult<FieldValue> extract(Bytes field, Timestamp value);
DateTimeResult<FieldValue> extract(Bytes field, TimestampTz value, const TimeZone& zone);
DateTimeResult<FieldValue> extract(Bytes field, const Interval& value);

}  // namespace latchkey
