#include "storage/tree/tree_cursor.h"

#include <algorithm>

#include "storage/tree/tree_transaction.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kBatchMax = 512;

}  // namespace

TreeCursor::TreeCursor(TreeTransaction& transaction, TreeId tree, const KeyRange& range,
                       Direction direction)
    : transaction_(transaction), tree_(tree), range_(range), direction_(direction) {
  if (forward())
    position_ = range_.begin;
  else if (!range_.end.empty())
    position_ = range_.end;
  exhausted_ = !range_.end.empty() && range_.begin >= range_.end;
}

Result<bool> TreeCursor::next() {
  if (transaction_.ended_) return Error(ErrorCode::TransactionEnded);
  if (started_ && at_ + 1 < items_.size()) {
    ++at_;
    return true;
  }
  started_ = true;
  do {
    if (exhausted_) {
      items_.clear();
      return false;
    }
    LK_CHECK(transaction_.check_not_dropped(tree_));
    read_batch();
  } while (items_.empty());
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
  items_.clear();
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
  const KeyRange covered = covered_range(from);
  if (batch_.more) {
    position_ = batch_.next;
    exhausted_ =
        forward() ? !range_.end.empty() && batch_.next >= range_.end : batch_.next <= range_.begin;
  } else {
    exhausted_ = true;
  }
  if (!covered.end.empty() && covered.begin >= covered.end) return;
  collect_batch();
  collect_old_versions(covered);
  collect_own_writes(covered);
  if (kept_.empty()) return;
  for (const Kept& kept : kept_) {
    items_.push_back(
        {kept.key,
         {kept.record.value, kept.record.version, kept.record.deadline_ms, kept.record.kind}});
  }
  std::sort(items_.begin(), items_.end(), [&](const Item& a, const Item& b) {
    return forward() ? a.key < b.key : a.key > b.key;
  });
}

void TreeCursor::collect_batch() {
  items_.reserve(batch_.entries.size());
  for (std::size_t i = 0; i < batch_.entries.size(); ++i) {
    const RecordView record = batch_.record(i);
    const Bytes key = batch_.key(i);
    if (!in_range(key)) continue;
    if (transaction_.at_snapshot() && record.version > *transaction_.snapshot_) continue;
    if (transaction_.writes_.find(tree_, key) != nullptr) continue;
    if (transaction_.is_live(record)) items_.push_back({key, record});
  }
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
    const auto seen = [&](const Item& item) { return item.key == *key; };
    if (transaction_.writes_.find(tree_, *key) == nullptr &&
        std::none_of(items_.begin(), items_.end(), seen)) {
      (void)versions.find(tree_, *key, snapshot, [&](const RecordView& old) {
        if (transaction_.is_live(old)) keep(*key, old);
      });
    }
    rest.begin = *key + '\0';
    if (!rest.end.empty() && rest.begin >= rest.end) return;
  }
}

void TreeCursor::collect_own_writes(const KeyRange& covered) {
  if (!transaction_.writes_.touches(tree_)) return;
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
