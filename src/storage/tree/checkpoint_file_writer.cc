#include <utility>

#include "base/assert.h"
#include "storage/tree/checkpoint_file.h"
#include "storage/tree/checkpoint_file_format.h"
#include "storage/tree/log_format.h"
#include "storage/tree/log_varint.h"

namespace latchkey::storage::tree {

namespace {

using namespace checkpoint;

constexpr std::uint64_t kBufferBytes = 256u << 10;
/// So that a sync of the log never waits behind more of the checkpoint than this.
constexpr std::uint64_t kSyncBytes = 16u << 20;

/// Bytes of everything in an entry but its key and value, at most.
constexpr std::size_t kEntryOverheadMax = 4 * kVarintBytesMax + 1;

char* put_entry_head(char* to, Bytes key, const RecordView& record) {
  LK_ASSERT(record.kind <= kRecordKindMax);
  const bool has_deadline = record.deadline_ms != kNoDeadline;
  to = put_bytes(to, key);
  *to++ = static_cast<char>(record.kind | (has_deadline ? kDeadlineFlag : 0));
  to = put_varint(to, value_of(record.version));
  if (has_deadline) to = put_varint(to, zigzag(record.deadline_ms));
  return put_varint(to, record.value.size());
}

}  // namespace

CheckpointWriter::CheckpointWriter(const env::Env& env, std::string directory, Lsn start,
                                   std::unique_ptr<env::File> file)
    : files_(*env.files),
      directory_(std::move(directory)),
      temporary_path_(file->path()),
      path_(directory_ + "/" + checkpoint_name(start)),
      start_(start),
      file_id_(env.random->next()),
      file_(std::move(file)) {
  // The header comes last, when what it says is known.
  buffer_.assign(kHeaderBytes, '\0');
  offset_ = kHeaderBytes;
}

Result<std::unique_ptr<CheckpointWriter>> CheckpointWriter::create(const env::Env& env,
                                                                   const std::string& directory,
                                                                   Lsn start) {
  const std::string temporary = directory + "/" + numbered_name(kUnfinishedPrefix, value_of(start));
  LK_TRY(const bool exists, env.files->exists(temporary));
  if (exists) LK_CHECK(env.files->remove(temporary));
  LK_TRY(auto file, env.files->open(temporary, env::OpenMode::CreateNew));
  return std::unique_ptr<CheckpointWriter>(
      new CheckpointWriter(env, directory, start, std::move(file)));
}

CheckpointWriter::~CheckpointWriter() {
  if (published_) return;
  file_.reset();
  // What cannot be removed now is removed by remove_unfinished_checkpoints.
  static_cast<void>(files_.remove(temporary_path_).has_value());
}

Result<void> CheckpointWriter::begin_tree(TreeId tree, const TreeOptions& options) {
  LK_ASSERT(value_of(tree) != 0);
  LK_CHECK(flush_records());
  tree_ = tree;
  ++totals_.trees;
  const char flags = static_cast<char>(tree_flags(options));
  return write_block(kTree, tree_, Bytes(&flags, 1));
}

Result<void> CheckpointWriter::add(Bytes key, const RecordView& record) {
  LK_ASSERT(value_of(tree_) != 0);
  LK_ASSERT(key.size() <= kKeyBytesMax);
  ++totals_.records;
  if (record.value.size() > kRecordsBytes) return add_large(key, record);
  const std::size_t before = records_.size();
  records_.resize(before + key.size() + record.value.size() + kEntryOverheadMax);
  char* to = put_entry_head(records_.data() + before, key, record);
  if (!record.value.empty()) std::memcpy(to, record.value.data(), record.value.size());
  records_.resize(static_cast<std::size_t>(to - records_.data()) + record.value.size());
  if (records_.size() < kRecordsBytes) return {};
  return flush_records();
}

Result<void> CheckpointWriter::add_large(Bytes key, const RecordView& record) {
  LK_CHECK(flush_records());
  std::string head(key.size() + kEntryOverheadMax, '\0');
  const char* const end = put_entry_head(head.data(), key, record);
  LK_CHECK(
      write_block(kLarge, tree_, Bytes(head.data(), static_cast<std::size_t>(end - head.data()))));
  for (Bytes rest = record.value; !rest.empty();) {
    const Bytes piece = rest.substr(0, kPieceBytesMax);
    LK_CHECK(write_block(kPiece, tree_, piece));
    rest.remove_prefix(piece.size());
  }
  return {};
}

Result<void> CheckpointWriter::flush_records() {
  if (records_.empty()) return {};
  LK_CHECK(write_block(kRecords, tree_, records_));
  records_.clear();
  return {};
}

Result<void> CheckpointWriter::write_block(std::uint8_t kind, TreeId tree, Bytes payload) {
  LK_ASSERT(!payload.empty() && payload.size() <= kPayloadBytesMax);
  char head[kBlockHeaderBytes];
  store(head + 4, std::uint32_t{kind} << 24 | static_cast<std::uint32_t>(payload.size()));
  store(head + 8, value_of(tree));
  const std::uint32_t seed =
      crc32c_extend(block_seed(file_id_, offset_), head + 4, sizeof head - 4);
  store(head, crc32c_extend(seed, payload.data(), payload.size()));
  buffer_.append(head, sizeof head);
  offset_ += sizeof head + payload.size();
  ++blocks_;
  if (payload.size() <= kBufferBytes) {
    buffer_.append(payload);
    return buffer_.size() < kBufferBytes ? Result<void>() : write_buffer();
  }
  // A piece of a large value goes to the file from where it lies.
  LK_CHECK(write_buffer());
  LK_CHECK(file_->write_at(written_, payload));
  written_ += payload.size();
  return {};
}

Result<void> CheckpointWriter::write_buffer() {
  LK_CHECK(file_->write_at(written_, buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  if (written_ - synced_ < kSyncBytes) return {};
  return sync_file();
}

Result<void> CheckpointWriter::sync_file() {
  auto outcome = file_->sync();
  sync_failed_ = !outcome.has_value();
  synced_ = written_;
  return outcome;
}

Result<CheckpointTotals> CheckpointWriter::finish(const CheckpointInfo& info) {
  LK_ASSERT(info.start == start_ && info.start <= info.end);
  LK_CHECK(flush_records());
  char last[kLastPayloadBytes];
  store(last, totals_.trees);
  store(last + 8, totals_.records);
  store(last + 16, blocks_);
  LK_CHECK(write_block(kLast, TreeId{0}, Bytes(last, sizeof last)));
  LK_CHECK(write_buffer());
  LK_ASSERT(written_ == offset_);
  LK_CHECK(file_->write_at(0, encode_header({info, file_id_, offset_})));
  LK_CHECK(sync_file());
  LK_CHECK(publish());
  totals_.bytes = offset_;
  return totals_;
}

Result<void> CheckpointWriter::publish() {
  file_.reset();
  LK_CHECK(files_.rename(temporary_path_, path_));
  published_ = true;
  auto outcome = files_.sync_directory(directory_);
  sync_failed_ = !outcome.has_value();
  return outcome;
}

}  // namespace latchkey::storage::tree
