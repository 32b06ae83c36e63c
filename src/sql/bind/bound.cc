#include "sql/bind/bound.h"

#include <algorithm>

namespace latchkey::sql::bind {

namespace {

bool same_constant(const Expr& a, const Expr& b) {
  if (a.constant.is_null || b.constant.is_null) return a.constant.is_null == b.constant.is_null;
  const Type* const type = find_type(a.type);
  const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
  return in_bytes ? a.constant.bytes() == b.constant.bytes()
                  : a.constant.integer == b.constant.integer;
}

void visit_from(FromNode* node, FunctionRef<void(Expr*&)> visit) {
  if (node == nullptr) return;
  if (node->condition != nullptr) visit(node->condition);
  visit_from(node->left, visit);
  visit_from(node->right, visit);
}

void visit_columns_at(const Expr& expr, int depth, FunctionRef<void(const Expr&)> visit);

void visit_query_columns(const Query& query, int depth, FunctionRef<void(const Expr&)> visit) {
  visit_parts(
      query, [&](const Expr& each) { visit_columns_at(each, depth, visit); },
      [&](const Query& inner, int level) {
        // A query of WITH that stands where it is read may see less than what is around it there.
        if (depth + level > 0) visit_query_columns(inner, depth + level, visit);
      });
}

void visit_columns_at(const Expr& expr, int depth, FunctionRef<void(const Expr&)> visit) {
  if (expr.kind == ExprKind::Column && expr.level == depth) visit(expr);
  for (const Expr* const arg : expr.args) visit_columns_at(*arg, depth, visit);
  if (expr.query != nullptr) visit_query_columns(*expr.query, depth + 1, visit);
}

/// How far out the columns stand that an expression looks at.
struct Levels {
  int lowest = -1;
  int highest = -1;
};

void find_levels(const Expr& expr, int depth, Levels& levels) {
  const bool is_outside = expr.kind == ExprKind::Column || expr.kind == ExprKind::Aggregate;
  if (is_outside && expr.level >= depth) {
    const int level = expr.level - depth;
    if (levels.lowest < 0 || level < levels.lowest) levels.lowest = level;
    levels.highest = std::max(levels.highest, level);
  }
  for (const Expr* const arg : expr.args) find_levels(*arg, depth, levels);
  if (expr.query == nullptr) return;
  const auto walk = [&](auto&& self, const Query& query, int at) -> void {
    visit_parts(
        query, [&](const Expr& each) { find_levels(each, at, levels); },
        [&](const Query& inner, int level) {
          const int below = at + level;
          if (below > 0) return self(self, inner, below);
          // A query of WITH that stands where it is read: it sees only what is around the WITH.
          if (inner.parent_levels <= 0) return;
          levels.highest = std::max(levels.highest, inner.parent_levels - below);
          levels.lowest = levels.lowest < 0 ? 1 - below : std::min(levels.lowest, 1 - below);
        });
  };
  walk(walk, *expr.query, depth + 1);
}

bool is_volatile(const Expr& expr) {
  if (expr.kind == ExprKind::Call && expr.function->is(kVolatile)) return true;
  for (const Expr* const arg : expr.args) {
    if (is_volatile(*arg)) return true;
  }
  return expr.query != nullptr && is_volatile(*expr.query);
}

}  // namespace

bool same(const Expr& a, const Expr& b) {
  if (a.kind != b.kind || a.type != b.type || a.args.size() != b.args.size()) return false;
  if (a.slot != b.slot || a.level != b.level || a.index != b.index || a.query != b.query) {
    return false;
  }
  if (a.function != b.function || a.typmod != b.typmod || a.bool_test != b.bool_test) return false;
  if (a.kind == ExprKind::Constant && !same_constant(a, b)) return false;
  for (std::size_t i = 0; i < a.args.size(); ++i) {
    if (!same(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

int lowest_level(const Expr& expr) {
  Levels levels;
  find_levels(expr, 0, levels);
  return levels.lowest;
}

int highest_level(const Expr& expr) {
  Levels levels;
  find_levels(expr, 0, levels);
  return levels.highest;
}

bool is_volatile(const Query& query) {
  const bool only_reads = query.kind == QueryKind::Select || query.kind == QueryKind::SetOperation;
  bool found = !only_reads || query.lock != parse::LockStrength::None;
  visit_parts(
      query, [&](const Expr& each) { found = found || is_volatile(each); },
      [&](const Query& inner, int) { found = found || is_volatile(inner); });
  return found;
}

void visit_slots(Query& query, FunctionRef<void(Expr*&)> visit_expr,
                 FunctionRef<void(Query&, int level)> visit_query) {
  const auto visit = [&](Expr*& expr) {
    if (expr != nullptr) visit_expr(expr);
  };
  const auto visit_all = [&](std::vector<Expr*>& exprs) {
    for (Expr*& each : exprs) visit(each);
  };
  visit(query.where);
  visit(query.having);
  visit(query.limit);
  visit(query.offset);
  for (Target& target : query.targets) visit(target.expr);
  visit_all(query.group_keys);
  for (AggregateCall& call : query.aggregates) {
    visit_all(call.args);
    visit(call.filter);
    visit_all(call.order);
  }
  for (Window& window : query.windows) {
    visit_all(window.partition);
    visit_all(window.order);
    visit(window.start_offset);
    visit(window.end_offset);
  }
  for (WindowCall& call : query.window_calls) {
    visit_all(call.args);
    visit(call.filter);
  }
  for (SetCall& set : query.set_calls) visit(set.call);
  for (Assignment& each : query.assignments) visit(each.expr);
  visit_all(query.defaults);
  visit_from(query.from, visit_expr);
  for (RangeEntry& entry : query.entries) {
    for (auto& row : entry.values) visit_all(row);
    for (FunctionItem& item : entry.functions) visit(item.call);
    if (entry.query != nullptr) visit_query(*entry.query, 1 - entry.query_level);
  }
  for (CommonTable* const common : query.commons) {
    if (common->query != nullptr) visit_query(*common->query, 0);
    if (common->step != nullptr) visit_query(*common->step, 0);
  }
  if (query.left != nullptr) visit_query(*query.left, 0);
  if (query.right != nullptr) visit_query(*query.right, 0);
  if (query.source != nullptr) visit_query(*query.source, 0);
}

void visit_parts(const Query& query, FunctionRef<void(const Expr&)> visit_expr,
                 FunctionRef<void(const Query&, int level)> visit_query) {
  // Nothing is changed: both visitors promise that.
  visit_slots(
      const_cast<Query&>(query), [&](Expr*& expr) { visit_expr(*expr); },
      [&](Query& inner, int level) { visit_query(inner, level); });
}

void visit_columns(const Expr& expr, FunctionRef<void(const Expr&)> visit) {
  visit_columns_at(expr, 0, visit);
}

}  // namespace latchkey::sql::bind
