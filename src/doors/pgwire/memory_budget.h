#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace latchkey::pgwire {

/// Asks the one memory budget of the server for `bytes`, or gives back that many when negative.
/// Growing returns false, and takes nothing, when the budget is spent.
///
/// Threads: any.
using ReserveMemory = std::function<bool(std::int64_t bytes)>;

/// Memory that was taken from the budget and goes back with this object.
///
/// Threads:   one at a time.
/// Ownership: borrows the budget.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  explicit MemoryCharge(const ReserveMemory& budget) : budget_(&budget) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&& other) noexcept {
    if (this == &other) return *this;
    release();
    budget_ = other.budget_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~MemoryCharge() { release(); }

  /// Makes the charge `bytes` in all. False, and nothing has changed, when the budget is spent.
  bool try_grow_to(std::size_t bytes) {
    if (budget_ == nullptr || bytes <= bytes_) return true;
    if (!(*budget_)(static_cast<std::int64_t>(bytes - bytes_))) return false;
    bytes_ = bytes;
    return true;
  }
  void release() {
    if (bytes_ != 0) (*budget_)(-static_cast<std::int64_t>(bytes_));
    bytes_ = 0;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  const ReserveMemory* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace latchkey::pgwire
