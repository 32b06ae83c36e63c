#include "base/calendar.h"

#include <array>

#include "base/assert.h"

namespace latchkey {

namespace {

// Years are counted from March, so that the day that comes and goes is the last of its year, and in
// eras of 400 years, after which the calendar repeats.
constexpr std::int64_t kYearsPerEra = 400;
constexpr std::int64_t kDaysPerEra = 146'097;
constexpr std::int64_t kJulianOfMarchOfYearZero = 1'721'120;

/// Days from March 1st to the first of the month, which is counted from March as 0: the lengths
/// 31, 30, 31, 30, 31 repeat every five months.
constexpr std::int64_t days_before_month(std::int64_t months_since_march) {
  return floor_divide(153 * months_since_march + 2, 5);
}

/// The Monday of the week that holds January 4th, which is always week 1.
std::int64_t julian_of_first_iso_week(std::int64_t year) {
  const std::int64_t fourth = julian_day({static_cast<std::int32_t>(year), 1, 4});
  return fourth - (weekday_of_julian(fourth) + 6) % 7;
}

}  // namespace

int days_of_month(std::int64_t year, int month) {
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  LK_ASSERT(month >= 1 && month <= kMonthsPerYear);
  if (month == 2 && is_leap_year(year)) return 29;
  return kDays[static_cast<std::size_t>(month)];
}

std::int64_t julian_day(CivilDate date) {
  const bool late = date.month > 2;
  const std::int64_t year = std::int64_t{date.year} - (late ? 0 : 1);
  const std::int64_t months_since_march = std::int64_t{date.month} + (late ? -3 : 9);
  return kJulianOfMarchOfYearZero - 1 + 365 * year + floor_divide(year, 4) -
         floor_divide(year, 100) + floor_divide(year, 400) + days_before_month(months_since_march) +
         date.day;
}

CivilDate civil_from_julian(std::int64_t julian) {
  const std::int64_t days = julian - kJulianOfMarchOfYearZero;
  const std::int64_t era = floor_divide(days, kDaysPerEra);
  const std::int64_t day_of_era = days - era * kDaysPerEra;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t months_since_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = months_since_march + (months_since_march < 10 ? 3 : -9);
  const std::int64_t year = era * kYearsPerEra + year_of_era + (month <= 2 ? 1 : 0);
  return {static_cast<std::int32_t>(year), static_cast<std::int32_t>(month),
          static_cast<std::int32_t>(day_of_year - days_before_month(months_since_march) + 1)};
}

int weekday_of_julian(std::int64_t julian) {
  const std::int64_t days = julian + 1;
  return static_cast<int>(days - floor_divide(days, 7) * 7);
}

int day_of_year(CivilDate date) {
  return static_cast<int>(julian_day(date) - julian_day({date.year, 1, 1}) + 1);
}

std::int64_t julian_of_iso_week(std::int64_t iso_year, std::int64_t week) {
  return julian_of_first_iso_week(iso_year) + (week - 1) * 7;
}

std::int64_t iso_year(CivilDate date) {
  const std::int64_t julian = julian_day(date);
  const std::int64_t year = date.year;
  if (julian < julian_of_first_iso_week(year)) return year - 1;
  return julian < julian_of_first_iso_week(year + 1) ? year : year + 1;
}

int iso_week(CivilDate date) {
  return static_cast<int>((julian_day(date) - julian_of_first_iso_week(iso_year(date))) / 7 + 1);
}

int iso_day_of_year(CivilDate date) {
  return static_cast<int>(julian_day(date) - julian_of_first_iso_week(iso_year(date)) + 1);
}

CivilDate civil_from_date(Date date) { return civil_from_julian(date.days + kJulianOfDayZero); }

bool is_countable(CivilDate date) {
  constexpr int kYearMin = -4713;
  constexpr int kYearMax = 5'874'898;
  return (date.year > kYearMin || (date.year == kYearMin && date.month >= 11)) &&
         (date.year < kYearMax || (date.year == kYearMax && date.month < 6));
}

std::optional<Date> date_from_civil(CivilDate date) {
  if (!is_countable(date)) return std::nullopt;
  const std::int64_t days = julian_day(date) - kJulianOfDayZero;
  if (!is_date_in_range(days)) return std::nullopt;
  return Date{static_cast<std::int32_t>(days)};
}

ClockTime clock_from_micros(std::int64_t microseconds) {
  return {.hour = microseconds / kMicrosPerHour,
          .minute = static_cast<std::int32_t>(microseconds / kMicrosPerMinute % 60),
          .second = static_cast<std::int32_t>(microseconds / kMicrosPerSecond % 60),
          .microsecond = static_cast<std::int32_t>(microseconds % kMicrosPerSecond)};
}

std::int64_t micros_from_clock(const ClockTime& time) {
  return time.seconds() * kMicrosPerSecond + time.microsecond;
}

CivilDateTime civil_from_micros(std::int64_t microseconds) {
  const std::int64_t days = floor_divide(microseconds, kMicrosPerDay);
  // The product of the first days of all is below the smallest integer, hence the remainder's way.
  const std::int64_t rest = microseconds % kMicrosPerDay;
  return {civil_from_julian(days + kJulianOfDayZero),
          clock_from_micros(rest < 0 ? rest + kMicrosPerDay : rest)};
}

std::optional<std::int64_t> micros_from_civil(const CivilDateTime& civil,
                                              std::int64_t utc_offset_seconds) {
  if (!is_countable(civil.date)) return std::nullopt;
  const std::int64_t days = julian_day(civil.date) - kJulianOfDayZero;
  const Int128 local = Int128{days} * kMicrosPerDay + micros_from_clock(civil.time);
  // What a clock shows must fit 64 bits even where its zone brings it back into range.
  if (local > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  const Int128 microseconds = local - Int128{utc_offset_seconds} * kMicrosPerSecond;
  if (!is_timestamp_in_range(microseconds)) return std::nullopt;
  return static_cast<std::int64_t>(microseconds);
}

}  // namespace latchkey
