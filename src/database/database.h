#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "env/env.h"
#include "kv/store.h"
#include "latchkey/result.h"
#include "sql/database.h"
#include "storage/engine.h"

namespace latchkey::database {

struct DatabaseOptions {
  std::string directory;
  storage::Durability durability = storage::Durability::Sync;
  std::uint64_t memory_limit_bytes = std::uint64_t{1} << 30;
  storage::EngineLimits limits{65536, std::uint64_t{512} << 20};
  std::uint64_t log_segment_bytes = std::uint64_t{64} << 20;
  std::int64_t sync_interval_ms = 100;
  /// The log may grow by so much before a checkpoint is written by itself; more where the data is
  /// larger than this.
  std::uint64_t checkpoint_log_bytes = std::uint64_t{512} << 20;
  /// Takes a line for people: what recovery found, what went wrong in the background.
  std::function<void(const std::string&)> report = [](const std::string&) {};
};

/// A data directory, open: the engine, the key-value core on it, and the work that goes on beside
/// the requests.
///
/// Threads:   open and close from one thread; store(), sql() and engine() from any.
/// Ownership: owns the engine, the store and what SQL has on it.
/// Errors:    DirectoryInUse, Corruption, IoError, DiskFull, as the engine's.
class Database {
 public:
  static Result<std::unique_ptr<Database>> open(env::Env env, DatabaseOptions options);
  /// Without close: as after a crash.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Ends the background work and writes what a clean stop needs. Requires: no door is open.
  Result<void> close();

  kv::Store& store();
  sql::Database& sql();
  storage::Engine& engine();

 private:
  struct Parts;
  explicit Database(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace latchkey::database
