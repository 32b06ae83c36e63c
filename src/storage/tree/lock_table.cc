#include "storage/tree/lock_table.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <utility>

namespace latchkey::storage::tree {

struct LockTable::RowLock {
  TreeId tree;
  std::uint64_t hash;
  std::string key;
  std::uint64_t holder;
  std::deque<Waiter> waiters;
  RowLock* next;
};

LockTable::LockTable(std::uint32_t bucket_count)
    : mask_(bucket_count - 1), buckets_(std::make_unique<Bucket[]>(bucket_count)) {
  LK_ASSERT(std::has_single_bit(bucket_count));
}

LockTable::~LockTable() {
  for (std::uint32_t index = 0; index <= mask_; ++index) {
    while (buckets_[index].rows != nullptr) remove(buckets_[index], buckets_[index].rows);
  }
}

LockTable::MultiLatch& LockTable::MultiLatch::operator=(MultiLatch&& other) noexcept {
  if (this == &other) return *this;
  release();
  table_ = other.table_;
  buckets_ = std::move(other.buckets_);
  other.buckets_.clear();
  return *this;
}

void LockTable::MultiLatch::release() {
  for (const std::uint32_t index : buckets_) table_->buckets_[index].latch.unlock();
  buckets_.clear();
}

bool LockTable::MultiLatch::covers(std::uint64_t hash) const {
  return table_ != nullptr &&
         std::binary_search(buckets_.begin(), buckets_.end(), table_->bucket_index(hash));
}

LockTable::MultiLatch LockTable::latch_all(std::span<const std::uint64_t> hashes) {
  MultiLatch latched;
  latched.table_ = this;
  auto& buckets = latched.buckets_;
  for (const std::uint64_t hash : hashes) buckets.push_back(bucket_index(hash));
  std::sort(buckets.begin(), buckets.end());
  buckets.erase(std::unique(buckets.begin(), buckets.end()), buckets.end());
  for (const std::uint32_t index : buckets) buckets_[index].latch.lock();
  return latched;
}

LockTable::RowLock* LockTable::find(const Bucket& in, TreeId tree, Bytes key, std::uint64_t hash) {
  RowLock* row = in.rows;
  while (row != nullptr && (row->hash != hash || row->tree != tree || row->key != key)) {
    row = row->next;
  }
  return row;
}

std::uint64_t LockTable::holder_in_list(const Bucket& in, TreeId tree, Bytes key,
                                        std::uint64_t hash) {
  const RowLock* const row = find(in, tree, key, hash);
  return row == nullptr ? 0 : row->holder;
}

RowLockOutcome LockTable::try_lock_row(std::uint64_t owner, TreeId tree, Bytes key,
                                       std::uint64_t hash) {
  LK_ASSERT(owner != 0);
  Bucket& in = bucket(hash);
  LK_ASSERT(in.latch.is_held());
  RowLock* row = find(in, tree, key, hash);
  const std::lock_guard graph(graph_mutex_);
  Owner& asker = owners_[owner];
  const bool was_victim = std::exchange(asker.is_victim, false);
  if (row != nullptr && row->holder != owner) {
    return {was_victim ? RowLockOutcome::Kind::Deadlock : RowLockOutcome::Kind::Held, row->holder};
  }
  if (row == nullptr) {
    row = new RowLock{tree, hash, std::string(key), owner, {}, in.rows};
    in.rows = row;
    in.row_count.fetch_add(1, std::memory_order_relaxed);
    row_lock_count_.fetch_add(1, std::memory_order_relaxed);
    asker.rows.push_back(row);
  }
  return {};
}

std::size_t LockTable::locked_count(std::uint64_t owner) const {
  const std::lock_guard graph(graph_mutex_);
  const auto found = owners_.find(owner);
  return found == owners_.end() ? 0 : found->second.rows.size();
}

void LockTable::unlock_since(std::uint64_t owner, std::size_t kept_count) {
  std::vector<RowLock*> rows;
  {
    const std::lock_guard graph(graph_mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end() || found->second.rows.size() <= kept_count) return;
    const auto first = found->second.rows.begin() + static_cast<std::ptrdiff_t>(kept_count);
    rows.assign(first, found->second.rows.end());
    found->second.rows.erase(first, found->second.rows.end());
  }
  Callbacks callbacks;
  release_rows(rows, owner, callbacks);
  for (const auto& callback : callbacks) callback();
}

void LockTable::unlock_all(std::uint64_t owner) {
  Callbacks callbacks;
  // First the wait: after it no row can be handed to this owner any more.
  end_wait(owner, callbacks);
  std::vector<RowLock*> rows;
  {
    const std::lock_guard graph(graph_mutex_);
    const auto found = owners_.find(owner);
    if (found != owners_.end()) {
      rows = std::move(found->second.rows);
      owners_.erase(found);
    }
  }
  release_rows(rows, owner, callbacks);
  for (const auto& callback : callbacks) callback();
}

void LockTable::when_unlocked(const RowLockWait& wait, std::function<void()> retry) {
  Callbacks callbacks;
  if (wait.waiter != 0) end_wait(wait.waiter, callbacks);
  {
    Bucket& in = bucket(wait.hash);
    const BucketLatch latched(in.latch);
    RowLock* const row = find(in, wait.tree, wait.key, wait.hash);
    const std::lock_guard graph(graph_mutex_);
    const auto waiter = owners_.find(wait.waiter);
    if (row == nullptr || row->holder == wait.waiter) {
      callbacks.push_back(std::move(retry));
    } else if (waiter == owners_.end()) {
      row->waiters.push_back({0, std::move(retry)});
    } else if (closes_ring(wait.waiter, row->holder)) {
      waiter->second.is_victim = true;
      callbacks.push_back(std::move(retry));
    } else {
      waiter->second.awaited = row;
      row->waiters.push_back({wait.waiter, std::move(retry)});
    }
  }
  for (const auto& callback : callbacks) callback();
}

// A transaction awaits one row at a time, and each row has one holder, so the graph is a chain. The
// chain cannot hold a ring that was there before, as every ring is refused when it would close.
bool LockTable::closes_ring(std::uint64_t waiter, std::uint64_t holder) const {
  for (std::size_t steps = 0; steps <= owners_.size(); ++steps) {
    if (holder == waiter) return true;
    const auto next = owners_.find(holder);
    if (next == owners_.end() || next->second.awaited == nullptr) return false;
    holder = next->second.awaited->holder;
  }
  LK_ASSERT(false && "a ring of waiters was let in");
  return true;
}

void LockTable::end_wait(std::uint64_t owner, Callbacks& callbacks) {
  TreeId tree;
  std::uint64_t hash;
  std::string key;
  {
    const std::lock_guard graph(graph_mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end() || found->second.awaited == nullptr) return;
    const RowLock& row = *found->second.awaited;
    tree = row.tree;
    hash = row.hash;
    key = row.key;
  }
  Bucket& in = bucket(hash);
  const BucketLatch latched(in.latch);
  const std::lock_guard graph(graph_mutex_);
  Owner& waiter = owners_.at(owner);
  RowLock* const row = find(in, tree, key, hash);
  // Meanwhile the row may have been handed over.
  if (row == nullptr || waiter.awaited != row) return;
  waiter.awaited = nullptr;
  const auto place = std::find_if(row->waiters.begin(), row->waiters.end(),
                                  [&](const Waiter& each) { return each.owner == owner; });
  LK_ASSERT(place != row->waiters.end());
  callbacks.push_back(std::move(place->retry));
  row->waiters.erase(place);
}

void LockTable::release_rows(std::span<RowLock* const> rows, std::uint64_t owner,
                             Callbacks& callbacks) {
  for (RowLock* const row : rows) {
    Bucket& in = bucket(row->hash);
    const BucketLatch latched(in.latch);
    LK_ASSERT(row->holder == owner);
    release(in, row, callbacks);
  }
}

void LockTable::release(Bucket& in, RowLock* row, Callbacks& callbacks) {
  const std::lock_guard graph(graph_mutex_);
  if (!row->waiters.empty() && row->waiters.front().owner != 0) {
    Waiter& heir = row->waiters.front();
    Owner& owner = owners_.at(heir.owner);
    LK_ASSERT(owner.awaited == row);
    owner.awaited = nullptr;
    owner.rows.push_back(row);
    row->holder = heir.owner;
    callbacks.push_back(std::move(heir.retry));
    row->waiters.pop_front();
    return;
  }
  for (Waiter& waiter : row->waiters) {
    if (waiter.owner != 0) owners_.at(waiter.owner).awaited = nullptr;
    callbacks.push_back(std::move(waiter.retry));
  }
  remove(in, row);
}

void LockTable::remove(Bucket& in, RowLock* row) {
  RowLock** link = &in.rows;
  while (*link != row) link = &(*link)->next;
  *link = row->next;
  in.row_count.fetch_sub(1, std::memory_order_relaxed);
  row_lock_count_.fetch_sub(1, std::memory_order_relaxed);
  delete row;
}

}  // namespace latchkey::storage::tree
