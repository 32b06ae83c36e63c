#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "env/env.h"
#include "storage/engine.h"
#include "storage/tree/directory.h"
#include "storage/tree/gate.h"
#include "storage/tree/lock_table.h"
#include "storage/tree/log.h"
#include "storage/tree/log_record.h"
#include "storage/tree/pool.h"
#include "storage/tree/tree.h"
#include "storage/tree/version_store.h"

namespace latchkey::storage::tree {

struct TreeEngineOptions {
  std::string directory;
  Durability durability = Durability::Sync;
  std::uint64_t memory_limit_bytes = std::uint64_t{1} << 30;
  EngineLimits limits{65536, std::uint64_t{512} << 20};
  std::uint64_t log_segment_bytes = std::uint64_t{64} << 20;
  std::uint32_t log_ring_bytes = 1u << 20;
  std::int64_t sync_interval_ms = 100;
  /// None: for simulation. Nothing happens but inside calls; see LogOptions.
  LogOptions::Threads threads = LogOptions::Threads::Own;
  /// A line for the log of the server: what recovery found.
  std::function<void(const std::string&)> report;
};

/// Our own engine: all records in pages in memory, a redo log and checkpoints on disk.
///
/// Threads:   any. What a write holds, in this order: the gate shared, its bucket in the lock
/// table,
///            one leaf. A transaction over everything, a commit with row locks and the opening of a
///            snapshot hold the gate exclusively.
/// Ownership: borrows the environment.
/// Invariant: a page never holds an uncommitted write; a version in a page is in the log. (README,
/// 1)
class TreeEngine final : public Engine {
 public:
  /// Recovers what the directory holds: the newest whole checkpoint, then the log behind it.
  /// Errors: DirectoryInUse, Corruption (naming file and position), IoError, DiskFull,
  /// NotSupported.
  static Result<std::unique_ptr<TreeEngine>> open(env::Env env, TreeEngineOptions options);
  /// Stops without writing anything: as after a crash. See close.
  ~TreeEngine() override;

  /// The clean stop: checkpoints if anything changed, syncs, and remembers that unlogged trees are
  /// whole. Nobody may use the engine any more.
  Result<void> close();

  KeyRef key_ref(TreeId tree, Bytes key) const override {
    return {tree, key, Tree::hash(context_->hash_seed, tree, key)};
  }
  void prefetch(std::span<KeyRef> keys) override;
  Result<bool> read(const KeyRef& key, std::int64_t now_ms,
                    FunctionRef<void(const RecordView&)> visit) override;
  Result<Lsn> update(const KeyRef& key, std::int64_t now_ms, Decide decide,
                     RowLockWait* wait) override;
  std::unique_ptr<Transaction> begin_atomic(std::span<const KeyRef> keys,
                                            std::int64_t now_ms) override;
  std::unique_ptr<Transaction> begin_atomic_on_everything(std::int64_t now_ms) override;
  std::unique_ptr<Transaction> begin(Isolation isolation) override;
  void when_unlocked(const RowLockWait& wait, std::function<void()> retry) override;
  std::int64_t now_ms() override;
  Lsn appended_lsn() const override { return log_->appended_lsn(); }
  Lsn stable_lsn() const override { return log_->stable_lsn(); }
  bool make_stable(Lsn lsn) override { return log_->make_stable(lsn); }
  void set_stable_listener(std::function<void()> listener) override {
    log_->set_stable_listener(std::move(listener));
  }
  bool log_sealed() const override { return log_->sealed(); }
  std::vector<DueRecord> due_records(std::int64_t now_ms, std::size_t limit) override;
  std::optional<std::int64_t> next_deadline_ms() override;
  Result<std::optional<std::string>> random_key(TreeId tree, std::int64_t now_ms) override;
  Result<void> checkpoint() override;
  bool reserve_memory(std::int64_t bytes) override;
  Result<void> set_memory_limit(std::uint64_t bytes) override;
  EngineStats stats() const override;
  const EngineLimits& limits() const override { return options_.limits; }

  /// Gives back pages of dropped trees and old versions. Returns whether there is more to do.
  /// Called by the engine's own thread, if it has one.
  bool clean_up(std::size_t page_limit);
  Log& log() { return *log_; }

 protected:
  void enter_turn() override { gate_.enter_shared(); }
  void leave_turn() override { gate_.leave_shared(); }

 private:
  friend class TreeTransaction;
  friend class TreeCursor;
  friend class Recovery;

  TreeEngine(env::Env env, TreeEngineOptions options);

  Tree* find_tree(TreeId id) const;
  Tree& add_tree(TreeId id, const TreeOptions& options);
  /// Requires: nothing else runs. The pages go later.
  void remove_tree(TreeId id);
  std::vector<Tree*> all_trees() const;
  /// Remembers a drop for snapshots that are older than it, and answers them.
  void note_drop(TreeId id, Lsn version);
  bool was_dropped_after(TreeId id, Lsn snapshot) const;

  Error no_such_tree(TreeId id) const;
  Error no_memory() const;
  Result<void> check_sizes(Bytes key, std::uint64_t value_bytes) const {
    const EngineLimits& most = options_.limits;
    if (key.size() > most.key_bytes_max || value_bytes > most.value_bytes_max) [[unlikely]]
      return refuse_size(key, value_bytes);
    return {};
  }
  Error refuse_size(Bytes key, std::uint64_t value_bytes) const;
  std::uint64_t used_memory() const;
  bool has_memory_for(std::uint64_t bytes) const {
    return used_memory() + bytes <= memory_limit_bytes_.load(std::memory_order_relaxed);
  }
  /// Null when the allocator has no memory. Counts it.
  LargeRecord* make_large(Bytes key, Bytes value);
  void drop_large(LargeRecord* large);

  /// A version for a write, with the operation logged if its tree is.
  Result<Lsn> log_one(const Tree& tree, const LogOperation& operation);
  /// Puts or erases at a place; keeps the old version for snapshots and the deadlines in step.
  /// `large` moves in. Lets the place go.
  void apply_put(Tree& tree, Tree::Place& place, Bytes key, std::uint64_t hash,
                 const LeafRecord& record);
  void apply_erase(Tree& tree, Tree::Place& place, Bytes key, std::uint64_t hash, Lsn version);
  void keep_old_version(const Tree& tree, const Tree::Place& place, Bytes key, Lsn until);
  void move_deadline(TreeId tree, Bytes key, std::int64_t from_ms, std::int64_t to_ms) {
    if (from_ms != to_ms) [[unlikely]]
      move_deadline_entry(tree, key, from_ms, to_ms);
  }
  void move_deadline_entry(TreeId tree, Bytes key, std::int64_t from_ms, std::int64_t to_ms);
  std::uint64_t due_count(TreeId tree, std::int64_t now_ms);

  Result<void> write_checkpoint(bool clean);
  Result<struct CheckpointInfo> fill_checkpoint(class CheckpointWriter& writer, Lsn start,
                                                const std::vector<TreeId>& trees, bool clean);
  Result<void> drop_what_is_checkpointed();
  Result<void> write_trees(class CheckpointWriter& writer, const std::vector<TreeId>& trees,
                           bool clean);
  void run_cleaner();
  std::string path_of(const char* name) const { return options_.directory + "/" + name; }

  env::Env env_;
  TreeEngineOptions options_;
  std::atomic<std::uint64_t> memory_limit_bytes_;
  std::unique_ptr<env::DirectoryLock> directory_lock_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<TreeContext> context_;
  Gate gate_;
  LockTable locks_;
  Snapshots snapshots_;
  VersionStore versions_{snapshots_};
  std::unique_ptr<Log> log_;

  // Trees by id, in chunks that appear once and stay: readers need no lock.
  static constexpr std::size_t kChunkTrees = 4096;
  static constexpr std::size_t kChunks = 4096;
  struct TreeChunk {
    std::array<std::atomic<Tree*>, kChunkTrees> trees{};
  };
  std::unique_ptr<std::array<std::atomic<TreeChunk*>, kChunks>> chunks_;
  mutable std::mutex trees_mutex_;  ///< adding and removing
  std::vector<std::unique_ptr<Tree>> dropped_;
  std::map<TreeId, Lsn> drops_;  ///< while a snapshot is open that may be older
  std::atomic<std::uint32_t> next_tree_{16};
  std::atomic<std::uint64_t> tree_count_{0};

  /// Keys: deadline (8, big-endian), tree (4), key. Derived from the records, in memory only.
  std::unique_ptr<Tree> deadlines_;
  std::atomic<std::int64_t> latest_ms_{0};
  std::atomic<std::int64_t> reserved_bytes_{0};
  std::atomic<std::uint64_t> next_owner_{1};

  std::mutex checkpoint_mutex_;
  std::atomic<bool> checkpoint_running_{false};
  std::atomic<bool> last_checkpoint_failed_{false};
  std::atomic<std::uint64_t> checkpoints_{0};
  std::atomic<std::int64_t> last_checkpoint_ms_{0};
  Lsn checkpointed_{};

  std::mutex cleaner_mutex_;
  std::condition_variable cleaner_wakes_;
  bool stopping_ = false;
  std::thread cleaner_;
};

}  // namespace latchkey::storage::tree
