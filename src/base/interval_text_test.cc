#include "base/interval_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::shown;

struct Row {
  Bytes text;
  Bytes answer;
};

// The answers are those of PostgreSQL 15.18.
TEST(ParseInterval, TakesWhatPostgresqlTakes) {
  const Row rows[] = {
      {"1 day 2 hours", "1 day 02:00:00"},
      {"1 year 2 mons", "1 year 2 mons"},
      {"01:02:03", "01:02:03"},
      {"01:02:03.456789", "01:02:03.456789"},
      {"1:2", "01:02:00"},
      {"25:00", "25:00:00"},
      {"100000:00:00", "100000:00:00"},
      {"P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"},
      {"P0001-02-03T04:05:06", "1 year 2 mons 3 days 04:05:06"},
      {"P00010203T040506", "1 year 2 mons 3 days 04:05:06"},
      {"@ 1 hour ago", "-01:00:00"},
      {"1 day 2 hours ago", "-1 days -02:00:00"},
      {"-1 day ago", "1 day"},
      {"-1 days +02:03", "-1 days +02:03:00"},
      {"1 day -02:03", "1 day -02:03:00"},
      {"1.5 days", "1 day 12:00:00"},
      {"1.5 months", "1 mon 15 days"},
      {"1.5 years", "1 year 6 mons"},
      {"1.05 years", "1 year 1 mon"},
      {"1.5 weeks", "10 days 12:00:00"},
      {"2 weeks", "14 days"},
      {"1.1 decades", "11 years"},
      {".5 hours", "00:30:00"},
      {"-.5 hours", "22007 invalid input syntax for type interval: \"-.5 hours\""},
      {"-0.7 secs", "-00:00:00.7"},
      {"1.5 months 01:00:00.5", "1 mon 15 days 01:00:00.5"},
      {"10:00 1.5 days", "1 day 10:00:00"},
      {"1-2", "1 year 2 mons"},
      {"-1-2", "-1 years -2 mons"},
      {"1-2 3", "1 year 2 mons 00:00:03"},
      {"1-2 3 04:05:06", "1 year 2 mons 3 days 04:05:06"},
      {"+1-2 -3 +4:05:06", "1 year 2 mons -3 days +04:05:06"},
      {"1 2:03", "1 day 02:03:00"},
      {"1 2 hours", "1 day 02:00:00"},
      {"1", "00:00:01"},
      {"1.5", "00:00:01.5"},
      {"-1", "-00:00:01"},
      {"3 4:05:06", "3 days 04:05:06"},
      {"1 millennium 2 centuries 3 decades", "1230 years"},
      {"1c 2dec 3y 4mon 5w 6d 7h 8m 9s 10ms 11us", "123 years 4 mons 41 days 07:08:09.010011"},
      {"1 mil", "1000 years"},
      {"1 microsecond", "00:00:00.000001"},
      {"1 microseconds", "00:00:00.000001"},
      {"1 millisecondfoo", "00:00:00.001"},
      {"1.0000005 s", "00:00:01"},
      {"1.0000015 s", "00:00:01.000001"},
      {"0.9999999 s", "00:00:01"},
      {"1y2mon3d", "1 year 2 mons 3 days"},
      {"1 DAY", "1 day"},
      {"30.5 mins", "00:30:30"},
      {"4 hours 4 hour", "22007 invalid input syntax for type interval: \"4 hours 4 hour\""},
      {"1 day 1 day", "22007 invalid input syntax for type interval: \"1 day 1 day\""},
      {"1 s 5 ms", "00:00:01.005"},
      {"1.5 s 5 ms", "22007 invalid input syntax for type interval: \"1.5 s 5 ms\""},
      {"5 6 days", "22007 invalid input syntax for type interval: \"5 6 days\""},
      {"1 quarter", "22007 invalid input syntax for type interval: \"1 quarter\""},
      {"1 foo", "22007 invalid input syntax for type interval: \"1 foo\""},
      {"foo", "22007 invalid input syntax for type interval: \"foo\""},
      {"infinity", "22007 invalid input syntax for type interval: \"infinity\""},
      {"@", "22007 invalid input syntax for type interval: \"@\""},
      {"1 ago", "22007 invalid input syntax for type interval: \"1 ago\""},
      {"ago", "22007 invalid input syntax for type interval: \"ago\""},
      {"1:2:3:4", "22007 invalid input syntax for type interval: \"1:2:3:4\""},
      {"1:60", "22015 interval field value out of range: \"1:60\""},
      {"1:2:61", "22015 interval field value out of range: \"1:2:61\""},
      {"1.5.5 days", "22007 invalid input syntax for type interval: \"1.5.5 days\""},
      {"1e3 days", "22007 invalid input syntax for type interval: \"1e3 days\""},
      {"1-12", "22015 interval field value out of range: \"1-12\""},
      {"1--2", "22015 interval field value out of range: \"1--2\""},
      {"1999-01-08", "22007 invalid input syntax for type interval: \"1999-01-08\""},
      {"1 timezone", "22007 invalid input syntax for type interval: \"1 timezone\""},
      {"9223372036854775807 us", "2562047788:00:54.775807"},
      {"9223372036854775808 us",
       "22015 interval field value out of range: \"9223372036854775808 us\""},
      {"2147483647 days", "2147483647 days"},
      {"2147483648 days", "22015 interval field value out of range: \"2147483648 days\""},
      {"-2147483648 days", "-2147483648 days"},
      {"-2147483648 days ago", "22015 interval field value out of range: \"-2147483648 days ago\""},
      {"178956970 years 7 months", "178956970 years 7 mons"},
      {"178956970 years 8 months", "22008 interval out of range"},
      {"2147483647 years", "22008 interval out of range"},
      {"2562047788:00:54.775807", "2562047788:00:54.775807"},
      {"2562047788:00:54.775808",
       "22015 interval field value out of range: \"2562047788:00:54.775808\""},
      {"-2562047788:00:54.775808",
       "22007 invalid input syntax for type interval: \"-2562047788:00:54.775808\""},
      {"", "22007 invalid input syntax for type interval: \"\""},
  };
  for (const Row& row : rows) EXPECT_EQ(shown(parse_interval(row.text)), row.answer) << row.text;
}

TEST(ParseInterval, CountsWhatTheFieldsSay) {
  const struct {
    Bytes text;
    IntervalFields fields;
    Bytes answer;
  } rows[] = {
      {"1", IntervalFields::Year, "1 year"},
      {"14", IntervalFields::Month, "1 year 2 mons"},
      {"1-2", IntervalFields::Year, "1 year"},
      {"1.6", IntervalFields::Year, "1 year"},
      {"5", IntervalFields::Day, "5 days"},
      {"1.5", IntervalFields::Day, "1 day"},
      {"5", IntervalFields::Hour, "05:00:00"},
      {"5", IntervalFields::Minute, "00:05:00"},
      {"5", IntervalFields::Second, "00:00:05"},
      {"1 2:03", IntervalFields::DayToHour, "1 day 02:00:00"},
      {"1 2:03:04", IntervalFields::DayToMinute, "1 day 02:03:00"},
      {"2:03", IntervalFields::MinuteToSecond, "00:02:03"},
      {"2:03", IntervalFields::HourToSecond, "02:03:00"},
      {"2:03:04", IntervalFields::MinuteToSecond, "02:03:04"},
      {"1 day 2 hours", IntervalFields::Month, "00:00:00"},
      {"2", IntervalFields::YearToMonth, "2 mons"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(shown(parse_interval(row.text, row.fields)), row.answer) << row.text;
}

TEST(FormatInterval, ShowsTheSignOfEachPart) {
  const struct {
    Interval value;
    Bytes text;
  } rows[] = {
      {{0, 0, 0}, "00:00:00"},
      {{0, 1, 1}, "1 mon 1 day"},
      {{0, -1, 14}, "1 year 2 mons -1 days"},
      {{1, 0, -14}, "-1 years -2 mons +00:00:00.000001"},
      {{-1, 3, -14}, "-1 years -2 mons +3 days -00:00:00.000001"},
      {{14'706'700'000, -3, 14}, "1 year 2 mons -3 days +04:05:06.7"},
      {{kMicrosPerHour * 1'000, 0, 0}, "1000:00:00"},
      {{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int32_t>::min(),
        std::numeric_limits<std::int32_t>::min()},
       "-178956970 years -8 mons -2147483648 days -2562047788:00:54.775808"},
  };
  for (const auto& row : rows) EXPECT_EQ(format_interval(row.value), row.text);
}

// But the smallest number of microseconds, whose hours without their sign are one too many.
TEST(FormatInterval, IsReadBackAsTheSameParts) {
  std::mt19937_64 random(13);
  for (int i = 0; i < 5'000; ++i) {
    const Interval value{static_cast<std::int64_t>(random()), static_cast<std::int32_t>(random()),
                         static_cast<std::int32_t>(random())};
    const auto read = parse_interval(format_interval(value));
    ASSERT_TRUE(read.has_value()) << format_interval(value);
    ASSERT_TRUE(read->same_parts(value)) << format_interval(value);
  }
}

}  // namespace
}  // namespace latchkey
