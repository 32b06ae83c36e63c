#include "env/simulated_file_system.h"

#include <gtest/gtest.h>

#include <thread>

#include "env/simulated_random.h"

namespace latchkey::env {
namespace {

std::unique_ptr<File> open(FileSystem& files, const std::string& path,
                           OpenMode mode = OpenMode::CreateOrOpen) {
  auto opened = files.open(path, mode);
  EXPECT_TRUE(opened.has_value()) << path;
  return std::move(opened).value();
}

std::string contents(FileSystem& files, const std::string& path) {
  auto opened = files.open(path, OpenMode::ReadOnly);
  if (!opened) return "(missing)";
  std::string out(opened.value()->size().value(), '?');
  out.resize(opened.value()->read_at(0, out).value());
  return out;
}

ErrorCode code_of(const Result<void>& outcome) {
  EXPECT_FALSE(outcome.has_value());
  return outcome.has_value() ? ErrorCode::Internal : outcome.error().code();
}

TEST(SimulatedFiles, BehaveAsTheContractSays) {
  SimulatedFileSystem files;
  const auto file = open(files, "f", OpenMode::CreateNew);

  EXPECT_TRUE(file->write_at(3, "abc").has_value());
  EXPECT_TRUE(file->preallocate(8).has_value());
  EXPECT_TRUE(file->preallocate(2).has_value());
  EXPECT_EQ(contents(files, "f"), (std::string("\0\0\0abc\0\0", 8)));
  EXPECT_TRUE(file->truncate(4).has_value());
  EXPECT_EQ(contents(files, "/./f"), (std::string("\0\0\0a", 4)));
  EXPECT_EQ(file->size().value(), 4U);
  EXPECT_EQ(file->path(), "f");

  std::string out(10, '?');
  EXPECT_EQ(file->read_at(3, out).value(), 1U);
  EXPECT_FALSE(open(files, "f", OpenMode::ReadOnly)->write_at(0, "x").has_value());
  EXPECT_FALSE(file->write_at(~std::uint64_t{0}, "x").has_value());
  EXPECT_FALSE(file->truncate(~std::uint64_t{0}).has_value());
}

TEST(SimulatedFiles, OpenModesAndMissingNamesFailAsOnTheRealMachine) {
  SimulatedFileSystem files;

  EXPECT_EQ(files.open("f", OpenMode::ReadWrite).error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(files.open("d/f", OpenMode::CreateNew).error().code(), ErrorCode::FileMissing);
  open(files, "f", OpenMode::CreateNew);
  EXPECT_EQ(files.open("f", OpenMode::CreateNew).error().code(), ErrorCode::IoError);
  EXPECT_EQ(code_of(files.rename("x", "y")), ErrorCode::FileMissing);
  EXPECT_EQ(code_of(files.remove("x")), ErrorCode::FileMissing);
  EXPECT_EQ(code_of(files.sync_directory("x")), ErrorCode::FileMissing);
  EXPECT_EQ(files.list("x").error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(code_of(files.create_directories("f/g")), ErrorCode::IoError);
  EXPECT_EQ(code_of(files.remove("x")), ErrorCode::FileMissing);
}

TEST(SimulatedFiles, NamesFollowCreateRenameAndRemove) {
  SimulatedFileSystem files;
  ASSERT_TRUE(files.create_directories("/data/sub/").has_value());
  ASSERT_TRUE(files.create_directories("data/sub").has_value());
  for (const char* name : {"c", "b", "a"}) open(files, std::string("data/") + name);

  ASSERT_TRUE(files.rename("data/c", "data/b").has_value());
  ASSERT_TRUE(files.remove("data/a").has_value());

  EXPECT_EQ(files.list("data").value(), (std::vector<std::string>{"b", "sub"}));
  EXPECT_TRUE(files.exists("data/sub").value());
  EXPECT_FALSE(files.exists("data/c").value());
  EXPECT_FALSE(files.remove("data").has_value()) << "it is not empty";
  EXPECT_TRUE(files.remove("data/sub").has_value());
}

TEST(SimulatedFiles, ARemovedFileLivesWhileItIsOpen) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  ASSERT_TRUE(file->write_at(0, "abc").has_value());
  ASSERT_TRUE(files.remove("f").has_value());
  ASSERT_TRUE(files.sync_directory("").has_value());

  std::string out(3, '?');
  EXPECT_EQ(file->read_at(0, out).value(), 3U);
  EXPECT_EQ(out, "abc");
  EXPECT_EQ(files.used_bytes(), 4096U);
}

TEST(SimulatedLocks, HaveOneHolderAndGoWithTheCrash) {
  SimulatedFileSystem files;
  ASSERT_TRUE(files.create_directories("data").has_value());
  ASSERT_TRUE(files.sync_directory("").has_value());
  auto held = files.lock("data");
  ASSERT_TRUE(held.has_value());

  EXPECT_EQ(files.lock("data").error().code(), ErrorCode::DirectoryInUse);
  EXPECT_TRUE(files.exists("data/lock").value());

  SimulatedRandom random(1);
  files.crash(random);
  auto again = files.lock("data");
  ASSERT_TRUE(again.has_value());
  held.value().reset();
  EXPECT_FALSE(files.lock("data").has_value()) << "the dead holder takes no live lock with it";
  again.value().reset();
  EXPECT_TRUE(files.lock("data").has_value());
}

TEST(SimulatedCrashInPlace, KillsOpenFilesAndLosesWhatWasNotSynced) {
  int lost_count = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedFileSystem files;
    const auto file = open(files, "f");
    ASSERT_TRUE(file->write_at(0, "abc").has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(files.sync_directory("/").has_value());
    ASSERT_TRUE(file->write_at(3, "def").has_value());
    const std::uint64_t count_before = files.operation_count();

    SimulatedRandom random(seed);
    files.crash(random);

    EXPECT_EQ(code_of(file->write_at(0, "x")), ErrorCode::IoError);
    EXPECT_EQ(code_of(file->sync()), ErrorCode::IoError);
    EXPECT_EQ(files.operation_count(), count_before) << "dead files are not counted";
    const std::string found = contents(files, "f");
    EXPECT_EQ(found.substr(0, 3), "abc");
    lost_count += found == "abc";
  }
  EXPECT_GT(lost_count, 10);
  EXPECT_LT(lost_count, 90);
}

TEST(SimulatedKill, LeavesWhatTheProcessWroteInTheCache) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  ASSERT_TRUE(file->write_at(0, "abc").has_value());

  files.kill();

  EXPECT_FALSE(file->write_at(0, "x").has_value());
  EXPECT_EQ(contents(files, "f"), "abc");
  EXPECT_GT(files.snapshot().unsynced_count(), 0U) << "a power cut may still take it";
}

TEST(SimulatedFaults, TheNthOperationFailsOnce) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  files.inject({.effect = FaultEffect::IoError, .nth = 3});

  EXPECT_TRUE(file->write_at(0, "a").has_value());
  EXPECT_TRUE(files.exists("f").has_value());
  const auto third = file->write_at(0, "b");
  EXPECT_TRUE(file->write_at(1, "c").has_value());

  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code(), ErrorCode::IoError);
  EXPECT_EQ(third.error().message(), "f: cannot write: Input/output error (injected)");
  EXPECT_EQ(contents(files, "f"), "ac");
  EXPECT_EQ(files.faults_fired(), 1U);
}

TEST(SimulatedFaults, FromThenOnAllFailUntilCleared) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  files.inject({.effect = FaultEffect::DiskFull, .nth = 2, .repeat = Fault::Repeat::FromThenOn});

  EXPECT_TRUE(file->write_at(0, "a").has_value());
  EXPECT_EQ(code_of(file->write_at(0, "b")), ErrorCode::DiskFull);
  EXPECT_EQ(code_of(file->preallocate(10)), ErrorCode::DiskFull);
  EXPECT_EQ(files.open("g", OpenMode::CreateNew).error().code(), ErrorCode::DiskFull);
  EXPECT_TRUE(file->size().has_value()) << "reading takes no space";
  EXPECT_TRUE(file->sync().has_value());
  files.clear_faults();
  EXPECT_TRUE(file->write_at(0, "b").has_value());
}

TEST(SimulatedFaults, AreChosenByKindAndPath) {
  SimulatedFileSystem files;
  const auto log = open(files, "log");
  const auto other = open(files, "other");
  files.inject({.kind = OperationKind::Write, .path_part = "log"});

  EXPECT_TRUE(other->write_at(0, "a").has_value());
  EXPECT_TRUE(log->size().has_value());
  EXPECT_FALSE(log->write_at(0, "a").has_value());
}

TEST(SimulatedFaults, AShortWriteLeavesAPartFromItsBeginning) {
  bool some_were_partial = false;
  for (const FaultEffect effect : {FaultEffect::ShortWrite, FaultEffect::ShortWriteDiskFull}) {
    SimulatedFileSystem files;
    const auto file = open(files, "f");
    files.inject({.effect = effect, .repeat = Fault::Repeat::FromThenOn});
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(file->truncate(0).has_value());
      const auto outcome = file->write_at(0, "abcdefgh");

      const std::string found = contents(files, "f");
      EXPECT_EQ(code_of(outcome),
                effect == FaultEffect::ShortWrite ? ErrorCode::IoError : ErrorCode::DiskFull);
      EXPECT_LT(found.size(), 8U);
      EXPECT_EQ(found, std::string("abcdefgh").substr(0, found.size()));
      some_were_partial = some_were_partial || !found.empty();
    }
  }
  EXPECT_TRUE(some_were_partial);
}

TEST(SimulatedFaults, AFailedSyncIsNeverMadeGood) {
  for (const FaultEffect effect : {FaultEffect::FailedSync, FaultEffect::IoError}) {
    SimulatedFileSystem files;
    const auto file = open(files, "f");
    ASSERT_TRUE(files.sync_directory("").has_value());
    ASSERT_TRUE(file->write_at(0, "abc").has_value());
    files.inject({.effect = effect});

    EXPECT_EQ(code_of(file->sync()), ErrorCode::IoError);
    EXPECT_TRUE(file->sync().has_value()) << "the lie that makes a retry useless";

    int lost_count = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      SimulatedRandom random(seed);
      SimulatedFileSystem found(files.snapshot().after_crash(random));
      lost_count += contents(found, "f") != "abc";
    }
    EXPECT_GT(lost_count, 20);
  }
}

TEST(SimulatedCapacity, AFullDiskTakesWhatFitsAndGoesOnWhenThereIsSpace) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  files.set_capacity_bytes(10'000);

  EXPECT_EQ(code_of(file->write_at(0, std::string(20'000, 'x'))), ErrorCode::DiskFull);
  EXPECT_EQ(contents(files, "f"), std::string(8192, 'x'));
  EXPECT_TRUE(file->write_at(0, std::string(8192, 'y')).has_value()) << "no new blocks";
  EXPECT_EQ(code_of(file->preallocate(12'000)), ErrorCode::DiskFull);
  EXPECT_EQ(file->size().value(), 8192U);
  EXPECT_EQ(code_of(open(files, "g")->write_at(0, "x")), ErrorCode::DiskFull);

  files.set_capacity_bytes(100'000);
  EXPECT_TRUE(file->write_at(0, std::string(20'000, 'x')).has_value());
  EXPECT_EQ(files.used_bytes(), 20'480U);
}

TEST(SimulatedCapacity, RemovingAndCuttingGivesSpaceBack) {
  SimulatedFileSystem files;
  files.set_capacity_bytes(8192);
  ASSERT_TRUE(open(files, "f")->write_at(0, std::string(8192, 'x')).has_value());
  const auto other = open(files, "g");
  EXPECT_FALSE(other->preallocate(1).has_value());

  ASSERT_TRUE(open(files, "f")->truncate(4096).has_value());
  EXPECT_TRUE(other->preallocate(1).has_value());
  ASSERT_TRUE(files.remove("f").has_value());
  EXPECT_TRUE(other->preallocate(8192).has_value());
}

TEST(SimulatedOperations, AreCountedAndLogged) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  ASSERT_TRUE(file->write_at(5, "abc").has_value());
  ASSERT_TRUE(file->preallocate(100).has_value());
  open(files, "f");

  EXPECT_EQ(files.operation_count(), 4U);
  std::string all;
  for (const Operation& operation : files.operations()) all += describe(operation) + "; ";
  EXPECT_EQ(all, "#1 create f; #2 write f [5, 8); #3 preallocate f to 100; #4 open f; ");
}

// The loop that the crash explorer is made of.
TEST(SimulatedOperations, AHookSeesTheDiskBeforeEachOperation) {
  SimulatedFileSystem files;
  std::vector<SimulatedDisk> disks;
  std::vector<OperationKind> kinds;
  files.set_before_operation([&](const Operation& operation) {
    kinds.push_back(operation.kind);
    disks.push_back(files.snapshot());
  });
  {
    const auto file = open(files, "f.tmp");
    ASSERT_TRUE(file->write_at(0, "abc").has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(files.rename("f.tmp", "f").has_value());
    ASSERT_TRUE(files.sync_directory("").has_value());
  }
  files.set_before_operation(nullptr);
  disks.push_back(files.snapshot());

  ASSERT_EQ(kinds, (std::vector{OperationKind::Create, OperationKind::Write, OperationKind::Sync,
                                OperationKind::Rename, OperationKind::SyncDirectory}));
  for (std::size_t moment = 0; moment < disks.size(); ++moment) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      SimulatedRandom random(seed);
      SimulatedFileSystem found(disks[moment].after_crash(random));
      const std::string bytes = contents(found, "f");
      EXPECT_TRUE(bytes == "abc" || (bytes == "(missing)" && moment < 5)) << moment;
    }
  }
}

// A sync does not cover what is written while it waits, as the hook lets it here.
TEST(SimulatedOperations, AHookMayWriteWhileASyncIsOnItsWay) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  ASSERT_TRUE(file->write_at(0, "abc").has_value());
  ASSERT_TRUE(files.sync_directory("").has_value());
  files.set_before_operation([&](const Operation& operation) {
    if (operation.kind == OperationKind::Sync) {
      ASSERT_TRUE(file->write_at(3, "def").has_value());
    }
  });

  ASSERT_TRUE(file->sync().has_value());

  EXPECT_EQ(files.snapshot().unsynced_count(), 1U);
  int lost_count = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedRandom random(seed);
    SimulatedFileSystem found(files.snapshot().after_crash(random));
    EXPECT_EQ(contents(found, "f").substr(0, 3), "abc");
    lost_count += contents(found, "f") != "abcdef";
  }
  EXPECT_GT(lost_count, 0);
}

TEST(SimulatedOperations, ACrashInTheHookEndsTheOperation) {
  SimulatedFileSystem files;
  const auto file = open(files, "f");
  ASSERT_TRUE(file->write_at(0, "abc").has_value());
  SimulatedRandom random(3);
  files.set_before_operation([&](const Operation& operation) {
    if (operation.kind == OperationKind::Sync) files.crash(random);
  });

  EXPECT_EQ(code_of(file->sync()), ErrorCode::IoError);
}

// Run under the thread sanitizer.
TEST(SimulatedFiles, ServeManyThreads) {
  SimulatedFileSystem files;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&files, number] {
      const auto file = open(files, "f" + std::to_string(number));
      for (std::uint64_t i = 0; i < 200; ++i) {
        EXPECT_TRUE(file->write_at(i, "x").has_value());
        if (i % 50 == 0) {
          EXPECT_TRUE(file->sync().has_value());
        }
        const SimulatedDisk disk = files.snapshot();
        EXPECT_GE(disk.sequence(), i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  for (int number = 0; number < 4; ++number) {
    EXPECT_EQ(contents(files, "f" + std::to_string(number)), std::string(200, 'x'));
  }
}

}  // namespace
}  // namespace latchkey::env
