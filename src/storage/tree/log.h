#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "storage/tree/log_format.h"
#include "storage/tree/log_reader.h"
#include "storage/tree/log_ring.h"
#include "storage/tree/log_segments.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

struct LogOptions {
  std::string directory;
  Durability durability = Durability::Sync;
  /// Rounded up to a multiple of ring_bytes. Opening makes one such file.
  std::uint64_t segment_bytes = 64u << 20;
  /// A power of two, at least 64 KiB.
  /// Small enough for a processor's cache: each byte is written, checked, read and zeroed there.
  std::uint32_t ring_bytes = 1u << 20;
  std::uint32_t spare_count_max = 2;
  std::int64_t sync_interval_ms = 100;  ///< Interval: at most this and one sync may be lost
  std::int64_t idle_mark_ms = 30;       ///< a quiet log is marked after at most 1.5 times this
  std::int64_t retry_ms = 1000;         ///< after a full disk
  /// Own: a flusher and a preparer thread. None: for simulation; nothing happens but inside calls,
  /// make_stable writes and syncs before it returns, and admit makes segments.
  enum class Threads : std::uint8_t { Own, None };
  Threads threads = Threads::Own;
  /// Stored in each mark and found again in LogEnd::note: say, the engine's clock, so that it never
  /// goes back over a restart. Called from any thread; null: 0.
  std::function<std::uint64_t()> note;
};

/// What to reserve for: erasing may still go on for a while when writing may not.
enum class Purpose : std::uint8_t { Write, Erase };

class Log;

/// Room on disk that a large record may use; given back when the object goes.
///
/// Threads: one at a time. Ownership: must not outlive the log.
class Admission {
 public:
  Admission() = default;
  Admission(Admission&& other) noexcept;
  Admission& operator=(Admission&& other) noexcept;
  ~Admission();

 private:
  friend class Log;
  Admission(Log* log, std::uint64_t bytes) : log_(log), bytes_(bytes) {}
  Log* log_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// The parts of a large record, in the log already, waiting for the frame that makes them count.
/// Destroyed without that frame they stay void. Must live until the Joined frame is published.
///
/// Threads: one at a time. Ownership: must not outlive the log.
class StagedRecord {
 public:
  StagedRecord() = default;
  StagedRecord(StagedRecord&& other) noexcept;
  StagedRecord& operator=(StagedRecord&& other) noexcept;
  ~StagedRecord();

 private:
  friend class Log;
  Log* log_ = nullptr;
  std::uint64_t chain_ = 0;         ///< position of the first part
  std::uint64_t replay_start_ = 0;  ///< at or before that
  std::uint64_t bytes_ = 0;
  std::uint32_t parts_ = 0;
};

/// The redo log: one stream of records, each named by the Lsn where it ends (log_format.h).
///
/// A write goes: admit (may fail, nothing has happened yet), latch what it changes, reserve (gives
/// its version), apply and fill, publish, unlatch; later make_stable before the reply. From admit's
/// success on nothing can fail for lack of disk.
///
///   durability  stable_lsn() is                 make_stable
///   Sync        synced to the disk              kicks the flusher, returns at once
///   Interval    written to the OS, which is     writes inline; the flusher syncs every 100 ms
///               synced every sync_interval_ms
///   None        reserved; there are no files    nothing to do
///
/// Threads:   any, but for open and close: the owner.
/// Errors:    after the first failed sync or write the log is sealed for good: admit and close say
///            LogSealed, stable_lsn() stands still, nothing is synced again. Reserving and
///            publishing go on without effect, so that a writer half way through is not left
///            hanging.
/// Invariant: durable mark <= synced <= written <= reserved (in positions).
class Log {
 public:
  /// Goes on behind `recovered.end` in a new epoch. With durability None no file is touched.
  /// Requires: the directory is ours alone (env::DirectoryLock).
  static Result<std::unique_ptr<Log>> open(const env::Env& env, const LogOptions& options,
                                           const LogEnd& recovered);
  /// Stops the threads. Writes nothing: what close() did not write is lost, as in a crash.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Writes and syncs everything and marks it durable. Nobody may use the log any more.
  Result<void> close();

  /// Whether one thread may reserve bodies of `bytes` in all before it calls admit again.
  /// May wait while a new segment is being made; not while the disk is full.
  /// Requires: bytes <= record_bytes_max(); at most 16 threads for each MiB of the ring, and 16 in
  ///           any case, between admit and publish: the room kept back for them is the ring's size.
  /// Errors:   LogSealed, DiskFull (or IoError, if it is not space that a new segment lacks), and
  ///           nothing has been applied.
  Result<void> admit(std::uint64_t bytes, Purpose purpose = Purpose::Write) {
    LK_ASSERT(bytes <= record_bytes_max_);
    if (ring_.reserved() + bytes <= admit_limit_.load(std::memory_order_relaxed)) [[likely]]
      return {};
    return admit_slowly(bytes, purpose);
  }

  /// A place for one record. Its Lsn is its version; records become durable in Lsn order.
  /// Requires: admit() of at least as much; 0 < body_bytes <= record_bytes_max(). Waits only for
  /// the ring to be written out. Fill `data` (unless null) and publish without any wait.
  Reservation reserve(std::uint32_t body_bytes) {
    LK_ASSERT(body_bytes > 0);
    if (options_.durability == Durability::None) [[unlikely]]
      return reserve_unlogged(body_bytes);
    return ring_.reserve(FrameKind::Record, body_bytes);
  }
  void publish(const Reservation& place) {
    if (place.data != nullptr) [[likely]]
      ring_.publish(place);
  }
  /// What a record for reserve() may measure, 64 KiB for rings of 1 MiB or more; others are staged.
  std::uint32_t record_bytes_max() const { return record_bytes_max_; }

  /// For records of any size: takes room for a body of `bytes`. Waits while segments are made.
  Result<Admission> admit_large(std::uint64_t bytes, Purpose purpose = Purpose::Write);
  /// Puts the bytes of `pieces`, one after the other, into the log as parts. Waits for the ring to
  /// be written out again and again: hold no latch. Requires: admit_large of as many bytes.
  StagedRecord stage(Admission& admission, std::span<const Bytes> pieces);
  /// A place for the frame that makes the staged parts one record; publish it as it is.
  Reservation reserve(const StagedRecord& staged);

  /// Admits, reserves or stages, and publishes one record made of `pieces`.
  Result<Lsn> append(std::span<const Bytes> pieces, Purpose purpose = Purpose::Write);

  /// The end of the newest reservation.
  Lsn appended_lsn() const { return Lsn{ring_.reserved()}; }
  /// Up to here what the durability promises has happened. See the table above.
  Lsn stable_lsn() const;
  /// Everything up to here is on stable storage (at None: nothing is, and this is where it opened).
  Lsn synced_lsn() const { return Lsn{synced_.load()}; }
  /// True if `lsn` is stable; else it is on its way or the log is sealed; the listener will tell.
  bool make_stable(Lsn lsn);
  /// Waits until `lsn` is on stable storage, whatever the durability (a checkpoint needs it so).
  /// Errors: LogSealed. At None: at once.
  Result<void> sync_to(Lsn lsn);
  /// Called from the flusher (Threads::None: from the call that did it) after stable_lsn() moved on
  /// someone's wish or the log was sealed. Set once, before the first write.
  void set_stable_listener(std::function<void()> listener);

  /// Ends writing for good. For a failed sync of anything beside the log: after that the disk is
  /// not to be believed.
  void seal(const Error& cause);
  bool sealed() const { return sealed_.load(std::memory_order_acquire); }
  /// Why; LogSealed with the text of the failure. Requires: sealed().
  Error seal_error() const;
  /// The next segment could not be made; tried again every retry_ms.
  bool disk_full() const { return disk_full_.load(std::memory_order_relaxed); }

  /// Where replay must begin for everything that is published from now on to be whole:
  /// appended_lsn(), or before it if a large record is on its way. A checkpoint begins here.
  Lsn replay_start() const;
  /// Removes or recycles the segments that end at or before `lsn`, as far as they are synced; gone
  /// for good when it returns. Seals the log if the directory cannot be synced.
  Result<void> drop_before(Lsn lsn);

  /// Threads::None: what the flusher does after a pause: writes, syncs and marks all there is.
  Result<void> settle();

  struct Stats {
    std::uint64_t syncs = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t bytes_on_disk = 0;
    std::uint64_t segments = 0;
  };
  Stats stats() const;

 private:
  friend class Admission;
  friend class StagedRecord;

  Log(const env::Env& env, LogOptions options, const LogEnd& recovered, LogEpoch epoch);

  Reservation reserve_unlogged(std::uint64_t body_bytes);
  Result<void> admit_slowly(std::uint64_t bytes, Purpose purpose);
  Result<void> wait_for_room(std::uint64_t bytes, Purpose purpose,
                             std::unique_lock<std::mutex>& lock);
  std::uint64_t room_kept_back(Purpose purpose) const;
  std::uint64_t staged_room(std::uint64_t body_bytes) const;
  void update_admit_limit();
  void return_room(std::uint64_t bytes);
  bool room_is_low() const;
  void kick_preparer_if_low();
  void ask_for_room(std::uint64_t position);
  bool make_segment();
  void run_preparer();

  void make_ring_room(std::uint64_t end);
  bool write_out();
  bool write_until(std::uint64_t position);
  Result<void> flush();
  bool mark_is_due() const;
  void append_mark();
  void run_flusher();
  void flush_if_due(std::int64_t& last_sync_us);
  bool flusher_has_work() const;
  void kick_flusher(std::uint64_t wanted);
  void tell_listener_if_due();
  void stop_threads();

  const env::Env env_;
  const LogOptions options_;
  LogSegments segments_;
  LogRing ring_;
  const std::uint32_t record_bytes_max_;
  const std::uint32_t part_bytes_max_;

  /// Writers look at these two for every record; they seldom change.
  alignas(64) std::atomic<std::uint64_t> admit_limit_{0};
  std::atomic<bool> sealed_{false};

  alignas(64) std::atomic<std::uint64_t> written_;
  std::atomic<std::uint64_t> synced_;
  std::atomic<std::uint64_t> content_written_;  ///< where the last frame before written_ ends that
                                                ///< is a record or part of one
  std::atomic<std::uint64_t> content_synced_;
  std::atomic<std::uint64_t> marked_;  ///< what the newest mark calls durable
  std::atomic<std::uint64_t> bytes_written_{0};
  std::atomic<std::uint64_t> sync_count_{0};

  // Taken in this order: flush, write, then room or flusher, which are never held together.
  std::mutex flush_mutex_;  ///< one sync at a time
  std::mutex write_mutex_;  ///< one writer of the files at a time

  std::mutex flusher_mutex_;  ///< for the flusher's sleep only
  std::condition_variable flusher_wakes_;
  std::atomic<bool> flusher_sleeps_{false};
  std::atomic<std::uint64_t> wanted_{0};  ///< what somebody wants stable
  std::atomic<std::uint64_t> told_;       ///< what was stable when the listener's turn last came
  std::atomic<bool> listener_due_{false};
  std::function<void()> listener_;

  std::mutex prepare_mutex_;  ///< one segment is made at a time; taken before all others
  mutable std::mutex room_mutex_;
  std::condition_variable room_moved_;
  std::condition_variable preparer_wakes_;
  std::atomic<bool> preparer_kicked_{false};
  std::atomic<bool> disk_full_{false};
  std::uint64_t room_wanted_ = 0;    ///< a position up to which somebody waits for room
  std::uint64_t room_promised_ = 0;  ///< to Admissions, not yet used
  std::optional<Error> room_error_;
  std::optional<Error> seal_error_;
  std::multiset<std::uint64_t> staged_starts_;

  std::atomic<bool> stopping_{false};
  std::thread flusher_;
  std::thread preparer_;
};

}  // namespace latchkey::storage::tree
