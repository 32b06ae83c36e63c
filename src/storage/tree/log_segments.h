#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "latchkey/result.h"
#include "storage/tree/log_format.h"
#include "storage/tree/log_newest.h"
#include "storage/tree/log_reader.h"

namespace latchkey::storage::tree {

/// The log's files: made ready before they are needed, written, synced, and used again.
///
/// A segment is allocated, filled with zeros and synced under another name, renamed and the
/// directory synced, all before the first byte of the log goes into it. So writes into it meet no
/// full disk, and syncing them changes no metadata. A log that is seldom synced does without the
/// zeros, which cost more than what they save there: allocated space reads as zeros anyway.
///
/// Threads:   write from one at a time, sync from one at a time, beside each other; prepare_next
///            from one at a time; drop_before and the figures from any.
/// Ownership: borrows the file system; owns the open files.
/// Errors:    DiskFull, from prepare_next only, which leaves nothing behind; IoError; LogSealed for
///            a failed sync of any file or of the directory: nothing may be synced again.
/// Invariant: [origin, room_end) is covered by ready segments without a gap.
class LogSegments {
 public:
  struct Options {
    std::string directory;
    std::uint64_t segment_bytes;
    std::uint32_t spare_count_max;
    bool writes_zeros;
    std::function<std::uint64_t()> note;  ///< for the headers; null: 0
  };
  LogSegments(env::FileSystem& files, Options options, LogEpoch epoch, std::uint64_t origin);

  /// Makes what was recovered safe to build upon, makes the first segment ready, and only then puts
  /// void segments away: at any moment a crash leaves a log. To be called once, before all else.
  Result<void> begin(const LogEnd& recovered);

  /// Makes the segment at room_end() ready.
  Result<void> prepare_next();
  /// Positions below this have room on disk.
  std::uint64_t room_end() const { return room_end_.load(std::memory_order_acquire); }

  /// Requires: position + bytes.size() <= room_end().
  Result<void> write(std::uint64_t position, Bytes bytes);
  /// Syncs every file that holds bytes of [from, to); files wholly below `to` are then closed.
  Result<void> sync(std::uint64_t from, std::uint64_t to);

  /// Takes away, for good when it returns, every segment that ends at or before `position`.
  /// Requires: all up to `position` is synced.
  Result<void> drop_before(std::uint64_t position);

  std::uint64_t bytes_on_disk() const;
  std::uint64_t segment_count() const;

 private:
  struct Active {
    std::uint64_t start;
    std::shared_ptr<env::File> file;
  };
  struct Retained {
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t file_bytes;
  };

  Result<void> adopt(const LogEnd& recovered);
  Result<void> adopt_spare(const std::string& path);
  Result<void> make_durable(const LogSegmentInfo& segment, std::uint64_t durable);
  Result<void> put_away_void(const LogEnd& recovered);
  Active file_at(std::uint64_t position) const;
  std::string path_of(std::string_view name) const;
  Result<std::string> create_empty();
  Result<void> write_zeros(env::File& file);
  std::string take_spare();
  Result<void> make_ready(const std::string& unnamed, const SegmentHeader& header);
  Result<void> put_away(const std::string& path, std::uint64_t file_bytes,
                        std::vector<std::string>& new_spares);
  Result<void> sync_directory();

  env::FileSystem& files_;
  const Options options_;
  const LogEpoch epoch_;
  const std::uint64_t file_bytes_;
  std::atomic<std::uint64_t> room_end_;
  std::optional<NewestSegmentFile> newest_;  ///< from begin() on

  mutable std::mutex mutex_;
  std::deque<Active> active_;       ///< open: from the oldest unsynced byte to the newest segment
  std::vector<Retained> retained_;  ///< every file with a segment name, by start
  std::vector<std::string> spares_;
  std::uint64_t spare_number_ = 0;
};

}  // namespace latchkey::storage::tree
