#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/catalog/system_tables.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::bind {

namespace {

using parse::Node;
using parse::NodeKind;

/// The table that changes, beside the others that the statement looks at.
FromNode* joined(FromNode& join, FromNode* target, FromNode* others) {
  join.join = parse::JoinKind::Inner;
  join.left = target;
  join.right = others;
  return &join;
}

}  // namespace

Result<void> Binder::bind_target_table(const Node& node, Query& query, Scope& scope) {
  const Node& range_var = *node.child("relation");
  LK_TRY(query.table, table_of(range_var));
  if (is_system_table(*query.table)) {
    return Error(ErrorCode::PermissionDenied,
                 fmt::format("permission denied for table {}", query.table->name));
  }
  if (query.table->kind == TableKind::Sequence) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("cannot change sequence \"{}\"", query.table->name));
  }
  RangeEntry entry;
  entry.alias = query.table->name;
  std::shared_ptr<const parse::Script> view_script;
  if (query.table->kind == TableKind::View) {
    query.view = query.table;
    LK_TRY(view_script, parse::parse(query.view->view_text));
    LK_TRY(query.table, table_behind(*query.view, *view_script->statements[0].node, query.kind));
  }
  entry.table = query.table;
  LK_TRY(FromNode* const from,
         add_entry(std::move(entry), range_var.child("alias"), scope, scope.columns));
  query.table_entry = from->entry;
  RangeEntry& added = query.entries[static_cast<std::size_t>(from->entry)];
  added.key_slot = query.slot_count++;
  added.version_slot = query.slot_count++;
  query.from = from;
  if (query.view == nullptr) return {};
  return bind_target_view(*view_script->statements[0].node, query, scope);
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
  const auto bind_each = [&]() -> Result<void> {
    for (const CheckConstraint& check : query.table->checks) {
      LK_TRY(Expr* const condition, bind_kept(check.expression, scope));
      LK_TRY(Expr* const boolean, coercion_.coerce_to_bool(condition, "CHECK"));
      query.checks.push_back(boolean);
    }
    for (std::size_t i = 0; i < query.table->columns.size(); ++i) {
      const Column& column = query.table->columns[i];
      if (!column.is_generated || column.is_dropped) continue;
      LK_TRY(Expr* const value, bind_kept(column.default_text, scope));
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
    LK_TRY(const int index, target_column(query, each->text("name"), each->location));
    if (std::find(columns.begin(), columns.end(), index) != columns.end()) {
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" specified more than once", each->text("name")))
          .at(each->location + 1);
    }
    columns.push_back(index);
  }
  const bool is_named = !columns.empty();
  if (!is_named && query.view != nullptr) {
    for (const Column& column : query.view->columns) {
      LK_TRY(const int index, target_column(query, column.name, -1));
      columns.push_back(index);
    }
  } else if (!is_named) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.columns[i].is_dropped) columns.push_back(static_cast<int>(i));
    }
  }
  LK_CHECK(bind_table_expressions(query, scope));
  const Node* const source = node.child("select_stmt");
  const auto overriding = node.as<parse::OverridingKind>("override");
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
        LK_TRY(row[i], bind_given(row[i], column, query.defaults[index], overriding));
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
    keeps_unknown_ = true;
    LK_TRY(query.source, bind_query(*source, outer));
    keeps_unknown_ = false;
    std::vector<Target*> targets;
    for (Target& target : query.source->targets) {
      if (!target.is_hidden) targets.push_back(&target);
    }
    LK_CHECK(too_many(targets.size()));
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto index = static_cast<std::size_t>(columns[i]);
      LK_TRY(targets[i]->expr,
             bind_given(targets[i]->expr, table.columns[index], query.defaults[index], overriding));
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
    const Bytes name = infer->text("conname");
    if (name.empty()) {
      LK_TRY(conflict.index, infer_index(*infer, query, scope));
    } else {
      for (const Index& index : table.indexes) {
        if (index.is_unique && index.is_constraint && index.name == name) conflict.index = &index;
      }
      if (conflict.index == nullptr) {
        return Error(
            ErrorCode::ObjectMissing,
            fmt::format("constraint \"{}\" for table \"{}\" does not exist", name, table.name));
      }
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
  Expr* several = nullptr;  ///< the row of the subquery that several columns are set from
  for (const Node* const item : items) {
    const Bytes name = item->text("name");
    LK_TRY(const int index, target_column(*scope.query, name, item->location));
    const Column& column = table.columns[static_cast<std::size_t>(index)];
    const auto steps = item->list("indirection");
    Expr* before = nullptr;
    for (const Assignment& other : assignments) {
      if (other.column != index) continue;
      // Several elements of one array may be set.
      if (!steps.empty() && other.changes_part) {
        before = other.expr;
      } else {
        return Error(ErrorCode::SyntaxError,
                     fmt::format("multiple assignments to same column \"{}\"", name));
      }
    }
    const Node& value = *item->child("val");
    Expr* expr = nullptr;
    if (value.is(NodeKind::MultiAssignRef)) {
      const Node& row = *value.child("source");
      const auto part = static_cast<std::size_t>(value.number("colno") - 1);
      const auto wanted = static_cast<std::size_t>(value.number("ncolumns"));
      if (row.is(NodeKind::SubLink)) {
        if (part == 0) {
          LK_TRY(several, row_of_subquery(row, scope));
        }
        LK_ASSERT(several != nullptr);
        if (several->args.size() != wanted) {
          return Error(ErrorCode::SyntaxError, "number of columns does not match number of values")
              .at(row.location + 1);
        }
        expr = several->args[part];
      } else if (row.is(NodeKind::RowExpr)) {
        const auto parts = row.list("args");
        if (parts.size() != wanted) {
          return Error(ErrorCode::SyntaxError, "number of columns does not match number of values")
              .at(row.location + 1);
        }
        LK_TRY(expr, bind_expr(*parts[part], scope));
      } else {
        return Error(ErrorCode::NotSupported,
                     "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() "
                     "expression")
            .at(row.location + 1);
      }
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
    } else if (column.identity == 'a') {
      return Error(ErrorCode::GeneratedAlways,
                   fmt::format("column \"{}\" can only be updated to DEFAULT", column.name))
          .with_detail(fmt::format(
              "Column \"{}\" is an identity column defined as GENERATED ALWAYS.", column.name));
    } else if (!steps.empty()) {
      if (before == nullptr) {
        const RangeEntry& entry =
            scope.query->entries[static_cast<std::size_t>(scope.query->table_entry)];
        before = column_expr(*scope.query, entry.first_slot + index, column.type, column.typmod);
      }
      if (column.type == oid::kJsonb) {
        LK_TRY(expr, bind_part_assignment(*item, column, before, expr, scope));
      } else {
        LK_TRY(expr, bind_array_change(before, expr, steps, scope));
      }
    } else {
      LK_TRY(expr, coercion_.coerce_to_column(expr, column));
      LK_TRY(expr, fit_domain(expr, column.domain));
    }
    std::erase_if(assignments, [&](const Assignment& other) { return other.column == index; });
    assignments.push_back({index, expr, !steps.empty()});
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
  LK_TRY(FromNode* const others, bind_from(node.list("from_clause"), scope));
  if (others != nullptr) query.from = joined(new_from(), query.from, others);
  scope.place = "UPDATE";
  LK_TRY(query.assignments, bind_assignments(node.list("target_list"), *query.table, scope));
  if (const Node* const where = node.child("where_clause")) {
    scope.place = "WHERE";
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    LK_TRY(Expr* const boolean, coercion_.coerce_to_bool(condition, "WHERE"));
    query.where = both(query.where, boolean);
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
  LK_TRY(FromNode* const others, bind_from(node.list("using_clause"), scope));
  if (others != nullptr) query.from = joined(new_from(), query.from, others);
  if (const Node* const where = node.child("where_clause")) {
    scope.place = "WHERE";
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    LK_TRY(Expr* const boolean, coercion_.coerce_to_bool(condition, "WHERE"));
    query.where = both(query.where, boolean);
  }
  LK_CHECK(bind_returning(node, query, scope));
  return &query;
}

}  // namespace latchkey::sql::bind
