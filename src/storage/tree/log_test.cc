#include "storage/tree/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "env/simulated.h"
#include "storage/tree/log_testing.h"

namespace latchkey::storage::tree {
namespace {

using namespace testing;
using env::Fault;
using env::FaultEffect;
using env::OperationKind;

LogOptions threaded_options(Durability durability = Durability::Sync) {
  LogOptions options = small_options(durability);
  options.threads = LogOptions::Threads::Own;
  options.retry_ms = 20;
  return options;
}

/// Waits for what another thread brings about.
template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

Records recovered_records(env::FileSystem& files) {
  auto recovered = recover(files);
  EXPECT_TRUE(recovered.has_value()) << recovered.error().message();
  return recovered.has_value() ? recovered->records : Records();
}

TEST(Log, RecordsAreFoundAgainAtTheirLsns) {
  env::SimulatedEnv sim;
  Records written;
  {
    const auto log = open_log(sim.env());
    for (int i = 0; i < 20; ++i) {
      const std::string body = text(i, 1 + i * 17);
      written.emplace_back(write(*log, body), body);
    }
    ASSERT_TRUE(log->close().has_value());
  }

  EXPECT_EQ(recovered_records(sim.files), written);
}

TEST(Log, GoesOnBehindTheOldEndInANewEpoch) {
  env::SimulatedEnv sim;
  Records written;
  for (int run = 0; run < 4; ++run) {
    const auto log = open_log(sim.env());
    ASSERT_TRUE(log);
    for (int i = 0; i < 5; ++i)
      written.emplace_back(write(*log, text(run * 10 + i, 30)), text(run * 10 + i, 30));
    if (run % 2 == 0) {
      ASSERT_TRUE(log->close().has_value());
    }
  }

  const auto recovered = recover(sim.files);

  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records, written);
  EXPECT_EQ(recovered->end.epoch, 4u);
  for (std::size_t i = 1; i < written.size(); ++i)
    EXPECT_LT(written[i - 1].first, written[i].first);
}

TEST(Log, PassesFromSegmentToSegment) {
  env::SimulatedEnv sim;
  Records written;
  {
    const auto log = open_log(sim.env());
    for (int i = 0; i < 300; ++i) {
      const std::string body = text(i, 1 + (i * 397) % 4000);
      written.emplace_back(write(*log, body), body);
    }
    EXPECT_GT(log->stats().segments, 5u);
  }

  EXPECT_EQ(recovered_records(sim.files), written);
}

TEST(Log, ALargeRecordIsOneRecord) {
  env::SimulatedEnv sim;
  const std::string head = "head";
  const std::string value = text(1, 300'000);
  const Bytes pieces[] = {head, Bytes(), value, head};
  Lsn lsn{};
  {
    const auto log = open_log(sim.env());
    write(*log, "before");
    lsn = log->append(pieces).value();
    EXPECT_TRUE(log->make_stable(lsn));
  }

  const Records records = recovered_records(sim.files);

  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].first, lsn);
  EXPECT_EQ(records[1].second, head + value + head);
}

TEST(Log, PartsThatNothingJoinedAreDropped) {
  env::SimulatedEnv sim;
  const std::string value = text(1, 50'000);
  const Bytes pieces[] = {value};
  {
    const auto log = open_log(sim.env());
    Admission admission = log->admit_large(value.size()).value();
    const StagedRecord staged = log->stage(admission, pieces);
    write(*log, "after");
  }

  const Records records = recovered_records(sim.files);

  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].second, "after");
}

TEST(Log, ReplayStartsBeforeTheFirstPartOfARecordOnItsWay) {
  env::SimulatedEnv sim;
  const std::string value = text(1, 50'000);
  const Bytes pieces[] = {value};
  const auto log = open_log(sim.env());
  write(*log, "before");
  const Lsn before = log->appended_lsn();
  Lsn joined{};
  Lsn start{};
  {
    Admission admission = log->admit_large(value.size()).value();
    const StagedRecord staged = log->stage(admission, pieces);
    start = log->replay_start();
    const Reservation place = log->reserve(staged);
    log->publish(place);
    joined = place.lsn;
  }
  EXPECT_TRUE(log->make_stable(joined));
  EXPECT_EQ(start, before);
  EXPECT_EQ(log->replay_start(), log->appended_lsn());

  const auto recovered =
      recover(sim.files, {.directory = {}, .start = start, .must_reach = joined});

  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records, (Records{{joined, value}}));
}

TEST(Log, WithoutDurabilityLsnsGrowAndNoFileIsMade) {
  env::SimulatedEnv sim;
  const auto log = Log::open(sim.env(), small_options(Durability::None), {}).value();

  ASSERT_TRUE(log->admit(100).has_value());
  const Reservation first = log->reserve(100);
  log->publish(first);
  const Lsn second = append(*log, text(1, 1'000'000)).value();

  EXPECT_EQ(first.data, nullptr);
  EXPECT_LT(first.lsn, second);
  EXPECT_TRUE(log->make_stable(second));
  EXPECT_EQ(log->stable_lsn(), second);
  EXPECT_EQ(sim.files.operation_count(), 0u);
  EXPECT_TRUE(log->close().has_value());
}

TEST(Log, AtIntervalStableMeansWrittenAndAProcessDeathLosesNothing) {
  env::SimulatedEnv sim;
  Records written;
  const auto log = open_log(sim.env(), small_options(Durability::Interval));
  for (int i = 0; i < 10; ++i) written.emplace_back(write(*log, text(i, 40)), text(i, 40));
  EXPECT_EQ(log->stats().syncs, 0u);

  sim.files.kill();

  EXPECT_EQ(recovered_records(sim.files), written);
}

TEST(Log, ACleanStopLeavesASealedLog) {
  for (const Durability durability : {Durability::Sync, Durability::Interval}) {
    env::SimulatedEnv sim;
    LogOptions options = small_options(durability);
    options.note = [] { return 12345u; };
    const auto log = open_log(sim.env(), options);
    write(*log, "record");
    ASSERT_TRUE(log->close().has_value());

    const auto recovered = recover(sim.files);

    ASSERT_TRUE(recovered.has_value());
    EXPECT_TRUE(recovered->end.sealed);
    EXPECT_EQ(recovered->end.note, 12345u);
    EXPECT_EQ(recovered->end.cut_bytes, 0u);
  }
}

TEST(Log, SettlingAQuietLogWritesNothing) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  write(*log, "record");
  ASSERT_TRUE(log->settle().has_value());
  const std::uint64_t operations = sim.files.operation_count();

  for (int i = 0; i < 3; ++i) ASSERT_TRUE(log->settle().has_value());

  EXPECT_EQ(sim.files.operation_count(), operations);
}

TEST(Log, AFailedSyncSealsForGood) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  const Lsn good = write(*log, "good");
  std::atomic<int> told{0};
  log->set_stable_listener([&] { ++told; });
  sim.files.inject({.effect = FaultEffect::FailedSync, .nth = 1});

  const Lsn lost = append(*log, "lost").value();
  EXPECT_FALSE(log->make_stable(lost));

  EXPECT_TRUE(log->sealed());
  EXPECT_EQ(told.load(), 1);
  EXPECT_EQ(log->stable_lsn(), good);
  EXPECT_TRUE(log->make_stable(good));
  EXPECT_EQ(log->admit(10).error().code(), ErrorCode::LogSealed);
  EXPECT_EQ(log->admit_large(1'000'000).error().code(), ErrorCode::LogSealed);
  EXPECT_NE(log->seal_error().message().find("injected"), std::string::npos);
  const std::uint64_t operations = sim.files.operation_count();
  EXPECT_EQ(log->sync_to(lost).error().code(), ErrorCode::LogSealed);
  EXPECT_EQ(log->settle().error().code(), ErrorCode::LogSealed);
  EXPECT_EQ(log->drop_before(good).error().code(), ErrorCode::LogSealed);
  EXPECT_EQ(log->close().error().code(), ErrorCode::LogSealed);
  EXPECT_EQ(sim.files.operation_count(), operations)
      << "nothing is written or synced after the failure";
}

TEST(Log, AFailedWriteSealsForGood) {
  for (const Durability durability : {Durability::Sync, Durability::Interval}) {
    env::SimulatedEnv sim;
    const auto log = open_log(sim.env(), small_options(durability));
    const Lsn good = write(*log, "good");
    sim.files.inject({.effect = FaultEffect::ShortWrite, .nth = 1});

    EXPECT_FALSE(log->make_stable(append(*log, "lost").value()));

    EXPECT_TRUE(log->sealed());
    EXPECT_EQ(log->stable_lsn(), good);
  }
}

// A writer half way through a transaction must come out of it, though nothing of it will last.
TEST(Log, ASealedLogStillSwallowsWhatWasAdmitted) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  const std::string value = text(1, 400'000);  // six times the ring
  const Bytes pieces[] = {value};
  Admission admission = log->admit_large(value.size()).value();
  sim.files.inject({.effect = FaultEffect::IoError, .nth = 1, .kind = OperationKind::Write});

  const StagedRecord staged = log->stage(admission, pieces);
  const Reservation place = log->reserve(staged);
  log->publish(place);

  EXPECT_TRUE(log->sealed());
  EXPECT_FALSE(log->make_stable(place.lsn));
}

TEST(Log, OnAFullDiskWritesAreRefusedBeforeAnythingHappensAndGoOnLater) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  sim.files.set_capacity_bytes(sim.files.used_bytes() + 300'000);
  Records written;
  std::optional<Error> refusal;
  for (int i = 0; i < 1000 && !refusal; ++i) {
    const auto lsn = append(*log, text(i, 1000));
    if (!lsn.has_value()) {
      refusal = lsn.error();
      break;
    }
    written.emplace_back(*lsn, text(i, 1000));
    ASSERT_TRUE(log->make_stable(*lsn));
  }
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code(), ErrorCode::DiskFull);
  EXPECT_TRUE(log->disk_full());
  EXPECT_FALSE(log->sealed());
  EXPECT_FALSE(sim.files.exists(kDirectory + "/log-unfinished").value())
      << "it would hold the space that lacks";

  int erased = 0;
  while (erased < 1000) {
    const Bytes pieces[] = {"erase"};
    const auto lsn = log->append(pieces, Purpose::Erase);
    if (!lsn.has_value()) break;
    written.emplace_back(*lsn, "erase");
    ++erased;
  }
  EXPECT_GT(erased, 100) << "erasing goes on for a while";

  sim.files.set_capacity_bytes(env::SimulatedFileSystem::kUnlimitedBytes);
  written.emplace_back(write(*log, "again"), "again");

  EXPECT_FALSE(log->disk_full());
  EXPECT_EQ(recovered_records(sim.files), written);
}

TEST(Log, ALargeRecordThatDoesNotFitTheDiskIsRefusedWhole) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  sim.files.set_capacity_bytes(sim.files.used_bytes() + 500'000);
  const Lsn before = log->appended_lsn();

  const auto refused = append(*log, text(1, 2'000'000));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::DiskFull);
  EXPECT_EQ(log->appended_lsn(), before);
  write(*log, "small ones still fit");
}

TEST(Log, DroppedSegmentsAreUsedAgainAndTheirOldRecordsStayDead) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  Records tail;
  Lsn dropped{};
  for (int round = 0; round < 30; ++round) {
    tail.clear();
    dropped = log->appended_lsn();
    for (int i = 0; i < 40; ++i) tail.emplace_back(write(*log, text(i, 1000)), text(i, 1000));
    ASSERT_TRUE(log->drop_before(dropped).has_value());
    ASSERT_LE(log->stats().segments, 5u);
  }
  int creates = 0;
  for (const env::Operation& operation : sim.files.operations())
    creates += operation.kind == OperationKind::Create;
  EXPECT_LT(creates, 10) << "30 segments were made of a few files";
  sim.files.kill();

  const auto recovered = recover(sim.files, {.directory = {}, .start = dropped});

  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records, tail);
}

TEST(Log, DroppedSegmentsAreGoneForGoodWhenTheCallReturns) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env());
  for (int i = 0; i < 100; ++i) write(*log, text(i, 1000));

  ASSERT_TRUE(log->drop_before(log->appended_lsn()).has_value());

  const std::size_t unsynced = sim.files.snapshot().unsynced_count();
  const std::vector<env::Fate> all_lost(unsynced, env::Fate::Lost);
  env::SimulatedFileSystem after(sim.files.snapshot().after_crash(all_lost, sim.random));
  EXPECT_FALSE(after.exists(segment_path(0)).value());
}

TEST(Log, ARestartMakesTheNextSegmentOfASpare) {
  env::SimulatedEnv sim;
  for (int run = 0; run < 6; ++run) {
    const auto log = open_log(sim.env());
    ASSERT_TRUE(log);
    write(*log, text(run, 50));
    ASSERT_TRUE(log->close().has_value());
  }

  EXPECT_EQ(recovered_records(sim.files).size(), 6u);
  EXPECT_TRUE(open_log(sim.env()));
}

TEST(Log, RefusesARingThatIsNoPowerOfTwo) {
  env::SimulatedEnv sim;
  LogOptions options = small_options();
  options.ring_bytes = 100'000;

  EXPECT_EQ(Log::open(sim.env(), options, {}).error().code(), ErrorCode::InvalidArgument);
}

// With threads of its own.

TEST(LogThreads, TheFlusherMakesStableAndTells) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env(), threaded_options());
  std::atomic<int> told{0};
  log->set_stable_listener([&] { ++told; });

  const Lsn lsn = append(*log, "record").value();

  if (!log->make_stable(lsn)) {
    EXPECT_TRUE(eventually([&] { return told.load() > 0; }));
  }
  EXPECT_TRUE(log->make_stable(lsn));
  EXPECT_GE(log->stats().syncs, 1u);
}

TEST(LogThreads, AQuietLogIsMarkedByItself) {
  for (const Durability durability : {Durability::Sync, Durability::Interval}) {
    env::SimulatedEnv sim;
    LogOptions options = threaded_options(durability);
    options.sync_interval_ms = 10;
    options.idle_mark_ms = 10;
    const auto log = Log::open(env::Env{env::posix().clock, &sim.random, &sim.files},
                               (sim.files.create_directories(kDirectory).value(), options), {})
                         .value();
    log->make_stable(append(*log, "record").value());

    EXPECT_TRUE(eventually([&] {
      const auto recovered = recover(sim.files);
      return recovered.has_value() && !recovered->records.empty() && recovered->end.sealed;
    }));
  }
}

TEST(LogThreads, WritersWaitForNobodyAndAllIsFoundAgain) {
  for (const Durability durability : {Durability::Sync, Durability::Interval}) {
    env::SimulatedEnv sim;
    constexpr int kThreads = 4;
    std::vector<Records> written(kThreads);
    {
      const auto log = open_log(sim.env(), threaded_options(durability));
      std::vector<std::thread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 300; ++i) {
            const std::size_t length = i % 100 == 50 ? 20'000 : 1 + (i * 31) % 500;
            const std::string body = text(t * 100'000 + i, length);
            const auto lsn = append(*log, body);
            ASSERT_TRUE(lsn.has_value()) << lsn.error().message();
            written[t].emplace_back(*lsn, body);
            if (i % 7 == 0) log->make_stable(*lsn);
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      ASSERT_TRUE(log->sync_to(log->appended_lsn()).has_value());
      sim.files.crash(sim.random);
    }

    const Records records = recovered_records(sim.files);

    std::map<Lsn, std::string> all;
    for (const Records& part : written) all.insert(part.begin(), part.end());
    EXPECT_TRUE(std::equal(
        records.begin(), records.end(), all.begin(), all.end(),
        [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }));
  }
}

// A wish may be met by another thread's write before the flusher sees it: it is told all the same.
TEST(LogThreads, EveryWishForStabilityIsAnswered) {
  for (const Durability durability : {Durability::Sync, Durability::Interval}) {
    env::SimulatedEnv sim;
    const auto log = open_log(sim.env(), threaded_options(durability));
    std::mutex mutex;
    std::condition_variable moved;
    log->set_stable_listener([&] {
      std::lock_guard lock(mutex);
      moved.notify_all();
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const Lsn lsn = append(*log, text(t * 1000 + i, 50)).value();
          std::unique_lock lock(mutex);
          if (log->make_stable(lsn)) continue;
          ASSERT_TRUE(moved.wait_for(lock, std::chrono::seconds(20),
                                     [&] { return log->stable_lsn() >= lsn; }));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(LogThreads, AFailedSyncIsToldAndWaitersForRoomAreReleased) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env(), threaded_options());
  std::atomic<int> told{0};
  log->set_stable_listener([&] { ++told; });
  sim.files.inject(
      {.effect = FaultEffect::FailedSync, .nth = 1, .repeat = Fault::Repeat::FromThenOn});

  const auto lost = append(*log, "lost");  // refused if the preparer has met the fault already
  if (lost.has_value()) {
    EXPECT_FALSE(log->make_stable(*lost));
  }

  EXPECT_TRUE(eventually([&] { return log->sealed() && told.load() > 0; }));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(append(*log, text(i, 1000)).error().code(), ErrorCode::LogSealed);
}

TEST(LogThreads, WritesGoOnByThemselvesOnceThereIsSpace) {
  env::SimulatedEnv sim;
  const auto log = open_log(sim.env(), threaded_options());
  sim.files.set_capacity_bytes(sim.files.used_bytes() + 100'000);
  EXPECT_TRUE(eventually([&] {
    const auto lsn = append(*log, text(1, 1000));
    return !lsn.has_value() && lsn.error().code() == ErrorCode::DiskFull;
  }));
  EXPECT_TRUE(eventually([&] { return log->disk_full(); }));

  sim.files.set_capacity_bytes(env::SimulatedFileSystem::kUnlimitedBytes);

  EXPECT_TRUE(eventually([&] { return append(*log, text(2, 1000)).has_value(); }));
  EXPECT_FALSE(log->sealed());
}

// The real file system, once: names, sizes and syncs as the kernel has them.
TEST(LogThreads, WorksOnTheRealFileSystem) {
  const env::Env real = env::posix();
  const std::string directory = ::testing::TempDir() + "/latchkey-log-" +
                                std::to_string(static_cast<unsigned long>(real.random->next()));
  ASSERT_TRUE(real.files->create_directories(directory).has_value());
  LogOptions options = threaded_options();
  options.directory = directory;
  LogReadOptions read;
  read.directory = directory;
  read.expect = LogReadOptions::Expect::LogOrNothing;
  Records written;
  for (int run = 0; run < 3; ++run) {
    Records found;
    const auto end = read_log(*real.files, read, [&](Lsn lsn, Bytes body) -> Result<void> {
      found.emplace_back(lsn, std::string(body));
      return {};
    });
    ASSERT_TRUE(end.has_value()) << end.error().message();
    EXPECT_EQ(found, written);
    const auto log = Log::open(real, options, *end);
    ASSERT_TRUE(log.has_value()) << log.error().message();
    for (int i = 0; i < 100; ++i)
      written.emplace_back(append(**log, text(i, 2000)).value(), text(i, 2000));
    ASSERT_TRUE((*log)->close().has_value());
  }
  const auto names = real.files->list(directory).value();
  for (const std::string& name : names)
    ASSERT_TRUE(real.files->remove(directory + "/" + name).has_value());
  ::testing::internal::posix::RmDir(directory.c_str());
}

}  // namespace
}  // namespace latchkey::storage::tree
