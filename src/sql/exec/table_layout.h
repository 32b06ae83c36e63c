#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/catalog/catalog.h"
#include "sql/types/arena.h"
#include "sql/types/key.h"
#include "sql/types/row.h"

namespace latchkey::sql::exec {

/// Settings for values that the catalog keeps as text.
const TextSettings& kept_text_settings();

/// How the rows of one table lie in its tree and in its indexes.
///
/// A table with a primary key is in its order; others give each row a number of eight bytes.
///
/// Ownership: borrows the table.
class TableLayout {
 public:
  explicit TableLayout(const Table& table);
  /// Before the key of a partitioned table's row stands the number of its partition.
  static constexpr std::size_t kPartitionBytes = 4;

  const Table& table() const { return table_; }
  bool has_row_numbers() const { return key_.empty(); }
  /// The columns of the key as indexes into Table::columns, and their types.
  std::span<const int> key_columns() const { return key_; }
  Oid type_of(int column) const { return table_.columns[static_cast<std::size_t>(column)].type; }
  static KeyPart part_of(std::size_t index, std::size_t count) {
    return index + 1 == count ? KeyPart::Last : KeyPart::Inner;
  }

  /// Requires: no value of the key is null.
  std::string key_of(std::span<const Value> values) const;
  static std::string key_of_row_number(std::int64_t number);
  std::string row_of(std::span<const Value> values) const;
  /// Fills `values`; bytes are borrowed from `key` and `row`, or lie in `arena`.
  /// Errors: Corruption.
  Result<void> decode(Bytes key, Bytes row, std::span<Value> values, Arena& arena) const;

  /// The key of an entry of an index with these parts; `has_null` tells that it is equal to no
  /// other. Without a key for an entry that is looked for among unique ones.
  std::string index_key(const Index& index, std::span<const Value> parts, Bytes key,
                        bool& has_null) const;
  /// The same for a row. Requires: the index has no expressions.
  std::string index_key_of(const Index& index, std::span<const Value> values, Bytes key,
                           bool& has_null) const;
  IndexPart index_part(const IndexColumn& column) const;
  int column_at(std::int16_t number) const;

 private:
  const Table& table_;
  std::vector<int> key_;
  RowShape shape_;
  /// What rows show in columns that came after them; empty: null in all.
  std::vector<Value> missing_;
  Arena missing_bytes_;
};

}  // namespace latchkey::sql::exec
