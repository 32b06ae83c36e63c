#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/calendar.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// What .datetime() makes of a string: a value of one of SQL's types of date and time.
///
/// Threads: values.
/// Source:  the behaviour of PostgreSQL 15.18, found by asking it.
struct JsonDateTime {
  Oid type = Oid::None;                 ///< date, time, timetz, timestamp or timestamptz
  CivilDateTime clock;                  ///< what was written; the date or the time may mean nothing
  std::int32_t utc_offset_seconds = 0;  ///< of those with a zone

  bool has_date() const { return type != oid::kTime && type != oid::kTimetz; }
  bool has_time() const { return type != oid::kDate; }
  bool has_zone() const { return type == oid::kTimetz || type == oid::kTimestamptz; }

  /// "2017-03-10T12:34:56+03:30"
  std::string text() const;
};

/// Reads a date, a time or both, with a distance from UTC or without. Nothing if it is none.
std::optional<JsonDateTime> parse_json_date_time(Bytes text);

/// How two compare, or why they do not.
struct JsonDateTimeOrder {
  std::optional<std::strong_ordering> order;  ///< nothing: dates do not compare with times
  /// They compare only by the clocks of a zone: from which type to which.
  std::string_view from_type = {};
  std::string_view to_type = {};

  bool needs_zone() const { return !from_type.empty(); }
};
/// `session`: null: there may be no zone.
JsonDateTimeOrder compare(const JsonDateTime& left, const JsonDateTime& right,
                          const TextSettings* session);

}  // namespace latchkey::sql
