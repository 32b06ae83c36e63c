#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/catalog/catalog.h"
#include "sql/types/arena.h"

namespace latchkey::sql::exec {

/// Which rows the partitions of a table hold, with their bounds as values.
///
/// Ownership: borrows the catalog and the table.
class Partitions {
 public:
  Partitions(const Catalog& catalog, const Table& parent);

  struct Bound {
    char kind = 'v';  ///< as PartitionValue has it
    Value value;
  };
  struct Partition {
    const Table* table = nullptr;
    bool is_default = false;
    std::vector<Bound> low;
    std::vector<Bound> high;
    std::int32_t modulus = 0;
    std::int32_t remainder = 0;
  };
  const std::vector<Partition>& all() const { return partitions_; }
  /// The columns that rows are divided by, as indexes into the table's columns.
  std::span<const std::size_t> key() const { return key_; }

  /// The partition of a row, or null.
  const Partition* find(std::span<const Value> row) const;
  /// Whether rows with these values of the key, one for each of its columns, belong to it; the
  /// default one takes what no other does.
  bool holds(const Partition& partition, std::span<const Value> key_values) const;

  /// A condition on a column of the key: its place there, and what its values are compared with.
  struct Condition {
    std::size_t place;
    std::string_view op;
    Value value;
  };
  /// Whether rows for which all conditions hold can be in the partition.
  bool may_hold(const Partition& partition, std::span<const Condition> conditions) const;

  /// "(a) = (5)", for errors.
  std::string shown_key(std::span<const Value> row, const TextSettings& settings) const;

 private:
  int compare_bound(std::size_t place, const Bound& bound, const Value& value) const;
  int compare_bounds(const std::vector<Bound>& bounds, std::span<const Value> key_values) const;
  bool range_may_hold(const Partition& partition, const Condition& condition) const;

  const Table& parent_;
  std::vector<std::size_t> key_;
  std::vector<Partition> partitions_;
  Arena arena_;
};

}  // namespace latchkey::sql::exec
