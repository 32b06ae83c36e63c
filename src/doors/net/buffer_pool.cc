#include "doors/net/buffer_pool.h"

#include <cstdlib>
#include <cstring>

#include "base/assert.h"

namespace latchkey::net {

BufferPool::~BufferPool() {
  for (char* chunk : free_chunks_) std::free(chunk);
  if (reserved_ > 0) engine_.reserve_memory(-static_cast<std::int64_t>(reserved_));
}

char* BufferPool::take_chunk() {
  force_charge(kChunkBytes);
  if (!free_chunks_.empty()) {
    char* chunk = free_chunks_.back();
    free_chunks_.pop_back();
    return chunk;
  }
  char* chunk = static_cast<char*>(std::malloc(kChunkBytes));
  LK_ASSERT(chunk != nullptr);
  return chunk;
}

char* BufferPool::try_allocate(std::size_t bytes) {
  if (bytes == kChunkBytes) return take_chunk();
  if (!try_charge(bytes)) return nullptr;
  char* data = static_cast<char*>(std::malloc(bytes));
  if (data == nullptr) discharge(bytes);
  return data;
}

char* BufferPool::try_resize(char* data, std::size_t bytes_old, std::size_t bytes_new) {
  if (bytes_old == kChunkBytes || bytes_new == kChunkBytes) {
    // A chunk keeps its place in the pool, so it is copied from rather than stretched.
    char* moved = try_allocate(bytes_new);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, data, bytes_old < bytes_new ? bytes_old : bytes_new);
    give_back(data, bytes_old);
    return moved;
  }
  if (bytes_new > bytes_old && !try_charge(bytes_new - bytes_old)) return nullptr;
  char* moved = static_cast<char*>(std::realloc(data, bytes_new));
  if (moved == nullptr) {
    if (bytes_new > bytes_old) discharge(bytes_new - bytes_old);
    return nullptr;
  }
  if (bytes_new < bytes_old) discharge(bytes_old - bytes_new);
  return moved;
}

void BufferPool::give_back(char* data, std::size_t bytes) {
  if (data == nullptr) return;
  discharge(bytes);
  if (bytes == kChunkBytes && free_chunks_.size() < kFreeChunksMax) {
    free_chunks_.push_back(data);
  } else {
    std::free(data);
  }
}

bool BufferPool::try_charge(std::size_t bytes) {
  if (outstanding_ + bytes > reserved_) {
    const std::size_t missing = outstanding_ + bytes - reserved_;
    const std::size_t step = (missing + kReserveStep - 1) / kReserveStep * kReserveStep;
    if (!engine_.reserve_memory(static_cast<std::int64_t>(step))) return false;
    reserved_ += step;
  }
  outstanding_ += bytes;
  return true;
}

void BufferPool::force_charge(std::size_t bytes) {
  if (!try_charge(bytes)) outstanding_ += bytes;
}

void BufferPool::discharge(std::size_t bytes) {
  LK_ASSERT(outstanding_ >= bytes);
  outstanding_ -= bytes;
  // A few steps stay reserved, so that a busy worker does not ask the engine at every turn.
  if (reserved_ > outstanding_ + 4 * kReserveStep) {
    const std::size_t spare =
        (reserved_ - outstanding_) / kReserveStep * kReserveStep - kReserveStep;
    engine_.reserve_memory(-static_cast<std::int64_t>(spare));
    reserved_ -= spare;
  }
}

}  // namespace latchkey::net
