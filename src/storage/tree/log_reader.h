#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "storage/tree/log_format.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// A segment file as recovery found it.
struct LogSegmentInfo {
  std::string path;
  LogEpoch epoch;
  std::uint64_t start = 0;
  std::uint64_t end = 0;  ///< one past the last position it can hold that still counts
  std::uint64_t file_bytes = 0;
  bool used_before = false;  ///< see SegmentHeader
  bool obsolete = false;  ///< holds nothing that counts: an older epoch's, past where it ended, or
                          ///< unreadable and wholly before `start`
};

/// Where the log ends, and all that opening it again needs to know.
struct LogEnd {
  Lsn end{};                ///< everything up to here was read; the log goes on from here
  std::uint64_t epoch = 0;  ///< the highest number seen
  Lsn durable{};            ///< the highest position that a mark called durable
  bool sealed = false;      ///< a mark covers every record, so nothing can be missing behind `end`
  std::uint64_t note = 0;   ///< of marks and headers, see LogOptions::note; the greatest one read
  std::uint64_t record_count = 0;
  std::uint64_t record_bytes = 0;

  /// The torn tail, if there was one: bytes that began or followed a write that never finished.
  std::uint64_t cut_bytes = 0;
  /// Where that began; also if bytes stand there that may as well be what a file's earlier use
  /// left: then nothing is counted.
  std::string cut_file;
  std::uint64_t cut_offset = 0;

  std::vector<LogSegmentInfo> segments;  ///< by start position
  std::vector<std::string> spares;       ///< paths of segments that wait to be used again
  std::vector<std::string> leftovers;    ///< paths of files that a crash left half made
};

struct LogReadOptions {
  std::string directory;
  /// Where to begin: 0 or the end of a frame. Records ending at or before it are not visited.
  Lsn start{};
  /// The log must reach at least here (from the checkpoint); less is Corruption.
  Lsn must_reach{};
  /// Log: it must be there. LogOrNothing: no segments at all is well too (a new database). Nothing:
  /// the checkpoint alone is the newest state (written by a run without a log), so files that are
  /// there are void; the log goes on from `start`.
  enum class Expect : std::uint8_t { Log, LogOrNothing, Nothing };
  Expect expect = Expect::Log;
};

/// Reads the log from `start` to its end and hands each whole record to `visit` with its Lsn.
/// The body's view ends with the call. Changes no file.
///
/// How the end is told from damage. Frames are read in order until one does not verify, at h.
/// Writes that no sync has followed may reach the disk in any order, so a good frame behind h
/// proves nothing by itself. But a mark says up to where the disk had been synced when it was
/// written, and every batch carries one, so:
///   - a mark of the same epoch behind h that speaks of a position past h,
///   - a later epoch (it began where recovery had found the end, which was past h),
///   - a checkpoint that needs more than h (`must_reach`),
/// each prove that h was once whole: Corruption. Otherwise h is the end of what was ever promised:
/// the tail is cut there and counted. A missing or headless segment, or one shorter than it was
/// made, is never the work of a crash (segments are synced before they are named, and named in
/// log-newest only then): Corruption.
///
/// Errors: Corruption naming file, offset and Lsn; IoError; `visit`'s own, which stops the reading.
/// Not told apart: damage to the newest batch, whose mark follows within 50 ms or at the clean
///         stop, looks like a torn tail if it comes before that mark is written.
/// Source: the rule is P-D6 and P-D7 of the reliability rows.
Result<LogEnd> read_log(env::FileSystem& files, const LogReadOptions& options,
                        FunctionRef<Result<void>(Lsn lsn, Bytes body)> visit);

}  // namespace latchkey::storage::tree
