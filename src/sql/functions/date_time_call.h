#pragma once

#include "base/date_time_error.h"
#include "sql/functions/function.h"
#include "sql/types/date_time_value.h"

namespace latchkey::sql {

/// What bodies of functions over dates and times share.

template <typename T>
T argument(const Call& call, std::size_t index) {
  return date_time::get<T>(call[index]);
}

template <typename T>
Value give(const Call& call, const T& value) {
  return date_time::give(value, call.arena());
}
/// The value, or the failure in its place.
template <typename T>
Value give(const Call& call, const DateTimeResult<T>& result) {
  return result.has_value() ? give(call, *result) : call.fail(result.error().to_error());
}
template <typename T>
Value give(const Call& call, const std::optional<T>& value) {
  return value.has_value() ? give(call, *value) : Value::null();
}

inline const TimeZone& zone_of(const Call& call) { return date_time::zone_of(call.settings()); }
inline TimeZones& zones_of(const Call& call) { return date_time::zones_of(call.settings()); }
inline TimestampTz now_of(const Call& call) { return {call.settings().transaction_us}; }

}  // namespace latchkey::sql
