#include "sql/catalog/table_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/table_rewrite.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

bool has_column(const std::vector<std::int16_t>& numbers, std::int16_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

bool uses_column(const Index& index, const Column& column) {
  if (has_column(index.included, column.number)) return true;
  if (!index.predicate.empty() && names_column(index.predicate, column.name)) return true;
  return std::any_of(index.columns.begin(), index.columns.end(), [&](const IndexColumn& each) {
    return each.column == column.number ||
           (each.column == 0 && names_column(each.expression, column.name));
  });
}

/// The text that stands in nextval('..') and its like.
void collect_sequence_names(const Node& node, std::vector<std::string>& names) {
  if (node.is(NodeKind::FuncCall)) {
    const std::vector<std::string> function = parse::texts_of(node.list("funcname"));
    const auto args = node.list("args");
    if (!function.empty() && function.back() == "nextval" && args.size() == 1) {
      const Node* arg = args[0];
      if (arg->is(NodeKind::TypeCast)) arg = arg->child("arg");
      if (const Node* const text = arg->child("sval")) names.emplace_back(text->text("sval"));
    }
  }
  for (const Node::Field& field : node.fields) {
    if (field.child != nullptr) collect_sequence_names(*field.child, names);
    for (const Node* const each : field.list) {
      if (each != nullptr) collect_sequence_names(*each, names);
    }
  }
}

/// Puts a table that has lost indexes: their trees go, and rows that lay in the order of a primary
/// key get numbers instead.
Result<void> put_with_rows(const Table& stored, Table table, DefineContext& context) {
  if (!stored.has_rows()) return context.change.put(std::move(table));
  if (stored.key_columns != table.key_columns) {
    LK_CHECK(rewrite_table(stored, table, context));
    return context.change.put(std::move(table));
  }
  for (const Index& index : stored.indexes) {
    const bool is_kept = std::any_of(table.indexes.begin(), table.indexes.end(),
                                     [&](const Index& other) { return other.oid == index.oid; });
    if (!is_kept) LK_CHECK(context.change.transaction().drop_tree(index.tree));
  }
  return context.change.put(std::move(table));
}

}  // namespace

bool names_column(const std::string& expression, const std::string& name) {
  const auto script = parse::parse("SELECT " + expression);
  if (!script.has_value()) return false;
  std::vector<std::string> names;
  collect_columns(*(*script)->statements[0].node, names);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool default_uses_sequence(const Column& column, const Table& sequence, const Catalog& catalog) {
  if (column.default_text.find("nextval") == std::string::npos) return false;
  const auto script = parse::parse("SELECT " + column.default_text);
  if (!script.has_value()) return false;
  std::vector<std::string> names;
  collect_sequence_names(*(*script)->statements[0].node, names);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == full_name(catalog, sequence) ||
           (sequence.schema == kSchemaPublic && name == parse::quoted_name(sequence.name));
  });
}

std::string shown_type_name(const UserType& type, const DefineContext& context) {
  const std::string name = parse::quoted_name(type.name);
  const Catalog& catalog = *context.change.catalog();
  for (const Oid schema : schemas_of({"", type.name}, context)) {
    const UserType* const seen = catalog.find_user_type(schema, type.name);
    if (seen == nullptr) continue;
    if (seen->oid == type.oid) return name;
    break;
  }
  return parse::quoted_name(catalog.find_schema(type.schema)->name) + "." + name;
}

Result<void> remove_column(Oid oid, std::int16_t number, DefineContext& context) {
  const Table* const found = context.change.catalog()->find_table(oid);
  if (found == nullptr) return {};
  Table table = *found;
  const Column column = *table.column_of(number);
  const Table stored = table;
  std::erase_if(table.indexes, [&](const Index& index) { return uses_column(index, column); });
  if (has_column(table.key_columns, number)) table.key_columns.clear();
  std::erase_if(table.checks, [&](const CheckConstraint& check) {
    return names_column(check.expression, column.name);
  });
  std::erase_if(table.foreign_keys,
                [&](const ForeignKey& key) { return has_column(key.columns, number); });
  for (Column& each : table.columns) {
    if (each.number != number) continue;
    each.is_dropped = true;
    each.name = fmt::format("........pg.dropped.{}........", number);
    each.not_null = false;
    each.default_text.clear();
    each.is_generated = false;
    each.identity = 0;
    each.sequence = Oid::None;
    each.domain = Oid::None;
    each.has_missing = false;
    each.missing_text.clear();
  }
  LK_CHECK(context.change.put_comment(oid, number, {}));
  return put_with_rows(stored, std::move(table), context);
}

Result<void> remove_default(Oid oid, std::int16_t number, DefineContext& context) {
  const Table* const found = context.change.catalog()->find_table(oid);
  if (found == nullptr) return {};
  Table table = *found;
  for (Column& column : table.columns) {
    if (column.number == number) column.default_text.clear();
  }
  return context.change.put(std::move(table));
}

Result<void> remove_foreign_key(Oid key, DefineContext& context) {
  for (const auto& [oid, each] : context.change.catalog()->tables()) {
    const auto is_it = [&](const ForeignKey& other) { return other.oid == key; };
    if (std::none_of(each->foreign_keys.begin(), each->foreign_keys.end(), is_it)) continue;
    Table table = *each;
    std::erase_if(table.foreign_keys, is_it);
    return context.change.put(std::move(table));
  }
  return {};
}

Result<void> remove_index(Oid oid, DefineContext& context) {
  for (const auto& [number, each] : context.change.catalog()->tables()) {
    const auto is_it = [&](const Index& other) { return other.oid == oid; };
    const auto found = std::find_if(each->indexes.begin(), each->indexes.end(), is_it);
    if (found == each->indexes.end()) continue;
    const Table stored = *each;
    Table table = stored;
    if (found->is_primary) table.key_columns.clear();
    std::erase_if(table.indexes, is_it);
    return put_with_rows(stored, std::move(table), context);
  }
  return {};
}

}  // namespace latchkey::sql::definitions
