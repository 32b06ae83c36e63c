// Transactions by themselves: own writes, walks, ranks, savepoints, trees, atomic steps.
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "storage/conformance.h"

namespace latchkey::storage {
namespace {

NewRecord value(Bytes bytes) { return {bytes, kNoDeadline, 0}; }

std::string padded(int number) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%04d", number);
  return text.data();
}

TEST_P(Conformance, OwnWritesAreSeenInsideAndNotOutside) {
  put("a", "1");
  put("b", "2");
  for (const Isolation level : kIsolationLevels) {
    SCOPED_TRACE(name_of(level));
    const auto txn = begin(level);

    EXPECT_OK(txn->put(tree_, "a", value("10")));
    EXPECT_OK(txn->put(tree_, "c", value("30")));
    EXPECT_TRUE(txn->erase(tree_, "b").value());
    EXPECT_FALSE(txn->erase(tree_, "b").value());

    EXPECT_EQ(get(*txn, "a"), "10");
    EXPECT_EQ(get(*txn, "b"), kAbsent);
    EXPECT_EQ(get(*txn, "c"), "30");
    EXPECT_EQ(txn->count(tree_).value(), 2u);
    EXPECT_EQ(scan(*txn), "a=10 c=30");
    EXPECT_EQ(scan(*txn, tree_, {}, Direction::Backward), "c=30 a=10");
    EXPECT_EQ(get("a"), "1");
    EXPECT_EQ(get("c"), kAbsent);
    EXPECT_EQ(committed(), "a=1 b=2");
    txn->rollback();
    EXPECT_EQ(committed(), "a=1 b=2");
  }
}

TEST_P(Conformance, AnOwnWriteMayBeOverwrittenErasedAndWrittenAgain) {
  const auto txn = begin(Isolation::RepeatableRead);

  EXPECT_OK(txn->put(tree_, "a", value("1")));
  EXPECT_OK(txn->put(tree_, "a", value("2")));
  EXPECT_TRUE(txn->erase(tree_, "a").value());
  EXPECT_EQ(get(*txn, "a"), kAbsent);
  EXPECT_OK(txn->put(tree_, "a", value("3")));
  EXPECT_OK(txn->put(tree_, "b", value("4")));
  EXPECT_TRUE(txn->erase(tree_, "b").value());
  EXPECT_OK(txn->commit());

  EXPECT_EQ(committed(), "a=3");
}

TEST_P(Conformance, ACommitGivesAllItsWritesOneVersion) {
  const Lsn before = put("z", "1");
  const auto txn = begin(Isolation::ReadCommitted);
  for (const char* key : {"a", "b", "c"}) EXPECT_OK(txn->put(tree_, key, value("1")));
  EXPECT_OK(txn->put(counted_, "x", value("")));

  const Lsn version = txn->commit().value();

  EXPECT_LT(before, version);
  const auto reader = begin(Isolation::ReadCommitted);
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_EQ(reader->get(tree_, key).value()->version, version);
  }
  EXPECT_EQ(reader->get(counted_, "x").value()->version, version);
}

TEST_P(Conformance, ACommitWithoutWritesHasNoVersion) {
  for (const Isolation level : kIsolationLevels) {
    const auto txn = begin(level);
    EXPECT_EQ(get(*txn, "a"), kAbsent);
    EXPECT_EQ(txn->commit().value(), Lsn{0});
  }
}

TEST_P(Conformance, ATransactionThatHasEndedRefusesEverything) {
  put("a", "1");
  for (const bool commits : {true, false}) {
    const auto txn = begin(Isolation::ReadCommitted);
    if (commits) {
      EXPECT_OK(txn->commit());
    } else {
      txn->rollback();
    }

    EXPECT_EQ(error_of(txn->get(tree_, "a")), ErrorCode::TransactionEnded);
    EXPECT_EQ(error_of(txn->put(tree_, "a", value("2"))), ErrorCode::TransactionEnded);
    EXPECT_EQ(error_of(txn->erase(tree_, "a")), ErrorCode::TransactionEnded);
    EXPECT_EQ(error_of(txn->count(tree_)), ErrorCode::TransactionEnded);
    EXPECT_EQ(error_of(txn->commit()), ErrorCode::TransactionEnded);
    txn->rollback();
  }
  EXPECT_EQ(committed(), "a=1");
}

TEST_P(Conformance, DestroyingATransactionRollsItBack) {
  {
    const auto txn = begin(Isolation::ReadCommitted);
    EXPECT_OK(txn->put(tree_, "a", value("1")));
  }

  EXPECT_EQ(committed(), "");
  EXPECT_NE(put("a", "2"), Lsn{0});
}

TEST_P(Conformance, AScanStaysWithinItsBounds) {
  for (const char* key : {"a", "b", "bb", "c", "d"}) put(key, "1");
  const auto txn = begin(Isolation::ReadCommitted);

  for (const Direction direction : {Direction::Forward, Direction::Backward}) {
    const auto keys = [&](const KeyRange& range) {
      std::string all;
      const auto cursor = txn->scan(tree_, range, direction);
      while (cursor->next().value()) {
        all = direction == Direction::Forward ? all + std::string(cursor->key()) + " "
                                              : std::string(cursor->key()) + " " + all;
      }
      EXPECT_FALSE(cursor->next().value());
      return all;
    };
    EXPECT_EQ(keys({}), "a b bb c d ");
    EXPECT_EQ(keys({"b", "c"}), "b bb ");
    EXPECT_EQ(keys({"b", ""}), "b bb c d ");
    EXPECT_EQ(keys({"", "b"}), "a ");
    EXPECT_EQ(keys({"aa", "bbb"}), "b bb ");
    EXPECT_EQ(keys({"e", ""}), "");
    EXPECT_EQ(keys({"", "a"}), "");
    EXPECT_EQ(keys({"c", "c"}), "");
    EXPECT_EQ(keys({"d", "a"}), "");
    EXPECT_EQ(keys({std::string("b\0", 2), "c"}), "bb ");
  }
}

TEST_P(Conformance, AScanOfManyRecordsMeetsEachOnceInOrder) {
  constexpr int kRecords = 3000;
  for (int number = 0; number < kRecords; ++number) {
    put(padded(number * 7 % kRecords), std::string(static_cast<std::size_t>(number % 200), 'x'));
  }
  const auto txn = begin(Isolation::RepeatableRead);
  for (int number = 0; number < kRecords; number += 3) {
    EXPECT_OK(txn->put(tree_, padded(number) + "+", value("own")));
    EXPECT_TRUE(txn->erase(tree_, padded(number + 1)).value());
  }

  const auto up = txn->scan(tree_, {}, Direction::Forward);
  const auto down = txn->scan(tree_, {}, Direction::Backward);
  for (int number = 0; number < kRecords; number += 3) {
    for (const std::string& key : {padded(number), padded(number) + "+", padded(number + 2)}) {
      ASSERT_TRUE(up->next().value());
      ASSERT_EQ(up->key(), key);
    }
    const int back = kRecords - 3 - number;
    for (const std::string& key : {padded(back + 2), padded(back) + "+", padded(back)}) {
      ASSERT_TRUE(down->next().value());
      ASSERT_EQ(down->key(), key);
    }
  }
  EXPECT_FALSE(up->next().value());
  EXPECT_FALSE(down->next().value());
  EXPECT_EQ(txn->count(tree_).value(), static_cast<std::uint64_t>(kRecords));
}

// Whether the walk meets new writes is open; what was there and stays is met once.
TEST_P(Conformance, ACursorStaysUsableWhileItsTransactionWrites) {
  for (int number = 0; number < 1000; ++number) put(padded(number), "1");
  for (const Direction direction : {Direction::Forward, Direction::Backward}) {
    const auto txn = begin(Isolation::ReadCommitted);
    const auto cursor = txn->scan(tree_, {}, direction);
    int met = 0;
    while (cursor->next().value()) {
      const std::string key(cursor->key());
      if (key.size() != 4) continue;
      ++met;
      ASSERT_TRUE(txn->erase(tree_, key).value());
      ASSERT_OK(txn->put(tree_, key + "+", value("new")));
    }
    EXPECT_EQ(met, 1000);
    EXPECT_EQ(txn->count(tree_).value(), 1000u);
  }
}

TEST_P(Conformance, RankAndSelectCountKeys) {
  for (int number = 0; number < 2000; ++number) put(counted_, padded(number * 2), "");
  const auto txn = begin(Isolation::ReadCommitted);

  EXPECT_EQ(txn->rank(counted_, "").value(), 0u);
  EXPECT_EQ(txn->rank(counted_, padded(0)).value(), 0u);
  EXPECT_EQ(txn->rank(counted_, padded(1)).value(), 1u);
  EXPECT_EQ(txn->rank(counted_, padded(1000)).value(), 500u);
  EXPECT_EQ(txn->rank(counted_, "z").value(), 2000u);
  EXPECT_EQ(txn->select(counted_, 0).value(), padded(0));
  EXPECT_EQ(txn->select(counted_, 500).value(), padded(1000));
  EXPECT_EQ(txn->select(counted_, 1999).value(), padded(3998));
  EXPECT_EQ(txn->select(counted_, 2000).value(), std::nullopt);
  EXPECT_EQ(txn->select(counted_, ~std::uint64_t{0}).value(), std::nullopt);
  EXPECT_EQ(txn->count(counted_).value(), 2000u);
}

TEST_P(Conformance, RankAndSelectCountFromAKeyOn) {
  for (int number = 0; number < 2000; ++number) put(counted_, padded(number * 2), "");
  const auto txn = begin(Isolation::ReadCommitted);

  // Before and after the transaction has writes of its own.
  for (const std::uint64_t own : {0u, 1u}) {
    EXPECT_EQ(txn->rank(counted_, padded(1000), padded(100)).value(), 450u + own);
    EXPECT_EQ(txn->rank(counted_, padded(1000), padded(101)).value(), 449u + own);
    EXPECT_EQ(txn->rank(counted_, padded(100), padded(100)).value(), 0u);
    EXPECT_EQ(txn->rank(counted_, padded(100), padded(1000)).value(), 0u);
    EXPECT_EQ(txn->select(counted_, 0, padded(99)).value(), padded(100));
    EXPECT_EQ(txn->select(counted_, 450 + own, padded(100)).value(), padded(1000));
    EXPECT_EQ(txn->select(counted_, 1949 + own, padded(100)).value(), padded(3998));
    EXPECT_EQ(txn->select(counted_, 1950 + own, padded(100)).value(), std::nullopt);
    EXPECT_EQ(txn->select(counted_, 0, "z").value(), std::nullopt);
    if (own == 0) {
      ASSERT_OK(txn->put(counted_, padded(51), {}));
      ASSERT_OK(txn->put(counted_, padded(501), {}));
    }
  }
}

TEST_P(Conformance, RankAndSelectSeeOwnWrites) {
  for (int number = 0; number < 100; ++number) put(counted_, padded(number * 2), "");
  for (const bool atomic : {false, true}) {
    const auto txn =
        atomic ? engine_->begin_atomic_on_everything(now()) : begin(Isolation::RepeatableRead);
    EXPECT_OK(txn->put(counted_, padded(1), value("")));
    EXPECT_OK(txn->put(counted_, padded(3), value("")));
    EXPECT_OK(txn->put(counted_, padded(4), value("overwritten")));
    EXPECT_TRUE(txn->erase(counted_, padded(0)).value());
    EXPECT_TRUE(txn->erase(counted_, padded(100)).value());
    EXPECT_OK(txn->put(counted_, "z", value("")));

    EXPECT_EQ(txn->rank(counted_, padded(1)).value(), 0u);
    EXPECT_EQ(txn->rank(counted_, padded(2)).value(), 1u);
    EXPECT_EQ(txn->rank(counted_, padded(4)).value(), 3u);
    EXPECT_EQ(txn->rank(counted_, padded(102)).value(), 51u);
    EXPECT_EQ(txn->rank(counted_, "zz").value(), 101u);
    EXPECT_EQ(txn->count(counted_).value(), 101u);
    for (std::uint64_t rank = 0; rank < 101; ++rank) {
      const auto key = txn->select(counted_, rank).value();
      ASSERT_TRUE(key.has_value()) << rank;
      EXPECT_EQ(txn->rank(counted_, *key).value(), rank);
    }
    EXPECT_EQ(txn->select(counted_, 0).value(), padded(1));
    EXPECT_EQ(txn->select(counted_, 100).value(), "z");
    EXPECT_EQ(txn->select(counted_, 101).value(), std::nullopt);
    txn->rollback();
  }
  EXPECT_EQ(begin(Isolation::ReadCommitted)->count(counted_).value(), 100u);
}

TEST_P(Conformance, RanksOfASnapshotStandStill) {
  for (int number = 0; number < 100; ++number) put(counted_, padded(number * 2), "");
  const auto txn = begin(Isolation::RepeatableRead);
  EXPECT_EQ(txn->rank(counted_, padded(50)).value(), 25u);

  put(counted_, padded(1), "");
  const auto other = begin(Isolation::ReadCommitted);
  EXPECT_TRUE(other->erase(counted_, padded(2)).value());
  EXPECT_TRUE(other->erase(counted_, padded(4)).value());
  EXPECT_OK(other->commit());

  EXPECT_EQ(txn->rank(counted_, padded(50)).value(), 25u);
  EXPECT_EQ(txn->select(counted_, 1).value(), padded(2));
  EXPECT_EQ(txn->select(counted_, 25).value(), padded(50));
  EXPECT_EQ(txn->count(counted_).value(), 100u);
  EXPECT_EQ(begin(Isolation::ReadCommitted)->rank(counted_, padded(50)).value(), 24u);
}

TEST_P(Conformance, ASavepointBringsBackWhatWasThere) {
  put("a", "1");
  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_OK(txn->put(tree_, "b", value("2")));
  const std::size_t first = txn->savepoint();
  EXPECT_OK(txn->put(tree_, "b", value("20")));
  EXPECT_TRUE(txn->erase(tree_, "a").value());
  const std::size_t second = txn->savepoint();
  EXPECT_OK(txn->put(tree_, "c", value("3")));

  txn->rollback_to(second);
  EXPECT_EQ(scan(*txn), "b=20");
  EXPECT_OK(txn->put(tree_, "d", value("4")));
  txn->rollback_to(first);
  EXPECT_EQ(scan(*txn), "a=1 b=2");
  EXPECT_EQ(txn->count(tree_).value(), 2u);
  EXPECT_OK(txn->put(tree_, "e", value("5")));
  txn->rollback_to(first);
  EXPECT_OK(txn->put(tree_, "f", value("6")));
  EXPECT_OK(txn->commit());

  EXPECT_EQ(committed(), "a=1 b=2 f=6");
}

TEST_P(Conformance, ASavepointBringsBackCountsAndTrees) {
  put(counted_, "m", "");
  const auto txn = begin(Isolation::RepeatableRead);
  EXPECT_OK(txn->put(counted_, "a", value("")));
  const std::size_t mark = txn->savepoint();
  EXPECT_OK(txn->put(counted_, "b", value("")));
  const TreeId born = txn->create_tree({}).value();
  EXPECT_OK(txn->put(born, "x", value("1")));
  EXPECT_OK(txn->drop_tree(counted_));
  EXPECT_EQ(txn->count(counted_).value(), 0u);

  txn->rollback_to(mark);

  EXPECT_EQ(txn->rank(counted_, "z").value(), 2u);
  EXPECT_EQ(txn->select(counted_, 1).value(), "m");
  EXPECT_EQ(txn->count(counted_).value(), 2u);
  EXPECT_FALSE(txn->put(born, "x", value("1")).has_value());
  txn->rollback_to(mark);
  EXPECT_OK(txn->commit());
  EXPECT_EQ(committed(counted_), "a= m=");
}

TEST_P(Conformance, ATreeIsBornWithItsTransaction) {
  const auto txn = begin(Isolation::ReadCommitted);

  const TreeId tree = txn->create_tree({}).value();
  EXPECT_NE(tree, tree_);
  EXPECT_NE(tree, counted_);
  EXPECT_OK(txn->put(tree, "a", value("1")));
  EXPECT_EQ(scan(*txn, tree), "a=1");
  EXPECT_EQ(txn->count(tree).value(), 1u);
  EXPECT_EQ(committed(tree), "");
  EXPECT_OK(txn->commit());

  EXPECT_EQ(committed(tree), "a=1");
}

TEST_P(Conformance, ATreeOfATransactionThatRollsBackIsNeverBorn) {
  const auto txn = begin(Isolation::ReadCommitted);
  const TreeId tree = txn->create_tree({}).value();
  EXPECT_OK(txn->put(tree, "a", value("1")));

  txn->rollback();

  EXPECT_EQ(committed(tree), "");
  const auto late = begin(Isolation::ReadCommitted);
  EXPECT_FALSE(late->put(tree, "a", value("1")).has_value());
}

TEST_P(Conformance, ADroppedTreeReadsAsEmptyAndRefusesWrites) {
  const TreeId tree = create_tree({});
  put(tree, "a", "1");
  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_OK(txn->drop_tree(tree));
  EXPECT_EQ(scan(*txn, tree), "");
  EXPECT_EQ(get(*txn, tree, "a"), kAbsent);
  EXPECT_EQ(committed(tree), "a=1");

  EXPECT_OK(txn->commit());

  EXPECT_EQ(committed(tree), "");
  EXPECT_FALSE(engine_->read(engine_->key_ref(tree, "a"), now(), [](const RecordView&) {}).value());
  const auto put_it = [](const RecordView*, const RecordView*) -> Result<Decision> {
    return Decision::put({"1", kNoDeadline, 0});
  };
  EXPECT_FALSE(engine_->update(engine_->key_ref(tree, "a"), now(), put_it).has_value());
  const auto late = begin(Isolation::ReadCommitted);
  EXPECT_FALSE(late->put(tree, "a", value("1")).has_value());
  late->rollback();
  EXPECT_EQ(engine_->random_key(tree, now()).value(), std::nullopt);
}

TEST_P(Conformance, DropsAndDeadlinesOfADroppedTreeGoTogether) {
  const TreeId tree = create_tree({});
  engine_
      ->update(engine_->key_ref(tree, "a"), now(),
               [&](const RecordView*, const RecordView*) -> Result<Decision> {
                 return Decision::put({"1", now() + 10, 0});
               })
      .value();
  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_OK(txn->drop_tree(tree));
  EXPECT_OK(txn->commit());

  // What is still reported must be possible to erase, so that a sweeper comes to an end.
  for (int turn = 0; turn < 10; ++turn) {
    for (const DueRecord& due : engine_->due_records(now() + 10, 10)) {
      EXPECT_EQ(due.tree, tree);
      (void)engine_->update(engine_->key_ref(due.tree, due.key), now() + 10,
                            [](const RecordView*, const RecordView*) -> Result<Decision> {
                              return Decision::erase();
                            });
    }
  }
  EXPECT_TRUE(engine_->due_records(now() + 10, 10).empty());
}

TEST_P(Conformance, ATreeBornAndDroppedInOneTransactionLeavesNothing) {
  const auto txn = begin(Isolation::ReadCommitted);
  const TreeId tree = txn->create_tree({.counted = true, .hashed = false, .logged = true}).value();
  EXPECT_OK(txn->put(tree, "a", value("1")));
  EXPECT_OK(txn->drop_tree(tree));
  EXPECT_OK(txn->put(tree_, "b", value("2")));
  EXPECT_OK(txn->commit());

  EXPECT_EQ(committed(), "b=2");
  EXPECT_EQ(committed(tree), "");
}

TEST_P(Conformance, TreesComeAndGoInAtomicSteps) {
  put("a", "1");
  const auto txn = engine_->begin_atomic_on_everything(now());
  const TreeId fresh = txn->create_tree({}).value();
  EXPECT_OK(txn->put(fresh, "b", value("2")));
  EXPECT_OK(txn->drop_tree(tree_));
  EXPECT_NE(txn->commit().value(), Lsn{0});

  EXPECT_EQ(committed(fresh), "b=2");
  EXPECT_EQ(committed(), "");
}

TEST_P(Conformance, AnAtomicStepSeesTheNewestAndItsOwnWrites) {
  const auto old = begin(Isolation::RepeatableRead);
  put("a", "1");
  const std::array<KeyRef, 2> keys{ref("a"), ref("b")};

  const auto txn = engine_->begin_atomic(keys, now());
  EXPECT_EQ(get(*txn, "a"), "1");
  EXPECT_OK(txn->put(tree_, "b", value("2")));
  EXPECT_EQ(scan(*txn), "a=1 b=2");
  EXPECT_TRUE(txn->erase(tree_, "a").value());
  EXPECT_EQ(txn->count(tree_).value(), 1u);
  EXPECT_OK(txn->put(counted_, "not among the keys", value("3")));
  EXPECT_EQ(txn->now_ms(), now());
  const Lsn version = txn->commit().value();

  EXPECT_NE(version, Lsn{0});
  EXPECT_EQ(committed(), "b=2");
  EXPECT_EQ(committed(counted_), "not among the keys=3");
  EXPECT_EQ(scan(*old), "");
}

TEST_P(Conformance, AnAtomicStepRollsBackWhole) {
  put("a", "1");
  const std::array<KeyRef, 1> keys{ref("a")};
  {
    const auto txn = engine_->begin_atomic(keys, now());
    EXPECT_OK(txn->put(tree_, "a", value("2")));
    const std::size_t mark = txn->savepoint();
    EXPECT_OK(txn->put(tree_, "b", value("2")));
    txn->rollback_to(mark);
    EXPECT_EQ(scan(*txn), "a=2");
    txn->rollback();
  }
  { const auto abandoned = engine_->begin_atomic(keys, now()); }

  EXPECT_EQ(committed(), "a=1");
  EXPECT_NE(put("a", "3"), Lsn{0});
}

TEST_P(Conformance, AnAtomicStepMayNameNoKeysOrOneTwice) {
  { EXPECT_EQ(engine_->begin_atomic({}, now())->commit().value(), Lsn{0}); }
  const std::array<KeyRef, 3> keys{ref("a"), ref("b"), ref("a")};
  {
    const auto txn = engine_->begin_atomic(keys, now());
    EXPECT_OK(txn->put(tree_, "a", value("1")));
    EXPECT_OK(txn->commit());
  }

  EXPECT_EQ(committed(), "a=1");
}

TEST_P(Conformance, AnAtomicStepInsideATurnDoesNotWaitForItself) {
  const Engine::Turn turn(*engine_);
  const std::array<KeyRef, 1> keys{ref("a")};
  {
    const auto txn = engine_->begin_atomic(keys, now());
    EXPECT_OK(txn->put(tree_, "a", value("1")));
    EXPECT_OK(txn->commit());
  }
  {
    const auto txn = engine_->begin_atomic_on_everything(now());
    EXPECT_OK(txn->put(tree_, "b", value("2")));
    EXPECT_OK(txn->commit());
  }

  EXPECT_EQ(get("b"), "2");
}

TEST_P(Conformance, ALargeTransactionCommitsWhole) {
  const auto txn = begin(Isolation::RepeatableRead);
  for (int number = 0; number < 3000; ++number) {
    ASSERT_OK(txn->put(tree_, padded(number), value(std::string(100, 'x'))));
  }
  const std::string large(1 << 20, 'y');
  for (int number = 0; number < 4; ++number) {
    ASSERT_OK(txn->put(tree_, "large" + padded(number), value(large)));
  }
  EXPECT_EQ(txn->count(tree_).value(), 3004u);
  EXPECT_OK(txn->commit());

  const auto reader = begin(Isolation::ReadCommitted);
  EXPECT_EQ(reader->count(tree_).value(), 3004u);
  EXPECT_TRUE(get("large" + padded(3)) == large);
}

}  // namespace
}  // namespace latchkey::storage
