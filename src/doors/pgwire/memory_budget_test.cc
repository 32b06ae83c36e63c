#include "doors/pgwire/memory_budget.h"

#include <gtest/gtest.h>

namespace latchkey::pgwire {
namespace {

class Budget {
 public:
  explicit Budget(std::int64_t limit) : limit_(limit) {}
  ReserveMemory reserve = [this](std::int64_t bytes) {
    if (used + bytes > limit_) return false;
    used += bytes;
    return true;
  };
  std::int64_t used = 0;

 private:
  std::int64_t limit_;
};

TEST(MemoryCharge, GoesBackWithItsOwner) {
  Budget budget(100);
  {
    MemoryCharge charge(budget.reserve);
    EXPECT_TRUE(charge.try_grow_to(40));
    EXPECT_TRUE(charge.try_grow_to(30));
    EXPECT_TRUE(charge.try_grow_to(60));
    EXPECT_EQ(budget.used, 60);
  }
  EXPECT_EQ(budget.used, 0);
}

TEST(MemoryCharge, IsUnchangedWhenItIsRefused) {
  Budget budget(100);
  MemoryCharge charge(budget.reserve);
  ASSERT_TRUE(charge.try_grow_to(40));

  EXPECT_FALSE(charge.try_grow_to(101));

  EXPECT_EQ(charge.bytes(), 40u);
  EXPECT_EQ(budget.used, 40);
}

TEST(MemoryCharge, MovesWithoutBeingCountedTwice) {
  Budget budget(100);
  MemoryCharge first(budget.reserve);
  MemoryCharge second(budget.reserve);
  ASSERT_TRUE(first.try_grow_to(40));
  ASSERT_TRUE(second.try_grow_to(20));

  second = std::move(first);
  EXPECT_EQ(budget.used, 40);
  const MemoryCharge third(std::move(second));

  EXPECT_EQ(third.bytes(), 40u);
  EXPECT_EQ(budget.used, 40);
}

}  // namespace
}  // namespace latchkey::pgwire
