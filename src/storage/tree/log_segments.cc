#include "storage/tree/log_segments.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::uint64_t kZeroChunkBytes = 1u << 20;
/// How many zeros may wait in the page cache: more of them would delay the log's own syncs.
constexpr std::uint64_t kZeroSyncBytes = 8u << 20;
constexpr std::uint64_t kRewriteChunkBytes = 1u << 20;

Result<void> sync_or_seal(env::File& file) {
  auto synced = file.sync();
  if (synced.has_value()) return {};
  return Error(ErrorCode::LogSealed, synced.error().message());
}

}  // namespace

LogSegments::LogSegments(env::FileSystem& files, Options options, LogEpoch epoch,
                         std::uint64_t origin)
    : files_(files),
      options_(std::move(options)),
      epoch_(epoch),
      file_bytes_(kSegmentHeaderBytes + options_.segment_bytes),
      room_end_(origin) {
  LK_ASSERT(options_.segment_bytes > 0 && options_.segment_bytes % 8 == 0);
}

std::string LogSegments::path_of(std::string_view name) const {
  return options_.directory + "/" + std::string(name);
}

Result<void> LogSegments::sync_directory() {
  auto synced = files_.sync_directory(options_.directory);
  if (synced.has_value()) return {};
  return Error(ErrorCode::LogSealed, synced.error().message());
}

Result<void> LogSegments::begin(const LogEnd& recovered) {
  LK_ASSERT(value_of(recovered.end) == room_end());
  LK_CHECK(adopt(recovered));
  LK_TRY(newest_, NewestSegmentFile::open(files_, options_.directory));
  LK_CHECK(prepare_next());
  return put_away_void(recovered);
}

Result<void> LogSegments::adopt(const LogEnd& recovered) {
  // Names that a killed process gave may be in the cache only. A spare above all must have lost its
  // old name for good before its header is written over.
  LK_CHECK(sync_directory());
  for (const std::string& path : recovered.leftovers) LK_CHECK(files_.remove(path));
  for (const std::string& path : recovered.spares) LK_CHECK(adopt_spare(path));
  std::uint64_t last_epoch = 0;
  for (const LogSegmentInfo& segment : recovered.segments) {
    if (!segment.obsolete) last_epoch = std::max(last_epoch, segment.epoch.number);
  }
  for (const LogSegmentInfo& segment : recovered.segments) {
    if (segment.obsolete || segment.start >= value_of(recovered.end)) continue;
    retained_.push_back({segment.start, segment.end, segment.file_bytes});
    if (segment.epoch.number != last_epoch) continue;
    LK_CHECK(make_durable(segment, value_of(recovered.durable)));
  }
  return {};
}

/// What recovery read may be in the page cache only, and the next epoch will say that it was there.
/// If a sync had failed, the kernel takes those pages for clean and would not write them: so what
/// no mark calls durable is written once more.
Result<void> LogSegments::make_durable(const LogSegmentInfo& segment, std::uint64_t durable) {
  LK_TRY(const auto file, files_.open(segment.path, env::OpenMode::ReadWrite));
  std::string bytes;
  for (std::uint64_t at = std::max(segment.start, durable); at < segment.end; at += bytes.size()) {
    bytes.resize(std::min(kRewriteChunkBytes, segment.end - at));
    const std::uint64_t offset = kSegmentHeaderBytes + at - segment.start;
    LK_TRY(const std::size_t count, file->read_at(offset, bytes));
    if (count != bytes.size())
      return Error(ErrorCode::IoError,
                   segment.path + ": the file became shorter while it was read");
    LK_CHECK(file->write_at(offset, bytes));
  }
  return sync_or_seal(*file);
}

Result<void> LogSegments::adopt_spare(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  spare_number_ = std::max(spare_number_, parse_spare_name(name).value_or(0) + 1);
  LK_TRY(const auto file, files_.open(path, env::OpenMode::ReadOnly));
  LK_TRY(const std::uint64_t bytes, file->size());
  if (bytes != file_bytes_ || spares_.size() >= options_.spare_count_max)
    return files_.remove(path);
  spares_.push_back(path);
  return {};
}

Result<void> LogSegments::put_away_void(const LogEnd& recovered) {
  // The first segment may have taken the name of one of them, which is then gone already.
  const std::string taken = path_of(segment_name(value_of(recovered.end)));
  std::vector<std::string> new_spares;
  bool changed = false;
  for (const LogSegmentInfo& segment : recovered.segments) {
    const bool is_void = segment.obsolete || segment.start >= value_of(recovered.end);
    if (!is_void || segment.path == taken) continue;
    LK_CHECK(put_away(segment.path, segment.file_bytes, new_spares));
    changed = true;
  }
  if (!changed) return {};
  // A spare must have lost its old name for good before its header is written over.
  LK_CHECK(sync_directory());
  std::lock_guard lock(mutex_);
  spares_.insert(spares_.end(), new_spares.begin(), new_spares.end());
  return {};
}

Result<void> LogSegments::put_away(const std::string& path, std::uint64_t file_bytes,
                                   std::vector<std::string>& new_spares) {
  std::string spare;
  {
    std::lock_guard lock(mutex_);
    if (file_bytes == file_bytes_ &&
        spares_.size() + new_spares.size() < options_.spare_count_max) {
      spare = path_of(spare_name(spare_number_++));
    }
  }
  if (spare.empty()) return files_.remove(path);
  LK_CHECK(files_.rename(path, spare));
  new_spares.push_back(std::move(spare));
  return {};
}

std::string LogSegments::take_spare() {
  std::lock_guard lock(mutex_);
  if (spares_.empty()) return {};
  std::string path = std::move(spares_.back());
  spares_.pop_back();
  return path;
}

Result<void> LogSegments::prepare_next() {
  const std::uint64_t start = room_end();
  std::string unnamed = take_spare();
  SegmentHeader header{epoch_, start, options_.segment_bytes};
  header.note = options_.note ? options_.note() : 0;
  header.used_before = !unnamed.empty();
  if (unnamed.empty()) {
    LK_TRY(unnamed, create_empty());
  }
  LK_CHECK(make_ready(unnamed, header));
  LK_CHECK(newest_->write({epoch_.number, start}));
  LK_TRY(auto file, files_.open(path_of(segment_name(start)), env::OpenMode::ReadWrite));
  std::lock_guard lock(mutex_);
  active_.push_back({start, std::move(file)});
  retained_.push_back({start, start + options_.segment_bytes, file_bytes_});
  room_end_.store(start + options_.segment_bytes, std::memory_order_release);
  return {};
}

Result<std::string> LogSegments::create_empty() {
  const std::string path = path_of(kUnfinishedSegmentName);
  // A failed attempt may have left it.
  LK_TRY(const bool exists, files_.exists(path));
  if (exists) LK_CHECK(files_.remove(path));
  LK_TRY(auto file, files_.open(path, env::OpenMode::CreateNew));
  auto filled = file->preallocate(file_bytes_);
  if (filled.has_value() && options_.writes_zeros) filled = write_zeros(*file);
  file.reset();
  if (filled.has_value()) return path;
  // Half a segment would keep the very space that is lacking. The next try removes it otherwise.
  if (filled.error().code() != ErrorCode::LogSealed)
    static_cast<void>(files_.remove(path).has_value());
  return std::move(filled).error();
}

Result<void> LogSegments::write_zeros(env::File& file) {
  const std::string zeros(std::min(kZeroChunkBytes, file_bytes_), '\0');
  std::uint64_t unsynced = 0;
  for (std::uint64_t at = 0; at < file_bytes_; at += zeros.size()) {
    const std::uint64_t bytes = std::min<std::uint64_t>(zeros.size(), file_bytes_ - at);
    LK_CHECK(file.write_at(at, Bytes(zeros.data(), bytes)));
    unsynced += bytes;
    if (unsynced < kZeroSyncBytes) continue;
    LK_CHECK(sync_or_seal(file));
    unsynced = 0;
  }
  return {};
}

Result<void> LogSegments::make_ready(const std::string& unnamed, const SegmentHeader& header) {
  LK_TRY(const auto file, files_.open(unnamed, env::OpenMode::ReadWrite));
  LK_CHECK(file->write_at(0, encode_segment_header(header)));
  LK_CHECK(sync_or_seal(*file));
  LK_CHECK(files_.rename(unnamed, path_of(segment_name(header.start))));
  return sync_directory();
}

LogSegments::Active LogSegments::file_at(std::uint64_t position) const {
  std::lock_guard lock(mutex_);
  for (auto active = active_.rbegin(); active != active_.rend(); ++active) {
    if (active->start <= position) return *active;
  }
  LK_ASSERT(false);
  return {};
}

Result<void> LogSegments::write(std::uint64_t position, Bytes bytes) {
  LK_ASSERT(position + bytes.size() <= room_end());
  while (!bytes.empty()) {
    const Active active = file_at(position);
    const std::uint64_t offset = position - active.start;
    LK_ASSERT(offset < options_.segment_bytes);
    const std::uint64_t count =
        std::min<std::uint64_t>(bytes.size(), options_.segment_bytes - offset);
    LK_CHECK(active.file->write_at(kSegmentHeaderBytes + offset, bytes.substr(0, count)));
    bytes.remove_prefix(count);
    position += count;
  }
  return {};
}

Result<void> LogSegments::sync(std::uint64_t from, std::uint64_t to) {
  LK_ASSERT(from <= to && to <= room_end());
  std::vector<Active> touched;
  {
    std::lock_guard lock(mutex_);
    for (const Active& active : active_) {
      if (active.start < to && active.start + options_.segment_bytes > from)
        touched.push_back(active);
    }
  }
  for (const Active& active : touched) LK_CHECK(sync_or_seal(*active.file));
  std::lock_guard lock(mutex_);
  while (!active_.empty() && active_.front().start + options_.segment_bytes <= to)
    active_.pop_front();
  return {};
}

Result<void> LogSegments::drop_before(std::uint64_t position) {
  std::vector<Retained> dropped;
  {
    std::lock_guard lock(mutex_);
    for (const Retained& segment : retained_) {
      if (segment.end <= position) dropped.push_back(segment);
    }
    std::erase_if(retained_,
                  [position](const Retained& segment) { return segment.end <= position; });
  }
  if (dropped.empty()) return {};
  std::vector<std::string> new_spares;
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    auto gone =
        put_away(path_of(segment_name(dropped[i].start)), dropped[i].file_bytes, new_spares);
    if (gone.has_value()) continue;
    // What is left is tried again with the next call; spares just made are found at the next start.
    std::lock_guard lock(mutex_);
    retained_.insert(retained_.begin(), dropped.begin() + static_cast<std::ptrdiff_t>(i),
                     dropped.end());
    return std::move(gone).error();
  }
  LK_CHECK(sync_directory());
  std::lock_guard lock(mutex_);
  spares_.insert(spares_.end(), new_spares.begin(), new_spares.end());
  return {};
}

std::uint64_t LogSegments::bytes_on_disk() const {
  std::lock_guard lock(mutex_);
  std::uint64_t bytes = spares_.size() * file_bytes_;
  for (const Retained& segment : retained_) bytes += segment.file_bytes;
  return bytes;
}

std::uint64_t LogSegments::segment_count() const {
  std::lock_guard lock(mutex_);
  return retained_.size();
}

}  // namespace latchkey::storage::tree
