#include "base/date_time_make.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::shown;

constexpr std::int32_t kIntMax = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kIntMin = std::numeric_limits<std::int32_t>::min();

// All answers are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(MakeDate, CountsNegativeYearsBeforeChrist) {
  const struct {
    CivilDate date;
    Bytes answer;
  } rows[] = {
      {{2013, 7, 15}, "2013-07-15"},
      {{-44, 3, 15}, "0044-03-15 BC"},
      {{0, 7, 15}, "22008 date field value out of range: 0-07-15"},
      {{2013, 2, 30}, "22008 date field value out of range: 2013-02-30"},
      {{2013, 13, 1}, "22008 date field value out of range: 2013-13-01"},
      {{2013, 11, -1}, "22008 date field value out of range: 2013-11--1"},
      {{-44, 2, 30}, "22008 date field value out of range: -43-02-30"},
      {{5874898, 1, 1}, "22008 date out of range: 5874898-01-01"},
      {{kIntMax, 1, 1}, "22008 date out of range: 2147483647-01-01"},
      {{kIntMin, 1, 1}, "22008 date field value out of range: -2147483648-01-01"},
  };
  for (const auto& row : rows) EXPECT_EQ(shown(make_date(row.date)), row.answer);
}

TEST(MakeTime, RoundsTheSecond) {
  const struct {
    TimeParts time;
    Bytes answer;
  } rows[] = {
      {{8, 20, 0.0}, "08:20:00"},
      {{8, 15, 23.5}, "08:15:23.5"},
      {{23, 59, 60.0}, "24:00:00"},
      {{23, 59, 60.0000001}, "24:00:00"},
      {{24, 0, 0.0}, "24:00:00"},
      {{24, 0, 0.000001}, "22008 time field value out of range: 24:00:1e-06"},
      {{10, 55, 100.1}, "22008 time field value out of range: 10:55:100.1"},
      {{25, 0, 0.0}, "22008 time field value out of range: 25:00:00"},
      {{-1, 10, 60.5}, "22008 time field value out of range: -1:10:60.5"},
      {{1, -10, 1e20}, "22008 time field value out of range: 1:-10:1e+20"},
      {{10, 10, std::nan("")}, "22008 time field value out of range: 10:10:NaN"},
      {{10, 10, HUGE_VAL}, "22008 time field value out of range: 10:10:Infinity"},
  };
  for (const auto& row : rows) EXPECT_EQ(shown(make_time(row.time)), row.answer);
}

TEST(MakeTimestamp, ChecksDateThenTimeThenRange) {
  EXPECT_EQ(shown(make_timestamp({2013, 7, 15}, {8, 15, 23.5})), "2013-07-15 08:15:23.5");
  EXPECT_EQ(shown(make_timestamp({-44, 3, 15}, {10, 11, 12.5})), "0044-03-15 10:11:12.5 BC");
  EXPECT_EQ(shown(make_timestamp({-44, 2, 30}, {99, 0, 0})),
            "22008 date field value out of range: -44-02-30");
  EXPECT_EQ(shown(make_timestamp({2020, 2, 20}, {0, 0, 99.5})),
            "22008 time field value out of range: 0:00:99.5");
  EXPECT_EQ(shown(make_timestamp({294277, 1, 1}, {0, 0, 0})),
            "22008 timestamp out of range: 294277-01-01 0:00:00");
}

TEST(MakeTimestampTz, TakesTheZoneOfTheSessionOrOneByName) {
  const CivilDate date{2014, 12, 14};
  const TimeParts time{10, 13, 17.5};
  EXPECT_EQ(shown(make_timestamptz(date, time, test::session().zone)), "2014-12-14 10:13:17.5+01");
  const auto in_zone = [&](Bytes zone) {
    return shown(make_timestamptz_in_zone(date, time, zone, test::zones()));
  };
  EXPECT_EQ(in_zone("+1"), "2014-12-14 10:13:17.5+01");
  EXPECT_EQ(in_zone("-08:30"), "2014-12-14 19:43:17.5+01");
  EXPECT_EQ(in_zone("EST"), "2014-12-14 16:13:17.5+01");
  EXPECT_EQ(in_zone("Asia/Tokyo"), "2014-12-14 02:13:17.5+01");
  EXPECT_EQ(in_zone("msk"), "2014-12-14 08:13:17.5+01");
  EXPECT_EQ(in_zone("8"),
            "22023 invalid input syntax for type numeric time zone: \"8\" |  | Numeric time zones "
            "must have \"-\" or \"+\" as first character.");
  EXPECT_EQ(in_zone("+99"), "22023 numeric time zone \"+99\" out of range");
  EXPECT_EQ(in_zone("foo"), "22023 time zone \"foo\" not recognized");
  EXPECT_EQ(in_zone(""), "22023 time zone \"\" not recognized");
}

TEST(MakeInterval, AddsUpThePartsAndRefusesTooMuch) {
  EXPECT_EQ(shown(make_interval({.years = 1,
                                 .months = 2,
                                 .weeks = 3,
                                 .days = 4,
                                 .hours = 5,
                                 .minutes = 6,
                                 .seconds = 7.5})),
            "1 year 2 mons 25 days 05:06:07.5");
  EXPECT_EQ(shown(make_interval({.hours = kIntMax, .minutes = kIntMax, .seconds = 1e12})),
            "2461052818:53:40");
  EXPECT_EQ(shown(make_interval({.seconds = std::nan("")})), "22008 interval out of range");
  EXPECT_EQ(shown(make_interval({.seconds = HUGE_VAL})), "22008 interval out of range");
  // Where PostgreSQL wraps around to other intervals.
  EXPECT_EQ(shown(make_interval({.years = kIntMax})), "22008 interval out of range");
  EXPECT_EQ(shown(make_interval({.weeks = kIntMin})), "22008 interval out of range");
  EXPECT_EQ(shown(make_interval({.seconds = 9.3e12})), "22008 interval out of range");
}

TEST(TimestampOfEpoch, CountsFrom1970) {
  EXPECT_EQ(shown(timestamptz_of_epoch(1234567890.1234567)), "2009-02-14 00:31:30.123457+01");
  EXPECT_EQ(shown(timestamptz_of_epoch(HUGE_VAL)), "infinity");
  EXPECT_EQ(shown(timestamptz_of_epoch(-HUGE_VAL)), "-infinity");
  EXPECT_EQ(shown(timestamptz_of_epoch(std::nan(""))), "22008 timestamp cannot be NaN");
  EXPECT_EQ(shown(timestamptz_of_epoch(1e15)), "22008 timestamp out of range: \"1e+15\"");
  EXPECT_EQ(shown(timestamptz_of_epoch(-1e15)), "22008 timestamp out of range: \"-1e+15\"");
}

}  // namespace
}  // namespace latchkey
