#pragma once

#include <memory>
#include <vector>

#include "sql/exec/node.h"
#include "sql/exec/row_memory.h"

namespace latchkey::sql::exec {

class HashedExists;
class KeySet;

/// A query that runs: its slots and the root of its nodes.
class QueryRun {
 public:
  QueryRun(const bind::Query& query, ExecutionContext& context, const Evaluation* outer,
           std::span<const Value> parameters, const TextSettings& settings);

  Result<void> open();
  Result<bool> next() { return root_->next(); }
  /// The value of a target in the row that next() has found.
  const Value& target(std::size_t index) const {
    return slots_[static_cast<std::size_t>(query_.targets[index].slot)];
  }
  Evaluation& evaluation() { return evaluation_; }
  Value* slots() { return slots_.data(); }

 private:
  const bind::Query& query_;
  std::vector<Value> slots_;
  Arena arena_;
  Evaluation evaluation_;
  NodePtr root_;
};

/// A subquery of an expression. What does not look out of itself is computed once.
class SubPlan {
 public:
  ~SubPlan();
  SubPlan(const bind::Expr& expr, ExecutionContext& context, const Evaluation& outer);
  Result<Value> value(const bind::Expr& expr, Evaluation& outer);

 private:
  Result<Value> compute(const bind::Expr& expr, Evaluation& outer);
  Result<Value> test_rows(const bind::Expr& expr, Evaluation& outer);
  Result<void> collect_rows();
  Value whole_row();
  Value keep(Oid type, const Value& value);

  Result<Value> exists(const bind::Expr& expr, Evaluation& outer);
  /// Of InQuery whose test is the equality of hashable values.
  void plan_hash(const bind::Expr& expr);
  Result<Value> look_up(const bind::Expr& expr, Evaluation& outer);
  Result<Value> test_range(const bind::Expr& expr, Evaluation& outer, std::span<const Value> rows);

  std::vector<std::size_t> shown_;  ///< which targets are not hidden
  const bind::Query& query_;
  QueryRun run_;
  Arena arena_;
  bool has_value_ = false;
  Value value_;
  bool has_rows_ = false;
  std::vector<Value> rows_;       ///< one row behind another
  std::vector<Value> null_rows_;  ///< those of them that have nulls, if rows are looked up
  std::vector<const bind::Expr*> left_keys_;
  std::vector<const bind::Expr*> right_keys_;
  std::unique_ptr<KeySet> set_;
  std::unique_ptr<HashedExists> hashed_;
  RowMemory memory_;
};

}  // namespace latchkey::sql::exec
