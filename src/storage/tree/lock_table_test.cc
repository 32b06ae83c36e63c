#include "storage/tree/lock_table.h"

#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <string>
#include <thread>

#include "base/hash.h"

namespace latchkey::storage::tree {
namespace {

using Kind = RowLockOutcome::Kind;

constexpr TreeId kTree{7};
constexpr std::uint64_t kAda = 1;
constexpr std::uint64_t kBob = 2;
constexpr std::uint64_t kCyd = 3;

/// A table and the calls that a transaction makes, each with its latch.
class Locks : public testing::Test {
 protected:
  static std::uint64_t hash(Bytes key) { return hash_bytes(key, value_of(kTree)); }

  RowLockOutcome lock(std::uint64_t owner, Bytes key) {
    const auto latched = table_.latch(hash(key));
    return table_.try_lock_row(owner, kTree, key, hash(key));
  }
  std::uint64_t holder(Bytes key) {
    const auto latched = table_.latch(hash(key));
    return table_.holder(kTree, key, hash(key));
  }
  /// Leaves a callback that adds `name` to called_.
  void wait(std::uint64_t waiter, Bytes key, const std::string& name) {
    table_.when_unlocked({kTree, hash(key), std::string(key), holder(key), waiter},
                         [this, name] { called_ += name; });
  }

  LockTable table_{16};
  std::string called_;
};

TEST_F(Locks, ARowIsHeldUntilItsOwnerIsOver) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);

  const RowLockOutcome refused = lock(kBob, "a");
  EXPECT_EQ(refused.kind, Kind::Held);
  EXPECT_EQ(refused.holder, kAda);
  EXPECT_EQ(holder("a"), kAda);

  table_.unlock_all(kAda);
  EXPECT_EQ(holder("a"), 0u);
  EXPECT_EQ(lock(kBob, "a").kind, Kind::Granted);
}

TEST_F(Locks, AnOwnerMayAskAgainForWhatItHolds) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);

  EXPECT_EQ(lock(kAda, "a").kind, Kind::Granted);
  EXPECT_EQ(table_.locked_count(kAda), 1u);
}

// Sixteen buckets and a hundred keys: most buckets hold several rows.
TEST_F(Locks, RowsOfOneBucketDoNotDisturbEachOther) {
  for (int number = 0; number < 100; ++number) {
    ASSERT_EQ(lock(kAda + static_cast<std::uint64_t>(number % 2), std::to_string(number)).kind,
              Kind::Granted);
  }
  EXPECT_EQ(table_.row_lock_count(), 100u);

  table_.unlock_all(kAda);

  for (int number = 0; number < 100; ++number) {
    EXPECT_EQ(holder(std::to_string(number)), number % 2 == 0 ? 0 : kBob) << number;
  }
  EXPECT_EQ(table_.row_lock_count(), 50u);
}

TEST_F(Locks, TheSameKeyInAnotherTreeIsAnotherRow) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);

  const auto latched = table_.latch(hash("a"));
  EXPECT_EQ(table_.holder(TreeId{8}, "a", hash("a")), 0u);
}

TEST_F(Locks, UnlockSinceGivesBackOnlyTheLaterRows) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  const std::size_t mark = table_.locked_count(kAda);
  ASSERT_EQ(lock(kAda, "b").kind, Kind::Granted);
  ASSERT_EQ(lock(kAda, "c").kind, Kind::Granted);

  table_.unlock_since(kAda, mark);

  EXPECT_EQ(holder("a"), kAda);
  EXPECT_EQ(holder("b"), 0u);
  EXPECT_EQ(holder("c"), 0u);
}

TEST_F(Locks, AFreeRowCallsBackAtOnce) {
  wait(kBob, "a", "bob");

  EXPECT_EQ(called_, "bob");
}

TEST_F(Locks, AReleasedRowGoesToTheFirstWaiterAndNobodyJumpsTheQueue) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(kBob, "a", "bob ");
  ASSERT_EQ(lock(kCyd, "a").kind, Kind::Held);
  wait(kCyd, "a", "cyd ");
  EXPECT_EQ(called_, "");

  table_.unlock_all(kAda);

  EXPECT_EQ(called_, "bob ");
  EXPECT_EQ(lock(kCyd, "a").kind, Kind::Held);
  EXPECT_EQ(lock(kBob, "a").kind, Kind::Granted);
  table_.unlock_all(kBob);
  EXPECT_EQ(called_, "bob cyd ");
  EXPECT_EQ(holder("a"), kCyd);
}

// A single update cannot own a row; those behind it must not sleep on a row that nobody holds.
TEST_F(Locks, WhenASingleUpdateStandsFirstAllAreCalledAndTheRowIsFree) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(0, "a", "single ");
  wait(kBob, "a", "bob ");

  table_.unlock_all(kAda);

  EXPECT_EQ(called_, "single bob ");
  EXPECT_EQ(holder("a"), 0u);
}

// A statement may end its whole transaction before it waits; a row handed to that would be locked
// for ever.
TEST_F(Locks, ATransactionThatIsOverWaitsWithoutAName) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  table_.unlock_all(kBob);
  wait(kBob, "a", "bob ");

  table_.unlock_all(kAda);

  EXPECT_EQ(called_, "bob ");
  EXPECT_EQ(holder("a"), 0u);
}

TEST_F(Locks, AWaiterThatEndsIsCalledOnceAndLeavesTheQueue) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(kBob, "a", "bob ");

  table_.unlock_all(kBob);
  EXPECT_EQ(called_, "bob ");
  table_.unlock_all(kAda);

  EXPECT_EQ(called_, "bob ");
  EXPECT_EQ(holder("a"), 0u);
}

TEST_F(Locks, AWaiterThatWasHandedTheRowGivesItOnWhenItEnds) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(kBob, "a", "bob ");
  table_.unlock_all(kAda);
  ASSERT_EQ(holder("a"), kBob);

  table_.unlock_all(kBob);

  EXPECT_EQ(holder("a"), 0u);
}

TEST_F(Locks, TheOneWhoClosesARingOfTwoIsTheVictim) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "b").kind, Kind::Granted);
  ASSERT_EQ(lock(kAda, "b").kind, Kind::Held);
  wait(kAda, "b", "ada ");

  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(kBob, "a", "bob ");

  EXPECT_EQ(called_, "bob ");
  EXPECT_EQ(lock(kBob, "a").kind, Kind::Deadlock);
  table_.unlock_all(kBob);
  EXPECT_EQ(called_, "bob ada ");
  EXPECT_EQ(lock(kAda, "b").kind, Kind::Granted);
}

TEST_F(Locks, ARingOfThreeIsFound) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "b").kind, Kind::Granted);
  ASSERT_EQ(lock(kCyd, "c").kind, Kind::Granted);
  ASSERT_EQ(lock(kAda, "b").kind, Kind::Held);
  wait(kAda, "b", "ada ");
  ASSERT_EQ(lock(kBob, "c").kind, Kind::Held);
  wait(kBob, "c", "bob ");
  EXPECT_EQ(called_, "");

  ASSERT_EQ(lock(kCyd, "a").kind, Kind::Held);
  wait(kCyd, "a", "cyd ");

  EXPECT_EQ(called_, "cyd ");
  EXPECT_EQ(lock(kCyd, "a").kind, Kind::Deadlock);
}

// Bob waited for Ada when he joined the queue; by hand-over he waits for Cyd now.
TEST_F(Locks, ARingThroughARowThatChangedHandsIsFound) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "b").kind, Kind::Granted);
  ASSERT_EQ(lock(kCyd, "a").kind, Kind::Held);
  wait(kCyd, "a", "cyd ");
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(kBob, "a", "bob ");
  table_.unlock_all(kAda);
  ASSERT_EQ(holder("a"), kCyd);

  ASSERT_EQ(lock(kCyd, "b").kind, Kind::Held);
  wait(kCyd, "b", "ring ");

  EXPECT_EQ(called_, "cyd ring ");
  EXPECT_EQ(lock(kCyd, "b").kind, Kind::Deadlock);
}

TEST_F(Locks, AVictimThatFindsTheRowFreeGoesOn) {
  ASSERT_EQ(lock(kAda, "a").kind, Kind::Granted);
  ASSERT_EQ(lock(kBob, "b").kind, Kind::Granted);
  ASSERT_EQ(lock(kAda, "b").kind, Kind::Held);
  wait(kAda, "b", "");
  ASSERT_EQ(lock(kBob, "a").kind, Kind::Held);
  wait(kBob, "a", "");
  table_.unlock_all(kAda);

  EXPECT_EQ(lock(kBob, "a").kind, Kind::Granted);
}

TEST_F(Locks, AManyfoldLatchTakesEachBucketOnceAndGivesAllBack) {
  const std::array<std::uint64_t, 5> hashes{hash("a"), hash("b"), hash("a"), hash("c"), hash("a")};

  {
    auto latched = table_.latch_all(hashes);
    for (const std::uint64_t each : hashes) EXPECT_TRUE(latched.covers(each));
    const LockTable::MultiLatch moved = std::move(latched);
    EXPECT_TRUE(moved.covers(hash("b")));
    EXPECT_FALSE(latched.covers(hash("b")));
  }

  const auto again = table_.latch_all(hashes);
  EXPECT_TRUE(again.covers(hash("c")));
}

// Each counter is plain memory: only the latches keep the threads apart.
TEST(LockTableThreads, LatchesKeepUpdatesOfOneKeyApart) {
  constexpr int kTurns = 20'000;
  LockTable table(4);
  std::array<std::uint64_t, 8> hashes;
  for (std::uint64_t index = 0; index < hashes.size(); ++index) {
    hashes[index] = hash_bytes(std::to_string(index));
  }
  std::array<int, 8> counters{};

  const auto work = [&](std::size_t first) {
    for (std::size_t turn = 0; turn < kTurns; ++turn) {
      const std::size_t one = (first + turn) % 8;
      const std::size_t two = (first + turn * 3) % 8;
      if (turn % 2 == 0) {
        const auto latched = table.latch(hashes[one]);
        ++counters[one];
      } else {
        const std::array<std::uint64_t, 2> both{hashes[two], hashes[one]};
        const auto latched = table.latch_all(both);
        ++counters[one];
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < 4; ++number) threads.emplace_back(work, number);
  for (std::thread& thread : threads) thread.join();

  int sum = 0;
  for (const int counter : counters) sum += counter;
  EXPECT_EQ(sum, 4 * kTurns);
}

/// Lets a thread sleep until its callback comes.
class Wakeup {
 public:
  std::function<void()> callback() {
    return [this] {
      const std::lock_guard guard(mutex_);
      ++calls_;
      changed_.notify_all();
    };
  }
  void await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_ != 0; });
    --calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int calls_ = 0;
};

// Transactions that take rows in any order, wait and fall victim: all of them get through, and the
// plain counters show that no row ever had two owners. A lost wake-up would hang.
TEST(LockTableThreads, TransactionsThatRingAndWaitAllGetThrough) {
  constexpr int kTransactions = 300;
  constexpr std::size_t kRows = 5;
  LockTable table(4);
  std::array<int, kRows> counters{};
  std::array<int, kRows> expected{};
  std::mutex expected_mutex;
  std::atomic<std::uint64_t> next_owner{1};
  std::atomic<int> deadlocks{0};

  const auto run_one = [&](std::span<const std::size_t> rows, Wakeup& wakeup) {
    const std::uint64_t owner = next_owner++;
    for (const std::size_t row : rows) {
      const std::string key = std::to_string(row);
      const std::uint64_t hash = hash_bytes(key, value_of(kTree));
      for (;;) {
        RowLockOutcome outcome;
        {
          const auto latched = table.latch(hash);
          outcome = table.try_lock_row(owner, kTree, key, hash);
        }
        if (outcome.kind == Kind::Granted) break;
        if (outcome.kind == Kind::Deadlock) {
          ++deadlocks;
          table.unlock_all(owner);
          return false;
        }
        table.when_unlocked({kTree, hash, key, outcome.holder, owner}, wakeup.callback());
        wakeup.await();
      }
    }
    for (const std::size_t row : rows) ++counters[row];
    table.unlock_all(owner);
    return true;
  };
  const auto work = [&](std::size_t seed) {
    Wakeup wakeup;
    for (std::size_t number = 0; number < kTransactions; ++number) {
      const std::size_t one = (seed + number * 7) % kRows;
      const std::size_t two = (seed * 3 + number * 11 + 1) % kRows;
      const std::array<std::size_t, 2> rows{one, two == one ? (one + 1) % kRows : two};
      while (!run_one(rows, wakeup)) {
      }
      const std::lock_guard guard(expected_mutex);
      ++expected[rows[0]];
      ++expected[rows[1]];
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed);
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(counters, expected);
  EXPECT_EQ(table.row_lock_count(), 0u);
}

// Single updates and a transaction that never leaves the row for long: each gets its turn.
TEST(LockTableThreads, SingleUpdatesGetThroughBesideATransactionThatComesAgainAndAgain) {
  LockTable table(1);
  const std::uint64_t hash = hash_bytes("a", value_of(kTree));
  std::atomic<bool> stop{false};
  std::thread transactions([&] {
    Wakeup wakeup;
    for (std::uint64_t owner = 1; !stop; ++owner) {
      for (;;) {
        RowLockOutcome outcome;
        {
          const auto latched = table.latch(hash);
          outcome = table.try_lock_row(owner, kTree, "a", hash);
        }
        if (outcome.kind == Kind::Granted) break;
        table.when_unlocked({kTree, hash, "a", outcome.holder, owner}, wakeup.callback());
        wakeup.await();
      }
      table.unlock_all(owner);
    }
  });

  Wakeup wakeup;
  for (int done = 0; done < 200;) {
    std::uint64_t holder = 0;
    {
      const auto latched = table.latch(hash);
      holder = table.holder(kTree, "a", hash);
      if (holder == 0) ++done;
    }
    if (holder != 0) {
      table.when_unlocked({kTree, hash, "a", holder, 0}, wakeup.callback());
      wakeup.await();
    }
  }

  stop = true;
  transactions.join();
}

}  // namespace
}  // namespace latchkey::storage::tree
