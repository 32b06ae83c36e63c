#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/comparable.h"
#include "sql/catalog/define_inverted.h"
#include "sql/catalog/define_partition.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/table_builder.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

/// What an expression of an index may not do: it must give the same for a row for ever.
Result<void> check_immutable(const bind::Expr& expr, std::string_view place) {
  if (expr.query != nullptr) {
    return Error(ErrorCode::NotSupported, fmt::format("cannot use subquery in index {}", place));
  }
  if (expr.kind == bind::ExprKind::Aggregate) {
    return Error(ErrorCode::GroupingError,
                 fmt::format("aggregate functions are not allowed in index {}s", place));
  }
  if (expr.function != nullptr && (expr.function->is(kVolatile) || expr.function->is(kStable))) {
    return Error(ErrorCode::ObjectDefinitionInvalid,
                 fmt::format("functions in index {} must be marked IMMUTABLE", place));
  }
  for (const bind::Expr* const arg : expr.args) LK_CHECK(check_immutable(*arg, place));
  return {};
}

/// Binds a text that the index keeps, and tells its type.
Result<Oid> type_of_kept(const std::string& text, std::string_view place, const Table& table,
                         DefineContext& context) {
  LK_TRY(const auto script, parse::parse("SELECT " + text));
  bind::Binder binder(bind_context(context), {});
  const Node& value = *script->statements[0].node->list("target_list")[0]->child("val");
  LK_TRY(const auto bound, binder.bind_expression(value, &table));
  const bind::Expr& expr = *bound->query->targets[0].expr;
  LK_CHECK(check_immutable(expr, place));
  return expr.type;
}

Error no_class(const std::string& name, const std::string& method) {
  return Error(
      ErrorCode::ObjectMissing,
      fmt::format("operator class \"{}\" does not exist for access method \"{}\"", name, method));
}

/// Classes that order as the type does anyway: text is in the order of its bytes.
Result<void> check_class(const std::string& name, Oid type, const std::string& method) {
  constexpr std::string_view kSuffix = "_ops";
  if (!name.ends_with(kSuffix)) return no_class(name, method);
  std::string of = name.substr(0, name.size() - kSuffix.size());
  constexpr std::string_view kPattern = "_pattern";
  const bool is_pattern = of.ends_with(kPattern);
  if (is_pattern) of.resize(of.size() - kPattern.size());
  const bool is_text =
      type == oid::kText || type == oid::kVarchar || type == oid::kBpchar || type == oid::kName;
  const bool names_text = of == "text" || of == "varchar" || of == "bpchar" || of == "name";
  const Type* const named = find_type(of);
  if (!names_text && (is_pattern || named == nullptr)) return no_class(name, method);
  const bool fits = names_text ? is_text : named->oid == type;
  if (fits) return {};
  return Error(
      ErrorCode::TypeMismatch,
      fmt::format("operator class \"{}\" does not accept data type {}", name, type_text(type)));
}

Result<void> check_method(const Node& statement, std::string& method) {
  method = statement.text("access_method");
  if (method.empty()) method = "btree";
  if (method == "btree") return {};
  if (method == "hash") {
    if (statement.flag("unique")) {
      return Error(ErrorCode::NotSupported,
                   "access method \"hash\" does not support unique indexes");
    }
    if (statement.list("index_params").size() > 1) {
      return Error(ErrorCode::NotSupported,
                   "access method \"hash\" does not support multicolumn indexes");
    }
    return {};
  }
  if (method == "gin") return check_inverted(statement);
  for (const char* const known : {"gist", "spgist", "brin"}) {
    if (method != known) continue;
    return Error(ErrorCode::NotSupported, fmt::format("{} indexes are not supported", method));
  }
  return Error(ErrorCode::ObjectMissing,
               fmt::format("access method \"{}\" does not exist", method));
}

/// The name that a part lends to the index: its column's, its function's, or expr.
std::string part_name(const Node& element) {
  const Bytes name = element.text("name");
  if (!name.empty()) return std::string(name);
  const Node& expression = *element.child("expr");
  if (expression.is(NodeKind::FuncCall)) {
    return parse::texts_of(expression.list("funcname")).back();
  }
  return "expr";
}

Result<IndexColumn> part_of(const Node& element, const std::string& method, const Table& table,
                            DefineContext& context) {
  IndexColumn part;
  Oid type = Oid::None;
  const Bytes name = element.text("name");
  if (name.empty()) {
    LK_TRY(part.expression, parse::deparse(*element.child("expr")));
    LK_TRY(part.type, type_of_kept(part.expression, "expression", table, context));
    type = part.type;
  } else {
    const Column* const column = table.find_column(name);
    if (column == nullptr) {
      return Error(ErrorCode::ColumnMissing, fmt::format("column \"{}\" does not exist", name));
    }
    part.column = column->number;
    type = column->type;
  }
  if (method != "gin") LK_CHECK(bind::check_index_type(type));
  part.is_descending =
      element.as<parse::SortDirection>("ordering") == parse::SortDirection::Descending;
  const auto nulls = element.as<parse::SortNulls>("nulls_ordering");
  part.nulls_first =
      nulls == parse::SortNulls::Default ? part.is_descending : nulls == parse::SortNulls::First;
  const std::vector<std::string> classes = parse::texts_of(element.list("opclass"));
  if (method == "gin") {
    if (!classes.empty()) part.operator_class = classes.back();
    LK_CHECK(check_inverted_part(part.operator_class, type));
  } else if (!classes.empty()) {
    LK_CHECK(check_class(classes.back(), type, method));
    part.operator_class = classes.back();
  }
  return part;
}

Result<void> add_parts(const Node& statement, const Table& table, Index& index, std::string& names,
                       DefineContext& context) {
  const auto elements = statement.list("index_params");
  if (elements.size() > kIndexColumnsMax) {
    return Error(ErrorCode::TooManyColumns,
                 fmt::format("cannot use more than {} columns in an index", kIndexColumnsMax));
  }
  std::vector<std::string> taken;
  for (const Node* const element : elements) {
    LK_TRY(IndexColumn part, part_of(*element, index.method, table, context));
    index.columns.push_back(std::move(part));
    const std::string wanted = part_name(*element);
    std::string name = wanted;
    for (int i = 1; std::find(taken.begin(), taken.end(), name) != taken.end(); ++i) {
      name = wanted + std::to_string(i);
    }
    taken.push_back(name);
    names += (names.empty() ? "" : "_") + name;
  }
  for (const Node* const element : statement.list("index_including_params")) {
    const Bytes name = element->text("name");
    if (name.empty()) {
      return Error(ErrorCode::NotSupported, "expressions are not supported in included columns");
    }
    const Column* const column = table.find_column(name);
    if (column == nullptr) {
      return Error(ErrorCode::ColumnMissing, fmt::format("column \"{}\" does not exist", name));
    }
    index.included.push_back(column->number);
    names += "_" + std::string(name);
  }
  return {};
}

Result<void> put_filled(Table table, Index index, DefineContext& context) {
  LK_TRY(index.tree, context.change.transaction().create_tree(tree_options(table, true)));
  LK_CHECK(fill_index(table, index, context));
  table.indexes.push_back(std::move(index));
  return context.change.put(std::move(table));
}

Result<void> add_to_partitions(const Index& index, const Table& parent, DefineContext& context) {
  const std::shared_ptr<const Catalog> before = context.change.catalog();
  for (const Table* const partition : before->partitions_of(parent.oid)) {
    LK_CHECK(
        put_filled(*partition, index_of_partition(index, parent, *partition, context), context));
  }
  return {};
}

}  // namespace

Result<std::string> create_index(const Node& statement, DefineContext& context) {
  if (statement.flag("concurrent") && context.in_block) {
    return Error(ErrorCode::TransactionActive,
                 "CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
  }
  LK_TRY(const Table* const found, find_table(*statement.child("relation"), context));
  if (found->kind != TableKind::Table && found->kind != TableKind::Partitioned) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("cannot create index on relation \"{}\"", found->name))
        .with_detail(
            fmt::format("This operation is not supported for {}s.", kind_name(found->kind)));
  }
  Table table = *found;
  Index index;
  index.oid = context.change.database().next_oid();
  index.is_unique = statement.flag("unique");
  index.nulls_equal = statement.flag("nulls_not_distinct");
  LK_CHECK(check_method(statement, index.method));
  std::string names;
  LK_CHECK(add_parts(statement, table, index, names, context));
  if (const Node* const where = statement.child("where_clause")) {
    LK_TRY(index.predicate, parse::deparse(*where));
    LK_TRY(const Oid type, type_of_kept(index.predicate, "predicate", table, context));
    if (type != oid::kBool) {
      return Error(ErrorCode::TypeMismatch,
                   "argument of WHERE must be type boolean, not type " + type_text(type));
    }
  }
  index.name = statement.text("idxname");
  if (index.name.empty()) {
    index.name =
        free_name(*context.change.catalog(), table, generated_name(table.name, names, "idx"));
  }
  if (context.change.catalog()->is_name_taken(table.schema, index.name)) {
    if (!statement.flag("if_not_exists")) return already_exists(index.name);
    context.notice(Error(ErrorCode::TableDuplicate,
                         fmt::format("relation \"{}\" already exists, skipping", index.name)));
    return std::string("CREATE INDEX");
  }
  LK_CHECK(check_unique_key(index, table));
  if (table.kind == TableKind::Partitioned) {
    const Index made = index;
    const Table parent = table;
    table.indexes.push_back(std::move(index));
    LK_CHECK(context.change.put(std::move(table)));
    LK_CHECK(add_to_partitions(made, parent, context));
    return std::string("CREATE INDEX");
  }
  LK_CHECK(put_filled(std::move(table), std::move(index), context));
  return std::string("CREATE INDEX");
}

}  // namespace latchkey::sql::definitions
