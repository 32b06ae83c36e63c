#include "base/date_time.h"

#include <gtest/gtest.h>

#include <limits>

namespace latchkey {
namespace {

TEST(DateTimeTypes, PutInfinityBeyondEverything) {
  EXPECT_LT(Date{kDateEnd - 1}, Date::infinity());
  EXPECT_GT(Date{kDateMin}, Date::minus_infinity());
  EXPECT_LT(Timestamp{kTimestampEnd - 1}, Timestamp::infinity());
  EXPECT_GT(TimestampTz{kTimestampMin}, TimestampTz::minus_infinity());
  EXPECT_FALSE(Date::infinity().is_finite());
  EXPECT_FALSE(Timestamp::minus_infinity().is_finite());
  EXPECT_TRUE(TimestampTz{0}.is_finite());
}

TEST(DateTimeTypes, HaveTheirLimits) {
  EXPECT_TRUE(is_date_in_range(kDateMin));
  EXPECT_FALSE(is_date_in_range(kDateMin - 1));
  EXPECT_FALSE(is_date_in_range(kDateEnd));
  EXPECT_TRUE(is_timestamp_in_range(kTimestampMin));
  EXPECT_FALSE(is_timestamp_in_range(kTimestampMin - 1));
  EXPECT_FALSE(is_timestamp_in_range(kTimestampEnd));
}

TEST(IntervalOrder, HasRoomForTheLargestParts) {
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  constexpr Interval largest{std::numeric_limits<std::int64_t>::max(), kMax, kMax};
  constexpr Interval smaller{std::numeric_limits<std::int64_t>::max() - 1, kMax, kMax};
  EXPECT_LT(smaller, largest);
  EXPECT_EQ(interval_order(largest) - interval_order(smaller), 1);
  constexpr Interval month{0, 0, 1};
  constexpr Interval days{0, 30, 0};
  constexpr Interval hours{30 * kMicrosPerDay, 0, 0};
  EXPECT_EQ(month, days);
  EXPECT_EQ(days, hours);
  EXPECT_FALSE(days.same_parts(hours));
}

}  // namespace
}  // namespace latchkey
