#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "storage/tree/log_format.h"

namespace latchkey::storage::tree {

/// One segment file, seen through a buffer that moves forward, and its frames, verified.
///
/// Threads:   one at a time.
/// Ownership: owns the open file; views end with the next call.
/// Errors:    IoError, and Corruption when the file ends before `end`.
class LogWindow {
 public:
  /// Frames lie in [start, end) of the stream, for which `path` is the file.
  struct Segment {
    std::string path;
    LogEpoch epoch;
    std::uint64_t start;
    std::uint64_t end;
  };
  static Result<std::unique_ptr<LogWindow>> open(env::FileSystem& files, const Segment& segment);

  const Segment& segment() const { return segment_; }
  std::uint64_t offset_of(std::uint64_t position) const {
    return kSegmentHeaderBytes + position - segment_.start;
  }

  /// Exactly the bytes [position, position + count). Requires: they lie in the segment; at most 2
  /// MiB.
  Result<Bytes> bytes_at(std::uint64_t position, std::uint64_t count);

  struct Frame {
    FrameKind kind{};
    Bytes body;
    std::uint64_t bytes = 0;      ///< with header and padding
    const char* fault = nullptr;  ///< why this is not a frame; then nothing else is set
  };
  /// The frame that begins at `position`, checked in every byte. Requires: position < end, aligned.
  Result<Frame> frame_at(std::uint64_t position);

 private:
  LogWindow(Segment segment, std::unique_ptr<env::File> file);

  const Segment segment_;
  const std::uint32_t epoch_seed_;
  std::unique_ptr<env::File> file_;
  std::string buffer_;
  std::uint64_t buffer_start_ = 0;  ///< position of the first byte in buffer_
};

/// Whether a body of `kind` can have this length at all.
bool frame_body_is_sane(FrameKind kind, std::uint32_t body_bytes);

}  // namespace latchkey::storage::tree
