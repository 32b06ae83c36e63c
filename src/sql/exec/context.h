#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "env/env.h"
#include "sql/bind/bound.h"
#include "sql/functions/function.h"
#include "storage/engine.h"

namespace latchkey::sql {

class RoutineCaller;

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
  virtual std::int32_t process_id() const = 0;
  virtual std::uint64_t random() = 0;
  /// Microseconds since 2000-01-01 UTC, now.
  virtual std::int64_t clock_us() const = 0;
  /// Waits so long. Errors: QueryCanceled.
  virtual Result<void> sleep_us(std::int64_t microseconds) = 0;
  virtual std::string setting(std::string_view name, bool& found) const = 0;
  /// The next number for a row of a table without a primary key.
  virtual Result<std::int64_t> next_row_number(const Table& table,
                                               storage::Transaction& transaction) = 0;
  virtual RoutineCaller& routines() = 0;
};

namespace exec {
class SubPlan;
}

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

  /// To be asked in every loop over rows.
  Result<void> check_cancelled() {
    constexpr std::uint32_t kRowsBetweenLooks = 256;
    if (!limits_.cancelled.load(std::memory_order_relaxed) &&
        (limits_.deadline_us == 0 || ++rows_ % kRowsBetweenLooks != 0)) [[likely]]
      return {};
    return look_at_limits();
  }

  /// The plan of a subquery, made when it is first run.
  exec::SubPlan& subplan(const bind::Expr& expr, const Evaluation& outer);

 private:
  Result<void> look_at_limits();

  const Limits limits_;
  std::uint32_t rows_ = 0;
  std::unordered_map<const bind::Expr*, std::unique_ptr<exec::SubPlan>> subplans_;
};

}  // namespace latchkey::sql
