#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/bind/comparable.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

namespace {

/// Takes `levels` away from the columns of an expression that moves so far out.
Result<void> move_out(Expr& expr, int levels) {
  if (expr.query != nullptr) {
    return Error(ErrorCode::NotSupported,
                 "a subquery in an aggregate of an outer query is not supported")
        .at(expr.location + 1);
  }
  if (expr.kind == ExprKind::Column) expr.level -= levels;
  for (Expr* const arg : expr.args) LK_CHECK(move_out(*arg, levels));
  return {};
}

bool same_all(const std::vector<Expr*>& a, const std::vector<Expr*>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Expr* x, const Expr* y) { return same(*x, *y); });
}

bool same_call(const AggregateCall& a, const AggregateCall& b) {
  const bool same_filter = (a.filter == nullptr) == (b.filter == nullptr) &&
                           (a.filter == nullptr || same(*a.filter, *b.filter));
  const auto same_key = [](const SortKey& x, const SortKey& y) {
    return x.is_descending == y.is_descending && x.nulls_first == y.nulls_first;
  };
  return a.function == b.function && a.is_distinct == b.is_distinct && same_filter &&
         same_all(a.args, b.args) && same_all(a.order, b.order) &&
         std::equal(a.order_keys.begin(), a.order_keys.end(), b.order_keys.begin(),
                    b.order_keys.end(), same_key);
}

/// An aggregate belongs to the innermost query whose columns it looks at.
int level_of(const AggregateCall& call) {
  int lowest = -1;
  const auto look = [&](const Expr* expr) {
    if (expr == nullptr) return;
    const int level = lowest_level(*expr);
    if (level >= 0 && (lowest < 0 || level < lowest)) lowest = level;
  };
  for (const Expr* const each : call.args) look(each);
  for (const Expr* const each : call.order) look(each);
  look(call.filter);
  return lowest < 0 ? 0 : lowest;
}

}  // namespace

Result<void> Binder::bind_aggregate_rest(const Node& node, AggregateCall& call, Scope& scope) {
  if (const Node* const filter = node.child("agg_filter")) {
    LK_TRY(Expr* const condition, bind_expr(*filter, scope));
    LK_TRY(call.filter, coercion_.coerce_to_bool(condition, "FILTER"));
  }
  for (const Node* const each : node.list("agg_order")) {
    LK_TRY(Expr * key, bind_expr(*each->child("node"), scope));
    if (key->type == oid::kUnknown) {
      LK_TRY(key, coercion_.coerce(key, oid::kText, -1, CastContext::Implicit));
    }
    LK_CHECK(check_order(*key));
    call.order_keys.push_back(sort_key_of(*each, static_cast<int>(call.order.size())));
    call.order.push_back(key);
  }
  return {};
}

Result<Expr*> Binder::bind_aggregate(const Node& node, std::string_view name,
                                     std::vector<Expr*> args, Scope& scope, bool& is_one) {
  AggregateCall call;
  if (node.flag("agg_within_group")) {
    LK_TRY(args, bind_within_group(node, std::move(args), scope));
  }
  LK_TRY(call.function, coercion_.choose_aggregate(name, args, call.types, node.location));
  if (call.function == nullptr) return static_cast<Expr*>(nullptr);
  is_one = true;
  LK_CHECK(check_within_group(node, name, *call.function));
  call.args = std::move(args);
  call.type = call.types.result;
  call.is_distinct = node.flag("agg_distinct");
  for (const Expr* const arg : call.args) {
    if (call.is_distinct) LK_CHECK(check_equality(*arg));
  }
  const bool may_aggregate = std::exchange(scope.may_aggregate, false);
  const std::string_view place = scope.place;
  if (may_aggregate) scope.place = "an aggregate";
  const Result<void> rest = bind_aggregate_rest(node, call, scope);
  scope.may_aggregate = may_aggregate;
  scope.place = place;
  LK_CHECK(rest);
  order_distinct(name, call);
  return add_aggregate(std::move(call), scope, node.location);
}

Result<Expr*> Binder::add_aggregate(AggregateCall call, Scope& scope, std::int32_t location) {
  const int level = level_of(call);
  Scope* owner = &scope;
  for (int left = level; left > 0 && owner != nullptr; owner = owner->outer) {
    if (owner->query != nullptr) --left;
  }
  while (owner != nullptr && owner->query == nullptr) owner = owner->outer;
  LK_ASSERT(owner != nullptr);
  if (!owner->may_aggregate) {
    return Error(ErrorCode::GroupingError,
                 owner->place == "an aggregate"
                     ? "aggregate function calls cannot be nested"
                     : fmt::format("aggregate functions are not allowed in {}", owner->place))
        .at(location + 1);
  }
  if (level > 0) {
    for (Expr* const each : call.args) LK_CHECK(move_out(*each, level));
    for (Expr* const each : call.order) LK_CHECK(move_out(*each, level));
    if (call.filter != nullptr) LK_CHECK(move_out(*call.filter, level));
  }
  Query& query = *owner->query;
  query.is_grouped = true;
  Expr* const expr = coercion_.make(ExprKind::Aggregate, call.type, location);
  expr->level = level;
  for (std::size_t i = 0; i < query.aggregates.size(); ++i) {
    if (!same_call(query.aggregates[i], call)) continue;
    expr->index = static_cast<int>(i);
    return expr;
  }
  expr->index = static_cast<int>(query.aggregates.size());
  query.aggregates.push_back(std::move(call));
  return expr;
}

}  // namespace latchkey::sql::bind
