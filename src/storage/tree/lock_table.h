#pragma once

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/tree/latch.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// What a transaction learns when it asks for a row.
struct RowLockOutcome {
  enum class Kind : std::uint8_t { Granted, Held, Deadlock };
  Kind kind = Kind::Granted;
  std::uint64_t holder = 0;  ///< unless granted
};

/// Keeps writers of the same key apart, in two ways at once.
///
///   latches    4 bytes a bucket of keys, held for the moments that a single update, an atomic
///              transaction or a commit runs. A thread that holds one must not wait for anything
///              else, and takes all it needs in one call.
///   row locks  one for each row that an interactive transaction has written or locked, held until
///              it ends. Nobody waits for one on a thread: who is refused leaves a callback.
///
///     bucket   { latch | number of row locks | list of row locks }      16 bytes, 1024 buckets
///                                               |
///                     { key, holder, waiters in order } -> ...
///
/// A released row goes to the first waiter, which owns it before it is called back, so nobody can
/// jump the queue. A single update has no name to own a row by; when one stands first, all who wait
/// are called in their order and the row is free.
///
/// Threads:   any. A transaction, named by `owner` > 0, acts on one thread at a time.
/// Ownership: callbacks are called once each, without any latch, on the thread that released the
/// row. Invariant: a row lock is covered by its bucket's latch; its holder changes under that and
///            `graph_mutex_` both, so that rings can be found under `graph_mutex_` alone. A row
///            without a holder has no waiters and no entry.
/// Order:     gate, bucket latches ascending, graph_mutex_.
class LockTable {
 public:
  /// 16 KiB: the table should stay in a core's own cache.
  static constexpr std::uint32_t kBucketsDefault = 1024;

  /// Requires: `bucket_count` is a power of two.
  explicit LockTable(std::uint32_t bucket_count = kBucketsDefault);
  ~LockTable();
  LockTable(const LockTable&) = delete;
  LockTable& operator=(const LockTable&) = delete;

  /// One latched bucket, for a scope.
  class [[nodiscard]] BucketLatch {
   public:
    explicit BucketLatch(Latch& latch) : latch_(latch) { latch_.lock(); }
    ~BucketLatch() { latch_.unlock(); }
    BucketLatch(const BucketLatch&) = delete;
    BucketLatch& operator=(const BucketLatch&) = delete;

   private:
    Latch& latch_;
  };

  /// Some latched buckets, each once; given back with the object or by release().
  class [[nodiscard]] MultiLatch {
   public:
    MultiLatch() = default;
    MultiLatch(MultiLatch&& other) noexcept
        : table_(other.table_), buckets_(std::move(other.buckets_)) {
      other.buckets_.clear();
    }
    MultiLatch& operator=(MultiLatch&& other) noexcept;
    ~MultiLatch() { release(); }

    void release();
    bool covers(std::uint64_t hash) const;

   private:
    friend class LockTable;
    LockTable* table_ = nullptr;
    boost::container::small_vector<std::uint32_t, 8> buckets_;  // ascending
  };

  BucketLatch latch(std::uint64_t hash) { return BucketLatch(bucket(hash).latch); }
  MultiLatch latch_all(std::span<const std::uint64_t> hashes);

  /// The transaction that has the row locked, or 0. One load when the bucket has no row locks.
  /// Requires: the bucket of `hash` is latched.
  std::uint64_t holder(TreeId tree, Bytes key, std::uint64_t hash) const {
    const Bucket& in = bucket(hash);
    LK_ASSERT_SLOW(in.latch.is_held());
    if (in.row_count.load(std::memory_order_relaxed) == 0) return 0;
    return holder_in_list(in, tree, key, hash);
  }
  /// The same for the whole bucket, without its latch: a hint.
  bool has_row_locks(std::uint64_t hash) const {
    return bucket(hash).row_count.load(std::memory_order_relaxed) != 0;
  }

  /// Takes the row for `owner` if it is free or already the owner's. A transaction whose last wait
  /// closed a ring gets Deadlock instead of Held, once.
  /// Requires: the bucket of `hash` is latched.
  RowLockOutcome try_lock_row(std::uint64_t owner, TreeId tree, Bytes key, std::uint64_t hash);

  /// How many rows `owner` holds: the mark that unlock_since comes back to.
  std::size_t locked_count(std::uint64_t owner) const;
  /// Gives back all but the first `kept_count` rows of `owner`, for a savepoint.
  /// Requires: the caller holds no latch.
  void unlock_since(std::uint64_t owner, std::size_t kept_count);
  /// The transaction is over: gives back all its rows and ends its wait. Every owner that ever
  /// called try_lock_row ends with this, also if it was refused.
  /// Requires: the caller holds no latch.
  void unlock_all(std::uint64_t owner);

  /// Calls `retry` when the row is the waiter's or free, or when waiting would close a ring of
  /// transactions that wait for each other; maybe before it returns. An earlier wait of the same
  /// transaction ends with a call of its `retry`. A waiter that is over by now waits like a single
  /// update: without a name.
  /// Requires: the caller holds no latch.
  void when_unlocked(const RowLockWait& wait, std::function<void()> retry);

  std::size_t row_lock_count() const { return row_lock_count_.load(std::memory_order_relaxed); }

 private:
  struct Waiter {
    std::uint64_t owner;  // 0 for a single update
    std::function<void()> retry;
  };
  struct RowLock;
  struct Bucket {
    Latch latch;
    std::atomic<std::uint32_t> row_count{0};
    RowLock* rows = nullptr;
  };
  static_assert(sizeof(Bucket) == 16);

  /// What is known of an interactive transaction from its first try_lock_row to its unlock_all.
  struct Owner {
    std::vector<RowLock*> rows;  // in the order they were taken
    RowLock* awaited = nullptr;  // stays while it has a waiter
    bool is_victim = false;
  };
  using Callbacks = std::vector<std::function<void()>>;

  std::uint32_t bucket_index(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash >> 32) & mask_;
  }
  Bucket& bucket(std::uint64_t hash) { return buckets_[bucket_index(hash)]; }
  const Bucket& bucket(std::uint64_t hash) const { return buckets_[bucket_index(hash)]; }

  static RowLock* find(const Bucket& in, TreeId tree, Bytes key, std::uint64_t hash);
  static std::uint64_t holder_in_list(const Bucket& in, TreeId tree, Bytes key, std::uint64_t hash);
  bool closes_ring(std::uint64_t waiter, std::uint64_t holder) const;
  void release_rows(std::span<RowLock* const> rows, std::uint64_t owner, Callbacks& callbacks);
  void release(Bucket& in, RowLock* row, Callbacks& callbacks);
  void remove(Bucket& in, RowLock* row);
  void end_wait(std::uint64_t owner, Callbacks& callbacks);

  std::uint32_t mask_;
  std::unique_ptr<Bucket[]> buckets_;
  std::atomic<std::size_t> row_lock_count_{0};
  mutable std::mutex graph_mutex_;
  std::unordered_map<std::uint64_t, Owner> owners_;
};

}  // namespace latchkey::storage::tree
