#include "storage/tree/checkpoint_file.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/tree/checkpoint_file_format.h"
#include "storage/tree/log_format.h"

namespace latchkey::storage::tree {

namespace checkpoint {

namespace {

constexpr std::string_view kMagic = "LKCHKPNT";
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kChecksumAt = 12;
constexpr std::size_t kFileIdAt = 16;
constexpr std::size_t kStartAt = 24;
constexpr std::size_t kEndAt = 32;
constexpr std::size_t kFileBytesAt = 40;
constexpr std::size_t kClockAt = 48;
constexpr std::size_t kNextTreeAt = 56;
constexpr std::size_t kCleanAt = 60;

std::uint32_t header_checksum(Bytes block) {
  static constexpr char kZeros[4] = {};
  std::uint32_t checksum = crc32c(block.data(), kChecksumAt);
  checksum = crc32c_extend(checksum, kZeros, sizeof kZeros);
  return crc32c_extend(checksum, block.data() + kFileIdAt, block.size() - kFileIdAt);
}

}  // namespace

std::string encode_header(const Header& header) {
  std::string block(kHeaderBytes, '\0');
  block.replace(0, kMagic.size(), kMagic);
  store(block.data() + kVersionAt, kFormatVersion);
  store(block.data() + kFileIdAt, header.file_id);
  store(block.data() + kStartAt, value_of(header.info.start));
  store(block.data() + kEndAt, value_of(header.info.end));
  store(block.data() + kFileBytesAt, header.file_bytes);
  store(block.data() + kClockAt, header.info.clock_ms);
  store(block.data() + kNextTreeAt, value_of(header.info.next_tree));
  block[kCleanAt] = header.info.clean ? 1 : 0;
  store(block.data() + kChecksumAt, header_checksum(block));
  return block;
}

std::optional<Header> decode_header(Bytes block, std::uint32_t& version) {
  version = 0;
  if (block.size() != kHeaderBytes || !block.starts_with(kMagic)) return std::nullopt;
  if (load<std::uint32_t>(block.data() + kChecksumAt) != header_checksum(block))
    return std::nullopt;
  version = load<std::uint32_t>(block.data() + kVersionAt);
  if (version != kFormatVersion) return std::nullopt;
  Header header;
  header.file_id = load<std::uint64_t>(block.data() + kFileIdAt);
  header.info.start = Lsn{load<std::uint64_t>(block.data() + kStartAt)};
  header.info.end = Lsn{load<std::uint64_t>(block.data() + kEndAt)};
  header.file_bytes = load<std::uint64_t>(block.data() + kFileBytesAt);
  header.info.clock_ms = load<std::int64_t>(block.data() + kClockAt);
  header.info.next_tree = TreeId{load<std::uint32_t>(block.data() + kNextTreeAt)};
  header.info.clean = block[kCleanAt] != 0;
  return header;
}

}  // namespace checkpoint

std::string checkpoint_name(Lsn start) {
  return numbered_name(checkpoint::kNamePrefix, value_of(start));
}

Result<std::vector<CheckpointEntry>> list_checkpoints(env::FileSystem& files,
                                                      const std::string& directory) {
  LK_TRY(const auto names, files.list(directory));
  std::vector<CheckpointEntry> entries;
  for (const std::string& name : names) {
    const auto start = parse_numbered_name(checkpoint::kNamePrefix, name);
    if (start) entries.push_back({Lsn{*start}, directory + "/" + name});
  }
  std::sort(entries.begin(), entries.end(),
            [](const CheckpointEntry& a, const CheckpointEntry& b) { return a.start > b.start; });
  return entries;
}

Result<void> remove_unfinished_checkpoints(env::FileSystem& files, const std::string& directory) {
  LK_TRY(const auto names, files.list(directory));
  for (const std::string& name : names) {
    if (!parse_numbered_name(checkpoint::kUnfinishedPrefix, name)) continue;
    LK_CHECK(files.remove(directory + "/" + name));
  }
  return {};
}

Result<void> remove_old_checkpoints(env::FileSystem& files, const std::string& directory,
                                    std::size_t keep) {
  LK_ASSERT(keep > 0);
  LK_TRY(const auto entries, list_checkpoints(files, directory));
  if (entries.size() <= keep) return {};
  for (std::size_t i = entries.size(); i-- > keep;) LK_CHECK(files.remove(entries[i].path));
  Result<void> synced = files.sync_directory(directory);
  if (!synced) return Error(ErrorCode::LogSealed, synced.error().message());
  return {};
}

Result<CheckpointTotals> verify_checkpoint(env::FileSystem& files, const std::string& path) {
  LK_TRY(const auto reader, CheckpointReader::open(files, path));
  for (;;) {
    LK_TRY(const auto item, reader->next());
    if (item == CheckpointReader::Item::End) return reader->totals();
  }
}

}  // namespace latchkey::storage::tree
