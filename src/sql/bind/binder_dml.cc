#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::bind {

namespace {

using parse::Node;
using parse::NodeKind;

int index_of(const Table& table, std::string_view name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].is_dropped && table.columns[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

Error no_column(const Table& table, std::string_view name, std::int32_t location) {
  return Error(ErrorCode::ColumnMissing,
               fmt::format("column \"{}\" of relation \"{}\" does not exist", name, table.name))
      .at(location + 1);
}

}  // namespace

Result<void> Binder::bind_target_table(const Node& node, Query& query, Scope& scope) {
  const Node& range_var = *node.child("relation");
  LK_TRY(query.table, table_of(range_var));
  if (query.table->kind != TableKind::Table && query.table->kind != TableKind::KeyValue) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("cannot change \"{}\": it is not a table", query.table->name));
  }
  RangeEntry entry;
  entry.table = query.table;
  entry.alias = query.table->name;
  LK_TRY(FromNode* const from,
         add_entry(std::move(entry), range_var.child("alias"), scope, scope.columns));
  query.table_entry = from->entry;
  RangeEntry& added = query.entries[static_cast<std::size_t>(from->entry)];
  added.key_slot = query.slot_count++;
  added.version_slot = query.slot_count++;
  query.from = from;
  return {};
}

/// A default is kept as it was written, and means the same wherever it is bound.
Result<Expr*> Binder::bind_column_default(const Column& column) {
  if (column.default_text.empty()) return static_cast<Expr*>(nullptr);
  LK_TRY(const auto script, parse::parse("SELECT " + column.default_text));
  const auto targets = script->statements[0].node->list("target_list");
  Query& query = new_query(QueryKind::Select);
  Scope scope;
  scope.query = &query;
  scope.place = "DEFAULT expressions";
  LK_TRY(Expr* const expr, bind_expr(*targets[0]->child("val"), scope));
  return coercion_.coerce_to_column(expr, column);
}

Result<void> Binder::bind_table_expressions(Query& query, Scope& scope) {
  for (const Column& column : query.table->columns) {
    if (column.is_dropped || column.is_generated) {
      query.defaults.push_back(nullptr);
      continue;
    }
    LK_TRY(Expr* const expr, bind_column_default(column));
    query.defaults.push_back(expr);
  }
  const std::vector<ScopeColumn> hidden = scope.columns;
  scope.columns.clear();
  add_entry_columns(query.entries[static_cast<std::size_t>(query.table_entry)], scope.columns);
  scope.place = "check constraints";
  const auto bind_text = [&](const std::string& text) -> Result<Expr*> {
    LK_TRY(const auto script, parse::parse("SELECT " + text));
    return bind_expr(*script->statements[0].node->list("target_list")[0]->child("val"), scope);
  };
  const auto bind_each = [&]() -> Result<void> {
    for (const CheckConstraint& check : query.table->checks) {
      LK_TRY(Expr* const condition, bind_text(check.expression));
      LK_TRY(Expr* const boolean, coercion_.coerce_to_bool(condition, "CHECK"));
      query.checks.push_back(boolean);
    }
    for (std::size_t i = 0; i < query.table->columns.size(); ++i) {
      const Column& column = query.table->columns[i];
      if (!column.is_generated || column.is_dropped) continue;
      LK_TRY(Expr* const value, bind_text(column.default_text));
      LK_TRY(query.defaults[i], coercion_.coerce_to_column(value, column));
    }
    return {};
  };
  const Result<void> bound = bind_each();
  scope.columns = hidden;
  return bound;
}

Result<void> Binder::bind_returning(const Node& node, Query& query, Scope& scope) {
  const auto returning = node.list("returning_list");
  query.returns_rows = !returning.empty();
  scope.place = "RETURNING";
  scope.may_aggregate = false;
  LK_CHECK(bind_targets(returning, scope));
  LK_CHECK(settle_targets(query));
  place_targets(query);
  return {};
}

Result<Query*> Binder::bind_insert(const Node& node, Scope* outer) {
  Query& query = new_query(QueryKind::Insert);
  Scope scope;
  scope.query = &query;
  scope.outer = outer;
  LK_CHECK(bind_target_table(node, query, scope));
  const Table& table = *query.table;
  std::vector<int> columns;
  for (const Node* const each : node.list("cols")) {
    const int index = index_of(table, each->text("name"));
    if (index < 0) return no_column(table, each->text("name"), each->location);
    if (std::find(columns.begin(), columns.end(), index) != columns.end()) {
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" specified more than once", each->text("name")))
          .at(each->location + 1);
    }
    columns.push_back(index);
  }
  const bool is_named = !columns.empty();
  if (!is_named) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.columns[i].is_dropped) columns.push_back(static_cast<int>(i));
    }
  }
  LK_CHECK(bind_table_expressions(query, scope));
  const Node* const source = node.child("select_stmt");
  const auto too_many = [&](std::size_t given) -> Result<void> {
    if (given > columns.size()) {
      return Error(ErrorCode::SyntaxError, "INSERT has more expressions than target columns");
    }
    if (is_named && given < columns.size()) {
      return Error(ErrorCode::SyntaxError, "INSERT has more target columns than expressions");
    }
    return {};
  };
  if (source != nullptr && !source->list("values_lists").empty()) {
    Query& values = new_query(QueryKind::Select);
    Scope values_scope;
    values_scope.query = &values;
    values_scope.outer = outer;
    values_scope.place = "VALUES";
    RangeEntry entry;
    entry.kind = RangeEntry::Kind::Values;
    entry.alias = "*VALUES*";
    for (const Node* const list : source->list("values_lists")) {
      LK_TRY(std::vector<Expr*> row, bind_all(list->list("items"), values_scope));
      LK_CHECK(too_many(row.size()));
      if (!entry.values.empty() && row.size() != entry.values[0].size()) {
        return Error(ErrorCode::SyntaxError, "VALUES lists must all be the same length");
      }
      for (std::size_t i = 0; i < row.size(); ++i) {
        const auto index = static_cast<std::size_t>(columns[i]);
        const Column& column = table.columns[index];
        if (row[i]->kind == ExprKind::Default) {
          row[i] = query.defaults[index] != nullptr && !column.is_generated
                       ? query.defaults[index]
                       : coercion_.constant(column.type, Value::null());
          continue;
        }
        if (column.is_generated) {
          return Error(ErrorCode::GeneratedAlways,
                       fmt::format("cannot insert a non-DEFAULT value into column \"{}\"",
                                   column.name))
              .with_detail(fmt::format("Column \"{}\" is a generated column.", column.name));
        }
        LK_TRY(row[i], coercion_.coerce_to_column(row[i], column));
      }
      entry.values.push_back(std::move(row));
    }
    for (std::size_t i = 0; i < entry.values[0].size(); ++i) {
      const Column& column = table.columns[static_cast<std::size_t>(columns[i])];
      entry.names.push_back(column.name);
      entry.types.push_back(column.type);
      entry.typmods.push_back(column.typmod);
      query.source_columns.push_back(columns[i]);
    }
    LK_TRY(values.from, add_entry(std::move(entry), nullptr, values_scope, values_scope.columns));
    for (const ScopeColumn& column : values_scope.columns) {
      values.targets.push_back({column.expr, column.name});
    }
    place_targets(values);
    query.source = &values;
  } else if (source != nullptr) {
    LK_TRY(query.source, bind_query(*source, outer));
    std::vector<Target*> targets;
    for (Target& target : query.source->targets) {
      if (!target.is_hidden) targets.push_back(&target);
    }
    LK_CHECK(too_many(targets.size()));
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const Column& column = table.columns[static_cast<std::size_t>(columns[i])];
      LK_TRY(targets[i]->expr, coercion_.coerce_to_column(targets[i]->expr, column));
      query.source_columns.push_back(columns[i]);
    }
  }
  if (const Node* const conflict = node.child("on_conflict_clause")) {
    LK_CHECK(bind_conflict(*conflict, query, scope));
    // RETURNING does not see EXCLUDED.
    std::erase_if(scope.columns,
                  [](const ScopeColumn& column) { return column.table == "excluded"; });
  }
  LK_CHECK(bind_returning(node, query, scope));
  return &query;
}

Result<void> Binder::bind_conflict(const Node& node, Query& query, Scope& scope) {
  const Table& table = *query.table;
  OnConflict& conflict = query.conflict;
  conflict.action = node.as<parse::ConflictAction>("action");
  if (const Node* const infer = node.child("infer")) {
    std::vector<std::int16_t> wanted;
    for (const Node* const element : infer->list("index_elems")) {
      const int index = index_of(table, element->text("name"));
      if (index < 0) return no_column(table, element->text("name"), infer->location);
      wanted.push_back(table.columns[static_cast<std::size_t>(index)].number);
    }
    std::sort(wanted.begin(), wanted.end());
    const Bytes name = infer->text("conname");
    for (const Index& index : table.indexes) {
      if (!index.is_unique) continue;
      std::vector<std::int16_t> has;
      for (const IndexColumn& column : index.columns) has.push_back(column.column);
      std::sort(has.begin(), has.end());
      if (name.empty() ? has == wanted : index.name == name) conflict.index = &index;
    }
    if (conflict.index == nullptr) {
      return name.empty()
                 ? Error(ErrorCode::ColumnReferenceInvalid,
                         "there is no unique or exclusion constraint matching the ON CONFLICT "
                         "specification")
                 : Error(ErrorCode::ObjectMissing,
                         fmt::format("constraint \"{}\" for table \"{}\" does not exist", name,
                                     table.name));
    }
  } else if (conflict.action == parse::ConflictAction::Update) {
    return Error(ErrorCode::SyntaxError,
                 "ON CONFLICT DO UPDATE requires inference specification or constraint name")
        .with_hint("For example, ON CONFLICT (column_name).")
        .at(node.location + 1);
  }
  RangeEntry excluded;
  excluded.table = query.table;
  excluded.alias = "excluded";
  // Bare names mean the row that is there.
  std::vector<ScopeColumn> columns;
  LK_TRY(FromNode* const from, add_entry(std::move(excluded), nullptr, scope, columns));
  query.excluded_entry = from->entry;
  for (ScopeColumn& column : columns) {
    column.only_qualified = true;
    scope.columns.push_back(column);
  }
  if (conflict.action != parse::ConflictAction::Update) return {};
  scope.place = "UPDATE";
  LK_TRY(conflict.assignments, bind_assignments(node.list("target_list"), table, scope));
  if (const Node* const where = node.child("where_clause")) {
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    LK_TRY(conflict.where, coercion_.coerce_to_bool(condition, "WHERE"));
  }
  return {};
}

Result<std::vector<Assignment>> Binder::bind_assignments(std::span<const Node* const> items,
                                                         const Table& table, Scope& scope) {
  std::vector<Assignment> assignments;
  for (const Node* const item : items) {
    const Bytes name = item->text("name");
    const int index = index_of(table, name);
    if (index < 0) return no_column(table, name, item->location);
    const Column& column = table.columns[static_cast<std::size_t>(index)];
    for (const Assignment& other : assignments) {
      if (other.column == index) {
        return Error(ErrorCode::SyntaxError,
                     fmt::format("multiple assignments to same column \"{}\"", name));
      }
    }
    const Node& value = *item->child("val");
    Expr* expr = nullptr;
    if (value.is(NodeKind::MultiAssignRef)) {
      const Node& row = *value.child("source");
      if (!row.is(NodeKind::RowExpr)) {
        return Error(ErrorCode::NotSupported,
                     "this form of a multiple-column UPDATE is not supported")
            .at(item->location + 1);
      }
      const auto parts = row.list("args");
      const auto part = static_cast<std::size_t>(value.number("colno") - 1);
      if (parts.size() != static_cast<std::size_t>(value.number("ncolumns"))) {
        return Error(ErrorCode::SyntaxError, "number of columns does not match number of values")
            .at(item->location + 1);
      }
      LK_TRY(expr, bind_expr(*parts[part], scope));
    } else {
      LK_TRY(expr, bind_expr(value, scope));
    }
    if (expr->kind == ExprKind::Default) {
      LK_TRY(Expr* const otherwise, bind_column_default(column));
      expr = otherwise != nullptr && !column.is_generated
                 ? otherwise
                 : coercion_.constant(column.type, Value::null());
    } else if (column.is_generated) {
      return Error(ErrorCode::GeneratedAlways,
                   fmt::format("column \"{}\" can only be updated to DEFAULT", column.name))
          .with_detail(fmt::format("Column \"{}\" is a generated column.", column.name));
    } else {
      LK_TRY(expr, coercion_.coerce_to_column(expr, column));
    }
    assignments.push_back({index, expr});
  }
  return assignments;
}

Result<Query*> Binder::bind_update(const Node& node, Scope* outer) {
  Query& query = new_query(QueryKind::Update);
  Scope scope;
  scope.query = &query;
  scope.outer = outer;
  LK_CHECK(bind_target_table(node, query, scope));
  scope.place = "FROM";
  FromNode* const target = query.from;
  LK_TRY(FromNode* const others, bind_from(node.list("from_clause"), scope));
  if (others != nullptr) {
    FromNode& join = new_from();
    join.join = parse::JoinKind::Inner;
    join.left = target;
    join.right = others;
    query.from = &join;
  }
  scope.place = "UPDATE";
  LK_TRY(query.assignments, bind_assignments(node.list("target_list"), *query.table, scope));
  if (const Node* const where = node.child("where_clause")) {
    scope.place = "WHERE";
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    LK_TRY(query.where, coercion_.coerce_to_bool(condition, "WHERE"));
  }
  LK_CHECK(bind_table_expressions(query, scope));
  LK_CHECK(bind_returning(node, query, scope));
  return &query;
}

Result<Query*> Binder::bind_delete(const Node& node, Scope* outer) {
  Query& query = new_query(QueryKind::Delete);
  Scope scope;
  scope.query = &query;
  scope.outer = outer;
  LK_CHECK(bind_target_table(node, query, scope));
  scope.place = "FROM";
  FromNode* const target = query.from;
  LK_TRY(FromNode* const others, bind_from(node.list("using_clause"), scope));
  if (others != nullptr) {
    FromNode& join = new_from();
    join.join = parse::JoinKind::Inner;
    join.left = target;
    join.right = others;
    query.from = &join;
  }
  if (const Node* const where = node.child("where_clause")) {
    scope.place = "WHERE";
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    LK_TRY(query.where, coercion_.coerce_to_bool(condition, "WHERE"));
  }
  LK_CHECK(bind_returning(node, query, scope));
  return &query;
}

}  // namespace latchkey::sql::bind
