#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/assert.h"
#include "kv/call.h"
#include "kv/store.h"

namespace latchkey::kv {

namespace {

// An EXEC starts over when FLUSHDB took its trees meanwhile or a collection had to be born for it.
constexpr int kTriesMax = 8;

// Past this many keys it is cheaper to hold everything off than to lock them one by one.
constexpr std::size_t kExecKeysMax = 256;

constexpr std::size_t kWatchesMax = 65'536;

// Records past their deadline are told apart by Call: see there.
constexpr std::int64_t kSeesExpired = 0;

/// Errors after which an EXEC must not go on with its next command: the engine's, not a command's.
bool ends_exec(ErrorCode code) {
  switch (code) {
    case ErrorCode::WriteConflict:
    case ErrorCode::Deadlock:
    case ErrorCode::RowLocked:
    case ErrorCode::SnapshotTooOld:
    case ErrorCode::TransactionEnded:
    case ErrorCode::MemoryExhausted:
    case ErrorCode::DiskFull:
    case ErrorCode::LogSealed:
    case ErrorCode::OutcomeUnknown:
    case ErrorCode::IoError:
    case ErrorCode::Corruption:
    case ErrorCode::Internal:
      return true;
    default:
      return false;
  }
}

Error exec_aborted(Error cause) {
  const Error shown = error_for_door(std::move(cause));
  if (shown.code() == ErrorCode::OutcomeUnknown) return shown;  // not known to be discarded
  return Error(ErrorCode::ExecAborted,
               fmt::format("Transaction discarded because of: {} {}",
                           error_class(shown.code()).resp_prefix, shown.message()));
}

std::vector<Bytes> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

bool names_keys(const Command& command) {
  return command.keys.first != 0 || command.keys.count_index != 0;
}

}  // namespace

/// One try at the queue of a MULTI as one atomic step.
///
/// Threads:   the session's.
/// Ownership: borrows all it is given.
class Exec {
 public:
  enum class Step : std::uint8_t { Finished, Blocked, StartOver };

  Exec(Store& store, Session& session, std::span<const QueuedCommand> queue, Reply& reply,
       Store::Ran ran)
      : store_(store),
        session_(session),
        queue_(queue),
        reply_(reply),
        ran_(ran),
        start_(reply.mark()) {}

  Step run();

 private:
  bool needs_everything() const;
  void begin();
  Result<bool> watch_holds(const Watch& watch);
  Result<bool> watches_hold();
  /// Nothing when the next command's turn has come.
  std::optional<Step> run_one(const QueuedCommand& queued);
  Step abort(Error error, const std::string& unborn_collection);
  Step abort(Error error) { return abort(std::move(error), {}); }
  void publish();

  Store& store_;
  Session& session_;
  std::span<const QueuedCommand> queue_;
  Reply& reply_;
  const Store::Ran ran_;
  const std::size_t start_;
  std::int64_t now_ms_ = 0;
  std::optional<storage::Engine::Turn> turn_;
  std::unique_ptr<storage::Transaction> transaction_;
  Flushed flushed_;
  std::vector<Call::Event> events_;
};

/// Whether the keys that the queue touches cannot be told before it runs.
bool Exec::needs_everything() const {
  if (session_.collection == nullptr || session_.watches.size() > kExecKeysMax) return true;
  std::size_t key_count = session_.watches.size();
  for (const QueuedCommand& queued : queue_) {
    const Command& command = *queued.command;
    // A command about the client may select another collection.
    if ((command.flags & (kEverything | kWalks | kConnection)) != 0) return true;
    if ((command.flags & (kRead | kWrite)) != 0 && !names_keys(command)) return true;
    if (names_keys(command)) key_count += queued.arguments.size();
    if (key_count > kExecKeysMax) return true;
  }
  return false;
}

void Exec::begin() {
  storage::Engine& engine = store_.engine();
  if (needs_everything()) {
    transaction_ = engine.begin_atomic_on_everything(kSeesExpired);
    return;
  }
  // Within a Turn no FLUSHDB can put other trees in the place of those whose keys we hold.
  turn_.emplace(engine);
  struct Keys {
    storage::Engine& engine;
    storage::TreeId tree;
    std::span<const Bytes> arguments;
    std::vector<storage::KeyRef> refs;
  };
  Keys keys{engine, session_.collection->records(), {}, {}};
  const auto add = [](void* context, std::size_t index) {
    Keys& to = *static_cast<Keys*>(context);
    to.refs.push_back(to.engine.key_ref(to.tree, to.arguments[index]));
  };
  for (const QueuedCommand& queued : queue_) {
    // The views end with this turn of the loop; the strings that the refs point at do not.
    const std::vector<Bytes> arguments = views_of(queued.arguments);
    keys.arguments = arguments;
    for_each_key(*queued.command, arguments, add, &keys);
  }
  for (const Watch& watch : session_.watches) {
    if (const Collection* const watched = store_.find_collection(watch.collection)) {
      keys.refs.push_back(engine.key_ref(watched->records(), watch.key));
    }
  }
  transaction_ = engine.begin_atomic(keys.refs, kSeesExpired);
}

Result<bool> Exec::watch_holds(const Watch& watch) {
  if (watch.absence != nullptr && watch.absence->touched.load()) return false;
  const Collection* const collection = store_.find_collection(watch.collection);
  if (collection == nullptr) return watch.version == storage::Lsn{0};
  storage::Lsn version{};
  bool was_born_since = false;
  const auto look = [&](const storage::RecordView& record) {
    if (record.deadline_ms == storage::kNoDeadline || record.deadline_ms > now_ms_) {
      version = record.version;
    }
    was_born_since = watch.absence != nullptr && watch.absence->since < record.version;
  };
  LK_CHECK(transaction_->read(collection->records(), watch.key, look));
  return version == watch.version && !was_born_since;
}

Result<bool> Exec::watches_hold() {
  for (const Watch& watch : session_.watches) {
    LK_TRY(const bool holds, watch_holds(watch));
    if (!holds) return false;
  }
  return true;
}

Exec::Step Exec::abort(Error error, const std::string& unborn_collection) {
  flushed_.put_back();
  const ErrorCode code = error.code();
  if (transaction_ != nullptr) {
    if (code == ErrorCode::RowLocked) {
      LK_ASSERT(transaction_->blocked_on().has_value());
      session_.blocked_on = *transaction_->blocked_on();
    }
    transaction_->rollback();
  }
  reply_.rewind(start_);
  if (code == ErrorCode::RowLocked) return Step::Blocked;
  if (!unborn_collection.empty()) {
    const auto born = store_.collection(unborn_collection, Store::Create::Yes);
    if (born.has_value()) return Step::StartOver;
    reply_.error(exec_aborted(born.error()));
    return Step::Finished;
  }
  if (code == ErrorCode::WriteConflict) return Step::StartOver;
  reply_.error(exec_aborted(std::move(error)));
  return Step::Finished;
}

std::optional<Exec::Step> Exec::run_one(const QueuedCommand& queued) {
  const std::vector<Bytes> arguments = views_of(queued.arguments);
  const std::size_t mark = reply_.mark();
  const bool writes = (queued.command->flags & kWrite) != 0;
  const std::size_t savepoint = writes ? transaction_->savepoint() : 0;
  Call call(store_, session_, *queued.command, arguments, reply_, now_ms_, transaction_.get());
  Result<void> result = queued.command->handler(call);
  if (result.has_value()) {
    flushed_.take_over(call.flushed_);
    std::move(call.events_.begin(), call.events_.end(), std::back_inserter(events_));
    ran_(queued, arguments);
    return std::nullopt;
  }
  call.flushed_.put_back();
  if (ends_exec(result.error().code())) {
    return abort(std::move(result).error(), call.unborn_collection_);
  }
  // As in Redis the others still run; but nothing of this one stays.
  if (writes) transaction_->rollback_to(savepoint);
  reply_.rewind(mark);
  reply_.error(result.error());
  ran_(queued, arguments);
  return std::nullopt;
}

void Exec::publish() {
  for (const Call::Event& event : events_) {
    if (event.hub != nullptr) {
      event.hub->publish(event.key, event.payload);
    } else {
      store_.publish_event(event.collection->name(), event.type, event.name, event.key,
                           session_.depends_on);
    }
  }
}

Exec::Step Exec::run() {
  for (const QueuedCommand& queued : queue_) {
    Result<void> prepared = store_.prepare(session_, *queued.command);
    if (!prepared.has_value()) return abort(std::move(prepared).error());
  }
  now_ms_ = store_.engine().now_ms();
  begin();
  Result<bool> holds = watches_hold();
  if (!holds.has_value()) return abort(std::move(holds).error());
  if (!*holds) {
    transaction_->rollback();
    reply_.null_array();
    return Step::Finished;
  }
  reply_.array(queue_.size());
  for (const QueuedCommand& queued : queue_) {
    if (const std::optional<Step> ended = run_one(queued)) return *ended;
  }
  Result<storage::Lsn> committed = transaction_->commit();
  if (!committed.has_value()) return abort(std::move(committed).error());
  if (session_.depends_on < *committed) session_.depends_on = *committed;
  publish();
  // Those who are fed run by themselves, and what we held would hold them off.
  transaction_.reset();
  turn_.reset();
  for (const QueuedCommand& queued : queue_) {
    if ((queued.command->flags & kFeeds) != 0) {
      store_.feed_waiting(*queued.command, views_of(queued.arguments));
    }
  }
  return Step::Finished;
}

Outcome Store::execute_all(Session& session, std::span<const QueuedCommand> queue, Reply& reply,
                           Ran ran) {
  Collection* const collection_before = session.collection;
  const std::string name_before = session.collection_name;
  for (int tries_left = kTriesMax; tries_left > 0; --tries_left) {
    const Exec::Step step = Exec(*this, session, queue, reply, ran).run();
    if (step == Exec::Step::Finished) {
      session.watches.clear();
      return Outcome::Done;
    }
    session.collection = collection_before;
    session.collection_name = name_before;
    if (step == Exec::Step::Blocked) return Outcome::Blocked;
  }
  session.watches.clear();
  reply.error(exec_aborted(Error(ErrorCode::WriteConflict)));
  return Outcome::Done;
}

Result<void> Store::watch(Session& session, Arguments keys) {
  if (session.watches.size() + keys.size() > kWatchesMax) {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("more than {} keys watched by one client", kWatchesMax));
  }
  if (session.collection == nullptr) {
    LK_TRY(session.collection, collection(session.collection_name, Create::No));
  }
  const std::int64_t now_ms = engine_.now_ms();
  for (const Bytes key : keys) {
    Watch watch{session.collection_name, std::string(key), storage::Lsn{0}};
    if (session.collection != nullptr) {
      const storage::TreeId records = session.collection->records();
      watch.absence = watched_absences_.watch(records, key, engine_.appended_lsn());
      const auto look = [&](const storage::RecordView& record) { watch.version = record.version; };
      LK_TRY(const bool found, engine_.read(engine_.key_ref(records, key), now_ms, look));
      if (found) watch.absence.reset();
    }
    session.watches.push_back(std::move(watch));
  }
  return {};
}

}  // namespace latchkey::kv
