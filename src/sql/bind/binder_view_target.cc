#include <fmt/format.h>

#include "base/assert.h"
#include "sql/bind/binder.h"

// INSERT, UPDATE and DELETE through a view of one table: they are those of the table.

namespace latchkey::sql::bind {

namespace {

using parse::Node;
using parse::NodeKind;

Error not_updatable(const Table& view, QueryKind kind, std::string detail) {
  struct Words {
    const char* what;
    const char* doing;
    const char* event;
  };
  const Words words = kind == QueryKind::Insert   ? Words{"insert into", "inserting into", "INSERT"}
                      : kind == QueryKind::Update ? Words{"update", "updating", "UPDATE"}
                                                  : Words{"delete from", "deleting from", "DELETE"};
  return Error(ErrorCode::ObjectState, fmt::format("cannot {} view \"{}\"", words.what, view.name))
      .with_detail(std::move(detail))
      .with_hint(fmt::format("To enable {} the view, provide an INSTEAD OF {} trigger or an "
                             "unconditional ON {} DO INSTEAD rule.",
                             words.doing, words.event, words.event));
}

/// Why rows of a query are not rows of one table, or nothing.
std::string obstacle_of(const Node& select) {
  const auto views_with = [](const char* what) {
    return fmt::format("Views containing {} are not automatically updatable.", what);
  };
  if (!select.list("distinct_clause").empty()) return views_with("DISTINCT");
  if (!select.list("group_clause").empty()) return views_with("GROUP BY");
  if (select.child("having_clause") != nullptr) return views_with("HAVING");
  if (select.as<parse::SetKind>("op") != parse::SetKind::None) {
    return views_with("UNION, INTERSECT, or EXCEPT");
  }
  if (select.child("with_clause") != nullptr) return views_with("WITH");
  if (select.child("limit_count") != nullptr || select.child("limit_offset") != nullptr) {
    return views_with("LIMIT or OFFSET");
  }
  const auto from = select.list("from_clause");
  if (from.size() != 1 || !from[0]->is(NodeKind::RangeVar)) {
    return "Views that do not select from a single table or view are not automatically updatable.";
  }
  return {};
}

}  // namespace

Result<const Table*> Binder::table_behind(const Table& view, const Node& select, QueryKind kind) {
  std::string obstacle = obstacle_of(select);
  if (obstacle.empty()) {
    RangeEntry entry;
    LK_CHECK(bind_view(view, -1, entry));
    const Query& query = *entry.query;
    if (query.is_grouped) {
      obstacle = "Views that return aggregate functions are not automatically updatable.";
    } else if (!query.window_calls.empty()) {
      obstacle = "Views that return window functions are not automatically updatable.";
    } else if (!query.set_calls.empty()) {
      obstacle = "Views that return set-returning functions are not automatically updatable.";
    }
  }
  if (!obstacle.empty()) return not_updatable(view, kind, std::move(obstacle));
  if (!view.check_option.empty() && kind != QueryKind::Delete) {
    return Error(
        ErrorCode::NotSupported,
        fmt::format("changes through view \"{}\" WITH CHECK OPTION are not supported", view.name));
  }
  LK_TRY(const Table* const table, table_of(*select.list("from_clause")[0]));
  if (table->kind == TableKind::Table || table->kind == TableKind::Partitioned) return table;
  return Error(ErrorCode::NotSupported,
               fmt::format("changes through view \"{}\" of \"{}\", which is not a table, are not "
                           "supported",
                           view.name, table->name));
}

/// The columns of the view in the place of the table's, and its condition beside the statement's.
Result<void> Binder::bind_target_view(const Node& select, Query& query, Scope& scope) {
  const Table& table = *query.table;
  const Node& from = *select.list("from_clause")[0];
  const Node* const alias = from.child("alias");
  const std::string inner_name =
      alias == nullptr ? std::string(from.text("relname")) : std::string(alias->text("aliasname"));
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(query.table_entry)];
  Scope inner;
  inner.query = &query;
  inner.place = "WHERE";
  for (const ScopeColumn& column : scope.columns) {
    inner.columns.push_back({inner_name, column.name, column.expr});
  }
  std::vector<ScopeColumn> shown;
  const auto targets = select.list("target_list");
  LK_ASSERT(targets.size() == query.view->columns.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    LK_TRY(Expr* const expr, bind_expr(*targets[i]->child("val"), inner));
    int index = -1;
    if (expr->kind == ExprKind::Column && expr->level == 0) {
      const int place = expr->slot - entry.first_slot;
      if (place >= 0 && place < static_cast<int>(table.columns.size())) index = place;
    }
    query.view_columns.push_back(index);
    shown.push_back({entry.alias, query.view->columns[i].name, expr});
  }
  const Node* const where = select.child("where_clause");
  if (where != nullptr && query.kind != QueryKind::Insert) {
    LK_TRY(Expr* const condition, bind_expr(*where, inner));
    LK_TRY(query.where, coercion_.coerce_to_bool(condition, "WHERE"));
  }
  scope.columns = std::move(shown);
  return {};
}

Expr* Binder::both(Expr* first, Expr* second) {
  if (first == nullptr) return second;
  Expr* const condition = coercion_.make(ExprKind::And, oid::kBool);
  condition->args = {first, second};
  return condition;
}

Result<int> Binder::target_column(const Query& query, std::string_view name,
                                  std::int32_t location) const {
  const Table& named = query.view != nullptr ? *query.view : *query.table;
  for (std::size_t i = 0; i < named.columns.size(); ++i) {
    if (named.columns[i].is_dropped || named.columns[i].name != name) continue;
    if (query.view == nullptr) return static_cast<int>(i);
    if (query.view_columns[i] >= 0) return query.view_columns[i];
    return Error(ErrorCode::NotSupported,
                 fmt::format("cannot {} column \"{}\" of view \"{}\"",
                             query.kind == QueryKind::Insert ? "insert into" : "update", name,
                             named.name))
        .with_detail("View columns that are not columns of their base relation are not updatable.");
  }
  return Error(ErrorCode::ColumnMissing,
               fmt::format("column \"{}\" of relation \"{}\" does not exist", name, named.name))
      .at(location + 1);
}

}  // namespace latchkey::sql::bind
