#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "sql/types/value.h"

namespace latchkey::sql {

/// Memory that is given back all at once: for the values of one row, one statement, one sort.
///
/// Threads: one at a time.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Aligned to eight bytes.
  char* allocate(std::size_t bytes) {
    const std::size_t rounded = (bytes + 7) & ~std::size_t{7};
    if (rounded > left_) grow(rounded);
    char* const at = at_;
    at_ += rounded;
    left_ -= rounded;
    used_ += rounded;
    return at;
  }
  Bytes copy(Bytes bytes) {
    if (bytes.empty()) return {"", 0};
    char* const at = allocate(bytes.size());
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }
  /// A value whose bytes stay when those of `value` go. For types kept in bytes.
  Value keep(const Value& value) {
    return value.is_null ? value : Value::of_bytes(copy(value.bytes()));
  }

  /// Forgets everything and keeps the first block for what comes next.
  void reset() {
    if (blocks_.size() > 1) blocks_.resize(1);
    at_ = blocks_.empty() ? nullptr : blocks_[0].bytes.get();
    left_ = blocks_.empty() ? 0 : blocks_[0].size;
    used_ = 0;
  }
  std::size_t used_bytes() const { return used_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  void grow(std::size_t bytes) {
    constexpr std::size_t kBlockBytesMin = 8 * 1024;
    constexpr std::size_t kBlockBytesMax = 1024 * 1024;
    std::size_t size = blocks_.empty() ? kBlockBytesMin : blocks_.back().size * 2;
    if (size > kBlockBytesMax) size = kBlockBytesMax;
    if (size < bytes) size = bytes;
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
    at_ = blocks_.back().bytes.get();
    left_ = size;
  }

  std::vector<Block> blocks_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_ = 0;
};

}  // namespace latchkey::sql
