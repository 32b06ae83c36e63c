#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "env/env.h"
#include "latchkey/result.h"

namespace latchkey::storage::tree {

/// The newest segment of the log, by its header.
struct NewestSegment {
  std::uint64_t epoch = 0;
  std::uint64_t start = 0;
};

/// The file `log-newest`, which names the newest segment that may hold records: a log whose last
/// segments are gone would else look like one that ends earlier. A line of text, alternately at
/// offset 0 and at 4096, so that a torn write leaves the line before it:
///
///   newest segment 00000000000000000384 of epoch 00000000000000000003 2c1d7a3f
///
/// The last word is the CRC-32C of what stands before it. What it says is a lower bound, so a line
/// that is lost or damaged costs the check and nothing else.
inline constexpr std::string_view kNewestName = "log-newest";

/// The greater of the lines that are whole; nothing if there is none.
Result<std::optional<NewestSegment>> read_newest_segment(env::FileSystem& files,
                                                         const std::string& directory);

/// Threads: one at a time.
/// Errors:  DiskFull and IoError; LogSealed for a failed sync.
class NewestSegmentFile {
 public:
  /// Makes the file if it is missing; its name is durable with the next sync of the directory.
  static Result<NewestSegmentFile> open(env::FileSystem& files, const std::string& directory);
  /// Durable when it returns. Requires: the segment is, with its name.
  Result<void> write(const NewestSegment& segment);

 private:
  NewestSegmentFile(std::unique_ptr<env::File> file, int next_slot)
      : file_(std::move(file)), next_slot_(next_slot) {}
  std::unique_ptr<env::File> file_;
  int next_slot_;  ///< the one that holds nothing, or the older line
};

}  // namespace latchkey::storage::tree
