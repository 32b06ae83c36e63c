#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "storage/tree/checkpoint_file.h"

/// What the writer and the reader of checkpoint files share. The shapes stand in checkpoint_file.h.
namespace latchkey::storage::tree::checkpoint {

inline constexpr std::uint32_t kHeaderBytes = 128;
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint32_t kBlockHeaderBytes = 12;
inline constexpr std::uint32_t kLastPayloadBytes = 24;

/// Records are gathered to blocks of this; a longer value gets blocks of its own.
inline constexpr std::uint32_t kRecordsBytes = 64u << 10;
inline constexpr std::uint32_t kPieceBytesMax = 1u << 20;
/// No payload is longer: a Records block holds its aim, one more record and no more.
inline constexpr std::uint32_t kPayloadBytesMax = 4u << 20;
inline constexpr std::uint32_t kKeyBytesMax = 1u << 20;

enum BlockKind : std::uint8_t { kTree = 1, kRecords = 2, kLarge = 3, kPiece = 4, kLast = 5 };
inline constexpr unsigned char kDeadlineFlag = 0x40;

struct Header {
  CheckpointInfo info;
  std::uint64_t file_id = 0;
  std::uint64_t file_bytes = 0;
};
std::string encode_header(const Header& header);
/// Nothing if the bytes are not a whole, unharmed header; `version` is then the one they claim, if
/// that is the only fault, and else 0.
std::optional<Header> decode_header(Bytes block, std::uint32_t& version);

/// What a block's checksum begins from: it holds at one place of one file only.
inline std::uint32_t block_seed(std::uint64_t file_id, std::uint64_t offset) {
  return crc32c_extend64(crc32c_extend64(0, file_id), offset);
}

inline constexpr std::string_view kNamePrefix = "checkpoint-";
inline constexpr std::string_view kUnfinishedPrefix = "unfinished-checkpoint-";

}  // namespace latchkey::storage::tree::checkpoint
