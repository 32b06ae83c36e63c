#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::storage {

/// Walks the live records of a range in key order, as one transaction sees them, its own
/// uncommitted writes included.
///
/// Threads:   the transaction's.
/// Ownership: key() and record() are views that the next call on the cursor ends. A cursor must not
///            outlive its transaction; it stays usable while the transaction writes, and whether it
///            then meets those writes is open.
class Cursor {
 public:
  virtual ~Cursor() = default;
  /// Steps to the first or next record. False at the end of the range.
  virtual Result<bool> next() = 0;
  virtual Bytes key() const = 0;
  virtual const RecordView& record() const = 0;
};

/// Reads and writes that happen together or not at all.
///
/// Writes are buffered here and reach the trees at commit; reads see them. Destroying an unfinished
/// transaction rolls it back.
///
/// Threads:   one at a time; not bound to the thread that began it.
/// Errors:    any read or write: RowLocked, WriteConflict, Deadlock, SnapshotTooOld. After one of
///            these the caller rolls back, or rolls back to a savepoint and, for RowLocked, tries
///            again when Engine::when_unlocked says so. Writes also: KeyTooLong, ValueTooLong,
///            MemoryExhausted.
/// Invariant: now_ms() does not move during the transaction; a record whose deadline is at or
/// before
///            it does not exist for any call here.
class Transaction {
 public:
  using Visitor = FunctionRef<void(const RecordView&)>;

  virtual ~Transaction() = default;

  virtual std::int64_t now_ms() const = 0;

  /// Calls `visit` with the record if it exists. The view, and for small values the lock on it,
  /// ends with the call: copy or encode, never wait inside.
  /// Returns whether it existed.
  virtual Result<bool> read(TreeId tree, Bytes key, Visitor visit) = 0;

  /// As read, but also takes the row lock first (SELECT .. FOR UPDATE).
  virtual Result<bool> read_for_update(TreeId tree, Bytes key, Visitor visit) = 0;

  /// The record as a value of its own.
  Result<std::optional<Record>> get(TreeId tree, Bytes key);

  virtual Result<void> put(TreeId tree, Bytes key, const NewRecord& record) = 0;
  /// Returns whether a live record was there.
  virtual Result<bool> erase(TreeId tree, Bytes key) = 0;

  /// An empty or inverted range yields nothing. `expected` is how many records the caller thinks it
  /// will want: a hint, for the first step.
  virtual std::unique_ptr<Cursor> scan(TreeId tree, const KeyRange& range, Direction direction,
                                       std::size_t expected = 16) = 0;

  /// Counted trees only. How many keys stand in [from, key) at one moment; others move ranks all
  /// the time, so the difference of two calls means nothing. Cost: one descent or two.
  virtual Result<std::uint64_t> rank(TreeId tree, Bytes key, Bytes from = {}) = 0;
  /// Counted trees only. The key that has exactly `rank` keys between `from` and itself; nothing
  /// past the end.
  virtual Result<std::optional<std::string>> select(TreeId tree, std::uint64_t rank,
                                                    Bytes from = {}) = 0;
  /// How many live records the tree holds. Exact; constant cost but for own writes and records
  /// that are due and not yet swept.
  virtual Result<std::uint64_t> count(TreeId tree) = 0;

  /// A new empty tree; it exists for others once this transaction commits.
  virtual Result<TreeId> create_tree(const TreeOptions& options) = 0;
  /// The tree and all it holds go at commit, at constant cost; pages are given back later.
  virtual Result<void> drop_tree(TreeId tree) = 0;

  /// READ COMMITTED: later reads see all that is committed by now. Other levels: nothing.
  virtual void begin_statement() = 0;

  /// Marks a place to come back to; later savepoints die when an earlier one is rolled back to.
  virtual std::size_t savepoint() = 0;
  virtual void rollback_to(std::size_t savepoint) = 0;

  /// Makes every write visible at one version, which it returns; Lsn{0} if there was nothing to
  /// write. On stable storage only when Engine::stable_lsn() has passed it.
  /// Errors: also DiskFull, LogSealed, MemoryExhausted, WriteConflict (SERIALIZABLE). On error the
  ///         transaction is rolled back and nothing has changed.
  virtual Result<Lsn> commit() = 0;
  virtual void rollback() = 0;

  /// After RowLocked: what to wait for.
  virtual const std::optional<RowLockWait>& blocked_on() const = 0;
};

/// A set of ordered trees of byte keys, with transactions, one clock and one log.
///
/// Three ways in, from cheap to general:
///   1. read and update of one key, the nine tenths of the load, prefetched in batches;
///   2. begin_atomic: a short transaction over named keys or over everything, run to its end by one
///      thread without waiting; other atomic work on those keys waits for it;
///   3. begin: an interactive transaction at an isolation level, with row locks.
///
/// Threads:   any. A thread that serves requests wraps each run of short work in a Turn.
/// Errors:    as Transaction's.
class Engine {
 public:
  virtual ~Engine() = default;

  /// The identity of one record, hashed once per request.
  virtual KeyRef key_ref(TreeId tree, Bytes key) const = 0;

  /// A span of short work on one thread: reads and updates inside it cost no further admission.
  /// Turns must be short (well under a millisecond) and may nest; never wait inside one.
  class Turn {
   public:
    explicit Turn(Engine& engine) : engine_(engine) { engine_.enter_turn(); }
    ~Turn() { engine_.leave_turn(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Engine& engine_;
  };

  /// Starts the memory reads that later reads and updates of `keys` will need, overlapped, and
  /// notes in each where they will find it. A hint.
  virtual void prefetch(std::span<KeyRef> keys) = 0;

  /// Calls `visit` with the newest committed record if it is live at `now_ms`.
  virtual Result<bool> read(const KeyRef& key, std::int64_t now_ms,
                            FunctionRef<void(const RecordView&)> visit) = 0;

  /// Reads one record, asks `decide` what becomes of it, and does that, as one atomic step.
  /// `decide` gets the live record or null, and beside it the stored record that is past its
  /// deadline and not yet swept, or null; it runs once, or not at all on RowLocked.
  /// Returns the version written, or Lsn{0} when nothing was.
  /// Errors:  `decide`'s own; RowLocked (see `wait`), KeyTooLong, ValueTooLong, MemoryExhausted,
  ///          DiskFull, LogSealed. On error nothing has changed.
  using Decide = FunctionRef<Result<Decision>(const RecordView* live, const RecordView* expired)>;
  virtual Result<Lsn> update(const KeyRef& key, std::int64_t now_ms, Decide decide,
                             RowLockWait* wait = nullptr) = 0;

  /// A transaction that other atomic work on any of `keys` waits for (and it for them). The caller
  /// finishes it before it waits for anything or begins another. Reads see the newest committed
  /// state of every tree; only what belongs to `keys` is sure to stand still.
  virtual std::unique_ptr<Transaction> begin_atomic(std::span<const KeyRef> keys,
                                                    std::int64_t now_ms) = 0;
  /// The same over all keys at once: nothing else runs until it ends.
  virtual std::unique_ptr<Transaction> begin_atomic_on_everything(std::int64_t now_ms) = 0;

  virtual std::unique_ptr<Transaction> begin(Isolation isolation) = 0;

  /// Calls `retry` once, from any thread, when the lock is free or its wait became a deadlock (the
  /// retry then meets Deadlock). May call at once.
  virtual void when_unlocked(const RowLockWait& wait, std::function<void()> retry) = 0;

  /// Milliseconds since 1970, never less than any earlier answer, over restarts too.
  virtual std::int64_t now_ms() = 0;

  /// The end of the newest record handed to the log.
  virtual Lsn appended_lsn() const = 0;
  /// Replies may show writes up to here: what the configured durability asks for has happened.
  virtual Lsn stable_lsn() const = 0;
  /// Asks that everything up to `lsn` becomes stable. True if it already is; else the stable
  /// listener will tell. Never blocks for a disk sync.
  virtual bool make_stable(Lsn lsn) = 0;
  /// `listener` is called from a thread of the engine after stable_lsn() moved or the log was
  /// sealed; set once, before the first write.
  virtual void set_stable_listener(std::function<void()> listener) = 0;
  /// After the first failed sync: no write is acknowledged any more.
  virtual bool log_sealed() const = 0;

  /// Up to `limit` records whose deadline is at or before `now_ms`, the oldest deadline first.
  /// The caller erases each through a transaction or update of its own, which may find it changed.
  virtual std::vector<DueRecord> due_records(std::int64_t now_ms, std::size_t limit) = 0;
  /// The earliest deadline stored, if there is one.
  virtual std::optional<std::int64_t> next_deadline_ms() = 0;

  /// A key chosen about evenly among the live records of `tree`, for RANDOMKEY and its like.
  virtual Result<std::optional<std::string>> random_key(TreeId tree, std::int64_t now_ms) = 0;

  /// Writes a checkpoint beside the load and drops the log before it. Returns when published.
  /// One at a time: a second call while one runs waits for it and returns its outcome.
  virtual Result<void> checkpoint() = 0;

  /// Reserves or returns memory that is not in trees (connection buffers, sorts) from the one
  /// budget. Growing returns false, and takes nothing, when that would pass the limit.
  virtual bool reserve_memory(std::int64_t bytes) = 0;

  /// Sets the limit of that budget, at most the one the engine was opened with, which 0 stands for.
  /// Below what is in use it refuses writes until enough is erased.
  /// Errors: InvalidArgument past the bound.
  virtual Result<void> set_memory_limit(std::uint64_t bytes) = 0;

  virtual EngineStats stats() const = 0;
  virtual const EngineLimits& limits() const = 0;

  /// The first tree of every database; always there, logged. kv keeps its catalog in it.
  static constexpr TreeId kCatalogTree{1};

 protected:
  virtual void enter_turn() = 0;
  virtual void leave_turn() = 0;
};

}  // namespace latchkey::storage
