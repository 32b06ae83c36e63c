#pragma once

#include <memory>
#include <span>
#include <vector>

#include "latchkey/result.h"
#include "sql/catalog/catalog.h"
#include "sql/functions/function.h"

namespace latchkey::sql {

/// One row that a trigger is called for.
struct TriggerCall {
  const Table& table;
  const Trigger& trigger;
  TriggerEvent event;
  /// The row before the change and after it; empty if there is none. A BEFORE trigger may change
  /// what is to be written.
  std::span<const Value> before;
  std::span<Value> after;
  Arena& arena;  ///< where changed values may lie
};

/// How the rows of a function are wanted: column by column, or each as one record.
enum class RowForm : std::uint8_t { Columns, Record };

/// What calls the routines that users have made.
///
/// Threads: the session's.
/// Errors:  those of their statements, with where they happened; TooComplex when they nest too
/// deep.
class RoutineCaller {
 public:
  virtual ~RoutineCaller() = default;
  /// A function's value, in the arena of the call.
  virtual Value call(const Call& call) = 0;
  /// The rows of a function that returns a set or a row; null if it failed.
  virtual std::unique_ptr<RowSource> rows(const Call& call, RowForm form) = 0;
  /// Runs a procedure; returns its outputs, which lie in the arena of the call.
  virtual Result<std::vector<Value>> run_procedure(const Call& call) = 0;
  /// Whether the row shall be changed: a BEFORE trigger may refuse by returning null.
  virtual Result<bool> fire(const TriggerCall& call) = 0;
};

}  // namespace latchkey::sql
