#include "base/date_time_arithmetic.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::interval;
using test::shown;
using test::timestamp;
using test::timestamptz;

struct Row {
  Bytes left;
  Bytes right;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(AddToTimestamp, CountsMonthsThenDaysThenTime) {
  const Row rows[] = {
      {"2020-01-31 10:00", "1 month", "2020-02-29 10:00:00"},
      {"2019-01-31 10:00", "1 month", "2019-02-28 10:00:00"},
      {"2020-01-31 10:00", "1 month 1 day", "2020-03-01 10:00:00"},
      {"2020-03-31 10:00", "-1 month", "2020-02-29 10:00:00"},
      {"2020-02-29", "1 year", "2021-02-28 00:00:00"},
      {"2020-02-29", "-4 years", "2016-02-29 00:00:00"},
      {"2020-12-31 23:59:59.999999", "00:00:00.000001", "2021-01-01 00:00:00"},
      {"2020-01-01", "-25 hours", "2019-12-30 23:00:00"},
      {"2020-01-01", "13 months", "2021-02-01 00:00:00"},
      {"2020-01-01", "-13 months", "2018-12-01 00:00:00"},
      {"2020-03-29 01:30", "1 day 1 hour", "2020-03-30 02:30:00"},
      {"0001-01-15", "-1 month", "0001-12-15 00:00:00 BC"},
      {"0001-01-15 BC", "12 months", "0001-01-15 00:00:00"},
      {"infinity", "1 day", "infinity"},
      {"-infinity", "1 day", "-infinity"},
      {"294276-12-31", "1 day", "22008 timestamp out of range"},
      {"294276-12-31", "2147483647 months", "22008 timestamp out of range"},
      {"294276-12-31", "-2147483648 days", "22008 timestamp out of range"},
      {"4714-11-24 BC", "-1 us", "22008 timestamp out of range"},
      {"4714-11-24 BC", "-1 day 24 hours", "22008 timestamp out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(add(timestamp(row.left), interval(row.right))), row.answer) << row.left;
}

TEST(SubtractFromTimestamp, TurnsTheSignsOfTheInterval) {
  const Row rows[] = {
      {"2020-03-31 10:00", "1 month", "2020-02-29 10:00:00"},
      {"2020-03-01", "1 day", "2020-02-29 00:00:00"},
      {"2020-03-31", "1 month 1 day", "2020-02-28 00:00:00"},
      {"2020-01-01", "-1 mon +1 day -01:00", "2020-01-31 01:00:00"},
      {"infinity", "1 day", "infinity"},
      {"4714-11-24 BC", "1 us", "22008 timestamp out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(subtract(timestamp(row.left), interval(row.right))), row.answer) << row.left;
}

// Clocks in Berlin went from 2:00 to 3:00 on 2020-03-29 and from 3:00 to 2:00 on 2020-10-25.
TEST(AddToTimestampTz, KeepsTheTimeOfDayWhereTheClocksChange) {
  const Row rows[] = {
      {"2020-03-28 12:00", "1 day", "2020-03-29 12:00:00+02"},
      {"2020-03-28 12:00", "24 hours", "2020-03-29 13:00:00+02"},
      {"2020-03-28 02:30", "1 day", "2020-03-29 03:30:00+02"},
      {"2020-03-28 02:30", "1 day 1 hour", "2020-03-29 04:30:00+02"},
      {"2020-10-24 12:00", "1 day", "2020-10-25 12:00:00+01"},
      {"2020-10-24 12:00", "24 hours", "2020-10-25 11:00:00+01"},
      {"2020-10-24 02:30", "1 day", "2020-10-25 02:30:00+01"},
      {"2020-09-25 02:30", "1 month", "2020-10-25 02:30:00+01"},
      {"2020-02-29 02:30", "1 month", "2020-03-29 03:30:00+02"},
      {"2020-02-29 02:30", "29 days", "2020-03-29 03:30:00+02"},
      {"1893-03-31 23:59", "1 day", "1893-04-01 23:59:00+01"},
      {"infinity", "1 day", "infinity"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(add(timestamptz(row.left), interval(row.right), test::session().zone)),
              row.answer)
        << row.left;
  }
}

TEST(AddToDate, StaysADateOrBecomesATimestamp) {
  EXPECT_EQ(shown(add(test::date("2020-02-28"), 2)), "2020-03-01");
  EXPECT_EQ(shown(subtract(test::date("2020-03-01"), 1)), "2020-02-29");
  EXPECT_EQ(shown(add(Date::infinity(), -5)), "infinity");
  EXPECT_EQ(shown(add(test::date("2020-01-01"), std::numeric_limits<std::int32_t>::max())),
            "22008 date out of range");
  EXPECT_EQ(shown(subtract(test::date("2020-01-01"), std::numeric_limits<std::int32_t>::min())),
            "22008 date out of range");
  EXPECT_EQ(shown(add(test::date("2020-01-31"), interval("1 month 1 hour"))),
            "2020-02-29 01:00:00");
  EXPECT_EQ(shown(subtract(test::date("2020-03-31"), interval("1 month"))), "2020-02-29 00:00:00");
  EXPECT_EQ(shown(add(test::date("5874897-12-31"), interval("1 day"))),
            "22008 date out of range for timestamp");
}

TEST(SubtractDates, CountsDays) {
  EXPECT_EQ(shown(subtract(test::date("2020-03-01"), test::date("2020-02-01"))), "29");
  EXPECT_EQ(shown(subtract(test::date("5874897-12-31"), test::date("4714-11-24 BC"))),
            "2147483493");
  EXPECT_EQ(shown(subtract(Date::infinity(), test::date("2020-02-01"))),
            "22008 cannot subtract infinite dates");
}

TEST(SubtractTimestamps, CountsDaysAndARest) {
  const Row rows[] = {
      {"2020-03-01 12:00", "2020-02-01", "29 days 12:00:00"},
      {"2020-02-01", "2020-03-01 12:00", "-29 days -12:00:00"},
      {"2020-01-01 00:00:00.1", "2020-01-01", "00:00:00.1"},
      {"2020-01-01", "2020-01-01", "00:00:00"},
      {"infinity", "2020-01-01", "22008 cannot subtract infinite timestamps"},
      {"infinity", "infinity", "22008 cannot subtract infinite timestamps"},
      // Where PostgreSQL wraps around to -104300493 days.
      {"294276-12-31", "4713-01-01 BC", "22008 interval out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(subtract(timestamp(row.left), timestamp(row.right))), row.answer) << row.left;
  EXPECT_EQ(shown(subtract(timestamptz("2020-03-30"), timestamptz("2020-03-29"))), "23:00:00");
}

TEST(Age, CountsYearsMonthsAndDays) {
  const Row rows[] = {
      {"2001-04-10", "1957-06-13", "43 years 9 mons 27 days"},
      {"1957-06-13", "2001-04-10", "-43 years -9 mons -27 days"},
      {"2020-03-01", "2020-02-29", "1 day"},
      {"2020-03-31", "2020-02-29", "1 mon 2 days"},
      {"2020-03-30", "2020-01-31", "1 mon 30 days"},
      {"2020-01-31", "2020-03-30", "-1 mons -30 days"},
      {"2020-01-01 00:00:00.1", "2019-12-31 23:59:59.2", "00:00:00.9"},
      {"2020-02-29", "2019-02-28", "1 year 1 day"},
      {"2019-02-28", "2020-02-29", "-1 years -1 days"},
      {"2020-01-01", "2020-01-01", "00:00:00"},
      {"2000-01-01", "0100-06-15 BC", "2098 years 6 mons 16 days"},
      {"294276-12-31", "4714-11-24 BC", "298989 years 1 mon 7 days"},
      {"infinity", "2000-01-01", "292277 years 8 days 04:00:54.775807"},
      {"-infinity", "2000-01-01", "22008 timestamp out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(age(timestamp(row.left), timestamp(row.right))), row.answer) << row.left;
}

TEST(Age, OfMomentsIsThatOfTheClocks) {
  const Row rows[] = {
      {"2020-03-30", "2020-03-29", "1 day"},
      {"2020-10-26", "2020-10-25", "1 day"},
      {"2020-10-25 02:30", "2020-10-25 02:45+02", "-1 mons +30 days 23:45:00"},
      {"2020-06-01 12:00 UTC", "2020-01-01 12:00 UTC", "5 mons 01:00:00"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(age(timestamptz(row.left), timestamptz(row.right), test::session().zone)),
              row.answer)
        << row.left;
  }
}

TEST(AddToTime, StaysWithinTheDay) {
  const Row rows[] = {
      {"10:00", "15:00", "01:00:00"},
      {"10:00", "-11:00", "23:00:00"},
      {"10:00", "1 day 1 month 1 second", "10:00:01"},
      {"24:00", "0", "00:00:00"},
      {"23:59:59.999999", "1 us", "00:00:00"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(add(test::time_of_day(row.left), interval(row.right))), row.answer) << row.left;
  EXPECT_EQ(shown(subtract(test::time_of_day("10:00"), interval("11:00"))), "23:00:00");
  EXPECT_EQ(shown(subtract(test::time_of_day("10:00"), test::time_of_day("11:00"))), "-01:00:00");
  EXPECT_EQ(shown(add(test::timetz("23:00+05"), interval("2:00"))), "01:00:00+05");
  EXPECT_EQ(shown(subtract(test::timetz("01:00-08"), interval("2:00"))), "23:00:00-08");
}

TEST(TimeTz, ComparesByTheMomentAndThenByTheZone) {
  EXPECT_LT(test::timetz("10:00+02"), test::timetz("10:00+01"));
  EXPECT_GT(test::timetz("10:00-08"), test::timetz("12:00+00"));
  // The same moment: the zone further east is the smaller.
  EXPECT_LT(test::timetz("12:00+02"), test::timetz("11:00+01"));
  EXPECT_EQ(test::timetz("12:00+02"), test::timetz("12:00+02"));
}

TEST(Overlaps, AnswersAsPostgresqlDoes) {
  const struct {
    Bytes left_begin, left_end, right_begin, right_end;
    std::optional<bool> answer;
  } rows[] = {
      {"2020-01-01", "2020-01-03", "2020-01-02", "2020-01-04", true},
      {"2020-01-03", "2020-01-01", "2020-01-04", "2020-01-02", true},
      {"2020-01-01", "2020-01-02", "2020-01-02", "2020-01-04", false},
      {"2020-01-02", "2020-01-02", "2020-01-02", "2020-01-04", true},
      {"2020-01-02", "2020-01-02", "2020-01-02", "2020-01-02", true},
      {"2020-01-02", "2020-01-02", "2020-01-01", "2020-01-02", false},
      {"2020-01-05", "2020-01-06", "2020-01-01", "2020-01-02", false},
      {"2020-01-01", "", "2020-01-02", "2020-01-04", std::nullopt},
      {"2020-01-03", "", "2020-01-02", "2020-01-04", true},
      {"", "2020-01-03", "2020-01-02", "2020-01-04", true},
      {"", "", "2020-01-02", "2020-01-04", std::nullopt},
      {"2020-01-01", "2020-01-03", "2020-01-02", "", true},
      {"2020-01-01", "2020-01-02", "2020-01-02", "", std::nullopt},
      {"2020-01-02", "", "2020-01-02", "2020-01-04", std::nullopt},
  };
  const auto maybe = [](Bytes text) -> std::optional<Timestamp> {
    if (text.empty()) return std::nullopt;
    return timestamp(text);
  };
  for (const auto& row : rows) {
    const Stretch<Timestamp> left{maybe(row.left_begin), maybe(row.left_end)};
    const Stretch<Timestamp> right{maybe(row.right_begin), maybe(row.right_end)};
    EXPECT_EQ(overlaps(left, right), row.answer) << row.left_begin << ' ' << row.right_begin;
  }
}

}  // namespace
}  // namespace latchkey
