#include "sql/query_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace latchkey::sql {
namespace {

using std::chrono::milliseconds;

/// Something that has happened or not. Declared before the threads, which it must outlive.
class Event {
 public:
  void happen() {
    const std::lock_guard lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  /// Returns whether it happened within some seconds.
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return happened_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

/// Uses `depth` KiB of stack.
int dive(int depth) {
  volatile char page[1024];
  page[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : dive(depth - 1) + page[0] - page[0] + 1;
}

TEST(QueryThreads, JobsThatWaitDoNotHoldUpOthers) {
  Event opened, ran;
  std::atomic<int> waiting{0};
  QueryThreads threads;

  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(threads.run([&] {
      ++waiting;
      opened.wait();
    }));
  }
  ASSERT_TRUE(threads.run([&] { ran.happen(); }));

  EXPECT_TRUE(ran.wait());
  while (waiting < 20) std::this_thread::yield();
  EXPECT_EQ(threads.counts().threads, 21u);
  opened.happen();
}

TEST(QueryThreads, TheThreadThatBecameIdleLastIsUsedAgain) {
  std::set<std::thread::id> ids;
  QueryThreads threads;

  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(threads.run([&] { ids.insert(std::this_thread::get_id()); }));
    ASSERT_TRUE(threads.wait_idle(milliseconds(10'000)));
  }

  EXPECT_EQ(ids.size(), 1u);
}

TEST(QueryThreads, AtTheMaximumJobsQueueInOrder) {
  Event opened;
  std::vector<int> order;
  QueryThreads threads({.thread_count_max = 1});

  threads.run([&] { opened.wait(); });
  for (int i = 0; i < 5; ++i) threads.run([&order, i] { order.push_back(i); });
  EXPECT_EQ(threads.counts().threads, 1u);
  opened.happen();
  ASSERT_TRUE(threads.wait_idle(milliseconds(10'000)));

  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(QueryThreads, AnIdleThreadEnds) {
  Event ran;
  QueryThreads threads({.idle_max = milliseconds(1)});
  threads.run([] {});

  for (int i = 0; i < 10'000 && threads.counts().threads > 0; ++i)
    std::this_thread::sleep_for(milliseconds(1));

  EXPECT_EQ(threads.counts().threads, 0u);
  EXPECT_TRUE(threads.run([&] { ran.happen(); }));
  EXPECT_TRUE(ran.wait());
}

// With one thread that ends and begins all the time, a job may come at any moment of that.
TEST(QueryThreads, NoJobIsLostWhileThreadsEnd) {
  std::atomic<int> ran{0};
  QueryThreads threads({.thread_count_max = 1, .idle_max = milliseconds(0)});

  for (int i = 1; i <= 2000; ++i) {
    ASSERT_TRUE(threads.run([&] { ++ran; }));
    ASSERT_TRUE(threads.wait_idle(milliseconds(10'000)));
    ASSERT_EQ(ran, i);
  }
}

TEST(QueryThreads, StopRunsWhatWasTakenAndTakesNoMore) {
  std::atomic<int> ran{0};
  QueryThreads threads({.thread_count_max = 2});
  for (int i = 0; i < 100; ++i) threads.run([&] { ++ran; });

  threads.stop();

  EXPECT_EQ(ran, 100);
  EXPECT_FALSE(threads.run([&] { ++ran; }));
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(threads.counts().threads, 0u);
}

TEST(QueryThreads, WaitIdleGivesUpWhileAJobRuns) {
  Event opened;
  QueryThreads threads;
  threads.run([&] { opened.wait(); });

  EXPECT_FALSE(threads.wait_idle(milliseconds(5)));

  opened.happen();
  EXPECT_TRUE(threads.wait_idle(milliseconds(10'000)));
}

TEST(QueryThreads, WhatAJobHoldsGoesWithIt) {
  const auto held = std::make_shared<int>(1);
  QueryThreads threads;
  threads.run([held] {});

  ASSERT_TRUE(threads.wait_idle(milliseconds(10'000)));

  EXPECT_EQ(held.use_count(), 1);
}

TEST(QueryThreads, HaveDeepStacks) {
  const int kib = static_cast<int>(kQueryStackBytes / 1024 / 4);
  int depth = 0;
  QueryThreads threads;

  threads.run([&] { depth = dive(kib); });
  threads.stop();

  EXPECT_EQ(depth, kib);
}

TEST(QueryThreads, AMachineThatGivesNoThreadIsReported) {
  QueryThreads threads({.stack_bytes = std::size_t{1} << 60});

  EXPECT_FALSE(threads.run([] {}));
}

TEST(QueryThreads, ManyJobsFromManyThreads) {
  std::atomic<int> ran{0};
  QueryThreads threads({.thread_count_max = 8, .idle_max = milliseconds(1)});
  std::vector<std::thread> callers;

  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) threads.run([&] { ++ran; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  threads.stop();

  EXPECT_EQ(ran, 20'000);
}

}  // namespace
}  // namespace latchkey::sql
