#include "base/time_zone.h"

#include <gtest/gtest.h>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::timestamptz;
using test::zone;

std::int64_t unix_seconds(Bytes text) {
  return timestamptz(text).microseconds / kMicrosPerSecond - kUnixEpochSeconds;
}

// The answers are those of PostgreSQL 15.18 with Debian's time zone database 2025b.
TEST(TimeZone, KnowsTheOffsetAtAnyMoment) {
  const struct {
    Bytes zone;
    Bytes moment;
    std::int32_t utc_offset_seconds;
    Bytes abbreviation;
  } rows[] = {
      {"Europe/Berlin", "1800-01-01 00:00 UTC", 3'208, "LMT"},
      {"Europe/Berlin", "1893-03-31 23:06:31 UTC", 3'208, "LMT"},
      {"Europe/Berlin", "1893-03-31 23:06:32 UTC", 3'600, "CET"},
      {"Europe/Berlin", "1945-06-01 00:00 UTC", 10'800, "CEMT"},
      {"Europe/Berlin", "2020-03-29 00:59:59 UTC", 3'600, "CET"},
      {"Europe/Berlin", "2020-03-29 01:00 UTC", 7'200, "CEST"},
      {"Europe/Berlin", "2020-10-25 00:59:59 UTC", 7'200, "CEST"},
      {"Europe/Berlin", "2020-10-25 01:00 UTC", 3'600, "CET"},
      {"Europe/Berlin", "2037-10-25 01:00 UTC", 3'600, "CET"},
      {"Europe/Berlin", "2038-03-28 01:00 UTC", 7'200, "CEST"},
      {"Europe/Berlin", "2500-07-01 00:00 UTC", 7'200, "CEST"},
      {"Europe/Berlin", "294276-07-01 00:00 UTC", 7'200, "CEST"},
      {"Europe/Berlin", "294276-12-31 00:00 UTC", 3'600, "CET"},
      {"Australia/Sydney", "2100-01-01 00:00 UTC", 39'600, "AEDT"},
      {"Australia/Lord_Howe", "2100-01-01 00:00 UTC", 39'600, "+11"},
      {"Australia/Lord_Howe", "2100-07-01 00:00 UTC", 37'800, "+1030"},
      {"Europe/Dublin", "2100-01-01 00:00 UTC", 0, "GMT"},
      {"Europe/Dublin", "2100-07-01 00:00 UTC", 3'600, "IST"},
      {"Asia/Kolkata", "2100-07-01 00:00 UTC", 19'800, "IST"},
      {"Africa/Casablanca", "2087-06-01 00:00 UTC", 3'600, "+01"},
      {"America/Nuuk", "2100-07-01 00:00 UTC", -3'600, "-01"},
      {"CET-1CEST,M3.5.0,M10.5.0/3", "0500-07-01 00:00 BC UTC", 7'200, "CEST"},
      {"EST5EDT,0/0,J365/25", "2020-01-01 05:00 UTC", -14'400, "EDT"},
  };
  for (const auto& row : rows) {
    const ZoneType& type = zone(row.zone).type_at(unix_seconds(row.moment));
    EXPECT_EQ(type.utc_offset_seconds, row.utc_offset_seconds) << row.zone << ' ' << row.moment;
    EXPECT_EQ(type.abbreviation, row.abbreviation) << row.zone << ' ' << row.moment;
  }
}

TEST(TimeZone, ReadsSkippedHoursAsBeforeAndRepeatedOnesAsAfter) {
  const struct {
    Bytes zone;
    CivilDate date;
    ClockTime time;
    std::int32_t utc_offset_seconds;
  } rows[] = {
      {"Europe/Berlin", {2020, 3, 29}, {1, 59, 59, 0}, 3'600},
      {"Europe/Berlin", {2020, 3, 29}, {2, 30, 0, 0}, 3'600},
      {"Europe/Berlin", {2020, 3, 29}, {3, 0, 0, 0}, 7'200},
      {"Europe/Berlin", {2020, 10, 25}, {1, 59, 59, 0}, 7'200},
      {"Europe/Berlin", {2020, 10, 25}, {2, 0, 0, 0}, 3'600},
      {"Europe/Berlin", {2020, 10, 25}, {2, 30, 0, 0}, 3'600},
      {"Europe/Moscow", {2014, 10, 26}, {1, 30, 0, 0}, 10'800},
      {"Pacific/Apia", {2011, 12, 30}, {12, 0, 0, 0}, -36'000},
      {"Europe/Berlin", {5'900'000, 1, 1}, {0, 0, 0, 0}, 0},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(zone(row.zone).offset_of_clock({row.date, row.time}), row.utc_offset_seconds)
        << row.zone << ' ' << row.date.day << ' ' << row.time.hour;
  }
}

TEST(TimeZone, KnowsWhetherItsOffsetEverChanged) {
  EXPECT_EQ(zone("UTC").only_offset(), 0);
  EXPECT_EQ(zone("Etc/GMT-5").only_offset(), 18'000);
  EXPECT_EQ(zone("UTC+3").only_offset(), -10'800);
  EXPECT_EQ(zone("Asia/Tokyo").only_offset(), std::nullopt);
  EXPECT_EQ(TimeZone::utc().only_offset(), 0);
}

TEST(TimeZone, KnowsWhatAnAbbreviationMeantWhen) {
  const TimeZone& moscow = zone("Europe/Moscow");
  EXPECT_EQ(moscow.offset_of_abbreviation("MSK", unix_seconds("2000-01-01 UTC")), 10'800);
  EXPECT_EQ(moscow.offset_of_abbreviation("MSK", unix_seconds("2000-07-01 UTC")), 10'800);
  EXPECT_EQ(moscow.offset_of_abbreviation("MSK", unix_seconds("2013-01-01 UTC")), 14'400);
  EXPECT_EQ(moscow.offset_of_abbreviation("MSK", unix_seconds("2020-01-01 UTC")), 10'800);
  EXPECT_EQ(moscow.offset_of_abbreviation("MSK", unix_seconds("1800-01-01 UTC")), 10'800);
  EXPECT_EQ(moscow.offset_of_abbreviation("FOO", 0), std::nullopt);
  const TimeZone& berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.offset_of_abbreviation("CEST", unix_seconds("2100-12-01 UTC")), 7'200);
  EXPECT_EQ(berlin.offset_of_abbreviation("CET", unix_seconds("2100-07-01 UTC")), 3'600);
  EXPECT_EQ(berlin.offset_of_abbreviation("CEMT", unix_seconds("2100-07-01 UTC")), 10'800);
}

TEST(ClockInZone, RoundTripsButForRepeatedHours) {
  const TimeZone& berlin = zone("Europe/Berlin");
  for (std::int64_t hours = -2'000'000; hours < 2'000'000; hours += 61) {
    const TimestampTz moment{hours * kMicrosPerHour + 1};
    const ZonedClock clock = clock_in_zone(moment, berlin);
    const auto read = moment_of_clock(clock.civil, berlin);
    ASSERT_TRUE(read.has_value());
    const std::int64_t distance = read->microseconds - moment.microseconds;
    ASSERT_TRUE(distance == 0 || distance == kMicrosPerHour) << hours;
  }
}

TEST(ClockInZone, ShowsTheLastMomentsOfAll) {
  const ZonedClock last = clock_in_zone({kTimestampEnd - 1}, zone("Asia/Tokyo"));
  EXPECT_EQ(last.civil.date, (CivilDate{294'277, 1, 1}));
  EXPECT_EQ(last.civil.time, (ClockTime{8, 59, 59, 999'999}));
  EXPECT_EQ(moment_of_clock(last.civil, zone("Asia/Tokyo")), TimestampTz{kTimestampEnd - 1});
  EXPECT_EQ(moment_of_clock(last.civil, zone("UTC")), std::nullopt);
}

}  // namespace
}  // namespace latchkey
