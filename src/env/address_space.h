#pragma once

#include <cstddef>

namespace latchkey::env {

/// A range of addresses that takes memory only where it is touched, backed by huge pages where the
/// machine has them. Reads as zero at first.
///
/// Threads:   any; the owner constructs and destroys.
/// Errors:    begin() is null if the machine refused the range.
class AddressSpace {
 public:
  explicit AddressSpace(std::size_t bytes);
  ~AddressSpace();
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  char* begin() const { return begin_; }
  std::size_t size() const { return bytes_; }

 private:
  char* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  char* begin_ = nullptr;
  std::size_t bytes_;
};

}  // namespace latchkey::env
