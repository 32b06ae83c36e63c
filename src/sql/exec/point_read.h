#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/exec/table_layout.h"
#include "storage/engine.h"

namespace latchkey::sql::exec {

/// Whether a query is sure to end soon on any stack: it finds its rows by key, a few at most, and
/// computes nothing that could wait or take long. It may still meet a row that another has locked.
bool is_quick(const bind::Query& query);

/// A SELECT of one row by its table's key, without nodes and without a transaction: a single read
/// of what is committed is a snapshot of its own.
///
/// Threads:   run() from any, several at once.
/// Ownership: borrows the query and the table; see bind::Bound.
class PointRead {
 public:
  /// Null for a query of another shape.
  static std::unique_ptr<const PointRead> make(const bind::Query& query);

  /// Puts the values of the targets that are not hidden into `values`, which lie in `arena`.
  /// Returns the version of the row, or nothing if there is none.
  Result<std::optional<storage::Lsn>> run(storage::Engine& engine,
                                          std::span<const Value> parameters,
                                          const TextSettings& settings, Arena& arena,
                                          std::span<Value> values) const;

 private:
  explicit PointRead(const bind::Query& query);

  const bind::Query& query_;
  const TableLayout layout_;
  std::vector<const bind::Expr*> key_;         ///< a value for each column of the key
  std::vector<const bind::Expr*> conditions_;  ///< what must hold beside
};

}  // namespace latchkey::sql::exec
