// Many threads at once. Under tsan these are also the search for races in the engine.
#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "storage/conformance.h"

namespace latchkey::storage {
namespace {

constexpr int kThreads = 4;

template <typename Body>
void in_threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int number = 0; number < count; ++number) threads.emplace_back(body, number);
  for (std::thread& thread : threads) thread.join();
}

/// One more, in a transaction that waits for its row as a server would. Returns whether it
/// committed.
bool increment(Engine& engine, Isolation level, TreeId tree, Bytes key) {
  Wakeup wakeup;
  const auto txn = engine.begin(level);
  for (;;) {
    const std::size_t mark = txn->savepoint();
    int count = 0;
    const auto read = txn->read_for_update(
        tree, key, [&](const RecordView& record) { count = std::stoi(std::string(record.value)); });
    if (read.has_value()) {
      const std::string next = std::to_string(count + 1);
      EXPECT_OK(txn->put(tree, key, {next, kNoDeadline, 0}));
      return txn->commit().has_value();
    }
    if (read.error().code() != ErrorCode::RowLocked) return false;
    txn->rollback_to(mark);
    engine.when_unlocked(*txn->blocked_on(), wakeup.callback());
    wakeup.await();
  }
}

bool increment_single(Engine& engine, const KeyRef& key) {
  std::string next;
  const auto outcome = engine.update(
      key, engine.now_ms(), [&](const RecordView* live, const RecordView*) -> Result<Decision> {
        next = std::to_string(live == nullptr ? 1 : std::stoi(std::string(live->value)) + 1);
        return Decision::put({next, kNoDeadline, 0});
      });
  return outcome.has_value();
}

TEST_P(Conformance, ThreadsThatIncrementOneCounterLoseNothing) {
  constexpr int kTurns = 5000;

  in_threads(kThreads, [&](int) {
    for (int turn = 0; turn < kTurns; ++turn) {
      const Engine::Turn short_work(*engine_);
      ASSERT_TRUE(increment_single(*engine_, ref("counter")));
    }
  });

  EXPECT_EQ(get("counter"), std::to_string(kThreads * kTurns));
}

// Others' keys come and go before ours all the time; how many of ours there are, and which is
// which, does not change by that.
TEST_P(Conformance, RanksFromAKeyOnStandStillWhileKeysBeforeItMove) {
  constexpr int kKeys = 50;
  constexpr int kMoves = 60'000;
  const auto numbered = [](Bytes name, int number) {
    return std::string(name) + std::to_string(100 + number);
  };
  for (int number = 0; number < kKeys; ++number) put(counted_, numbered("own", number), "");
  std::atomic<bool> done{false};

  in_threads(2, [&](int thread) {
    for (int turn = 0; thread == 0 && turn < kMoves; ++turn) {
      const Engine::Turn short_work(*engine_);
      const auto txn = engine_->begin_atomic({}, engine_->now_ms());
      const std::string key = numbered("before", turn % kKeys);
      if (!txn->erase(counted_, key).value()) {
        EXPECT_TRUE(txn->put(counted_, key, {}).has_value());
      }
      EXPECT_TRUE(txn->commit().has_value());
    }
    if (thread == 0) done = true;
    for (int turn = 0; !done; turn = (turn + 1) % kKeys) {
      const Engine::Turn short_work(*engine_);
      const auto txn = engine_->begin_atomic({}, engine_->now_ms());
      const std::string key = numbered("own", turn);
      ASSERT_EQ(txn->rank(counted_, key, "own").value(), static_cast<std::uint64_t>(turn));
      ASSERT_EQ(txn->select(counted_, static_cast<std::uint64_t>(turn), "own").value(), key);
    }
  });
}

TEST_P(Conformance, TransactionsThatIncrementOneCounterLoseNothing) {
  constexpr int kTurns = 200;
  put("counter", "0");
  for (const Isolation level : kIsolationLevels) {
    SCOPED_TRACE(name_of(level));
    const int before = std::stoi(get("counter"));
    std::atomic<int> committed_count{0};

    in_threads(kThreads, [&](int) {
      for (int turn = 0; turn < kTurns; ++turn) {
        if (increment(*engine_, level, tree_, "counter")) ++committed_count;
      }
    });

    EXPECT_EQ(get("counter"), std::to_string(before + committed_count));
    if (level == Isolation::ReadCommitted) {
      EXPECT_EQ(committed_count, kThreads * kTurns);
    }
  }
}

TEST_P(Conformance, EveryKindOfWriterCountsOnTheSameCounter) {
  constexpr int kTurns = 300;
  put("counter", "0");
  std::atomic<int> expected{0};

  in_threads(kThreads, [&](int thread) {
    Wakeup wakeup;
    for (int turn = 0; turn < kTurns; ++turn) {
      if (thread == 0) {
        if (increment(*engine_, Isolation::ReadCommitted, tree_, "counter")) ++expected;
        continue;
      }
      for (bool done = false; !done;) {
        RowLockWait wait;
        if (thread == 1) {
          const std::array<KeyRef, 2> keys{ref("counter"), ref("other")};
          const auto txn = turn % 10 == 0 ? engine_->begin_atomic_on_everything(now())
                                          : engine_->begin_atomic(keys, now());
          const std::string next = std::to_string(std::stoi(get(*txn, "counter")) + 1);
          const auto outcome = txn->put(tree_, "counter", {next, kNoDeadline, 0});
          if (outcome.has_value()) {
            ASSERT_OK(txn->commit());
            done = true;
          } else {
            wait = *txn->blocked_on();
          }
        } else {
          std::string next;
          done = engine_
                     ->update(
                         ref("counter"), now(),
                         [&](const RecordView* live, const RecordView*) -> Result<Decision> {
                           next = std::to_string(std::stoi(std::string(live->value)) + 1);
                           return Decision::put({next, kNoDeadline, 0});
                         },
                         &wait)
                     .has_value();
        }
        if (done) {
          ++expected;
        } else {
          engine_->when_unlocked(wait, wakeup.callback());
          wakeup.await();
        }
      }
    }
  });

  EXPECT_EQ(get("counter"), std::to_string(expected.load()));
  EXPECT_EQ(expected, kThreads * kTurns);
}

// Money moves between accounts; no snapshot may see it made or lost.
TEST_P(Conformance, SnapshotsAlwaysSeeTheSameSumWhileMoneyMoves) {
  constexpr int kAccounts = 20;
  constexpr int kTurns = 400;
  const auto account = [](int number) { return "account" + std::to_string(number % kAccounts); };
  for (int number = 0; number < kAccounts; ++number) put(account(number), "100");
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};

  std::thread auditor([&] {
    for (int turn = 0; !stop; ++turn) {
      const auto txn = begin(kIsolationLevels[turn % 3]);
      int sum = 0;
      const auto cursor =
          txn->scan(tree_, {}, turn % 2 == 0 ? Direction::Forward : Direction::Backward);
      while (cursor->next().value()) sum += std::stoi(std::string(cursor->record().value));
      if (sum != kAccounts * 100) ++wrong;
      if (txn->count(tree_).value() != kAccounts) ++wrong;
    }
  });
  in_threads(2, [&](int thread) {
    for (int turn = 0; turn < kTurns; ++turn) {
      const std::string from = account(turn * 7 + thread);
      const std::string to = account(turn * 7 + thread + 1 + turn % 5);
      const std::array<KeyRef, 2> keys{ref(from), ref(to)};
      const auto txn = engine_->begin_atomic(keys, now());
      const std::string less = std::to_string(std::stoi(get(*txn, from)) - 1);
      const std::string more = std::to_string(std::stoi(get(*txn, to)) + 1);
      ASSERT_OK(txn->put(tree_, from, {less, kNoDeadline, 0}));
      ASSERT_OK(txn->put(tree_, to, {more, kNoDeadline, 0}));
      ASSERT_OK(txn->commit());
    }
  });
  stop = true;
  auditor.join();

  EXPECT_EQ(wrong, 0);
}

// Each transaction reads both flags and sets its own only if the other is clear: at SERIALIZABLE
// never both, however they interleave.
TEST_P(Conformance, SerializableTransactionsNeverSkew) {
  constexpr int kRounds = 300;
  std::atomic<int> both{0};
  std::array<std::atomic<int>, 2> arrived{};
  for (int round = 0; round < kRounds; ++round) {
    const std::string stem = "round" + std::to_string(round) + ":";
    in_threads(2, [&](int thread) {
      ++arrived[static_cast<std::size_t>(thread)];
      const auto txn = begin(Isolation::Serializable);
      const std::string own = stem + std::to_string(thread);
      const std::string other = stem + std::to_string(1 - thread);
      if (get(*txn, other) == kAbsent) {
        ASSERT_OK(txn->put(tree_, own, {"set", kNoDeadline, 0}));
      }
      (void)txn->commit();
    });
    if (get(stem + "0") != kAbsent && get(stem + "1") != kAbsent) ++both;
  }

  EXPECT_EQ(both, 0);
}

TEST_P(Conformance, ThreadsInsertEraseAndWalkTogether) {
  constexpr int kKeys = 400;
  std::atomic<bool> stop{false};
  std::thread walker([&] {
    while (!stop) {
      const auto txn = begin(Isolation::RepeatableRead);
      std::string last;
      std::uint64_t met = 0;
      const auto cursor = txn->scan(tree_, {}, Direction::Forward);
      while (cursor->next().value()) {
        ASSERT_TRUE(met == 0 || last < cursor->key());
        last = std::string(cursor->key());
        ++met;
      }
      ASSERT_EQ(txn->count(tree_).value(), met);
    }
  });

  in_threads(2, [&](int thread) {
    for (int round = 0; round < 4; ++round) {
      for (int number = 0; number < kKeys; ++number) {
        put(std::to_string(thread) + ":" + std::to_string(number * 37 % kKeys), "1");
      }
      for (int number = 0; number < kKeys; ++number) {
        if (number % 4 == 0 && round == 3) continue;
        ASSERT_TRUE(erase(std::to_string(thread) + ":" + std::to_string(number)));
      }
    }
  });
  stop = true;
  walker.join();

  EXPECT_EQ(begin(Isolation::ReadCommitted)->count(tree_).value(), 2u * kKeys / 4);
}

}  // namespace
}  // namespace latchkey::storage
