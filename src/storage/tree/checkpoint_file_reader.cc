#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/tree/checkpoint_file.h"
#include "storage/tree/checkpoint_file_format.h"
#include "storage/tree/log_format.h"
#include "storage/tree/log_varint.h"

namespace latchkey::storage::tree {

namespace {

using namespace checkpoint;

constexpr std::uint64_t kWindowBytes = 1u << 20;

Error damaged_file(const std::string& path, std::uint64_t offset, std::string_view why) {
  return Error(ErrorCode::Corruption,
               path + " at offset " + std::to_string(offset) + ": " + std::string(why) +
                   ". The checkpoint is damaged; an older one, or a backup, is needed");
}

}  // namespace

CheckpointReader::CheckpointReader(std::unique_ptr<env::File> file, CheckpointInfo info,
                                   std::uint64_t file_id, std::uint64_t file_bytes)
    : file_(std::move(file)),
      info_(info),
      file_id_(file_id),
      file_bytes_(file_bytes),
      offset_(kHeaderBytes) {}

Error CheckpointReader::damaged(std::string_view why) const {
  return damaged_file(file_->path(), block_offset_, why);
}

Result<std::unique_ptr<CheckpointReader>> CheckpointReader::open(env::FileSystem& files,
                                                                 const std::string& path) {
  LK_TRY(auto file, files.open(path, env::OpenMode::ReadOnly));
  LK_TRY(const std::uint64_t size, file->size());
  std::string block(kHeaderBytes, '\0');
  LK_TRY(const std::size_t got, file->read_at(0, block));
  block.resize(got);
  std::uint32_t version;
  const auto header = decode_header(block, version);
  if (!header && version != 0) {
    return Error(ErrorCode::NotSupported,
                 path + ": the checkpoint has format version " + std::to_string(version) +
                     ", this program reads version " + std::to_string(kFormatVersion));
  }
  if (!header) return damaged_file(path, 0, "the header is cut off or fails its checksum");
  if (header->file_bytes != size) {
    return damaged_file(path, std::min(size, header->file_bytes),
                        "the file has " + std::to_string(size) + " bytes, but was written with " +
                            std::to_string(header->file_bytes));
  }
  const auto named = parse_numbered_name(kNamePrefix, path.substr(path.rfind('/') + 1));
  if (named && *named != value_of(header->info.start)) {
    return damaged_file(path, 0, "the header names another Lsn than the file's name");
  }
  return std::unique_ptr<CheckpointReader>(
      new CheckpointReader(std::move(file), header->info, header->file_id, header->file_bytes));
}

Result<CheckpointReader::Item> CheckpointReader::next() {
  if (ended_) return Item::End;
  if (value_is_pending_) LK_CHECK(skip_value());
  if (at_ != nullptr && at_ < payload_.data() + payload_.size()) return next_record();
  return next_block();
}

Result<CheckpointReader::Item> CheckpointReader::next_block() {
  LK_TRY(const Block block, read_block_header());
  payload_.resize(block.payload_bytes);
  at_ = nullptr;
  LK_CHECK(read_payload(block, payload_.data()));
  if (block.kind == kTree) return begin_tree(block);
  if (block.kind == kLast) return end_file();
  if (!tree_is_open_ || block.tree != tree_)
    return damaged("a block of records stands outside its tree");
  at_ = payload_.data();
  if (block.kind == kRecords) return next_record();
  if (block.kind == kLarge) return begin_large();
  return damaged("the block's kind is not known or out of place");
}

Result<CheckpointReader::Item> CheckpointReader::begin_tree(const Block& block) {
  const bool is_whole = payload_.size() == 1 && value_of(block.tree) != 0;
  if (!is_whole || !take_tree_flags(static_cast<unsigned char>(payload_[0]), tree_options_)) {
    return damaged("the block that begins a tree makes no sense");
  }
  tree_ = block.tree;
  tree_is_open_ = true;
  tree_has_records_ = false;
  ++totals_.trees;
  return Item::Tree;
}

Result<CheckpointReader::Item> CheckpointReader::end_file() {
  const char* const payload = payload_.data();
  const bool is_whole = payload_.size() == kLastPayloadBytes && offset_ == file_bytes_;
  if (!is_whole || load<std::uint64_t>(payload) != totals_.trees ||
      load<std::uint64_t>(payload + 8) != totals_.records ||
      load<std::uint64_t>(payload + 16) + 1 != blocks_) {
    return damaged("the last block does not agree with what came before it");
  }
  totals_.bytes = file_bytes_;
  ended_ = true;
  return Item::End;
}

/// Key and meta of the entry at `at_`; on success `at_` stands at the value.
bool CheckpointReader::take_entry_head(std::uint64_t& value_bytes) {
  const char* const end = payload_.data() + payload_.size();
  std::uint64_t version;
  if (!take_bytes(at_, end, key_) || at_ == end) return false;
  const auto meta = static_cast<unsigned char>(*at_++);
  if (meta >= 2 * kDeadlineFlag || !take_varint(at_, end, version)) return false;
  record_ = {.value = {}, .version = Lsn{version}, .deadline_ms = kNoDeadline, .kind = {}};
  record_.kind = meta & kRecordKindMax;
  if (meta & kDeadlineFlag) {
    std::uint64_t deadline;
    if (!take_varint(at_, end, deadline)) return false;
    record_.deadline_ms = unzigzag(deadline);
  }
  return take_varint(at_, end, value_bytes);
}

Result<void> CheckpointReader::count_record() {
  if (tree_has_records_ && !(last_key_ < key_)) return damaged("the keys are not in order");
  last_key_.assign(key_);
  tree_has_records_ = true;
  ++totals_.records;
  return {};
}

Result<CheckpointReader::Item> CheckpointReader::next_record() {
  const char* const end = payload_.data() + payload_.size();
  if (!take_entry_head(value_bytes_) || value_bytes_ > static_cast<std::uint64_t>(end - at_)) {
    return damaged("an entry is not whole");
  }
  record_.value = Bytes(at_, value_bytes_);
  at_ += value_bytes_;
  LK_CHECK(count_record());
  return Item::Record;
}

Result<CheckpointReader::Item> CheckpointReader::begin_large() {
  if (!take_entry_head(value_bytes_) || at_ != payload_.data() + payload_.size()) {
    return damaged("the entry of a large value is not whole");
  }
  if (value_bytes_ == 0 || value_bytes_ > file_bytes_ - offset_) {
    return damaged("a large value is longer than the rest of the file");
  }
  LK_CHECK(count_record());
  value_is_pending_ = true;
  return Item::Large;
}

Result<void> CheckpointReader::read_value(std::span<char> out) {
  LK_ASSERT(value_is_pending_ && out.size() == value_bytes_);
  while (!out.empty()) {
    LK_TRY(const Block block, read_block_header());
    if (block.kind != kPiece || block.tree != tree_ || block.payload_bytes > out.size()) {
      return damaged("a large value breaks off");
    }
    LK_CHECK(read_payload(block, out.data()));
    out = out.subspan(block.payload_bytes);
  }
  value_is_pending_ = false;
  return {};
}

Result<void> CheckpointReader::skip_value() {
  std::string piece;
  for (std::uint64_t left = value_bytes_; left > 0;) {
    LK_TRY(const Block block, read_block_header());
    if (block.kind != kPiece || block.tree != tree_ || block.payload_bytes > left) {
      return damaged("a large value breaks off");
    }
    piece.resize(block.payload_bytes);
    LK_CHECK(read_payload(block, piece.data()));
    left -= block.payload_bytes;
  }
  value_is_pending_ = false;
  return {};
}

Result<CheckpointReader::Block> CheckpointReader::read_block_header() {
  block_offset_ = offset_;
  char head[kBlockHeaderBytes];
  if (file_bytes_ - offset_ < sizeof head) return damaged("the file ends inside a block");
  LK_CHECK(read_exactly(offset_, head));
  const auto word = load<std::uint32_t>(head + 4);
  Block block;
  block.kind = static_cast<std::uint8_t>(word >> 24);
  block.payload_bytes = word & 0xffffff;
  block.tree = TreeId{load<std::uint32_t>(head + 8)};
  block.checksum = load<std::uint32_t>(head);
  block.seed = crc32c_extend(block_seed(file_id_, offset_), head + 4, sizeof head - 4);
  offset_ += sizeof head;
  if (block.payload_bytes == 0 ||
      block.payload_bytes > std::min<std::uint64_t>(kPayloadBytesMax, file_bytes_ - offset_)) {
    return damaged("the block's length makes no sense");
  }
  return block;
}

Result<void> CheckpointReader::read_payload(const Block& block, char* to) {
  LK_CHECK(read_exactly(offset_, {to, block.payload_bytes}));
  offset_ += block.payload_bytes;
  ++blocks_;
  if (crc32c_extend(block.seed, to, block.payload_bytes) != block.checksum) {
    return damaged("the block fails its checksum");
  }
  return {};
}

Result<void> CheckpointReader::read_exactly(std::uint64_t offset, std::span<char> out) {
  LK_ASSERT(out.size() <= file_bytes_ - offset);
  const bool in_window =
      offset >= window_offset_ && offset + out.size() <= window_offset_ + window_.size();
  if (!in_window && out.size() >= kWindowBytes / 2) {
    LK_TRY(const std::size_t got, file_->read_at(offset, out));
    return got == out.size() ? Result<void>() : Result<void>(damaged("the file became shorter"));
  }
  if (!in_window) {
    window_offset_ = offset;
    window_.resize(std::min(kWindowBytes, file_bytes_ - offset));
    auto got = file_->read_at(offset, window_);
    window_.resize(got.has_value() ? *got : 0);
    if (!got.has_value()) return std::move(got).error();
    if (*got < out.size()) return damaged("the file became shorter");
  }
  std::memcpy(out.data(), window_.data() + (offset - window_offset_), out.size());
  return {};
}

}  // namespace latchkey::storage::tree
