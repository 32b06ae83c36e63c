#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/date_time_error.h"
#include "base/date_time_extract.h"
#include "base/date_time_text.h"
#include "base/interval_text.h"
#include "base/test_support/zone_files.h"
#include "base/time_zones.h"

namespace latchkey::test {

inline TimeZones& zones() {
  static TimeZones all(machine_zones());
  return all;
}

/// Stays valid even when zones() has forgotten it.
inline const TimeZone& zone(Bytes name) {
  static std::map<std::string, std::shared_ptr<const TimeZone>, std::less<>> kept;
  auto& zone = kept[std::string(name)];
  if (zone == nullptr) zone = zones().find(name);
  return *zone;
}

/// A session in Berlin, in a transaction that began on Sunday, 2020-05-17 12:34:56.789 UTC.
inline const DateTimeSession& session() {
  static const DateTimeSession berlin{TimestampTz{643'034'096'789'000}, zone("Europe/Berlin"),
                                      zones()};
  return berlin;
}

// Values as texts, to be compared with what PostgreSQL shows.

inline std::string shown(Date value) { return format_date(value); }
inline std::string shown(TimeOfDay value) { return format_time(value); }
inline std::string shown(TimeTz value) { return format_timetz(value); }
inline std::string shown(Timestamp value) { return format_timestamp(value); }
inline std::string shown(TimestampTz value) { return format_timestamptz(value, session().zone); }
inline std::string shown(const Interval& value) { return format_interval(value); }
inline std::string shown(std::int32_t value) { return std::to_string(value); }
inline std::string shown(const std::string& value) { return value; }

inline std::string shown(const FieldValue& value) {
  switch (value.kind) {
    case FieldValue::Kind::Null:
      return "NULL";
    case FieldValue::Kind::Infinity:
      return "Infinity";
    case FieldValue::Kind::MinusInfinity:
      return "-Infinity";
    case FieldValue::Kind::Number:
      break;
  }
  std::string digits;
  Int128 rest = value.digits < 0 ? -value.digits : value.digits;
  for (int place = 0; rest != 0 || place <= value.scale; ++place) {
    if (place == value.scale && place > 0) digits.insert(0, 1, '.');
    digits.insert(0, 1, static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  return (value.digits < 0 ? "-" : "") + digits;
}

template <typename T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : "NULL";
}

/// The value, or the error: "22007 the message | the detail | the hint".
template <typename T>
std::string shown(const DateTimeResult<T>& result) {
  if (result) return shown(*result);
  const DateTimeError& error = result.error();
  std::string text = std::string(sqlstate_of(error.fault())) + ' ' + error.message();
  if (!error.detail().empty() || !error.hint().empty())
    text += " | " + error.detail() + " | " + error.hint();
  return text;
}

// Texts as values. A text that is none ends the test program.

inline Date date(Bytes text) { return *parse_date(text, session()); }
inline TimeOfDay time_of_day(Bytes text) { return *parse_time(text, session()); }
inline TimeTz timetz(Bytes text) { return *parse_timetz(text, session()); }
inline Timestamp timestamp(Bytes text) { return *parse_timestamp(text, session()); }
inline TimestampTz timestamptz(Bytes text) { return *parse_timestamptz(text, session()); }
inline Interval interval(Bytes text) { return *parse_interval(text); }

}  // namespace latchkey::test
