#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "storage/types.h"

namespace latchkey::kv {

class Collection;
struct WatchedAbsence;

/// A key that EXEC depends on, as it was when it was watched.
struct Watch {
  std::string collection;
  std::string key;
  storage::Lsn version;  ///< Lsn{0}: the key did not exist
  /// Tells whether a key that did not exist was born and went again since.
  std::shared_ptr<const WatchedAbsence> absence = nullptr;
};

/// One client as the commands see it, whatever its door.
///
/// Threads: the connection's.
struct Session {
  std::uint64_t id = 0;
  std::string collection_name = "default";
  /// Looked up on first use and after SELECT; belongs to the store and outlives the session.
  Collection* collection = nullptr;
  std::string user = "default";
  bool authenticated = true;
  std::vector<Watch> watches;

  /// The newest version that any reply since the door last looked depends on: such replies are sent
  /// once Engine::stable_lsn() has passed it.
  storage::Lsn depends_on{};
  /// After Outcome::Blocked: the row lock to wait for.
  storage::RowLockWait blocked_on;

  /// What a door may tell of the command it has executed next, so that it is not found out again:
  /// its key as Store::prefetch left it, and what time it was a moment ago. Null, 0: look yourself.
  const storage::KeyRef* foreseen = nullptr;
  std::int64_t now_ms = 0;

  /// After Outcome::Waits: for how long; 0 is for ever.
  std::int64_t wait_ms = 0;
  /// For a command that has waited: the key something has come to, the only one it may take from.
  /// Null: any of its own.
  const Bytes* ready_key = nullptr;

  /// How often the session's reads found a key, and how often none. The door takes them from here.
  std::uint32_t hits = 0;
  std::uint32_t misses = 0;

  /// The door's own state, for handlers that the door registered.
  void* door = nullptr;
};

}  // namespace latchkey::kv
