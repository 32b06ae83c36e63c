#pragma once

#include "base/date_time.h"
#include "base/time_zones.h"
#include "sql/types/arena.h"
#include "sql/types/type.h"
#include "sql/types/value.h"

namespace latchkey::sql::date_time {

/// Dates and times between a Value and base/date_time.h.
///
///   date, time, timestamp, timestamptz   the integer
///   timetz     12 bytes, big-endian: microseconds 8, seconds west of Greenwich 4
///   interval   16 bytes, big-endian: microseconds 8, days 4, months 4
///
/// Threads: any.
inline constexpr std::size_t kTimetzBytes = 12;
inline constexpr std::size_t kIntervalBytes = 16;

/// Requires: a value of the type, not null.
template <typename T>
T get(const Value& value);
template <>
inline Date get<Date>(const Value& value) {
  return {static_cast<std::int32_t>(value.integer)};
}
template <>
inline TimeOfDay get<TimeOfDay>(const Value& value) {
  return {value.integer};
}
template <>
inline Timestamp get<Timestamp>(const Value& value) {
  return {value.integer};
}
template <>
inline TimestampTz get<TimestampTz>(const Value& value) {
  return {value.integer};
}
template <>
TimeTz get<TimeTz>(const Value& value);
template <>
Interval get<Interval>(const Value& value);

inline Value give(Date value, Arena&) { return Value::of_integer(value.days); }
inline Value give(TimeOfDay value, Arena&) { return Value::of_integer(value.microseconds); }
inline Value give(Timestamp value, Arena&) { return Value::of_integer(value.microseconds); }
inline Value give(TimestampTz value, Arena&) { return Value::of_integer(value.microseconds); }
Value give(TimeTz value, Arena& arena);
Value give(const Interval& value, Arena& arena);

/// The zone of the session, and the zones that a text may name.
const TimeZone& zone_of(const TextSettings& settings);
TimeZones& zones_of(const TextSettings& settings);
/// Borrows the settings.
DateTimeSession session_of(const TextSettings& settings);

}  // namespace latchkey::sql::date_time
