#include "storage/tree/tree_cursor.h"

#include <algorithm>
#include <vector>

#include "storage/tree/tree_transaction.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kBatchMax = 512;

}  // namespace

TreeCursor::TreeCursor(TreeTransaction& transaction, TreeId tree, const KeyRange& range,
                       Direction direction, std::size_t expected)
    : transaction_(transaction),
      tree_(tree),
      range_(range),
      direction_(direction),
      batch_limit_(std::clamp<std::size_t>(expected, 1, kBatchMax)) {
  if (forward())
    position_ = range_.begin;
  else if (!range_.end.empty())
    position_ = range_.end;
  exhausted_ = !range_.end.empty() && range_.begin >= range_.end;
}

Result<bool> TreeCursor::next() {
  if (transaction_.ended_) return Error(ErrorCode::TransactionEnded);
  if (started_ && at_ + 1 < batch_.entries.size()) {
    ++at_;
    return true;
  }
  started_ = true;
  do {
    if (exhausted_) {
      batch_.clear();
      return false;
    }
    LK_CHECK(transaction_.check_not_dropped(tree_));
    read_batch();
  } while (batch_.entries.empty());
  at_ = 0;
  return true;
}

/// What the batch just read speaks for: keys in it need no further look at the leaves.
KeyRange TreeCursor::covered_range(const std::optional<std::string>& from) const {
  KeyRange covered;
  if (forward()) {
    covered.begin = *from;
    covered.end = batch_.more ? batch_.next : range_.end;
    if (!range_.end.empty() && (covered.end.empty() || covered.end > range_.end))
      covered.end = range_.end;
  } else {
    covered.begin = batch_.more && batch_.next > range_.begin ? batch_.next : range_.begin;
    covered.end = from.value_or(std::string());
  }
  return covered;
}

void TreeCursor::read_batch() {
  kept_.clear();
  batch_.clear();
  const std::optional<std::string> from = position_;
  const Gate::Shared turn(transaction_.engine_.gate_);
  Tree* const tree = transaction_.exists(tree_) ? transaction_.engine_.find_tree(tree_) : nullptr;
  if (tree != nullptr) {
    if (forward())
      tree->read_forward(*from, true, batch_limit_, batch_);
    else
      tree->read_backward(from, batch_limit_, batch_);
  }
  batch_limit_ = std::min(kBatchMax, batch_limit_ * 4);
  if (batch_.more) {
    position_ = batch_.next;
    exhausted_ =
        forward() ? !range_.end.empty() && batch_.next >= range_.end : batch_.next <= range_.begin;
  } else {
    exhausted_ = true;
  }
  drop_unseen();
  const bool has_own_writes = transaction_.writes_.touches(tree_);
  if (!transaction_.at_snapshot() && !has_own_writes) return;
  const KeyRange covered = covered_range(from);
  if (!covered.end.empty() && covered.begin >= covered.end) return;
  collect_old_versions(covered);
  if (has_own_writes) collect_own_writes(covered);
  if (kept_.empty()) return;
  for (const Kept& kept : kept_) {
    batch_.entries.push_back(
        {kept.key,
         {kept.record.value, kept.record.version, kept.record.deadline_ms, kept.record.kind}});
  }
  std::sort(batch_.entries.begin(), batch_.entries.end(),
            [&](const LeafBatch::Entry& a, const LeafBatch::Entry& b) {
              return forward() ? a.key < b.key : a.key > b.key;
            });
}

/// Leaves in the batch what of the leaf belongs to the walk.
void TreeCursor::drop_unseen() {
  const bool has_writes = !transaction_.writes_.empty();
  const bool at_snapshot = transaction_.at_snapshot();
  std::erase_if(batch_.entries, [&](const LeafBatch::Entry& entry) {
    if (!in_range(entry.key) || !transaction_.is_live(entry.record)) return true;
    if (at_snapshot && entry.record.version > *transaction_.snapshot_) return true;
    return has_writes && transaction_.writes_.find(tree_, entry.key) != nullptr;
  });
}

void TreeCursor::keep(Bytes key, const RecordView& record) {
  kept_.push_back({std::string(key),
                   {std::string(record.value), record.version, record.deadline_ms, record.kind}});
}

void TreeCursor::collect_old_versions(const KeyRange& covered) {
  const VersionStore& versions = transaction_.engine_.versions_;
  if (!transaction_.at_snapshot() || versions.is_empty()) return;
  const Lsn snapshot = *transaction_.snapshot_;
  KeyRange rest = covered;
  for (;;) {
    const std::optional<std::string> key =
        versions.next_key(tree_, rest, Direction::Forward, snapshot);
    if (!key.has_value()) return;
    // A record that moved there after its leaf was read is in the batch already.
    const auto seen = [&](const LeafBatch::Entry& entry) { return entry.key == *key; };
    if (transaction_.writes_.find(tree_, *key) == nullptr &&
        std::none_of(batch_.entries.begin(), batch_.entries.end(), seen)) {
      (void)versions.find(tree_, *key, snapshot, [&](const RecordView& old) {
        if (transaction_.is_live(old)) keep(*key, old);
      });
    }
    rest.begin = *key + '\0';
    if (!rest.end.empty() && rest.begin >= rest.end) return;
  }
}

void TreeCursor::collect_own_writes(const KeyRange& covered) {
  for (const WriteSet::Write* write = transaction_.writes_.next(tree_, covered.begin, true);
       write != nullptr; write = transaction_.writes_.next(tree_, write->key, false)) {
    if (!covered.end.empty() && write->key >= covered.end) return;
    const RecordView record{write->record.value, Lsn{}, write->record.deadline_ms,
                            write->record.kind};
    if (write->action == WriteSet::Action::Put && transaction_.is_live(record))
      keep(write->key, record);
  }
}

}  // namespace latchkey::storage::tree
