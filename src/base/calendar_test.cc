#include "base/calendar.h"

#include <gtest/gtest.h>

#include <limits>

namespace latchkey {
namespace {

TEST(JulianDay, IsTheCountOfTheAstronomers) {
  const struct {
    CivilDate date;
    std::int64_t julian;
  } rows[] = {
      {{-4713, 11, 24}, 0},
      {{0, 1, 1}, 1'721'060},
      {{0, 3, 1}, 1'721'120},
      {{1, 1, 1}, 1'721'426},
      {{1970, 1, 1}, 2'440'588},
      {{2000, 1, 1}, 2'451'545},
      {{2000, 2, 29}, 2'451'604},
      {{2000, 3, 1}, 2'451'605},
      {{2100, 3, 1}, 2'488'129},
      {{294276, 12, 31}, 109'203'527},
      {{5874897, 12, 31}, 2'147'483'493},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(julian_day(row.date), row.julian);
    EXPECT_EQ(civil_from_julian(row.julian), row.date);
  }
}

TEST(JulianDay, RoundTripsThroughFourCenturiesOfDays) {
  CivilDate expected = civil_from_julian(-100'000);
  for (std::int64_t julian = -100'000; julian < 100'000; ++julian) {
    ASSERT_EQ(civil_from_julian(julian), expected) << julian;
    ASSERT_EQ(julian_day(expected), julian);
    if (++expected.day <= days_of_month(expected.year, expected.month)) continue;
    expected.day = 1;
    if (++expected.month <= kMonthsPerYear) continue;
    expected.month = 1;
    ++expected.year;
  }
}

TEST(Weekday, CountsFromSunday) {
  EXPECT_EQ(weekday_of_julian(julian_day({2000, 1, 1})), 6);
  EXPECT_EQ(weekday_of_julian(julian_day({2020, 5, 17})), 0);
  EXPECT_EQ(weekday_of_julian(0), 1);
  EXPECT_EQ(weekday_of_julian(-1), 0);
}

TEST(IsoWeek, BelongsToTheYearOfItsThursday) {
  const struct {
    CivilDate date;
    int year;
    int week;
    int day;
  } rows[] = {
      {{2005, 1, 1}, 2004, 53, 370},   {{2005, 1, 2}, 2004, 53, 371},
      {{2005, 1, 3}, 2005, 1, 1},      {{2006, 1, 1}, 2005, 52, 364},
      {{2007, 1, 1}, 2007, 1, 1},      {{2008, 12, 29}, 2009, 1, 1},
      {{2009, 12, 31}, 2009, 53, 368}, {{2010, 1, 3}, 2009, 53, 371},
      {{2020, 12, 31}, 2020, 53, 368}, {{2024, 12, 30}, 2025, 1, 1},
      {{0, 1, 1}, -1, 52, 363},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(iso_year(row.date), row.year);
    EXPECT_EQ(iso_week(row.date), row.week);
    EXPECT_EQ(iso_day_of_year(row.date), row.day);
    const std::int64_t monday = julian_of_iso_week(row.year, row.week);
    EXPECT_EQ(weekday_of_julian(monday), 1);
    EXPECT_LT(julian_day(row.date) - monday, 7);
  }
}

TEST(DayOfYear, CountsFromOne) {
  EXPECT_EQ(day_of_year({2020, 1, 1}), 1);
  EXPECT_EQ(day_of_year({2020, 12, 31}), 366);
  EXPECT_EQ(day_of_year({2019, 12, 31}), 365);
  EXPECT_TRUE(is_leap_year(2000));
  EXPECT_FALSE(is_leap_year(1900));
  EXPECT_TRUE(is_leap_year(0));
  EXPECT_TRUE(is_leap_year(-4));
}

TEST(DateFromCivil, HasTheLimitsOfDates) {
  EXPECT_EQ(date_from_civil({2000, 1, 1}), Date{0});
  EXPECT_EQ(date_from_civil({-4713, 11, 24}), Date{kDateMin});
  EXPECT_EQ(date_from_civil({-4713, 11, 23}), std::nullopt);
  EXPECT_EQ(date_from_civil({5874897, 12, 31}), Date{kDateEnd - 1});
  EXPECT_EQ(date_from_civil({5874898, 1, 1}), std::nullopt);
  EXPECT_EQ(date_from_civil({std::numeric_limits<std::int32_t>::max(), 1, 1}), std::nullopt);
  EXPECT_EQ(date_from_civil({std::numeric_limits<std::int32_t>::min(), 1, 1}), std::nullopt);
}

TEST(Clock, PartsHaveTheSignOfTheWhole) {
  EXPECT_EQ(clock_from_micros(3'723'000'004), (ClockTime{1, 2, 3, 4}));
  EXPECT_EQ(clock_from_micros(-3'723'000'004), (ClockTime{-1, -2, -3, -4}));
  EXPECT_EQ(clock_from_micros(kMicrosPerDay), (ClockTime{24, 0, 0, 0}));
  EXPECT_EQ(micros_from_clock({23, 59, 59, 1'000'000}), kMicrosPerDay);
  EXPECT_EQ(clock_from_micros(std::numeric_limits<std::int64_t>::min()).hour, -2'562'047'788);
}

TEST(CivilFromMicros, RoundTripsAtTheLimits) {
  for (const std::int64_t microseconds :
       {kTimestampMin, kTimestampMin + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
        -kMicrosPerDay, kMicrosPerDay - 1, kTimestampEnd - 1}) {
    const CivilDateTime civil = civil_from_micros(microseconds);
    EXPECT_GE(micros_from_clock(civil.time), 0);
    EXPECT_EQ(micros_from_civil(civil), microseconds);
  }
  EXPECT_EQ(civil_from_micros(-1).date, (CivilDate{1999, 12, 31}));
  // What no timestamp is must not stop the process either.
  EXPECT_EQ(civil_from_micros(std::numeric_limits<std::int64_t>::max()).date.year, 294'277);
  EXPECT_EQ(civil_from_micros(std::numeric_limits<std::int64_t>::min()).date.year, -290'278);
}

TEST(MicrosFromCivil, TakesTheOffsetOff) {
  EXPECT_EQ(micros_from_civil({{2000, 1, 1}, {1, 0, 0, 0}}, 3'600), 0);
  EXPECT_EQ(micros_from_civil({{1999, 12, 31}, {24, 0, 0, 0}}), 0);
  EXPECT_EQ(micros_from_civil({{294277, 1, 1}, {0, 0, 0, 0}}), std::nullopt);
  EXPECT_EQ(micros_from_civil({{294277, 1, 1}, {0, 0, 0, 0}}, 1), kTimestampEnd - 1'000'000);
  EXPECT_EQ(micros_from_civil({{-4713, 11, 24}, {0, 0, 0, 0}}, 1), std::nullopt);
  EXPECT_EQ(micros_from_civil({{5874897, 1, 1}, {0, 0, 0, 0}}), std::nullopt);
}

}  // namespace
}  // namespace latchkey
