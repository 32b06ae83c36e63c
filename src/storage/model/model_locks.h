#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/types.h"

namespace latchkey::storage {

/// Row locks of interactive transactions, who waits for them, and rings of waiters.
///
/// A released lock is handed to the first waiter, which owns it from then on and finds it granted
/// when it tries again. A single update has no name to hand a lock to, nor has a transaction that
/// is over by now; when one stands first, all who wait are called in their order and the lock is
/// free.
///
/// Threads: none of its own; the engine's lock covers it. Callbacks are collected, not called, so
///          that the engine can call them without its lock.
class ModelLocks {
 public:
  using Row = std::pair<TreeId, std::string>;
  using Callbacks = std::vector<std::function<void()>>;
  enum class Outcome : std::uint8_t { Granted, Held, Deadlock };

  /// The owner of `row`, or 0.
  std::uint64_t holder(const Row& row) const;
  /// On Deadlock the owner stops being a victim: its next attempt counts anew.
  Outcome try_lock(std::uint64_t owner, const Row& row);
  void unlock(std::uint64_t owner, const Row& row, Callbacks& callbacks);
  /// Also ends the waits of `owner`; their callbacks are due.
  void unlock_all(std::uint64_t owner, Callbacks& callbacks);
  void wait(const RowLockWait& wait, std::function<void()> retry, Callbacks& callbacks);

 private:
  struct Waiter {
    std::uint64_t owner;
    std::function<void()> retry;
  };
  struct Lock {
    std::uint64_t holder;
    std::deque<Waiter> waiters;
  };

  bool closes_ring(std::uint64_t waiter, std::uint64_t holder) const;
  void release(std::map<Row, Lock>::iterator position, Callbacks& callbacks);

  std::map<Row, Lock> locks_;
  std::map<std::uint64_t, Row> waits_;
  std::set<std::uint64_t> victims_;
  std::set<std::uint64_t> owners_;  // from the first try_lock to unlock_all
};

}  // namespace latchkey::storage
