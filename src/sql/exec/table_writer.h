#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sql/exec/context.h"
#include "sql/exec/index_expressions.h"
#include "sql/exec/table_layout.h"

namespace latchkey::sql::exec {

class PartitionedWriter;

/// Puts whole rows into a table and its indexes, and keeps the promises that the catalog makes for
/// them, but for checks and defaults, which are expressions.
///
/// Threads: the execution's.
class TableWriter {
 public:
  TableWriter(const Table& table, ExecutionContext& context, const TextSettings& settings);
  ~TableWriter();

  const TableLayout& layout() const { return layout_; }

  /// A row that stands in the way of a new one.
  struct Conflict {
    const Index* index = nullptr;
    std::string key;  ///< of the row that is there
  };
  /// Locks what a row with these values would take, and finds who has it already.
  Result<std::optional<Conflict>> find_conflict(std::span<const Value> values);

  /// Requires: find_conflict has found none.
  Result<std::string> insert(std::span<const Value> values);
  /// Errors: UniqueViolation.
  Result<std::string> update(Bytes key, std::span<const Value> before,
                             std::span<const Value> after);
  Result<void> erase(Bytes key, std::span<const Value> before);

  /// Locks the row and reads it as it is now. Nothing if it has gone.
  struct Current {
    std::string row;
    storage::Lsn version{};
  };
  Result<std::optional<Current>> lock(Bytes key);

  /// What an index holds for a row.
  struct Entry {
    std::string key;
    bool is_held = true;    ///< a partial index may not hold it
    bool may_equal = true;  ///< no null keeps it apart from others
  };
  Result<Entry> entry_of(const Index& index, std::span<const Value> values, Bytes key);

  /// The same for an inverted index, which holds a row many times: see inverted_index.h.
  Result<std::vector<std::string>> inverted_of(const Index& index, std::span<const Value> values,
                                               Bytes key);

  Error duplicate(const Index& index, std::span<const Value> values) const;
  Result<void> check_not_null(std::span<const Value> values) const;
  /// "(1, text, null)", for the details of errors.
  std::string shown(std::span<const Value> values) const;

 private:
  Result<void> check_partition(std::span<const Value> values) const;
  /// What changes in an inverted index when a row does. Nothing of it was held before an insert, or
  /// is after an erase.
  struct RowVersion {
    Bytes key;
    std::span<const Value> values;
  };
  Result<void> change_inverted(const Index& index, const RowVersion* before,
                               const RowVersion* after);
  Result<void> put_index_entries(std::span<const Value> values, Bytes key);
  Result<void> put(Bytes key, std::span<const Value> values);
  const Index* primary_key() const;

  const TableLayout layout_;
  ExecutionContext& context_;
  const TextSettings& settings_;
  mutable IndexExpressions expressions_;
  std::unique_ptr<PartitionedWriter> partitioned_;  ///< of a partitioned table
};

}  // namespace latchkey::sql::exec
