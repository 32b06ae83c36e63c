#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/tree/log_format.h"

namespace latchkey::storage::tree {

/// A place in the log that its owner fills and publishes.
struct Reservation {
  /// Room for `body_bytes` bytes; null if nothing needs to be written (durability none).
  char* data = nullptr;
  /// Where the frame ends: the version of what is written in it.
  Lsn lsn{};
  std::uint64_t start = 0;
  std::uint32_t word = 0;

  std::uint32_t body_bytes() const { return frame_body_bytes(word); }
};

/// The newest bytes of the log, on their way from many writers to one file.
///
///   released                 complete              reserved          released + ring_bytes
///      | published, unwritten   | some not yet published  | free (zeros)      |
///
/// A writer takes its place with one fetch_add, fills it, and publishes by storing the frame's
/// header last; whoever writes out walks the headers and stops at the first that is still zero.
/// Frames do not straddle the ring's end: the writer whose place does fills both sides with filler
/// and takes another. As the segment size is a multiple of the ring's, frames do not straddle
/// segments either.
///
/// Threads:   reserve and publish from any; published and release from one at a time.
/// Invariant: released <= reserved; every byte of the ring that nobody has reserved is zero.
class LogRing {
 public:
  /// `make_room(end)` returns once released() + ring_bytes >= end; called by writers that found no
  /// room. Requires: `ring_bytes` a power of two, `origin` a multiple of eight.
  LogRing(std::uint32_t ring_bytes, std::uint64_t origin, std::uint32_t epoch_seed,
          std::function<void(std::uint64_t end)> make_room);

  /// Requires: body_bytes <= body_bytes_max(); publish follows soon, whatever happens in between.
  Reservation reserve(FrameKind kind, std::uint32_t body_bytes) {
    LK_ASSERT(body_bytes <= body_bytes_max_);
    const std::uint64_t bytes = frame_bytes(body_bytes);
    std::uint64_t start = reserved_.fetch_add(bytes, std::memory_order_relaxed);
    if (start + bytes > limit_.load(std::memory_order_acquire) || straddles(start, bytes))
        [[unlikely]] {
      start = reserve_slowly(start, bytes);
    }
    return {slot(start) + kFrameHeaderBytes, Lsn{start + bytes}, start,
            frame_word(kind, body_bytes)};
  }

  void publish(const Reservation& place) {
    const std::uint32_t checksum = frame_checksum(epoch_seed_, place.start, place.word, place.data);
    const std::uint64_t header = std::uint64_t{place.word} << 32 | checksum;
    header_of(place.start).store(header, std::memory_order_release);
  }

  /// Takes positions that will never be written: for a log without files.
  std::uint64_t skip(std::uint64_t bytes) {
    return reserved_.fetch_add(bytes, std::memory_order_relaxed);
  }

  /// The end of the newest reservation.
  std::uint64_t reserved() const { return reserved_.load(std::memory_order_relaxed); }
  std::uint64_t released() const { return limit_.load(std::memory_order_acquire) - ring_bytes_; }
  std::uint32_t body_bytes_max() const { return body_bytes_max_; }

  /// Whole published frames from `released()` on that lie side by side in memory.
  struct Run {
    Bytes bytes;  ///< empty: the next frame is not published yet
    std::uint64_t content_end =
        0;  ///< where the last frame ends that is neither mark nor filler; 0: none
  };
  Run published(std::uint64_t bytes_max) const;

  /// Gives the first `bytes` published bytes back to the writers.
  void release(std::uint64_t bytes);

 private:
  std::uint64_t reserve_slowly(std::uint64_t start, std::uint64_t bytes);
  void publish_filler(std::uint64_t start, std::uint64_t end);

  bool straddles(std::uint64_t start, std::uint64_t bytes) const {
    return ((start - origin_) & (ring_bytes_ - 1)) + bytes > ring_bytes_;
  }
  char* slot(std::uint64_t position) const {
    return memory_.get() + ((position - origin_) & (ring_bytes_ - 1));
  }
  std::atomic_ref<std::uint64_t> header_of(std::uint64_t position) const {
    return std::atomic_ref<std::uint64_t>(*reinterpret_cast<std::uint64_t*>(slot(position)));
  }

  struct FreeMemory {
    void operator()(char* memory) const;
  };

  const std::uint64_t ring_bytes_;
  const std::uint64_t origin_;
  const std::uint32_t epoch_seed_;
  const std::uint32_t body_bytes_max_;
  std::unique_ptr<char[], FreeMemory> memory_;
  std::function<void(std::uint64_t)> make_room_;

  alignas(64) std::atomic<std::uint64_t> reserved_;
  alignas(64) std::atomic<std::uint64_t> limit_;  ///< released + ring_bytes
};

}  // namespace latchkey::storage::tree
