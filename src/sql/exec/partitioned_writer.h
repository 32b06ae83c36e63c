#pragma once

#include <map>
#include <memory>

#include "sql/exec/partitions.h"
#include "sql/exec/table_writer.h"

namespace latchkey::sql::exec {

/// Writes the rows of a partitioned table where they belong. The key of a row is that in its
/// partition, behind the partition's number (4, big-endian).
///
/// Threads: the execution's.
/// Errors:  CheckViolation for a row that belongs nowhere, and TableWriter's.
class PartitionedWriter {
 public:
  PartitionedWriter(const Table& table, ExecutionContext& context, const TextSettings& settings);

  Result<std::optional<TableWriter::Conflict>> find_conflict(std::span<const Value> values);
  Result<std::string> insert(std::span<const Value> values);
  Result<std::string> update(Bytes key, std::span<const Value> before,
                             std::span<const Value> after);
  Result<void> erase(Bytes key, std::span<const Value> before);
  Result<std::optional<TableWriter::Current>> lock(Bytes key);
  Error duplicate(const Index& index, std::span<const Value> values);

  static std::string with_partition(Oid partition, Bytes key);

 private:
  TableWriter& writer_of(const Table& partition);
  Result<TableWriter*> writer_of_key(Bytes& key);
  Result<TableWriter*> writer_of_row(std::span<const Value> values);
  const Index* own_index(const Index& index) const;

  const Table& table_;
  ExecutionContext& context_;
  const TextSettings& settings_;
  const Partitions partitions_;
  std::map<std::uint32_t, std::unique_ptr<TableWriter>> writers_;
};

}  // namespace latchkey::sql::exec
