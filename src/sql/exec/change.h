#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/function_ref.h"
#include "sql/exec/context.h"

namespace latchkey::sql::exec {

/// Runs an INSERT, UPDATE or DELETE, and calls `returning` for each row of RETURNING, whose targets
/// then stand in the slots of the evaluation.
///
/// Returns how many rows were inserted, updated or deleted.
/// Errors: UniqueViolation, NotNullViolation, CheckViolation and what expressions meet; RowLocked
///         and WriteConflict, after which the whole statement may be run again from a savepoint.
Result<std::uint64_t> run_change(const bind::Query& query, ExecutionContext& context,
                                 std::span<const Value> parameters, const TextSettings& settings,
                                 FunctionRef<Result<void>(Evaluation&)> returning);

/// A change in WITH. What it will do is found first and done later, so that nothing else in the
/// statement sees it.
class WaitingChange {
 public:
  virtual ~WaitingChange() = default;
  /// Finds the rows, and gives them to whoever reads RETURNING.
  virtual Result<void> find() = 0;
  /// Requires: find() has succeeded.
  virtual Result<void> apply() = 0;
};
std::unique_ptr<WaitingChange> make_waiting_change(
    const bind::Query& query, ExecutionContext& context, std::span<const Value> parameters,
    const TextSettings& settings, std::function<Result<void>(Evaluation&)> returning);

}  // namespace latchkey::sql::exec
