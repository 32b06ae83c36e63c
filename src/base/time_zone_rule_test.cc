#include "base/time_zone_rule.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/calendar.h"

namespace latchkey {
namespace {

std::int64_t unix_seconds(CivilDate date, std::int64_t seconds) {
  return (julian_day(date) - kJulianOfUnixEpoch) * kSecondsPerDay + seconds;
}

TEST(ParsePosixZone, ReadsNamesOffsetsAndRules) {
  const auto zone = parse_posix_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(zone->standard.name, "CET");
  EXPECT_EQ(zone->standard.utc_offset_seconds, 3'600);
  EXPECT_EQ(zone->daylight->name, "CEST");
  EXPECT_EQ(zone->daylight->utc_offset_seconds, 7'200);

  const auto changes = zone->rule->changes_in_year(2020);
  ASSERT_EQ(changes.count, 2);
  EXPECT_EQ(changes.items[0].at, unix_seconds({2020, 3, 29}, 3'600));
  EXPECT_TRUE(changes.items[0].to_daylight);
  EXPECT_EQ(changes.items[1].at, unix_seconds({2020, 10, 25}, 3'600));
  EXPECT_FALSE(changes.items[1].to_daylight);
}

TEST(ParsePosixZone, TakesWhatPostgresqlTakes) {
  const struct {
    Bytes text;
    Bytes name;
    std::int32_t utc_offset_seconds;
  } rows[] = {
      {"UTC0", "UTC", 0},
      {"UTC+3", "UTC", -10'800},
      {"<+05:30>-05:30", "+05:30", 19'800},
      {"-5", "", 18'000},
      {"+02", "", -7'200},
      {"12", "", -43'200},
      {"FOO/BAR-1:2:3", "FOO/BAR", 3'723},
      {"A167", "A", -601'200},
      {"<>5", "", -18'000},
      {"A B5", "A B", -18'000},
  };
  for (const auto& row : rows) {
    const auto zone = parse_posix_zone(row.text);
    ASSERT_TRUE(zone.has_value()) << row.text;
    EXPECT_EQ(zone->standard.name, row.name);
    EXPECT_EQ(zone->standard.utc_offset_seconds, row.utc_offset_seconds);
    EXPECT_FALSE(zone->daylight.has_value());
  }
}

TEST(ParsePosixZone, RefusesWhatPostgresqlRefuses) {
  for (const Bytes text :
       {"", "UTC", "UTC+", "UTC+168", "UTC+1:60", "<UTC+1", "UTC+1,", "A1,M1.1.1,M2.1.1",
        "A1B,M13.1.0,M2.1.0", "A1B,M1.6.0,M2.1.0", "A1B,M1.1.7,M2.1.0", "A1B,J0,J2", "A1B,J366,J2",
        "A1B,366,J2", "A1B,M1.1.0", "A1B,M1.1.0,M2.1.0x", "A1B,M1.1.0/168,M2.1.0", "A1B2C"}) {
    EXPECT_FALSE(parse_posix_zone(text).has_value()) << text;
  }
}

// Without rules the clocks change when they do in the United States.
TEST(ParsePosixZone, HasRulesForTextsWithoutThem) {
  const auto zone = parse_posix_zone("XYZ5ABC");
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(zone->daylight->utc_offset_seconds, -14'400);
  const auto changes = zone->rule->changes_in_year(1950);
  EXPECT_EQ(changes.items[0].at, unix_seconds({1950, 3, 12}, (2 + 5) * 3'600));
  EXPECT_EQ(changes.items[1].at, unix_seconds({1950, 11, 5}, (2 + 4) * 3'600));
}

TEST(YearlyMoment, CountsDaysWithAndWithoutLeapDays) {
  const YearlyMoment march{YearlyMoment::Kind::DayWithoutLeap, 0, 0, 60, 0};
  EXPECT_EQ(march.in_year(2020), unix_seconds({2020, 3, 1}, 0));
  EXPECT_EQ(march.in_year(2021), unix_seconds({2021, 3, 1}, 0));
  const YearlyMoment sixtieth{YearlyMoment::Kind::DayWithLeap, 0, 0, 59, -3'600};
  EXPECT_EQ(sixtieth.in_year(2020), unix_seconds({2020, 2, 28}, 23 * 3'600));
  EXPECT_EQ(sixtieth.in_year(2021), unix_seconds({2021, 2, 28}, 23 * 3'600));
  const YearlyMoment last_monday{YearlyMoment::Kind::MonthWeekDay, 2, 5, 1, 0};
  EXPECT_EQ(last_monday.in_year(2021), unix_seconds({2021, 2, 22}, 0));
  const YearlyMoment second_tuesday{YearlyMoment::Kind::MonthWeekDay, 9, 2, 2, 0};
  EXPECT_EQ(second_tuesday.in_year(2020), unix_seconds({2020, 9, 8}, 0));
}

TEST(DaylightRule, KnowsTheSouthAndDaylightTimeWithoutEnd) {
  const auto south = parse_posix_zone("NZST-12NZDT,M9.5.0,M4.1.0/3");
  EXPECT_FALSE(south->rule->changes_in_year(2020).items[0].to_daylight);
  EXPECT_TRUE(south->rule->changes_in_year(2020).items[1].to_daylight);
  EXPECT_TRUE(south->rule->changes_ever());
  const auto endless = parse_posix_zone("EST5EDT,0/0,J365/26");
  EXPECT_FALSE(endless->rule->changes_ever());
  EXPECT_FALSE(parse_posix_zone("A0B,J1/0,J1/1")->rule->changes_ever());
}

TEST(ParsePosixZone, SurvivesAnyText) {
  std::mt19937 random(16);
  const Bytes likely = "AB<>,;+-:/.MJ0123456789";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 30, ' ');
    for (char& c : text) c = likely[random() % likely.size()];
    const auto zone = parse_posix_zone(text);
    if (!zone || !zone->rule) continue;
    EXPECT_LE(zone->rule->changes_in_year(2020).count, 2);
  }
}

}  // namespace
}  // namespace latchkey
