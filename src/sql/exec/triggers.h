#pragma once

#include <span>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/exec/context.h"
#include "sql/exec/routine_caller.h"

namespace latchkey::sql::exec {

/// The triggers of one table during one statement: who fires before it, at each row, and after it.
///
/// Threads:   the execution's.
/// Ownership: borrows the table and the context.
/// Errors:    those of the triggers' functions.
class Triggers {
 public:
  /// `assignments`: what an UPDATE sets, for UPDATE OF.
  Triggers(const Table& table, ExecutionContext& context,
           std::span<const bind::Assignment> assignments = {})
      : table_(table), context_(context), assignments_(assignments) {}

  bool is_empty() const { return table_.triggers.empty(); }
  Result<void> before_statement(TriggerEvent event);
  /// Whether the row shall be changed. `after` may be another row then, whose values lie in
  /// `arena`.
  Result<bool> before_row(TriggerEvent event, std::span<const Value> before, std::span<Value> after,
                          Arena& arena);
  /// Remembers a row that was changed; its values are copied into `kept`.
  void note_row(TriggerEvent event, std::span<const Value> before, std::span<const Value> after,
                Arena& kept);
  /// Fires for the rows that were noted, then for the statement.
  Result<void> after_statement(TriggerEvent event);

 private:
  struct Changed {
    TriggerEvent event;
    std::span<const Value> before;
    std::span<Value> after;
  };
  bool applies(const Trigger& trigger, TriggerTiming timing, TriggerEvent event,
               bool for_each_row) const;
  bool has(TriggerTiming timing, TriggerEvent event, bool for_each_row) const;
  std::span<Value> copy(std::span<const Value> row, Arena& kept) const;
  Result<void> fire_statement(TriggerTiming timing, TriggerEvent event);

  const Table& table_;
  ExecutionContext& context_;
  const std::span<const bind::Assignment> assignments_;
  std::vector<Changed> changed_;
};

}  // namespace latchkey::sql::exec
