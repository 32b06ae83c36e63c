#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "env/simulated.h"
#include "storage/engine.h"

namespace latchkey::storage {

/// One engine that the conformance test runs on. Instantiate in the engine's own test:
///
///     INSTANTIATE_TEST_SUITE_P(Model, Conformance, testing::Values(EngineUnderTest{...}),
///                              name_of_engine);
///
/// `open` makes an empty engine in `env`, whose clock stands still until the test moves it.
struct EngineUnderTest {
  std::string name;
  std::function<std::unique_ptr<Engine>(env::Env env, const EngineLimits& limits)> open;
};

inline void PrintTo(const EngineUnderTest& engine, std::ostream* out) { *out << engine.name; }

inline std::string name_of_engine(const testing::TestParamInfo<EngineUnderTest>& info) {
  return info.param.name;
}

/// The isolation levels in a loop, and what each is called in a failure.
inline constexpr Isolation kIsolationLevels[] = {
    Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable};
const char* name_of(Isolation isolation);

/// What an absent record reads as in these tests.
inline constexpr char kAbsent[] = "(none)";

/// A callback for Engine::when_unlocked that a test can wait for. Callbacks may outlive it.
class Wakeup {
 public:
  std::function<void()> callback();
  bool was_called() const;
  /// Waits for one call and forgets it. Fails the test when none comes in half a minute.
  void await();

 private:
  struct Calls {
    std::mutex mutex;
    std::condition_variable changed;
    int count = 0;
  };
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
};

/// What engine.h promises, as tests that every engine passes. The cases are in
/// conformance_*_test.cc by subject; they use only the contract.
///
/// Verified:     every call of the contract on a live engine, alone and by interleaving
///               transactions on one thread; threads in conformance_threads_test.cc.
/// Not verified: what survives a restart or a crash, speed, memory.
class Conformance : public testing::TestWithParam<EngineUnderTest> {
 protected:
  static constexpr EngineLimits kLimits{4096, std::uint64_t{64} << 20};

  Conformance();

  std::int64_t now() { return engine_->now_ms(); }
  KeyRef ref(Bytes key) { return engine_->key_ref(tree_, key); }

  /// One committed record in tree_, through update. Returns its version.
  Lsn put(Bytes key, Bytes value, std::int64_t deadline_ms = kNoDeadline);
  Lsn put(TreeId tree, Bytes key, Bytes value);
  /// Returns whether a live record was there.
  bool erase(Bytes key);
  /// The newest committed value, through read.
  std::string get(Bytes key);

  TreeId create_tree(const TreeOptions& options);
  std::unique_ptr<Transaction> begin(Isolation isolation) { return engine_->begin(isolation); }

  static std::string get(Transaction& txn, TreeId tree, Bytes key);
  std::string get(Transaction& txn, Bytes key) { return get(txn, tree_, key); }
  /// "a=1 b=2": keys and values of the range in the order of the walk.
  static std::string scan(Transaction& txn, TreeId tree, const KeyRange& range = {},
                          Direction direction = Direction::Forward);
  std::string scan(Transaction& txn) { return scan(txn, tree_); }
  /// What is committed in tree_, walked in both directions and counted; they must agree.
  std::string committed();
  std::string committed(TreeId tree);

  env::SimulatedEnv env_;
  Wakeup stable_moved_;  // the engine's stable listener
  std::unique_ptr<Engine> engine_;
  TreeId tree_{};     // hashed
  TreeId counted_{};  // counted, not hashed
};

/// The code of a failed result, or nothing.
template <typename T>
std::optional<ErrorCode> error_of(const Result<T>& result) {
  if (result.has_value()) return std::nullopt;
  return result.error().code();
}

#define EXPECT_OK(...) EXPECT_EQ(::latchkey::storage::error_of(__VA_ARGS__), std::nullopt)
#define ASSERT_OK(...) ASSERT_EQ(::latchkey::storage::error_of(__VA_ARGS__), std::nullopt)

}  // namespace latchkey::storage

namespace latchkey {
inline void PrintTo(ErrorCode code, std::ostream* out) { *out << error_class(code).name; }
}  // namespace latchkey
