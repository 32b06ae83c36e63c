#include "doors/net/buffer.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace latchkey::net {

bool Buffer::try_reserve(std::size_t count, std::size_t total_hint) {
  if (free_bytes() >= count) return true;
  const std::size_t held = size();
  if (capacity_ - held >= count && begin_ >= held) {
    std::memmove(data_, data_ + begin_, held);
    begin_ = 0;
    end_ = held;
    return true;
  }
  const std::size_t needed = held + count;
  std::size_t wanted = std::max({needed, capacity_ * 2, BufferPool::kChunkBytes});
  if (total_hint > 0) wanted = std::max(needed, std::min(wanted, total_hint));
  wanted = std::max(wanted, BufferPool::kChunkBytes);
  if (begin_ == 0 && data_ != nullptr) {
    char* moved = pool_->try_resize(data_, capacity_, wanted);
    if (moved == nullptr) return false;
    data_ = moved;
    capacity_ = wanted;
    return true;
  }
  char* moved = pool_->try_allocate(wanted);
  if (moved == nullptr) return false;
  if (held > 0) std::memcpy(moved, data_ + begin_, held);
  if (data_ != nullptr) pool_->give_back(data_, capacity_);
  data_ = moved;
  begin_ = 0;
  end_ = held;
  capacity_ = wanted;
  return true;
}

void Buffer::consume(std::size_t count) {
  LK_ASSERT(count <= size());
  begin_ += count;
  if (begin_ == end_) begin_ = end_ = 0;
}

void Buffer::truncate(std::size_t new_size) {
  LK_ASSERT(new_size <= size());
  end_ = begin_ + new_size;
}

bool Buffer::try_insert(std::size_t position, Bytes bytes) {
  LK_ASSERT(position <= size());
  if (!try_reserve(bytes.size())) return false;
  char* at = data_ + begin_ + position;
  std::memmove(at + bytes.size(), at, size() - position);
  std::memcpy(at, bytes.data(), bytes.size());
  end_ += bytes.size();
  return true;
}

void Buffer::release() {
  if (data_ != nullptr) pool_->give_back(data_, capacity_);
  data_ = nullptr;
  begin_ = end_ = capacity_ = 0;
}

void Buffer::park() {
  if (empty()) {
    release();
    return;
  }
  const std::size_t small = (size() + kParkStep - 1) / kParkStep * kParkStep;
  if (small > kParkBytesMax || small >= capacity_) return;
  char* moved = pool_->try_allocate(small);
  if (moved == nullptr) return;
  const std::size_t held = size();
  std::memcpy(moved, data_ + begin_, held);
  pool_->give_back(data_, capacity_);
  data_ = moved;
  begin_ = 0;
  end_ = held;
  capacity_ = small;
}

}  // namespace latchkey::net
