#include "base/score_key.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace latchkey {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string score_key(double score) {
  std::string key(kScoreBytes, '\0');
  store_score(key.data(), score);
  return key;
}

TEST(ScoreKey, BytesCompareAsTheNumbersDo) {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  const std::array ascending = {-kInfinity, -kMax,  -1e10, -1.5, -1.0, -kTiny, 0.0,
                                kTiny,      1e-300, 1.0,   1.5,  1e10, kMax,   kInfinity};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(score_key(ascending[i - 1]), score_key(ascending[i])) << ascending[i];
  }
}

TEST(ScoreKey, DecodesExactly) {
  for (const double score : {-kInfinity, -1.1, 0.0, 0.1, 5e-324, kInfinity}) {
    EXPECT_EQ(load_score(score_key(score).data()), score);
  }
}

TEST(ScoreKey, MinusZeroIsZero) {
  EXPECT_EQ(score_key(-0.0), score_key(0.0));
  EXPECT_FALSE(std::signbit(load_score(score_key(-0.0).data())));
}

TEST(ScoreKeyDeathTest, NanHasNoPlaceInTheOrder) { EXPECT_DEATH(score_order(NAN), "isnan"); }

TEST(OrderedInt64, BytesCompareAsTheNumbersDo) {
  const std::array ascending = {std::numeric_limits<std::int64_t>::min(),
                                std::int64_t{-256},
                                std::int64_t{-1},
                                std::int64_t{0},
                                std::int64_t{1},
                                std::int64_t{256},
                                std::numeric_limits<std::int64_t>::max()};
  std::string previous;
  for (const std::int64_t value : ascending) {
    std::string key(8, '\0');
    store_ordered_int64(key.data(), value);
    EXPECT_LT(previous, key);
    EXPECT_EQ(load_ordered_int64(key.data()), value);
    previous = key;
  }
}

}  // namespace
}  // namespace latchkey
