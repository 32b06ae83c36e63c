#include "sql/types/json_stack.h"

#include <gtest/gtest.h>

namespace latchkey::sql {
namespace {

/// Recurses until the guard says stop, and returns how deep that was.
int depth_of(const StackGuard& guard, int depth) {
  volatile char space[4'096];
  space[0] = static_cast<char>(depth);
  if (guard.is_spent()) return depth;
  return depth_of(guard, depth + 1) + (space[0] == static_cast<char>(depth) ? 0 : 1);
}

TEST(StackGuard, StopsARecursionInTime) {
  const StackGuard guard;
  EXPECT_FALSE(guard.is_spent());

  const int depth = depth_of(guard, 0);

  EXPECT_GT(depth, 10);
  EXPECT_LE(depth, static_cast<int>(StackGuard::kBytesMax / 4'096) + 1);
  EXPECT_FALSE(guard.is_spent());
}

}  // namespace
}  // namespace latchkey::sql
