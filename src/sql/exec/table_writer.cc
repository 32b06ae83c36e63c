#include "sql/exec/table_writer.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace latchkey::sql::exec {

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
  std::string names;
  std::string texts;
  for (const IndexColumn& part : index.columns) {
    const auto column = static_cast<std::size_t>(layout_.column_at(part.column));
    if (!names.empty()) {
      names += ", ";
      texts += ", ";
    }
    names += layout_.table().columns[column].name;
    append_text(layout_.type_of(static_cast<int>(column)), values[column], settings_, texts);
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
  return {};
}

Result<std::optional<TableWriter::Conflict>> TableWriter::find_conflict(
    std::span<const Value> values) {
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
    bool has_null = false;
    const std::string entry = layout_.index_key_of(index, values, key, has_null);
    if (has_null) continue;
    Conflict conflict{&index, {}};
    LK_TRY(const bool found, context_.transaction.read_for_update(
                                 index.tree, entry, [&](const storage::RecordView& record) {
                                   conflict.key = record.value;
                                 }));
    if (found) return std::optional<Conflict>(std::move(conflict));
  }
  return std::optional<Conflict>();
}

Result<void> TableWriter::put(Bytes key, std::span<const Value> values) {
  const std::string row = layout_.row_of(values);
  return context_.transaction.put(layout_.table().tree, key, {.value = row});
}

Result<void> TableWriter::put_index_entries(std::span<const Value> values, Bytes key) {
  for (const Index& index : layout_.table().indexes) {
    if (index.is_primary) continue;
    bool has_null = false;
    const std::string entry = layout_.index_key_of(index, values, key, has_null);
    LK_CHECK(context_.transaction.put(index.tree, entry, {.value = key}));
  }
  return {};
}

Result<std::string> TableWriter::insert(std::span<const Value> values) {
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
  return key;
}

Result<std::string> TableWriter::update(Bytes key, std::span<const Value> before,
                                        std::span<const Value> after) {
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
    bool had_null = false;
    bool has_null = false;
    const std::string old_entry = layout_.index_key_of(index, before, key, had_null);
    const std::string new_entry = layout_.index_key_of(index, after, new_key, has_null);
    if (old_entry == new_entry && new_key == key) continue;
    if (old_entry != new_entry && index.is_unique && !has_null) {
      LK_TRY(const bool taken,
             transaction.read_for_update(index.tree, new_entry, [](const storage::RecordView&) {}));
      if (taken) return duplicate(index, after);
    }
    LK_CHECK(transaction.erase(index.tree, old_entry));
    LK_CHECK(transaction.put(index.tree, new_entry, {.value = new_key}));
  }
  LK_CHECK(put(new_key, after));
  return new_key;
}

Result<void> TableWriter::erase(Bytes key, std::span<const Value> before) {
  for (const Index& index : layout_.table().indexes) {
    if (index.is_primary) continue;
    bool has_null = false;
    const std::string entry = layout_.index_key_of(index, before, key, has_null);
    LK_CHECK(context_.transaction.erase(index.tree, entry));
  }
  LK_CHECK(context_.transaction.erase(layout_.table().tree, key));
  return {};
}

Result<std::optional<TableWriter::Current>> TableWriter::lock(Bytes key) {
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
