#include "sql/cron/schedule.h"

#include <gtest/gtest.h>

namespace latchkey::sql::cron {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
// 2024-02-29 12:35 UTC, a Thursday.
constexpr std::int64_t kLeapDayMs = 1'709'210'100'000;

bool runs(const char* text, std::int64_t at_ms) {
  const auto schedule = Schedule::parse(text);
  return schedule.has_value() && schedule->matches(at_ms);
}

TEST(CronSchedule, ReadsFieldsListsRangesStepsAndNames) {
  EXPECT_TRUE(runs("* * * * *", kLeapDayMs));
  EXPECT_TRUE(runs("*/5 * * * *", kLeapDayMs));
  EXPECT_FALSE(runs("*/5 * * * *", kLeapDayMs + kMinuteMs));
  EXPECT_TRUE(runs("35 12 29 2 *", kLeapDayMs));
  EXPECT_TRUE(runs("30-40/5 10,12 * feb thu", kLeapDayMs));
  EXPECT_FALSE(runs("35 12 * * mon-wed", kLeapDayMs));
  EXPECT_TRUE(runs("35 12 $ * *", kLeapDayMs));
  EXPECT_FALSE(runs("@hourly", kLeapDayMs));
  EXPECT_TRUE(runs("@hourly", kLeapDayMs - 35 * kMinuteMs));
}

TEST(CronSchedule, OfTwoRestrictedDaysEitherWillDo) {
  EXPECT_TRUE(runs("35 12 1 * thu", kLeapDayMs));
  EXPECT_TRUE(runs("35 12 29 * mon", kLeapDayMs));
  EXPECT_FALSE(runs("35 12 1 * mon", kLeapDayMs));
}

TEST(CronSchedule, ReadsSeconds) {
  EXPECT_EQ(Schedule::parse("30 seconds")->interval_seconds(), 30);
  EXPECT_FALSE(Schedule::parse("60 seconds").has_value());
  EXPECT_FALSE(Schedule::parse("0 seconds").has_value());
}

TEST(CronSchedule, RefusesWhatIsNone) {
  for (const char* const text :
       {"", "* * * *", "* * * * * *", "61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
        "* * * * 8", "a * * * *", "5-1 * * * *", "*/0 * * * *", "1, * * * *", "@never"}) {
    EXPECT_FALSE(Schedule::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace latchkey::sql::cron
