#include "kv/random_picks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kv/test_support/test_store.h"

namespace latchkey::kv {
namespace {

TEST(RandomPicks, DistinctNumbersAscendBelowTheirBound) {
  test::SeededRandom seed;
  RandomPicks random(seed);
  for (const std::uint64_t bound : {1u, 7u, 100u, 5000u}) {
    for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{1}, bound / 3, bound}) {
      const auto picks = random.distinct(count, bound);
      ASSERT_EQ(picks.size(), count);
      EXPECT_TRUE(std::is_sorted(picks.begin(), picks.end(), std::less_equal<>()));
      for (const std::uint64_t pick : picks) EXPECT_LT(pick, bound);
    }
  }
}

// Both ways of choosing: few of many, and many of few.
TEST(RandomPicks, EachNumberIsAsLikely) {
  test::SeededRandom seed;
  RandomPicks random(seed);
  for (const std::uint64_t count : {4u, 10u}) {
    std::vector<int> times(20);
    constexpr int kRounds = 20'000;
    for (int i = 0; i < kRounds; ++i) {
      for (const std::uint64_t pick : random.distinct(count, times.size())) ++times[pick];
    }
    const double expected = kRounds * static_cast<double>(count) / 20;
    for (const int each : times) EXPECT_NEAR(each, expected, expected * 0.08);
  }
}

}  // namespace
}  // namespace latchkey::kv
