#include "doors/net/output.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::net {

bool Output::try_grow(std::size_t count) {
  return buffer_.size() + count <= bytes_max_ && buffer_.try_reserve(count);
}

char* Output::room_slow(std::size_t count) {
  LK_ASSERT(count <= BufferPool::kSinkBytes);
  if (!overflowed_ && try_grow(count)) return buffer_.free_begin();
  overflow();
  return pool_.sink();
}

void Output::append_slow(Bytes bytes) {
  if (overflowed_) return;
  // A little more than asked: the two bytes after a large value must not double its buffer.
  if (!try_grow(bytes.size() + BufferPool::kSinkBytes)) {
    overflow();
    return;
  }
  std::memcpy(buffer_.free_begin(), bytes.data(), bytes.size());
  buffer_.commit(bytes.size());
}

void Output::overflow() {
  if (overflowed_) return;
  drop();
  overflowed_ = true;
}

void Output::drop() {
  buffer_.release();
  stretches_.clear();
  sent_bytes_ = released_end_ = covered_end_;
}

void Output::rewind(std::size_t mark) {
  if (overflowed_) return;
  buffer_.truncate(mark);
}

void Output::insert(std::size_t mark, Bytes bytes) {
  if (overflowed_) return;
  if (buffer_.size() + bytes.size() > bytes_max_ || !buffer_.try_insert(mark, bytes)) overflow();
}

void Output::depend(storage::Lsn version) {
  const std::uint64_t end = sent_bytes_ + buffer_.size();
  if (end == covered_end_ || overflowed_) return;
  covered_end_ = end;
  if (version == storage::Lsn{0} && !holds()) {
    released_end_ = end;
    return;
  }
  // What follows a held stretch waits with it, whatever it depends on itself.
  if (holds() && (stretches_.back().version >= version || stretches_.size() >= kStretchesMax)) {
    stretches_.back().end = end;
    stretches_.back().version = std::max(stretches_.back().version, version);
    return;
  }
  stretches_.push_back({end, version});
}

Bytes Output::sendable(storage::Lsn stable) {
  std::size_t stable_count = 0;
  while (stable_count < stretches_.size() && stretches_[stable_count].version <= stable) {
    released_end_ = stretches_[stable_count++].end;
  }
  stretches_.erase(stretches_.begin(),
                   stretches_.begin() + static_cast<std::ptrdiff_t>(stable_count));
  return buffer_.view().substr(0, released_end_ - sent_bytes_);
}

void Output::sent(std::size_t count) {
  LK_ASSERT(count <= released_end_ - sent_bytes_);
  buffer_.consume(count);
  sent_bytes_ += count;
}

}  // namespace latchkey::net
