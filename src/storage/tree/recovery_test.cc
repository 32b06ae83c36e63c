// Verified:     what only a start can get wrong: names, the clock, marks of clean stops that are
// out
//               of date, checkpoints that are gone.
// Not verified: crashes at every operation and damage at every place (tests/crash).
#include "storage/tree/recovery.h"

#include <gtest/gtest.h>

#include "env/simulated.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::storage::tree {
namespace {

using env::SimulatedEnv;

class RecoveryTest : public testing::Test {
 protected:
  Result<void> open() {
    engine_.reset();
    lines_.clear();
    TreeEngineOptions options;
    options.directory = kDirectory;
    options.memory_limit_bytes = 16u << 20;
    options.log_segment_bytes = 64u << 10;
    options.log_ring_bytes = 64u << 10;
    options.threads = LogOptions::Threads::None;
    options.report = [this](const std::string& line) { lines_ += line + "\n"; };
    LK_TRY(engine_, TreeEngine::open(machine_.env(), options));
    return {};
  }
  void must_open() {
    const Result<void> opened = open();
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
  }
  void put(Bytes key, TreeId tree = Engine::kCatalogTree) {
    const auto decide = [](const RecordView*, const RecordView*) -> Result<Decision> {
      return Decision::put({"value", kNoDeadline, 0});
    };
    const auto version =
        engine_->update(engine_->key_ref(tree, key), engine_->now_ms(), decide, nullptr);
    ASSERT_TRUE(version.has_value()) << version.error().message();
    ASSERT_TRUE(engine_->make_stable(*version));
  }
  bool has(Bytes key, TreeId tree = Engine::kCatalogTree) {
    return engine_->read(engine_->key_ref(tree, key), engine_->now_ms(), [](const RecordView&) {})
        .value_or(false);
  }
  TreeId make_unlogged_tree() {
    const auto transaction = engine_->begin_atomic_on_everything(engine_->now_ms());
    const auto tree = transaction->create_tree({.counted = false, .hashed = true, .logged = false});
    EXPECT_TRUE(engine_->make_stable(transaction->commit().value()));
    return *tree;
  }
  /// The power goes, and of all that was not synced nothing is left.
  void lose_all_unsynced() {
    engine_.reset();
    const env::SimulatedDisk disk = machine_.files.snapshot();
    const std::vector<env::Fate> fates(disk.unsynced_count(), env::Fate::Lost);
    machine_.files = env::SimulatedFileSystem(disk.after_crash(fates, machine_.random));
  }
  std::vector<std::string> files_named(Bytes prefix) {
    std::vector<std::string> out;
    const std::vector<std::string> names = machine_.files.list(kDirectory).value();
    for (const std::string& name : names) {
      if (name.starts_with(prefix)) out.push_back(kDirectory + "/" + name);
    }
    return out;
  }

  static inline const std::string kDirectory = "/srv/some/where/data";
  SimulatedEnv machine_{1};
  std::string lines_;
  std::unique_ptr<TreeEngine> engine_;
};

// P-D5: an acknowledged write in a directory that a power cut takes away is a lost write.
TEST_F(RecoveryTest, TheNamesThatLeadToANewDirectoryAreDurable) {
  must_open();
  put("a");

  lose_all_unsynced();

  must_open();
  EXPECT_TRUE(has("a"));
}

TEST_F(RecoveryTest, TheNamesThatAnEarlierStartMadeAreDurableToo) {
  ASSERT_TRUE(machine_.files.create_directories(kDirectory).has_value());
  must_open();
  put("a");

  lose_all_unsynced();

  must_open();
  EXPECT_TRUE(has("a"));
}

// Whoever made those directories: what a sync has failed on may be gone tomorrow.
TEST_F(RecoveryTest, ADirectoryAboveThatCannotBeSyncedStopsTheFirstStart) {
  ASSERT_TRUE(machine_.files.create_directories(kDirectory).has_value());
  machine_.files.inject({.effect = env::FaultEffect::FailedSync});

  const Result<void> opened = open();

  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message().find("/srv"), std::string::npos);
}

// A clean stop that has nothing to write tells the time to its mark alone, which a start removes.
TEST_F(RecoveryTest, TheClockDoesNotGoBackAfterACleanStopAndACrash) {
  must_open();
  machine_.clock.advance_ms(1'000'000);
  const std::int64_t told = engine_->now_ms();
  ASSERT_TRUE(engine_->close().has_value());
  machine_.clock.step_wall_ms(-2'000'000);
  must_open();
  ASSERT_GE(engine_->now_ms(), told);

  lose_all_unsynced();

  must_open();
  EXPECT_GE(engine_->now_ms(), told);
}

TEST_F(RecoveryTest, AStartWhoseMarkCameBackKeepsNoUnloggedRecords) {
  must_open();
  const TreeId cache = make_unlogged_tree();
  put("a", cache);
  ASSERT_TRUE(engine_->close().has_value());
  // The start that finds the mark cannot make its removal durable.
  const auto operations = [&] { return machine_.files.operation_count(); };
  const env::SimulatedDisk disk = machine_.files.snapshot();
  const std::uint64_t before = operations();
  must_open();
  const std::uint64_t last = operations() - before;
  for (std::uint64_t nth = last - 5; nth <= last; ++nth) {
    engine_.reset();
    machine_.files = env::SimulatedFileSystem(disk);
    machine_.files.inject({.effect = env::FaultEffect::IoError, .nth = nth});
    if (open().has_value()) continue;
    machine_.files.clear_faults();
    must_open();
    if (has("a", cache)) continue;  // so early that nothing had happened yet
    put("b", cache);

    lose_all_unsynced();

    must_open();
    EXPECT_FALSE(has("a", cache)) << nth;
  }
}

TEST_F(RecoveryTest, SaysThatTheCheckpointOfACleanStopIsGone) {
  must_open();
  const TreeId cache = make_unlogged_tree();
  put("a", cache);
  put("b");
  ASSERT_TRUE(engine_->close().has_value());
  engine_.reset();
  const auto checkpoints = files_named("checkpoint-");
  ASSERT_GE(checkpoints.size(), 2u);
  ASSERT_TRUE(machine_.files.remove(checkpoints.back()).has_value());

  must_open();

  EXPECT_TRUE(has("b"));
  EXPECT_FALSE(has("a", cache));
  EXPECT_NE(lines_.find(checkpoints.back()), std::string::npos) << lines_;
}

// The newest checkpoint proves that the log once reached its start, even when it is damaged.
TEST_F(RecoveryTest, AnOlderCheckpointIsNotEnoughWhenTheLogEndsBeforeTheNewestBegan) {
  must_open();
  put("a");
  ASSERT_TRUE(engine_->checkpoint().has_value());
  put("b");
  put("c");
  ASSERT_TRUE(engine_->checkpoint().has_value());
  engine_.reset();
  const auto checkpoints = files_named("checkpoint-");
  const auto zero = [&](const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
    auto file = machine_.files.open(path, env::OpenMode::ReadWrite).value();
    ASSERT_TRUE(file->write_at(offset, std::string(bytes, '\0')).has_value());
  };
  zero(checkpoints.back(), 0, 64);
  const std::string segment = files_named("log-0").front();
  zero(segment, kSegmentHeaderBytes + 64, 4096);

  const Result<void> opened = open();

  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::Corruption);
}

}  // namespace
}  // namespace latchkey::storage::tree
