#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/engine.h"
#include "storage/tree/tree.h"

namespace latchkey::storage::tree {

class TreeTransaction;

/// Walks a range as a transaction sees it: the leaves' records that its snapshot admits, the old
/// versions of those it does not, and its own writes over both.
///
/// It reads in batches that grow, each in a turn of its own, so that a long walk holds nobody up;
/// the first has as many records as the caller expects to want.
class TreeCursor final : public Cursor {
 public:
  TreeCursor(TreeTransaction& transaction, TreeId tree, const KeyRange& range, Direction direction,
             std::size_t expected);

  Result<bool> next() override;
  Bytes key() const override { return batch_.entries[at_].key; }
  const RecordView& record() const override { return batch_.entries[at_].record; }

 private:
  /// A record that does not lie in the batch: an old version or an own write.
  struct Kept {
    std::string key;
    Record record;
  };

  bool forward() const { return direction_ == Direction::Forward; }
  bool in_range(Bytes key) const {
    return key >= range_.begin && (range_.end.empty() || key < range_.end);
  }
  void read_batch();
  void drop_unseen();
  void collect_old_versions(const KeyRange& covered);
  void collect_own_writes(const KeyRange& covered);
  KeyRange covered_range(const std::optional<std::string>& from) const;
  void keep(Bytes key, const RecordView& record);

  TreeTransaction& transaction_;
  const TreeId tree_;
  const KeyRange range_;
  const Direction direction_;
  LeafBatch batch_;
  std::vector<Kept> kept_;  ///< where entries of the batch point that came from elsewhere
  std::size_t at_ = 0;
  std::size_t batch_limit_;
  std::optional<std::string> position_;  ///< forward: where to go on; backward: the exclusive end
  bool started_ = false;
  bool exhausted_ = false;
};

}  // namespace latchkey::storage::tree
