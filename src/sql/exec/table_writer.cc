#include "sql/exec/table_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/inverted_index.h"
#include "sql/exec/partitioned_writer.h"

namespace latchkey::sql::exec {

TableWriter::TableWriter(const Table& table, ExecutionContext& context,
                         const TextSettings& settings)
    : layout_(table),
      context_(context),
      settings_(settings),
      expressions_(table, context, settings) {
  if (table.kind == TableKind::Partitioned) {
    partitioned_ = std::make_unique<PartitionedWriter>(table, context, settings);
  }
}

TableWriter::~TableWriter() = default;

const Index* TableWriter::primary_key() const {
  for (const Index& index : layout_.table().indexes) {
    if (index.is_primary) return &index;
  }
  return nullptr;
}

std::string TableWriter::shown(std::span<const Value> values) const {
  constexpr std::size_t kShownBytes = 64;
  std::string text = "(";
  bool is_first = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Column& column = layout_.table().columns[i];
    if (column.is_dropped) continue;
    if (!is_first) text += ", ";
    is_first = false;
    if (values[i].is_null) {
      text += "null";
      continue;
    }
    std::string one;
    append_text(column.type, values[i], settings_, one);
    text += one.size() > kShownBytes ? one.substr(0, kShownBytes) + "..." : one;
  }
  return text + ")";
}

Error TableWriter::duplicate(const Index& index, std::span<const Value> values) const {
  if (partitioned_ != nullptr) return partitioned_->duplicate(index, values);
  std::string names;
  std::string texts;
  const Result<std::vector<Value>> parts = expressions_.parts_of(index, values);
  for (std::size_t i = 0; i < index.columns.size() && parts.has_value(); ++i) {
    const IndexColumn& part = index.columns[i];
    if (!names.empty()) {
      names += ", ";
      texts += ", ";
    }
    names += part.column == 0 ? part.expression : layout_.table().column_of(part.column)->name;
    if ((*parts)[i].is_null) {
      texts += "null";
    } else {
      append_text(layout_.index_part(part).type, (*parts)[i], settings_, texts);
    }
  }
  return Error(ErrorCode::UniqueViolation,
               fmt::format("duplicate key value violates unique constraint \"{}\"", index.name))
      .with([&](ErrorDetails& details) {
        details.detail = fmt::format("Key ({})=({}) already exists.", names, texts);
        details.schema = "public";
        details.table = layout_.table().name;
        details.constraint = index.name;
      });
}

Result<void> TableWriter::check_not_null(std::span<const Value> values) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Column& column = layout_.table().columns[i];
    if (!column.not_null || column.is_dropped || !values[i].is_null) continue;
    return Error(ErrorCode::NotNullViolation,
                 fmt::format("null value in column \"{}\" of relation \"{}\" violates not-null "
                             "constraint",
                             column.name, layout_.table().name))
        .with([&](ErrorDetails& details) {
          details.detail = "Failing row contains " + shown(values) + ".";
          details.schema = "public";
          details.table = layout_.table().name;
          details.column = column.name;
        });
  }
  return check_partition(values);
}

/// A row that is written to a partition itself must belong to it.
Result<void> TableWriter::check_partition(std::span<const Value> values) const {
  const Table& table = layout_.table();
  if (table.parent == Oid::None) return {};
  const Table* const parent = context_.catalog.find_table(table.parent);
  if (parent == nullptr) return {};
  const Partitions partitions(context_.catalog, *parent);
  const Partitions::Partition* const found = partitions.find(values);
  if (found != nullptr && found->table->oid == table.oid) return {};
  return Error(ErrorCode::CheckViolation,
               fmt::format("new row for relation \"{}\" violates partition constraint", table.name))
      .with([&](ErrorDetails& details) {
        details.detail = "Failing row contains " + shown(values) + ".";
        details.schema = context_.catalog.find_schema(table.schema)->name;
        details.table = table.name;
      });
}

Result<std::optional<TableWriter::Conflict>> TableWriter::find_conflict(
    std::span<const Value> values) {
  if (partitioned_ != nullptr) return partitioned_->find_conflict(values);
  const Table& table = layout_.table();
  std::string key;
  if (!layout_.has_row_numbers()) {
    key = layout_.key_of(values);
    LK_TRY(const bool found, context_.transaction.read_for_update(
                                 table.tree, key, [](const storage::RecordView&) {}));
    if (found) return std::optional<Conflict>({primary_key(), key});
  }
  for (const Index& index : table.indexes) {
    if (index.is_primary || !index.is_unique) continue;
    LK_TRY(const Entry entry, entry_of(index, values, key));
    if (!entry.is_held || !entry.may_equal) continue;
    Conflict conflict{&index, {}};
    LK_TRY(const bool found, context_.transaction.read_for_update(
                                 index.tree, entry.key, [&](const storage::RecordView& record) {
                                   conflict.key = record.value;
                                 }));
    if (found) return std::optional<Conflict>(std::move(conflict));
  }
  return std::optional<Conflict>();
}

Result<TableWriter::Entry> TableWriter::entry_of(const Index& index, std::span<const Value> values,
                                                 Bytes key) {
  Entry entry;
  LK_TRY(entry.is_held, expressions_.covers(index, values));
  if (!entry.is_held) return entry;
  bool has_null = false;
  const bool is_plain = std::all_of(index.columns.begin(), index.columns.end(),
                                    [](const IndexColumn& part) { return part.column != 0; });
  if (is_plain) {
    entry.key = layout_.index_key_of(index, values, key, has_null);
    entry.may_equal = !has_null;
    return entry;
  }
  LK_TRY(const std::vector<Value> parts, expressions_.parts_of(index, values));
  entry.key = layout_.index_key(index, parts, key, has_null);
  entry.may_equal = !has_null;
  return entry;
}

Result<std::vector<std::string>> TableWriter::inverted_of(const Index& index,
                                                          std::span<const Value> values,
                                                          Bytes key) {
  LK_TRY(const bool is_held, expressions_.covers(index, values));
  if (!is_held) return std::vector<std::string>();
  return inverted_entries(layout_, index, values, key);
}

Result<void> TableWriter::change_inverted(const Index& index, const RowVersion* before,
                                          const RowVersion* after) {
  std::vector<std::string> old_entries;
  std::vector<std::string> new_entries;
  if (before != nullptr) {
    LK_TRY(old_entries, inverted_of(index, before->values, before->key));
  }
  if (after != nullptr) {
    LK_TRY(new_entries, inverted_of(index, after->values, after->key));
  }
  for (const std::string& entry : old_entries) {
    if (std::binary_search(new_entries.begin(), new_entries.end(), entry)) continue;
    LK_CHECK(context_.transaction.erase(index.tree, entry));
  }
  for (const std::string& entry : new_entries) {
    if (std::binary_search(old_entries.begin(), old_entries.end(), entry)) continue;
    LK_CHECK(context_.transaction.put(index.tree, entry, {.value = after->key}));
  }
  return {};
}

Result<void> TableWriter::put(Bytes key, std::span<const Value> values) {
  const std::string row = layout_.row_of(values);
  return context_.transaction.put(layout_.table().tree, key, {.value = row});
}

Result<void> TableWriter::put_index_entries(std::span<const Value> values, Bytes key) {
  for (const Index& index : layout_.table().indexes) {
    if (index.is_primary) continue;
    if (is_inverted(index)) {
      const RowVersion after{key, values};
      LK_CHECK(change_inverted(index, nullptr, &after));
      continue;
    }
    LK_TRY(const Entry entry, entry_of(index, values, key));
    if (entry.is_held) LK_CHECK(context_.transaction.put(index.tree, entry.key, {.value = key}));
  }
  return {};
}

Result<std::string> TableWriter::insert(std::span<const Value> values) {
  if (partitioned_ != nullptr) return partitioned_->insert(values);
  std::string key;
  if (layout_.has_row_numbers()) {
    LK_TRY(const std::int64_t number,
           context_.services.next_row_number(layout_.table(), context_.transaction));
    key = TableLayout::key_of_row_number(number);
  } else {
    key = layout_.key_of(values);
  }
  LK_CHECK(put(key, values));
  LK_CHECK(put_index_entries(values, key));
  if (!layout_.table().foreign_keys.empty()) {
    context_.foreign_keys(settings_).inserted(layout_.table(), key);
  }
  return key;
}

Result<std::string> TableWriter::update(Bytes key, std::span<const Value> before,
                                        std::span<const Value> after) {
  if (partitioned_ != nullptr) return partitioned_->update(key, before, after);
  const std::string new_key = layout_.has_row_numbers() ? std::string(key) : layout_.key_of(after);
  storage::Transaction& transaction = context_.transaction;
  if (new_key != key) {
    LK_TRY(const bool taken, transaction.read_for_update(layout_.table().tree, new_key,
                                                         [](const storage::RecordView&) {}));
    if (taken) return duplicate(*primary_key(), after);
    LK_CHECK(transaction.erase(layout_.table().tree, key));
  }
  for (const Index& index : layout_.table().indexes) {
    if (index.is_primary) continue;
    if (is_inverted(index)) {
      const RowVersion old_row{key, before};
      const RowVersion new_row{new_key, after};
      LK_CHECK(change_inverted(index, &old_row, &new_row));
      continue;
    }
    LK_TRY(const Entry old_entry, entry_of(index, before, key));
    LK_TRY(const Entry new_entry, entry_of(index, after, new_key));
    const bool is_same = old_entry.key == new_entry.key && old_entry.is_held == new_entry.is_held;
    if (is_same && new_key == key) continue;
    if (!is_same && new_entry.is_held && index.is_unique && new_entry.may_equal) {
      LK_TRY(const bool taken, transaction.read_for_update(index.tree, new_entry.key,
                                                           [](const storage::RecordView&) {}));
      if (taken) return duplicate(index, after);
    }
    if (old_entry.is_held) LK_CHECK(transaction.erase(index.tree, old_entry.key));
    if (new_entry.is_held) {
      LK_CHECK(transaction.put(index.tree, new_entry.key, {.value = new_key}));
    }
  }
  LK_CHECK(put(new_key, after));
  context_.foreign_keys(settings_).updated(layout_.table(), new_key, before, after);
  return new_key;
}

Result<void> TableWriter::erase(Bytes key, std::span<const Value> before) {
  if (partitioned_ != nullptr) return partitioned_->erase(key, before);
  for (const Index& index : layout_.table().indexes) {
    if (index.is_primary) continue;
    if (is_inverted(index)) {
      const RowVersion gone{key, before};
      LK_CHECK(change_inverted(index, &gone, nullptr));
      continue;
    }
    LK_TRY(const Entry entry, entry_of(index, before, key));
    if (entry.is_held) LK_CHECK(context_.transaction.erase(index.tree, entry.key));
  }
  LK_CHECK(context_.transaction.erase(layout_.table().tree, key));
  context_.foreign_keys(settings_).erased(layout_.table(), before);
  return {};
}

Result<std::optional<TableWriter::Current>> TableWriter::lock(Bytes key) {
  if (partitioned_ != nullptr) return partitioned_->lock(key);
  Current current;
  LK_TRY(const bool found, context_.transaction.read_for_update(
                               layout_.table().tree, key, [&](const storage::RecordView& record) {
                                 current.row = record.value;
                                 current.version = record.version;
                               }));
  if (!found) return std::optional<Current>();
  return std::optional<Current>(std::move(current));
}

}  // namespace latchkey::sql::exec
