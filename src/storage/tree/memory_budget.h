#pragma once

#include <atomic>
#include <cstdint>

#include "base/assert.h"
#include "env/machine.h"

namespace latchkey::storage::tree {

/// The one budget that pages, old versions, large values and connections are taken from.
///
/// Threads:   any.
/// Units:     bytes.
/// Invariant: a successful try_reserve leaves used_bytes() <= limit_bytes(). Used may stand above
/// the
///            limit only after force_reserve, or after set_limit_bytes lowered it.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::int64_t limit_bytes = default_limit_bytes())
      : limit_bytes_(limit_bytes) {}

  /// Three quarters of what the machine or the container has: the rest is for the kernel's caches,
  /// fragmentation and the moments in which a page exists twice.
  static std::int64_t default_limit_bytes() {
    return static_cast<std::int64_t>(env::total_memory_bytes() / 4 * 3);
  }

  /// Takes `bytes`, or takes nothing and returns false if that would pass the limit.
  bool try_reserve(std::int64_t bytes) {
    LK_ASSERT(bytes >= 0);
    std::int64_t used = used_bytes_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_bytes() - used) return false;
    } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }

  /// Takes `bytes` whatever the limit says: for what must go on, deletes and recovery.
  void force_reserve(std::int64_t bytes) {
    LK_ASSERT(bytes >= 0);
    used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

  void release(std::int64_t bytes) {
    LK_ASSERT(bytes >= 0);
    const std::int64_t before = used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    LK_ASSERT(before >= bytes);
  }

  std::int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::int64_t limit_bytes() const { return limit_bytes_.load(std::memory_order_relaxed); }
  bool is_spent() const { return used_bytes() >= limit_bytes(); }
  void set_limit_bytes(std::int64_t bytes) { limit_bytes_.store(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> limit_bytes_;
  std::atomic<std::int64_t> used_bytes_{0};
};

}  // namespace latchkey::storage::tree
