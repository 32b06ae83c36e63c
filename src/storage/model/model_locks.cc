#include "storage/model/model_locks.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace latchkey::storage {

std::uint64_t ModelLocks::holder(const Row& row) const {
  const auto found = locks_.find(row);
  return found == locks_.end() ? 0 : found->second.holder;
}

ModelLocks::Outcome ModelLocks::try_lock(std::uint64_t owner, const Row& row) {
  LK_ASSERT(owner != 0);
  owners_.insert(owner);
  const auto [position, is_new] = locks_.try_emplace(row, Lock{owner, {}});
  const bool was_victim = victims_.erase(owner) != 0;
  if (is_new || position->second.holder == owner) return Outcome::Granted;
  return was_victim ? Outcome::Deadlock : Outcome::Held;
}

void ModelLocks::unlock(std::uint64_t owner, const Row& row, Callbacks& callbacks) {
  const auto position = locks_.find(row);
  if (position != locks_.end() && position->second.holder == owner) release(position, callbacks);
}

void ModelLocks::unlock_all(std::uint64_t owner, Callbacks& callbacks) {
  owners_.erase(owner);
  victims_.erase(owner);
  waits_.erase(owner);
  for (auto position = locks_.begin(); position != locks_.end();) {
    const auto next = std::next(position);
    auto& waiters = position->second.waiters;
    for (auto waiter = waiters.begin(); waiter != waiters.end();) {
      if (waiter->owner == owner) {
        callbacks.push_back(std::move(waiter->retry));
        waiter = waiters.erase(waiter);
      } else {
        ++waiter;
      }
    }
    if (position->second.holder == owner) release(position, callbacks);
    position = next;
  }
}

void ModelLocks::wait(const RowLockWait& wait, std::function<void()> retry, Callbacks& callbacks) {
  const auto position = locks_.find({wait.tree, wait.key});
  if (position == locks_.end() || position->second.holder == wait.waiter) {
    callbacks.push_back(std::move(retry));
    return;
  }
  const std::uint64_t waiter = owners_.contains(wait.waiter) ? wait.waiter : 0;
  if (waiter != 0) {
    if (closes_ring(waiter, position->second.holder)) {
      victims_.insert(waiter);
      callbacks.push_back(std::move(retry));
      return;
    }
    waits_.insert_or_assign(waiter, position->first);
  }
  position->second.waiters.push_back({waiter, std::move(retry)});
}

// A transaction waits for one row at a time, so the graph is a chain from waiter to holder.
bool ModelLocks::closes_ring(std::uint64_t waiter, std::uint64_t holder) const {
  for (std::size_t steps = 0; steps <= waits_.size(); ++steps) {
    if (holder == waiter) return true;
    const auto next = waits_.find(holder);
    if (next == waits_.end()) return false;
    holder = this->holder(next->second);
  }
  return false;
}

void ModelLocks::release(std::map<Row, Lock>::iterator position, Callbacks& callbacks) {
  Lock& lock = position->second;
  if (lock.waiters.empty()) {
    locks_.erase(position);
    return;
  }
  if (const std::uint64_t heir = lock.waiters.front().owner; heir != 0) {
    lock.holder = heir;
    waits_.erase(heir);
    callbacks.push_back(std::move(lock.waiters.front().retry));
    lock.waiters.pop_front();
    return;
  }
  for (Waiter& waiter : lock.waiters) {
    waits_.erase(waiter.owner);
    callbacks.push_back(std::move(waiter.retry));
  }
  locks_.erase(position);
}

}  // namespace latchkey::storage
