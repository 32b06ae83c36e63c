#include "sql/exec/table_layout.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::sql::exec {

const TextSettings& kept_text_settings() {
  static const TextSettings kSettings;
  return kSettings;
}

TableLayout::TableLayout(const Table& table) : table_(table) {
  for (const std::int16_t number : table.key_columns) key_.push_back(column_at(number));
  std::vector<RowShape::Column> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Oid type = table.columns[i].type;
    const bool is_key = std::find(key_.begin(), key_.end(), static_cast<int>(i)) != key_.end();
    columns.push_back({type, is_key && key_tells_value(type)});
  }
  shape_ = RowShape(std::move(columns));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (!column.has_missing) continue;
    if (missing_.empty()) missing_.resize(table.columns.size());
    const Result<Value> value = parse_text(column.type, column.typmod, column.missing_text,
                                           kept_text_settings(), missing_bytes_);
    if (!value.has_value()) continue;
    const bool in_bytes = find_type(column.type)->kept == Kept::Bytes;
    missing_[i] = in_bytes ? missing_bytes_.keep(*value) : *value;
  }
}

int TableLayout::column_at(std::int16_t number) const {
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    if (table_.columns[i].number == number) return static_cast<int>(i);
  }
  LK_ASSERT(false);
  return 0;
}

std::string TableLayout::key_of(std::span<const Value> values) const {
  std::string key;
  for (std::size_t i = 0; i < key_.size(); ++i) {
    const auto column = static_cast<std::size_t>(key_[i]);
    LK_ASSERT(!values[column].is_null);
    append_key_part(table_.columns[column].type, values[column], part_of(i, key_.size()), key);
  }
  return key;
}

std::string TableLayout::key_of_row_number(std::int64_t number) {
  std::string key;
  append_key_part(oid::kInt8, Value::of_integer(number), KeyPart::Last, key);
  return key;
}

std::string TableLayout::row_of(std::span<const Value> values) const {
  std::string row;
  shape_.encode(values, row);
  return row;
}

Result<void> TableLayout::decode(Bytes key, Bytes row, std::span<Value> values,
                                 Arena& arena) const {
  LK_TRY(const std::size_t count, shape_.decode(row, values));
  for (std::size_t i = count; i < values.size(); ++i) {
    values[i] = i < missing_.size() ? missing_[i] : Value::null();
  }
  Bytes rest = key;
  if (table_.kind == TableKind::Partitioned) rest.remove_prefix(kPartitionBytes);
  for (std::size_t i = 0; i < key_.size(); ++i) {
    const auto column = static_cast<std::size_t>(key_[i]);
    const Oid type = table_.columns[column].type;
    LK_TRY(const Value value, take_key_part(type, part_of(i, key_.size()), rest, arena));
    if (shape_[column].in_key) values[column] = value;
  }
  return {};
}

IndexPart TableLayout::index_part(const IndexColumn& column) const {
  const Oid type = column.column == 0 ? column.type : type_of(column_at(column.column));
  return {type, column.is_descending, column.nulls_first};
}

std::string TableLayout::index_key(const Index& index, std::span<const Value> parts, Bytes key,
                                   bool& has_null) const {
  LK_ASSERT(parts.size() == index.columns.size());
  std::string out;
  has_null = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    has_null = has_null || (parts[i].is_null && !index.nulls_equal);
    append_index_part(index_part(index.columns[i]), parts[i], out);
  }
  if (!index.is_unique || has_null) out += key;
  return out;
}

std::string TableLayout::index_key_of(const Index& index, std::span<const Value> values, Bytes key,
                                      bool& has_null) const {
  std::string out;
  has_null = false;
  for (const IndexColumn& column : index.columns) {
    const Value& value = values[static_cast<std::size_t>(column_at(column.column))];
    has_null = has_null || (value.is_null && !index.nulls_equal);
    append_index_part(index_part(column), value, out);
  }
  if (!index.is_unique || has_null) out += key;
  return out;
}

}  // namespace latchkey::sql::exec
