// Row locks: who meets them, who waits, who is called, who is a victim.
#include <array>
#include <string>

#include "storage/conformance.h"

namespace latchkey::storage {
namespace {

NewRecord value(Bytes bytes) { return {bytes, kNoDeadline, 0}; }

constexpr auto put_single = [](const RecordView*, const RecordView*) -> Result<Decision> {
  return Decision::put({"single", kNoDeadline, 0});
};

TEST_P(Conformance, AWrittenRowIsLockedForEveryOtherWriter) {
  put("a", "1");
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("2")));

  RowLockWait wait;
  int calls = 0;
  const auto decide = [&](const RecordView*, const RecordView*) -> Result<Decision> {
    ++calls;
    return Decision::keep();
  };
  EXPECT_EQ(error_of(engine_->update(ref("a"), now(), decide, &wait)), ErrorCode::RowLocked);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(wait.tree, tree_);
  EXPECT_EQ(wait.key, "a");
  EXPECT_EQ(wait.waiter, 0u);
  EXPECT_NE(wait.holder, 0u);

  const std::array<KeyRef, 1> keys{ref("a")};
  const auto atomic = engine_->begin_atomic(keys, now());
  EXPECT_EQ(get(*atomic, "a"), "1");
  EXPECT_EQ(error_of(atomic->put(tree_, "a", value("3"))), ErrorCode::RowLocked);
  ASSERT_TRUE(atomic->blocked_on().has_value());
  EXPECT_EQ(atomic->blocked_on()->key, "a");
  atomic->rollback();

  for (const Isolation level : kIsolationLevels) {
    const auto other = begin(level);
    EXPECT_EQ(error_of(other->put(tree_, "a", value("3"))), ErrorCode::RowLocked);
    ASSERT_TRUE(other->blocked_on().has_value());
    EXPECT_EQ(other->blocked_on()->key, "a");
    EXPECT_EQ(other->blocked_on()->holder, wait.holder);
    EXPECT_NE(other->blocked_on()->waiter, 0u);
    EXPECT_EQ(error_of(other->erase(tree_, "a")), ErrorCode::RowLocked);
    EXPECT_EQ(error_of(other->read_for_update(tree_, "a", [](const RecordView&) {})),
              ErrorCode::RowLocked);
  }
}

TEST_P(Conformance, ReadersAreNeverBlocked) {
  put("a", "1");
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("2")));

  EXPECT_EQ(get("a"), "1");
  for (const Isolation level : kIsolationLevels) {
    const auto reader = begin(level);
    EXPECT_EQ(get(*reader, "a"), "1");
    EXPECT_EQ(scan(*reader), "a=1");
    EXPECT_EQ(reader->count(tree_).value(), 1u);
  }
}

TEST_P(Conformance, AReadForUpdateLocksTheRowTheAbsentOneToo) {
  put("a", "1");
  const auto holder = begin(Isolation::RepeatableRead);
  EXPECT_TRUE(holder->read_for_update(tree_, "a", [](const RecordView&) {}).value());
  EXPECT_FALSE(holder->read_for_update(tree_, "absent", [](const RecordView&) {}).value());

  EXPECT_EQ(error_of(engine_->update(ref("a"), now(), put_single)), ErrorCode::RowLocked);
  EXPECT_EQ(error_of(engine_->update(ref("absent"), now(), put_single)), ErrorCode::RowLocked);
  EXPECT_EQ(holder->commit().value(), Lsn{0});

  EXPECT_OK(engine_->update(ref("a"), now(), put_single));
}

TEST_P(Conformance, AnOwnerIsNotLockedOutOfItsRow) {
  const auto txn = begin(Isolation::ReadCommitted);

  EXPECT_OK(txn->put(tree_, "a", value("1")));
  EXPECT_TRUE(txn->read_for_update(tree_, "a", [](const RecordView&) {}).value());
  EXPECT_TRUE(txn->erase(tree_, "a").value());
  EXPECT_OK(txn->put(tree_, "a", value("2")));
  EXPECT_OK(txn->commit());

  EXPECT_EQ(committed(), "a=2");
}

TEST_P(Conformance, OtherRowsAndTreesAreNotLocked) {
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));

  for (int number = 0; number < 5000; ++number) {
    ASSERT_NE(put("other" + std::to_string(number), "2"), Lsn{0});
  }
  EXPECT_NE(put(counted_, "a", "2"), Lsn{0});
}

TEST_P(Conformance, CommitAndRollbackGiveTheRowsBack) {
  for (const bool commits : {true, false}) {
    const auto holder = begin(Isolation::ReadCommitted);
    EXPECT_OK(holder->put(tree_, "a", value("1")));
    EXPECT_OK(holder->put(tree_, "b", value("1")));
    if (commits) {
      EXPECT_OK(holder->commit());
    } else {
      holder->rollback();
    }

    EXPECT_NE(put("a", "2"), Lsn{0});
    EXPECT_NE(put("b", "2"), Lsn{0});
  }
}

TEST_P(Conformance, ASavepointGivesBackTheRowsLockedAfterIt) {
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));
  const std::size_t mark = holder->savepoint();
  EXPECT_OK(holder->put(tree_, "b", value("1")));

  holder->rollback_to(mark);

  EXPECT_NE(put("b", "2"), Lsn{0});
  EXPECT_EQ(error_of(engine_->update(ref("a"), now(), put_single)), ErrorCode::RowLocked);
}

TEST_P(Conformance, ASingleUpdateIsCalledWhenTheRowIsFree) {
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));
  RowLockWait wait;
  ASSERT_EQ(error_of(engine_->update(ref("a"), now(), put_single, &wait)), ErrorCode::RowLocked);

  Wakeup wakeup;
  engine_->when_unlocked(wait, wakeup.callback());
  EXPECT_FALSE(wakeup.was_called());
  EXPECT_OK(holder->commit());
  wakeup.await();

  EXPECT_OK(engine_->update(ref("a"), now(), put_single, &wait));
  EXPECT_EQ(committed(), "a=single");
}

TEST_P(Conformance, AnAtomicStepIsCalledWhenTheRowIsFree) {
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));
  RowLockWait wait;
  {
    const auto step = engine_->begin_atomic_on_everything(now());
    ASSERT_EQ(error_of(step->put(tree_, "a", value("2"))), ErrorCode::RowLocked);
    wait = *step->blocked_on();
  }

  Wakeup wakeup;
  engine_->when_unlocked(wait, wakeup.callback());
  EXPECT_FALSE(wakeup.was_called());
  holder->rollback();
  wakeup.await();

  const auto again = engine_->begin_atomic_on_everything(now());
  EXPECT_OK(again->put(tree_, "a", value("2")));
  EXPECT_OK(again->commit());
  EXPECT_EQ(get("a"), "2");
}

TEST_P(Conformance, ATransactionIsCalledWhenTheRowIsItsToTake) {
  put("a", "1");
  const auto holder = begin(Isolation::ReadCommitted);
  const auto waiter = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("2")));
  const std::size_t mark = waiter->savepoint();
  ASSERT_EQ(error_of(waiter->put(tree_, "a", value("3"))), ErrorCode::RowLocked);
  waiter->rollback_to(mark);

  Wakeup wakeup;
  engine_->when_unlocked(*waiter->blocked_on(), wakeup.callback());
  EXPECT_FALSE(wakeup.was_called());
  EXPECT_OK(holder->commit());
  wakeup.await();

  EXPECT_OK(waiter->put(tree_, "a", value("3")));
  EXPECT_OK(waiter->commit());
  EXPECT_EQ(committed(), "a=3");
}

TEST_P(Conformance, AWaitForARowThatIsFreeByNowEndsAtOnce) {
  const auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));
  RowLockWait wait;
  ASSERT_EQ(error_of(engine_->update(ref("a"), now(), put_single, &wait)), ErrorCode::RowLocked);
  holder->rollback();

  Wakeup wakeup;
  engine_->when_unlocked(wait, wakeup.callback());

  wakeup.await();
}

TEST_P(Conformance, EveryWaiterComesToItsTurn) {
  auto holder = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("0")));
  constexpr int kWaiters = 5;
  std::array<std::unique_ptr<Transaction>, kWaiters> waiters;
  std::array<Wakeup, kWaiters> wakeups;
  Wakeup single;
  RowLockWait wait;
  for (int number = 0; number < kWaiters; ++number) {
    const auto at = static_cast<std::size_t>(number);
    waiters[at] = begin(Isolation::ReadCommitted);
    ASSERT_EQ(error_of(waiters[at]->put(tree_, "a", value("x"))), ErrorCode::RowLocked);
    engine_->when_unlocked(*waiters[at]->blocked_on(), wakeups[at].callback());
    if (number != 2) continue;
    ASSERT_EQ(error_of(engine_->update(ref("a"), now(), put_single, &wait)), ErrorCode::RowLocked);
    engine_->when_unlocked(wait, single.callback());
  }

  holder.reset();
  int done = 0;
  bool single_done = false;
  for (int round = 0; round < 100 && (done < kWaiters || !single_done); ++round) {
    for (std::size_t at = 0; at < waiters.size(); ++at) {
      if (!waiters[at] || !wakeups[at].was_called()) continue;
      wakeups[at].await();
      const auto error = error_of(waiters[at]->put(tree_, "a", value("x")));
      if (!error) {
        EXPECT_OK(waiters[at]->commit());
        waiters[at].reset();
        ++done;
      } else {
        ASSERT_EQ(error, ErrorCode::RowLocked);
        engine_->when_unlocked(*waiters[at]->blocked_on(), wakeups[at].callback());
      }
    }
    if (!single_done && single.was_called()) {
      single.await();
      const auto error = error_of(engine_->update(ref("a"), now(), put_single, &wait));
      single_done = !error;
      if (error) engine_->when_unlocked(wait, single.callback());
    }
  }

  EXPECT_EQ(done, kWaiters);
  EXPECT_TRUE(single_done);
}

// A client goes away while it waits: the row must not be left to it.
TEST_P(Conformance, AWaiterThatEndsDoesNotKeepTheRow) {
  auto holder = begin(Isolation::ReadCommitted);
  auto waiter = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));
  ASSERT_EQ(error_of(waiter->put(tree_, "a", value("2"))), ErrorCode::RowLocked);
  Wakeup wakeup;
  const RowLockWait wait = *waiter->blocked_on();
  engine_->when_unlocked(wait, wakeup.callback());

  waiter.reset();
  holder.reset();
  EXPECT_NE(put("a", "3"), Lsn{0});
}

// The whole transaction was rolled back before the wait, as engine.h allows.
TEST_P(Conformance, AWaitOfATransactionThatHasEndedIsCalledAndLeavesTheRowFree) {
  auto holder = begin(Isolation::ReadCommitted);
  auto waiter = begin(Isolation::ReadCommitted);
  EXPECT_OK(holder->put(tree_, "a", value("1")));
  ASSERT_EQ(error_of(waiter->put(tree_, "a", value("2"))), ErrorCode::RowLocked);
  const RowLockWait wait = *waiter->blocked_on();
  waiter->rollback();

  Wakeup wakeup;
  engine_->when_unlocked(wait, wakeup.callback());
  holder.reset();
  wakeup.await();

  EXPECT_NE(put("a", "3"), Lsn{0});
}

TEST_P(Conformance, TheOneWhoClosesARingGetsADeadlock) {
  put("a", "1");
  put("b", "1");
  const auto one = begin(Isolation::ReadCommitted);
  const auto two = begin(Isolation::ReadCommitted);
  EXPECT_OK(one->put(tree_, "a", value("2")));
  EXPECT_OK(two->put(tree_, "b", value("2")));
  ASSERT_EQ(error_of(one->put(tree_, "b", value("3"))), ErrorCode::RowLocked);
  Wakeup one_wakes;
  engine_->when_unlocked(*one->blocked_on(), one_wakes.callback());
  EXPECT_FALSE(one_wakes.was_called());

  ASSERT_EQ(error_of(two->put(tree_, "a", value("3"))), ErrorCode::RowLocked);
  Wakeup two_wakes;
  engine_->when_unlocked(*two->blocked_on(), two_wakes.callback());
  two_wakes.await();
  EXPECT_EQ(error_of(two->put(tree_, "a", value("3"))), ErrorCode::Deadlock);
  EXPECT_FALSE(one_wakes.was_called());
  two->rollback();

  one_wakes.await();
  EXPECT_OK(one->put(tree_, "b", value("3")));
  EXPECT_OK(one->commit());
  EXPECT_EQ(committed(), "a=2 b=3");
}

TEST_P(Conformance, ARingOfThreeIsADeadlockToo) {
  std::array<std::unique_ptr<Transaction>, 3> all;
  const std::array<std::string, 3> keys{"a", "b", "c"};
  std::array<Wakeup, 3> wakeups;
  for (std::size_t at = 0; at < 3; ++at) {
    all[at] = begin(Isolation::RepeatableRead);
    EXPECT_OK(all[at]->put(tree_, keys[at], value("1")));
  }
  for (std::size_t at = 0; at < 3; ++at) {
    ASSERT_EQ(error_of(all[at]->put(tree_, keys[(at + 1) % 3], value("2"))), ErrorCode::RowLocked);
    engine_->when_unlocked(*all[at]->blocked_on(), wakeups[at].callback());
  }

  wakeups[2].await();
  EXPECT_EQ(error_of(all[2]->put(tree_, "a", value("2"))), ErrorCode::Deadlock);
  EXPECT_FALSE(wakeups[0].was_called());
  EXPECT_FALSE(wakeups[1].was_called());
  all[2]->rollback();
  wakeups[1].await();
  EXPECT_OK(all[1]->put(tree_, "c", value("2")));
}

}  // namespace
}  // namespace latchkey::storage
