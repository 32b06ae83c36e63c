#include "env/simulated_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "env/simulated_random.h"

namespace latchkey::env {
namespace {

constexpr int kSeeds = 2000;

std::string contents(const SimulatedDisk& disk, const std::string& path) {
  const std::optional<NodeId> node = disk.find(path);
  if (!node) return "(missing)";
  std::string out(disk.size(*node), '?');
  EXPECT_EQ(disk.read(*node, 0, out), out.size());
  return out;
}

NodeId create(SimulatedDisk& disk, const std::string& path) {
  return disk.create_file(disk.place_of(path).value());
}

void sync(SimulatedDisk& disk, NodeId file) { disk.sync_file(file, disk.sequence()); }
void sync_root(SimulatedDisk& disk) { disk.sync_directory(SimulatedDisk::kRoot, disk.sequence()); }

/// A durable file "f" that holds `bytes`.
NodeId create_durable(SimulatedDisk& disk, const std::string& path, const std::string& bytes) {
  const NodeId file = create(disk, path);
  disk.write(file, 0, bytes);
  sync(disk, file);
  sync_root(disk);
  return file;
}

/// How often each answer of `look` comes up over many crashes of `disk`.
std::map<std::string, int> outcomes(const SimulatedDisk& disk,
                                    const std::function<std::string(const SimulatedDisk&)>& look,
                                    int seeds = kSeeds) {
  std::map<std::string, int> seen;
  for (int seed = 0; seed < seeds; ++seed) {
    SimulatedRandom random(static_cast<std::uint64_t>(seed));
    ++seen[look(disk.after_crash(random))];
  }
  return seen;
}

std::string names(const SimulatedDisk& disk) {
  std::string all;
  for (const std::string& name : disk.names_in(SimulatedDisk::kRoot)) all += name + " ";
  return all;
}

TEST(SimulatedCrash, KeepsWhatWasSynced) {
  SimulatedDisk disk;
  create_durable(disk, "f", "synced");

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });

  EXPECT_EQ(seen, (std::map<std::string, int>{{"synced", kSeeds}}));
  EXPECT_EQ(disk.unsynced_count(), 0U);
}

TEST(SimulatedCrash, KeepsLosesTearsAndReordersWhatWasNot) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", std::string(20'000, '.'));
  disk.write(file, 0, std::string(10'000, 'a'));
  disk.write(file, 10'000, std::string(10'000, 'b'));

  int torn_at_sector_count = 0;
  int torn_at_page_count = 0;
  int torn_at_byte_count = 0;
  const auto state_of = [](const std::string& half) {
    const auto old_bytes = static_cast<std::size_t>(std::count(half.begin(), half.end(), '.'));
    return old_bytes == 0 ? "kept" : old_bytes == half.size() ? "lost" : "torn";
  };
  const auto seen = outcomes(disk, [&](const SimulatedDisk& found) -> std::string {
    const std::string bytes = contents(found, "f");
    for (std::size_t i = 1; i < 10'000; ++i) {
      if (bytes[i] == bytes[i - 1]) continue;
      if (i % 4096 == 0) {
        ++torn_at_page_count;
      } else if (i % 512 == 0) {
        ++torn_at_sector_count;
      } else {
        ++torn_at_byte_count;
      }
    }
    return std::string(state_of(bytes.substr(0, 10'000))) + " " + state_of(bytes.substr(10'000));
  });

  EXPECT_EQ(seen.size(), 9U) << "each half is kept, lost or torn whatever the other is";
  for (const auto& [state, count] : seen) EXPECT_GE(count, 3) << state;
  EXPECT_GT(torn_at_page_count, 0);
  EXPECT_GT(torn_at_sector_count, 0);
  EXPECT_GT(torn_at_byte_count, 0);
}

TEST(SimulatedCrash, AFileMayBeLongerWithoutItsBytes) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", "");
  disk.write(file, 0, "abc");

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });

  EXPECT_TRUE(seen.contains(""));
  EXPECT_TRUE(seen.contains("abc"));
  EXPECT_TRUE(seen.contains(std::string(3, '\0')));
  EXPECT_TRUE(seen.contains(std::string("a\0\0", 3)));
  EXPECT_TRUE(seen.contains("ab"));
}

TEST(SimulatedCrash, MayUndoATruncateOrAReservation) {
  SimulatedDisk disk;
  const NodeId cut = create_durable(disk, "cut", "abcdef");
  const NodeId grown = create_durable(disk, "grown", "x");
  disk.truncate(cut, 2);
  disk.preallocate(grown, 3);

  const auto of_cut = outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "cut"); });
  const auto of_grown = outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "grown"); });

  EXPECT_EQ(of_cut.size(), 2U);
  EXPECT_TRUE(of_cut.contains("ab"));
  EXPECT_TRUE(of_cut.contains("abcdef"));
  EXPECT_EQ(of_grown.size(), 3U) << "not, whole, or in part";
  EXPECT_TRUE(of_grown.contains("x"));
  EXPECT_TRUE(of_grown.contains(std::string("x\0\0", 3)));
}

TEST(SimulatedCrash, LosesAFileWhoseNameWasNotSyncedThoughItsDataWas) {
  SimulatedDisk disk;
  const NodeId file = create(disk, "f");
  disk.write(file, 0, "abc");
  sync(disk, file);

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });

  EXPECT_EQ(seen.size(), 2U);
  EXPECT_GT(seen.at("(missing)"), 200);
  EXPECT_GT(seen.at("abc"), 200);
}

TEST(SimulatedCrash, KeepsASyncedNameOfAnUnsyncedFile) {
  SimulatedDisk disk;
  const NodeId file = create(disk, "f");
  disk.write(file, 0, "a");
  sync_root(disk);

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });

  EXPECT_FALSE(seen.contains("(missing)"));
  EXPECT_TRUE(seen.contains(""));
  EXPECT_TRUE(seen.contains("a"));
}

TEST(SimulatedCrash, ARenameIsOneStep) {
  SimulatedDisk disk;
  create_durable(disk, "old", "1");
  create_durable(disk, "new", "2");
  disk.rename(*disk.place_of("new"), *disk.place_of("old"));

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) {
    return contents(found, "old") + " " + contents(found, "new");
  });

  EXPECT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen.contains("1 2"));
  EXPECT_TRUE(seen.contains("2 (missing)"));
}

// Publish by rename without syncing the file first: the classic.
TEST(SimulatedCrash, MayKeepARenameAndLoseTheDataOfTheFile) {
  SimulatedDisk disk;
  create_durable(disk, "f", "old");
  const NodeId fresh = create(disk, "f.tmp");
  disk.write(fresh, 0, "new");
  disk.rename(*disk.place_of("f.tmp"), *disk.place_of("f"));
  sync_root(disk);

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });

  EXPECT_TRUE(seen.contains(""));
  EXPECT_TRUE(seen.contains("new"));
  EXPECT_FALSE(seen.contains("old"));
}

TEST(SimulatedCrash, MayBringBackARemovedFile) {
  SimulatedDisk disk;
  create_durable(disk, "f", "abc");
  disk.remove(*disk.place_of("f"));

  const auto before = outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "f"); });
  sync_root(disk);
  const auto after = outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "f"); });

  EXPECT_EQ(before.size(), 2U);
  EXPECT_TRUE(before.contains("abc"));
  EXPECT_TRUE(before.contains("(missing)"));
  EXPECT_EQ(after.size(), 1U);
  EXPECT_TRUE(after.contains("(missing)"));
}

TEST(SimulatedCrash, ReordersOperationsOnDifferentNames) {
  SimulatedDisk disk;
  create_durable(disk, "checkpoint.tmp", "c");
  create_durable(disk, "log", "l");
  disk.rename(*disk.place_of("checkpoint.tmp"), *disk.place_of("checkpoint"));
  disk.remove(*disk.place_of("log"));

  const auto seen = outcomes(disk, names);

  EXPECT_EQ(seen.size(), 4U) << "the removal may be there without the rename before it";
  EXPECT_TRUE(seen.contains("checkpoint.tmp "));
}

TEST(SimulatedCrash, KeepsOperationsOnOneNameInOrder) {
  SimulatedDisk disk;
  create_durable(disk, "a", "1");
  create_durable(disk, "t", "2");
  disk.rename(*disk.place_of("a"), *disk.place_of("b"));
  disk.rename(*disk.place_of("b"), *disk.place_of("c"));
  disk.rename(*disk.place_of("t"), *disk.place_of("a"));

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) {
    std::string all;
    for (const std::string& name : found.names_in(SimulatedDisk::kRoot)) {
      all += name + contents(found, name) + " ";
    }
    return all;
  });

  std::set<std::string> states;
  for (const auto& [state, count] : seen) states.insert(state);
  EXPECT_EQ(states, (std::set<std::string>{"a1 t2 ", "b1 t2 ", "c1 t2 ", "a2 b1 ", "a2 c1 "}));
}

// Fifty writes of which one is lost, or one is there: where a missing sync shows.
TEST(SimulatedCrash, AlsoLosesOrKeepsOneOfMany) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", std::string(50, '.'));
  for (std::uint64_t i = 0; i < 50; ++i) disk.write(file, i, "x");

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) {
    const std::string bytes = contents(found, "f");
    return std::to_string(std::count(bytes.begin(), bytes.end(), 'x'));
  });

  EXPECT_GT(seen.at("0"), 50);
  EXPECT_GT(seen.at("1"), 50);
  EXPECT_GT(seen.at("49"), 50);
  EXPECT_GT(seen.at("50"), 50);
  EXPECT_GT(seen.size(), 45U);
}

TEST(SimulatedCrash, LosesALostDirectoryWithAllThatIsInIt) {
  SimulatedDisk disk;
  const NodeId directory = disk.create_directory(*disk.place_of("d"));
  const NodeId file = create(disk, "d/f");
  disk.write(file, 0, "abc");
  sync(disk, file);
  disk.sync_directory(directory, disk.sequence());

  const auto before = outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "d/f"); });
  sync_root(disk);
  const auto after = outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "d/f"); });

  EXPECT_EQ(before.size(), 2U);
  EXPECT_TRUE(before.contains("(missing)"));
  EXPECT_EQ(after, (std::map<std::string, int>{{"abc", kSeeds}}));
}

TEST(SimulatedCrash, SyncOfADirectoryIsNoSyncOfAnother) {
  SimulatedDisk disk;
  const NodeId first = disk.create_directory(*disk.place_of("first"));
  disk.create_directory(*disk.place_of("second"));
  sync_root(disk);
  create(disk, "first/f");
  create(disk, "second/f");
  disk.sync_directory(first, disk.sequence());

  const auto of_first =
      outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "first/f"); });
  const auto of_second =
      outcomes(disk, [](const SimulatedDisk& d) { return contents(d, "second/f"); });

  EXPECT_EQ(of_first.size(), 1U);
  EXPECT_EQ(of_second.size(), 2U);
}

// ext4 and XFS mark the pages clean: the second sync says yes and writes nothing.
TEST(SimulatedCrash, AFailedSyncIsNotMadeGoodByTheNext) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", "....");
  disk.write(file, 0, "a");
  disk.fail_sync_file(file, disk.sequence());
  sync(disk, file);
  disk.write(file, 2, "b");
  sync(disk, file);

  EXPECT_EQ(contents(disk, "f"), "a.b.") << "the cache still has it";
  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen.contains("..b."));
  EXPECT_TRUE(seen.contains("a.b.")) << "some of it may have been on the disk";
}

TEST(SimulatedCrash, AFailedSyncOfADirectoryIsNotMadeGoodByTheNext) {
  SimulatedDisk disk;
  create(disk, "f");
  disk.fail_sync_directory(SimulatedDisk::kRoot, disk.sequence());
  create(disk, "g");
  sync_root(disk);

  const auto seen = outcomes(disk, names);

  EXPECT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen.contains("g "));
  EXPECT_TRUE(seen.contains("f g "));
}

TEST(SimulatedCrash, ASyncReachesOnlyWhatWasThereWhenItBegan) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", "....");
  disk.write(file, 0, "a");
  const std::uint64_t began = disk.sequence();
  disk.write(file, 1, "b");
  disk.sync_file(file, began);

  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });

  EXPECT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen.contains("a..."));
  EXPECT_TRUE(seen.contains("ab.."));
}

TEST(SimulatedCrash, FatesCanBeGivenOneByOne) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", "....");
  for (std::uint64_t i = 0; i < 4; ++i)
    disk.write(file, i, std::string(1, static_cast<char>('a' + i)));
  ASSERT_EQ(disk.unsynced_count(), 4U);
  SimulatedRandom random(0);

  for (unsigned mask = 0; mask < 16; ++mask) {
    std::vector<Fate> fates;
    std::string expected = "....";
    for (unsigned i = 0; i < 4; ++i) {
      const bool is_kept = (mask >> i & 1U) != 0;
      fates.push_back(is_kept ? Fate::Kept : Fate::Lost);
      if (is_kept) expected[i] = static_cast<char>('a' + i);
    }
    EXPECT_EQ(contents(disk.after_crash(fates, random), "f"), expected);
  }
  EXPECT_EQ(disk.describe_unsynced().back(), "6 write f [3, 4)");
}

TEST(SimulatedCrash, IsTheSameForTheSameSeed) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", std::string(50'000, '.'));
  for (std::uint64_t i = 0; i < 10; ++i) disk.write(file, i * 5000, std::string(5000, 'x'));
  create(disk, "g");

  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedRandom first(seed);
    SimulatedRandom second(seed);
    const SimulatedDisk a = disk.after_crash(first);
    const SimulatedDisk b = disk.after_crash(second);
    EXPECT_EQ(contents(a, "f"), contents(b, "f"));
    EXPECT_EQ(names(a), names(b));
  }
}

/// For one file: every byte that a legal crash may leave at each place, and the sizes.
class LegalStates {
 public:
  static constexpr std::size_t kBytesMax = 20'000;

  void write(std::size_t offset, std::size_t length, char byte) {
    for (std::size_t i = size_; i < offset; ++i) may_be(i, '\0');
    for (std::size_t i = offset; i < offset + length; ++i) {
      current_[i] = byte;
      // Zero: where only the size of this write arrives.
      may_be(i, byte);
      if (i >= size_min_) may_be(i, '\0');
    }
    set_size(std::max(size_, offset + length));
  }
  void resize(std::size_t size) {
    for (std::size_t i = size; i < kBytesMax; ++i) {
      current_[i] = '\0';
      may_be(i, '\0');
    }
    set_size(size);
  }
  void sync() {
    if (has_failed_) return;
    for (std::size_t i = 0; i < kBytesMax; ++i) allowed_[i] = 1ULL << slot(current_[i]);
    size_min_ = size_max_ = size_;
  }
  // Nothing is certain after this, though what was durable before stays possible.
  void fail_sync() { has_failed_ = true; }

  std::string current() const { return std::string(current_.begin(), current_.begin() + size_); }
  void expect_legal(const std::string& found) const {
    EXPECT_GE(found.size(), size_min_);
    EXPECT_LE(found.size(), size_max_);
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_TRUE((allowed_[i] >> slot(found[i]) & 1) != 0) << "byte " << i << " is " << found[i];
    }
  }

 private:
  static unsigned slot(char byte) {
    return byte == '\0' ? 0U : static_cast<unsigned>(byte - 'a' + 1);
  }
  void may_be(std::size_t at, char byte) { allowed_[at] |= 1ULL << slot(byte); }
  void set_size(std::size_t size) {
    size_ = size;
    size_min_ = std::min(size_min_, size);
    size_max_ = std::max(size_max_, size);
  }

  std::vector<char> current_ = std::vector<char>(kBytesMax, '\0');
  std::vector<std::uint64_t> allowed_ = std::vector<std::uint64_t>(kBytesMax, 1);
  std::size_t size_ = 0;
  std::size_t size_min_ = 0;
  std::size_t size_max_ = 0;
  bool has_failed_ = false;
};

// Verified: no byte or size that the contract rules out, whatever was written, cut, grown and
// synced before. Not verified: that every legal state is reached, and combinations of bytes.
TEST(SimulatedCrash, NeverLeavesAByteThatTheContractRulesOut) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimulatedRandom random(seed);
    SimulatedDisk disk;
    const NodeId file = create_durable(disk, "f", "");
    LegalStates legal;
    for (int step = 0; step < 60; ++step) {
      switch (below(random, 8)) {
        case 0:
          sync(disk, file);
          legal.sync();
          break;
        case 1: {
          const std::size_t size = below(random, LegalStates::kBytesMax);
          disk.truncate(file, size);
          legal.resize(size);
          break;
        }
        case 2: {
          const std::size_t size = below(random, LegalStates::kBytesMax);
          const std::size_t size_now = disk.size(file);
          disk.preallocate(file, size);
          if (size > size_now) legal.resize(size);
          break;
        }
        case 3:
          if (seed % 3 == 0 && one_in(random, 5)) {
            disk.fail_sync_file(file, disk.sequence());
            legal.fail_sync();
          }
          break;
        default: {
          const std::size_t offset = below(random, LegalStates::kBytesMax - 5000);
          const std::size_t length = below(random, 5000);
          const char byte = static_cast<char>('a' + below(random, 26));
          if (length == 0) break;
          disk.write(file, offset, std::string(length, byte));
          legal.write(offset, length, byte);
        }
      }
      ASSERT_EQ(contents(disk, "f"), legal.current());
      for (int crash = 0; crash < 5; ++crash) {
        const SimulatedDisk found = disk.after_crash(random);
        legal.expect_legal(contents(found, "f"));
        EXPECT_EQ(found.unsynced_count(), 0U);
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(SimulatedDisk, ACopyIsTheDiskAtThatMoment) {
  SimulatedDisk disk;
  const NodeId file = create_durable(disk, "f", "one");
  disk.write(file, 0, "two");
  const SimulatedDisk copy = disk;

  disk.write(file, 0, "six");
  disk.remove(*disk.place_of("f"));
  sync_root(disk);
  disk.forget_unreachable({});

  EXPECT_EQ(contents(copy, "f"), "two");
  EXPECT_EQ(copy.unsynced_count(), 1U);
  EXPECT_EQ(contents(disk, "f"), "(missing)");
}

TEST(SimulatedDisk, FilesWithoutNamesAreForgottenOnceNoCrashBringsThemBack) {
  SimulatedDisk disk;
  create_durable(disk, "f", std::string(5000, 'x'));
  EXPECT_EQ(disk.used_bytes({}), 8192U);

  disk.remove(*disk.place_of("f"));
  disk.forget_unreachable({});
  EXPECT_EQ(disk.used_bytes({}), 0U);
  const auto seen = outcomes(disk, [](const SimulatedDisk& found) { return contents(found, "f"); });
  EXPECT_TRUE(seen.contains(std::string(5000, 'x')));
}

// The explorer needs 20,000 states within a couple of minutes, each with segments of many MiB.
TEST(SimulatedDisk, SnapshotsAndCrashesOfLargeSparseFilesAreCheap) {
  SimulatedDisk disk;
  std::vector<NodeId> segments;
  for (int i = 0; i < 10; ++i)
    segments.push_back(create_durable(disk, "log." + std::to_string(i), ""));
  for (const NodeId segment : segments) disk.preallocate(segment, 16 << 20);
  for (const NodeId segment : segments) sync(disk, segment);
  SimulatedRandom random(1);
  const auto began = std::chrono::steady_clock::now();

  for (int round = 0; round < 2000; ++round) {
    const SimulatedDisk before = disk;
    disk.write(segments[below(random, 10)], below(random, 4 << 20), std::string(3000, 'x'));
    const SimulatedDisk found = before.after_crash(random);
    if (round % 8 == 0) sync(disk, segments[below(random, 10)]);
    EXPECT_TRUE(found.find("log.0").has_value());
  }

  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_LT(took, std::chrono::seconds(10)) << "of which a sanitizer may take most";
}

// Run under the thread sanitizer.
TEST(SimulatedDisk, StatesAreDrawnFromOneSnapshotByManyThreads) {
  SimulatedDisk live;
  const NodeId file = create_durable(live, "f", std::string(10'000, '.'));
  for (std::uint64_t i = 0; i < 10; ++i) live.write(file, i * 1000, std::string(1000, 'x'));
  const SimulatedDisk snapshot = live;
  const auto draw = [&snapshot](std::uint64_t seed) {
    SimulatedRandom random(seed);
    for (int i = 0; i < 100; ++i) {
      SimulatedDisk found = snapshot.after_crash(random);
      found.write(*found.find("f"), 0, "y");
      EXPECT_EQ(contents(found, "f")[0], 'y');
    }
  };

  std::thread first(draw, 1);
  std::thread second(draw, 2);
  for (int i = 0; i < 100; ++i) live.write(file, 0, "zzz");
  first.join();
  second.join();

  EXPECT_EQ(contents(snapshot, "f"), std::string(10'000, 'x'));
}

}  // namespace
}  // namespace latchkey::env
