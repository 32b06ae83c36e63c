#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// The shapes of the log's bytes. Integers are little-endian.
///
/// The log is one stream of frames. A position is a byte offset in that stream; an Lsn is the
/// position where a frame ends. The stream lies in segment files, `log-<start position, 20
/// digits>`: a header block, then `segment_bytes` bytes of stream. Frames never straddle two
/// segments.
///
///   log-00000000000000000000        log-00000000000067108864
///   [header | frame | frame | filler] [header | frame | mark | zeros or stale bytes ... ]
///           ^ position 0                      ^ position 67108864
///
/// An epoch is the time between two openings of the log. Each opening starts a new segment right
/// behind the recovered end, with a new epoch; what an older epoch wrote past that point is void.

/// A frame: eight bytes of header, the body, zeros up to a multiple of eight bytes.
///
///   offset  bytes  field     meaning
///        0      4  checksum  CRC-32C of `word` and body, begun from epoch, salt and position
///        4      4  word      kind in the top 8 bits, body length in the low 24
///        8      n  body      by kind, see FrameKind
///      8+n    0-7  padding   zero
///
/// A word of zero is never a frame, so neither is a run of zero bytes. Stale bytes of a recycled
/// segment are never a frame, since the checksum begins from another epoch or position.
inline constexpr std::uint32_t kFrameHeaderBytes = 8;
inline constexpr std::uint32_t kFrameBodyBytesMax = 1u << 20;

enum class FrameKind : std::uint8_t {
  Record = 1,  ///< body: one record, see log_record.h
  Part = 2,    ///< body: u64 chain, then a piece of a record that its Joined frame completes
  Joined = 3,  ///< body: u64 chain, u64 bytes in its parts, u32 parts: the parts are one record
  Mark = 4,    ///< body: u64 position up to which all was on stable storage, u64 note
  Filler = 5,  ///< body: zeros, so that the next frame begins at a boundary
};
inline constexpr std::uint32_t kChainBytes = 8;
inline constexpr std::uint32_t kJoinedBodyBytes = 20;
inline constexpr std::uint32_t kMarkBodyBytes = 16;

constexpr std::uint32_t frame_word(FrameKind kind, std::uint32_t body_bytes) {
  return static_cast<std::uint32_t>(kind) << 24 | body_bytes;
}
constexpr std::uint32_t frame_body_bytes(std::uint32_t word) { return word & 0xffffff; }
constexpr std::uint8_t frame_kind_number(std::uint32_t word) {
  return static_cast<std::uint8_t>(word >> 24);
}
constexpr bool frame_word_is_sane(std::uint32_t word) {
  return frame_kind_number(word) >= 1 && frame_kind_number(word) <= 5 &&
         frame_body_bytes(word) <= kFrameBodyBytesMax;
}
/// Header, body and padding.
constexpr std::uint64_t frame_bytes(std::uint32_t body_bytes) {
  return kFrameHeaderBytes + ((std::uint64_t{body_bytes} + 7) & ~std::uint64_t{7});
}

/// What the checksums of one epoch begin from. The salt is random, so that no client can put bytes
/// into a value that pass for a frame, and no number used twice can bring stale bytes back.
struct LogEpoch {
  std::uint64_t number = 0;
  std::uint64_t salt = 0;

  std::uint32_t seed() const { return crc32c_extend64(crc32c_extend64(0, number), salt); }
};

inline std::uint32_t frame_checksum(std::uint32_t epoch_seed, std::uint64_t position,
                                    std::uint32_t word, const char* body) {
  const std::uint32_t bound = crc32c_extend64(crc32c_extend64(epoch_seed, position), word);
  return crc32c_extend(bound, body, frame_body_bytes(word));
}

/// The first block of a segment file.
///
///   offset  bytes  field           meaning
///        0      8  magic           "LKLOGSEG"
///        8      4  format_version  1
///       12      4  checksum        CRC-32C of the block with this field zero
///       16      8  epoch           number, counts up with each opening
///       24      8  salt            random, one per epoch
///       32      8  start           position of the first byte behind this block
///       40      8  segment_bytes   bytes of stream that the file has room for
///       48      8  note            as in a Mark, of when the segment was made
///       56      1  used_before     1: the file held another segment, whose bytes may still stand
///       57   4039  zeros
struct SegmentHeader {
  LogEpoch epoch;
  std::uint64_t start = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t note = 0;
  bool used_before = false;
};
inline constexpr std::uint32_t kSegmentHeaderBytes = 4096;
inline constexpr std::uint32_t kLogFormatVersion = 1;

/// The block's kSegmentHeaderBytes bytes.
std::string encode_segment_header(const SegmentHeader& header);
/// Nothing if the block is not a whole, unharmed header of this format version; `why` says why.
std::optional<SegmentHeader> decode_segment_header(Bytes block, std::string_view& why);

/// File names of a prefix and 20 digits, which sort as their numbers do.
std::string numbered_name(std::string_view prefix, std::uint64_t number);
/// The number; nothing for a name of any other shape.
std::optional<std::uint64_t> parse_numbered_name(std::string_view prefix, std::string_view name);

std::string segment_name(std::uint64_t start);
/// The start position in a segment's file name; nothing for any other name.
std::optional<std::uint64_t> parse_segment_name(std::string_view name);

/// Segments that are no longer needed and wait to be used again: `spare-<20 digits>`.
std::string spare_name(std::uint64_t number);
std::optional<std::uint64_t> parse_spare_name(std::string_view name);

/// A segment that is being made ready; void after a crash.
inline constexpr std::string_view kUnfinishedSegmentName = "log-unfinished";

}  // namespace latchkey::storage::tree
