#pragma once

#include <cstdint>
#include <optional>

#include "base/date_time.h"

namespace latchkey {

/// The Gregorian calendar, extended to all time, and the day as hours, minutes and seconds.
///
/// Threads: any; these are functions of their arguments.

/// A quotient towards minus infinity, as counting days needs it.
constexpr std::int64_t floor_divide(std::int64_t dividend, std::int64_t divisor) {
  return dividend / divisor - (dividend % divisor != 0 && (dividend < 0) != (divisor < 0) ? 1 : 0);
}

/// Years are counted with a year 0, which is 1 BC; -1 is 2 BC. What is read from a text may be out
/// of range until it is checked.
struct CivilDate {
  std::int32_t year = 0;
  std::int32_t month = 0;
  std::int32_t day = 0;

  friend constexpr bool operator==(CivilDate, CivilDate) = default;
};

/// Of an interval all four may be negative, and the hours are many.
struct ClockTime {
  std::int64_t hour = 0;
  std::int32_t minute = 0;
  std::int32_t second = 0;
  std::int32_t microsecond = 0;

  constexpr std::int64_t seconds() const {
    return hour * kSecondsPerHour + minute * 60 + std::int64_t{second};
  }
  friend constexpr bool operator==(ClockTime, ClockTime) = default;
};

struct CivilDateTime {
  CivilDate date;
  ClockTime time;
};

constexpr bool is_leap_year(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
/// Requires: 1 <= month <= 12.
int days_of_month(std::int64_t year, int month);

/// Days since 4714-11-24 BC, the astronomers' count. A month or day outside its range is counted on
/// from its neighbours.
std::int64_t julian_day(CivilDate date);
CivilDate civil_from_julian(std::int64_t julian);
inline constexpr std::int64_t kJulianOfDayZero = 2'451'545;  // 2000-01-01
inline constexpr std::int64_t kJulianOfUnixEpoch = 2'440'588;

/// 0 is Sunday, 6 is Saturday.
int weekday_of_julian(std::int64_t julian);
/// 1 is January 1st.
int day_of_year(CivilDate date);

/// Weeks of ISO 8601: they begin on Monday and belong to the year that holds their Thursday.
int iso_week(CivilDate date);
std::int64_t iso_year(CivilDate date);
int iso_day_of_year(CivilDate date);
/// The Monday of the given week.
std::int64_t julian_of_iso_week(std::int64_t iso_year, std::int64_t week);

CivilDate civil_from_date(Date date);
/// Whether the date is near enough to be counted in days at all: 4714-11 BC to 5874898-05.
bool is_countable(CivilDate date);
/// The date as days, or nothing if it is outside the range of dates.
std::optional<Date> date_from_civil(CivilDate date);

/// Rounds towards zero: all parts have the sign of `microseconds`.
ClockTime clock_from_micros(std::int64_t microseconds);
/// Requires: the hour is that of a day, to stay within 64 bits.
std::int64_t micros_from_clock(const ClockTime& time);

CivilDateTime civil_from_micros(std::int64_t microseconds);
/// The moment at which a clock that is `utc_offset_seconds` ahead of UTC shows `civil`; nothing if
/// it is outside the range of timestamps. The time may be 24:00:00.
std::optional<std::int64_t> micros_from_civil(const CivilDateTime& civil,
                                              std::int64_t utc_offset_seconds = 0);

}  // namespace latchkey
