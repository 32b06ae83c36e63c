#include "sql/exec/partitioned_writer.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace latchkey::sql::exec {

PartitionedWriter::PartitionedWriter(const Table& table, ExecutionContext& context,
                                     const TextSettings& settings)
    : table_(table), context_(context), settings_(settings), partitions_(context.catalog, table) {}

std::string PartitionedWriter::with_partition(Oid partition, Bytes key) {
  std::string whole;
  for (int shift = 24; shift >= 0; shift -= 8) {
    whole.push_back(static_cast<char>(value_of(partition) >> shift));
  }
  return whole.append(key);
}

TableWriter& PartitionedWriter::writer_of(const Table& partition) {
  std::unique_ptr<TableWriter>& writer = writers_[value_of(partition.oid)];
  if (writer == nullptr) writer = std::make_unique<TableWriter>(partition, context_, settings_);
  return *writer;
}

Result<TableWriter*> PartitionedWriter::writer_of_key(Bytes& key) {
  LK_ASSERT(key.size() >= TableLayout::kPartitionBytes);
  std::uint32_t oid = 0;
  for (std::size_t i = 0; i < TableLayout::kPartitionBytes; ++i) {
    oid = oid << 8 | static_cast<unsigned char>(key[i]);
  }
  key.remove_prefix(TableLayout::kPartitionBytes);
  const Table* const partition = context_.catalog.find_table(Oid{oid});
  if (partition == nullptr) return Error(ErrorCode::Internal, "a row is in no partition");
  return &writer_of(*partition);
}

Result<TableWriter*> PartitionedWriter::writer_of_row(std::span<const Value> values) {
  const Partitions::Partition* const partition = partitions_.find(values);
  if (partition != nullptr) return &writer_of(*partition->table);
  return Error(ErrorCode::CheckViolation,
               fmt::format("no partition of relation \"{}\" found for row", table_.name))
      .with([&](ErrorDetails& details) {
        details.detail = fmt::format("Partition key of the failing row contains {}.",
                                     partitions_.shown_key(values, settings_));
        details.schema = context_.catalog.find_schema(table_.schema)->name;
        details.table = table_.name;
      });
}

/// The index of the partitioned table that a partition's index is a part of.
const Index* PartitionedWriter::own_index(const Index& index) const {
  for (const Index& each : table_.indexes) {
    if (each.oid == index.parent) return &each;
  }
  return &index;
}

Result<std::optional<TableWriter::Conflict>> PartitionedWriter::find_conflict(
    std::span<const Value> values) {
  LK_TRY(TableWriter* const writer, writer_of_row(values));
  LK_TRY(auto conflict, writer->find_conflict(values));
  if (conflict.has_value()) {
    conflict->index = own_index(*conflict->index);
    conflict->key = with_partition(writer->layout().table().oid, conflict->key);
  }
  return conflict;
}

Result<std::string> PartitionedWriter::insert(std::span<const Value> values) {
  LK_TRY(TableWriter* const writer, writer_of_row(values));
  LK_TRY(const std::string key, writer->insert(values));
  return with_partition(writer->layout().table().oid, key);
}

Result<std::string> PartitionedWriter::update(Bytes key, std::span<const Value> before,
                                              std::span<const Value> after) {
  LK_TRY(TableWriter* const from, writer_of_key(key));
  LK_TRY(TableWriter* const to, writer_of_row(after));
  const Oid partition = to->layout().table().oid;
  if (from == to) {
    LK_TRY(const std::string new_key, from->update(key, before, after));
    return with_partition(partition, new_key);
  }
  LK_CHECK(from->erase(key, before));
  LK_TRY(const auto conflict, to->find_conflict(after));
  if (conflict.has_value()) return to->duplicate(*conflict->index, after);
  LK_TRY(const std::string new_key, to->insert(after));
  return with_partition(partition, new_key);
}

Result<void> PartitionedWriter::erase(Bytes key, std::span<const Value> before) {
  LK_TRY(TableWriter* const writer, writer_of_key(key));
  return writer->erase(key, before);
}

Result<std::optional<TableWriter::Current>> PartitionedWriter::lock(Bytes key) {
  LK_TRY(TableWriter* const writer, writer_of_key(key));
  return writer->lock(key);
}

Error PartitionedWriter::duplicate(const Index& index, std::span<const Value> values) {
  Result<TableWriter*> writer = writer_of_row(values);
  if (!writer.has_value()) return std::move(writer).error();
  for (const Index& each : (*writer)->layout().table().indexes) {
    if (each.parent == index.oid) return (*writer)->duplicate(each, values);
  }
  return (*writer)->duplicate(index, values);
}

}  // namespace latchkey::sql::exec
