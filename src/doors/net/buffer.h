#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "doors/net/buffer_pool.h"

namespace latchkey::net {

/// A run of bytes that is filled at its end and consumed at its front, in one piece, so that a
/// parser may hand out views into it.
///
///   data_     begin_            end_          capacity_
///     | consumed | what is held  | free          |
///
/// Threads:   the worker's.
/// Ownership: owns its memory, which it takes from the pool when the first byte comes and gives
///            back by release(). Views end with any call but the const ones and commit().
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) : pool_(&pool) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  Bytes view() const { return {data_ + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  /// Free bytes at the end, and where they begin.
  std::size_t free_bytes() const { return capacity_ - end_; }
  char* free_begin() { return data_ + end_; }
  /// Takes over `count` bytes that were written at free_begin().
  void commit(std::size_t count) { end_ += count; }

  /// Makes at least `count` bytes free at the end. False when the memory budget refuses.
  /// `total_hint`, if not 0, is how many bytes the buffer will hold in the end: growth by doubling
  /// stops there, so that a large value is not given twice its size.
  bool try_reserve(std::size_t count, std::size_t total_hint = 0);

  void consume(std::size_t count);
  /// Keeps the first `size` bytes.
  void truncate(std::size_t size);
  /// Puts `bytes` before the byte at `position`. False when the memory budget refuses.
  bool try_insert(std::size_t position, Bytes bytes);

  /// Gives the memory back, and with it the contents.
  void release();
  /// Moves a small remainder to memory of its own size, for a wait of unknown length.
  void park();

 private:
  static constexpr std::size_t kParkBytesMax = 2048;
  static constexpr std::size_t kParkStep = 256;

  BufferPool* pool_;
  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace latchkey::net
