#include <fmt/format.h>

#include <algorithm>

#include "sql/bind/binder.h"

namespace latchkey::sql::bind {

namespace {

using parse::Node;
using parse::NodeKind;

/// The greatest depth of the sets whose values an expression looks at, -1 for none.
int deepest_set(const Expr& expr, const Query& query) {
  int deepest = -1;
  if (expr.kind == ExprKind::Column && expr.level == 0) {
    for (const SetCall& set : query.set_calls) {
      if (set.slot == expr.slot) deepest = std::max(deepest, set.depth);
    }
  }
  for (const Expr* const arg : expr.args) deepest = std::max(deepest, deepest_set(*arg, query));
  return deepest;
}

/// Whether an expression of FROM looks at what stands before it in the same FROM.
bool looks_at_siblings(const Expr& expr, int level) {
  if (expr.kind == ExprKind::Column && expr.level == level) return true;
  // A subquery may look at anything around it; that it does not would have to be proven.
  if (expr.query != nullptr) return true;
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [&](const Expr* arg) { return looks_at_siblings(*arg, level); });
}

}  // namespace

/// FROM f(..), FROM ROWS FROM (f(..), g(..)), each WITH ORDINALITY.
Result<FromNode*> Binder::bind_range_function(const Node& item, Scope& scope,
                                              std::vector<ScopeColumn>& columns) {
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::Function;
  const auto functions = item.list("functions");
  for (const Node* const each : functions) {
    const auto pair = each->list("items");
    auto definitions = item.list("coldeflist");
    if (pair.size() > 1 && pair[1] != nullptr) definitions = pair[1]->list("items");
    const Node& call = *pair[0];
    const bool is_unnest =
        call.is(NodeKind::FuncCall) && call.list("args").size() > 1 && name_of(call) == "unnest";
    if (!is_unnest) {
      LK_CHECK(add_function_item(call, definitions, entry, scope));
      continue;
    }
    // unnest(a, b) means ROWS FROM (unnest(a), unnest(b)).
    for (const Node* const array : call.list("args")) {
      LK_TRY(Expr* const arg, bind_expr(*array, scope));
      LK_TRY(Expr* const one, coercion_.call_function("unnest", {arg}, call.location));
      entry.functions.push_back({one, 1});
      entry.names.emplace_back("unnest");
      entry.types.push_back(one->type);
      entry.typmods.push_back(-1);
    }
  }
  for (const FunctionItem& each : entry.functions) {
    entry.is_lateral = entry.is_lateral || looks_at_siblings(*each.call, 0);
  }
  entry.alias = functions.empty() ? "" : name_of(*functions[0]->list("items")[0]);
  // The only column of the only function has the name of the alias.
  const Node* const alias = item.child("alias");
  const bool is_one_column = entry.names.size() == 1 &&
                             entry.functions[0].call->types.row.empty() &&
                             (entry.functions[0].call->function == nullptr ||
                              entry.functions[0].call->function->columns.empty());
  if (is_one_column) entry.names[0] = alias == nullptr ? entry.alias : alias->text("aliasname");
  if (item.flag("ordinality")) {
    entry.has_ordinality = true;
    entry.names.emplace_back("ordinality");
    entry.types.push_back(oid::kInt8);
    entry.typmods.push_back(-1);
  }
  return add_entry(std::move(entry), alias, scope, columns);
}

Result<void> Binder::add_function_item(const Node& node, std::span<const Node* const> definitions,
                                       RangeEntry& entry, Scope& scope) {
  const Node* const around = std::exchange(scope.from_call, &node);
  const std::string_view place = std::exchange(scope.place, "functions in FROM");
  Result<Expr*> bound = bind_expr(node, scope);
  scope.from_call = around;
  scope.place = place;
  if (!bound.has_value()) return std::move(bound).error();
  Expr* call = *bound;
  if (call->type == oid::kUnknown) {
    LK_TRY(call, coercion_.coerce(call, oid::kText, -1, CastContext::Implicit));
  }
  const auto add_column = [&](std::string_view name, Oid type, std::int32_t typmod) {
    entry.names.emplace_back(name);
    entry.types.push_back(type);
    entry.typmods.push_back(typmod);
  };
  const std::size_t before = entry.names.size();
  const bool is_record = call->type == oid::kRecord;
  const auto known =
      call->kind == ExprKind::Call ? call->function->columns : std::span<const OutColumn>{};
  if (!definitions.empty()) {
    if (!is_record || !known.empty() || !call->types.row.empty()) {
      return Error(ErrorCode::SyntaxError,
                   is_record ? "a column definition list is redundant for a function with OUT "
                               "parameters"
                             : "a column definition list is only allowed for functions returning "
                               "\"record\"")
          .at(node.location + 1);
    }
    LK_TRY(call->types.row, row_columns_of(definitions));
    for (const RowColumn& column : call->types.row) {
      add_column(column.name, column.type, column.typmod);
    }
  } else if (!known.empty()) {
    for (const OutColumn& column : known) {
      // A column of any type has the type of the call's first argument's elements.
      add_column(column.name, column.type, -1);
    }
  } else if (is_record && !call->types.row.empty()) {
    for (const RowColumn& column : call->types.row) {
      add_column(column.name, column.type, column.typmod);
    }
  } else if (is_record) {
    return Error(ErrorCode::SyntaxError,
                 "a column definition list is required for functions returning \"record\"")
        .at(node.location + 1);
  } else {
    add_column(name_of(node), call->type, call->typmod);
  }
  entry.functions.push_back({call, static_cast<int>(entry.names.size() - before)});
  return {};
}

Result<std::vector<RowColumn>> Binder::row_columns_of(std::span<const Node* const> definitions) {
  std::vector<RowColumn> row;
  for (const Node* const definition : definitions) {
    LK_TRY(const NamedType type, named_type(*definition->child("type_name")));
    row.push_back({std::string(definition->text("colname")), type.type, type.typmod});
  }
  return row;
}

/// Puts a set of the list of targets where the query runs it; what is left is its value's column.
Result<Expr*> Binder::place_set_call(Expr* call, const Node& node, Scope& scope) {
  const auto refuse = [&](std::string message) {
    return Error(ErrorCode::NotSupported, std::move(message)).at(node.location + 1);
  };
  if (scope.from_call != nullptr) {
    return refuse("set-returning functions must appear at top level of FROM");
  }
  if (scope.place == "an aggregate") {
    return refuse("aggregate function calls cannot contain set-returning function calls");
  }
  if (!scope.may_return_sets || !scope.no_sets_in.empty()) {
    return refuse(fmt::format("set-returning functions are not allowed in {}",
                              scope.no_sets_in.empty() ? scope.place : scope.no_sets_in));
  }
  if (call->function->columns.size() > 1 ||
      (call->type == oid::kRecord && call->types.routine == Oid::None)) {
    return refuse("a function that returns rows of several columns must stand in FROM");
  }
  Query& query = *scope.query;
  for (const SetCall& set : query.set_calls) {
    if (same(*set.call, *call) && !call->function->is(kVolatile)) {
      return column_expr(query, set.slot, call->type, call->typmod);
    }
  }
  SetCall set;
  set.call = call;
  set.slot = query.slot_count++;
  set.depth = deepest_set(*call, query) + 1;
  query.set_calls.push_back(set);
  return column_expr(query, set.slot, call->type, call->typmod);
}

/// A set that GROUP BY looks at, and what it looks at itself, runs before the grouping.
void Binder::mark_grouped_sets(const Expr& expr, Query& query) {
  if (expr.kind == ExprKind::Column && expr.level == 0) {
    for (SetCall& set : query.set_calls) {
      if (set.slot != expr.slot || set.is_grouped) continue;
      set.is_grouped = true;
      mark_grouped_sets(*set.call, query);
    }
  }
  for (const Expr* const arg : expr.args) mark_grouped_sets(*arg, query);
}

Result<void> Binder::replace_grouped_in_sets(Query& query) {
  for (std::size_t i = 0; i < query.set_calls.size(); ++i) {
    if (query.set_calls[i].is_grouped) continue;
    for (Expr*& arg : query.set_calls[i].call->args) LK_CHECK(replace_grouped(arg, query));
  }
  return {};
}

}  // namespace latchkey::sql::bind
