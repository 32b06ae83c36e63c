#include "storage/tree/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace latchkey::storage::tree {
namespace {

/// Waits until `condition` holds; a broken gate would hang, and the test runner's limit ends it.
template <typename Condition>
void await(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

// A moment long enough for a thread that is wrongly let in to be seen inside.
void give_others_time() {
  for (int turn = 0; turn < 2000; ++turn) std::this_thread::yield();
}

TEST(Gate, LetsManyThreadsInAtOnceWhenShared) {
  Gate gate;
  std::atomic<int> inside{0};

  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      const Gate::Shared shared(gate);
      ++inside;
      await([&] { return inside == 4; });
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(inside, 4);
}

TEST(Gate, ExclusiveWaitsUntilTheLastSharedHoldIsGone) {
  Gate gate;
  std::atomic<bool> is_exclusive{false};
  gate.enter_shared();
  gate.enter_shared();

  std::thread other([&] {
    const Gate::Exclusive exclusive(gate);
    is_exclusive = true;
  });
  give_others_time();
  EXPECT_FALSE(is_exclusive);
  gate.leave_shared();
  give_others_time();
  EXPECT_FALSE(is_exclusive);
  gate.leave_shared();
  other.join();

  EXPECT_TRUE(is_exclusive);
}

TEST(Gate, SharedWaitsForExclusive) {
  Gate gate;
  std::atomic<bool> is_inside{false};
  gate.enter_exclusive();

  std::thread other([&] {
    const Gate::Shared shared(gate);
    is_inside = true;
  });
  give_others_time();
  EXPECT_FALSE(is_inside);
  gate.leave_exclusive();
  other.join();

  EXPECT_TRUE(is_inside);
}

// Otherwise a steady stream of turns would keep a checkpoint from ever starting.
TEST(Gate, NewSharedHoldsWaitBehindAPendingExclusive) {
  Gate gate;
  std::atomic<bool> was_exclusive{false};
  std::atomic<bool> late_saw_exclusive{false};
  gate.enter_shared();
  std::thread exclusive([&] {
    const Gate::Exclusive guard(gate);
    was_exclusive = true;
  });
  await([&] { return gate.is_exclusive_pending(); });

  std::thread late([&] {
    const Gate::Shared shared(gate);
    late_saw_exclusive = was_exclusive.load();
  });
  give_others_time();
  gate.leave_shared();
  exclusive.join();
  late.join();

  EXPECT_TRUE(late_saw_exclusive);
}

TEST(Gate, AThreadInsideSharedMayAskForExclusiveAndHasItsHoldBackAfter) {
  Gate gate;
  gate.enter_shared();
  gate.enter_shared();

  gate.enter_exclusive();
  EXPECT_TRUE(gate.is_inside_exclusive());
  {
    const Gate::Shared nested(gate);
    EXPECT_TRUE(gate.is_inside_shared());
  }
  gate.leave_exclusive();

  EXPECT_TRUE(gate.is_inside_shared());
  std::atomic<bool> is_exclusive{false};
  std::thread other([&] {
    const Gate::Exclusive exclusive(gate);
    is_exclusive = true;
  });
  give_others_time();
  EXPECT_FALSE(is_exclusive);
  gate.leave_shared();
  gate.leave_shared();
  other.join();
  EXPECT_TRUE(is_exclusive);
}

// Two threads inside shared that both ask for exclusive would wait for each other for ever if they
// kept their holds.
TEST(Gate, ThreadsInsideSharedThatAllAskForExclusiveGetItInTurn) {
  Gate gate;
  std::atomic<int> inside{0};
  int exclusive_count = 0;

  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      const Gate::Shared shared(gate);
      ++inside;
      await([&] { return inside >= 4; });
      const Gate::Exclusive exclusive(gate);
      ++exclusive_count;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(exclusive_count, 4);
}

// Run under tsan this also shows that the gate orders plain memory.
TEST(Gate, SharedHoldersNeverSeeAHalfMadeChange) {
  Gate gate;
  int left = 0;
  int right = 0;
  std::atomic<int> torn{0};
  std::atomic<bool> stop{false};

  std::vector<std::thread> readers;
  for (int number = 0; number < 2; ++number) {
    readers.emplace_back([&] {
      while (!stop) {
        const Gate::Shared shared(gate);
        if (left != right) ++torn;
      }
    });
  }
  std::vector<std::thread> writers;
  for (int number = 0; number < 2; ++number) {
    writers.emplace_back([&] {
      for (int turn = 0; turn < 100; ++turn) {
        const Gate::Exclusive exclusive(gate);
        ++left;
        ++right;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(torn, 0);
  EXPECT_EQ(left, 200);
}

// Writers that come one after the other must leave room for a reader between them.
TEST(Gate, ASharedHoldIsNotStarvedByExclusives) {
  Gate gate;
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int number = 0; number < 2; ++number) {
    writers.emplace_back([&] {
      while (!stop) const Gate::Exclusive exclusive(gate);
    });
  }

  for (int turn = 0; turn < 200; ++turn) const Gate::Shared shared(gate);

  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST(ThreadSlot, IsGivenBackWhenAThreadEnds) {
  for (std::uint32_t number = 0; number < 2 * kThreadsMax; ++number) {
    std::thread([] { EXPECT_LT(this_thread_slot(), kThreadsMax); }).join();
  }
}

TEST(ThreadSlot, DiffersBetweenLivingThreads) {
  const std::uint32_t here = this_thread_slot();
  std::uint32_t there = here;

  std::thread([&] { there = this_thread_slot(); }).join();

  EXPECT_NE(here, there);
  EXPECT_EQ(here, this_thread_slot());
}

}  // namespace
}  // namespace latchkey::storage::tree
