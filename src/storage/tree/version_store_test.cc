#include "storage/tree/version_store.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace latchkey::storage::tree {
namespace {

constexpr TreeId kTree{7};
constexpr std::size_t kNoLimit = 1'000'000;

class OldVersions : public testing::Test {
 protected:
  void keep(const std::string& key, const std::string& value, std::uint64_t from,
            std::uint64_t until) {
    store_.keep(kTree, key, {value, Lsn{from}, kNoDeadline, 3}, Lsn{until});
  }
  std::string find(const std::string& key, std::uint64_t snapshot) {
    std::string value = "none";
    store_.find(kTree, key, Lsn{snapshot},
                [&](const RecordView& record) { value = std::string(record.value); });
    return value;
  }
  std::string keys(const KeyRange& range, Direction direction, std::uint64_t snapshot) {
    std::string all;
    KeyRange rest = range;
    while (const auto key = store_.next_key(kTree, rest, direction, Lsn{snapshot})) {
      all += *key + " ";
      (direction == Direction::Forward ? rest.begin : rest.end) =
          direction == Direction::Forward ? *key + '\0' : *key;
    }
    return all;
  }

  Snapshots snapshots_;
  VersionStore store_{snapshots_};
};

TEST_F(OldVersions, NothingIsKeptWhileNoSnapshotIsOpen) {
  keep("a", "one", 10, 20);

  EXPECT_TRUE(store_.is_empty());
  EXPECT_EQ(store_.used_bytes(), 0u);
}

TEST_F(OldVersions, ASnapshotFindsWhatWasValidThen) {
  snapshots_.open(Lsn{15});
  snapshots_.open(Lsn{25});

  keep("a", "one", 10, 20);
  keep("a", "two", 20, 30);

  EXPECT_EQ(find("a", 15), "one");
  EXPECT_EQ(find("a", 19), "one");
  EXPECT_EQ(find("a", 20), "two");
  EXPECT_EQ(find("a", 25), "two");
  EXPECT_EQ(find("a", 30), "none");
  EXPECT_EQ(find("a", 9), "none");
  EXPECT_EQ(find("b", 15), "none");
}

TEST_F(OldVersions, CarryAllThatARecordHas) {
  snapshots_.open(Lsn{15});
  store_.keep(kTree, "a", {"one", Lsn{10}, 1234, 5}, Lsn{20});

  RecordView seen{};
  EXPECT_TRUE(store_.find(kTree, "a", Lsn{15}, [&](const RecordView& record) { seen = record; }));

  EXPECT_EQ(seen.version, Lsn{10});
  EXPECT_EQ(seen.deadline_ms, 1234);
  EXPECT_EQ(seen.kind, 5);
}

// Erased at 20, written again at 30: in between there was nothing.
TEST_F(OldVersions, AGapBetweenVersionsIsAbsence) {
  for (const std::uint64_t lsn : {15, 25, 35}) snapshots_.open(Lsn{lsn});

  keep("a", "one", 10, 20);
  keep("a", "two", 30, 40);

  EXPECT_EQ(find("a", 15), "one");
  EXPECT_EQ(find("a", 25), "none");
  EXPECT_EQ(find("a", 35), "two");
}

TEST_F(OldVersions, WhatNoSnapshotSeesIsNotKept) {
  snapshots_.open(Lsn{15});

  keep("a", "younger", 20, 30);
  keep("b", "older", 5, 10);

  EXPECT_TRUE(store_.is_empty());
}

TEST_F(OldVersions, AnotherTreeHasOthers) {
  snapshots_.open(Lsn{15});
  keep("a", "one", 10, 20);

  EXPECT_FALSE(store_.find(TreeId{8}, "a", Lsn{15}, [](const RecordView&) {}));
  EXPECT_EQ(store_.next_key(TreeId{6}, {}, Direction::Forward, Lsn{15}), std::nullopt);
  EXPECT_EQ(store_.next_key(TreeId{8}, {}, Direction::Backward, Lsn{15}), std::nullopt);
}

TEST_F(OldVersions, AreWalkedInBothDirectionsWithinBounds) {
  snapshots_.open(Lsn{15});
  for (const char* key : {"", "a", "b", "c", "d"}) keep(key, key, 10, 20);
  snapshots_.open(Lsn{45});
  keep("bb", "younger", 40, 50);

  EXPECT_EQ(keys({}, Direction::Forward, 15), " a b c d ");
  EXPECT_EQ(keys({"a", "d"}, Direction::Forward, 15), "a b c ");
  EXPECT_EQ(keys({"a", "d"}, Direction::Backward, 15), "c b a ");
  EXPECT_EQ(keys({"b", ""}, Direction::Backward, 15), "d c b ");
  EXPECT_EQ(keys({}, Direction::Forward, 45), "bb ");
  EXPECT_EQ(keys({"c", "c"}, Direction::Forward, 15), "");
  EXPECT_EQ(keys({"d", "a"}, Direction::Backward, 15), "");
}

TEST_F(OldVersions, TellWhetherARangeChangedSince) {
  snapshots_.open(Lsn{15});
  keep("b", "one", 10, 20);

  EXPECT_TRUE(store_.changed_since(kTree, {}, Lsn{15}));
  EXPECT_TRUE(store_.changed_since(kTree, {"a", "c"}, Lsn{19}));
  EXPECT_FALSE(store_.changed_since(kTree, {}, Lsn{20}));
  EXPECT_FALSE(store_.changed_since(kTree, {"c", ""}, Lsn{15}));
  EXPECT_FALSE(store_.changed_since(kTree, {"a", "b"}, Lsn{15}));
  EXPECT_FALSE(store_.changed_since(TreeId{8}, {}, Lsn{15}));
}

TEST_F(OldVersions, GoWhenTheirLastSnapshotIsClosed) {
  snapshots_.open(Lsn{15});
  snapshots_.open(Lsn{15});
  snapshots_.open(Lsn{25});
  keep("a", "one", 10, 20);
  keep("a", "two", 20, 30);

  EXPECT_FALSE(store_.prune(kNoLimit));
  EXPECT_EQ(store_.version_count(), 2u);
  snapshots_.close(Lsn{15});
  store_.prune(kNoLimit);
  EXPECT_EQ(find("a", 15), "one");
  snapshots_.close(Lsn{15});
  store_.prune(kNoLimit);
  EXPECT_EQ(find("a", 25), "two");
  EXPECT_EQ(store_.version_count(), 1u);
  snapshots_.close(Lsn{25});
  store_.prune(kNoLimit);

  EXPECT_TRUE(store_.is_empty());
  EXPECT_EQ(store_.used_bytes(), 0u);
}

TEST_F(OldVersions, ArePrunedInSmallSteps) {
  snapshots_.open(Lsn{15});
  for (int number = 0; number < 10; ++number) keep(std::to_string(number), "x", 10, 20);
  snapshots_.close(Lsn{15});

  EXPECT_TRUE(store_.prune(4));
  EXPECT_EQ(store_.version_count(), 6u);
  EXPECT_TRUE(store_.prune(4));
  EXPECT_FALSE(store_.prune(4));
  EXPECT_TRUE(store_.is_empty());
}

// A counter beside a long report: short statements come and go, and each keeps one more version.
TEST_F(OldVersions, DoNotPileUpBesideALongSnapshot) {
  snapshots_.open(Lsn{1});
  keep("a", "first", 0, 2);

  for (std::uint64_t lsn = 2; lsn < 2000; ++lsn) {
    snapshots_.open(Lsn{lsn});
    keep("a", "later", lsn, lsn + 1);
    snapshots_.close(Lsn{lsn});
  }

  EXPECT_LE(store_.version_count(), 4u);
  EXPECT_EQ(find("a", 1), "first");
}

TEST_F(OldVersions, CountTheirMemory) {
  snapshots_.open(Lsn{15});

  keep("a", std::string(100'000, 'x'), 10, 20);

  EXPECT_GE(store_.used_bytes(), 100'000u);
  EXPECT_LE(store_.used_bytes(), 101'000u);
}

TEST(OpenSnapshots, KnowTheOldest) {
  Snapshots snapshots;
  EXPECT_EQ(snapshots.oldest_open(), kNoSnapshot);
  EXPECT_FALSE(snapshots.any_open());

  snapshots.open(Lsn{20});
  snapshots.open(Lsn{10});
  EXPECT_EQ(snapshots.oldest_open(), Lsn{10});
  snapshots.close(Lsn{10});
  EXPECT_EQ(snapshots.oldest_open(), Lsn{20});
  snapshots.close(Lsn{20});

  EXPECT_EQ(snapshots.oldest_open(), kNoSnapshot);
  EXPECT_FALSE(snapshots.any_open());
}

TEST(OpenSnapshots, NeedWhatIsValidAtOneOfThem) {
  Snapshots snapshots;
  snapshots.open(Lsn{10});
  snapshots.open(Lsn{30});

  EXPECT_TRUE(snapshots.need(Lsn{10}, Lsn{11}));
  EXPECT_TRUE(snapshots.need(Lsn{5}, Lsn{20}));
  EXPECT_FALSE(snapshots.need(Lsn{5}, Lsn{10}));
  EXPECT_FALSE(snapshots.need(Lsn{11}, Lsn{30}));
  EXPECT_TRUE(snapshots.need(Lsn{11}, Lsn{31}));
  EXPECT_FALSE(snapshots.need(Lsn{31}, Lsn{40}));
}

// A row is overwritten under one lock while readers at open snapshots walk and find.
TEST(OldVersionsThreads, ReadersAlwaysFindTheVersionOfTheirSnapshot) {
  Snapshots snapshots;
  VersionStore store(snapshots);
  std::mutex writer;  // stands for the gate: no write is under way when a snapshot opens
  std::uint64_t newest = 1;
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};

  const auto read = [&] {
    while (!stop) {
      std::uint64_t snapshot = 0;
      {
        const std::lock_guard guard(writer);
        snapshot = newest;
        snapshots.open(Lsn{snapshot});
      }
      for (int turn = 0; turn < 20; ++turn) {
        bool is_newest = false;
        {
          const std::lock_guard guard(writer);
          is_newest = newest == snapshot;
        }
        std::string value;
        const bool found = store.find(kTree, "a", Lsn{snapshot}, [&](const RecordView& record) {
          value = std::string(record.value);
        });
        if (found ? value != std::to_string(snapshot) : !is_newest) ++wrong;
      }
      snapshots.close(Lsn{snapshot});
    }
  };
  std::thread one(read);
  std::thread two(read);
  for (int turn = 0; turn < 3000; ++turn) {
    {
      const std::lock_guard guard(writer);
      const std::string value = std::to_string(newest);
      store.keep(kTree, "a", {value, Lsn{newest}, kNoDeadline, 0}, Lsn{newest + 1});
      ++newest;
    }
    if (turn % 16 == 0) store.prune(8);
  }
  stop = true;
  one.join();
  two.join();
  store.prune(kNoLimit);

  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(store.is_empty());
  EXPECT_EQ(store.used_bytes(), 0u);
}

}  // namespace
}  // namespace latchkey::storage::tree
