#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/assert.h"
#include "storage/tree/latch.h"

namespace latchkey::storage::tree {

/// How many threads may use gates at one time.
inline constexpr std::uint32_t kThreadsMax = 256;

namespace internal {
inline constexpr std::uint32_t kNoThreadSlot = kThreadsMax;
inline constinit thread_local std::uint32_t thread_slot = kNoThreadSlot;
void claim_thread_slot();
}  // namespace internal

/// A small number that no other living thread has; a later thread may get it again.
/// Requires: at most kThreadsMax threads at a time have asked.
inline std::uint32_t this_thread_slot() {
  if (internal::thread_slot == internal::kNoThreadSlot) [[unlikely]]
    internal::claim_thread_slot();
  return internal::thread_slot;
}

/// A reader-writer lock whose readers touch only a cache line of their own.
///
/// Entering shared costs one exchange on the thread's own line. Entering exclusive costs a look at
/// every thread's line and waiting for those inside, and is meant for what is rare: a transaction
/// over everything, a checkpoint's start, the opening of a snapshot.
///
/// Threads:   any; a hold belongs to the thread that took it. A shared hold must be short and must
///            not wait for anything.
/// Invariant: while a thread is inside exclusive no other is inside shared. Those who wait to enter
///            shared get in before the next exclusive, so neither side can starve the other.
class Gate {
 public:
  Gate() : slots_(std::make_unique<std::array<Slot, kThreadsMax>>()) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// May nest, also inside exclusive.
  void enter_shared() {
    Slot& slot = this_slot();
    if (slot.depth++ != 0) return;
    slot.is_inside.store(1, std::memory_order_seq_cst);
    if (exclusive_.load(std::memory_order_seq_cst) != 0) [[unlikely]]
      wait_for_shared(slot);
  }

  void leave_shared() {
    Slot& slot = this_slot();
    LK_ASSERT(slot.depth != 0);
    if (--slot.depth == 0) step_out(slot);
  }

  /// A shared hold of this thread is given up while it waits and is back after leave_exclusive:
  /// what was read before may have changed. Must not nest.
  void enter_exclusive();
  void leave_exclusive();

  bool is_inside_shared() const { return (*slots_)[this_thread_slot()].depth != 0; }
  bool is_inside_exclusive() const { return (*slots_)[this_thread_slot()].is_exclusive; }

  /// Whether some thread is exclusive or waits to be. May be outdated as soon as it is known.
  bool is_exclusive_pending() const { return exclusive_.load(std::memory_order_seq_cst) != 0; }

  class Shared {
   public:
    explicit Shared(Gate& gate) : gate_(gate) { gate_.enter_shared(); }
    ~Shared() { gate_.leave_shared(); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

   private:
    Gate& gate_;
  };

  class Exclusive {
   public:
    explicit Exclusive(Gate& gate) : gate_(gate) { gate_.enter_exclusive(); }
    ~Exclusive() { gate_.leave_exclusive(); }
    Exclusive(const Exclusive&) = delete;
    Exclusive& operator=(const Exclusive&) = delete;

   private:
    Gate& gate_;
  };

 private:
  /// One thread's line. All but `is_inside` is the thread's alone.
  struct alignas(64) Slot {
    std::atomic<std::uint32_t> is_inside{0};
    std::uint32_t depth = 0;
    std::uint32_t depth_outside = 0;  ///< what an exclusive hold put aside
    bool is_exclusive = false;
  };
  static_assert(sizeof(Slot) == 64);

  Slot& this_slot() { return (*slots_)[this_thread_slot()]; }

  // A plain store on purpose: leaving needs no fence, since whoever waits for the gate exclusively
  // wakes by itself after a while. It may so miss this wake-up, but not for long.
  void step_out(Slot& slot) {
    slot.is_inside.store(0, std::memory_order_release);
    if (exclusive_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      someone_left_.notify_one();
  }

  void wait_for_shared(Slot& slot);
  void wait_until_zero(const std::atomic<std::uint32_t>& word);

  std::unique_ptr<std::array<Slot, kThreadsMax>> slots_;
  alignas(64) std::atomic<std::uint32_t> exclusive_{0};  // 1 while one is pending or inside
  std::atomic<std::uint32_t> waiting_for_shared_{0};
  Latch exclusive_latch_;  // one exclusive at a time
  std::mutex sleep_mutex_;
  std::condition_variable someone_left_;
};

}  // namespace latchkey::storage::tree
