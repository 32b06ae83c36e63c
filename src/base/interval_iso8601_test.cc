#include "base/interval_iso8601.h"

#include <gtest/gtest.h>

#include <string>

#include "base/interval_text.h"
#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::shown;

struct Row {
  Bytes text;
  Bytes answer;
};

// The answers are those of PostgreSQL 15.18.
TEST(Iso8601Interval, ReadsPeriodsAsPostgresqlDoes) {
  const Row rows[] = {
      {"P1Y2M3W4DT5H6M7S", "1 year 2 mons 25 days 05:06:07"},
      {"P1Y", "1 year"},
      {"PT1M", "00:01:00"},
      {"P1M", "1 mon"},
      {"PT", "00:00:00"},
      {"P", "22007 invalid input syntax for type interval: \"P\""},
      {"P1.5Y", "1 year 6 mons"},
      {"P1.5M", "1 mon 15 days"},
      {"P1.5W", "10 days 12:00:00"},
      {"P1.5D", "1 day 12:00:00"},
      {"PT1.5H", "01:30:00"},
      {"P-1Y2M", "-10 mons"},
      {"P1YT-2H", "1 year -02:00:00"},
      {"P.5D", "12:00:00"},
      {"P1D2Y", "2 years 1 day"},
      {"P1Y1Y", "2 years"},
      {"P00010203", "1 year 2 mons 3 days"},
      {"P00010203T040506", "1 year 2 mons 3 days 04:05:06"},
      {"P00010203T040506.5", "1 year 2 mons 3 days 04:05:06"},
      {"P0001-02-03", "1 year 2 mons 3 days"},
      {"P0001-02", "1 year 2 mons"},
      {"P0001", "1 year"},
      {"P1-2-3T4:5:6", "1 year 2 mons 3 days 04:05:06"},
      {"P1-2-3T4:5:6.789", "1 year 2 mons 3 days 04:05:06.789"},
      {"P1T2", "1 year 02:00:00"},
      {"P1T2:3", "1 year 02:03:00"},
      {"PT010203", "01:02:03"},
      {"PT01:02:03", "01:02:03"},
      {"PT010203.9", "01:02:03.000001"},
      {"P1e2D", "100 days"},
      {"P0x10Y", "16 years"},
      {"P-5", "-5 years"},
      {"P1Y5", "22007 invalid input syntax for type interval: \"P1Y5\""},
      {"PT5H5", "22007 invalid input syntax for type interval: \"PT5H5\""},
      {"P1", "1 year"},
      {"P1S", "22007 invalid input syntax for type interval: \"P1S\""},
      {"PT1Y", "22007 invalid input syntax for type interval: \"PT1Y\""},
      {"P1DT", "1 day"},
      {"P1-", "22007 invalid input syntax for type interval: \"P1-\""},
      {"P1-2-", "22007 invalid input syntax for type interval: \"P1-2-\""},
      {"P1-2-3-", "22007 invalid input syntax for type interval: \"P1-2-3-\""},
      {"PT1:", "22007 invalid input syntax for type interval: \"PT1:\""},
      {"PT1:2:", "22007 invalid input syntax for type interval: \"PT1:2:\""},
      {"PT1:2:3:", "22007 invalid input syntax for type interval: \"PT1:2:3:\""},
      {"PX", "22007 invalid input syntax for type interval: \"PX\""},
      {"P1Y ", "22007 invalid input syntax for type interval: \"P1Y \""},
      {"p1y", "22007 invalid input syntax for type interval: \"p1y\""},
      {"P+1Y", "22007 invalid input syntax for type interval: \"P+1Y\""},
      {"P1000000000000001Y", "22015 interval field value out of range: \"P1000000000000001Y\""},
      {"P2147483648Y", "22015 interval field value out of range: \"P2147483648Y\""},
      {"P-infD", "22015 interval field value out of range: \"P-infD\""},
      {"PnanD", "22007 invalid input syntax for type interval: \"PnanD\""},
      {"P1e400D", "22007 invalid input syntax for type interval: \"P1e400D\""},
      {"P9e14S", "22007 invalid input syntax for type interval: \"P9e14S\""},
      {"PT9e14S", "22015 interval field value out of range: \"PT9e14S\""},
  };
  for (const Row& row : rows) EXPECT_EQ(shown(parse_interval(row.text)), row.answer) << row.text;
}

TEST(Iso8601Interval, SurvivesHugeNumbersAndZeroBytes) {
  IntervalBuilder builder;
  EXPECT_EQ(decode_iso8601_interval("P" + std::string(1'000'000, '9') + "D", builder),
            DecodeOutcome::BadFormat);
  EXPECT_EQ(decode_iso8601_interval(Bytes("P1D\0", 4), builder), DecodeOutcome::BadFormat);
  std::string many = "P";
  for (int i = 0; i < 100'000; ++i) many += "1D";
  EXPECT_EQ(decode_iso8601_interval(many, builder), DecodeOutcome::Fine);
  EXPECT_EQ(builder.build()->days, 100'000);
}

}  // namespace
}  // namespace latchkey
