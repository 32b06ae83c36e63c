#include "storage/tree/gate.h"

#include <bitset>
#include <chrono>
#include <mutex>

namespace latchkey::storage::tree {
namespace {

constexpr int kSpins = 2000;
constexpr std::chrono::microseconds kSleepMax{50};

/// Which numbers living threads have. Never destroyed, since threads may end after main.
struct ThreadSlots {
  std::mutex mutex;
  std::bitset<kThreadsMax> taken;
};

ThreadSlots& thread_slots() {
  static ThreadSlots* const slots = new ThreadSlots;
  return *slots;
}

/// Gives the thread's number back when the thread ends.
struct SlotOfThread {
  ~SlotOfThread() {
    ThreadSlots& slots = thread_slots();
    const std::lock_guard guard(slots.mutex);
    slots.taken.reset(internal::thread_slot);
    internal::thread_slot = internal::kNoThreadSlot;
  }
};

}  // namespace

namespace internal {

void claim_thread_slot() {
  ThreadSlots& slots = thread_slots();
  const std::lock_guard guard(slots.mutex);
  std::uint32_t free = 0;
  while (free < kThreadsMax && slots.taken.test(free)) ++free;
  LK_ASSERT(free < kThreadsMax);
  slots.taken.set(free);
  thread_slot = free;
  static thread_local SlotOfThread until_the_thread_ends;
}

}  // namespace internal

/// The sleep gives the processor to a thread that was interrupted inside.
void Gate::wait_until_zero(const std::atomic<std::uint32_t>& word) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (word.load(std::memory_order_seq_cst) == 0) return;
    spin_pause();
  }
  std::unique_lock lock(sleep_mutex_);
  while (word.load(std::memory_order_seq_cst) != 0) someone_left_.wait_for(lock, kSleepMax);
}

void Gate::wait_for_shared(Slot& slot) {
  if (slot.is_exclusive) return;
  waiting_for_shared_.fetch_add(1, std::memory_order_seq_cst);
  do {
    step_out(slot);
    for (int spin = 0; spin < kSpins && exclusive_.load(std::memory_order_relaxed) != 0; ++spin) {
      spin_pause();
    }
    exclusive_.wait(1, std::memory_order_seq_cst);
    slot.is_inside.store(1, std::memory_order_seq_cst);
  } while (exclusive_.load(std::memory_order_seq_cst) != 0);
  waiting_for_shared_.fetch_sub(1, std::memory_order_seq_cst);
}

void Gate::enter_exclusive() {
  Slot& own = this_slot();
  LK_ASSERT(!own.is_exclusive);
  own.depth_outside = own.depth;
  own.depth = 0;
  step_out(own);
  exclusive_latch_.lock();
  wait_until_zero(waiting_for_shared_);
  exclusive_.store(1, std::memory_order_seq_cst);
  own.is_exclusive = true;
  for (Slot& slot : *slots_) wait_until_zero(slot.is_inside);
}

void Gate::leave_exclusive() {
  Slot& own = this_slot();
  LK_ASSERT(own.is_exclusive);
  LK_ASSERT(own.depth == 0);
  own.is_exclusive = false;
  own.depth = own.depth_outside;
  if (own.depth != 0) own.is_inside.store(1, std::memory_order_seq_cst);
  exclusive_.store(0, std::memory_order_seq_cst);
  exclusive_.notify_all();
  exclusive_latch_.unlock();
}

}  // namespace latchkey::storage::tree
