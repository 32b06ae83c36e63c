#include "storage/tree/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace latchkey::storage::tree {
namespace {

TEST(MemoryBudget, RefusesWhatWouldPassTheLimitAndTakesNothing) {
  MemoryBudget budget(100);

  EXPECT_TRUE(budget.try_reserve(60));
  EXPECT_FALSE(budget.try_reserve(41));
  EXPECT_EQ(budget.used_bytes(), 60);
  EXPECT_TRUE(budget.try_reserve(40));
  EXPECT_TRUE(budget.is_spent());
}

TEST(MemoryBudget, WhatIsReleasedCanBeTakenAgain) {
  MemoryBudget budget(100);
  ASSERT_TRUE(budget.try_reserve(100));

  budget.release(30);

  EXPECT_FALSE(budget.try_reserve(31));
  EXPECT_TRUE(budget.try_reserve(30));
}

TEST(MemoryBudget, AHugeRequestDoesNotOverflow) {
  MemoryBudget budget(100);
  ASSERT_TRUE(budget.try_reserve(50));

  EXPECT_FALSE(budget.try_reserve(INT64_MAX));
  EXPECT_EQ(budget.used_bytes(), 50);
}

TEST(MemoryBudget, WhatMustGoOnMayPassTheLimit) {
  MemoryBudget budget(100);

  budget.force_reserve(150);

  EXPECT_TRUE(budget.is_spent());
  EXPECT_FALSE(budget.try_reserve(1));
  budget.release(150);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(MemoryBudget, ALoweredLimitHoldsForTheNextRequest) {
  MemoryBudget budget(100);
  ASSERT_TRUE(budget.try_reserve(80));

  budget.set_limit_bytes(50);

  EXPECT_FALSE(budget.try_reserve(1));
  EXPECT_EQ(budget.used_bytes(), 80);
}

TEST(MemoryBudget, ThreadsTogetherNeverTakeMoreThanTheLimit) {
  MemoryBudget budget(1000);
  std::vector<std::int64_t> taken(4, 0);

  std::vector<std::thread> threads;
  for (std::int64_t& own : taken) {
    threads.emplace_back([&] {
      while (budget.try_reserve(3)) own += 3;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], 999);
  EXPECT_EQ(budget.used_bytes(), 999);
}

TEST(MemoryBudget, ItsDefaultIsPartOfTheMachine) {
  EXPECT_GT(MemoryBudget::default_limit_bytes(), 0);
  EXPECT_LT(MemoryBudget::default_limit_bytes(),
            static_cast<std::int64_t>(env::total_memory_bytes()));
}

}  // namespace
}  // namespace latchkey::storage::tree
