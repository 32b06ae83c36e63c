#include "base/date_time_convert.h"

#include <gtest/gtest.h>

#include <compare>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::date;
using test::session;
using test::shown;
using test::timestamp;
using test::timestamptz;

struct Row {
  Bytes value;
  Bytes zone;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(Cast, ReadsTheClocksOfTheSession) {
  const TimeZone& zone = session().zone;
  EXPECT_EQ(shown(timestamp_of(date("2020-07-01"))), "2020-07-01 00:00:00");
  EXPECT_EQ(shown(timestamptz_of(date("2020-07-01"), zone)), "2020-07-01 00:00:00+02");
  EXPECT_EQ(shown(timestamptz_of(timestamp("2020-03-29 02:30"), zone)), "2020-03-29 03:30:00+02");
  EXPECT_EQ(shown(timestamptz_of(timestamp("2020-10-25 02:30"), zone)), "2020-10-25 02:30:00+01");
  EXPECT_EQ(shown(timestamp_of(timestamptz("2020-07-01 22:30 UTC"), zone)), "2020-07-02 00:30:00");
  EXPECT_EQ(shown(date_of(timestamptz("2020-07-01 22:30 UTC"), zone)), "2020-07-02");
  EXPECT_EQ(shown(time_of(timestamptz("2020-07-01 22:30 UTC"), zone)), "00:30:00");
  EXPECT_EQ(shown(timetz_of(timestamptz("2020-07-01 22:30 UTC"), zone)), "00:30:00+02");
  EXPECT_EQ(shown(timetz_of(test::time_of_day("10:00"), session())), "10:00:00+02");
}

TEST(Cast, CutsOffWhatTheTypeDoesNotHold) {
  EXPECT_EQ(shown(date_of(timestamp("2020-07-01 23:59:59.999999"))), "2020-07-01");
  EXPECT_EQ(shown(date_of(timestamp("4714-11-24 00:00 BC"))), "4714-11-24 BC");
  EXPECT_EQ(shown(time_of(timestamp("2020-07-01 23:59:59.5"))), "23:59:59.5");
  EXPECT_EQ(shown(time_of(test::interval("1 mon 2 days 25:00"))), "01:00:00");
  EXPECT_EQ(shown(time_of(test::interval("-01:00"))), "23:00:00");
  EXPECT_EQ(shown(interval_of(test::time_of_day("24:00"))), "24:00:00");
  EXPECT_EQ(shown(timestamp_of(date("2020-12-31"), test::time_of_day("24:00"))),
            "2021-01-01 00:00:00");
  EXPECT_EQ(shown(timestamptz_of(date("2020-12-31"), test::timetz("23:00-05"))),
            "2021-01-01 05:00:00+01");
}

TEST(Cast, KeepsInfinity) {
  const TimeZone& zone = session().zone;
  EXPECT_EQ(shown(timestamp_of(Date::infinity())), "infinity");
  EXPECT_EQ(shown(timestamptz_of(Date::minus_infinity(), zone)), "-infinity");
  EXPECT_EQ(shown(timestamptz_of(Timestamp::infinity(), zone)), "infinity");
  EXPECT_EQ(shown(timestamp_of(TimestampTz::minus_infinity(), zone)), "-infinity");
  EXPECT_EQ(shown(date_of(Timestamp::infinity())), "infinity");
  EXPECT_EQ(shown(date_of(TimestampTz::minus_infinity(), zone)), "-infinity");
  EXPECT_EQ(shown(time_of(Timestamp::infinity())), "NULL");
  EXPECT_EQ(shown(timetz_of(TimestampTz::infinity(), zone)), "NULL");
  EXPECT_EQ(shown(timestamp_of(Date::infinity(), test::time_of_day("10:00"))), "infinity");
}

TEST(Cast, FailsWhereDatesReachFurtherThanTimestamps) {
  const Bytes error = "22008 date out of range for timestamp";
  EXPECT_EQ(shown(timestamp_of(date("294277-01-01"))), error);
  EXPECT_EQ(shown(timestamptz_of(date("294277-01-01"), session().zone)), error);
  EXPECT_EQ(shown(timestamptz_of(date("4714-11-24 BC"), session().zone)), error);
}

TEST(AtTimeZone, TurnsAReadingIntoAMoment) {
  const Row rows[] = {
      {"2001-02-16 20:38:40", "America/Denver", "2001-02-17 04:38:40+01"},
      {"2001-02-16 20:38:40", "MST", "2001-02-17 04:38:40+01"},
      {"2001-07-16 20:38:40", "MST", "2001-07-17 05:38:40+02"},
      {"2001-07-16 20:38:40", "MDT", "2001-07-17 04:38:40+02"},
      {"2001-07-16 20:38:40", "mst7mdt", "2001-07-17 04:38:40+02"},
      {"2013-07-16 20:38:40", "MSK", "2013-07-16 18:38:40+02"},
      {"2018-07-16 20:38:40", "MSK", "2018-07-16 19:38:40+02"},
      {"2018-07-16 20:38:40", "UTC+3", "2018-07-17 01:38:40+02"},
      {"2018-07-16 20:38:40", "+03", "2018-07-17 01:38:40+02"},
      {"2018-07-16 20:38:40", "CET-1CEST", "2018-07-16 20:38:40+02"},
      {"2011-12-30 10:00", "Pacific/Apia", "2011-12-30 21:00:00+01"},
      {"infinity", "UTC", "infinity"},
      {"2018-07-16 20:38:40", "foo", "22023 time zone \"foo\" not recognized"},
      {"2018-07-16 20:38:40", "../../etc/passwd",
       "22023 time zone \"../../etc/passwd\" not recognized"},
      {"2018-07-16 20:38:40", "America", "22023 time zone \"America\" not recognized"},
      {"4714-11-24 00:00 BC", "Asia/Tokyo", "22008 timestamp out of range"},
  };
  for (const Row& row : rows) {
    const auto zone = NamedZone::find(row.zone, test::zones());
    const auto answer = zone ? at_time_zone(timestamp(row.value), *zone) : zone.error();
    EXPECT_EQ(shown(answer), row.answer) << row.value << ' ' << row.zone;
  }
}

TEST(AtTimeZone, TurnsAMomentIntoAReading) {
  const Row rows[] = {
      {"2001-02-16 20:38:40-05", "America/Denver", "2001-02-16 18:38:40"},
      {"2001-07-16 20:38:40-05", "America/Denver", "2001-07-16 19:38:40"},
      {"2001-07-16 20:38:40-05", "MST", "2001-07-16 18:38:40"},
      {"2013-07-16 20:38:40 UTC", "msk", "2013-07-17 00:38:40"},
      {"2018-07-16 20:38:40 UTC", "msk", "2018-07-16 23:38:40"},
      {"2018-07-16 20:38:40 UTC", "-05:30", "2018-07-17 02:08:40"},
      {"-infinity", "UTC", "-infinity"},
      {"294276-12-31 23:59 UTC", "Asia/Tokyo", "22008 timestamp out of range"},
  };
  for (const Row& row : rows) {
    const auto zone = NamedZone::find(row.zone, test::zones());
    ASSERT_TRUE(zone.has_value());
    EXPECT_EQ(shown(at_time_zone(timestamptz(row.value), *zone)), row.answer)
        << row.value << ' ' << row.zone;
  }
  const auto tokyo = NamedZone::find("Asia/Tokyo", test::zones());
  EXPECT_EQ(shown(at_time_zone(test::timetz("20:00+02"), *tokyo, session().transaction_start)),
            "03:00:00+09");
}

TEST(AtTimeZone, TakesAnIntervalWithoutMonthsAndDays) {
  const auto at = [](Bytes offset) {
    const auto zone = zone_of(test::interval(offset));
    return shown(zone ? at_time_zone(timestamp("2020-01-01"), *zone) : zone.error());
  };
  EXPECT_EQ(at("-08:00"), "2020-01-01 09:00:00+01");
  EXPECT_EQ(at("05:30:15.5"), "2019-12-31 19:29:45+01");
  EXPECT_EQ(at("1 day 2 hours"),
            "22023 interval time zone \"1 day 02:00:00\" must not include months or days");
  EXPECT_EQ(at("1000000 hours"), "22008 interval out of range");
}

TEST(Compare, PutsDatesBeyondAllTimestampsBeforeInfinity) {
  const TimeZone& zone = session().zone;
  const Date far = date("5874897-12-31");
  EXPECT_TRUE(std::is_gt(compare(far, timestamp("294276-12-31"))));
  EXPECT_TRUE(std::is_lt(compare(far, Timestamp::infinity())));
  EXPECT_TRUE(std::is_eq(compare(Date::infinity(), Timestamp::infinity())));
  EXPECT_TRUE(std::is_eq(compare(date("2020-01-01"), timestamp("2020-01-01"))));
  EXPECT_TRUE(std::is_lt(compare(date("2020-01-01"), timestamp("2020-01-01 00:00:00.000001"))));
  EXPECT_TRUE(std::is_eq(compare(date("2020-07-01"), timestamptz("2020-06-30 22:00 UTC"), zone)));
  EXPECT_TRUE(std::is_gt(compare(far, timestamptz("294276-12-31"), zone)));
  EXPECT_TRUE(std::is_lt(compare(date("4714-11-24 BC"), TimestampTz{kTimestampMin}, zone)));
  EXPECT_TRUE(std::is_gt(compare(date("4714-11-24 BC"), TimestampTz::minus_infinity(), zone)));
  EXPECT_TRUE(
      std::is_eq(compare(timestamp("2020-07-01"), timestamptz("2020-06-30 22:00 UTC"), zone)));
}

}  // namespace
}  // namespace latchkey
