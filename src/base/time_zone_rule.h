#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace latchkey {

/// When the clocks of a zone change every year, as POSIX writes it in the variable TZ:
///
///   CET-1CEST,M3.5.0,M10.5.0/3
///   name, hours west of Greenwich, name in summer, first day and hour of summer, first of winter
///
/// Source: POSIX.1-2017, Environment Variables, TZ; with hours to 167 as in RFC 8536, 3.3.1. As in
/// PostgreSQL a name is any run of letters and may be empty, and rules that are missing are those
/// of the United States.

/// The moment of a year when a clock shows a given time on a given day.
struct YearlyMoment {
  enum class Kind : std::uint8_t {
    MonthWeekDay,    // M3.5.0: day 0 (Sunday) of the last week of March
    DayWithoutLeap,  // J60: March 1st in every year
    DayWithLeap,     // 59: the 60th day, which may be February 29th
  };
  Kind kind = Kind::MonthWeekDay;
  std::int32_t month = 0;
  std::int32_t week = 0;
  std::int32_t day = 0;
  std::int32_t seconds = 7'200;  // from midnight, may be negative or past the day

  /// Seconds since 1970-01-01 00:00, by the clock that this is about.
  std::int64_t in_year(std::int64_t year) const;
};

struct DaylightRule {
  YearlyMoment begin;  // by the clock of standard time
  YearlyMoment end;    // by the clock of daylight time
  std::int32_t standard_offset_seconds = 0;
  std::int32_t daylight_offset_seconds = 0;

  struct Change {
    std::int64_t at = 0;  // seconds since 1970-01-01 00:00 UTC
    bool to_daylight = false;
  };
  /// The changes of the year in order of time. All years of a rule may be without any: that is how
  /// a text says that daylight time never ends.
  struct Changes {
    std::array<Change, 2> items;
    int count = 0;

    const Change* begin() const { return items.data(); }
    const Change* end() const { return items.data() + count; }
  };
  Changes changes_in_year(std::int64_t year) const;
  bool changes_ever() const;
};

struct PosixZone {
  struct Clock {
    std::string name;
    std::int32_t utc_offset_seconds = 0;
  };
  Clock standard;
  // Both or neither.
  std::optional<Clock> daylight;
  std::optional<DaylightRule> rule;
};

/// Nothing if the text is not of this form. A bare name is not: the hours must be given.
std::optional<PosixZone> parse_posix_zone(Bytes text);

}  // namespace latchkey
