#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kv/collection.h"
#include "kv/command.h"
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

  /// Calls `visit` with the live record of `key`. Returns whether there was one.
  Result<bool> read_record(Bytes key, FunctionRef<void(const storage::RecordView&)> visit);

  /// Asks `decide` what becomes of the record of `key` and does that. `decide` sees the live record
  /// or null. When the record that goes is one whose members live in trees of their own, they are
  /// given to the garbage collector in the same step. Runs `decide` once, or twice when the fast
  /// path found such members.
  using Decide = FunctionRef<Result<storage::Decision>(const storage::RecordView* live)>;
  Result<void> update_record(Bytes key, Decide decide);

  /// The transaction of this call, begun if there is none yet. Committed by the dispatcher when the
  /// handler succeeds.
  storage::Transaction& transaction();
  bool in_transaction() const { return transaction_ != nullptr; }

  /// Publishes a keyspace event when the command has succeeded, if anybody asked for its class.
  /// `event` is a literal ("set", "zadd"); `type` is one letter of notify-keyspace-events.
  void notify(char type, const char* event, Bytes key);

  /// Errors that Redis words in its own way.
  static Error syntax_error();
  static Error not_an_integer();
  static Error not_a_float();
  static Error wrong_type();
  static Error out_of_range();

 private:
  friend class Store;
  struct Event {
    char type;
    const char* name;
    std::string key;
  };

  std::int64_t now_ms_;
  storage::Transaction* transaction_;
  std::unique_ptr<storage::Transaction> own_transaction_;
  std::vector<Event> events_;
};

}  // namespace latchkey::kv
