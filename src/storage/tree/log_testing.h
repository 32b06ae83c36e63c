#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "env/simulated.h"
#include "storage/tree/log.h"
#include "storage/tree/log_reader.h"

/// What the tests of the log share.
namespace latchkey::storage::tree::testing {

inline const std::string kDirectory = "db";

/// Small enough that a test passes many segments; no threads, so that each run is the same.
inline LogOptions small_options(Durability durability = Durability::Sync) {
  LogOptions options;
  options.directory = kDirectory;
  options.durability = durability;
  options.segment_bytes = 64u << 10;
  options.ring_bytes = 64u << 10;
  options.threads = LogOptions::Threads::None;
  return options;
}

using Records = std::vector<std::pair<Lsn, std::string>>;

struct Recovered {
  LogEnd end;
  Records records;
};

inline Result<Recovered> recover(env::FileSystem& files, LogReadOptions options = {}) {
  options.directory = kDirectory;
  if (options.expect == LogReadOptions::Expect::Log && value_of(options.start) == 0) {
    options.expect = LogReadOptions::Expect::LogOrNothing;
  }
  Recovered recovered;
  LK_TRY(recovered.end, read_log(files, options, [&](Lsn lsn, Bytes body) -> Result<void> {
           recovered.records.emplace_back(lsn, std::string(body));
           return {};
         }));
  return recovered;
}

/// Recovers what is there and goes on behind it.
inline std::unique_ptr<Log> open_log(const env::Env& env,
                                     const LogOptions& options = small_options()) {
  LK_ASSERT(env.files->create_directories(kDirectory).has_value());
  LK_ASSERT(env.files->sync_directory("/").has_value());
  auto recovered = recover(*env.files);
  EXPECT_TRUE(recovered.has_value()) << recovered.error().message();
  if (!recovered.has_value()) return nullptr;
  auto log = Log::open(env, options, recovered->end);
  EXPECT_TRUE(log.has_value()) << log.error().message();
  return log.has_value() ? std::move(*log) : nullptr;
}

inline Result<Lsn> append(Log& log, const std::string& body) {
  const Bytes pieces[] = {Bytes(body)};
  return log.append(pieces);
}

/// Appends and makes stable.
inline Lsn write(Log& log, const std::string& body) {
  const auto lsn = append(log, body);
  EXPECT_TRUE(lsn.has_value()) << lsn.error().message();
  EXPECT_TRUE(log.make_stable(*lsn));
  return *lsn;
}

inline std::string read_file(env::FileSystem& files, const std::string& path) {
  auto file = files.open(path, env::OpenMode::ReadOnly);
  LK_ASSERT(file.has_value());
  std::string bytes((*file)->size().value(), '\0');
  LK_ASSERT((*file)->read_at(0, bytes).value() == bytes.size());
  return bytes;
}

inline void write_file(env::FileSystem& files, const std::string& path, std::uint64_t offset,
                       Bytes bytes) {
  auto file = files.open(path, env::OpenMode::CreateOrOpen);
  LK_ASSERT(file.has_value());
  LK_ASSERT((*file)->write_at(offset, bytes).has_value());
}

inline std::string segment_path(std::uint64_t start) {
  return kDirectory + "/" + segment_name(start);
}

/// A text of `length` bytes that differs for each `number`.
inline std::string text(std::uint64_t number, std::size_t length) {
  std::string out = std::to_string(number) + ":";
  while (out.size() < length) out += static_cast<char>('a' + (number + out.size() * 7) % 26);
  out.resize(length);
  return out;
}

}  // namespace latchkey::storage::tree::testing
