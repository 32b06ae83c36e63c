// The phenomena of the isolation literature, each as one interleaving, with what each level must
// do. The names are those of Adya's thesis and of the Hermitage collection of tests.
#include <string>

#include "storage/conformance.h"

namespace latchkey::storage {
namespace {

/// Three transactions of one level on a=10 b=20, each call a statement of its own.
class Interleaving {
 public:
  Interleaving(Engine& engine, TreeId tree, Isolation level) : level_(level), tree_(tree) {
    const auto txn = engine.begin(Isolation::ReadCommitted);
    for (const char* key : {"c", "d"}) EXPECT_OK(txn->erase(tree, key));
    EXPECT_OK(txn->put(tree, "a", {"10", kNoDeadline, 0}));
    EXPECT_OK(txn->put(tree, "b", {"20", kNoDeadline, 0}));
    EXPECT_OK(txn->commit());
    for (auto* each : {&one, &two, &three}) {
      *each = engine.begin(level);
      // Whether the snapshot is taken at begin or at the first read shall make no difference.
      EXPECT_OK((*each)->get(tree, "another"));
    }
  }

  bool is_read_committed() const { return level_ == Isolation::ReadCommitted; }
  bool is_serializable() const { return level_ == Isolation::Serializable; }

  std::string read(const std::unique_ptr<Transaction>& txn, Bytes key) {
    txn->begin_statement();
    const auto record = txn->get(tree_, key).value();
    return record ? record->value : kAbsent;
  }
  /// The keys whose value is `wanted`, by a walk over all.
  std::string keys_with(const std::unique_ptr<Transaction>& txn, Bytes wanted) {
    txn->begin_statement();
    std::string keys;
    const auto cursor = txn->scan(tree_, {}, Direction::Forward);
    while (cursor->next().value()) {
      if (cursor->record().value == wanted) keys += cursor->key();
    }
    return keys;
  }
  std::optional<ErrorCode> write(const std::unique_ptr<Transaction>& txn, Bytes key, Bytes value) {
    txn->begin_statement();
    const std::size_t mark = txn->savepoint();
    const auto error = error_of(txn->put(tree_, key, {value, kNoDeadline, 0}));
    if (error) txn->rollback_to(mark);
    return error;
  }
  std::optional<ErrorCode> commit(const std::unique_ptr<Transaction>& txn) {
    return error_of(txn->commit());
  }

  std::unique_ptr<Transaction> one;
  std::unique_ptr<Transaction> two;
  std::unique_ptr<Transaction> three;

 private:
  Isolation level_;
  TreeId tree_;
};

constexpr std::nullopt_t kOk = std::nullopt;

/// Runs `body(interleaving)` at each level.
template <typename Body>
void at_each_level(Engine& engine, TreeId tree, Body body) {
  for (const Isolation level : kIsolationLevels) {
    SCOPED_TRACE(name_of(level));
    Interleaving run(engine, tree, level);
    body(run);
  }
}

TEST_P(Conformance, G0DirtyWritesDoNotInterleave) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.write(run.two, "a", "12"), ErrorCode::RowLocked);
    EXPECT_EQ(run.write(run.one, "b", "21"), kOk);
    EXPECT_EQ(run.commit(run.one), kOk);
    if (!run.is_read_committed()) {
      EXPECT_EQ(run.write(run.two, "a", "12"), ErrorCode::WriteConflict);
      run.two->rollback();
      EXPECT_EQ(committed(), "a=11 b=21");
      return;
    }
    EXPECT_EQ(run.write(run.two, "a", "12"), kOk);
    EXPECT_EQ(committed(), "a=11 b=21");
    EXPECT_EQ(run.write(run.two, "b", "22"), kOk);
    EXPECT_EQ(run.commit(run.two), kOk);
    EXPECT_EQ(committed(), "a=12 b=22");
  });
}

TEST_P(Conformance, G1aAbortedWritesAreNeverRead) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.write(run.one, "a", "101"), kOk);
    EXPECT_EQ(run.read(run.two, "a"), "10");
    run.one->rollback();
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.keys_with(run.two, "101"), "");
    EXPECT_EQ(run.commit(run.two), kOk);
  });
}

TEST_P(Conformance, G1bIntermediateWritesAreNeverRead) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.write(run.one, "a", "101"), kOk);
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.commit(run.one), kOk);
    EXPECT_EQ(run.read(run.two, "a"), run.is_read_committed() ? "11" : "10");
    EXPECT_EQ(run.commit(run.two), kOk);
  });
}

TEST_P(Conformance, G1cInformationDoesNotFlowInACircle) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.write(run.two, "b", "22"), kOk);
    EXPECT_EQ(run.read(run.one, "b"), "20");
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.commit(run.one), kOk);
    const auto second = run.commit(run.two);
    EXPECT_EQ(second.has_value(), run.is_serializable());
    EXPECT_EQ(committed(), run.is_serializable() ? "a=11 b=20" : "a=11 b=22");
  });
}

TEST_P(Conformance, OtvAnObservedTransactionDoesNotVanish) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.write(run.one, "b", "19"), kOk);
    EXPECT_EQ(run.write(run.two, "a", "12"), ErrorCode::RowLocked);
    EXPECT_EQ(run.commit(run.one), kOk);
    const bool sees = run.is_read_committed();
    EXPECT_EQ(run.write(run.two, "a", "12").has_value(), !sees);
    EXPECT_EQ(run.read(run.three, "a"), sees ? "11" : "10");
    if (sees) {
      EXPECT_EQ(run.write(run.two, "b", "18"), kOk);
      EXPECT_EQ(run.read(run.three, "b"), "19");
      EXPECT_EQ(run.commit(run.two), kOk);
    } else {
      run.two->rollback();
    }
    EXPECT_EQ(run.read(run.three, "b"), sees ? "18" : "20");
    EXPECT_EQ(run.read(run.three, "a"), sees ? "12" : "10");
    EXPECT_EQ(run.commit(run.three), kOk);
  });
}

TEST_P(Conformance, PmpAPredicateSeesNewRowsOnlyAtReadCommitted) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.keys_with(run.one, "30"), "");
    EXPECT_EQ(run.write(run.two, "c", "30"), kOk);
    EXPECT_EQ(run.commit(run.two), kOk);
    EXPECT_EQ(run.keys_with(run.one, "30"), run.is_read_committed() ? "c" : "");
    EXPECT_EQ(run.commit(run.one), kOk);
  });
}

TEST_P(Conformance, PmpAPredicateKeepsErasedRowsAboveReadCommitted) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.keys_with(run.one, "20"), "b");
    EXPECT_OK(run.two->erase(tree_, "b"));
    EXPECT_EQ(run.commit(run.two), kOk);
    EXPECT_EQ(run.keys_with(run.one, "20"), run.is_read_committed() ? "" : "b");
    run.one->begin_statement();
    EXPECT_EQ(run.one->count(tree_).value(), run.is_read_committed() ? 1u : 2u);
  });
}

TEST_P(Conformance, P4UpdatesAreLostOnlyAtReadCommitted) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.read(run.one, "a"), "10");
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.write(run.two, "a", "12"), ErrorCode::RowLocked);
    EXPECT_EQ(run.commit(run.one), kOk);
    EXPECT_EQ(run.write(run.two, "a", "12"),
              run.is_read_committed() ? std::optional<ErrorCode>() : ErrorCode::WriteConflict);
  });
}

// How a statement at READ COMMITTED updates without losing: it locks, then reads the newest.
TEST_P(Conformance, P4ReadForUpdateSeesTheNewestOrRefuses) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.commit(run.one), kOk);

    std::string seen;
    const auto outcome = run.two->read_for_update(
        tree_, "a", [&](const RecordView& record) { seen = std::string(record.value); });

    if (run.is_read_committed()) {
      EXPECT_TRUE(outcome.value());
      EXPECT_EQ(seen, "11");
    } else {
      EXPECT_EQ(error_of(outcome), ErrorCode::WriteConflict);
    }
  });
}

TEST_P(Conformance, GSingleASnapshotDoesNotSkew) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.read(run.one, "a"), "10");
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.read(run.two, "b"), "20");
    EXPECT_EQ(run.write(run.two, "a", "12"), kOk);
    EXPECT_EQ(run.write(run.two, "b", "18"), kOk);
    EXPECT_EQ(run.commit(run.two), kOk);
    EXPECT_EQ(run.read(run.one, "b"), run.is_read_committed() ? "18" : "20");
    EXPECT_EQ(run.commit(run.one), kOk);
  });
}

TEST_P(Conformance, GSingleAWriteOnASkewedReadIsRefused) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.read(run.one, "a"), "10");
    EXPECT_EQ(run.write(run.two, "a", "12"), kOk);
    EXPECT_EQ(run.write(run.two, "b", "18"), kOk);
    EXPECT_EQ(run.commit(run.two), kOk);
    const auto outcome = run.one->erase(tree_, "b");
    if (run.is_read_committed()) {
      EXPECT_TRUE(outcome.value());
      EXPECT_EQ(run.commit(run.one), kOk);
      EXPECT_EQ(committed(), "a=12");
    } else {
      EXPECT_EQ(error_of(outcome), ErrorCode::WriteConflict);
    }
  });
}

// An insert by another is a conflict too, although there was no row to lock at the snapshot.
TEST_P(Conformance, TwoInsertsOfOneKeyConflictAboveReadCommitted) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.read(run.one, "c"), kAbsent);
    EXPECT_EQ(run.write(run.two, "c", "30"), kOk);
    EXPECT_EQ(run.write(run.one, "c", "31"), ErrorCode::RowLocked);
    EXPECT_EQ(run.commit(run.two), kOk);
    EXPECT_EQ(run.write(run.one, "c", "31").has_value(), !run.is_read_committed());
  });
}

TEST_P(Conformance, G2ItemWriteSkewIsRefusedAtSerializable) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    for (const auto* txn : {&run.one, &run.two}) {
      EXPECT_EQ(run.read(*txn, "a"), "10");
      EXPECT_EQ(run.read(*txn, "b"), "20");
    }
    EXPECT_EQ(run.write(run.one, "a", "11"), kOk);
    EXPECT_EQ(run.write(run.two, "b", "21"), kOk);
    EXPECT_EQ(run.commit(run.one), kOk);
    const auto second = run.commit(run.two);
    EXPECT_EQ(second.has_value(), run.is_serializable());
    EXPECT_EQ(committed(), run.is_serializable() ? "a=11 b=20" : "a=11 b=21");
  });
}

/// Two transactions that each look with `look` and then insert a key of their own: at SERIALIZABLE
/// the second must fail.
template <typename Look>
void expect_second_insert_refused(Engine& engine, TreeId tree, Look look) {
  at_each_level(engine, tree, [&](Interleaving& run) {
    look(*run.one);
    look(*run.two);
    EXPECT_EQ(run.write(run.one, "c", "30"), kOk);
    EXPECT_EQ(run.write(run.two, "d", "42"), kOk);
    EXPECT_EQ(run.commit(run.one), kOk);
    const auto second = run.commit(run.two);
    EXPECT_EQ(second.has_value(), run.is_serializable());
    if (second) {
      EXPECT_EQ(*second, ErrorCode::WriteConflict);
    }
  });
}

TEST_P(Conformance, G2PhantomsOfAScanAreRefusedAtSerializable) {
  for (const Direction direction : {Direction::Forward, Direction::Backward}) {
    expect_second_insert_refused(*engine_, tree_, [&](Transaction& txn) {
      EXPECT_EQ(scan(txn, tree_, {"b", ""}, direction), "b=20");
    });
  }
}

TEST_P(Conformance, G2PhantomsOfACountAreRefusedAtSerializable) {
  expect_second_insert_refused(*engine_, tree_,
                               [&](Transaction& txn) { EXPECT_EQ(txn.count(tree_).value(), 2u); });
}

TEST_P(Conformance, G2AnAbsentKeyThatAppearsIsRefusedAtSerializable) {
  expect_second_insert_refused(*engine_, tree_, [&](Transaction& txn) {
    EXPECT_EQ(get(txn, "c"), kAbsent);
    EXPECT_EQ(get(txn, "d"), kAbsent);
  });
}

TEST_P(Conformance, G2PhantomsOfARankAreRefusedAtSerializable) {
  expect_second_insert_refused(*engine_, counted_, [&](Transaction& txn) {
    EXPECT_EQ(txn.rank(counted_, "x").value(), 2u);
  });
  expect_second_insert_refused(*engine_, counted_, [&](Transaction& txn) {
    EXPECT_EQ(txn.select(counted_, 5).value(), std::nullopt);
  });
}

// Two reads and one write each: a ring of three in which no two transactions conflict both ways.
TEST_P(Conformance, G2ARingOfThreeIsRefusedAtSerializable) {
  at_each_level(*engine_, tree_, [&](Interleaving& run) {
    EXPECT_EQ(run.read(run.one, "a"), "10");
    EXPECT_EQ(run.read(run.two, "b"), "20");
    EXPECT_EQ(run.read(run.three, "c"), kAbsent);
    EXPECT_EQ(run.write(run.one, "b", "21"), kOk);
    EXPECT_EQ(run.write(run.two, "c", "30"), kOk);
    EXPECT_EQ(run.write(run.three, "a", "11"), kOk);
    int refused = 0;
    for (const auto* txn : {&run.one, &run.two, &run.three}) {
      refused += run.commit(*txn).has_value() ? 1 : 0;
    }
    EXPECT_EQ(refused > 0, run.is_serializable());
  });
}

// Fekete, O'Neil, O'Neil 2004: two writers that would be fine alone, and a reader who has seen one.
TEST_P(Conformance, TheReadOnlyAnomalyIsRefusedAtSerializable) {
  for (const Isolation level : kIsolationLevels) {
    SCOPED_TRACE(name_of(level));
    Interleaving run(*engine_, tree_, level);
    EXPECT_EQ(run.read(run.two, "a"), "10");
    EXPECT_EQ(run.read(run.two, "b"), "20");
    EXPECT_EQ(run.read(run.one, "b"), "20");
    EXPECT_EQ(run.write(run.one, "b", "40"), kOk);
    EXPECT_EQ(run.commit(run.one), kOk);

    const auto reader = begin(level);
    EXPECT_EQ(run.read(reader, "a"), "10");
    EXPECT_EQ(run.read(reader, "b"), "40");
    const auto reader_outcome = run.commit(reader);
    EXPECT_EQ(run.write(run.two, "a", "-1"), kOk);
    const auto writer_outcome = run.commit(run.two);

    EXPECT_EQ(reader_outcome.has_value() || writer_outcome.has_value(), run.is_serializable());
  }
}

TEST_P(Conformance, SerializableTransactionsThatDoNotMeetAllCommit) {
  Interleaving run(*engine_, tree_, Isolation::Serializable);
  for (int number = 0; number < 500; ++number) put("other" + std::to_string(number), "1");
  const auto one = begin(Isolation::Serializable);
  const auto two = begin(Isolation::Serializable);

  EXPECT_EQ(run.read(one, "a"), "10");
  EXPECT_EQ(scan(*one, tree_, {"a", "b"}), "a=10");
  EXPECT_EQ(run.read(two, "other1"), "1");
  EXPECT_EQ(run.write(one, "a", "11"), kOk);
  EXPECT_EQ(run.write(two, "other1", "2"), kOk);

  EXPECT_EQ(run.commit(one), kOk);
  EXPECT_EQ(run.commit(two), kOk);
}

// A reader needs nothing that happened after its snapshot, so it never has to fail.
TEST_P(Conformance, ASerializableReaderCommitsWhateverOthersDo) {
  Interleaving run(*engine_, tree_, Isolation::Serializable);
  EXPECT_EQ(run.read(run.one, "a"), "10");
  put("a", "11");
  EXPECT_EQ(run.read(run.one, "a"), "10");
  EXPECT_EQ(scan(*run.one), "a=10 b=20");

  EXPECT_EQ(run.commit(run.one), kOk);
}

// Single updates and atomic steps are writers like any other.
TEST_P(Conformance, SnapshotsStandStillUnderEveryKindOfWrite) {
  for (int number = 100; number < 400; ++number) put(std::to_string(number), "old");
  const auto txn = begin(Isolation::RepeatableRead);
  const std::string before = scan(*txn);

  for (int number = 100; number < 400; ++number) {
    const std::string key = std::to_string(number);
    switch (number % 4) {
      case 0:
        erase(key);
        break;
      case 1:
        put(key, "new");
        put(key, "newer");
        break;
      case 2:
        erase(key);
        put(key, "reborn");
        break;
      default:
        put(key + "+", "added");
    }
  }
  const auto atomic = engine_->begin_atomic_on_everything(now());
  EXPECT_OK(atomic->erase(tree_, "103"));
  EXPECT_OK(atomic->put(tree_, "0", {"first", kNoDeadline, 0}));
  EXPECT_OK(atomic->commit());

  EXPECT_EQ(scan(*txn), before);
  EXPECT_EQ(txn->count(tree_).value(), 300u);
  EXPECT_EQ(get(*txn, "100"), "old");
  EXPECT_EQ(get(*txn, "101"), "old");
  EXPECT_EQ(get(*txn, "102"), "old");
  EXPECT_EQ(get(*txn, "103"), "old");
  EXPECT_EQ(get(*txn, "107+"), kAbsent);
  EXPECT_EQ(get(*txn, "0"), kAbsent);
}

TEST_P(Conformance, ACursorOfASnapshotGoesOnUnderEveryKindOfWrite) {
  for (int number = 1000; number < 2000; ++number) put(std::to_string(number), "old");
  for (const Direction direction : {Direction::Forward, Direction::Backward}) {
    const auto txn = begin(Isolation::RepeatableRead);
    const auto cursor = txn->scan(tree_, {}, direction);
    for (int step = 0; step < 1000; ++step) {
      const int number = direction == Direction::Forward ? 1000 + step : 1999 - step;
      ASSERT_TRUE(cursor->next().value());
      ASSERT_EQ(cursor->key(), std::to_string(number));
      ASSERT_EQ(cursor->record().value, "old");
      const int other = 1000 + (step * 617 + 13) % 1000;
      put(std::to_string(other) + "+", "added");
      if (step % 3 == 0) {
        erase(std::to_string(other));
      } else {
        put(std::to_string(other), "new");
      }
    }
    EXPECT_FALSE(cursor->next().value());
    txn->rollback();
    for (int number = 1000; number < 2000; ++number) {
      erase(std::to_string(number) + "+");
      put(std::to_string(number), "old");
    }
  }
}

TEST_P(Conformance, AtReadCommittedAStatementSeesOneMoment) {
  put("a", "1");
  put("b", "1");
  const auto txn = begin(Isolation::ReadCommitted);
  txn->begin_statement();
  EXPECT_EQ(get(*txn, "a"), "1");

  put("a", "2");
  put("b", "2");
  erase("a");

  EXPECT_EQ(scan(*txn), "a=1 b=1");
  txn->begin_statement();
  EXPECT_EQ(scan(*txn), "b=2");
}

// Either the old contents whole, or an error; never a part of them.
TEST_P(Conformance, ASnapshotOlderThanADropSeesAllOrFails) {
  const TreeId tree = create_tree({});
  for (int number = 0; number < 100; ++number) put(tree, std::to_string(number), "1");
  const auto txn = begin(Isolation::RepeatableRead);
  EXPECT_EQ(get(*txn, tree, "1"), "1");
  const auto dropper = begin(Isolation::ReadCommitted);
  EXPECT_OK(dropper->drop_tree(tree));
  EXPECT_OK(dropper->commit());

  int seen = 0;
  const auto cursor = txn->scan(tree, {}, Direction::Forward);
  for (;;) {
    const auto step = cursor->next();
    if (!step.has_value()) {
      EXPECT_TRUE(step.error().code() == ErrorCode::SnapshotTooOld ||
                  step.error().code() == ErrorCode::WriteConflict);
      return;
    }
    if (!step.value()) break;
    ++seen;
  }
  EXPECT_EQ(seen, 100);
}

TEST_P(Conformance, AWriteIntoATreeThatIsDroppedMeanwhileDoesNotCommit) {
  const TreeId tree = create_tree({});
  const auto writer = begin(Isolation::ReadCommitted);
  EXPECT_OK(writer->put(tree, "a", {"1", kNoDeadline, 0}));
  EXPECT_OK(writer->put(tree_, "b", {"1", kNoDeadline, 0}));
  const auto dropper = engine_->begin_atomic_on_everything(now());
  EXPECT_OK(dropper->drop_tree(tree));
  EXPECT_OK(dropper->commit());

  EXPECT_EQ(error_of(writer->commit()), ErrorCode::WriteConflict);
  EXPECT_EQ(committed(), "");
}

}  // namespace
}  // namespace latchkey::storage
