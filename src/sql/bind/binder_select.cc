#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/bind/comparable.h"

namespace latchkey::sql::bind {

using parse::JoinKind;
using parse::Node;
using parse::NodeKind;

Result<Query*> Binder::bind_select(const Node& node, Scope* outer) {
  const bool keeps_unknown = std::exchange(keeps_unknown_, false);
  Query& query = new_query(QueryKind::Select);
  Scope scope;
  scope.query = &query;
  scope.outer = outer;
  scope.place = "FROM";
  LK_TRY(query.from, bind_from(node.list("from_clause"), scope));
  if (const Node* const where = node.child("where_clause")) {
    scope.place = "WHERE";
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    LK_TRY(query.where, coercion_.coerce_to_bool(condition, "WHERE"));
  }
  scope.may_aggregate = true;
  scope.may_return_sets = true;
  LK_CHECK(bind_windows(node.list("window_clause"), scope));
  scope.may_window = true;
  LK_CHECK(bind_targets(node.list("target_list"), scope));
  LK_CHECK(bind_sort(node, scope));
  scope.may_window = false;
  LK_CHECK(bind_group(node, scope));
  scope.may_return_sets = false;
  LK_CHECK(bind_locks(node, query));
  LK_CHECK(bind_limits(node, scope));
  if (!keeps_unknown) LK_CHECK(settle_targets(query));
  if (query.is_grouped) LK_CHECK(replace_all_grouped(query));
  place_targets(query);
  return &query;
}

/// Gives each target its slot, behind all others.
void Binder::place_targets(Query& query) {
  for (Target& target : query.targets) target.slot = query.slot_count++;
}

/// A text that nothing else has said the type of is a text.
Result<void> Binder::settle_targets(Query& query) {
  for (Target& target : query.targets) {
    if (target.expr->type == oid::kUnknown) {
      LK_TRY(target.expr, coercion_.coerce(target.expr, oid::kText, -1, CastContext::Implicit));
    }
  }
  return {};
}

Result<Query*> Binder::bind_values(const Node& node, Scope* outer) {
  Query& query = new_query(QueryKind::Select);
  Scope scope;
  scope.query = &query;
  scope.outer = outer;
  scope.place = "VALUES";
  keeps_unknown_ = false;
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::Values;
  entry.alias = "*VALUES*";
  for (const Node* const list : node.list("values_lists")) {
    LK_TRY(std::vector<Expr*> row, bind_all(list->list("items"), scope));
    if (!entry.values.empty() && row.size() != entry.values[0].size()) {
      return Error(ErrorCode::SyntaxError, "VALUES lists must all be the same length");
    }
    entry.values.push_back(std::move(row));
  }
  const std::size_t width = entry.values[0].size();
  for (std::size_t i = 0; i < width; ++i) {
    std::vector<Expr*> column;
    bool has_default = false;
    for (const auto& row : entry.values) {
      column.push_back(row[i]);
      has_default = has_default || row[i]->kind == ExprKind::Default;
    }
    if (has_default) return Error(ErrorCode::SyntaxError, "DEFAULT is not allowed in this context");
    LK_TRY(const Oid type, coercion_.common_type(column, "VALUES"));
    for (auto& row : entry.values) {
      LK_TRY(row[i], coercion_.coerce(row[i], type, -1, CastContext::Implicit));
    }
    entry.names.push_back(fmt::format("column{}", i + 1));
    entry.types.push_back(type);
    entry.typmods.push_back(-1);
  }
  LK_TRY(query.from, add_entry(std::move(entry), nullptr, scope, scope.columns));
  for (const ScopeColumn& column : scope.columns)
    query.targets.push_back({column.expr, column.name});
  scope.may_aggregate = true;
  LK_CHECK(bind_sort(node, scope));
  LK_CHECK(bind_limits(node, scope));
  place_targets(query);
  return &query;
}

Result<Query*> Binder::bind_set_operation(const Node& node, Scope* outer) {
  keeps_unknown_ = true;
  LK_TRY(Query* const left, bind_query(*node.child("larg"), outer));
  keeps_unknown_ = true;
  LK_TRY(Query* const right, bind_query(*node.child("rarg"), outer));
  keeps_unknown_ = false;
  const auto kind = node.as<parse::SetKind>("op");
  const char* const name = kind == parse::SetKind::Union       ? "UNION"
                           : kind == parse::SetKind::Intersect ? "INTERSECT"
                                                               : "EXCEPT";
  const auto shown = [](Query& query) {
    std::vector<Target*> targets;
    for (Target& target : query.targets) {
      if (!target.is_hidden) targets.push_back(&target);
    }
    return targets;
  };
  const std::vector<Target*> lefts = shown(*left);
  const std::vector<Target*> rights = shown(*right);
  if (lefts.size() != rights.size()) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("each {} query must have the same number of columns", name));
  }
  Query& query = new_query(QueryKind::SetOperation);
  query.set_kind = kind;
  query.is_all = node.flag("all");
  query.left = left;
  query.right = right;
  query.parent_levels = std::max(left->parent_levels, right->parent_levels);
  Scope scope;
  scope.query = &query;
  scope.outer = outer;
  for (std::size_t i = 0; i < lefts.size(); ++i) {
    Expr* const sides[] = {lefts[i]->expr, rights[i]->expr};
    LK_TRY(const Oid type, coercion_.common_type(sides, name));
    LK_TRY(lefts[i]->expr, coercion_.coerce(sides[0], type, -1, CastContext::Implicit));
    LK_TRY(rights[i]->expr, coercion_.coerce(sides[1], type, -1, CastContext::Implicit));
    if (!query.is_all) LK_CHECK(check_equality(*lefts[i]->expr));
    const int slot = query.slot_count++;
    Expr* const column = column_expr(query, slot, type, -1);
    scope.columns.push_back({"", lefts[i]->name, column});
    query.targets.push_back({column, lefts[i]->name});
  }
  LK_CHECK(bind_sort(node, scope));
  LK_CHECK(bind_locks(node, query));
  LK_CHECK(bind_limits(node, scope));
  place_targets(query);
  return &query;
}

// FROM.

Result<FromNode*> Binder::bind_from(std::span<const Node* const> items, Scope& scope) {
  FromNode* whole = nullptr;
  for (const Node* const item : items) {
    std::vector<ScopeColumn> columns;
    LK_TRY(FromNode* const each, bind_from_item(*item, scope, columns));
    for (const ScopeColumn& column : columns) {
      for (const ScopeColumn& other : scope.columns) {
        if (!column.table.empty() && column.table == other.table && !columns.empty() &&
            &column == &columns[0]) {
          return Error(ErrorCode::AliasDuplicate,
                       fmt::format("table name \"{}\" specified more than once", column.table));
        }
      }
    }
    scope.columns.insert(scope.columns.end(), columns.begin(), columns.end());
    if (whole == nullptr) {
      whole = each;
      continue;
    }
    FromNode& join = new_from();
    join.join = JoinKind::Inner;
    join.left = whole;
    join.right = each;
    whole = &join;
  }
  return whole;
}

void Binder::add_entry_columns(const RangeEntry& entry, std::vector<ScopeColumn>& columns) {
  for (std::size_t i = 0; i < entry.names.size(); ++i) {
    if (entry.names[i].empty()) continue;  // a column that was dropped
    Expr* const expr = coercion_.make(ExprKind::Column, entry.types[i]);
    expr->slot = entry.first_slot + static_cast<int>(i);
    expr->typmod = entry.typmods[i];
    const Table* const origin = entry.table != nullptr ? entry.table : entry.view;
    if (origin != nullptr) {
      expr->origin_table = origin->oid;
      expr->origin_number = origin->columns[i].number;
    }
    columns.push_back({entry.alias, entry.names[i], expr});
  }
}

Result<FromNode*> Binder::add_entry(RangeEntry entry, const Node* alias, Scope& scope,
                                    std::vector<ScopeColumn>& columns) {
  if (entry.table != nullptr) {
    for (const Column& column : entry.table->columns) {
      entry.names.push_back(column.is_dropped ? std::string() : column.name);
      entry.types.push_back(column.type);
      entry.typmods.push_back(column.typmod);
    }
  }
  if (alias != nullptr) {
    entry.alias = alias->text("aliasname");
    const std::vector<std::string> names = parse::texts_of(alias->list("colnames"));
    std::size_t next = 0;
    for (std::string& name : entry.names) {
      if (!name.empty() && next < names.size()) name = names[next++];
    }
    if (next < names.size()) {
      return Error(ErrorCode::ColumnReferenceInvalid,
                   fmt::format("table \"{}\" has {} columns available but {} columns specified",
                               entry.alias, next, names.size()));
    }
  }
  Query& query = *scope.query;
  entry.first_slot = query.slot_count;
  query.slot_count += static_cast<int>(entry.names.size());
  add_entry_columns(entry, columns);
  if (entry.table != nullptr) LK_CHECK(bind_indexes(entry, query));
  FromNode& node = new_from();
  node.entry = static_cast<int>(query.entries.size());
  query.entries.push_back(std::move(entry));
  return &node;
}

Result<FromNode*> Binder::bind_from_item(const Node& item, Scope& scope,
                                         std::vector<ScopeColumn>& columns) {
  RangeEntry entry;
  switch (item.kind) {
    case NodeKind::RangeVar: {
      entry.alias = item.text("relname");
      LK_TRY(FromNode* const common, find_common(item, scope, columns));
      if (common != nullptr) return common;
      LK_CHECK(bind_relation(item, entry));
      return add_entry(std::move(entry), item.child("alias"), scope, columns);
    }
    case NodeKind::RangeSubselect: {
      entry.is_lateral = item.flag("lateral");
      entry.query_level = entry.is_lateral ? 0 : 1;
      Scope* const outer = entry.is_lateral ? &scope : scope.outer;
      LK_TRY(Query* const query, bind_query(*item.child("subquery"), outer));
      // What it looks at outside of this query, this query looks at, too.
      Query& around = *scope.query;
      around.parent_levels =
          std::max(around.parent_levels, query->parent_levels - (1 - entry.query_level));
      take_query(*query, entry);
      return add_entry(std::move(entry), item.child("alias"), scope, columns);
    }
    case NodeKind::JoinExpr:
      return bind_join(item, scope, columns);
    case NodeKind::RangeTableSample:
      return Error(ErrorCode::NotSupported, "TABLESAMPLE is not supported").at(item.location + 1);
    case NodeKind::RangeFunction:
      return bind_range_function(item, scope, columns);
    default:
      return Error(ErrorCode::NotSupported, std::string(item.name) + " is not supported in FROM");
  }
}

Result<FromNode*> Binder::bind_join(const Node& join, Scope& scope,
                                    std::vector<ScopeColumn>& columns) {
  std::vector<ScopeColumn> left_columns;
  std::vector<ScopeColumn> right_columns;
  FromNode& node = new_from();
  node.join = join.as<JoinKind>("jointype");
  LK_TRY(node.left, bind_from_item(*join.child("larg"), scope, left_columns));
  // LATERAL on the right side sees the left.
  const std::size_t seen = scope.columns.size();
  scope.columns.insert(scope.columns.end(), left_columns.begin(), left_columns.end());
  Result<FromNode*> right = bind_from_item(*join.child("rarg"), scope, right_columns);
  scope.columns.resize(seen);
  if (!right.has_value()) return std::move(right).error();
  node.right = *right;

  std::vector<std::string> merged = parse::texts_of(join.list("using_clause"));
  if (join.flag("is_natural")) {
    for (const ScopeColumn& left : left_columns) {
      const auto matches = [&](const ScopeColumn& column) {
        return column.name == left.name && !column.only_qualified;
      };
      if (!left.only_qualified &&
          std::any_of(right_columns.begin(), right_columns.end(), matches)) {
        merged.push_back(left.name);
      }
    }
  }
  std::vector<ScopeColumn> result;
  std::vector<Expr*> conditions;
  for (const std::string& name : merged) {
    const auto find = [&](std::vector<ScopeColumn>& side,
                          const char* which) -> Result<ScopeColumn*> {
      for (ScopeColumn& column : side) {
        if (column.name == name && !column.only_qualified) return &column;
      }
      return Error(ErrorCode::ColumnMissing,
                   fmt::format("column \"{}\" specified in USING clause does not exist in {} table",
                               name, which));
    };
    LK_TRY(ScopeColumn* const left, find(left_columns, "left"));
    LK_TRY(ScopeColumn* const other, find(right_columns, "right"));
    note_column(*left->expr, -1, 1, true);
    note_column(*other->expr, -1, 1, true);
    LK_TRY(Expr* const equal, coercion_.call_operator("=", {left->expr, other->expr}, -1));
    conditions.push_back(equal);
    Expr* shown = node.join == JoinKind::Right ? other->expr : left->expr;
    if (node.join == JoinKind::Full) {
      Expr* const sides[] = {left->expr, other->expr};
      LK_TRY(const Oid type, coercion_.common_type(sides, "JOIN/USING"));
      shown = coercion_.make(ExprKind::Coalesce, type);
      for (Expr* const side : sides) {
        LK_TRY(Expr* const arg, coercion_.coerce(side, type, -1, CastContext::Implicit));
        shown->args.push_back(arg);
      }
    }
    result.push_back({"", name, shown});
    left->only_qualified = true;
    other->only_qualified = true;
  }
  result.insert(result.end(), left_columns.begin(), left_columns.end());
  result.insert(result.end(), right_columns.begin(), right_columns.end());
  if (const Node* const quals = join.child("quals")) {
    // ON sees both sides and nothing else of this FROM.
    std::vector<ScopeColumn> all = std::move(scope.columns);
    scope.columns = result;
    const std::string_view place = scope.place;
    scope.place = "JOIN conditions";
    Result<Expr*> condition = bind_expr(*quals, scope);
    scope.place = place;
    scope.columns = std::move(all);
    if (!condition.has_value()) return std::move(condition).error();
    LK_TRY(Expr* const boolean, coercion_.coerce_to_bool(*condition, "JOIN/ON"));
    conditions.push_back(boolean);
  }
  if (conditions.size() == 1) {
    node.condition = conditions[0];
  } else if (!conditions.empty()) {
    node.condition = coercion_.make(ExprKind::And, oid::kBool);
    node.condition->args = conditions;
  }
  if (const Node* const alias = join.child("alias")) {
    LK_CHECK(rename_join(*alias, result));
  }
  columns.insert(columns.end(), result.begin(), result.end());
  return &node;
}

/// A join with an alias hides the names of what it joins.
Result<void> Binder::rename_join(const Node& alias, std::vector<ScopeColumn>& columns) {
  std::erase_if(columns, [](const ScopeColumn& column) { return column.only_qualified; });
  const std::vector<std::string> names = parse::texts_of(alias.list("colnames"));
  if (names.size() > columns.size()) {
    return Error(ErrorCode::ColumnReferenceInvalid,
                 fmt::format("join expression \"{}\" has {} columns available but {} columns "
                             "specified",
                             alias.text("aliasname"), columns.size(), names.size()));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].table = alias.text("aliasname");
    if (i < names.size()) columns[i].name = names[i];
  }
  return {};
}

// Targets, grouping, order.

std::string Binder::name_of(const Node& value) {
  switch (value.kind) {
    case NodeKind::ColumnRef: {
      const std::vector<std::string> names = parse::texts_of(value.list("fields"));
      return names.empty() ? "?column?" : names.back();
    }
    case NodeKind::FuncCall:
      return parse::texts_of(value.list("funcname")).back();
    case NodeKind::TypeCast: {
      const std::string inner = name_of(*value.child("arg"));
      if (inner != "?column?") return inner;
      return parse::texts_of(value.child("type_name")->list("names")).back();
    }
    case NodeKind::CollateClause:
      return name_of(*value.child("arg"));
    case NodeKind::AIndirection: {
      const std::vector<std::string> steps = parse::texts_of(value.list("indirection"));
      if (!steps.empty()) return steps.back();
      return name_of(*value.child("arg"));
    }
    case NodeKind::CaseExpr: {
      const Node* const otherwise = value.child("defresult");
      const std::string inner = otherwise == nullptr ? "?column?" : name_of(*otherwise);
      return inner == "?column?" ? "case" : inner;
    }
    case NodeKind::GroupingFunc:
      return "grouping";
    case NodeKind::CoalesceExpr:
      return "coalesce";
    case NodeKind::MinMaxExpr:
      return value.as<parse::MinMaxKind>("op") == parse::MinMaxKind::Greatest ? "greatest"
                                                                              : "least";
    case NodeKind::AArrayExpr:
      return "array";
    case NodeKind::RowExpr:
      return "row";
    case NodeKind::AExpr:
      return value.as<parse::ExprKind>("kind") == parse::ExprKind::NullIf ? "nullif" : "?column?";
    case NodeKind::SubLink: {
      const auto kind = value.as<parse::SubLinkKind>("sub_link_type");
      if (kind == parse::SubLinkKind::Exists) return "exists";
      if (kind == parse::SubLinkKind::Array) return "array";
      if (kind == parse::SubLinkKind::Expr) {
        const Node* const select = value.child("subselect");
        const auto targets = select->list("target_list");
        if (!targets.empty()) {
          const Bytes name = targets[0]->text("name");
          return name.empty() ? name_of(*targets[0]->child("val")) : std::string(name);
        }
      }
      return "?column?";
    }
    case NodeKind::SQLValueFunction: {
      constexpr const char* kNames[] = {"",
                                        "current_date",
                                        "current_time",
                                        "current_time",
                                        "current_timestamp",
                                        "current_timestamp",
                                        "localtime",
                                        "localtime",
                                        "localtimestamp",
                                        "localtimestamp",
                                        "current_role",
                                        "current_user",
                                        "user",
                                        "session_user",
                                        "current_catalog",
                                        "current_schema"};
      const auto op = static_cast<std::size_t>(value.number("op"));
      return op < std::size(kNames) ? kNames[op] : "?column?";
    }
    default:
      return "?column?";
  }
}

Result<void> Binder::expand_star(std::span<const Node* const> fields, std::int32_t location,
                                 Scope& scope) {
  const std::vector<std::string> names = parse::texts_of(fields);
  const std::string table = names.empty() ? std::string() : names.back();
  bool found = false;
  for (const ScopeColumn& column : scope.columns) {
    if (table.empty() ? column.only_qualified : column.table != table) continue;
    found = true;
    scope.query->targets.push_back({column.expr, column.name});
  }
  if (found) {
    note_star(table, location, fields.size(), scope);
    return {};
  }
  if (table.empty() && scope.query->from != nullptr) return {};
  LK_TRY(const bool is_variable, expand_variable(names, location, *scope.query));
  if (is_variable) return {};
  return Error(table.empty() ? ErrorCode::SyntaxError : ErrorCode::TableMissing,
               table.empty() ? "SELECT * with no tables specified is not valid"
                             : fmt::format("missing FROM-clause entry for table \"{}\"", table))
      .at(location + 1);
}

Result<void> Binder::bind_targets(std::span<const Node* const> items, Scope& scope) {
  for (const Node* const item : items) {
    const Node& value = *item->child("val");
    const auto fields = value.list("fields");
    if (value.is(NodeKind::ColumnRef) && !fields.empty() && fields.back()->is(NodeKind::AStar)) {
      LK_CHECK(expand_star(fields, value.location, scope));
      continue;
    }
    const auto steps = value.list("indirection");
    if (value.is(NodeKind::AIndirection) && !steps.empty() && steps.back()->is(NodeKind::AStar)) {
      LK_CHECK(expand_fields(value, scope));
      continue;
    }
    LK_TRY(Expr* const expr, bind_expr(value, scope));
    const Bytes name = item->text("name");
    scope.query->targets.push_back({expr, name.empty() ? name_of(value) : std::string(name)});
  }
  return {};
}

SortKey Binder::sort_key_of(const Node& sort_by, int target) const {
  const auto direction = sort_by.as<parse::SortDirection>("sortby_dir");
  const std::vector<std::string> op = parse::texts_of(sort_by.list("use_op"));
  const bool is_descending = direction == parse::SortDirection::Descending ||
                             (direction == parse::SortDirection::Using && op.back() == ">");
  const auto nulls = sort_by.as<parse::SortNulls>("sortby_nulls");
  return {target, is_descending,
          nulls == parse::SortNulls::Default ? is_descending : nulls == parse::SortNulls::First};
}

/// The target that an item of ORDER BY or GROUP BY means: by number, by name, or a new hidden one.
Result<int> Binder::target_of(const Node& node, Scope& scope, std::string_view clause) {
  Query& query = *scope.query;
  const bool is_group = clause == "GROUP BY";
  if (const Node* const integer = node.is(NodeKind::AConst) ? node.child("ival") : nullptr) {
    std::int64_t wanted = integer->number("ival");
    for (std::size_t i = 0; i < query.targets.size(); ++i) {
      if (!query.targets[i].is_hidden && --wanted == 0) return static_cast<int>(i);
    }
    return Error(
               ErrorCode::ColumnReferenceInvalid,
               fmt::format("{} position {} is not in select list", clause, integer->number("ival")))
        .at(node.location + 1);
  }
  if (node.is(NodeKind::AConst) && !node.flag("isnull")) {
    return Error(ErrorCode::SyntaxError, fmt::format("non-integer constant in {}", clause))
        .at(node.location + 1);
  }
  const std::vector<std::string> names = node.is(NodeKind::ColumnRef)
                                             ? parse::texts_of(node.list("fields"))
                                             : std::vector<std::string>();
  if (names.size() == 1) {
    // GROUP BY prefers the columns of FROM, ORDER BY those of the result.
    const auto in_scope = [&] {
      return std::any_of(scope.columns.begin(), scope.columns.end(),
                         [&](const ScopeColumn& column) {
                           return column.name == names[0] && !column.only_qualified;
                         });
    };
    int found = -1;
    for (std::size_t i = 0; i < query.targets.size() && !(is_group && in_scope()); ++i) {
      if (query.targets[i].is_hidden || query.targets[i].name != names[0]) continue;
      if (found >= 0 &&
          !same(*query.targets[static_cast<std::size_t>(found)].expr, *query.targets[i].expr)) {
        return Error(ErrorCode::ColumnAmbiguous,
                     fmt::format("{} \"{}\" is ambiguous", clause, names[0]))
            .at(node.location + 1);
      }
      if (found < 0) found = static_cast<int>(i);
    }
    if (found >= 0) return found;
  }
  if (query.kind == QueryKind::SetOperation) {
    return Error(ErrorCode::NotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
        .with_detail("Only result column names can be used, not expressions or functions.")
        .at(node.location + 1);
  }
  LK_TRY(Expr* const expr, bind_expr(node, scope));
  for (std::size_t i = 0; i < query.targets.size(); ++i) {
    if (same(*query.targets[i].expr, *expr)) return static_cast<int>(i);
  }
  query.targets.push_back({expr, "", true});
  return static_cast<int>(query.targets.size() - 1);
}

Result<void> Binder::bind_sort(const Node& node, Scope& scope) {
  Query& query = *scope.query;
  scope.place = "ORDER BY";
  const auto distinct = node.list("distinct_clause");
  const bool is_distinct_on = !distinct.empty() && distinct[0] != nullptr;
  query.is_distinct = !distinct.empty() && !is_distinct_on;
  for (const Target& target : query.targets) {
    if (query.is_distinct) LK_CHECK(check_equality(*target.expr));
  }
  if (is_distinct_on) {
    for (const Node* const each : distinct) {
      LK_TRY(const int target, target_of(*each, scope, "SELECT DISTINCT ON"));
      LK_CHECK(check_equality(*query.targets[static_cast<std::size_t>(target)].expr));
      query.distinct_on.push_back(target);
    }
  }
  for (const Node* const sort_by : node.list("sort_clause")) {
    const std::vector<std::string> op = parse::texts_of(sort_by->list("use_op"));
    if (!op.empty() && op.back() != "<" && op.back() != ">") {
      return Error(ErrorCode::WrongObjectKind,
                   fmt::format("operator {} is not a valid ordering operator", op.back()))
          .with_hint(
              "Ordering operators must be \"<\" or \">\" members of btree operator families.")
          .at(sort_by->location + 1);
    }
    LK_TRY(const int target, target_of(*sort_by->child("node"), scope, "ORDER BY"));
    if (query.is_distinct && query.targets[static_cast<std::size_t>(target)].is_hidden) {
      return Error(ErrorCode::ColumnReferenceInvalid,
                   "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
          .at(sort_by->child("node")->location + 1);
    }
    LK_CHECK(check_order(*query.targets[static_cast<std::size_t>(target)].expr));
    query.sort.push_back(sort_key_of(*sort_by, target));
  }
  // DISTINCT ON keeps the first row of each kind: the order must put those together.
  std::size_t matched = 0;
  for (const SortKey& key : query.sort) {
    const bool is_distinct_key = std::find(query.distinct_on.begin(), query.distinct_on.end(),
                                           key.target) != query.distinct_on.end();
    if (matched == query.distinct_on.size() || !is_distinct_key) break;
    ++matched;
  }
  const bool leaves_out = matched < query.distinct_on.size() && matched < query.sort.size();
  if (leaves_out) {
    return Error(ErrorCode::ColumnReferenceInvalid,
                 "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
        .at(distinct[0]->location + 1);
  }
  return {};
}

Result<void> Binder::bind_limits(const Node& node, Scope& scope) {
  scope.may_aggregate = false;
  scope.place = "LIMIT";
  const auto bind_one = [&](const char* field, const char* name, Expr*& to) -> Result<void> {
    const Node* const limit = node.child(field);
    if (limit == nullptr) return {};
    std::vector<ScopeColumn> hidden = std::move(scope.columns);
    scope.columns.clear();
    Result<Expr*> expr = bind_expr(*limit, scope);
    scope.columns = std::move(hidden);
    if (!expr.has_value()) {
      if (expr.error().code() != ErrorCode::ColumnMissing) return std::move(expr).error();
      return Error(ErrorCode::ColumnReferenceInvalid,
                   fmt::format("argument of {} must not contain variables", name))
          .at(limit->location + 1);
    }
    LK_TRY(to, coercion_.coerce(*expr, oid::kInt8, -1, CastContext::Assignment));
    return {};
  };
  scope.query->with_ties = node.as<parse::LimitKind>("limit_option") == parse::LimitKind::WithTies;
  LK_CHECK(bind_one("limit_count", "LIMIT", scope.query->limit));
  return bind_one("limit_offset", "OFFSET", scope.query->offset);
}

}  // namespace latchkey::sql::bind
