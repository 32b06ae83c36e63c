#include "storage/tree/write_set.h"

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kLinearMax = 8;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

}  // namespace

void WriteSet::build_index() const {
  if (indexed_) return;
  for (std::size_t i = 0; i < writes_.size(); ++i) index_[{writes_[i].tree, writes_[i].key}] = i;
  indexed_ = true;
}

std::size_t WriteSet::index_of(TreeId tree, Bytes key) const {
  if (!indexed_ && writes_.size() <= kLinearMax) {
    for (std::size_t i = 0; i < writes_.size(); ++i) {
      if (writes_[i].tree == tree && writes_[i].key == key) return i;
    }
    return kNone;
  }
  build_index();
  const auto found = index_.find(KeyView{tree, key});
  return found == index_.end() ? kNone : found->second;
}

const WriteSet::Write* WriteSet::find(TreeId tree, Bytes key) const {
  const std::size_t index = index_of(tree, key);
  return index == kNone ? nullptr : &writes_[index];
}

WriteSet::Write& WriteSet::entry(TreeId tree, Bytes key, std::uint64_t hash) {
  const std::size_t found = index_of(tree, key);
  if (found != kNone) {
    if (journaling_) journal_.push_back({found, writes_[found]});
    return writes_[found];
  }
  const std::size_t index = writes_.size();
  if (journaling_) journal_.push_back({index, std::nullopt});
  writes_.push_back({tree, std::string(key), hash, Action::Erase, {}});
  if (indexed_) index_[{tree, std::string(key)}] = index;
  return writes_.back();
}

void WriteSet::put(TreeId tree, Bytes key, std::uint64_t hash, const NewRecord& record) {
  // The value may be a view of the entry that is about to change.
  std::string value(record.value);
  Write& write = entry(tree, key, hash);
  write.action = Action::Put;
  write.record = Record{std::move(value), Lsn{}, record.deadline_ms, record.kind};
}

void WriteSet::erase(TreeId tree, Bytes key, std::uint64_t hash) {
  Write& write = entry(tree, key, hash);
  write.action = Action::Erase;
  write.record = {};
}

const WriteSet::Write* WriteSet::next(TreeId tree, Bytes key, bool inclusive) const {
  if (writes_.empty()) return nullptr;
  build_index();
  const auto at =
      inclusive ? index_.lower_bound(KeyView{tree, key}) : index_.upper_bound(KeyView{tree, key});
  return at == index_.end() || at->first.tree != tree ? nullptr : &writes_[at->second];
}

const WriteSet::Write* WriteSet::previous(TreeId tree,
                                          const std::optional<std::string>& key) const {
  if (writes_.empty()) return nullptr;
  build_index();
  auto at = key.has_value() ? index_.lower_bound(KeyView{tree, *key})
                            : index_.lower_bound(KeyView{TreeId{value_of(tree) + 1}, {}});
  if (at == index_.begin()) return nullptr;
  --at;
  return at->first.tree != tree ? nullptr : &writes_[at->second];
}

bool WriteSet::touches(TreeId tree) const {
  if (!indexed_ && writes_.size() <= kLinearMax) {
    for (const Write& write : writes_) {
      if (write.tree == tree) return true;
    }
    return false;
  }
  return next(tree, {}, true) != nullptr;
}

void WriteSet::rollback_to(std::size_t savepoint) {
  LK_ASSERT(savepoint <= journal_.size());
  while (journal_.size() > savepoint) {
    Change& change = journal_.back();
    if (change.before.has_value()) {
      writes_[change.index] = std::move(*change.before);
    } else {
      LK_ASSERT(change.index + 1 == writes_.size());
      if (indexed_) index_.erase({writes_.back().tree, writes_.back().key});
      writes_.pop_back();
    }
    journal_.pop_back();
  }
}

void WriteSet::clear() {
  writes_.clear();
  index_.clear();
  indexed_ = false;
  journaling_ = false;
  journal_.clear();
}

}  // namespace latchkey::storage::tree
