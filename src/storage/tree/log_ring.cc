#include "storage/tree/log_ring.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kRingAlignment = 4096;

char* allocate_zeroed(std::size_t bytes) {
  char* memory = static_cast<char*>(::operator new (bytes, std::align_val_t{kRingAlignment}));
  std::memset(memory, 0, bytes);
  return memory;
}

}  // namespace

void LogRing::FreeMemory::operator()(char* memory) const {
  ::operator delete (memory, std::align_val_t{kRingAlignment});
}

LogRing::LogRing(std::uint32_t ring_bytes, std::uint64_t origin, std::uint32_t epoch_seed,
                 std::function<void(std::uint64_t end)> make_room)
    : ring_bytes_(ring_bytes),
      origin_(origin),
      epoch_seed_(epoch_seed),
      body_bytes_max_(std::min(ring_bytes / 4, kFrameBodyBytesMax)),
      memory_(allocate_zeroed(ring_bytes)),
      make_room_(std::move(make_room)),
      reserved_(origin),
      limit_(origin + ring_bytes) {
  LK_ASSERT(std::has_single_bit(ring_bytes));
  LK_ASSERT(origin % 8 == 0);
}

std::uint64_t LogRing::reserve_slowly(std::uint64_t start, std::uint64_t bytes) {
  for (;;) {
    if (start + bytes > limit_.load(std::memory_order_acquire)) make_room_(start + bytes);
    LK_ASSERT(start + bytes <= limit_.load(std::memory_order_acquire));
    if (!straddles(start, bytes)) return start;
    // Nobody else's place holds the ring's end, so this fills it once.
    const std::uint64_t boundary = start + ring_bytes_ - ((start - origin_) & (ring_bytes_ - 1));
    publish_filler(start, boundary);
    publish_filler(boundary, start + bytes);
    start = reserved_.fetch_add(bytes, std::memory_order_relaxed);
  }
}

void LogRing::publish_filler(std::uint64_t start, std::uint64_t end) {
  LK_ASSERT(end - start >= kFrameHeaderBytes);
  const auto body_bytes = static_cast<std::uint32_t>(end - start - kFrameHeaderBytes);
  LK_ASSERT(body_bytes <= kFrameBodyBytesMax);
  publish({slot(start) + kFrameHeaderBytes, Lsn{end}, start,
           frame_word(FrameKind::Filler, body_bytes)});
}

LogRing::Run LogRing::published(std::uint64_t bytes_max) const {
  const std::uint64_t begin = released();
  const std::uint64_t offset = (begin - origin_) & (ring_bytes_ - 1);
  const std::uint64_t ring_end = begin + ring_bytes_ - offset;
  Run run;
  std::uint64_t at = begin;
  while (at < ring_end && at - begin < bytes_max) {
    const std::uint64_t header = header_of(at).load(std::memory_order_acquire);
    if (header == 0) break;
    const auto word = static_cast<std::uint32_t>(header >> 32);
    LK_ASSERT(frame_word_is_sane(word));
    at += frame_bytes(frame_body_bytes(word));
    const auto kind = static_cast<FrameKind>(frame_kind_number(word));
    if (kind != FrameKind::Mark && kind != FrameKind::Filler) run.content_end = at;
  }
  LK_ASSERT(at <= ring_end);
  run.bytes = Bytes(slot(begin), at - begin);
  return run;
}

void LogRing::release(std::uint64_t bytes) {
  const std::uint64_t begin = released();
  LK_ASSERT(begin + bytes <= reserved());
  LK_ASSERT(((begin - origin_) & (ring_bytes_ - 1)) + bytes <= ring_bytes_);
  // Whoever reserves these places next relies on zeros: for unpublished headers and for padding.
  std::memset(slot(begin), 0, bytes);
  limit_.store(begin + bytes + ring_bytes_, std::memory_order_release);
}

}  // namespace latchkey::storage::tree
