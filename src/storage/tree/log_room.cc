// The part of Log that sees to room on disk before it is needed: admission and the preparer.

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "storage/tree/log.h"

namespace latchkey::storage::tree {

/// What writers that are admitted but have not reserved yet may still need, with marks and filler.
/// Erasing may go further, so that a full disk can be got out of.
std::uint64_t Log::room_kept_back(Purpose purpose) const {
  const std::uint64_t ring = options_.ring_bytes;
  return purpose == Purpose::Erase ? ring : ring + ring / 4;
}

/// Caller holds room_mutex_.
void Log::update_admit_limit() {
  const std::uint64_t kept = room_kept_back(Purpose::Write) + room_promised_;
  const std::uint64_t room_end = segments_.room_end();
  admit_limit_.store(sealed() || room_end < kept ? 0 : room_end - kept, std::memory_order_relaxed);
}

Result<void> Log::admit_slowly(std::uint64_t bytes, Purpose purpose) {
  std::unique_lock lock(room_mutex_);
  return wait_for_room(bytes, purpose, lock);
}

Result<void> Log::wait_for_room(std::uint64_t bytes, Purpose purpose,
                                std::unique_lock<std::mutex>& lock) {
  for (;;) {
    if (seal_error_.has_value()) return *seal_error_;
    const std::uint64_t needed =
        ring_.reserved() + bytes + room_kept_back(purpose) + room_promised_;
    if (needed <= segments_.room_end()) return {};
    if (options_.threads == LogOptions::Threads::None) {
      lock.unlock();
      const bool made = make_segment();
      lock.lock();
      if (made) continue;
    }
    if (seal_error_.has_value()) return *seal_error_;
    if (disk_full_.load()) {
      return Error(room_error_->code(),
                   "the write was not applied, as the log cannot grow: " + room_error_->message() +
                       "; writes go on by themselves once it can");
    }
    if (stopping_.load()) return Error(ErrorCode::ShuttingDown);
    room_wanted_ = std::max(room_wanted_, needed);
    preparer_wakes_.notify_all();
    room_moved_.wait(lock);
  }
}

/// What a body of `body_bytes` takes at most: its parts, the frame that joins them, and the filler
/// at each end of the ring that it passes.
std::uint64_t Log::staged_room(std::uint64_t body_bytes) const {
  const std::uint64_t part = frame_bytes(kChainBytes + part_bytes_max_);
  const std::uint64_t parts = body_bytes / part_bytes_max_ + 1;
  const std::uint64_t framed =
      parts * (part - part_bytes_max_) + body_bytes + frame_bytes(kJoinedBodyBytes);
  return framed + (framed / options_.ring_bytes + 2) * 2 * part;
}

Result<Admission> Log::admit_large(std::uint64_t bytes, Purpose purpose) {
  if (options_.durability == Durability::None) return Admission();
  const std::uint64_t room = staged_room(bytes);
  std::unique_lock lock(room_mutex_);
  LK_CHECK(wait_for_room(room, purpose, lock));
  room_promised_ += room;
  update_admit_limit();
  return Admission(this, room);
}

void Log::return_room(std::uint64_t bytes) {
  std::lock_guard lock(room_mutex_);
  LK_ASSERT(bytes <= room_promised_);
  room_promised_ -= bytes;
  update_admit_limit();
  room_moved_.notify_all();
}

Admission::Admission(Admission&& other) noexcept { *this = std::move(other); }

Admission& Admission::operator=(Admission&& other) noexcept {
  std::swap(log_, other.log_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Admission::~Admission() {
  if (log_ != nullptr) log_->return_room(bytes_);
}

bool Log::room_is_low() const {
  const std::uint64_t wish = options_.segment_bytes / 2 + room_kept_back(Purpose::Write);
  return segments_.room_end() < ring_.reserved() + wish;
}

void Log::kick_preparer_if_low() {
  if (options_.threads == LogOptions::Threads::None || !room_is_low() ||
      preparer_kicked_.exchange(true))
    return;
  std::lock_guard lock(room_mutex_);
  preparer_wakes_.notify_all();
}

/// For the case that more was reserved than admitted: writing waits until there is room.
void Log::ask_for_room(std::uint64_t position) {
  if (options_.threads == LogOptions::Threads::None || stopping_.load()) {
    make_segment();
    return;
  }
  std::lock_guard lock(room_mutex_);
  room_wanted_ = std::max(room_wanted_, position);
  preparer_wakes_.notify_all();
}

/// Returns false when it could not be made, and room_error_ or seal_error_ says why.
bool Log::make_segment() {
  std::lock_guard prepare_lock(prepare_mutex_);
  if (sealed()) return false;
  auto made = segments_.prepare_next();
  if (!made.has_value() && made.error().code() == ErrorCode::LogSealed) {
    seal(made.error());
    return false;
  }
  std::lock_guard lock(room_mutex_);
  disk_full_.store(!made.has_value());
  if (!made.has_value()) {
    room_error_ = std::move(made).error();
    room_wanted_ = 0;
  }
  update_admit_limit();
  room_moved_.notify_all();
  return !disk_full_.load();
}

void Log::run_preparer() {
  const std::chrono::milliseconds retry(std::max<std::int64_t>(1, options_.retry_ms));
  std::unique_lock lock(room_mutex_);
  while (!stopping_.load()) {
    preparer_kicked_.store(false);
    const bool needed = room_is_low() || room_wanted_ > segments_.room_end();
    if (!needed || sealed()) {
      disk_full_.store(false);
      preparer_wakes_.wait(lock);
      continue;
    }
    lock.unlock();
    const bool made = make_segment();
    lock.lock();
    if (!made) preparer_wakes_.wait_for(lock, retry, [this] { return stopping_.load(); });
  }
}

}  // namespace latchkey::storage::tree
