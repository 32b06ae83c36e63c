#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/bind/comparable.h"

namespace latchkey::sql::bind {

using parse::GroupingSetKind;
using parse::Node;
using parse::NodeKind;

namespace {

constexpr std::size_t kGroupingSetsMax = 4096;
constexpr std::size_t kCubeColumnsMax = 12;

/// The set of columns that belong to every set: only on them other columns may hang.
bool is_in_all(const Query& query, int key) {
  for (const std::vector<int>& set : query.grouping_sets) {
    if (std::find(set.begin(), set.end(), key) == set.end()) return false;
  }
  return true;
}

std::vector<int> joined(std::vector<int> set, const std::vector<int>& more) {
  for (const int key : more) {
    if (std::find(set.begin(), set.end(), key) == set.end()) set.push_back(key);
  }
  return set;
}

bool has_aggregate(const Expr& expr) {
  return (expr.kind == ExprKind::Aggregate && expr.level == 0) ||
         std::any_of(expr.args.begin(), expr.args.end(),
                     [](const Expr* arg) { return has_aggregate(*arg); });
}

const RangeEntry* entry_of(const Expr& column, const Query& query) {
  for (const RangeEntry& entry : query.entries) {
    const int index = column.slot - entry.first_slot;
    if (index >= 0 && index < static_cast<int>(entry.names.size())) return &entry;
  }
  return nullptr;
}

/// Whether the primary key of the entry's table is among what every set groups by.
bool hangs_on_key(const RangeEntry& entry, const Query& query) {
  if (entry.table == nullptr || entry.table->key_columns.empty()) return false;
  const auto is_grouped = [&](std::int16_t number) {
    for (std::size_t i = 0; i < query.group_keys.size(); ++i) {
      const Expr& key = *query.group_keys[i];
      if (key.kind == ExprKind::Column && key.level == 0 && entry_of(key, query) == &entry &&
          key.origin_number == number && is_in_all(query, static_cast<int>(i))) {
        return true;
      }
    }
    return false;
  };
  return std::all_of(entry.table->key_columns.begin(), entry.table->key_columns.end(), is_grouped);
}

}  // namespace

/// The number of the key that an item of GROUP BY means.
Result<int> Binder::group_key(const Node& item, Scope& scope) {
  Query& query = *scope.query;
  const std::size_t before = query.targets.size();
  LK_TRY(const int target, target_of(item, scope, "GROUP BY"));
  Expr*& expr = query.targets[static_cast<std::size_t>(target)].expr;
  if (expr->type == oid::kUnknown) {
    LK_TRY(expr, coercion_.coerce(expr, oid::kText, -1, CastContext::Implicit));
  }
  Expr* const key = expr;
  if (has_aggregate(*key)) {
    return Error(ErrorCode::GroupingError, "aggregate functions are not allowed in GROUP BY")
        .at(key->location + 1);
  }
  // What GROUP BY alone needs is no target.
  query.targets.resize(before);
  for (std::size_t i = 0; i < query.group_keys.size(); ++i) {
    if (same(*query.group_keys[i], *key)) return static_cast<int>(i);
  }
  LK_CHECK(check_equality(*key));
  query.group_keys.push_back(key);
  mark_grouped_sets(*key, query);
  return static_cast<int>(query.group_keys.size() - 1);
}

/// One column, or several in parentheses.
Result<std::vector<int>> Binder::group_list(const Node& item, Scope& scope) {
  constexpr std::int64_t kImplicitRow = 3;  // written without ROW
  std::vector<int> keys;
  if (item.is(NodeKind::RowExpr) && item.number("row_format") == kImplicitRow) {
    for (const Node* const each : item.list("args")) {
      LK_TRY(const std::vector<int> more, group_list(*each, scope));
      keys = joined(std::move(keys), more);
    }
    return keys;
  }
  LK_TRY(const int key, group_key(item, scope));
  keys.push_back(key);
  return keys;
}

Result<Binder::GroupingSets> Binder::sets_of(const Node& item, Scope& scope) {
  GroupingSets sets;
  if (!item.is(NodeKind::GroupingSet)) {
    LK_TRY(std::vector<int> keys, group_list(item, scope));
    sets.push_back(std::move(keys));
    return sets;
  }
  const auto kind = item.as<GroupingSetKind>("kind");
  if (kind == GroupingSetKind::Empty) return GroupingSets{{}};
  if (kind == GroupingSetKind::Sets) {
    for (const Node* const each : item.list("content")) {
      LK_TRY(const GroupingSets more, sets_of(*each, scope));
      sets.insert(sets.end(), more.begin(), more.end());
    }
    return sets;
  }
  std::vector<std::vector<int>> parts;
  for (const Node* const each : item.list("content")) {
    LK_TRY(std::vector<int> keys, group_list(*each, scope));
    parts.push_back(std::move(keys));
  }
  if (kind == GroupingSetKind::Rollup) {
    sets.resize(parts.size() + 1);
    for (std::size_t count = 0; count <= parts.size(); ++count) {
      for (std::size_t i = 0; i < count; ++i) {
        sets[parts.size() - count] = joined(std::move(sets[parts.size() - count]), parts[i]);
      }
    }
    return sets;
  }
  if (parts.size() > kCubeColumnsMax) {
    return Error(ErrorCode::TooManyColumns, "CUBE is limited to 12 elements").at(item.location + 1);
  }
  for (std::size_t mask = (std::size_t{1} << parts.size()); mask-- > 0;) {
    std::vector<int> set;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if ((mask >> i & 1) != 0) set = joined(std::move(set), parts[i]);
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

Result<void> Binder::bind_group(const Node& node, Scope& scope) {
  Query& query = *scope.query;
  scope.may_aggregate = false;
  scope.place = "GROUP BY";
  bool has_sets = false;
  GroupingSets sets = {{}};
  for (const Node* const item : node.list("group_clause")) {
    query.is_grouped = true;
    has_sets = has_sets || item->is(NodeKind::GroupingSet);
    LK_TRY(const GroupingSets more, sets_of(*item, scope));
    GroupingSets product;
    for (const std::vector<int>& left : sets) {
      for (const std::vector<int>& right : more) product.push_back(joined(left, right));
    }
    if (product.size() > kGroupingSetsMax) {
      return Error(ErrorCode::TooComplex, "too many grouping sets present (maximum 4096)")
          .at(item->location + 1);
    }
    sets = std::move(product);
  }
  if (has_sets) {
    if (node.flag("group_distinct")) {
      GroupingSets distinct;
      for (const std::vector<int>& set : sets) {
        const bool is_known =
            std::any_of(distinct.begin(), distinct.end(), [&](const std::vector<int>& other) {
              return std::is_permutation(set.begin(), set.end(), other.begin(), other.end());
            });
        if (!is_known) distinct.push_back(set);
      }
      sets = std::move(distinct);
    }
    query.grouping_sets = std::move(sets);
  }
  if (const Node* const having = node.child("having_clause")) {
    query.is_grouped = true;
    scope.may_aggregate = true;
    scope.may_return_sets = false;
    scope.place = "HAVING";
    LK_TRY(Expr* const condition, bind_expr(*having, scope));
    LK_TRY(query.having, coercion_.coerce_to_bool(condition, "HAVING"));
  }
  scope.may_aggregate = false;
  for (GroupingCall& call : query.groupings) {
    for (const Expr* const arg : call.args) {
      const auto found = std::find_if(query.group_keys.begin(), query.group_keys.end(),
                                      [&](const Expr* key) { return same(*key, *arg); });
      if (found == query.group_keys.end()) {
        return Error(ErrorCode::GroupingError,
                     "arguments to GROUPING must be grouping expressions of the associated query "
                     "level")
            .at(arg->location + 1);
      }
      call.keys.push_back(static_cast<int>(found - query.group_keys.begin()));
    }
  }
  if (!query.is_grouped) return {};
  for (std::size_t i = 0; i < query.group_keys.size(); ++i) {
    query.group_slots.push_back(query.slot_count++);
  }
  return {};
}

Result<Expr*> Binder::bind_grouping(const Node& node, Scope& scope) {
  constexpr std::size_t kArgumentsMax = 31;
  if (node.list("args").size() > kArgumentsMax) {
    return Error(ErrorCode::TooManyArguments, "GROUPING must have fewer than 32 arguments")
        .at(node.location + 1);
  }
  if (!scope.may_aggregate) {
    return Error(ErrorCode::GroupingError,
                 fmt::format("grouping operations are not allowed in {}", scope.place))
        .at(node.location + 1);
  }
  GroupingCall call;
  LK_TRY(call.args, bind_all(node.list("args"), scope));
  Query& query = *scope.query;
  for (const GroupingCall& other : query.groupings) {
    if (std::equal(call.args.begin(), call.args.end(), other.args.begin(), other.args.end(),
                   [](const Expr* a, const Expr* b) { return same(*a, *b); })) {
      return column_expr(query, other.slot, oid::kInt4, -1);
    }
  }
  call.slot = query.slot_count++;
  Expr* const result = column_expr(query, call.slot, oid::kInt4, -1);
  result->location = node.location;
  query.groupings.push_back(std::move(call));
  return result;
}

/// Behind grouping only keys and aggregates can be seen.
Result<void> Binder::replace_all_grouped(Query& query) {
  for (AggregateCall& call : query.aggregates) {
    if (call.slot < 0) call.slot = query.slot_count++;
  }
  for (Target& target : query.targets) LK_CHECK(replace_grouped(target.expr, query));
  if (query.having != nullptr) LK_CHECK(replace_grouped(query.having, query));
  for (Window& window : query.windows) {
    for (Expr*& each : window.partition) LK_CHECK(replace_grouped(each, query));
    for (Expr*& each : window.order) LK_CHECK(replace_grouped(each, query));
  }
  for (WindowCall& call : query.window_calls) {
    for (Expr*& each : call.args) LK_CHECK(replace_grouped(each, query));
    if (call.filter != nullptr) LK_CHECK(replace_grouped(call.filter, query));
  }
  return replace_grouped_in_sets(query);
}

/// What a column of FROM is behind grouping; null if it is none of FROM.
Result<Expr*> Binder::grouped_column(const Expr& column, Query& query, bool in_subquery) {
  const RangeEntry* const entry = entry_of(column, query);
  if (entry == nullptr) return static_cast<Expr*>(nullptr);
  std::size_t key = 0;
  for (; key < query.group_keys.size(); ++key) {
    const Expr& each = *query.group_keys[key];
    if (each.kind == ExprKind::Column && each.level == 0 && each.slot == column.slot) break;
  }
  if (key == query.group_keys.size()) {
    if (!hangs_on_key(*entry, query)) {
      const std::string& name =
          entry->names[static_cast<std::size_t>(column.slot - entry->first_slot)];
      return Error(ErrorCode::GroupingError,
                   in_subquery
                       ? fmt::format("subquery uses ungrouped column \"{}.{}\" from outer query",
                                     entry->alias, name)
                       : fmt::format("column \"{}.{}\" must appear in the GROUP BY clause or be "
                                     "used in an aggregate function",
                                     entry->alias, name))
          .at(column.location + 1);
    }
    Expr* const added = coercion_.make(ExprKind::Column, column.type);
    *added = column;
    added->level = 0;
    for (std::vector<int>& set : query.grouping_sets) set.push_back(static_cast<int>(key));
    query.group_keys.push_back(added);
    query.group_slots.push_back(query.slot_count++);
  }
  Expr* const shown = coercion_.make(ExprKind::Column, column.type);
  *shown = column;
  shown->slot = query.group_slots[key];
  return shown;
}

Result<void> Binder::replace_grouped(Expr*& expr, Query& query) {
  for (std::size_t i = 0; i < query.group_keys.size(); ++i) {
    if (!same(*expr, *query.group_keys[i])) continue;
    Expr* const column = column_expr(query, query.group_slots[i], expr->type, expr->typmod);
    column->location = expr->location;
    column->origin_table = expr->origin_table;
    column->origin_number = expr->origin_number;
    expr = column;
    return {};
  }
  if (expr->kind == ExprKind::Aggregate && expr->level == 0) {
    const AggregateCall& call = query.aggregates[static_cast<std::size_t>(expr->index)];
    expr = column_expr(query, call.slot, call.type, -1);
    return {};
  }
  if (expr->kind == ExprKind::Column && expr->level == 0) {
    LK_TRY(Expr* const column, grouped_column(*expr, query, false));
    if (column != nullptr) expr = column;
    return {};
  }
  if (!expr->args.empty()) {
    // The expression may stand in two places, one of them before the grouping.
    Expr* const copy = coercion_.make(expr->kind, expr->type);
    *copy = *expr;
    expr = copy;
  }
  for (Expr*& arg : expr->args) LK_CHECK(replace_grouped(arg, query));
  if (expr->query != nullptr) return replace_in_subquery(*expr->query, 1, query);
  return {};
}

/// The same for what a subquery looks at out of itself, `depth` queries further out.
Result<void> Binder::replace_in_subquery(Query& inner, int depth, Query& query) {
  Result<void> result;
  visit_slots(
      inner,
      [&](Expr*& expr) {
        if (result.has_value()) result = replace_outer(expr, depth, query);
      },
      [&](Query& below, int level) {
        if (result.has_value() && depth + level > 0) {
          result = replace_in_subquery(below, depth + level, query);
        }
      });
  return result;
}

Result<void> Binder::replace_outer(Expr*& expr, int depth, Query& query) {
  if (expr->kind == ExprKind::Aggregate && expr->level == depth) {
    const AggregateCall& call = query.aggregates[static_cast<std::size_t>(expr->index)];
    expr = column_expr(query, call.slot, call.type, -1);
    expr->level = depth;
    return {};
  }
  if (expr->kind == ExprKind::Column && expr->level == depth) {
    LK_TRY(Expr* const column, grouped_column(*expr, query, true));
    if (column != nullptr) expr = column;
    return {};
  }
  for (Expr*& arg : expr->args) LK_CHECK(replace_outer(arg, depth, query));
  if (expr->query != nullptr) return replace_in_subquery(*expr->query, depth + 1, query);
  return {};
}

}  // namespace latchkey::sql::bind
