#include "storage/tree/log.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::uint32_t kRingBytesMin = 64u << 10;
constexpr std::uint32_t kRingBytesMax = 1u << 30;
constexpr std::uint32_t kRecordBytesMax = 64u << 10;
constexpr std::uint32_t kPartBytesMax = 256u << 10;
/// One write call at most: writers that wait for the ring go on after each.
constexpr std::uint64_t kWriteBytesMax = 1u << 20;
/// Before a waiter gives up its processor; a place taken is published in a microsecond.
constexpr int kSpinsMax = 200;

void wait_a_little(int& spins) {
  if (++spins < kSpinsMax) {
    __builtin_ia32_pause();
  } else {
    std::this_thread::yield();
  }
}

LogOptions with_whole_segments(LogOptions options) {
  // With segments a multiple of the ring, no frame that fits the ring's end straddles two segments.
  const std::uint64_t ring = options.ring_bytes;
  options.segment_bytes = (std::max(options.segment_bytes, ring) + ring - 1) / ring * ring;
  return options;
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const env::Env& env, const LogOptions& options,
                                       const LogEnd& recovered) {
  if (!std::has_single_bit(options.ring_bytes) || options.ring_bytes < kRingBytesMin ||
      options.ring_bytes > kRingBytesMax) {
    return Error(ErrorCode::InvalidArgument,
                 "the log's ring of " + std::to_string(options.ring_bytes) +
                     " bytes is not a power of two from 64 KiB to 1 GiB");
  }
  const LogEpoch epoch{recovered.epoch + 1, env.random->next()};
  std::unique_ptr<Log> log(new Log(env, with_whole_segments(options), recovered, epoch));
  if (options.durability == Durability::None) {
    log->admit_limit_.store(UINT64_MAX);
    return log;
  }
  LK_CHECK(log->segments_.begin(recovered));
  {
    std::lock_guard lock(log->room_mutex_);
    log->update_admit_limit();
  }
  if (options.threads == LogOptions::Threads::Own) {
    log->flusher_ = std::thread([raw = log.get()] { raw->run_flusher(); });
    log->preparer_ = std::thread([raw = log.get()] { raw->run_preparer(); });
  }
  return log;
}

Log::Log(const env::Env& env, LogOptions options, const LogEnd& recovered, LogEpoch epoch)
    : env_(env),
      options_(std::move(options)),
      segments_(*env.files,
                {options_.directory, options_.segment_bytes, options_.spare_count_max,
                 options_.durability == Durability::Sync, options_.note},
                epoch, value_of(recovered.end)),
      ring_(options_.durability == Durability::None ? kRingBytesMin : options_.ring_bytes,
            value_of(recovered.end), epoch.seed(),
            [this](std::uint64_t end) { make_ring_room(end); }),
      record_bytes_max_(std::min(options_.ring_bytes / 16, kRecordBytesMax)),
      part_bytes_max_(std::min(options_.ring_bytes / 16, kPartBytesMax)),
      written_(value_of(recovered.end)),
      synced_(value_of(recovered.end)),
      content_written_(value_of(recovered.end)),
      content_synced_(value_of(recovered.end)),
      marked_(value_of(recovered.end)),
      told_(value_of(recovered.end)) {
  LK_ASSERT(options_.durability == Durability::None ||
            part_bytes_max_ + kChainBytes <= ring_.body_bytes_max());
}

Log::~Log() { stop_threads(); }

void Log::stop_threads() {
  stopping_.store(true);
  {
    std::lock_guard lock(flusher_mutex_);
    flusher_wakes_.notify_all();
  }
  {
    std::lock_guard lock(room_mutex_);
    preparer_wakes_.notify_all();
    room_moved_.notify_all();
  }
  if (flusher_.joinable()) flusher_.join();
  if (preparer_.joinable()) preparer_.join();
}

Result<void> Log::close() {
  stop_threads();
  if (options_.durability == Durability::None) return {};
  return settle();
}

// Writing to the ring

Reservation Log::reserve_unlogged(std::uint64_t body_bytes) {
  const std::uint64_t bytes = kFrameHeaderBytes + ((body_bytes + 7) & ~std::uint64_t{7});
  const std::uint64_t start = ring_.skip(bytes);
  return {nullptr, Lsn{start + bytes}, start, 0};
}

Result<Lsn> Log::append(std::span<const Bytes> pieces, Purpose purpose) {
  std::uint64_t bytes = 0;
  for (const Bytes piece : pieces) bytes += piece.size();
  LK_ASSERT(bytes > 0);
  if (bytes > record_bytes_max_) {
    LK_TRY(Admission admission, admit_large(bytes, purpose));
    const StagedRecord staged = stage(admission, pieces);
    const Reservation place = reserve(staged);
    publish(place);
    return place.lsn;
  }
  LK_CHECK(admit(bytes, purpose));
  const Reservation place = reserve(static_cast<std::uint32_t>(bytes));
  if (char* to = place.data) {
    for (const Bytes piece : pieces) to = std::copy(piece.begin(), piece.end(), to);
  }
  publish(place);
  return place.lsn;
}

StagedRecord Log::stage(Admission& admission, std::span<const Bytes> pieces) {
  StagedRecord staged;
  for (const Bytes piece : pieces) staged.bytes_ += piece.size();
  if (options_.durability == Durability::None) return staged;
  {
    std::lock_guard lock(room_mutex_);
    staged.log_ = this;
    staged.replay_start_ = ring_.reserved();
    staged_starts_.insert(staged.replay_start_);
  }
  std::uint64_t left = staged.bytes_;
  std::size_t piece_index = 0;
  Bytes piece;
  while (left > 0) {
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, part_bytes_max_));
    const Reservation place = ring_.reserve(FrameKind::Part, kChainBytes + count);
    if (staged.parts_ == 0) staged.chain_ = place.start;
    store(place.data, staged.chain_);
    for (std::uint32_t filled = 0; filled < count;) {
      while (piece.empty()) piece = pieces[piece_index++];
      const auto step = std::min<std::size_t>(piece.size(), count - filled);
      std::memcpy(place.data + kChainBytes + filled, piece.data(), step);
      piece.remove_prefix(step);
      filled += static_cast<std::uint32_t>(step);
    }
    ring_.publish(place);
    ++staged.parts_;
    left -= count;
    const std::uint64_t used = std::min(admission.bytes_, frame_bytes(place.body_bytes()));
    admission.bytes_ -= used;
    return_room(used);
  }
  return staged;
}

Reservation Log::reserve(const StagedRecord& staged) {
  if (options_.durability == Durability::None) return reserve_unlogged(staged.bytes_);
  LK_ASSERT(staged.parts_ > 0);
  const Reservation place = ring_.reserve(FrameKind::Joined, kJoinedBodyBytes);
  store(place.data, staged.chain_);
  store(place.data + 8, staged.bytes_);
  store(place.data + 16, staged.parts_);
  return place;
}

StagedRecord::StagedRecord(StagedRecord&& other) noexcept { *this = std::move(other); }

StagedRecord& StagedRecord::operator=(StagedRecord&& other) noexcept {
  std::swap(log_, other.log_);
  std::swap(chain_, other.chain_);
  std::swap(replay_start_, other.replay_start_);
  std::swap(bytes_, other.bytes_);
  std::swap(parts_, other.parts_);
  return *this;
}

StagedRecord::~StagedRecord() {
  if (log_ == nullptr) return;
  std::lock_guard lock(log_->room_mutex_);
  const auto found = log_->staged_starts_.find(replay_start_);
  LK_ASSERT(found != log_->staged_starts_.end());
  log_->staged_starts_.erase(found);
}

Lsn Log::replay_start() const {
  // Parts reserved after this lock lie behind what reserved() says now; earlier ones are in the
  // set.
  std::lock_guard lock(room_mutex_);
  if (!staged_starts_.empty()) return Lsn{std::min(*staged_starts_.begin(), ring_.reserved())};
  return appended_lsn();
}

// From the ring to the files

void Log::make_ring_room(std::uint64_t end) {
  int spins = 0;
  while (ring_.released() + options_.ring_bytes < end) {
    if (!write_out()) wait_a_little(spins);
  }
}

/// Hands what is published to the OS. Returns whether that was anything.
bool Log::write_out() {
  bool progress = false;
  bool out_of_room = false;
  {
    std::lock_guard lock(write_mutex_);
    const std::uint64_t target = ring_.reserved();
    while (ring_.released() < target) {
      const LogRing::Run run = ring_.published(kWriteBytesMax);
      if (run.bytes.empty()) break;
      if (!sealed()) {
        const std::uint64_t position = written_.load(std::memory_order_relaxed);
        LK_ASSERT(position == ring_.released());
        out_of_room = position + run.bytes.size() > segments_.room_end();
        if (out_of_room) break;
        auto written = segments_.write(position, run.bytes);
        if (written.has_value()) {
          if (run.content_end != 0)
            content_written_.store(run.content_end, std::memory_order_release);
          written_.store(position + run.bytes.size());
          bytes_written_.fetch_add(run.bytes.size(), std::memory_order_relaxed);
        } else {
          seal(written.error());
        }
      }
      // A sealed log goes on swallowing, so that writers in the middle of something come out of it.
      ring_.release(run.bytes.size());
      progress = true;
    }
  }
  if (out_of_room) {
    ask_for_room(written_.load() + kWriteBytesMax);
  } else {
    kick_preparer_if_low();
  }
  return progress;
}

/// Writes out until `position` is written, waiting for places before it that are being filled.
/// Returns false if somebody takes too long over one, or the log is sealed.
bool Log::write_until(std::uint64_t position) {
  int spins = 0;
  while (written_.load(std::memory_order_acquire) < position) {
    if (sealed()) return false;
    if (write_out()) continue;
    if (options_.threads == LogOptions::Threads::Own && spins > 2 * kSpinsMax) return false;
    wait_a_little(spins);
  }
  return true;
}

bool Log::mark_is_due() const {
  return content_synced_.load(std::memory_order_acquire) > marked_.load(std::memory_order_acquire);
}

void Log::append_mark() {
  const std::uint64_t durable = synced_.load(std::memory_order_acquire);
  const Reservation place = ring_.reserve(FrameKind::Mark, kMarkBodyBytes);
  store(place.data, durable);
  store(place.data + 8, options_.note ? options_.note() : 0);
  ring_.publish(place);
  marked_.store(durable, std::memory_order_release);
}

/// One batch: the mark that vouches for the batch before it, everything published by now, a sync.
Result<void> Log::flush() {
  std::lock_guard flush_lock(flush_mutex_);
  if (!sealed() && mark_is_due()) append_mark();
  write_out();
  std::uint64_t target;
  std::uint64_t content;
  {
    std::lock_guard write_lock(write_mutex_);
    target = written_.load(std::memory_order_relaxed);
    content = content_written_.load(std::memory_order_relaxed);
  }
  if (sealed()) return seal_error();
  const std::uint64_t synced = synced_.load(std::memory_order_relaxed);
  LK_ASSERT(synced <= target);
  if (synced == target) return {};
  auto outcome = segments_.sync(synced, target);
  if (!outcome.has_value()) {
    seal(outcome.error());
    return seal_error();
  }
  // A write that failed in the meantime was behind `target`: what is synced is synced.
  content_synced_.store(content, std::memory_order_release);
  synced_.store(target);
  sync_count_.fetch_add(1, std::memory_order_relaxed);
  if (options_.durability == Durability::Interval && mark_is_due() && !sealed()) {
    // Under load the next sync is a while off: the mark goes to the OS now and rides with that one.
    append_mark();
    write_out();
  }
  return {};
}

Result<void> Log::settle() {
  if (options_.durability == Durability::None) return {};
  const std::uint64_t end = ring_.reserved();
  if (!write_until(end) && sealed()) return seal_error();
  LK_CHECK(flush());
  if (mark_is_due() || written_.load() > synced_.load()) LK_CHECK(flush());
  tell_listener_if_due();
  return {};
}

Lsn Log::stable_lsn() const {
  switch (options_.durability) {
    case Durability::Sync:
      return synced_lsn();
    case Durability::Interval:
      return Lsn{written_.load()};
    case Durability::None:
      break;
  }
  return appended_lsn();
}

bool Log::make_stable(Lsn lsn) {
  LK_ASSERT(lsn <= appended_lsn());
  if (lsn <= stable_lsn()) return true;
  if (options_.durability == Durability::Interval && write_until(value_of(lsn))) return true;
  if (options_.threads == LogOptions::Threads::Own) {
    kick_flusher(value_of(lsn));
    // What became stable before the wish was there is told by nobody else.
    return lsn <= stable_lsn();
  }
  if (options_.durability == Durability::Sync && write_until(value_of(lsn))) {
    // An error is the log's own from here on; sealed() tells.
    static_cast<void>(flush().has_value());
  }
  tell_listener_if_due();
  return lsn <= stable_lsn();
}

Result<void> Log::sync_to(Lsn lsn) {
  LK_ASSERT(lsn <= appended_lsn());
  if (options_.durability == Durability::None) return {};
  int spins = 0;
  while (synced_lsn() < lsn) {
    LK_CHECK(flush());
    if (synced_lsn() < lsn) wait_a_little(spins);
  }
  return {};
}

// The flusher

void Log::set_stable_listener(std::function<void()> listener) {
  std::lock_guard lock(flusher_mutex_);
  listener_ = std::move(listener);
}

void Log::tell_listener_if_due() {
  if (!listener_due_.exchange(false)) return;
  std::function<void()> listener;
  {
    std::lock_guard lock(flusher_mutex_);
    listener = listener_;
  }
  if (listener) listener();
}

void Log::kick_flusher(std::uint64_t wanted) {
  std::uint64_t known = wanted_.load(std::memory_order_relaxed);
  while (known < wanted && !wanted_.compare_exchange_weak(known, wanted)) {
  }
  // Sequentially consistent: either this sees the flusher asleep, or that sees the wish and stays
  // up.
  if (flusher_sleeps_.load() && flusher_sleeps_.exchange(false)) {
    std::lock_guard lock(flusher_mutex_);
    flusher_wakes_.notify_one();
  }
}

bool Log::flusher_has_work() const {
  if (listener_due_.load() || stopping_.load()) return true;
  return !sealed() && wanted_.load() > told_.load();
}

void Log::run_flusher() {
  const auto pause =
      std::chrono::milliseconds(std::max<std::int64_t>(1, options_.idle_mark_ms / 2));
  std::int64_t last_sync_us = env_.clock->steady_us();
  int spins = 0;
  while (!stopping_.load()) {
    {
      std::unique_lock lock(flusher_mutex_);
      flusher_sleeps_.store(true);
      if (!flusher_has_work()) flusher_wakes_.wait_for(lock, pause);
      flusher_sleeps_.store(false);
    }
    flush_if_due(last_sync_us);
    const std::uint64_t stable = value_of(stable_lsn());
    if (stable > told_.load()) {
      if (wanted_.load() > told_.load()) listener_due_.store(true);
      told_.store(stable);
      spins = 0;
    } else if (flusher_has_work()) {
      wait_a_little(spins);  // a place before the wanted one is still being filled
    }
    tell_listener_if_due();
  }
}

void Log::flush_if_due(std::int64_t& last_sync_us) {
  if (sealed()) return;
  const std::int64_t now_us = env_.clock->steady_us();
  const std::int64_t since_ms = (now_us - last_sync_us) / 1000;
  const bool unsynced = ring_.reserved() > synced_.load() || mark_is_due();
  bool due = unsynced && since_ms >= options_.sync_interval_ms;
  if (wanted_.load() > value_of(stable_lsn())) {
    if (options_.durability == Durability::Sync) {
      due = true;
    } else {
      write_out();
    }
  } else if (unsynced && since_ms >= options_.idle_mark_ms) {
    // Quiet: at Sync everything goes out; at Interval only the mark, for which no load comes along.
    due = due || options_.durability == Durability::Sync ||
          content_written_.load() == content_synced_.load();
  }
  if (!due) return;
  static_cast<void>(flush().has_value());
  last_sync_us = env_.clock->steady_us();
}

// Sealing

void Log::seal(const Error& cause) {
  {
    std::lock_guard lock(room_mutex_);
    if (seal_error_.has_value()) return;
    seal_error_ = Error(
        ErrorCode::LogSealed,
        "the log is closed to writes until a restart, since its file failed: " + cause.message());
    sealed_.store(true, std::memory_order_release);
    admit_limit_.store(0);
    room_moved_.notify_all();
  }
  listener_due_.store(true);
  kick_flusher(0);
}

Error Log::seal_error() const {
  std::lock_guard lock(room_mutex_);
  LK_ASSERT(seal_error_.has_value());
  return *seal_error_;
}

Result<void> Log::drop_before(Lsn lsn) {
  if (options_.durability == Durability::None) return {};
  if (sealed()) return seal_error();
  auto dropped = segments_.drop_before(std::min(value_of(lsn), value_of(synced_lsn())));
  if (!dropped.has_value() && dropped.error().code() == ErrorCode::LogSealed) {
    seal(dropped.error());
    tell_listener_if_due();
    return seal_error();
  }
  return dropped;
}

Log::Stats Log::stats() const {
  Stats stats;
  stats.syncs = sync_count_.load(std::memory_order_relaxed);
  stats.bytes_written = bytes_written_.load(std::memory_order_relaxed);
  stats.bytes_on_disk = segments_.bytes_on_disk();
  stats.segments = segments_.segment_count();
  return stats;
}

}  // namespace latchkey::storage::tree
