#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time_zones.h"
#include "env/env.h"
#include "kv/store.h"
#include "latchkey/result.h"
#include "sql/catalog/catalog.h"
#include "sql/plan_cache.h"
#include "sql/sequences.h"
#include "sql/session_activity.h"
#include "storage/engine.h"

namespace latchkey::sql {

/// What all SQL sessions share: the catalog as it is committed, and counters.
///
/// Threads:   any.
/// Ownership: borrows the store and with it the engine.
class Database {
 public:
  /// Reads the catalog.
  /// Errors: Corruption, and the engine's.
  static Result<std::unique_ptr<Database>> open(kv::Store& store, env::Env env);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  storage::Engine& engine() { return engine_; }
  kv::Store& store() { return store_; }
  env::Env environment() const { return env_; }
  /// Of the machine's time zone database.
  TimeZones& time_zones() { return time_zones_; }

  std::shared_ptr<const Catalog> catalog() const;
  PlanCache& plans() { return plans_; }

  /// A transaction that changes the catalog first locks the one row that all such lock (see
  /// kCatalogLock), then takes the catalog to change from here. Its commit and what it publishes
  /// happen under this mutex, so that the next one begins with it.
  std::mutex& catalog_mutex() { return catalog_mutex_; }
  /// Requires: catalog_mutex() is held.
  void publish(std::shared_ptr<const Catalog> catalog);
  static constexpr Bytes kCatalogLock = "sql/lock";

  SessionRegistry& sessions() { return sessions_; }

  Oid next_oid() { return Oid{next_oid_.fetch_add(1, std::memory_order_relaxed)}; }
  std::int32_t next_process_id() {
    return next_process_id_.fetch_add(1, std::memory_order_relaxed);
  }

  Sequences& sequences() { return sequences_; }

  /// A number that no row of the tree has had. `last` finds the greatest that is stored, the first
  /// time.
  Result<std::int64_t> next_row_number(storage::TreeId tree,
                                       FunctionRef<Result<std::int64_t>()> last);

 private:
  Database(kv::Store& store, env::Env env);
  Result<void> load();
  /// Removes what nobody has any more: temporary tables of sessions before the restart, and places
  /// of sequences.
  Result<void> sweep(Catalog& catalog);

  kv::Store& store_;
  storage::Engine& engine_;
  env::Env env_;
  TimeZones time_zones_;
  mutable std::mutex published_mutex_;
  std::shared_ptr<const Catalog> catalog_;
  std::mutex catalog_mutex_;
  std::atomic<std::uint32_t> next_oid_{kFirstUserOid};
  std::atomic<std::int32_t> next_process_id_{1};
  Sequences sequences_;
  PlanCache plans_;
  SessionRegistry sessions_;
  std::mutex row_numbers_mutex_;
  std::unordered_map<std::uint32_t, std::int64_t> row_numbers_;
};

}  // namespace latchkey::sql
