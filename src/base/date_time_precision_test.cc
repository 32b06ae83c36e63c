#include "base/date_time_precision.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::shown;

struct Row {
  Bytes value;
  Bytes digits;
  Bytes answer;
};

SecondDigits digits_of(Bytes text) { return static_cast<SecondDigits>(text.front() - '0'); }

// The answers in all tables are those of PostgreSQL 15.18.

TEST(RoundTimestamp, RoundsHalvesAwayFromTheYear2000) {
  const Row rows[] = {
      {"2020-01-01 00:00:00.125", "2", "2020-01-01 00:00:00.13"},
      {"2020-01-01 00:00:00.124999", "2", "2020-01-01 00:00:00.12"},
      {"1999-12-31 23:59:59.5", "0", "1999-12-31 23:59:59"},
      {"1999-12-31 23:59:58.5", "0", "1999-12-31 23:59:58"},
      {"2000-01-01 00:00:00.5", "0", "2000-01-01 00:00:01"},
      {"2020-12-31 23:59:59.999999", "5", "2021-01-01 00:00:00"},
      {"2020-12-31 23:59:59.123456", "6", "2020-12-31 23:59:59.123456"},
      {"infinity", "0", "infinity"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(round_timestamp(test::timestamp(row.value), digits_of(row.digits))), row.answer)
        << row.value;
  }
  EXPECT_EQ(shown(round_timestamp({kTimestampEnd - 1}, SecondDigits::Zero)),
            "22008 timestamp out of range");
  EXPECT_EQ(
      shown(round_timestamptz(test::timestamptz("2020-01-01 00:00:00.25"), SecondDigits::One)),
      "2020-01-01 00:00:00.3+01");
}

TEST(RoundTime, MayReachTheEndOfTheDay) {
  EXPECT_EQ(shown(round_time(test::time_of_day("23:59:59.6"), SecondDigits::Zero)), "24:00:00");
  EXPECT_EQ(shown(round_time(test::time_of_day("10:00:00.0049"), SecondDigits::Two)), "10:00:00");
  EXPECT_EQ(shown(round_timetz(test::timetz("10:00:00.05+05"), SecondDigits::One)),
            "10:00:00.1+05");
}

TEST(RoundInterval, RoundsTheMicroseconds) {
  const Row rows[] = {
      {"1.555 s", "2", "00:00:01.56"},
      {"-1.555 s", "2", "-00:00:01.56"},
      {"1 mon 1 day 0.999 s", "0", "1 mon 1 day 00:00:01"},
      {"00:00:00.5", "0", "00:00:01"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(round_interval(test::interval(row.value), digits_of(row.digits))), row.answer)
        << row.value;
  }
  const Interval largest{std::numeric_limits<std::int64_t>::max(), 0, 0};
  EXPECT_EQ(shown(round_interval(largest, SecondDigits::Three)), "22008 interval out of range");
}

TEST(RestrictInterval, CutsWhatIsSmallerThanTheLastField) {
  const Interval value = test::interval("3 years 2 mons 4 days 05:06:07.8");
  const auto restricted = [&](IntervalFields fields) {
    return shown(restrict_interval(value, fields));
  };
  EXPECT_EQ(restricted(IntervalFields::All), "3 years 2 mons 4 days 05:06:07.8");
  EXPECT_EQ(restricted(IntervalFields::Year), "3 years");
  EXPECT_EQ(restricted(IntervalFields::Month), "3 years 2 mons");
  EXPECT_EQ(restricted(IntervalFields::YearToMonth), "3 years 2 mons");
  EXPECT_EQ(restricted(IntervalFields::Day), "3 years 2 mons 4 days");
  EXPECT_EQ(restricted(IntervalFields::DayToHour), "3 years 2 mons 4 days 05:00:00");
  EXPECT_EQ(restricted(IntervalFields::HourToMinute), "3 years 2 mons 4 days 05:06:00");
  EXPECT_EQ(restricted(IntervalFields::MinuteToSecond), "3 years 2 mons 4 days 05:06:07.8");
}

}  // namespace
}  // namespace latchkey
