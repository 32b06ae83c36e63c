#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "sql/exec/change.h"
#include "sql/exec/row_memory.h"
#include "sql/exec/subplan.h"

namespace latchkey::sql::exec {

/// The rows of a query of WITH, found as far as they are asked for.
///
/// A recursive one finds in each round what its step makes of the rows of the round before.
///
/// Threads:   the execution's.
/// Ownership: belongs to the ExecutionContext; rows stay until reset().
class CommonRows {
 public:
  /// `owner` is the query that has the WITH.
  CommonRows(const bind::CommonTable& common, const Evaluation& owner);

  /// Forgets what was found, unless that has changed rows.
  void reset();
  /// The values of a row, or null behind the last.
  Result<const Value*> row(std::size_t index);
  /// The rows of the round before, of a recursive one.
  std::size_t work_begin() const { return work_begin_; }
  std::size_t work_end() const { return work_end_; }
  const Value* found_row(std::size_t index) const { return rows_[index]; }

  /// Of one that changes rows: finds what it will do, and does it.
  bool has_found_change() const { return change_ != nullptr; }
  Result<void> find_change();
  Result<void> apply_change();

 private:
  Result<void> find_next();
  Result<void> begin_round();
  Result<void> add(const Evaluation& from, const bind::Query& query, bool& is_new);
  Result<bool> is_known(const Value* values);

  const bind::CommonTable& common_;
  Evaluation evaluation_;  ///< what the query's own begins with
  std::unique_ptr<QueryRun> run_;
  std::unique_ptr<QueryRun> step_;
  std::unique_ptr<WaitingChange> change_;
  std::vector<Value*> rows_;
  std::unordered_set<std::string> known_;  ///< of UNION without ALL
  std::size_t known_bytes_ = 0;
  Arena kept_;
  RowMemory memory_;
  bool has_begun_ = false;
  bool is_done_ = false;
  bool in_step_ = false;
  std::size_t work_begin_ = 0;
  std::size_t work_end_ = 0;
};

/// Makes the context know the queries of a WITH; `owner` is the evaluation of the query that has
/// it. They are run when they are read.
void begin_commons(const bind::Query& query, const Evaluation& owner);
void reset_commons(const bind::Query& query, ExecutionContext& context);
/// Nothing of the statement will read any more: finds what the queries of its WITH change that
/// nobody has read, and does what the others do.
Result<void> apply_read_changes(const bind::Query& query, ExecutionContext& context);
/// Does what is left, once the statement itself has changed what it does.
Result<void> apply_other_changes(const bind::Query& query, ExecutionContext& context);

}  // namespace latchkey::sql::exec
