#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

inline constexpr Lsn kNoSnapshot{~std::uint64_t{0}};

/// The moments at which transactions, checkpoints and statements are reading.
///
/// Threads: any.
class Snapshots {
 public:
  /// From now on what is visible at `lsn` must be kept.
  /// Requires: every write up to `lsn` is finished, and no write is under way that has already
  /// asked
  ///           whether somebody needs what it overwrites. Holding the gate exclusively is one way.
  void open(Lsn lsn);
  /// Requires: an open(lsn) that was not closed yet.
  void close(Lsn lsn);

  bool any_open() const { return open_count_.load(std::memory_order_acquire) != 0; }
  std::size_t open_count() const { return open_count_.load(std::memory_order_relaxed); }
  /// kNoSnapshot when there is none.
  Lsn oldest_open() const { return Lsn{oldest_.load(std::memory_order_acquire)}; }

  /// Whether an open snapshot sees what was written at `valid_from` and is overwritten at
  /// `valid_until`. One load when none is open, two when the record is younger than every snapshot.
  bool need(Lsn valid_from, Lsn valid_until) const {
    if (!any_open() || value_of(valid_from) > newest_.load(std::memory_order_acquire)) return false;
    return need_exactly(valid_from, valid_until);
  }

 private:
  bool need_exactly(Lsn valid_from, Lsn valid_until) const;
  void publish();

  mutable std::mutex mutex_;
  std::map<Lsn, std::uint32_t> open_;
  std::atomic<std::size_t> open_count_{0};
  std::atomic<std::uint64_t> oldest_{value_of(kNoSnapshot)};
  std::atomic<std::uint64_t> newest_{0};
};

/// Records that were overwritten or erased while somebody still reads before that.
///
/// A leaf holds the newest committed record of a key. A reader whose snapshot is older than that
/// record, or who finds no record, asks here; what is not here either did not exist at its
/// snapshot. So a writer must keep the old record before it changes the leaf, and absence needs no
/// entry.
///
///     (tree, key) -> [version 12, until 30) [version 41, until 55)     the leaf has 55
///
/// Threads:   any.
/// Ownership: borrows `snapshots`.
/// Errors:    none; memory is counted, and who keeps decides what to do when there is too much.
/// Invariant: the versions of a key do not overlap and ascend.
class VersionStore {
 public:
  explicit VersionStore(const Snapshots& snapshots) : snapshots_(snapshots) {}

  /// Copies `old` if an open snapshot sees it; else costs one load or two. To be called before the
  /// leaf changes. A key that is overwritten again and again beside a long snapshot does not pile
  /// up: what no snapshot sees any more goes as its row grows.
  /// Requires: old.version < valid_until.
  void keep(TreeId tree, Bytes key, const RecordView& old, Lsn valid_until);

  /// Calls `visit` with the record of `key` that was valid at `snapshot` and is no more. The view
  /// ends with the call. Returns whether there was one. One load when the store is empty.
  bool find(TreeId tree, Bytes key, Lsn snapshot, FunctionRef<void(const RecordView&)> visit) const;

  /// The nearest key of the range, from its near end, that find would find at `snapshot`: what a
  /// cursor merges with the keys that the leaves have. Cost: beside the descent, the kept keys that
  /// it passes.
  std::optional<std::string> next_key(TreeId tree, const KeyRange& range, Direction direction,
                                      Lsn snapshot) const;

  /// Whether a kept record of the range stopped to be valid after `snapshot`. For commits that must
  /// know that what they have read still stands; what is new in the range the leaves tell.
  bool changed_since(TreeId tree, const KeyRange& range, Lsn snapshot) const;

  /// Drops versions that ended before the oldest open snapshot, about `limit` of them, so that
  /// nobody waits long. Returns whether more are waiting.
  bool prune(std::size_t limit);

  bool is_empty() const { return version_count_.load(std::memory_order_acquire) == 0; }
  std::size_t version_count() const { return version_count_.load(std::memory_order_relaxed); }
  /// All memory held, the store's own included.
  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Version {
    Record record;
    Lsn valid_until;
  };
  struct Key {
    TreeId tree;
    std::string bytes;
  };
  struct KeyView {
    TreeId tree;
    Bytes bytes;
  };
  struct Less {
    using is_transparent = void;
    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
      if (left.tree != right.tree) return left.tree < right.tree;
      return Bytes(left.bytes) < Bytes(right.bytes);
    }
  };
  using Rows = std::map<Key, std::vector<Version>, Less>;

  /// When a version ended, and whose it is: where pruning looks.
  struct End {
    Lsn lsn;
    Rows::iterator row;
    bool operator<(const End& other) const {
      return lsn != other.lsn ? lsn < other.lsn : &*row < &*other.row;
    }
  };

  static const Version* valid_at(const std::vector<Version>& versions, Lsn snapshot);
  static std::uint64_t bytes_of(const Key& key);
  static std::uint64_t bytes_of(const Version& version);
  std::vector<Version>::iterator drop(Rows::iterator row, std::vector<Version>::iterator version);
  void drop_unneeded(Rows::iterator row);
  void remove(Rows::iterator row);

  const Snapshots& snapshots_;
  mutable std::shared_mutex mutex_;
  Rows rows_;
  std::set<End> ends_;  // one for each version
  std::atomic<std::size_t> version_count_{0};
  std::atomic<std::uint64_t> used_bytes_{0};
};

}  // namespace latchkey::storage::tree
