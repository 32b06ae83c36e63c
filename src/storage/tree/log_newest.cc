#include "storage/tree/log_newest.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"

namespace latchkey::storage::tree {

namespace {

constexpr int kSlots = 2;
constexpr std::uint64_t kSlotBytes = 4096;  // no write touches a block that holds the other line

std::string line_of(const NewestSegment& segment) {
  char text[128];
  const int bytes =
      std::snprintf(text, sizeof text, "newest segment %020" PRIu64 " of epoch %020" PRIu64 " ",
                    segment.start, segment.epoch);
  LK_ASSERT(bytes > 0);
  char checksum[16];
  std::snprintf(checksum, sizeof checksum, "%08" PRIx32 "\n",
                crc32c(text, static_cast<std::size_t>(bytes)));
  return std::string(text) + checksum;
}

const std::size_t kLineBytes = line_of({}).size();

std::optional<NewestSegment> parse(const std::string& line) {
  NewestSegment segment;
  constexpr int kNumbers = 2;
  const int read = std::sscanf(line.c_str(), "newest segment %20" SCNu64 " of epoch %20" SCNu64,
                               &segment.start, &segment.epoch);
  if (read != kNumbers || line_of(segment) != line) return std::nullopt;
  return segment;
}

bool is_less(const std::optional<NewestSegment>& a, const std::optional<NewestSegment>& b) {
  if (!a.has_value() || !b.has_value()) return b.has_value();
  return std::pair(a->epoch, a->start) < std::pair(b->epoch, b->start);
}

using Lines = std::array<std::optional<NewestSegment>, kSlots>;

Result<Lines> read_lines(env::File& file) {
  Lines lines;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    std::string line(kLineBytes, '\0');
    LK_TRY(const std::size_t bytes, file.read_at(slot * kSlotBytes, line));
    line.resize(bytes);
    lines[slot] = parse(line);
  }
  return lines;
}

std::string path_in(const std::string& directory) {
  return directory + "/" + std::string(kNewestName);
}

}  // namespace

Result<std::optional<NewestSegment>> read_newest_segment(env::FileSystem& files,
                                                         const std::string& directory) {
  LK_TRY(const bool exists, files.exists(path_in(directory)));
  if (!exists) return std::optional<NewestSegment>();
  LK_TRY(const auto file, files.open(path_in(directory), env::OpenMode::ReadOnly));
  LK_TRY(const Lines lines, read_lines(*file));
  return is_less(lines[0], lines[1]) ? lines[1] : lines[0];
}

Result<NewestSegmentFile> NewestSegmentFile::open(env::FileSystem& files,
                                                  const std::string& directory) {
  LK_TRY(auto file, files.open(path_in(directory), env::OpenMode::CreateOrOpen));
  LK_TRY(const Lines lines, read_lines(*file));
  return NewestSegmentFile(std::move(file), is_less(lines[0], lines[1]) ? 0 : 1);
}

Result<void> NewestSegmentFile::write(const NewestSegment& segment) {
  LK_CHECK(file_->write_at(static_cast<std::uint64_t>(next_slot_) * kSlotBytes, line_of(segment)));
  auto synced = file_->sync();
  if (!synced.has_value()) return Error(ErrorCode::LogSealed, synced.error().message());
  next_slot_ = (next_slot_ + 1) % kSlots;
  return {};
}

}  // namespace latchkey::storage::tree
