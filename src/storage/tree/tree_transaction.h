#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/engine.h"
#include "storage/tree/tree_engine.h"
#include "storage/tree/write_set.h"

namespace latchkey::storage::tree {

/// A transaction of the tree engine, of any of the three kinds.
///
///   kind         holds until its end                 reads
///   keys         gate shared, buckets of its keys    the newest committed records
///   everything   gate exclusive                      the newest committed records
///   interactive  row locks, a snapshot               its snapshot; the newest for update
///
/// The first two live on one thread from begin to end.
class TreeTransaction final : public Transaction {
 public:
  TreeTransaction(TreeEngine& engine, std::span<const KeyRef> keys, std::int64_t now_ms);
  TreeTransaction(TreeEngine& engine, std::int64_t now_ms);
  TreeTransaction(TreeEngine& engine, Isolation isolation, std::uint64_t owner,
                  std::int64_t now_ms);
  ~TreeTransaction() override;

  std::int64_t now_ms() const override { return now_ms_; }
  Result<bool> read(TreeId tree, Bytes key, Visitor visit) override;
  Result<bool> read_for_update(TreeId tree, Bytes key, Visitor visit) override;
  Result<void> put(TreeId tree, Bytes key, const NewRecord& record) override;
  Result<bool> erase(TreeId tree, Bytes key) override;
  std::unique_ptr<Cursor> scan(TreeId tree, const KeyRange& range, Direction direction,
                               std::size_t expected) override;
  Result<std::uint64_t> rank(TreeId tree, Bytes key, Bytes from) override;
  Result<std::optional<std::string>> select(TreeId tree, std::uint64_t rank, Bytes from) override;
  Result<std::uint64_t> count(TreeId tree) override;
  Result<TreeId> create_tree(const TreeOptions& options) override;
  Result<void> drop_tree(TreeId tree) override;
  void begin_statement() override;
  std::size_t savepoint() override;
  void rollback_to(std::size_t savepoint) override;
  Result<Lsn> commit() override;
  void rollback() override;
  const std::optional<RowLockWait>& blocked_on() const override { return blocked_on_; }

 private:
  friend class TreeCursor;
  enum class Kind : std::uint8_t { Keys, Everything, Interactive };
  struct Savepoint {
    std::size_t writes;
    std::size_t locks;
    std::size_t created;
    std::size_t dropped;
  };
  struct CreatedTree {
    TreeId id;
    TreeOptions options;
  };
  struct ReadKey {
    TreeId tree;
    std::string key;
    std::uint64_t hash;
  };
  struct ReadRange {
    TreeId tree;
    KeyRange range;
  };

  bool at_snapshot() const { return kind_ == Kind::Interactive; }
  bool is_live(const RecordView& record) const {
    return record.deadline_ms == kNoDeadline || record.deadline_ms > now_ms_;
  }
  void take_snapshot();
  void drop_snapshot();
  bool exists(TreeId tree) const;
  /// A snapshot that is older than the drop of a tree cannot see its records any more.
  Result<void> check_not_dropped(TreeId tree) const;
  Result<void> check_memory(TreeId tree, Bytes key, std::uint64_t value_bytes);
  void remember_range(TreeId tree, const KeyRange& range);
  Result<void> check_trees() const;
  Result<bool> read_committed(TreeId tree, Bytes key, std::uint64_t hash, bool newest,
                              Visitor visit);
  Result<void> claim(TreeId tree, Bytes key, std::uint64_t hash);
  Result<void> check_unchanged_since_snapshot(TreeId tree, Bytes key, std::uint64_t hash);
  bool live_in_trees(TreeId tree, const WriteSet::Write& write);
  std::int64_t pending_difference(TreeId tree, Bytes below);
  Result<std::uint64_t> rank_by_walking(TreeId tree, Bytes key, Bytes from);

  Result<void> validate_reads();
  Result<Lsn> log_writes();
  bool is_logged(TreeId tree) const;
  std::vector<LogOperation> operations() const;
  Result<void> prepare_large_records();
  void apply(Lsn version);
  void finish();

  TreeEngine& engine_;
  const Kind kind_;
  const Isolation isolation_ = Isolation::ReadCommitted;
  const std::uint64_t owner_ = 0;
  std::int64_t now_ms_;
  LockTable::MultiLatch buckets_;
  std::optional<Lsn> snapshot_;
  WriteSet writes_;
  std::vector<LargeRecord*> large_;  ///< beside writes_, made before anything is logged
  std::vector<CreatedTree> created_;
  std::vector<TreeId> dropped_;
  std::vector<Savepoint> savepoints_;
  std::vector<ReadKey> read_keys_;
  std::vector<ReadRange> read_ranges_;
  std::optional<RowLockWait> blocked_on_;
  bool ended_ = false;
};

}  // namespace latchkey::storage::tree
