#include "storage/tree/tree_engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace latchkey::storage::tree {
namespace {

class TreeEngineTest : public testing::Test {
 protected:
  TreeEngineTest() {
    char name[] = "/tmp/latchkey-tree-engine-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~TreeEngineTest() override {
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }

  void open(Durability durability = Durability::Sync) {
    engine_.reset();
    TreeEngineOptions options;
    options.directory = directory_;
    options.durability = durability;
    options.log_segment_bytes = 1 << 20;
    options.log_ring_bytes = 1 << 18;
    options.memory_limit_bytes = std::uint64_t{1} << 30;
    auto opened = TreeEngine::open(env::posix(), options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    engine_ = std::move(*opened);
  }
  Lsn put(Bytes key, Bytes value, std::int64_t deadline_ms = kNoDeadline,
          TreeId tree = Engine::kCatalogTree) {
    const auto version = engine_->update(
        engine_->key_ref(tree, key), engine_->now_ms(),
        [&](const RecordView*, const RecordView*) -> Result<Decision> {
          return Decision::put({value, deadline_ms, 0});
        },
        nullptr);
    EXPECT_TRUE(version.has_value());
    return *version;
  }
  std::optional<std::string> get(Bytes key, TreeId tree = Engine::kCatalogTree) {
    std::optional<std::string> out;
    const auto found = engine_->read(engine_->key_ref(tree, key), engine_->now_ms(),
                                     [&](const RecordView& record) { out = record.value; });
    EXPECT_TRUE(found.has_value());
    return out;
  }
  TreeId make_tree(const TreeOptions& options) {
    const auto transaction = engine_->begin_atomic_on_everything(engine_->now_ms());
    const auto tree = transaction->create_tree(options);
    EXPECT_TRUE(tree.has_value());
    EXPECT_TRUE(transaction->commit().has_value());
    return *tree;
  }

  std::string directory_;
  std::unique_ptr<TreeEngine> engine_;
};

TEST_F(TreeEngineTest, FindsEverythingAgainAfterAStopWithoutWarning) {
  open();
  for (int i = 0; i < 3000; ++i) put("key:" + std::to_string(i), "value:" + std::to_string(i));
  put("long", std::string(3 << 20, 'x'));
  const Lsn last = put("last", "1");
  while (!engine_->make_stable(last)) std::this_thread::yield();

  open();

  for (int i = 0; i < 3000; ++i)
    ASSERT_EQ(get("key:" + std::to_string(i)), "value:" + std::to_string(i));
  EXPECT_EQ(get("long"), std::string(3 << 20, 'x'));
  EXPECT_EQ(get("last"), "1");
}

TEST_F(TreeEngineTest, StartsFromACheckpointAndTheLogBehindIt) {
  open();
  const TreeId tree = make_tree({.counted = true, .hashed = false});
  for (int i = 0; i < 1000; ++i) put("key:" + std::to_string(i), "old");
  for (int i = 0; i < 1000; ++i) put(std::to_string(i), "", kNoDeadline, tree);
  ASSERT_TRUE(engine_->checkpoint().has_value());
  for (int i = 0; i < 500; ++i) put("key:" + std::to_string(i), "new");
  const Lsn last = put("last", "1");
  while (!engine_->make_stable(last)) std::this_thread::yield();

  open();

  EXPECT_EQ(get("key:7"), "new");
  EXPECT_EQ(get("key:700"), "old");
  const auto transaction = engine_->begin(Isolation::ReadCommitted);
  EXPECT_EQ(*transaction->count(tree), 1000u);
  EXPECT_EQ(*transaction->rank(tree, "500"), 447u);
}

TEST_F(TreeEngineTest, KeepsUnloggedTreesOverACleanStopOnly) {
  open();
  const TreeId tree = make_tree({.counted = false, .hashed = true, .logged = false});
  put("a", "1", kNoDeadline, tree);
  ASSERT_TRUE(engine_->close().has_value());

  open();
  EXPECT_EQ(get("a", tree), "1");
  put("a", "2", kNoDeadline, tree);

  open();
  EXPECT_EQ(get("a", tree), std::nullopt);
}

TEST_F(TreeEngineTest, RefusesADirectoryThatIsOpen) {
  open();
  TreeEngineOptions options;
  options.directory = directory_;

  const auto second = TreeEngine::open(env::posix(), options);

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::DirectoryInUse);
}

TEST_F(TreeEngineTest, KeepsDeadlinesOverARestart) {
  open();
  const std::int64_t soon = engine_->now_ms() + 60'000;
  put("a", "1", soon);
  const Lsn last = put("b", "1", soon + 5);
  while (!engine_->make_stable(last)) std::this_thread::yield();

  open();

  EXPECT_EQ(engine_->next_deadline_ms(), soon);
  EXPECT_EQ(engine_->due_records(soon + 5, 10).size(), 2u);
  EXPECT_EQ(engine_->due_records(soon, 10).size(), 1u);
}

TEST_F(TreeEngineTest, AddsUpWhatManyThreadsIncrement) {
  open(Durability::Interval);
  constexpr int kThreads = 4;
  constexpr int kTurns = 5000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTurns; ++i) {
        std::string next;
        const auto version = engine_->update(
            engine_->key_ref(Engine::kCatalogTree, "counter"), engine_->now_ms(),
            [&](const RecordView* live, const RecordView*) -> Result<Decision> {
              next = std::to_string(live == nullptr ? 1 : std::stoi(std::string(live->value)) + 1);
              return Decision::put({next});
            },
            nullptr);
        ASSERT_TRUE(version.has_value());
        if (i % 1000 == 0) {
          ASSERT_TRUE(engine_->checkpoint().has_value());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(get("counter"), std::to_string(kThreads * kTurns));
}

}  // namespace
}  // namespace latchkey::storage::tree
