#include "base/interval_arithmetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::interval;
using test::shown;

struct Row {
  Bytes value;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18.

TEST(IntervalSum, IsTakenPartByPart) {
  EXPECT_EQ(shown(add(interval("1 mon 40 days"), interval("-2 mons 25:00"))),
            "-1 mons +40 days 25:00:00");
  EXPECT_EQ(shown(subtract(interval("1 day"), interval("24:00"))), "1 day -24:00:00");
  EXPECT_EQ(shown(negate(interval("1 mon -2 days 03:00"))), "-1 mons +2 days -03:00:00");
  EXPECT_EQ(shown(add(interval("2147483647 days"), interval("1 day"))),
            "22008 interval out of range");
  EXPECT_EQ(shown(subtract(interval("-2147483648 days"), interval("1 day"))),
            "22008 interval out of range");
  EXPECT_EQ(shown(negate(interval("-2147483648 days"))), "22008 interval out of range");
  EXPECT_EQ(shown(negate({std::numeric_limits<std::int64_t>::min(), 0, 0})),
            "22008 interval out of range");
}

TEST(IntervalOrder, TakesAMonthForThirtyDays) {
  EXPECT_EQ(interval("1 mon"), interval("30 days"));
  EXPECT_EQ(interval("1 day"), interval("24:00"));
  EXPECT_FALSE(interval("1 day").same_parts(interval("24:00")));
  EXPECT_LT(interval("1 mon"), interval("31 days"));
  EXPECT_EQ(interval("1 year"), interval("360 days"));
  EXPECT_GT(interval("1 year"), interval("359 days 23:59:59.999999"));
  EXPECT_LT(interval("-1 mon"), interval("-29 days"));
  EXPECT_LT(interval("-178956970 years"), interval("178956970 years"));
  EXPECT_EQ(interval_order(interval("1 mon 1 day 1 us")), Int128{31} * kMicrosPerDay + 1);
}

TEST(IntervalProduct, SpillsOverIntoSmallerParts) {
  const struct {
    Bytes value;
    double factor;
    Bytes answer;
  } rows[] = {
      {"1 mon", 0.5, "15 days"},
      {"1 mon", 1.5, "1 mon 15 days"},
      {"1 year", 0.1, "1 mon 6 days"},
      {"1 day", 0.5, "12:00:00"},
      {"1 day", 1.5, "1 day 12:00:00"},
      {"1 mon 1 day 01:00", 0.333333333, "10 days 08:19:59.99997"},
      {"10 days", -0.3, "-3 days"},
      {"00:00:01", 1e-6, "00:00:00.000001"},
      {"00:00:01", 1e-7, "00:00:00"},
      {"1 mon", 1e9, "83333333 years 4 mons"},
      {"1 mon", 1e10, "22008 interval out of range"},
      {"1 day", std::nan(""), "22008 interval out of range"},
      {"1 day", HUGE_VAL, "22008 interval out of range"},
      {"1 mon", 0.99999999, "30 days"},
      {"-5 mons -9 days 13:15:17.7", 5.3, "-2 years -2 mons -62 days +53:27:03.81"},
      {"2147483647 days", 1, "2147483647 days"},
      {"2562047788:00:54", 2, "22008 interval out of range"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(shown(multiply(interval(row.value), row.factor)), row.answer)
        << row.value << " * " << row.factor;
}

TEST(IntervalQuotient, SpillsOverIntoSmallerParts) {
  const struct {
    Bytes value;
    double divisor;
    Bytes answer;
  } rows[] = {
      {"1 mon", 2, "15 days"},
      {"1 mon", 3, "10 days"},
      {"1 day", 7, "03:25:42.857143"},
      {"1 year", 7, "1 mon 21 days 10:17:08.5344"},
      {"14 mons", -5, "-2 mons -24 days"},
      {"1 mon", 0, "22012 division by zero"},
      {"1 mon", 1e-10, "22008 interval out of range"},
      {"1 day", HUGE_VAL, "00:00:00"},
      {"1 day", std::nan(""), "22008 interval out of range"},
      {"3 mons 1 day 00:00:01", 1.7, "1 mon 23 days 12:42:21.724047"},
      {"1 us", 2, "00:00:00"},
      {"3 us", 2, "00:00:00.000002"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(shown(divide(interval(row.value), row.divisor)), row.answer)
        << row.value << " / " << row.divisor;
}

TEST(JustifyHours, MakesDays) {
  const Row rows[] = {
      {"27:00", "1 day 03:00:00"},
      {"-27:00", "-1 days -03:00:00"},
      {"1 day -01:00", "23:00:00"},
      {"-1 day 01:00", "-23:00:00"},
      {"1 mon 1 day 50:00", "1 mon 3 days 02:00:00"},
      {"2147483647 days 25:00", "22008 interval out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(justify_hours(interval(row.value))), row.answer) << row.value;
}

TEST(JustifyDays, MakesMonths) {
  const Row rows[] = {
      {"35 days", "1 mon 5 days"},
      {"-35 days", "-1 mons -5 days"},
      {"1 mon -1 day", "29 days"},
      {"-1 mon 1 day", "-29 days"},
      {"65 days 100:00", "2 mons 5 days 100:00:00"},
      {"2147483647 mons 30 days", "22008 interval out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(justify_days(interval(row.value))), row.answer) << row.value;
}

TEST(JustifyInterval, MakesAllSignsAgree) {
  const Row rows[] = {
      {"1 mon -1 hour", "29 days 23:00:00"},
      {"-1 mon 1 hour", "-29 days -23:00:00"},
      {"1 mon -1 day 25:00", "1 mon 01:00:00"},
      {"29 days 24:00", "1 mon"},
      {"1 year -370 days", "-10 days"},
      {"-1 year 370 days -25:00", "8 days 23:00:00"},
      {"1 mon -30 days -1 us", "-00:00:00.000001"},
      {"2147483647 mons 29 days 24:00", "22008 interval out of range"},
      {"2147483647 days 2562047788:00:54.775807", "6261765 years 7 mons 28 days 04:00:54.775807"},
      {"2147483647 mons 2147483647 days", "22008 interval out of range"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(justify_interval(interval(row.value))), row.answer) << row.value;
}

}  // namespace
}  // namespace latchkey
