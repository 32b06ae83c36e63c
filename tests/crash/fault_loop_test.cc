// For every N: the N-th file operation of a run fails, once or from then on, in each way it can.
//
// Verified:     nothing acknowledged is lost, neither at once nor over a kill or a power cut; what
//               was refused is never seen, then or later; reads go on; after the first failed sync
//               nothing is synced or acknowledged any more until the next start; what was refused
//               for a full disk works when there is space again; a start that failed can be
//               repeated; every error names a file.
// Not verified: crashes in between (crash_explorer_test), several threads.
//
// LK_FAULT_SEED chooses other runs, LK_FAULT_STRIDE=n every n-th operation only.

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/crash/workloads.h"

namespace latchkey::crash {
namespace {

using env::Fault;
using env::FaultEffect;
using env::Operation;
using env::OperationKind;
using env::SimulatedEnv;
using namespace storage;

constexpr TreeId kCatalog = Engine::kCatalogTree;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Looks at every operation: after a failed sync there must be no other, and no acknowledgement.
class SyncWatch {
 public:
  SyncWatch(Session& session) : session_(session) {
    session_.machine().files.set_before_operation(
        [this](const Operation& operation) { look(operation); });
  }
  ~SyncWatch() { session_.machine().files.set_before_operation(nullptr); }

  /// Also for the last operation of all, which no other follows.
  void finish() { judge_last_operation(); }
  bool sync_has_failed() const { return failed_start_ == session_.starts(); }

 private:
  static bool is_sync(OperationKind kind) {
    return kind == OperationKind::Sync || kind == OperationKind::SyncDirectory;
  }

  void look(const Operation& operation) {
    judge_last_operation();
    // The promise changes with what is done, as a crash would find it.
    static_cast<void>(session_.promise_before(operation));
    if (sync_has_failed() && is_sync(operation.kind)) {
      session_.note_violation("a sync after one that failed: " + describe(operation));
    }
    last_is_sync_ = is_sync(operation.kind);
    stable_before_ = session_.engine() == nullptr ? Lsn{} : session_.engine()->stable_lsn();
    fired_before_ = session_.machine().files.faults_fired();
    start_before_ = session_.starts();
  }

  void judge_last_operation() {
    const bool failed = session_.machine().files.faults_fired() > fired_before_;
    if (failed && last_is_sync_ && !sync_has_failed()) {
      failed_start_ = start_before_;
      stable_at_failure_ = stable_before_;
    }
    if (!sync_has_failed() || session_.engine() == nullptr) return;
    if (session_.engine()->stable_lsn() > stable_at_failure_) {
      session_.note_violation("something was acknowledged after a failed sync");
    }
  }

  Session& session_;
  std::size_t failed_start_ = 0;
  std::size_t start_before_ = 0;
  Lsn stable_at_failure_{};
  Lsn stable_before_{};
  std::uint64_t fired_before_ = 0;
  bool last_is_sync_ = false;
};

std::optional<std::string> difference_after_power_cut(Session& session, const Setup& setup) {
  const Promise promise = session.promise();
  for (int draw = 0; draw < 2; ++draw) {
    SimulatedEnv found(session.random().next(),
                       session.machine().files.snapshot().after_crash(session.random()));
    const Finding finding = find_again(found, setup, promise);
    if (finding.violation.has_value()) return finding.violation;
  }
  return std::nullopt;
}

std::optional<std::string> difference_in_memory(Session& session) {
  session.clean_up();
  return difference(*session.engine(), session.model(), {kCatalog});
}

/// The run is over and nothing fails any more: what is left must be right, and go on.
std::optional<std::string> judge(Session& session, const Setup& setup, bool sync_has_failed) {
  if (session.engine() != nullptr) {
    if (auto found = difference_in_memory(session)) return "before a restart: " + *found;
    if (sync_has_failed && !session.engine()->log_sealed())
      return "a sync failed and the log is not sealed";
    const std::size_t refused = session.refused();
    const bool was_sealed = session.engine()->log_sealed();
    static_cast<void>(session.put(kCatalog, "once more", "1").has_value());
    if (was_sealed != (session.refused() > refused))
      return "a sealed log takes writes, or another does not";
    // What was synced before the failure stays acknowledged; nothing else ever is.
    const Lsn stable = session.engine()->stable_lsn();
    const bool nothing_waits = stable >= session.engine()->appended_lsn();
    if (session.acknowledge() != (!was_sealed || nothing_waits) ||
        (was_sealed && session.engine()->stable_lsn() != stable))
      return "a sealed log acknowledges, or another does not";
    if (auto found = difference_after_power_cut(session, setup))
      return "after a power cut: " + *found;
    session.kill();
  }
  if (const Result<void> opened = session.open(); !opened)
    return "the next start: " + opened.error().message();
  if (auto found = difference_after_power_cut(session, setup))
    return "a power cut behind the next start: " + *found;
  const std::size_t refused = session.refused();
  static_cast<void>(session.put(kCatalog, "at last", "1").has_value());
  if (session.refused() > refused || !session.acknowledge())
    return "the next start does not take writes";
  if (auto found = difference_after_power_cut(session, setup))
    return "a power cut later: " + *found;
  return session.violation();
}

struct Variant {
  std::string_view name;
  FaultEffect effect;
  Fault::Repeat repeat;
};
constexpr Variant kVariants[] = {
    {"IoErrorOnce", FaultEffect::IoError, Fault::Repeat::Once},
    {"IoErrorFromThenOn", FaultEffect::IoError, Fault::Repeat::FromThenOn},
    {"DiskFullOnce", FaultEffect::DiskFull, Fault::Repeat::Once},
    {"DiskFullFromThenOn", FaultEffect::DiskFull, Fault::Repeat::FromThenOn},
    {"ShortWriteOnce", FaultEffect::ShortWrite, Fault::Repeat::Once},
    {"ShortWriteDiskFullFromThenOn", FaultEffect::ShortWriteDiskFull, Fault::Repeat::FromThenOn},
    {"FailedSyncOnce", FaultEffect::FailedSync, Fault::Repeat::Once},
    {"FailedSyncFromThenOn", FaultEffect::FailedSync, Fault::Repeat::FromThenOn},
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

constexpr std::string_view kScenarios[] = {
    "GroupedWrites",       "LargeValues",    "Checkpoints", "SegmentsAreUsedAgain",
    "UnloggedTrees",       "TreesComeAndGo", "ManyStarts",  "InteractiveTransactions",
    "EverythingAtInterval"};

const Workload& workload_named(std::string_view name) {
  for (const Workload& workload : workloads()) {
    if (workload.name == name) return workload;
  }
  std::abort();
}

class FaultLoop : public testing::TestWithParam<std::tuple<Variant, std::string_view>> {};

TEST_P(FaultLoop, NoOneOperationThatFailsLosesOrInventsAnything) {
  const Variant variant = std::get<0>(GetParam());
  const Workload& workload = workload_named(std::get<1>(GetParam()));
  const std::uint64_t seed = from_environment("LK_FAULT_SEED", 1);
  const std::uint64_t stride = from_environment("LK_FAULT_STRIDE", 1);
  std::uint64_t refused = 0;
  std::uint64_t runs = 0;
  for (std::uint64_t nth = 1;; nth += stride, ++runs) {
    SimulatedEnv machine(seed);
    Session session(machine, {workload.durability}, seed);
    ASSERT_TRUE(session.open().has_value());
    session.expect_errors();
    SyncWatch watch(session);
    machine.files.inject({.effect = variant.effect, .nth = nth, .repeat = variant.repeat});

    const Result<void> outcome = workload.run(session);

    watch.finish();
    if (machine.files.faults_fired() == 0) break;
    machine.files.clear_faults();
    const std::string where = std::string(workload.name) + " " + std::string(variant.name) +
                              " at operation " + std::to_string(nth) + " of seed " +
                              std::to_string(seed);
    ASSERT_TRUE(outcome.has_value()) << where << ": " << outcome.error().message();
    ASSERT_EQ(session.violation(), std::nullopt) << where;
    ASSERT_EQ(judge(session, {workload.durability}, watch.sync_has_failed()), std::nullopt)
        << where;
    refused += session.refused();
  }
  EXPECT_GT(runs, 0u);
  EXPECT_GT(refused, 0u);
}

std::string name_of(const testing::TestParamInfo<std::tuple<Variant, std::string_view>>& test) {
  return std::string(std::get<1>(test.param)) + std::string(std::get<0>(test.param).name);
}

INSTANTIATE_TEST_SUITE_P(Every, FaultLoop,
                         testing::Combine(testing::ValuesIn(kVariants),
                                          testing::ValuesIn(kScenarios)),
                         name_of);

// The first start of all: a directory in which something was begun is no obstacle to the next
// start.
TEST(FaultLoopTest, AFirstStartThatFailedCanBeRepeated) {
  for (const Variant& variant : kVariants) {
    for (std::uint64_t nth = 1;; ++nth) {
      SimulatedEnv machine(nth);
      Session session(machine, {}, nth);
      session.expect_errors();
      SyncWatch watch(session);
      machine.files.inject({.effect = variant.effect, .nth = nth, .repeat = variant.repeat});

      const Result<void> opened = session.open();

      watch.finish();
      if (machine.files.faults_fired() == 0) break;
      machine.files.clear_faults();
      ASSERT_TRUE(opened.has_value())
          << variant.name << " at " << nth << ": " << opened.error().message();
      ASSERT_TRUE(session.put(kCatalog, "a", "1").has_value());
      ASSERT_TRUE(session.acknowledge() || session.engine()->log_sealed())
          << variant.name << " at " << nth;
      session.kill();
      ASSERT_TRUE(session.open().has_value());
      ASSERT_EQ(session.violation(), std::nullopt) << variant.name << " at " << nth;
    }
  }
}

/// A database on a disk that is nearly full.
class FullDisk : public testing::Test {
 protected:
  FullDisk() : session_(machine_, {}, 1) {
    EXPECT_TRUE(session_.open().has_value());
    session_.expect_errors();
  }

  /// Writes until one is refused; returns how many were not.
  int fill() {
    machine_.files.set_capacity_bytes(machine_.files.used_bytes() + 200'000);
    int writes = 0;
    for (; session_.refused() == 0; ++writes) write(writes);
    return writes;
  }
  void write(int number) {
    static_cast<void>(
        session_.put(kCatalog, "key:" + std::to_string(number % 50), std::string(2000, 'x'))
            .has_value());
  }

  SimulatedEnv machine_{1};
  Session session_;
};

TEST_F(FullDisk, RefusesWritesAndTakesThemAgainWhenThereIsSpace) {
  EXPECT_GT(fill(), 10);
  EXPECT_EQ(difference_in_memory(session_), std::nullopt);
  EXPECT_FALSE(session_.engine()->log_sealed());
  EXPECT_TRUE(session_.engine()->stats().disk_full);
  // What was taken before is acknowledged all the same.
  EXPECT_TRUE(session_.acknowledge());
  const std::size_t refused = session_.refused();
  write(1);
  EXPECT_EQ(session_.refused(), refused + 1);

  machine_.files.set_capacity_bytes(env::SimulatedFileSystem::kUnlimitedBytes);

  for (int i = 0; i < 100; ++i) write(i);
  EXPECT_EQ(session_.refused(), refused + 1);
  EXPECT_TRUE(session_.acknowledge());
  EXPECT_EQ(judge(session_, {}, false), std::nullopt);
}

// A disk that is full can be got out of: erasing goes on for a while when writing does not.
TEST_F(FullDisk, TakesErasesForAWhile) {
  fill();
  const std::size_t refused = session_.refused();

  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(session_.erase(kCatalog, "key:" + std::to_string(i)).has_value());
  }

  EXPECT_EQ(session_.refused(), refused);
  EXPECT_TRUE(session_.acknowledge());
  EXPECT_EQ(difference_after_power_cut(session_, {}), std::nullopt);
}

TEST_F(FullDisk, ACheckpointThatFindsNoSpaceDoesNoHarm) {
  fill();
  machine_.files.set_capacity_bytes(machine_.files.used_bytes());

  ASSERT_TRUE(session_.checkpoint().has_value());

  EXPECT_TRUE(session_.engine()->stats().last_checkpoint_failed);
  EXPECT_EQ(difference_in_memory(session_), std::nullopt);
  machine_.files.set_capacity_bytes(env::SimulatedFileSystem::kUnlimitedBytes);
  ASSERT_TRUE(session_.checkpoint().has_value());
  EXPECT_FALSE(session_.engine()->stats().last_checkpoint_failed);
  EXPECT_EQ(judge(session_, {}, false), std::nullopt);
}

}  // namespace
}  // namespace latchkey::crash
