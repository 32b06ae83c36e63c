#include "storage/tree/checkpoint_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/assert.h"
#include "env/simulated.h"
#include "storage/tree/log_testing.h"

namespace latchkey::storage::tree {
namespace {

using testing::kDirectory;
using testing::read_file;
using testing::text;
using testing::write_file;

struct Entry {
  std::uint32_t tree;
  std::string key;
  std::string value;
  std::uint64_t version = 1;
  std::int64_t deadline_ms = kNoDeadline;
  std::uint8_t kind = 0;
  bool operator==(const Entry&) const = default;
};
using Entries = std::vector<Entry>;

Entries some_entries() {
  return {
      {1, "", "the empty key", 7, kNoDeadline, 0},
      {1, "a", "", 1ull << 40, 1'700'000'000'000, kRecordKindMax},
      {1, std::string("a\0", 2), text(1, 300), 9, -5, 3},
      {7, "large", text(2, 100'000), 10, std::numeric_limits<std::int64_t>::max(), 1},
      {7, "larger", text(3, 200'000), 11, kNoDeadline, 1},
      {7, "z", "small again", 12, kNoDeadline, 1},
      {5, "other tree", "x", 13, kNoDeadline, 1},
  };
}

TreeOptions options_of(std::uint32_t tree) {
  return {.counted = tree == 5, .hashed = tree != 5, .logged = tree != 7};
}

const CheckpointInfo kInfo{
    .start = Lsn{4096}, .end = Lsn{5000}, .clock_ms = 123, .next_tree = TreeId{8}, .clean = true};
const std::string kPath = kDirectory + "/checkpoint-00000000000000004096";

Result<CheckpointTotals> write_checkpoint(const env::Env& env, const Entries& entries,
                                          const CheckpointInfo& info = kInfo) {
  LK_CHECK(env.files->create_directories(kDirectory));
  LK_TRY(const auto writer, CheckpointWriter::create(env, kDirectory, info.start));
  std::uint32_t tree = 0;
  for (const Entry& entry : entries) {
    if (entry.tree != tree)
      LK_CHECK(writer->begin_tree(TreeId{entry.tree}, options_of(entry.tree)));
    tree = entry.tree;
    LK_CHECK(
        writer->add(entry.key, {entry.value, Lsn{entry.version}, entry.deadline_ms, entry.kind}));
  }
  LK_CHECK(writer->begin_tree(TreeId{2}, options_of(2)));  // an empty tree at the end
  return writer->finish(info);
}

enum class Values { Read, Skipped };

Result<Entries> read_checkpoint(env::FileSystem& files, const std::string& path,
                                Values values = Values::Read) {
  LK_TRY(const auto reader, CheckpointReader::open(files, path));
  Entries entries;
  for (;;) {
    LK_TRY(const auto item, reader->next());
    if (item == CheckpointReader::Item::End) return entries;
    if (item == CheckpointReader::Item::Tree) {
      const TreeOptions expected = options_of(value_of(reader->tree()));
      EXPECT_EQ(reader->tree_options().counted, expected.counted);
      EXPECT_EQ(reader->tree_options().hashed, expected.hashed);
      EXPECT_EQ(reader->tree_options().logged, expected.logged);
      continue;
    }
    const RecordView& record = reader->record();
    Entry entry{value_of(reader->tree()), std::string(reader->key()), std::string(record.value),
                value_of(record.version), record.deadline_ms,         record.kind};
    if (item == CheckpointReader::Item::Large && values == Values::Read) {
      entry.value.resize(reader->value_bytes());
      LK_CHECK(reader->read_value(entry.value));
    }
    entries.push_back(std::move(entry));
  }
}

TEST(CheckpointFile, EverythingComesBackAsItWas) {
  env::SimulatedEnv sim;
  const auto totals = write_checkpoint(sim.env(), some_entries());
  ASSERT_TRUE(totals.has_value()) << totals.error().message();

  const auto entries = read_checkpoint(sim.files, kPath);
  const auto reader = CheckpointReader::open(sim.files, kPath);

  ASSERT_TRUE(entries.has_value()) << entries.error().message();
  EXPECT_EQ(*entries, some_entries());
  EXPECT_EQ(totals->records, some_entries().size());
  EXPECT_EQ(totals->trees, 4u);
  EXPECT_EQ(totals->bytes, read_file(sim.files, kPath).size());
  EXPECT_EQ((*reader)->info().start, kInfo.start);
  EXPECT_EQ((*reader)->info().end, kInfo.end);
  EXPECT_EQ((*reader)->info().clock_ms, 123);
  EXPECT_EQ((*reader)->info().next_tree, TreeId{8});
  EXPECT_TRUE((*reader)->info().clean);
}

TEST(CheckpointFile, ManySmallRecordsFillManyBlocks) {
  env::SimulatedEnv sim;
  Entries entries;
  for (int i = 0; i < 20'000; ++i)
    entries.push_back({3, std::to_string(1'000'000 + i), text(i, 30), 5, kNoDeadline, 1});
  ASSERT_TRUE(write_checkpoint(sim.env(), entries).has_value());

  const auto back = read_checkpoint(sim.files, kPath);

  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_TRUE(*back == entries);
}

TEST(CheckpointFile, ValuesThatNobodyAsksForAreSkippedAndCheckedAllTheSame) {
  env::SimulatedEnv sim;
  ASSERT_TRUE(write_checkpoint(sim.env(), some_entries()).has_value());
  EXPECT_EQ(read_checkpoint(sim.files, kPath, Values::Skipped)->size(), some_entries().size());
  EXPECT_EQ(verify_checkpoint(sim.files, kPath)->records, some_entries().size());

  const std::size_t inside =
      read_file(sim.files, kPath).find(text(3, 200'000).substr(0, 40)) + 100'000;
  write_file(sim.files, kPath, inside, "X");

  EXPECT_EQ(verify_checkpoint(sim.files, kPath).error().code(), ErrorCode::Corruption);
}

Entries few_entries() {
  return {
      {1, "key", "value", 7, 55, 2}, {1, "kez", text(1, 80'000), 8, kNoDeadline, 0}, {9, "k", "v"}};
}

TEST(CheckpointFile, EveryFlippedBitIsDetected) {
  env::SimulatedEnv sim;
  Entries entries = some_entries();
  std::erase_if(entries, [](const Entry& entry) { return entry.value.size() > 1000; });
  ASSERT_TRUE(write_checkpoint(sim.env(), entries).has_value());
  const std::string whole = read_file(sim.files, kPath);
  const env::SimulatedDisk disk = sim.files.snapshot();

  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    env::SimulatedFileSystem files(disk);
    const char changed = static_cast<char>(whole[bit / 8] ^ 1 << bit % 8);
    write_file(files, kPath, bit / 8, Bytes(&changed, 1));
    const auto totals = verify_checkpoint(files, kPath);
    ASSERT_FALSE(totals.has_value()) << "bit " << bit;
    ASSERT_EQ(totals.error().code(), ErrorCode::Corruption);
    ASSERT_NE(totals.error().message().find(kPath + " at offset "), std::string::npos);
  }
}

TEST(CheckpointFile, FlipsInLargeValuesAreDetectedAtEveryBlock) {
  env::SimulatedEnv sim;
  ASSERT_TRUE(write_checkpoint(sim.env(), few_entries()).has_value());
  const std::string whole = read_file(sim.files, kPath);
  const env::SimulatedDisk disk = sim.files.snapshot();

  for (std::size_t at = 0; at < whole.size(); at += 97) {
    env::SimulatedFileSystem files(disk);
    const char changed = static_cast<char>(whole[at] ^ 4);
    write_file(files, kPath, at, Bytes(&changed, 1));
    ASSERT_EQ(read_checkpoint(files, kPath).error().code(), ErrorCode::Corruption) << at;
  }
}

TEST(CheckpointFile, EveryTruncationAndAnyGrowthIsDetected) {
  env::SimulatedEnv sim;
  ASSERT_TRUE(write_checkpoint(sim.env(), {{1, "key", "value"}}).has_value());
  const std::uint64_t size = read_file(sim.files, kPath).size();
  const env::SimulatedDisk disk = sim.files.snapshot();

  for (std::uint64_t length = 0; length <= size + 1; ++length) {
    if (length == size) continue;
    env::SimulatedFileSystem files(disk);
    ASSERT_TRUE(files.open(kPath, env::OpenMode::ReadWrite).value()->truncate(length).has_value());
    ASSERT_EQ(verify_checkpoint(files, kPath).error().code(), ErrorCode::Corruption) << length;
  }
}

TEST(CheckpointFile, BlocksOfAnotherFileOrPlaceAreDetected) {
  env::SimulatedEnv sim;
  const Entries entries{{1, "key", "value"}};
  ASSERT_TRUE(write_checkpoint(sim.env(), entries).has_value());
  const std::string first = read_file(sim.files, kPath);
  ASSERT_TRUE(write_checkpoint(sim.env(), entries).has_value());

  write_file(sim.files, kPath, 128, Bytes(first).substr(128));

  EXPECT_EQ(verify_checkpoint(sim.files, kPath).error().code(), ErrorCode::Corruption);
}

TEST(CheckpointFile, BlocksThatChangedPlacesAreDetected) {
  env::SimulatedEnv sim;
  ASSERT_TRUE(write_checkpoint(sim.env(), {{1, "key", text(1, 3u << 20)}}).has_value());
  constexpr std::size_t kPiece = 12 + (1u << 20);
  const std::string whole = read_file(sim.files, kPath);
  const std::size_t first = whole.find(text(1, 3u << 20).substr(0, 64)) - 12;

  write_file(sim.files, kPath, first,
             whole.substr(first + kPiece, kPiece) + whole.substr(first, kPiece));

  EXPECT_EQ(verify_checkpoint(sim.files, kPath).error().code(), ErrorCode::Corruption);
}

TEST(CheckpointFile, ANameThatTheHeaderDoesNotConfirmIsDetected) {
  env::SimulatedEnv sim;
  ASSERT_TRUE(write_checkpoint(sim.env(), some_entries()).has_value());
  const std::string other = kDirectory + "/checkpoint-00000000000000004097";
  ASSERT_TRUE(sim.files.rename(kPath, other).has_value());

  EXPECT_EQ(CheckpointReader::open(sim.files, other).error().code(), ErrorCode::Corruption);
}

TEST(CheckpointFile, AnUnpublishedOneLeavesNothing) {
  env::SimulatedEnv sim;
  ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
  {
    const auto writer = CheckpointWriter::create(sim.env(), kDirectory, Lsn{1});
    ASSERT_TRUE((*writer)->begin_tree(TreeId{1}, {}).has_value());
  }

  EXPECT_TRUE(sim.files.list(kDirectory)->empty());
}

TEST(CheckpointFile, ListsTheNewestFirstAndKeepsAsManyAsAsked) {
  env::SimulatedEnv sim;
  for (const std::uint64_t start : {8u, 4096u, 96u}) {
    CheckpointInfo info = kInfo;
    info.start = Lsn{start};
    ASSERT_TRUE(write_checkpoint(sim.env(), {}, info).has_value());
  }
  write_file(sim.files, kDirectory + "/unfinished-checkpoint-00000000000000004096", 0, "half");
  write_file(sim.files, kDirectory + "/checkpoint-1", 0, "not ours");

  ASSERT_TRUE(remove_unfinished_checkpoints(sim.files, kDirectory).has_value());
  ASSERT_TRUE(remove_old_checkpoints(sim.files, kDirectory, 2).has_value());

  const auto entries = list_checkpoints(sim.files, kDirectory).value();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].start, Lsn{4096});
  EXPECT_EQ(entries[1].start, Lsn{96});
  EXPECT_EQ(sim.files.list(kDirectory)->size(), 3u);
}

TEST(CheckpointFile, AFailedSyncIsToldApart) {
  for (const auto kind : {env::OperationKind::Sync, env::OperationKind::SyncDirectory}) {
    env::SimulatedEnv sim;
    ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
    const auto writer = CheckpointWriter::create(sim.env(), kDirectory, kInfo.start);
    sim.files.inject({.effect = env::FaultEffect::FailedSync, .nth = 1, .kind = kind});
    EXPECT_FALSE((*writer)->finish(kInfo).has_value());
    EXPECT_TRUE((*writer)->sync_failed());
  }
}

// P-D5: at any crash there is the old checkpoint or the new one, whole.
TEST(CheckpointFile, ACrashWhilePublishingLeavesTheOldOrTheNewOne) {
  env::SimulatedEnv sim;
  CheckpointInfo old_info = kInfo;
  old_info.start = Lsn{8};
  ASSERT_TRUE(write_checkpoint(sim.env(), few_entries(), old_info).has_value());
  ASSERT_TRUE(sim.files.sync_directory("/").has_value());
  std::vector<env::SimulatedDisk> disks;
  sim.files.set_before_operation(
      [&](const env::Operation&) { disks.push_back(sim.files.snapshot()); });
  ASSERT_TRUE(write_checkpoint(sim.env(), some_entries()).has_value());
  ASSERT_TRUE(remove_old_checkpoints(sim.files, kDirectory, 1).has_value());
  sim.files.set_before_operation(nullptr);
  disks.push_back(sim.files.snapshot());

  env::SimulatedRandom random(1);
  for (const env::SimulatedDisk& disk : disks) {
    for (int draw = 0; draw < 40; ++draw) {
      env::SimulatedFileSystem files(disk.after_crash(random));
      const auto found = list_checkpoints(files, kDirectory).value();
      ASSERT_FALSE(found.empty());
      const auto entries = read_checkpoint(files, found[0].path);
      ASSERT_TRUE(entries.has_value()) << entries.error().message();
      ASSERT_EQ(*entries, found[0].start == kInfo.start ? some_entries() : few_entries());
    }
  }
}

TEST(CheckpointFile, AnyOneFailingOperationIsReportedAndPublishesNothingHalf) {
  for (std::uint64_t nth = 1;; ++nth) {
    env::SimulatedEnv sim;
    ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
    sim.files.inject({.effect = env::FaultEffect::ShortWriteDiskFull, .nth = nth});
    const auto totals = write_checkpoint(sim.env(), some_entries());
    if (sim.files.faults_fired() == 0) break;
    ASSERT_EQ(totals.error().code(), ErrorCode::DiskFull);
    ASSERT_TRUE(list_checkpoints(sim.files, kDirectory)->empty());
    ASSERT_TRUE(sim.files.list(kDirectory)->empty())
        << "half a checkpoint would hold the space that lacks";
  }
}

}  // namespace
}  // namespace latchkey::storage::tree
