#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/simulated.h"
#include "storage/tree/tree_engine.h"
#include "tests/crash/oracle.h"

namespace latchkey::crash {

inline const std::string kDirectory = "/srv/latchkey/data";

/// A database as small as it can be, so that a short run passes many segments and checkpoints.
struct Setup {
  storage::Durability durability = storage::Durability::Sync;
};
storage::tree::TreeEngineOptions engine_options(
    const Setup& setup, std::function<void(const std::string&)> report = {});

/// Whether a start may, or must, find the unlogged trees as they were.
enum class CleanStop : std::uint8_t { No, Possible, Sure };

/// What a power cut at one moment must leave, at least and at most.
struct Promise {
  std::shared_ptr<const Oracle> oracle;
  std::size_t least = 0;          ///< commits that were acknowledged
  std::size_t least_to_kill = 0;  ///< the same when only the process dies
  std::size_t most = 0;           ///< commits that were asked for
  CleanStop clean = CleanStop::No;
  std::int64_t clock_ms = 0;  ///< the engine's clock is not before this
};

/// Writes of one transaction, done and noted down at once.
class Writer {
 public:
  Writer(storage::Transaction& transaction, std::vector<Change>& changes)
      : transaction_(transaction), changes_(changes) {}
  storage::Transaction& transaction() { return transaction_; }
  void put(storage::TreeId tree, const std::string& key, const std::string& value,
           std::int64_t deadline_ms = storage::kNoDeadline);
  void erase(storage::TreeId tree, const std::string& key);
  storage::TreeId create_tree(const storage::TreeOptions& options);
  void drop_tree(storage::TreeId tree);
  std::size_t savepoint();
  void rollback_to(std::size_t savepoint);
  /// The first error of a write, after which the transaction is to be rolled back.
  const std::optional<Error>& error() const { return error_; }

 private:
  struct Mark {
    std::size_t engine;
    std::size_t changes;
  };
  storage::Transaction& transaction_;
  std::vector<Change>& changes_;
  std::vector<Mark> marks_;
  std::optional<Error> error_;
};

enum class TransactionKind : std::uint8_t {
  Keys,
  Everything,
  ReadCommitted,
  RepeatableRead,
  Serializable
};

/// An engine on a simulated machine, and an oracle that is told what is asked of it.
///
/// Every write is declared before the engine sees it and confirmed or withdrawn after, so that at
/// any file operation promise() says what a crash may show.
///
/// Threads: one.
class Session {
 public:
  Session(env::SimulatedEnv& machine, Setup setup, std::uint64_t seed, ModelState base = {});
  ~Session();

  /// Recovers what is there and compares it with what must be: nothing acknowledged before is
  /// missing.
  Result<void> open();
  /// Stops the engine cleanly; open() is next.
  Result<void> close();
  /// The process dies; the machine does not. open() is next.
  void kill();

  Result<void> put(storage::TreeId tree, const std::string& key, const std::string& value,
                   std::int64_t deadline_ms = storage::kNoDeadline, std::uint8_t kind = 0);
  Result<void> erase(storage::TreeId tree, const std::string& key);
  Result<void> transact(TransactionKind kind, const std::function<void(Writer&)>& write);
  /// Asks that all is stable. Returns whether it is.
  bool acknowledge();
  Result<void> settle() { return judge(engine_->log().settle()); }
  Result<void> checkpoint();
  void clean_up();

  storage::tree::TreeEngine* engine() { return engine_.get(); }
  env::SimulatedEnv& machine() { return machine_; }
  env::SimulatedRandom& random() { return random_; }
  std::uint64_t draw(std::uint64_t bound) { return env::below(random_, bound); }
  const ModelState& model() const { return oracle_->newest(); }
  storage::TreeId tree(const storage::TreeOptions& options);

  /// From now on an error of the engine is what its caller expects: writes count as refused, and a
  /// start that fails is tried again without faults.
  void expect_errors() { expects_errors_ = true; }
  std::size_t refused() const { return refused_; }
  /// How often a start was tried.
  std::size_t starts() const { return starts_; }

  Promise promise();
  /// The promise for a crash right before `operation`.
  Promise promise_before(const env::Operation& operation);
  /// What went otherwise than the contract says; the first thing only.
  const std::optional<std::string>& violation() const { return violation_; }
  void note_violation(const std::string& what);

 private:
  Result<void> change_one(Change change);
  void note_refusal(const Error& error);
  Result<void> judge(Result<void> outcome);
  Result<void> open_once();
  Result<storage::Lsn> confirm(Result<storage::Lsn> version);
  std::unique_ptr<storage::Transaction> begin(TransactionKind kind);
  std::size_t acknowledged();

  env::SimulatedEnv& machine_;
  const Setup setup_;
  env::SimulatedRandom random_;
  std::shared_ptr<Oracle> oracle_;
  std::unique_ptr<storage::tree::TreeEngine> engine_;
  std::size_t acknowledged_ = 0;          ///< for a power cut
  std::size_t acknowledged_to_kill_ = 0;  ///< for the death of the process
  CleanStop clean_ = CleanStop::No;
  std::int64_t clock_ms_ = 0;
  bool expects_errors_ = false;
  std::size_t refused_ = 0;
  std::size_t starts_ = 0;
  std::optional<std::string> violation_;
};

/// What a start on this disk shows, against what it may show.
struct Finding {
  std::optional<std::string> violation;
  std::size_t commits = 0;  ///< how many of the promise's it holds
  bool kept_unlogged = false;
  std::optional<Error> refusal;  ///< why there is no engine
  std::unique_ptr<storage::tree::TreeEngine> engine;
};
/// Starts on the machine's disk and checks the promise.
Finding find_again(env::SimulatedEnv& machine, const Setup& setup, const Promise& promise,
                   std::function<void(const std::string&)> report = {});

}  // namespace latchkey::crash
