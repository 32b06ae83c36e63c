#include "storage/tree/log_format.h"

#include <charconv>

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::string_view kSegmentMagic = "LKLOGSEG";
constexpr std::string_view kSegmentPrefix = "log-";
constexpr std::string_view kSparePrefix = "spare-";
constexpr std::size_t kNameDigits = 20;

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kChecksumAt = 12;
constexpr std::size_t kEpochAt = 16;
constexpr std::size_t kSaltAt = 24;
constexpr std::size_t kStartAt = 32;
constexpr std::size_t kSegmentBytesAt = 40;
constexpr std::size_t kNoteAt = 48;
constexpr std::size_t kUsedBeforeAt = 56;

/// With the checksum field as if it were zero.
std::uint32_t header_checksum(Bytes block) {
  static constexpr char kZeros[4] = {};
  std::uint32_t checksum = crc32c(block.data(), kChecksumAt);
  checksum = crc32c_extend(checksum, kZeros, sizeof kZeros);
  return crc32c_extend(checksum, block.data() + kEpochAt, block.size() - kEpochAt);
}

}  // namespace

std::string numbered_name(std::string_view prefix, std::uint64_t number) {
  const std::string digits = std::to_string(number);
  LK_ASSERT(digits.size() <= kNameDigits);
  std::string name(prefix);
  name.append(kNameDigits - digits.size(), '0').append(digits);
  return name;
}

std::optional<std::uint64_t> parse_numbered_name(std::string_view prefix, std::string_view name) {
  if (name.size() != prefix.size() + kNameDigits || !name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t number;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::string encode_segment_header(const SegmentHeader& header) {
  std::string block(kSegmentHeaderBytes, '\0');
  block.replace(0, kSegmentMagic.size(), kSegmentMagic);
  store(block.data() + kVersionAt, kLogFormatVersion);
  store(block.data() + kEpochAt, header.epoch.number);
  store(block.data() + kSaltAt, header.epoch.salt);
  store(block.data() + kStartAt, header.start);
  store(block.data() + kSegmentBytesAt, header.segment_bytes);
  store(block.data() + kNoteAt, header.note);
  block[kUsedBeforeAt] = header.used_before ? 1 : 0;
  store(block.data() + kChecksumAt, header_checksum(block));
  return block;
}

std::optional<SegmentHeader> decode_segment_header(Bytes block, std::string_view& why) {
  const auto refuse = [&why](std::string_view reason) {
    why = reason;
    return std::nullopt;
  };
  if (block.size() != kSegmentHeaderBytes) return refuse("the file is shorter than its header");
  if (!block.starts_with(kSegmentMagic))
    return refuse("the header does not begin with the log's mark");
  if (load<std::uint32_t>(block.data() + kChecksumAt) != header_checksum(block)) {
    return refuse("the header fails its checksum");
  }
  if (load<std::uint32_t>(block.data() + kVersionAt) != kLogFormatVersion) {
    return refuse("the header is of another format version");
  }
  SegmentHeader header;
  header.epoch.number = load<std::uint64_t>(block.data() + kEpochAt);
  header.epoch.salt = load<std::uint64_t>(block.data() + kSaltAt);
  header.start = load<std::uint64_t>(block.data() + kStartAt);
  header.segment_bytes = load<std::uint64_t>(block.data() + kSegmentBytesAt);
  header.note = load<std::uint64_t>(block.data() + kNoteAt);
  header.used_before = block[kUsedBeforeAt] != 0;
  const bool aligned = header.start % 8 == 0 && header.segment_bytes % 8 == 0;
  // The bound keeps every later sum of positions and offsets far from wrapping.
  constexpr std::uint64_t kPositionMax = std::uint64_t{1} << 62;
  if (!aligned || header.segment_bytes == 0 || header.start > kPositionMax ||
      header.segment_bytes > kPositionMax) {
    return refuse("the header's positions make no sense");
  }
  return header;
}

std::string segment_name(std::uint64_t start) { return numbered_name(kSegmentPrefix, start); }
std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  return parse_numbered_name(kSegmentPrefix, name);
}
std::string spare_name(std::uint64_t number) { return numbered_name(kSparePrefix, number); }
std::optional<std::uint64_t> parse_spare_name(std::string_view name) {
  return parse_numbered_name(kSparePrefix, name);
}

}  // namespace latchkey::storage::tree
