#include "sql/system/rows.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "sql/catalog/system_tables.h"
#include "sql/types/array.h"
#include "sql/types/io.h"

namespace latchkey::sql::system {

void RowMaker::begin() {
  set_.values_.resize(set_.values_.size() + set_.width_);
  column_ = 0;
}

RowMaker& RowMaker::put(std::string_view column, Value value) {
  while (column_ < table_.columns.size() && table_.columns[column_].name != column) ++column_;
  LK_ASSERT(column_ < table_.columns.size());
  set_.values_[set_.values_.size() - set_.width_ + column_] = value;
  ++column_;
  return *this;
}

RowMaker& RowMaker::numbers(std::string_view column, std::span<const std::int64_t> values) {
  while (column_ < table_.columns.size() && table_.columns[column_].name != column) ++column_;
  LK_ASSERT(column_ < table_.columns.size());
  const Type* const type = find_type(table_.columns[column_].type);
  LK_ASSERT(type->is_array());
  ArrayWriter writer(type->element);
  for (const std::int64_t value : values) writer.add(Value::of_integer(value));
  return put(column, is_vector(type->oid) ? io::make_vector(writer, set_.arena_)
                                          : writer.finish(set_.arena_));
}

RowMaker& RowMaker::texts(std::string_view column, std::span<const std::string> values) {
  ArrayWriter writer(oid::kText);
  for (const std::string& value : values) writer.add(Value::of_bytes(value));
  return put(column, writer.finish(set_.arena_));
}

RowMaker& RowMaker::letters(std::string_view column, std::span<const std::string> values) {
  ArrayWriter writer(oid::kChar);
  for (const std::string& value : values) writer.add(Value::of_bytes(value));
  return put(column, writer.finish(set_.arena_));
}

const RowFiller* find_row_filler(Oid table) {
  for (const auto family : {relation_rows(), constraint_rows(), type_rows(), function_rows(),
                            routine_rows(), server_rows()}) {
    for (const RowFiller& source : family) {
      if (source.table == value_of(table)) return &source;
    }
  }
  return nullptr;
}

int lookup_column_of(const Table& table) {
  const RowFiller* const source = find_row_filler(table.oid);
  if (source == nullptr || source->lookup_column.empty()) return -1;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == source->lookup_column) return static_cast<int>(i);
  }
  return -1;
}

Result<std::shared_ptr<const RowSet>> rows_of(const Table& table, Evaluation& evaluation,
                                              std::optional<std::int64_t> wanted) {
  auto set = std::make_shared<RowSet>(table.columns.size());
  RowMaker maker(table, *set);
  RowContext context{*evaluation.context, evaluation, maker, wanted};
  if (const RowFiller* const source = find_row_filler(table.oid)) LK_CHECK(source->fill(context));
  return std::shared_ptr<const RowSet>(std::move(set));
}

std::vector<const Table*> relations_of(const Catalog& catalog) {
  std::vector<const Table*> relations;
  for (const auto& table : all_system_tables()) relations.push_back(table.get());
  std::sort(relations.begin(), relations.end(),
            [](const Table* a, const Table* b) { return value_of(a->oid) < value_of(b->oid); });
  for (const auto& [oid, table] : catalog.tables()) relations.push_back(table.get());
  return relations;
}

char relation_kind(const Table& table) {
  if (is_system_view(table)) return 'v';
  // A collection of keys is a table to those who look at it from here.
  return table.kind == TableKind::KeyValue ? 'r' : static_cast<char>(table.kind);
}

Oid collation_of(Oid type) {
  const Type* const found = find_type(type);
  if (found == nullptr) return Oid::None;
  const Oid base = found->is_array() ? found->element : type;
  if (base == oid::kName) return kCollationC;
  const bool is_text = base == oid::kText || base == oid::kVarchar || base == oid::kBpchar ||
                       base == oid::kPgNodeTree;
  return is_text ? kCollationDefault : Oid::None;
}

Oid default_oid(Oid table, std::int16_t column) {
  constexpr std::uint32_t kHigh = 0x80000000;
  constexpr int kColumnBits = 11;
  return Oid{kHigh |
             ((value_of(table) << kColumnBits | static_cast<std::uint32_t>(column)) & ~kHigh)};
}

TypeLayout layout_of(const Type& type) {
  constexpr auto kMovable = std::to_array<Oid>({oid::kNumeric, oid::kInet});
  TypeLayout layout{false, 'i', 'x'};
  if (type.length > 0) {
    layout.storage = 'p';
    layout.by_value = type.length == 1 || type.length == 2 || type.length == 4 || type.length == 8;
    layout.alignment = type.length == 1   ? 'c'
                       : type.length == 2 ? 's'
                       : type.length == 4 ? 'i'
                                          : 'd';
    if (type.oid == oid::kName || type.oid == oid::kUuid) layout.alignment = 'c';
    if (type.oid == oid::kTid) layout.alignment = 's';
    if (type.oid == oid::kAclitem) layout.alignment = 'i';
  } else if (type.length < -1) {
    layout = {false, 'c', 'p'};
  } else if (is_vector(type.oid)) {
    layout.storage = 'p';
  } else if (type.is_array()) {
    const Type* const element = find_type(type.element);
    const bool is_wide = element != nullptr && layout_of(*element).alignment == 'd';
    layout.alignment = is_wide ? 'd' : 'i';
  } else if (type.oid == oid::kRecord) {
    layout.alignment = 'd';
  }
  if (std::find(kMovable.begin(), kMovable.end(), type.oid) != kMovable.end()) layout.storage = 'm';
  return layout;
}

}  // namespace latchkey::sql::system
