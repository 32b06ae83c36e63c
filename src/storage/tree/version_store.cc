#include "storage/tree/version_store.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace latchkey::storage::tree {
namespace {

// What the containers add to the bytes of keys and values: tree nodes with their allocator's share.
constexpr std::uint64_t kRowOverheadBytes = 48 + 16;
constexpr std::uint64_t kEndBytes = 48 + 16;

std::uint64_t heap_bytes(const std::string& text) {
  // By size, not capacity: a string that is moved may come out with another capacity, and what is
  // taken must be what is given back.
  return text.size() > 15 ? text.size() + 16 : 0;
}

}  // namespace

void Snapshots::open(Lsn lsn) {
  LK_ASSERT(lsn != kNoSnapshot);
  const std::lock_guard guard(mutex_);
  ++open_[lsn];
  publish();
  open_count_.fetch_add(1, std::memory_order_acq_rel);
}

void Snapshots::close(Lsn lsn) {
  const std::lock_guard guard(mutex_);
  const auto found = open_.find(lsn);
  LK_ASSERT(found != open_.end());
  if (--found->second == 0) open_.erase(found);
  publish();
  open_count_.fetch_sub(1, std::memory_order_acq_rel);
}

void Snapshots::publish() {
  const bool any = !open_.empty();
  newest_.store(any ? value_of(open_.rbegin()->first) : 0, std::memory_order_release);
  oldest_.store(value_of(any ? open_.begin()->first : kNoSnapshot), std::memory_order_release);
}

bool Snapshots::need_exactly(Lsn valid_from, Lsn valid_until) const {
  const std::lock_guard guard(mutex_);
  const auto first = open_.lower_bound(valid_from);
  return first != open_.end() && first->first < valid_until;
}

const VersionStore::Version* VersionStore::valid_at(const std::vector<Version>& versions,
                                                    Lsn snapshot) {
  const auto found =
      std::partition_point(versions.begin(), versions.end(),
                           [&](const Version& version) { return version.valid_until <= snapshot; });
  return found == versions.end() || found->record.version > snapshot ? nullptr : &*found;
}

std::uint64_t VersionStore::bytes_of(const Key& key) {
  return sizeof(Rows::value_type) + kRowOverheadBytes + heap_bytes(key.bytes);
}

std::uint64_t VersionStore::bytes_of(const Version& version) {
  return sizeof(Version) + heap_bytes(version.record.value) + sizeof(End) + kEndBytes;
}

void VersionStore::keep(TreeId tree, Bytes key, const RecordView& old, Lsn valid_until) {
  LK_ASSERT(old.version < valid_until);
  if (!snapshots_.need(old.version, valid_until)) return;
  // The copy is made before the lock is taken: values may be large.
  Version version{Record{std::string(old.value), old.version, old.deadline_ms, old.kind},
                  valid_until};
  const std::unique_lock guard(mutex_);
  auto row = rows_.find(KeyView{tree, key});
  if (row == rows_.end()) {
    row = rows_.emplace(Key{tree, std::string(key)}, std::vector<Version>()).first;
    used_bytes_.fetch_add(bytes_of(row->first), std::memory_order_relaxed);
  }
  auto& versions = row->second;
  LK_ASSERT(versions.empty() || versions.back().valid_until <= old.version);
  used_bytes_.fetch_add(bytes_of(version), std::memory_order_relaxed);
  versions.push_back(std::move(version));
  ends_.insert({valid_until, row});
  version_count_.fetch_add(1, std::memory_order_release);
  // At 4, 8, 16, ... versions, so that the work stays constant for each one kept.
  if (versions.size() >= 4 && std::has_single_bit(versions.size())) drop_unneeded(row);
}

bool VersionStore::find(TreeId tree, Bytes key, Lsn snapshot,
                        FunctionRef<void(const RecordView&)> visit) const {
  if (is_empty()) return false;
  const std::shared_lock guard(mutex_);
  const auto row = rows_.find(KeyView{tree, key});
  if (row == rows_.end()) return false;
  const Version* const version = valid_at(row->second, snapshot);
  if (version == nullptr) return false;
  const Record& record = version->record;
  visit({record.value, record.version, record.deadline_ms, record.kind});
  return true;
}

std::optional<std::string> VersionStore::next_key(TreeId tree, const KeyRange& range,
                                                  Direction direction, Lsn snapshot) const {
  if (is_empty() || (!range.end.empty() && range.end <= range.begin)) return std::nullopt;
  const std::shared_lock guard(mutex_);
  const auto begin = rows_.lower_bound(KeyView{tree, range.begin});
  const auto end = range.end.empty()
                       ? rows_.lower_bound(KeyView{TreeId{value_of(tree) + 1}, Bytes()})
                       : rows_.lower_bound(KeyView{tree, range.end});
  if (direction == Direction::Forward) {
    for (auto row = begin; row != end; ++row) {
      if (valid_at(row->second, snapshot) != nullptr) return row->first.bytes;
    }
  } else {
    for (auto row = end; row != begin;) {
      --row;
      if (valid_at(row->second, snapshot) != nullptr) return row->first.bytes;
    }
  }
  return std::nullopt;
}

bool VersionStore::changed_since(TreeId tree, const KeyRange& range, Lsn snapshot) const {
  if (is_empty()) return false;
  const std::shared_lock guard(mutex_);
  for (auto row = rows_.lower_bound(KeyView{tree, range.begin}); row != rows_.end(); ++row) {
    const Key& key = row->first;
    if (key.tree != tree || (!range.end.empty() && key.bytes >= range.end)) break;
    if (row->second.back().valid_until > snapshot) return true;
  }
  return false;
}

bool VersionStore::prune(std::size_t limit) {
  if (is_empty()) return false;
  const std::unique_lock guard(mutex_);
  const Lsn oldest = snapshots_.oldest_open();
  for (std::size_t dropped = 0; !ends_.empty() && ends_.begin()->lsn <= oldest; ++dropped) {
    if (dropped == limit) return true;
    const auto row = ends_.begin()->row;
    drop(row, row->second.begin());
    if (row->second.empty()) remove(row);
  }
  return false;
}

std::vector<VersionStore::Version>::iterator VersionStore::drop(
    Rows::iterator row, std::vector<Version>::iterator version) {
  const std::size_t erased = ends_.erase({version->valid_until, row});
  LK_ASSERT(erased == 1);
  used_bytes_.fetch_sub(bytes_of(*version), std::memory_order_relaxed);
  version_count_.fetch_sub(1, std::memory_order_release);
  return row->second.erase(version);
}

void VersionStore::drop_unneeded(Rows::iterator row) {
  auto& versions = row->second;
  for (auto version = versions.begin(); version != versions.end();) {
    if (snapshots_.need(version->record.version, version->valid_until)) {
      ++version;
    } else {
      version = drop(row, version);
    }
  }
  // Snapshots close at any time, so that none may be needed any more.
  if (versions.empty()) remove(row);
}

void VersionStore::remove(Rows::iterator row) {
  LK_ASSERT(row->second.empty());
  used_bytes_.fetch_sub(bytes_of(row->first), std::memory_order_relaxed);
  rows_.erase(row);
}

}  // namespace latchkey::storage::tree
