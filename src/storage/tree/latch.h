#pragma once

#include <atomic>
#include <cstdint>

namespace latchkey::storage::tree {

/// Tells the processor that this is a spin loop.
inline void spin_pause() { __builtin_ia32_pause(); }

/// A four-byte mutual exclusion lock that spins briefly and then sleeps. It lives in pages and
/// tables, so zero bytes are its free state and it has no destructor.
///
/// Threads: any. Not reentrant.
class Latch {
 public:
  bool try_lock() {
    std::uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void lock() {
    if (!try_lock()) lock_slowly();
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) state_.notify_one();
  }
  bool is_held() const { return state_.load(std::memory_order_relaxed) != kFree; }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kContended = 2;  ///< held, and somebody sleeps
  static constexpr int kSpins = 200;

  void lock_slowly() {
    for (int spin = 0; spin < kSpins; ++spin) {
      spin_pause();
      if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    }
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
      state_.wait(kContended, std::memory_order_relaxed);
    }
  }

  std::atomic<std::uint32_t> state_{kFree};
};
static_assert(sizeof(Latch) == 4);

/// Holds a latch for a scope.
class LatchGuard {
 public:
  explicit LatchGuard(Latch& latch) : latch_(latch) { latch_.lock(); }
  ~LatchGuard() { latch_.unlock(); }
  LatchGuard(const LatchGuard&) = delete;
  LatchGuard& operator=(const LatchGuard&) = delete;

 private:
  Latch& latch_;
};

}  // namespace latchkey::storage::tree
