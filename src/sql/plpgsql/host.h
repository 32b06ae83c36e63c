#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/function_ref.h"
#include "sql/bind/binder.h"
#include "sql/exec/context.h"
#include "sql/parse/statement.h"
#include "sql/session.h"

namespace latchkey::sql::plpgsql {

/// Gets the rows of a statement, whose values are good during the call. Returns whether it wants
/// more.
using RowConsumer = FunctionRef<Result<bool>(std::span<const Value>)>;

/// What routines need of the session that they run in.
///
/// Threads: the session's.
class Host {
 public:
  virtual ~Host() = default;
  virtual bind::BindContext bind_context() = 0;
  /// Another number whenever what names mean may have changed.
  virtual std::uint64_t stamp() = 0;
  virtual const TextSettings& text_settings() = 0;
  /// Runs a query in the session's transaction, on the snapshot of the statement around it. Returns
  /// how many rows it gave or changed.
  virtual Result<std::uint64_t> run_query(const bind::Bound& bound,
                                          std::span<const Value> parameters,
                                          RowConsumer consumer) = 0;
  /// The value of an expression of a query without FROM, in `arena`.
  virtual Result<Value> evaluate(const bind::Query& query, const bind::Expr& expr,
                                 std::span<const Value> parameters, Arena& arena) = 0;
  /// Any other statement: definitions, SET.
  virtual Result<void> run_other(const std::shared_ptr<const parse::Script>& script,
                                 const parse::Node& node) = 0;

  /// A place to come back to, for blocks that catch errors.
  struct Mark {
    std::size_t savepoint = 0;
    std::shared_ptr<Catalog> catalog;
    bool has_catalog = false;
  };
  virtual Mark mark() = 0;
  virtual void return_to(const Mark& mark) = 0;
  /// Whether a conflict with another transaction starts the whole statement over, so that no
  /// routine may catch it.
  virtual bool starts_over(const Error& error) const = 0;

  virtual void notice(Severity severity, Error notice) = 0;
  virtual Result<void> check_cancelled() = 0;
  /// Whether ASSERT is not turned off.
  virtual bool checks_assertions() = 0;
  /// Whether the engine's budget has room for so many bytes more; negative gives back.
  virtual bool reserve_memory(std::int64_t bytes) = 0;
  /// Changes a setting until restore_settings().
  virtual Result<void> set(const std::string& name, const std::string& value) = 0;
  virtual std::shared_ptr<const void> save_settings() = 0;
  virtual void restore_settings(const std::shared_ptr<const void>& saved) = 0;
};

}  // namespace latchkey::sql::plpgsql
