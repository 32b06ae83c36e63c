#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace latchkey {

/// The words of dates, times and intervals. Only the first ten letters count, so that
/// "microseconds" and "microsecond" are one word; words are given in lower case.
///
/// Source: PostgreSQL 15, which has two lists: "m" is a month in a date and a minute in an
/// interval.

/// What a unit counts, also as date_trunc and extract name it.
enum class TimeUnit : std::uint8_t {
  Microsecond,
  Millisecond,
  Second,
  Minute,
  Hour,
  Day,
  Week,
  Month,
  Quarter,
  Year,
  Decade,
  Century,
  Millennium,
  DayOfWeek,
  IsoDayOfWeek,
  DayOfYear,
  IsoYear,
  Julian,
  Epoch,
  Zone,
  ZoneHour,
  ZoneMinute,
  Special,  // "now" and its like, which are known and no part of anything
};

enum class DateWordKind : std::uint8_t {
  Ignored,    // "at", "on"
  Unit,       // value: a TimeUnit
  Month,      // value: 1 to 12
  Weekday,    // value: 0 is Sunday
  Era,        // value: 1 is BC
  HalfOfDay,  // value: 1 is pm
  Daylight,   // "dst" after the name of a zone's standard time; value: seconds
  IsoTime,    // the "t" before a time
  Now,
  Today,
  Tomorrow,
  Yesterday,
  MidnightUtc,  // "allballs"
  Epoch,
  Infinity,
  MinusInfinity,
};
struct DateWord {
  DateWordKind kind;
  std::int32_t value = 0;

  TimeUnit unit() const { return static_cast<TimeUnit>(value); }
};
std::optional<DateWord> find_date_word(Bytes word);

enum class IntervalWordKind : std::uint8_t { Ignored, Ago, Unit };
struct IntervalWord {
  IntervalWordKind kind;
  TimeUnit unit = TimeUnit::Second;
};
std::optional<IntervalWord> find_interval_word(Bytes word);

/// The unit that date_trunc means, in any case of letters.
std::optional<TimeUnit> find_unit_to_truncate(Bytes name);
/// The field that extract means: the same, and words such as dow, doy, julian and epoch.
std::optional<TimeUnit> find_field_to_extract(Bytes name);

}  // namespace latchkey
