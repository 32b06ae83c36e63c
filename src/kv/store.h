#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "env/env.h"
#include "kv/collection.h"
#include "kv/command.h"
#include "kv/hub.h"
#include "kv/members.h"
#include "kv/reply.h"
#include "kv/session.h"
#include "kv/waiting_commands.h"
#include "kv/watched_absences.h"
#include "storage/engine.h"

namespace latchkey::kv {

class Call;
class Exec;
class ScanCursors;

/// How the execution of a command ended. On Blocked nothing was done or replied: the caller waits
/// for session.blocked_on (Engine::when_unlocked) and executes the same command again. On Waits
/// neither: the caller makes a WaitingCommand of it, for session.wait_ms, and calls Store::wait.
enum class Outcome : std::uint8_t { Done, Blocked, Waits };

/// One command waiting in a MULTI.
struct QueuedCommand {
  const Command* command;
  std::vector<std::string> arguments;
};

/// The key-value core: collections, commands, expiry, channels. Everything a door can ask that is
/// not SQL.
///
/// Threads:   any; a session belongs to one thread at a time.
/// Ownership: borrows the engine and the environment.
class Store {
 public:
  static Result<std::unique_ptr<Store>> open(storage::Engine& engine, env::Env env);
  ~Store();

  /// Doors add their rows before the first execute.
  CommandTable& commands() { return commands_; }
  const CommandTable& commands() const { return commands_; }

  /// Runs one command whose arity has been checked, inside a storage::Engine::Turn of the caller's;
  /// a command of flag kEverything or kWalks *outside* of any: it would hold others off for long,
  /// or wait for them. Writes one reply element, an error included.
  Outcome execute(Session& session, const Command& command, Arguments arguments, Reply& reply);

  /// Runs all of them as one atomic step (EXEC) and replies with an array of their replies; replies
  /// null_array when a watched key has changed. Ends all watches unless Blocked. Must not be called
  /// inside a Turn.
  /// `ran` is told of each command when its handler is done; of all of them once more when the
  /// whole had to start over.
  using Ran = FunctionRef<void(const QueuedCommand& command, Arguments arguments)>;
  Outcome execute_all(Session& session, std::span<const QueuedCommand> queue, Reply& reply,
                      Ran ran);
  Outcome execute_all(Session& session, std::span<const QueuedCommand> queue, Reply& reply) {
    return execute_all(session, queue, reply, [](const QueuedCommand&, Arguments) {});
  }

  /// `command` waits from now on, and may be answered before this returns.
  void wait(WaitingCommand& command);
  /// Called when the command's must_retry() says so: executes it, and those behind it.
  void retry(WaitingCommand& command);
  /// Whether the command still waited; if not, it is answered.
  bool stop_waiting(WaitingCommand& command) { return waiting_.remove(command); }
  /// How many keys commands wait for.
  std::size_t awaited_key_count() const { return waiting_.key_count(); }

  /// Remembers the version of each key for execute_all.
  Result<void> watch(Session& session, Arguments keys);

  /// Starts the memory reads of the commands that are about to be executed. A hint. Keys of
  /// commands that are not kOneKey are skipped by the caller. Fills `refs`, one for each key, for
  /// Session::foreseen; returns false, having filled nothing, when there is nothing to foresee.
  bool prefetch(Session& session, std::span<const Bytes> keys, std::span<storage::KeyRef> refs);

  /// Erases what is due, at most `limit` records, with its members and its `expired` event.
  /// Returns how many went.
  std::size_t sweep(std::size_t limit);
  /// Gives back members of deleted keys, at most about `limit` records. Returns whether more waits.
  bool collect_garbage(std::size_t limit);

  /// How many records have gone because their deadline had passed, since the start.
  std::uint64_t expired_count() const { return expired_count_.load(std::memory_order_relaxed); }
  void count_expired(std::uint64_t count) {
    expired_count_.fetch_add(count, std::memory_order_relaxed);
  }

  Hub& hub() { return hub_; }
  storage::Engine& engine() { return engine_; }
  env::Env environment() const { return env_; }

  /// Which keyspace events are published: the letters of notify-keyspace-events as flags.
  std::atomic<std::uint32_t> notify_flags{0};

  /// The collection of that name, born on the first write to it; null if it does not exist yet and
  /// `create` is No.
  enum class Create : bool { No, Yes };
  Result<Collection*> collection(std::string_view name, Create create);
  /// All collections by name, in order.
  std::vector<Collection*> collections();
  /// Empty one or all. Not inside a Turn.
  Result<void> flush(Collection& collection);
  Result<void> flush_all();

  /// The collection that SELECT or COPY mean by `argument`: 0 is default, other numbers are names.
  /// Errors: InvalidArgument for a name that is empty or longer than kCollectionNameBytesMax.
  static Result<std::string> collection_name(Bytes argument);
  static constexpr std::size_t kCollectionNameBytesMax = 255;
  static constexpr std::size_t kCollectionsMax = 10'000;

  ScanCursors& scan_cursors() { return *scan_cursors_; }
  MembersIds& members_ids() { return *members_ids_; }
  WatchedAbsences& watched_absences() { return watched_absences_; }

 private:
  friend class Exec;
  Store(storage::Engine& engine, env::Env env);

  /// What must be there before a command that grows begins: its collection, and ids to spend.
  Result<void> prepare(Session& session, const Command& command);
  /// How one try ended; Again: nothing was done or replied, and it must be tried once more.
  enum class Try : std::uint8_t { Done, Blocked, Waits, Again };
  Try execute_once(Session& session, const Command& command, Arguments arguments, Reply& reply);
  /// Executes those who wait for what `command`, which has been committed, may have brought.
  void feed_waiting(const Command& command, Arguments arguments);
  WaitingCommands::Tried run_waiting(WaitingCommand& command, const Bytes* ready_key);
  void publish_events(const Session& session, const Call& call);
  void publish_event(Bytes collection_name, char type, const char* event, Bytes key,
                     storage::Lsn depends_on);
  Result<bool> sweep_one(Collection& collection, const storage::DueRecord& due, std::int64_t now_ms,
                         storage::Lsn& version);
  Collection* find_collection(std::string_view name);
  Result<void> flush_all_of(const std::vector<Collection*>& targets);

  storage::Engine& engine_;
  env::Env env_;
  CommandTable commands_;
  Hub hub_;
  std::unique_ptr<ScanCursors> scan_cursors_;
  std::unique_ptr<MembersIds> members_ids_;
  WatchedAbsences watched_absences_;
  WaitingCommands waiting_;
  std::atomic<std::uint64_t> expired_count_{0};
  std::mutex births_mutex_;  // held over the commit of a new collection, never inside a Turn's wait
  mutable std::shared_mutex collections_mutex_;
  // By name; entries are never removed while the store lives, so that sessions may keep pointers.
  std::unordered_map<std::string, std::unique_ptr<Collection>> collections_;
};

}  // namespace latchkey::kv
