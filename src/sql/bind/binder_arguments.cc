#include <fmt/format.h>

#include <algorithm>

#include "sql/bind/binder.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

namespace {

/// Names of the arguments of functions that can be called by them. Those left out are zero.
struct NamedFunction {
  std::string_view name;
  std::vector<std::string_view> arguments;
  bool has_defaults = false;
};

const NamedFunction* find_named_function(std::string_view name) {
  static const std::vector<NamedFunction> kRows = {
      {"make_date", {"year", "month", "day"}},
      {"make_interval", {"years", "months", "weeks", "days", "hours", "mins", "secs"}, true},
      {"make_time", {"hour", "min", "sec"}},
      {"make_timestamp", {"year", "month", "mday", "hour", "min", "sec"}},
      {"make_timestamptz", {"year", "month", "mday", "hour", "min", "sec", "timezone"}},
  };
  const auto found = std::find_if(kRows.begin(), kRows.end(),
                                  [&](const NamedFunction& row) { return row.name == name; });
  return found == kRows.end() ? nullptr : &*found;
}

}  // namespace

// Those of users' functions are binder_routine.cc's.
bool Binder::has_named_arguments(std::string_view name, std::span<const Node* const> args) {
  return find_named_function(name) != nullptr &&
         std::any_of(args.begin(), args.end(),
                     [](const Node* arg) { return arg->is(NodeKind::NamedArgExpr); });
}

// Arguments in any order, put into that of the function.
Result<std::vector<Expr*>> Binder::bind_named_arguments(const Node& node, std::string_view name,
                                                        Scope& scope) {
  const NamedFunction* const function = find_named_function(name);
  const auto missing = [&] {
    return Error(ErrorCode::FunctionMissing,
                 fmt::format("function {} with these arguments does not exist", name))
        .at(node.location + 1);
  };
  if (function == nullptr) return missing();
  std::vector<Expr*> args;
  std::size_t position = 0;
  for (const Node* const each : node.list("args")) {
    const bool is_named = each->is(NodeKind::NamedArgExpr);
    std::size_t index = position++;
    if (is_named) {
      const auto found = std::find(function->arguments.begin(), function->arguments.end(),
                                   std::string_view(each->text("name")));
      index = static_cast<std::size_t>(found - function->arguments.begin());
    }
    if (index >= function->arguments.size()) return missing();
    if (args.size() <= index) args.resize(index + 1, nullptr);
    if (args[index] != nullptr) {
      return Error(ErrorCode::SyntaxError,
                   fmt::format("argument name \"{}\" used more than once", each->text("name")))
          .at(each->location + 1);
    }
    LK_TRY(args[index], bind_expr(is_named ? *each->child("arg") : *each, scope));
  }
  for (Expr*& arg : args) {
    if (arg != nullptr) continue;
    if (!function->has_defaults) return missing();
    arg = coercion_.constant(oid::kInt4, Value::of_integer(0));
  }
  return args;
}

// percentile_cont(0.5) WITHIN GROUP (ORDER BY x) is called with x and 0.5.
Result<std::vector<Expr*>> Binder::bind_within_group(const Node& node, std::vector<Expr*> direct,
                                                     Scope& scope) {
  const bool may_aggregate = scope.may_aggregate;
  scope.may_aggregate = false;
  std::vector<Expr*> args;
  const auto bind_ordered = [&]() -> Result<void> {
    for (const Node* const each : node.list("agg_order")) {
      LK_TRY(Expr* const key, bind_expr(*each->child("node"), scope));
      args.push_back(key);
    }
    return {};
  };
  const Result<void> bound = bind_ordered();
  scope.may_aggregate = may_aggregate;
  LK_CHECK(bound);
  args.insert(args.end(), direct.begin(), direct.end());
  return args;
}

// Values that are made distinct come in order, where the result shows it.
void Binder::order_distinct(std::string_view name, AggregateCall& call) {
  const bool shows_order = name.ends_with("_agg");
  if (!call.is_distinct || !call.order.empty() || !shows_order) return;
  for (Expr* const arg : call.args) {
    call.order_keys.push_back({static_cast<int>(call.order.size()), false, false});
    call.order.push_back(arg);
  }
}

Result<void> Binder::check_within_group(const Node& node, std::string_view name,
                                        const AggregateFunction& function) {
  const bool is_written = node.flag("agg_within_group");
  if (function.is_ordered == is_written) return {};
  return Error(ErrorCode::WrongObjectKind,
               is_written
                   ? fmt::format("{} is not an ordered-set aggregate, so it cannot have "
                                 "WITHIN GROUP",
                                 name)
                   : fmt::format("WITHIN GROUP is required for ordered-set aggregate {}", name))
      .at(node.location + 1);
}

}  // namespace latchkey::sql::bind
