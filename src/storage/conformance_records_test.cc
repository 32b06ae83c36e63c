// One record at a time: read, update, deadlines, limits, what is due.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "storage/conformance.h"

namespace latchkey::storage {
namespace {

using Found = const RecordView*;

TEST_P(Conformance, AnEmptyEngineHasItsCatalogTree) {
  const auto txn = begin(Isolation::ReadCommitted);

  EXPECT_EQ(txn->count(Engine::kCatalogTree).value(), 0u);
  EXPECT_OK(txn->put(Engine::kCatalogTree, "c", {"1", kNoDeadline, 0}));
  EXPECT_OK(txn->commit());
  EXPECT_EQ(committed(Engine::kCatalogTree), "c=1");
}

TEST_P(Conformance, AKeyHashesTheSameEachTime) {
  EXPECT_EQ(ref("a").hash, ref("a").hash);
  EXPECT_NE(ref("a").hash, ref("b").hash);
  EXPECT_NE(ref("a").hash, engine_->key_ref(counted_, "a").hash);
  EXPECT_EQ(ref("a").key, "a");
  EXPECT_EQ(ref("a").tree, tree_);
}

TEST_P(Conformance, AnUpdateSeesWhatIsThereAndDecides) {
  put("a", "1");

  const auto append = [](Found live, Found expired) -> Result<Decision> {
    EXPECT_EQ(expired, nullptr);
    static std::string value;
    value = (live == nullptr ? "" : std::string(live->value)) + "2";
    return Decision::put({value, kNoDeadline, 9});
  };
  EXPECT_NE(engine_->update(ref("a"), now(), append).value(), Lsn{0});
  EXPECT_NE(engine_->update(ref("b"), now(), append).value(), Lsn{0});

  EXPECT_EQ(committed(), "a=12 b=2");
}

TEST_P(Conformance, ARecordKeepsItsKindDeadlineAndVersion) {
  const std::int64_t deadline = now() + 1000;
  const Lsn version = engine_
                          ->update(ref("a"), now(),
                                   [&](Found, Found) -> Result<Decision> {
                                     return Decision::put({"value", deadline, kRecordKindMax});
                                   })
                          .value();

  const auto check = [&](const RecordView& record) {
    EXPECT_EQ(record.value, "value");
    EXPECT_EQ(record.deadline_ms, deadline);
    EXPECT_EQ(record.kind, kRecordKindMax);
    EXPECT_EQ(record.version, version);
  };
  EXPECT_TRUE(engine_->read(ref("a"), now(), check).value());
  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_TRUE(txn->read(tree_, "a", check).value());
  const auto cursor = txn->scan(tree_, {}, Direction::Forward);
  ASSERT_TRUE(cursor->next().value());
  check(cursor->record());
  EXPECT_LE(version, engine_->appended_lsn());
}

TEST_P(Conformance, VersionsGrow) {
  const Lsn first = put("a", "1");
  const Lsn second = put("b", "1");
  const Lsn third = put("a", "2");

  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_P(Conformance, AnUpdateThatKeepsWritesNothing) {
  const Lsn version = put("a", "1");

  const Lsn written =
      engine_
          ->update(ref("a"), now(),
                   [](Found, Found) -> Result<Decision> { return Decision::keep(); })
          .value();

  EXPECT_EQ(written, Lsn{0});
  engine_
      ->read(ref("a"), now(), [&](const RecordView& record) { EXPECT_EQ(record.version, version); })
      .value();
}

TEST_P(Conformance, AnUpdateErases) {
  put("a", "1");

  EXPECT_TRUE(erase("a"));
  EXPECT_EQ(get("a"), kAbsent);
  EXPECT_FALSE(erase("a"));
  EXPECT_EQ(committed(), "");
}

TEST_P(Conformance, ErasingNothingWritesNothing) {
  const Lsn written =
      engine_
          ->update(ref("a"), now(),
                   [](Found, Found) -> Result<Decision> { return Decision::erase(); })
          .value();

  EXPECT_EQ(written, Lsn{0});
}

TEST_P(Conformance, AnUpdateThatFailsChangesNothing) {
  put("a", "1");

  const auto outcome = engine_->update(ref("a"), now(), [](Found, Found) -> Result<Decision> {
    return Error(ErrorCode::NotANumber);
  });

  EXPECT_EQ(error_of(outcome), ErrorCode::NotANumber);
  EXPECT_EQ(committed(), "a=1");
}

TEST_P(Conformance, AnyBytesAreAKeyTheEmptyOneToo) {
  const std::vector<std::string> keys = {std::string(),
                                         std::string(1, '\0'),
                                         std::string(2, '\0'),
                                         "a",
                                         std::string("a\0", 2),
                                         std::string("a\0b", 3),
                                         "a\xff",
                                         "b",
                                         "\x7f",
                                         "\x80",
                                         "\xff",
                                         "\xff\xff"};

  for (const std::string& key : keys) put(key, "of " + key);

  for (const std::string& key : keys) EXPECT_EQ(get(key), "of " + key);
  const auto txn = begin(Isolation::ReadCommitted);
  const auto cursor = txn->scan(tree_, {}, Direction::Forward);
  for (const std::string& key : keys) {
    ASSERT_TRUE(cursor->next().value());
    EXPECT_EQ(cursor->key(), key);
  }
  EXPECT_FALSE(cursor->next().value());
}

TEST_P(Conformance, LongKeysWithLongCommonPrefixesStayApart) {
  const std::string stem(4000, 'p');
  std::vector<std::string> keys = {stem, stem.substr(0, 3999)};
  for (int number = 100; number < 140; ++number) {
    keys.push_back(stem + std::to_string(number));
    keys.push_back(stem.substr(0, 2000) + std::to_string(number) + std::string(90, 'q'));
  }
  keys.push_back(std::string(kLimits.key_bytes_max, 'z'));

  for (const std::string& key : keys) put(key, std::to_string(key.size()));

  for (const std::string& key : keys) EXPECT_EQ(get(key), std::to_string(key.size()));
  std::sort(keys.begin(), keys.end());
  const auto txn = begin(Isolation::ReadCommitted);
  const auto cursor = txn->scan(tree_, {}, Direction::Forward);
  for (const std::string& key : keys) {
    ASSERT_TRUE(cursor->next().value());
    EXPECT_TRUE(cursor->key() == key);
  }
  EXPECT_FALSE(cursor->next().value());
  for (std::size_t index = 0; index < keys.size(); index += 2) EXPECT_TRUE(erase(keys[index]));
  EXPECT_EQ(txn->count(tree_).value(), keys.size());
  for (std::size_t index = 1; index < keys.size(); index += 2) {
    EXPECT_NE(get(keys[index]), kAbsent);
  }
}

TEST_P(Conformance, ManyKeysInAnyOrderAreAllFound) {
  constexpr std::uint64_t kKeys = 5000;
  const auto key_of = [](std::uint64_t number) {
    return "key:" + std::to_string(number * 7919 % kKeys);
  };

  for (std::uint64_t number = 0; number < kKeys; ++number) put(key_of(number), key_of(number));

  for (std::uint64_t number = 0; number < kKeys; ++number) {
    ASSERT_EQ(get(key_of(number)), key_of(number));
  }
  EXPECT_EQ(begin(Isolation::ReadCommitted)->count(tree_).value(), kKeys);
  for (std::uint64_t number = 0; number < kKeys; ++number) {
    if (number % 10 != 0) {
      ASSERT_TRUE(erase(key_of(number)));
    }
  }
  for (std::uint64_t number = 0; number < kKeys; ++number) {
    ASSERT_EQ(get(key_of(number)), number % 10 == 0 ? key_of(number) : kAbsent);
  }
  EXPECT_EQ(begin(Isolation::ReadCommitted)->count(tree_).value(), kKeys / 10);
}

TEST_P(Conformance, ValuesOfAnySizeComeBackAsTheyWere) {
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{2000}, std::size_t{4096},
        std::size_t{70'000}, std::size_t{1} << 20, std::size_t{40} << 20}) {
    std::string value(bytes, '\0');
    for (std::size_t at = 0; at < bytes; ++at) value[at] = static_cast<char>(at * 31 >> 3);

    put("a", value);

    EXPECT_TRUE(get("a") == value) << bytes;
    const auto txn = begin(Isolation::RepeatableRead);
    put("a", "small");
    EXPECT_TRUE(get(*txn, "a") == value) << bytes;
    EXPECT_EQ(get("a"), "small");
  }
}

TEST_P(Conformance, AKeyOrValuePastTheLimitIsRefused) {
  const std::string long_key(kLimits.key_bytes_max + 1, 'k');
  const std::string long_value(kLimits.value_bytes_max + 1, 'v');
  const auto put_value = [](Bytes value) {
    return [value](Found, Found) -> Result<Decision> { return Decision::put({value, 0, 0}); };
  };

  EXPECT_EQ(error_of(engine_->update(ref(long_key), now(), put_value("v"))), ErrorCode::KeyTooLong);
  EXPECT_EQ(error_of(engine_->update(ref("a"), now(), put_value(long_value))),
            ErrorCode::ValueTooLong);
  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_EQ(error_of(txn->put(tree_, long_key, {"v", 0, 0})), ErrorCode::KeyTooLong);
  EXPECT_EQ(error_of(txn->put(tree_, "a", {long_value, 0, 0})), ErrorCode::ValueTooLong);
  EXPECT_EQ(get(long_key), kAbsent);
  EXPECT_EQ(get(*txn, long_key), kAbsent);

  EXPECT_EQ(committed(), "");
  EXPECT_EQ(engine_->limits().key_bytes_max, kLimits.key_bytes_max);
}

TEST_P(Conformance, PrefetchOfPresentAndAbsentKeysIsHarmless) {
  put("a", "1");
  std::vector<KeyRef> keys;
  for (int turn = 0; turn < 40; ++turn) {
    keys.push_back(ref("a"));
    keys.push_back(ref("absent"));
    keys.push_back(engine_->key_ref(counted_, "x"));
  }

  const Engine::Turn turn(*engine_);
  engine_->prefetch(keys);
  engine_->prefetch({});

  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("absent"), kAbsent);
}

TEST_P(Conformance, TurnsNest) {
  const Engine::Turn outer(*engine_);
  {
    const Engine::Turn inner(*engine_);
    put("a", "1");
  }
  put("b", "2");

  EXPECT_EQ(get("a"), "1");
}

TEST_P(Conformance, TimeNeverGoesBack) {
  const std::int64_t before = now();
  env_.clock.step_wall_ms(-5000);
  EXPECT_GE(now(), before);
  env_.clock.step_wall_ms(6000);
  EXPECT_GE(now(), before + 1000);
}

TEST_P(Conformance, ARecordAtOrPastItsDeadlineDoesNotExist) {
  const std::int64_t deadline = now() + 100;
  put("a", "mortal", deadline);
  put("b", "immortal");

  env_.clock.advance_ms(99);
  EXPECT_EQ(committed(), "a=mortal b=immortal");
  EXPECT_EQ(get("a"), "mortal");
  env_.clock.advance_ms(1);

  EXPECT_EQ(committed(), "b=immortal");
  EXPECT_EQ(get("a"), kAbsent);
  EXPECT_EQ(engine_->read(ref("a"), deadline - 1, [](const RecordView&) {}).value(), true);
  EXPECT_EQ(engine_->read(ref("a"), deadline, [](const RecordView&) {}).value(), false);
  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_EQ(get(*txn, "a"), kAbsent);
  EXPECT_FALSE(txn->erase(tree_, "a").value());
}

TEST_P(Conformance, AnUpdateIsShownWhatIsPastItsDeadlineApart) {
  put("a", "old", now() + 10);
  env_.clock.advance_ms(10);

  bool was_shown = false;
  const Lsn version = engine_
                          ->update(ref("a"), now(),
                                   [&](Found live, Found expired) -> Result<Decision> {
                                     EXPECT_EQ(live, nullptr);
                                     was_shown = expired != nullptr && expired->value == "old";
                                     return Decision::put({"new", kNoDeadline, 0});
                                   })
                          .value();

  EXPECT_TRUE(was_shown);
  EXPECT_NE(version, Lsn{0});
  EXPECT_EQ(committed(), "a=new");
  EXPECT_TRUE(engine_->due_records(now() + 1000, 10).empty());
}

TEST_P(Conformance, TimeStandsStillInsideATransaction) {
  put("a", "mortal", now() + 100);
  std::vector<std::unique_ptr<Transaction>> all;
  for (const Isolation level : kIsolationLevels) all.push_back(begin(level));

  env_.clock.advance_ms(500);
  EXPECT_EQ(get("a"), kAbsent);

  for (const auto& txn : all) {
    txn->begin_statement();
    EXPECT_EQ(get(*txn, "a"), "mortal");
    EXPECT_EQ(txn->count(tree_).value(), 1u);
    EXPECT_EQ(scan(*txn), "a=mortal");
    EXPECT_EQ(txn->now_ms(), now() - 500);
  }
}

TEST_P(Conformance, AnOwnWriteWithAPastDeadlineIsInvisibleAtOnce) {
  put("a", "1");
  const auto txn = begin(Isolation::ReadCommitted);

  EXPECT_OK(txn->put(tree_, "a", {"2", txn->now_ms(), 0}));

  EXPECT_EQ(get(*txn, "a"), kAbsent);
  EXPECT_EQ(scan(*txn), "");
  EXPECT_EQ(txn->count(tree_).value(), 0u);
}

std::vector<std::string> keys_of(const std::vector<DueRecord>& due) {
  std::vector<std::string> keys;
  for (const DueRecord& record : due) keys.push_back(record.key);
  return keys;
}

TEST_P(Conformance, WhatIsDueComesOldestFirst) {
  const std::int64_t start = now();
  put("c", "1", start + 30);
  put("a", "1", start + 10);
  put("b", "1", start + 20);
  put("later", "1", start + 40);
  put("never", "1");

  EXPECT_EQ(engine_->next_deadline_ms(), start + 10);
  EXPECT_TRUE(engine_->due_records(start + 9, 10).empty());
  EXPECT_EQ(keys_of(engine_->due_records(start + 30, 10)),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(keys_of(engine_->due_records(start + 30, 2)), (std::vector<std::string>{"a", "b"}));
  const DueRecord first = engine_->due_records(start + 30, 1).at(0);
  EXPECT_EQ(first.tree, tree_);
  EXPECT_EQ(first.deadline_ms, start + 10);
}

TEST_P(Conformance, AChangedDeadlineIsDueOnlyOnce) {
  const std::int64_t start = now();
  put("moved", "1", start + 10);
  put("moved", "2", start + 50);
  put("cleared", "1", start + 10);
  put("cleared", "2");
  put("erased", "1", start + 10);
  erase("erased");
  const auto undone = begin(Isolation::ReadCommitted);
  EXPECT_OK(undone->put(tree_, "undone", {"1", start + 10, 0}));
  undone->rollback();

  EXPECT_TRUE(engine_->due_records(start + 49, 10).empty());
  EXPECT_EQ(keys_of(engine_->due_records(start + 50, 10)), (std::vector<std::string>{"moved"}));
  EXPECT_EQ(engine_->next_deadline_ms(), start + 50);
  EXPECT_TRUE(erase("moved"));
  EXPECT_EQ(engine_->next_deadline_ms(), std::nullopt);
}

TEST_P(Conformance, ATransactionErasesWhatIsDue) {
  const std::int64_t start = now();
  put("a", "1", start + 10);
  env_.clock.advance_ms(10);

  const auto txn = begin(Isolation::ReadCommitted);
  EXPECT_FALSE(txn->erase(tree_, "a").value());
  EXPECT_OK(txn->commit());

  EXPECT_TRUE(engine_->due_records(now(), 10).empty());
  EXPECT_EQ(engine_->next_deadline_ms(), std::nullopt);
}

TEST_P(Conformance, ManyDeadlinesComeInOrder) {
  const std::int64_t start = now();
  for (std::int64_t number = 0; number < 1000; ++number) {
    put("key:" + std::to_string(number), "1", start + 1 + number * 7919 % 1000);
  }

  std::int64_t last = 0;
  std::size_t erased = 0;
  for (;;) {
    const auto due = engine_->due_records(start + 500, 64);
    for (const DueRecord& record : due) {
      EXPECT_LE(last, record.deadline_ms);
      last = record.deadline_ms;
      erase(record.key);
      ++erased;
    }
    if (due.empty()) break;
  }

  EXPECT_EQ(erased, 500u);
  EXPECT_EQ(engine_->next_deadline_ms(), start + 501);
}

TEST_P(Conformance, ARandomKeyIsALiveOneAndAnyMayCome) {
  EXPECT_EQ(engine_->random_key(tree_, now()).value(), std::nullopt);
  for (int number = 0; number < 10; ++number) put(std::to_string(number), "1");
  put("dead", "1", now() + 1);
  env_.clock.advance_ms(1);

  std::set<std::string> seen;
  for (int turn = 0; turn < 1000; ++turn) seen.insert(*engine_->random_key(tree_, now()).value());

  EXPECT_EQ(seen.size(), 10u);
  EXPECT_FALSE(seen.contains("dead"));
}

TEST_P(Conformance, ARandomKeyIsFoundAmongManyDeadOnes) {
  for (int number = 0; number < 500; ++number) put(std::to_string(number), "1", now() + 1);
  put("alive", "1");
  env_.clock.advance_ms(1);

  EXPECT_EQ(engine_->random_key(tree_, now()).value(), "alive");
  erase("alive");
  EXPECT_EQ(engine_->random_key(tree_, now()).value(), std::nullopt);
}

TEST_P(Conformance, ReservedMemoryCountsAgainstTheOneLimit) {
  const auto limit = static_cast<std::int64_t>(engine_->stats().memory_limit_bytes);

  EXPECT_FALSE(engine_->reserve_memory(limit + 1));
  EXPECT_TRUE(engine_->reserve_memory(1 << 20));
  EXPECT_GE(engine_->stats().memory_used_bytes, std::uint64_t{1} << 20);
  EXPECT_FALSE(engine_->reserve_memory(limit));
  EXPECT_TRUE(engine_->reserve_memory(-(1 << 20)));
}

TEST_P(Conformance, WhatIsWrittenBecomesStable) {
  const Lsn version = put("a", "1");

  if (!engine_->make_stable(version)) {
    while (engine_->stable_lsn() < version) stable_moved_.await();
  }

  EXPECT_GE(engine_->stable_lsn(), version);
  EXPECT_TRUE(engine_->make_stable(version));
  EXPECT_FALSE(engine_->log_sealed());
}

TEST_P(Conformance, ACheckpointChangesNothing) {
  put("a", "1");
  const auto txn = begin(Isolation::RepeatableRead);
  put("a", "2");

  EXPECT_OK(engine_->checkpoint());

  EXPECT_EQ(get(*txn, "a"), "1");
  EXPECT_EQ(committed(), "a=2");
  put("b", "3");
  EXPECT_OK(engine_->checkpoint());
  EXPECT_EQ(committed(), "a=2 b=3");
}

}  // namespace
}  // namespace latchkey::storage
