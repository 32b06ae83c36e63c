// What a power cut at any moment leaves of the log, in a simulated file system that loses, tears
// and reorders what was not synced.
//
// Verified:     what is recovered is a prefix of what was appended, in order and whole, and holds
//               every record that was stable; no legal crash is taken for damage; a second crash,
//               while opening or just after it, changes nothing of that.
// Not verified: threads (log_test), bit rot (log_reader_test).

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "env/simulated.h"
#include "storage/tree/log_testing.h"

namespace latchkey::storage::tree {
namespace {

using env::SimulatedDisk;
using testing::append;
using testing::kDirectory;
using testing::Records;
using testing::Recovered;
using testing::small_options;
using testing::text;

Result<Recovered> recover(env::FileSystem& files, Lsn start) {
  return testing::recover(files, {.directory = {}, .start = start});
}

struct Moment {
  SimulatedDisk disk;
  std::size_t appended;  // records appended by then
  std::size_t stable;    // of them, at least so many were stable
  std::size_t dropped;   // so many were in a checkpoint, and replay begins at
  Lsn start;
};

/// Runs a random load over several openings and takes the disk before many of its operations.
class Load {
 public:
  Load(std::uint64_t seed, Durability durability) : sim_(seed), durability_(durability) {}

  void run() {
    sim_.files.set_before_operation([this](const env::Operation& operation) {
      const bool changes =
          operation.kind != env::OperationKind::Read && operation.kind != env::OperationKind::Size;
      if (!changes || !env::one_in(sim_.random, 2)) return;
      moments.push_back(
          {sim_.files.snapshot(), records.size() + in_flight_, stable_, dropped_, start_});
    });
    for (int opening = 0; opening < 3; ++opening) {
      ASSERT_TRUE(sim_.files.create_directories(kDirectory).has_value());
      ASSERT_TRUE(sim_.files.sync_directory("/").has_value());
      const auto end = recover(sim_.files, start_);
      ASSERT_TRUE(end.has_value()) << end.error().message();
      log_ = Log::open(sim_.env(), small_options(durability_), end->end).value();
      for (int step = 0; step < 40; ++step) take_step();
      if (env::one_in(sim_.random, 2)) {
        ASSERT_TRUE(log_->close().has_value());
      }
      // Without close, what make_stable has not written is lost with the process.
      log_.reset();
      const auto kept = recover(sim_.files, start_);
      ASSERT_TRUE(kept.has_value()) << kept.error().message();
      ASSERT_GE(dropped_ + kept->records.size(), stable_);
      records.resize(dropped_ + kept->records.size());
      ASSERT_TRUE(std::equal(kept->records.begin(), kept->records.end(),
                             records.begin() + static_cast<std::ptrdiff_t>(dropped_),
                             records.end()));
    }
  }

  std::vector<Moment> moments;
  Records records;

 private:
  void take_step() {
    const std::uint64_t dice = env::below(sim_.random, 20);
    if (dice == 0) {
      ASSERT_TRUE(log_->settle().has_value());
      note_stable();
      return;
    }
    if (dice == 7) {
      // As behind a checkpoint: first replay may begin later, then the log before that goes.
      ASSERT_TRUE(log_->sync_to(log_->appended_lsn()).has_value());
      note_stable();
      dropped_ = records.size();
      start_ = log_->replay_start();
      ASSERT_TRUE(log_->drop_before(start_).has_value());
      return;
    }
    const std::size_t length =
        dice == 1 ? 30'000 : 1 + env::below(sim_.random, dice < 6 ? 4000 : 100);
    const std::string body = text(records.size(), length);
    in_flight_ = 1;  // a snapshot within append may hold it already
    const auto lsn = append(*log_, body);
    ASSERT_TRUE(lsn.has_value()) << lsn.error().message();
    in_flight_ = 0;
    records.emplace_back(*lsn, body);
    if (env::one_in(sim_.random, 3)) {
      ASSERT_TRUE(log_->make_stable(*lsn));
      note_stable();
    }
  }

  void note_stable() {
    // At Interval a power cut may take what no sync has reached.
    const Lsn safe = log_->synced_lsn();
    while (stable_ < records.size() && records[stable_].first <= safe) ++stable_;
  }

  env::SimulatedEnv sim_;
  const Durability durability_;
  std::unique_ptr<Log> log_;
  std::size_t in_flight_ = 0;
  std::size_t stable_ = 0;
  std::size_t dropped_ = 0;
  Lsn start_{};
};

void expect_legal(const Result<Recovered>& recovered, const Records& records,
                  const Moment& moment) {
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  ASSERT_GE(moment.dropped + recovered->records.size(), moment.stable);
  ASSERT_LE(moment.dropped + recovered->records.size(), moment.appended);
  ASSERT_TRUE(std::equal(recovered->records.begin(), recovered->records.end(),
                         records.begin() + static_cast<std::ptrdiff_t>(moment.dropped)));
}

class LogCrash : public ::testing::TestWithParam<Durability> {};

TEST_P(LogCrash, LeavesAPrefixWithAllThatWasStable) {
  int states = 0;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    Load load(seed, GetParam());
    load.run();
    env::SimulatedRandom random(seed);
    for (const Moment& moment : load.moments) {
      if (!env::one_in(random, 2)) continue;
      SCOPED_TRACE("seed " + std::to_string(seed) + " moment " +
                   std::to_string(&moment - load.moments.data()));
      env::SimulatedEnv first(seed, moment.disk.after_crash(random));
      if (!first.files.exists(kDirectory).value()) continue;
      const auto recovered = recover(first.files, moment.start);
      expect_legal(recovered, load.records, moment);
      if (HasFatalFailure()) return;
      ++states;

      // The second crash, at a random operation of the opening or right after it.
      std::vector<SimulatedDisk> disks;
      first.files.set_before_operation(
          [&](const env::Operation&) { disks.push_back(first.files.snapshot()); });
      const auto log = Log::open(first.env(), small_options(GetParam()), recovered->end);
      ASSERT_TRUE(log.has_value()) << log.error().message();
      first.files.set_before_operation(nullptr);
      env::SimulatedEnv during(seed, disks[env::below(random, disks.size())].after_crash(random));
      expect_legal(recover(during.files, moment.start), load.records, moment);
      env::SimulatedEnv after(seed, first.files.snapshot().after_crash(random));
      const auto again = recover(after.files, moment.start);
      expect_legal(again, load.records, moment);
      if (HasFatalFailure()) return;
      ASSERT_EQ(again->records, recovered->records) << "what recovery showed once must stay";
    }
  }
  EXPECT_GT(states, 300);
}

// Every file operation of a load fails once: nothing stable is lost, and what a call refused as
// "not applied" is not found later.
TEST_P(LogCrash, AnyOneFailingOperationLosesNothingStable) {
  for (std::uint64_t nth = 1;; ++nth) {
    env::SimulatedEnv sim(nth);
    ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
    ASSERT_TRUE(sim.files.sync_directory("/").has_value());
    sim.files.inject({.effect = env::FaultEffect::IoError, .nth = nth});
    Records records;
    std::size_t stable = 0;
    const auto opened = Log::open(sim.env(), small_options(GetParam()), {});
    for (int i = 0; opened.has_value() && i < 60; ++i) {
      const std::string body = text(i, i % 10 == 5 ? 30'000 : 1500);
      const auto lsn = append(**opened, body);
      if (!lsn.has_value()) continue;
      records.emplace_back(*lsn, body);
      static_cast<void>((*opened)->make_stable(*lsn));
      while (stable < records.size() && records[stable].first <= (*opened)->synced_lsn()) ++stable;
    }
    if (sim.files.faults_fired() == 0) break;
    sim.files.clear_faults();
    sim.files.crash(sim.random);

    const auto recovered = recover(sim.files, Lsn{0});

    ASSERT_TRUE(recovered.has_value())
        << "operation " << nth << ": " << recovered.error().message();
    ASSERT_GE(recovered->records.size(), stable) << "operation " << nth;
    ASSERT_LE(recovered->records.size(), records.size());
    ASSERT_TRUE(std::equal(recovered->records.begin(), recovered->records.end(), records.begin()));
  }
}

INSTANTIATE_TEST_SUITE_P(Durabilities, LogCrash,
                         ::testing::Values(Durability::Sync, Durability::Interval),
                         [](const auto& test) {
                           return test.param == Durability::Sync ? "Sync" : "Interval";
                         });

}  // namespace
}  // namespace latchkey::storage::tree
