#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "env/env.h"
#include "sql/bind/bound.h"
#include "sql/functions/function.h"
#include "sql/functions/jsonpath_cache.h"
#include "sql/session_activity.h"
#include "sql/session_settings.h"
#include "storage/engine.h"

namespace latchkey::sql {

class RoutineCaller;

namespace exec {
class ForeignKeys;
class SubPlan;
struct ForeignCheck;
}  // namespace exec

/// Sequences, for nextval and its kin: by their numbers.
///
/// Threads: the session's.
/// Errors:  TableMissing, WrongObjectKind, and what each has at PostgreSQL.
class SequenceServices {
 public:
  virtual ~SequenceServices() = default;
  virtual Result<std::int64_t> next(Oid sequence) = 0;
  /// What next() gave last in this session.
  virtual Result<std::int64_t> current(Oid sequence) = 0;
  /// The same of whichever sequence was last.
  virtual Result<std::int64_t> last() = 0;
  virtual Result<void> set(Oid sequence, std::int64_t value, bool is_called) = 0;
  struct State {
    std::int64_t last = 0;
    std::int64_t left = 0;
    bool is_called = false;
  };
  virtual Result<State> state(Oid sequence) = 0;
  /// The sequence that a column of a table owns; none: nothing.
  virtual Result<std::optional<std::string>> owned(Bytes table, Bytes column) = 0;
};

/// A prepared statement of the session.
struct PreparedShown {
  std::string name;
  std::string text;
  std::vector<Oid> parameters;
  bool from_sql = false;
};

/// What functions may ask of the session they run in.
///
/// Threads: the session's.
class SessionServices {
 public:
  virtual ~SessionServices() = default;
  virtual std::string current_user() const = 0;
  virtual std::string session_user() const = 0;
  virtual std::string current_database() const = 0;
  virtual std::string current_schema() const = 0;
  /// The schemas that names are looked for in, as far as they exist; pg_catalog is not among them
  /// unless it was named.
  virtual std::vector<std::string> search_path() const = 0;
  virtual std::int32_t process_id() const = 0;
  virtual std::uint64_t random() = 0;
  /// From 0 to 1, without 1; always the same ones after the same seed.
  virtual double random_fraction() = 0;
  virtual void seed_random(double seed) = 0;
  /// Microseconds since 2000-01-01 UTC, now.
  virtual std::int64_t clock_us() const = 0;
  /// Waits so long. Errors: QueryCanceled.
  virtual Result<void> sleep_us(std::int64_t microseconds) = 0;
  virtual std::string setting(std::string_view name, bool& found) const = 0;
  virtual SequenceServices& sequences() = 0;
  /// Whether a foreign key is looked at when the transaction ends.
  virtual bool is_deferred(const ForeignKey& key) const = 0;
  virtual void defer(exec::ForeignCheck check) = 0;
  /// Whether the transaction sees one moment from its beginning to its end.
  virtual bool has_fixed_snapshot() const = 0;
  virtual std::vector<SettingShown> settings() const = 0;
  /// What SET does; `is_local`: until the transaction ends. The value as it is then.
  virtual Result<std::string> set_setting(std::string_view name, std::string value,
                                          bool is_local) = 0;
  virtual std::vector<PreparedShown> prepared_statements() const = 0;
  /// All of the database.
  virtual std::vector<SessionShown> sessions() const = 0;
  /// Cancels what another session runs. Whether there is such a session.
  virtual bool cancel_session(std::int32_t process_id) = 0;
  /// The next number for a row of a table without a primary key.
  virtual Result<std::int64_t> next_row_number(const Table& table,
                                               storage::Transaction& transaction) = 0;
  virtual RoutineCaller& routines() = 0;
};

namespace exec {
class CommonRows;
class SubPlan;
}  // namespace exec
namespace system {
class RowSet;
}  // namespace system

/// One execution of one statement.
///
/// Threads:   one at a time.
/// Ownership: borrows all that it is given; owns the plans of subqueries.
class ExecutionContext {
 public:
  /// What ends an execution from outside: a flag that others set, and a moment on the steady clock,
  /// 0 for none.
  struct Limits {
    const std::atomic<bool>& cancelled;
    env::Clock& clock;
    std::int64_t deadline_us = 0;
  };
  ExecutionContext(storage::Transaction& the_transaction, storage::Engine& the_engine,
                   const Catalog& the_catalog, SessionServices& the_services, Limits limits);
  ~ExecutionContext();
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  storage::Transaction& transaction;
  storage::Engine& engine;
  const Catalog& catalog;
  SessionServices& services;
  JsonPathCache json_paths;

  /// To be asked in every loop over rows.
  Result<void> check_cancelled() {
    constexpr std::uint32_t kRowsBetweenLooks = 256;
    if (!limits_.cancelled.load(std::memory_order_relaxed) &&
        (limits_.deadline_us == 0 || ++rows_ % kRowsBetweenLooks != 0)) [[likely]]
      return {};
    return look_at_limits();
  }

  const Limits& limits() const { return limits_; }

  /// What the changes of this execution ask of foreign keys; made when it is first needed.
  exec::ForeignKeys& foreign_keys(const TextSettings& settings);
  /// Rows of system tables, which stay as they are for a statement. By the number of the table.
  std::unordered_map<std::uint32_t, std::shared_ptr<const system::RowSet>> system_rows;

  /// The plan of a subquery, made when it is first run.
  exec::SubPlan& subplan(const bind::Expr& expr, const Evaluation& outer);

  /// The rows of a query of WITH; whoever has the WITH puts them here before they are read.
  exec::CommonRows& common(const bind::CommonTable& table);
  void put_common(const bind::CommonTable& table, std::unique_ptr<exec::CommonRows> rows);

  /// Whether no other part of the statement changes the row. For statements whose WITH changes
  /// rows.
  bool claim_row(storage::TreeId tree, Bytes key) {
    return claimed_.emplace(tree, std::string(key)).second;
  }

 private:
  Result<void> look_at_limits();

  const Limits limits_;
  std::uint32_t rows_ = 0;
  std::unordered_map<const bind::Expr*, std::unique_ptr<exec::SubPlan>> subplans_;
  std::unique_ptr<exec::ForeignKeys> foreign_keys_;
  std::unordered_map<const bind::CommonTable*, std::unique_ptr<exec::CommonRows>> commons_;
  std::set<std::pair<storage::TreeId, std::string>> claimed_;
};

}  // namespace latchkey::sql
