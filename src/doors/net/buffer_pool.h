#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/engine.h"

namespace latchkey::net {

/// Memory for the buffers of one worker's connections.
///
/// Most turns need one small chunk for what arrives and one for the answer, and give both back
/// before the next connection's turn: the chunk used last is handed out first, still in the cache,
/// and an idle connection holds none.
///
/// Threads:   the worker's.
/// Ownership: owns free chunks; borrows the engine for its memory budget.
/// Invariant: outstanding_ <= reserved_, unless the budget was spent and a forced chunk passed it.
class BufferPool {
 public:
  static constexpr std::size_t kChunkBytes = 16 * 1024;

  explicit BufferPool(storage::Engine& engine) : engine_(engine) {}
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// A chunk of kChunkBytes. Never refused: there is at most one in and one out per connection.
  char* take_chunk();

  /// Memory of `bytes`, or null when the budget is spent.
  char* try_allocate(std::size_t bytes);
  /// Moves the contents to memory of another size, or returns null, `data` unchanged, when the
  /// budget is spent.
  char* try_resize(char* data, std::size_t bytes_old, std::size_t bytes_new);
  /// Gives back what any of the above returned; `bytes` is its size.
  void give_back(char* data, std::size_t bytes);

  /// Where bytes go that nobody will read: see Output.
  static constexpr std::size_t kSinkBytes = 256;
  char* sink() { return sink_; }

  std::size_t outstanding_bytes() const { return outstanding_; }

 private:
  static constexpr std::size_t kFreeChunksMax = 64;
  static constexpr std::size_t kReserveStep = std::size_t{1} << 20;

  bool try_charge(std::size_t bytes);
  void force_charge(std::size_t bytes);
  void discharge(std::size_t bytes);

  storage::Engine& engine_;
  std::vector<char*> free_chunks_;
  std::size_t outstanding_ = 0;  // handed out
  std::size_t reserved_ = 0;     // taken from the engine's budget, in steps
  char sink_[kSinkBytes];
};

}  // namespace latchkey::net
