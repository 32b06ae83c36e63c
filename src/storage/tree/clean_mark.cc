#include "storage/tree/clean_mark.h"

#include <cinttypes>
#include <cstdio>

#include "base/assert.h"
#include "base/crc32c.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kMarkBytesMax = 256;
constexpr Bytes kVoidMark = "void\n";

std::string path_in(const std::string& directory) {
  return directory + "/" + std::string(kCleanMarkName);
}

}  // namespace

std::string encode(const CleanMark& mark) {
  char text[kMarkBytesMax];
  const int bytes = std::snprintf(
      text, sizeof text, "checkpoint %020" PRIu64 " log %020" PRIu64 " clock %020" PRId64 " ",
      value_of(mark.checkpoint), value_of(mark.log_end), mark.clock_ms);
  LK_ASSERT(bytes > 0);
  char checksum[16];
  std::snprintf(checksum, sizeof checksum, "%08" PRIx32 "\n",
                crc32c(text, static_cast<std::size_t>(bytes)));
  return std::string(text) + checksum;
}

std::optional<CleanMark> parse_clean_mark(Bytes text) {
  std::uint64_t checkpoint = 0;
  std::uint64_t log_end = 0;
  std::int64_t clock_ms = 0;
  const std::string copy(text.substr(0, kMarkBytesMax));
  constexpr int kNumbers = 3;
  const int read =
      std::sscanf(copy.c_str(), "checkpoint %20" SCNu64 " log %20" SCNu64 " clock %20" SCNd64,
                  &checkpoint, &log_end, &clock_ms);
  if (read != kNumbers) return std::nullopt;
  const CleanMark mark{Lsn{checkpoint}, Lsn{log_end}, clock_ms};
  if (encode(mark) != text) return std::nullopt;
  return mark;
}

namespace {

Result<void> write_text(env::FileSystem& files, const std::string& directory, Bytes text) {
  LK_TRY(const auto file, files.open(path_in(directory), env::OpenMode::CreateOrOpen));
  LK_CHECK(file->truncate(0));
  LK_CHECK(file->write_at(0, text));
  LK_CHECK(file->sync());
  return files.sync_directory(directory);
}

}  // namespace

Result<void> write_clean_mark(env::FileSystem& files, const std::string& directory,
                              const CleanMark& mark) {
  return write_text(files, directory, encode(mark));
}

Result<std::optional<std::string>> read_clean_mark(env::FileSystem& files,
                                                   const std::string& directory) {
  LK_TRY(const bool exists, files.exists(path_in(directory)));
  if (!exists) return std::optional<std::string>();
  LK_TRY(const auto file, files.open(path_in(directory), env::OpenMode::ReadOnly));
  std::string text(kMarkBytesMax, '\0');
  LK_TRY(const std::size_t bytes, file->read_at(0, text));
  text.resize(bytes);
  return std::optional(text);
}

bool is_void_clean_mark(Bytes text) { return kVoidMark.starts_with(text); }

Result<void> remove_clean_mark(env::FileSystem& files, const std::string& directory) {
  LK_TRY(const bool exists, files.exists(path_in(directory)));
  if (!exists) return {};
  LK_CHECK(write_text(files, directory, kVoidMark));
  LK_CHECK(files.remove(path_in(directory)));
  return files.sync_directory(directory);
}

}  // namespace latchkey::storage::tree
