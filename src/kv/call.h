#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kv/collection.h"
#include "kv/command.h"
#include "kv/flushed.h"
#include "kv/reply.h"
#include "kv/session.h"
#include "kv/store.h"
#include "storage/engine.h"

namespace latchkey::kv {

/// One command on its way: its arguments, where its answer goes, and how it reaches the records.
///
/// A handler runs in one of two ways and need not know which: *alone*, when each read_record or
/// update_record is its own atomic step on the engine's fast path; or *inside a transaction*, in an
/// EXEC or after it asked for one with transaction(). A handler that touches more than one record
/// asks for the transaction first; it then covers the keys of the command's KeySpec.
///
/// Of the record that a key names, read_record and update_record alone tell the truth:
/// transaction() shows records past their deadline too, so that their members can be found and
/// given back. The members and scores trees have no deadlines; a handler reaches them through
/// transaction().
///
/// Threads: the session's.
/// Errors:  a handler returns engine errors as they are; RowLocked parks the client.
class Call {
 public:
  Call(Store& store, Session& session, const Command& command, Arguments arguments, Reply& reply,
       std::int64_t now_ms, storage::Transaction* transaction);

  Arguments arguments;  ///< [0] is the name
  Reply& reply;
  Store& store;
  Session& session;
  const Command& command;

  std::int64_t now_ms() const { return now_ms_; }
  std::size_t argument_count() const { return arguments.size(); }
  Bytes argument(std::size_t index) const { return arguments[index]; }

  /// The session's collection. Reads of one that does not exist yet find nothing: null.
  Result<Collection*> collection_to_read();
  Result<Collection*> collection_to_write();
  /// Another collection by its name or number, for COPY and MOVE. Null when there is none and
  /// `create` is No. Inside an EXEC the birth of a collection restarts the EXEC, once.
  Result<Collection*> collection_named(Bytes name, Store::Create create);

  /// Calls `visit` with the live record of `key`. Returns whether there was one.
  Result<bool> read_record(Bytes key, FunctionRef<void(const storage::RecordView&)> visit);

  /// Asks `decide` what becomes of the record of `key` and does that. `decide` sees the live record
  /// or null. When the record that goes is one whose members live in trees of their own, they are
  /// given to the garbage collector in the same step. Runs `decide` once, or twice when the fast
  /// path found such members.
  using Decide = FunctionRef<Result<storage::Decision>(const storage::RecordView* live)>;
  Result<void> update_record(Bytes key, Decide decide);
  /// As update_record, where another record has taken the members over (RENAME): none are
  /// collected. Requires: in_transaction().
  Result<void> erase_record_but_not_members(Bytes key);

  /// The same in a collection that is not the session's. Requires: in_transaction().
  Result<bool> read_record_in(Collection& collection, Bytes key,
                              FunctionRef<void(const storage::RecordView&)> visit);
  Result<void> update_record_in(Collection& collection, Bytes key, Decide decide);

  /// The transaction of this call, begun if there is none yet. Committed by the dispatcher when the
  /// handler succeeds. A command of flag kEverything gets one over everything.
  storage::Transaction& transaction();
  bool in_transaction() const { return transaction_ != nullptr; }
  /// Begins the transaction over these keys instead of the command's own.
  /// Requires: !in_transaction().
  storage::Transaction& begin_transaction_over(std::span<const storage::KeyRef> keys);

  /// For a handler that works in several transactions: commits or drops its own, after which
  /// another may begin. Requires: in_transaction(), and not in an EXEC's.
  Result<void> commit_transaction();
  void drop_transaction();
  bool in_transaction_of_exec() const {
    return transaction_ != nullptr && own_transaction_ == nullptr;
  }

  /// What a walk needs after it has looked at many records: the reply depends on all of them.
  void depend_on_everything();
  void depend_on(storage::Lsn version) {
    if (session.depends_on < version) session.depends_on = version;
  }
  /// Empties `collection`. Taken back when the command or its EXEC fails.
  /// Requires: a transaction over everything.
  Result<void> flush(Collection& collection);

  /// Publishes a keyspace event when the command has succeeded, if anybody asked for its class.
  /// `event` is a literal ("set", "zadd"); `type` is one letter of notify-keyspace-events.
  void notify(char type, const char* event, Bytes key) {
    if (session.collection != nullptr) notify_in(*session.collection, type, event, key);
  }
  void notify_in(const Collection& collection, char type, const char* event, Bytes key) {
    if (store.notify_flags.load(std::memory_order_relaxed) != 0) [[unlikely]]
      notify_if_wanted(collection, type, event, key);
  }
  /// Sends a message to a channel of `hub`, and returns how many receive it. Inside an EXEC it goes
  /// out with the EXEC's events, in their order, and not at all when the EXEC fails.
  std::size_t publish(Hub& hub, Bytes channel, Bytes payload);

  /// The command has found nothing to take and would wait for it, `timeout_ms` at most, 0 being for
  /// ever. What it has replied is the answer if it may not wait, as in an EXEC, or has in vain.
  /// Requires: nothing has changed.
  void wait_for_keys(std::int64_t timeout_ms) {
    waits_ = true;
    session.wait_ms = timeout_ms;
  }
  /// Whether a command that waits may take from `key` now: see Session::ready_key.
  bool may_take_from(Bytes key) const {
    return session.ready_key == nullptr || *session.ready_key == key;
  }

  /// Errors that Redis words in its own way.
  static Error syntax_error();
  static Error not_an_integer();
  static Error not_a_float();
  static Error wrong_type();
  static Error out_of_range();

 private:
  friend class Exec;
  friend class Store;
  /// A keyspace event, or a message when `hub` is set: then `key` is the channel.
  struct Event {
    char type;
    const char* name;
    std::string key;
    const Collection* collection;
    Hub* hub = nullptr;
    std::string payload = {};
  };

  /// Whether the record is past its deadline at the call's moment.
  bool is_expired(const storage::RecordView& record) const {
    return record.deadline_ms != storage::kNoDeadline && record.deadline_ms <= now_ms_;
  }
  storage::KeyRef ref_of(const Collection& collection, Bytes key) const;
  void notify_if_wanted(const Collection& collection, char type, const char* event, Bytes key);
  void note_miss(const Collection& collection, Bytes key);
  Result<bool> update_alone(Collection& collection, Bytes key, Decide decide);
  Result<void> update_in_transaction(Collection& collection, Bytes key, Decide decide);

  std::int64_t now_ms_;
  storage::Transaction* transaction_;
  std::unique_ptr<storage::Transaction> own_transaction_;
  std::vector<Event> events_;
  Flushed flushed_;
  bool waits_ = false;
  std::string unborn_collection_;  ///< why an EXEC must start over: see collection_named
};

/// What a door is told of an engine's error: a full budget in the words that clients of Redis know.
Error error_for_door(Error error);

}  // namespace latchkey::kv
