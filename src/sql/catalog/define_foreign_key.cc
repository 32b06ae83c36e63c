#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/table_builder.h"
#include "sql/types/key.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

Error invalid_key(std::string message) {
  return Error(ErrorCode::ObjectDefinitionInvalid, std::move(message))
      .with([](ErrorDetails& details) { details.sqlstate = "42830"; });
}

Result<std::vector<std::int16_t>> numbers_of(const std::vector<std::string>& names,
                                             const Table& table) {
  std::vector<std::int16_t> numbers;
  for (const std::string& name : names) {
    const Column* const column = table.find_column(name);
    if (column == nullptr) {
      return Error(
          ErrorCode::ColumnMissing,
          fmt::format("column \"{}\" referenced in foreign key constraint does not exist", name));
    }
    numbers.push_back(column->number);
  }
  return numbers;
}

ForeignAction action_of(Bytes letter) {
  return letter.empty() ? ForeignAction::NoAction : static_cast<ForeignAction>(letter[0]);
}

/// The unique index over exactly these columns, in any order.
const Index* unique_index_of(const Table& table, std::vector<std::int16_t> columns) {
  std::sort(columns.begin(), columns.end());
  for (const Index& index : table.indexes) {
    if (!index.is_unique || !index.predicate.empty()) continue;
    std::vector<std::int16_t> has;
    for (const IndexColumn& column : index.columns) has.push_back(column.column);
    std::sort(has.begin(), has.end());
    if (has == columns) return &index;
  }
  return nullptr;
}

/// Values of one are found as they are among the keys of the other.
bool are_alike(Oid a, Oid b) {
  const auto family = [](Oid type) {
    if (type == oid::kInt2 || type == oid::kInt4) return oid::kInt8;
    if (type == oid::kVarchar || type == oid::kName) return oid::kText;
    return type;
  };
  return family(a) == family(b);
}

Result<void> find_referred(const Node& node, const Table& referred, ForeignKey& key) {
  const std::vector<std::string> names = parse::texts_of(node.list("pk_attrs"));
  const Index* index = nullptr;
  if (names.empty()) {
    for (const Index& each : referred.indexes) {
      if (each.is_primary) index = &each;
    }
    if (index == nullptr) {
      return Error(
          ErrorCode::ObjectMissing,
          fmt::format("there is no primary key for referenced table \"{}\"", referred.name));
    }
    for (const IndexColumn& column : index->columns) key.referred_columns.push_back(column.column);
  } else {
    LK_TRY(key.referred_columns, numbers_of(names, referred));
    index = unique_index_of(referred, key.referred_columns);
  }
  if (key.referred_columns.size() != key.columns.size()) {
    return invalid_key("number of referencing and referenced columns for foreign key disagree");
  }
  if (index == nullptr) {
    return invalid_key(
        fmt::format("there is no unique constraint matching given keys for referenced table \"{}\"",
                    referred.name));
  }
  key.index = index->oid;
  return {};
}

}  // namespace

Result<void> add_foreign_key(const ForeignKeyWish& wish, Table& table, DefineContext& context) {
  const Node& node = *wish.node;
  ForeignKey key;
  key.oid = context.change.database().next_oid();
  const std::vector<std::string> names = wish.column.empty()
                                             ? parse::texts_of(node.list("fk_attrs"))
                                             : std::vector<std::string>{wish.column};
  LK_TRY(key.columns, numbers_of(names, table));
  const Node& range_var = *node.child("pktable");
  const QualifiedName name = name_of_range_var(range_var);
  const Table* referred = look_up(name, context);
  const bool is_self =
      name.name == table.name && (referred == nullptr || referred->oid == table.oid);
  if (is_self) referred = &table;
  if (referred == nullptr) {
    return Error(ErrorCode::TableMissing, fmt::format("relation \"{}\" does not exist", name.name));
  }
  if (referred->kind == TableKind::Partitioned || table.kind == TableKind::Partitioned) {
    return Error(ErrorCode::NotSupported, "foreign keys of partitioned tables are not supported");
  }
  if (referred->kind != TableKind::Table) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("referenced relation \"{}\" is not a table", name.name));
  }
  if (referred->temporary != table.temporary) {
    return Error(ErrorCode::TableDefinitionInvalid,
                 table.temporary != 0
                     ? "constraints on temporary tables may reference only temporary tables"
                     : "constraints on permanent tables may reference only permanent tables");
  }
  key.table = referred->oid;
  LK_CHECK(find_referred(node, *referred, key));
  std::string joined;
  for (const std::string& each : names) joined += (joined.empty() ? "" : "_") + each;
  key.name = node.text("conname");
  if (key.name.empty()) {
    key.name =
        free_name(*context.change.catalog(), table, generated_name(table.name, joined, "fkey"));
  } else if (has_constraint(table, key.name)) {
    return Error(
        ErrorCode::ObjectDuplicate,
        fmt::format("constraint \"{}\" for relation \"{}\" already exists", key.name, table.name));
  }
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const Column& own = *table.column_of(key.columns[i]);
    const Column& other = *referred->column_of(key.referred_columns[i]);
    if (are_alike(own.type, other.type)) continue;
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("foreign key constraint \"{}\" cannot be implemented", key.name))
        .with_detail(fmt::format("Key columns \"{}\" and \"{}\" are of incompatible types: {} "
                                 "and {}.",
                                 own.name, other.name, type_text(own.type), type_text(other.type)));
  }
  if (node.text("fk_matchtype") == "p") {
    return Error(ErrorCode::NotSupported, "MATCH PARTIAL not yet implemented");
  }
  key.is_match_full = node.text("fk_matchtype") == "f";
  key.on_update = action_of(node.text("fk_upd_action"));
  key.on_delete = action_of(node.text("fk_del_action"));
  key.is_deferrable = wish.is_deferrable || wish.is_deferred;
  key.is_deferred = wish.is_deferred;
  key.is_validated = !node.flag("skip_validation");
  LK_TRY(key.set_columns, numbers_of(parse::texts_of(node.list("fk_del_set_cols")), table));
  table.foreign_keys.push_back(std::move(key));
  return {};
}

}  // namespace latchkey::sql::definitions
