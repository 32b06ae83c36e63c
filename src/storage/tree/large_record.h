#pragma once

#include <atomic>
#include <cstdint>
#include <new>

#include "base/bytes.h"

namespace latchkey::storage::tree {

/// What of a record does not fit a leaf: the end of a long key, and the value. One allocation,
/// shared by reference count, so that a reader may let go of the leaf while it copies the value.
///
/// Threads:   immutable after creation; the count is atomic.
/// Ownership: the leaf's cell owns one reference, each reader one more.
class LargeRecord {
 public:
  /// Returns null when the allocator has no memory.
  static LargeRecord* create(Bytes key_tail, Bytes value) {
    void* memory =
        ::operator new(sizeof(LargeRecord) + key_tail.size() + value.size(), std::nothrow);
    if (memory == nullptr) return nullptr;
    auto* record = new (memory) LargeRecord(key_tail.size(), value.size());
    copy_bytes(record->data(), key_tail);
    copy_bytes(record->data() + key_tail.size(), value);
    return record;
  }

  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) ::operator delete(this);
  }

  Bytes key_tail() const { return {data(), key_tail_bytes_}; }
  Bytes value() const { return {data() + key_tail_bytes_, value_bytes_}; }
  std::size_t allocated_bytes() const {
    return sizeof(LargeRecord) + key_tail_bytes_ + value_bytes_;
  }

 private:
  LargeRecord(std::size_t key_tail_bytes, std::size_t value_bytes)
      : key_tail_bytes_(key_tail_bytes), value_bytes_(value_bytes) {}
  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }

  std::atomic<std::uint64_t> references_{1};
  std::uint64_t key_tail_bytes_;
  std::uint64_t value_bytes_;
};

}  // namespace latchkey::storage::tree
