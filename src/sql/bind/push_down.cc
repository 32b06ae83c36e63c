#include "sql/bind/push_down.h"

#include <algorithm>

#include "sql/bind/pull_up.h"

namespace latchkey::sql::bind {

namespace {

/// A condition of the query around on the columns of one of its subqueries.
struct Wanted {
  const Expr* condition = nullptr;
  int first_slot = 0;  ///< of the subquery's columns in the query around
};

const Target* shown_target(const Query& query, int index) {
  for (const Target& target : query.targets) {
    if (!target.is_hidden && index-- == 0) return &target;
  }
  return nullptr;
}

/// What a column of the subquery is before it groups. Null: that cannot be said.
const Expr* origin_of(const Query& query, int column) {
  const Target* const target = shown_target(query, column);
  if (target == nullptr) return nullptr;
  const Expr* expr = target->expr;
  if (query.is_grouped) {
    if (expr->kind != ExprKind::Column || expr->level != 0) return nullptr;
    const auto slot = std::find(query.group_slots.begin(), query.group_slots.end(), expr->slot);
    if (slot == query.group_slots.end()) return nullptr;
    expr = query.group_keys[static_cast<std::size_t>(slot - query.group_slots.begin())];
  }
  return may_be_copied(*expr) ? expr : nullptr;
}

Expr* copied(Bound& bound, const Expr& expr) {
  Expr& copy = bound.exprs.emplace_back(expr);
  for (Expr*& arg : copy.args) arg = copied(bound, *arg);
  return &copy;
}

/// The condition over what the subquery reads.
Expr* rewritten(Bound& bound, const Query& query, const Expr& expr, int first_slot) {
  if (expr.kind == ExprKind::Column && expr.level == 0) {
    const Expr* const origin = origin_of(query, expr.slot - first_slot);
    return origin == nullptr ? nullptr : copied(bound, *origin);
  }
  Expr& copy = bound.exprs.emplace_back(expr);
  for (Expr*& arg : copy.args) {
    arg = rewritten(bound, query, *arg, first_slot);
    if (arg == nullptr) return nullptr;
  }
  return &copy;
}

void push(Bound& bound, Query& query, const Wanted& wanted) {
  if (query.limit != nullptr || query.offset != nullptr || !query.distinct_on.empty()) return;
  if (query.kind == QueryKind::SetOperation) {
    push(bound, *query.left, wanted);
    push(bound, *query.right, wanted);
    query.parent_levels =
        std::max({query.parent_levels, query.left->parent_levels, query.right->parent_levels});
    return;
  }
  if (query.kind != QueryKind::Select || !query.window_calls.empty() || !query.set_calls.empty() ||
      !query.grouping_sets.empty() || query.from == nullptr ||
      query.lock != parse::LockStrength::None || (query.is_grouped && query.group_keys.empty())) {
    return;
  }
  Expr* const condition = rewritten(bound, query, *wanted.condition, wanted.first_slot);
  if (condition == nullptr) return;
  query.parent_levels = std::max(query.parent_levels, highest_level(*condition));
  if (query.where == nullptr) {
    query.where = condition;
    return;
  }
  Expr& both = bound.exprs.emplace_back();
  both.kind = ExprKind::And;
  both.type = oid::kBool;
  both.args = {query.where, condition};
  query.where = &both;
}

void collect(Expr* condition, std::vector<Expr*>& parts) {
  if (condition == nullptr) return;
  if (condition->kind != ExprKind::And) {
    parts.push_back(condition);
    return;
  }
  for (Expr* const part : condition->args) collect(part, parts);
}

/// The entries that every row has a row of, and the conditions that all rows meet.
void collect_inner(FromNode* node, std::vector<int>& entries, std::vector<Expr*>& parts) {
  if (node == nullptr) return;
  if (node->entry >= 0) {
    entries.push_back(node->entry);
    return;
  }
  if (node->join == parse::JoinKind::Full) return;
  if (node->join == parse::JoinKind::Inner) collect(node->condition, parts);
  if (node->join != parse::JoinKind::Right) collect_inner(node->left, entries, parts);
  if (node->join != parse::JoinKind::Left) collect_inner(node->right, entries, parts);
}

void push_down(Bound& bound, Query& query) {
  std::vector<int> entries;
  std::vector<Expr*> parts;
  collect(query.where, parts);
  collect_inner(query.from, entries, parts);
  for (const int index : entries) {
    const RangeEntry& entry = query.entries[static_cast<std::size_t>(index)];
    if (entry.kind != RangeEntry::Kind::Query || entry.query == nullptr || entry.is_lateral ||
        entry.query_level != 1) {
      continue;
    }
    for (const Expr* const part : parts) {
      bool is_own = may_be_copied(*part) && lowest_level(*part) == 0;
      visit_columns(*part, [&](const Expr& column) {
        is_own = is_own && column.slot >= entry.first_slot &&
                 column.slot < entry.first_slot + static_cast<int>(entry.names.size());
      });
      if (is_own) push(bound, *entry.query, {part, entry.first_slot});
    }
  }
}

}  // namespace

void push_down_conditions(Bound& bound) {
  // From the outermost inwards: what comes down may go on.
  for (Query& query : bound.queries) {
    if (query.kind == QueryKind::Select) push_down(bound, query);
  }
}

}  // namespace latchkey::sql::bind
