#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/exec/context.h"

namespace latchkey::sql::exec {

/// The expressions and the predicates of a table's indexes, bound when the first is asked for.
///
/// Threads:   the execution's.
/// Ownership: borrows the table and the context. Values are good until the next row.
/// Errors:    what the expressions meet.
class IndexExpressions {
 public:
  IndexExpressions(const Table& table, ExecutionContext& context, const TextSettings& settings);

  /// Whether the index holds the row at all.
  Result<bool> covers(const Index& index, std::span<const Value> row);
  /// The values that an index sorts a row by.
  Result<std::vector<Value>> parts_of(const Index& index, std::span<const Value> row);

 private:
  struct BoundIndex {
    std::unique_ptr<bind::Bound> predicate;
    std::vector<std::unique_ptr<bind::Bound>> parts;  ///< null for columns
  };
  Result<BoundIndex*> bound_of(const Index& index);
  Result<std::unique_ptr<bind::Bound>> bind_one(const std::string& text);
  Result<Value> compute(const bind::Bound& bound, std::span<const Value> row);

  const Table& table_;
  ExecutionContext& context_;
  const TextSettings& settings_;
  std::map<std::uint32_t, BoundIndex> bound_;  ///< by the number of the index
  Arena arena_;
};

}  // namespace latchkey::sql::exec
