#pragma once

#include <cstddef>
#include <cstdint>

namespace latchkey::sql {

/// How much of the stack a recursion has used since this object was made, for those whose depth a
/// user chooses and whose levels differ too much in size to be counted.
///
/// Threads: the one that made it, by whose stack it goes.
class StackGuard {
 public:
  /// Half of what a thread has that nobody thought about.
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20;

  StackGuard() : begin_(here()) {}
  bool is_spent() const { return begin_ - here() > kBytesMax; }

 private:
  /// Stacks grow downwards on the machines that we run on.
  static std::uintptr_t here() {
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  }

  std::uintptr_t begin_;
};

}  // namespace latchkey::sql
