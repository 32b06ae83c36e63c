#include "base/assert.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(AssertDeathTest, ABrokenInvariantStopsTheProcessAndNamesItsPlace) {
  const int answer = 41;
  EXPECT_DEATH(LK_ASSERT(answer == 42), "invariant broken: answer == 42 \\(.*assert_test.cc:");
}

TEST(Assert, AnInvariantThatHoldsCostsNothingElse) {
  int evaluations = 0;
  LK_ASSERT(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace latchkey
