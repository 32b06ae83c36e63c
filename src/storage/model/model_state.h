#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "env/env.h"
#include "storage/engine.h"
#include "storage/model/model_locks.h"

namespace latchkey::storage {

/// What one commit left under a key; `record` is absent when it erased the key.
struct ModelVersion {
  Lsn lsn{};
  std::optional<Record> record;
};

/// A tree with every version that an open snapshot may need, the newest last.
struct ModelTree {
  TreeOptions options;
  Lsn created{};
  std::optional<Lsn> dropped;
  std::map<std::string, std::vector<ModelVersion>, std::less<>> rows;
};

inline constexpr Lsn kNewest{~std::uint64_t{0}};
inline constexpr std::int64_t kNoClock = INT64_MIN;

/// All that the model's engine, transactions and cursors share.
///
/// Threads:   `mutex` covers every member.
/// Invariant: outside a commit, a chain of versions is not empty and ascends; with no snapshot open
///            it holds one version, and that one is a record.
struct ModelState {
  env::Env env;
  EngineLimits limits;
  std::recursive_mutex mutex;
  std::map<TreeId, ModelTree> trees;
  ModelLocks locks;
  std::multiset<Lsn> snapshots;
  std::vector<ModelLocks::Row> rows_with_history;
  Lsn last_commit{};
  std::uint32_t next_tree = value_of(Engine::kCatalogTree);
  std::uint64_t next_transaction = 1;
  std::int64_t last_now_ms = 0;
  std::int64_t reserved_bytes = 0;
  std::int64_t memory_limit_bytes = std::int64_t{64} << 30;
  std::uint64_t checkpoints = 0;

  std::int64_t now_ms();
  /// The tree as a snapshot sees it, or null.
  ModelTree* find_tree(TreeId tree, Lsn snapshot);
  /// The newest version at or before the snapshot, an erasing one included, or null.
  static const ModelVersion* version_at(const std::vector<ModelVersion>& chain, Lsn snapshot);
  /// The record as a snapshot sees it, past its deadline or not, or null.
  const Record* stored(TreeId tree, Bytes key, Lsn snapshot);
  /// Whether a key k with begin <= k < end ("" = no end) holds another record than at `snapshot`.
  /// A key that came and went in between has not changed, nor one that is past its deadline at
  /// `now_ms` before and after: kNoClock lets no record be.
  bool changed_since(TreeId tree, const KeyRange& range, Lsn snapshot, std::int64_t now_ms);
  void append(ModelTree& tree, TreeId id, const std::string& key, ModelVersion version);
  void close_snapshot(Lsn snapshot);

  /// Errors: KeyTooLong, ValueTooLong.
  Result<void> check_write(TreeId tree, Bytes key, const NewRecord* record);
};

inline bool is_live(const Record& record, std::int64_t now_ms) {
  return record.deadline_ms == kNoDeadline || record.deadline_ms > now_ms;
}

inline RecordView view_of(const Record& record) {
  return {record.value, record.version, record.deadline_ms, record.kind};
}

/// Which moments a transaction reads at: see engine.h.
enum class ModelLevel : std::uint8_t { Atomic, ReadCommitted, RepeatableRead, Serializable };

std::unique_ptr<Transaction> make_model_transaction(ModelState& state, ModelLevel level,
                                                    std::int64_t now_ms);

}  // namespace latchkey::storage
