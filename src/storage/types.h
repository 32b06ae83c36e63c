#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace latchkey::storage {

enum class TreeId : std::uint32_t {};

/// A position in the log: the end of a record. As a version it names the commit that wrote a
/// record.
enum class Lsn : std::uint64_t {};
constexpr std::uint64_t value_of(Lsn lsn) { return static_cast<std::uint64_t>(lsn); }
constexpr std::uint32_t value_of(TreeId tree) { return static_cast<std::uint32_t>(tree); }

/// Milliseconds since 1970 at which a record stops to exist; 0 = never.
inline constexpr std::int64_t kNoDeadline = 0;

/// Kinds are kv's; storage keeps six bits and does not look at them.
inline constexpr std::uint8_t kRecordKindMax = 63;

/// What is stored under a key, seen in place.
struct RecordView {
  Bytes value;
  Lsn version;
  std::int64_t deadline_ms;
  std::uint8_t kind;
};

/// The same as a value of its own.
struct Record {
  std::string value;
  Lsn version{};
  std::int64_t deadline_ms = kNoDeadline;
  std::uint8_t kind = 0;
};

/// What a writer wants stored; the version comes with the commit.
struct NewRecord {
  Bytes value;
  std::int64_t deadline_ms = kNoDeadline;
  std::uint8_t kind = 0;
};

/// What becomes of a record: see Engine::update. `record.value` must live until update returns.
struct Decision {
  enum class Action : std::uint8_t { Keep, Put, Erase };
  Action action = Action::Keep;
  NewRecord record = {};

  static Decision keep() { return {}; }
  static Decision put(const NewRecord& record) { return {Action::Put, record}; }
  static Decision erase() { return {Action::Erase, {}}; }
};

/// A tree and a key with the hash of both. The key's bytes are borrowed.
struct KeyRef {
  TreeId tree;
  Bytes key;
  std::uint64_t hash;
  // The engine's own, set by prefetch.
  std::uint32_t hint = 0;          ///< where the record is, or would be; 0: unknown
  std::uint64_t hint_version = 0;  ///< as of when it would be there, if it was not; 0: unknown
};

/// begin <= key < end; an empty `end` has no upper bound.
struct KeyRange {
  std::string begin;
  std::string end;
};

enum class Direction : std::uint8_t { Forward, Backward };
enum class Isolation : std::uint8_t { ReadCommitted, RepeatableRead, Serializable };
enum class Durability : std::uint8_t { Sync, Interval, None };

struct TreeOptions {
  bool counted = false;  ///< rank and select; no deadlines on its records
  bool hashed = true;    ///< read by whole key; false for trees that are only walked
  bool logged = true;    ///< false: empty after an unclean stop, kept after a clean one
};

/// A row lock that somebody holds, and who wants it.
struct RowLockWait {
  TreeId tree{};
  std::uint64_t hash = 0;
  std::string key;
  std::uint64_t holder = 0;  ///< the transaction that holds it
  std::uint64_t waiter = 0;  ///< the one that wants it; 0 for a single update
};

struct DueRecord {
  TreeId tree;
  std::string key;
  std::int64_t deadline_ms;
};

struct EngineLimits {
  std::uint32_t key_bytes_max;
  std::uint64_t value_bytes_max;
};

struct EngineStats {
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t memory_used_bytes = 0;
  std::uint64_t page_bytes = 0;
  std::uint64_t large_value_bytes = 0;
  std::uint64_t directory_bytes = 0;
  std::uint64_t old_version_bytes = 0;
  std::uint64_t log_bytes_on_disk = 0;
  std::uint64_t log_syncs = 0;
  std::uint64_t log_bytes_written = 0;
  std::uint64_t checkpoints = 0;
  std::int64_t last_checkpoint_ms = 0;
  bool checkpoint_running = false;
  bool last_checkpoint_failed = false;
  bool disk_full = false;
  std::uint64_t deadlines = 0;
  std::uint64_t trees = 0;
  std::uint64_t open_snapshots = 0;
};

}  // namespace latchkey::storage
