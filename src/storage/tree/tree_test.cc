#include "storage/tree/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace latchkey::storage::tree {
namespace {

struct TestTree {
  Pool pool{1 << 17};
  Directory directory{1 << 18};
  TreeContext context{pool, directory, 7};
  Tree tree;

  explicit TestTree(const TreeOptions& options) : tree(context, TreeId{9}, options) {}

  void put(Bytes key, Bytes value, std::uint64_t version = 1) {
    const std::uint64_t hash = tree.hash(key);
    Tree::Place place = tree.locate(key, hash);
    LeafRecord record{value, Lsn{version}, kNoDeadline, 0, nullptr};
    if (needs_large(key, value.size())) {
      record.large = LargeRecord::create(
          key.size() > kKeyInlineBytes ? key.substr(kKeyInlineBytes) : Bytes(), value);
      record.value = {};
    }
    ASSERT_TRUE(tree.write(place, key, hash, record));
  }
  /// As put, where `hint` was found before.
  void put_by(const Tree::Hint& hint, Bytes key, Bytes value) {
    const std::uint64_t hash = tree.hash(key);
    Tree::Place place = tree.locate(key, hash, hint);
    ASSERT_TRUE(tree.write(place, key, hash, {value, Lsn{1}, kNoDeadline, 0, nullptr}));
  }
  bool erase(Bytes key) {
    const std::uint64_t hash = tree.hash(key);
    Tree::Place place = tree.locate(key, hash);
    if (!place.found()) return false;
    tree.erase(place, key, hash);
    return true;
  }
  std::optional<std::string> get(Bytes key) {
    Tree::Place place = tree.locate(key, tree.hash(key));
    if (!place.found()) return std::nullopt;
    return std::string(place.record().view().value);
  }
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> out;
    LeafBatch batch;
    std::string from;
    do {
      tree.read_forward(from, true, SIZE_MAX, batch);
      for (std::size_t i = 0; i < batch.entries.size(); ++i) {
        out.emplace(batch.entries[i].key, batch.entries[i].record.value);
      }
      from = batch.next;
    } while (batch.more);
    return out;
  }
  std::vector<std::string> keys_forward() {
    std::vector<std::string> out;
    LeafBatch batch;
    std::string from;
    do {
      tree.read_forward(from, true, SIZE_MAX, batch);
      for (const LeafBatch::Entry& entry : batch.entries) out.emplace_back(entry.key);
      from = batch.next;
    } while (batch.more);
    return out;
  }
  std::vector<std::string> keys_backward() {
    std::vector<std::string> out;
    LeafBatch batch;
    std::optional<std::string> end;
    do {
      tree.read_backward(end, 7, batch);
      for (std::size_t i = 0; i < batch.entries.size(); ++i) out.emplace_back(batch.entries[i].key);
      end = batch.next;
    } while (batch.more);
    return out;
  }
};

using Model = std::map<std::string, std::string>;

struct Shape {
  const char* name;
  TreeOptions options;
  std::size_t key_bytes_max;
  std::size_t shared_prefix_bytes;
  std::size_t value_bytes_max;
};

class TreeAgainstMap : public testing::TestWithParam<Shape> {};

// Verified: contents, order both ways, ranks, counts, after every phase of growth and shrinkage.
// Not verified: concurrency (see below) and crashes.
TEST_P(TreeAgainstMap, AgreesThroughGrowthAndShrinkage) {
  const Shape& shape = GetParam();
  TestTree test(shape.options);
  Model model;
  std::mt19937_64 random(42);
  const std::string shared(shape.shared_prefix_bytes, 'p');
  const auto random_text = [&](std::size_t bytes_max) {
    std::string text(random() % (bytes_max + 1), '\0');
    for (char& c : text) c = static_cast<char>("abcd\0\xff"[random() % 6]);
    return text;
  };
  for (int phase = 0; phase < 4; ++phase) {
    const bool growing = phase % 2 == 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::string key = shared + random_text(shape.key_bytes_max);
      if (random() % 10 < (growing ? 8 : 1)) {
        const std::string value = random_text(shape.value_bytes_max);
        test.put(key, value);
        model[key] = value;
      } else if (!growing && !model.empty() && random() % 2 == 0) {
        const auto at = model.lower_bound(key);
        const std::string victim = at == model.end() ? model.begin()->first : at->first;
        EXPECT_TRUE(test.erase(victim));
        model.erase(victim);
      } else {
        EXPECT_EQ(test.erase(key), model.erase(key) == 1);
      }
      if (i % 64 == 0) {
        const auto found = model.find(key);
        EXPECT_EQ(test.get(key),
                  found == model.end() ? std::nullopt : std::optional(found->second));
      }
    }
    ASSERT_EQ(test.contents(), model);
    ASSERT_EQ(test.tree.record_count(), model.size());
    std::vector<std::string> backward;
    for (auto at = model.rbegin(); at != model.rend(); ++at) backward.push_back(at->first);
    ASSERT_EQ(test.keys_backward(), backward);
    if (shape.options.counted) {
      std::uint64_t rank = 0;
      for (const auto& [key, value] : model) {
        ASSERT_EQ(test.tree.rank(key), rank);
        ASSERT_EQ(test.tree.select(rank), key);
        ++rank;
      }
      EXPECT_FALSE(test.tree.select(rank).has_value());
    }
  }
  while (!model.empty()) {
    ASSERT_TRUE(test.erase(model.begin()->first));
    model.erase(model.begin());
  }
  EXPECT_TRUE(test.contents().empty());
  EXPECT_LE(test.pool.used_bytes(), 8 * kPageBytes);
  EXPECT_EQ(test.context.large_value_bytes.load() > 0, false);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TreeAgainstMap,
    testing::Values(Shape{"hashed", {}, 12, 0, 30}, Shape{"ordered", {.hashed = false}, 12, 3, 30},
                    Shape{"counted", {.counted = true, .hashed = false}, 14, 8, 0},
                    Shape{"counted_hashed", {.counted = true}, 9, 1, 10},
                    Shape{"wide_values", {}, 9, 0, 900}, Shape{"long_keys", {}, 700, 0, 20},
                    Shape{"long_shared_prefix", {}, 16, 900, 20},
                    Shape{"long_shared_prefix_ordered", {.hashed = false}, 16, 350, 20}),
    [](const auto& shape) { return shape.param.name; });

TEST(Tree, KeepsKeysThatArriveInOrderDensely) {
  TestTree test({});
  constexpr int kCount = 50'000;

  for (int i = 0; i < kCount; ++i) {
    char key[17];
    std::snprintf(key, sizeof key, "%016d", i);
    test.put(key, "0123456789abcdef");
  }

  EXPECT_LT(test.pool.used_bytes() / kCount, 46u);
}

// The members of large sorted sets come and go in blocks with a number of their own in front.
// Leaves that join reach over the border of two blocks, where their common prefix is short, while
// the inner page above is full of long separators.
TEST(Tree, JoinsLeavesOfBlocksThatComeAndGo) {
  constexpr std::uint64_t kBlocks = 4000;
  constexpr std::uint64_t kScores = 50;
  constexpr std::size_t kWaiting = 20'000;
  for (const std::uint64_t seed : {6, 8}) {
    TestTree test({.counted = true, .hashed = false});
    std::mt19937_64 random(seed);
    std::vector<std::vector<std::string>> live(7);
    std::vector<std::string> garbage;
    std::size_t collected = 0;
    std::size_t put_count = 0;
    for (std::uint64_t number = 1; number <= kBlocks; ++number) {
      std::vector<std::string> block;
      const int block_keys = std::array{3, 50, 300}[random() % 3];
      for (int i = 0; i < block_keys; ++i) {
        char head[16];
        store_big64(head, number);
        store_big64(head + 8,
                    0xC000'0000'0000'0000u + (static_cast<std::uint64_t>(i) % kScores << 45));
        block.push_back(std::string(head, sizeof head) + "many" + std::to_string(i));
        test.put(block.back(), {});
      }
      put_count += block.size();
      std::vector<std::string>& replaced = live[random() % live.size()];
      std::sort(replaced.begin(), replaced.end());
      garbage.insert(garbage.end(), replaced.begin(), replaced.end());
      replaced = std::move(block);
      // Garbage is collected late, and in steps that do not end where blocks do.
      const std::size_t waiting = garbage.size() - collected;
      if (waiting < kWaiting) continue;
      for (std::size_t left = random() % 256; left > 0; --left) {
        ASSERT_TRUE(test.erase(garbage[collected++]));
      }
    }

    EXPECT_EQ(test.contents().size(), put_count - collected);
  }
}

TEST(Tree, StoresRandomKeysWithinTheMemoryPromise) {
  TestTree test({});
  std::mt19937_64 random(1);
  constexpr int kCount = 200'000;

  for (int i = 0; i < kCount; ++i) {
    std::uint64_t words[2] = {random(), random()};
    test.put({reinterpret_cast<const char*>(words), 16}, "0123456789abcdef");
  }

  // 16 + 16 bytes in at most 64, the hash directory included.
  const std::uint64_t per_key = (test.pool.used_bytes() + test.directory.used_bytes()) / kCount;
  EXPECT_LE(per_key, 64u);
  RecordProperty("bytes_per_key", static_cast<int>(per_key));
}

TEST(Tree, LoadsSortedRecordsAndFindsThemByHint) {
  TestTree test({});
  for (int i = 0; i < 30'000; ++i) {
    char key[17];
    std::snprintf(key, sizeof key, "%016d", i);
    ASSERT_TRUE(test.tree.append_sorted(key, {"value", Lsn{3}, kNoDeadline, 0, nullptr}));
  }
  test.tree.finish_append();

  EXPECT_EQ(test.contents().size(), 30'000u);
  EXPECT_EQ(test.get("0000000000012345"), "value");
  EXPECT_FALSE(
      test.tree.append_sorted("0000000000000001", {"value", Lsn{3}, kNoDeadline, 0, nullptr}));
}

// Keys that differ late have long separators, and the halves of an inner page may share a prefix
// that takes more room than it saves.
TEST(Tree, SplitsInnerPagesOfLongSeparators) {
  constexpr int kKeys = 12'000;
  for (const std::size_t shared_bytes : {100u, 255u}) {
    for (const std::size_t middle_bytes : {20u, 60u, 150u}) {
      TestTree test({});
      std::mt19937_64 random(1);
      std::map<std::string, std::string> model;
      for (int i = 0; i < kKeys; ++i) {
        char number[9];
        std::snprintf(number, sizeof number, "%08d", static_cast<int>(random() % kKeys));
        const std::string key = std::string(shared_bytes, 'p') + std::string(number, 4) +
                                std::string(middle_bytes, 't') + number;
        test.put(key, std::string(700, 'v'));
        model[key] = std::string(700, 'v');
      }
      EXPECT_EQ(test.contents(), model) << shared_bytes << " and " << middle_bytes;
    }
  }
}

std::string random_key(std::mt19937_64& random, int range) {
  char key[17];
  std::snprintf(key, sizeof key, "%016d",
                static_cast<int>(random() % static_cast<unsigned>(range)));
  return key;
}

// A leaf found for a key is not where the key belongs any more once it was divided, joined or given
// to another tree.
TEST(Tree, WritesNewKeysWhereTheyBelongThoughLeavesChange) {
  constexpr int kRange = 100'000;
  constexpr int kAhead = 24;
  TestTree test({});
  std::mt19937_64 random(3);
  std::set<std::string> model;
  for (int round = 0; round < 1500; ++round) {
    std::vector<std::pair<std::string, Tree::Hint>> found;
    for (int i = 0; i < kAhead; ++i) {
      const std::string key = random_key(random, kRange);
      found.emplace_back(key, test.tree.find_leaf(key));
    }
    if (round % 3 == 2) {  // a stretch goes, so that leaves join
      auto at = model.lower_bound(random_key(random, kRange));
      for (int i = 0; i < 200 && at != model.end(); ++i) {
        test.erase(*at);
        at = model.erase(at);
      }
    }
    for (const auto& [key, hint] : found) {
      test.put_by(hint, key, "0123456789abcdef");
      model.insert(key);
    }
  }
  EXPECT_EQ(test.keys_forward(), std::vector<std::string>(model.begin(), model.end()));
  EXPECT_EQ(test.tree.record_count(), model.size());
}

TEST(Tree, ManyThreadsWriteNewKeysWhereTheyWereForeseen) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 400;
  constexpr int kAhead = 16;
  TestTree test({});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t));
      std::vector<std::string> mine;
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::pair<std::string, Tree::Hint>> found;
        for (int i = 0; i < kAhead; ++i) {
          const std::string key = random_key(random, 1 << 30) + std::to_string(t);
          found.emplace_back(key, test.tree.find_leaf(key));
        }
        for (const auto& [key, hint] : found) {
          test.put_by(hint, key, "0123456789abcdef");
          mine.push_back(key);
        }
        for (int i = 0; i < 8; ++i) {
          const std::size_t at = random() % mine.size();
          EXPECT_TRUE(test.erase(mine[at]));
          mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const std::vector<std::string> keys = test.keys_forward();
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(keys.size(), std::size_t{kThreads} * kRounds * (kAhead - 8));
  EXPECT_EQ(keys.size(), test.tree.record_count());
}

TEST(Tree, ServesManyThreadsAtOnce) {
  TestTree test({});
  constexpr int kThreads = 4;
  constexpr int kKeys = 3000;
  std::vector<std::thread> threads;

  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 4 * kKeys; ++i) {
        const std::string key = std::to_string(t) + ":" + std::to_string(random() % kKeys);
        if (random() % 3 == 0)
          test.erase(key);
        else
          test.put(key, key);
        const std::string other =
            std::to_string(random() % kThreads) + ":" + std::to_string(random() % kKeys);
        const auto found = test.get(other);
        if (found.has_value()) {
          EXPECT_EQ(*found, other);
        }
        if (i % 500 == 0) {
          for (const auto& [key_seen, value_seen] : test.contents())
            EXPECT_EQ(key_seen, value_seen);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const Model contents = test.contents();
  EXPECT_EQ(contents.size(), test.tree.record_count());
  for (const auto& [key, value] : contents) EXPECT_EQ(test.get(key), value);
}

}  // namespace
}  // namespace latchkey::storage::tree
