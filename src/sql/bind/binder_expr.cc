#include <fmt/format.h>

#include <limits>

#include "base/assert.h"
#include "base/text.h"
#include "sql/bind/binder.h"
#include "sql/bind/comparable.h"
#include "sql/functions/json_functions.h"
#include "sql/types/io.h"

namespace latchkey::sql::bind {

namespace {

using parse::Node;
using parse::NodeKind;

Error unsupported(const Node& node, std::string_view what) {
  return Error(ErrorCode::NotSupported, std::string(what) + " is not supported")
      .at(node.location + 1);
}

std::string operator_name(const Node& node) {
  const std::vector<std::string> names = parse::texts_of(node.list("name"));
  return names.empty() ? std::string() : names.back();
}

}  // namespace

Expr* Binder::text_constant(std::string_view text) {
  return coercion_.constant(oid::kText, Value::of_bytes(bound_->arena.copy(text)));
}

Expr* Binder::column_expr(Query& query, int slot, Oid type, std::int32_t typmod) {
  (void)query;
  Expr* const expr = coercion_.make(ExprKind::Column, type);
  expr->slot = slot;
  expr->typmod = typmod;
  return expr;
}

Result<std::vector<Expr*>> Binder::bind_all(std::span<const Node* const> nodes, Scope& scope) {
  std::vector<Expr*> exprs;
  exprs.reserve(nodes.size());
  for (const Node* const node : nodes) {
    LK_TRY(Expr* const expr, bind_expr(*node, scope));
    exprs.push_back(expr);
  }
  return exprs;
}

Result<Expr*> Binder::bind_expr(const Node& node, Scope& scope) {
  switch (node.kind) {
    case NodeKind::AConst:
      return bind_constant(node);
    case NodeKind::ColumnRef:
      return context_.names == nullptr ? bind_column(node, scope) : bind_name(node, scope);
    case NodeKind::NamedArgExpr:
      return bind_expr(*node.child("arg"), scope);
    case NodeKind::ParamRef: {
      if (context_.names != nullptr) return bind_numbered(node);
      const auto number = node.number("number");
      constexpr std::int64_t kParametersMax = 65'535;
      if (number < 1 || number > kParametersMax) {
        return Error(ErrorCode::ParameterMissing, fmt::format("there is no parameter ${}", number))
            .at(node.location + 1);
      }
      auto& types = bound_->parameter_types;
      if (types.size() < static_cast<std::size_t>(number)) {
        types.resize(static_cast<std::size_t>(number), Oid::None);
      }
      Oid& type = types[static_cast<std::size_t>(number - 1)];
      Expr* const expr = coercion_.make(ExprKind::Parameter,
                                        type == Oid::None ? oid::kUnknown : type, node.location);
      expr->index = static_cast<int>(number - 1);
      return expr;
    }
    case NodeKind::TypeCast: {
      LK_TRY(const NamedType type, named_type(*node.child("type_name")));
      const Node& inner = *node.child("arg");
      const Type* const found = find_type(type.type);
      const bool is_array = inner.is(NodeKind::AArrayExpr) && found != nullptr && found->is_array();
      LK_TRY(Expr* const arg,
             is_array ? bind_array(inner, scope, type.type) : bind_expr(inner, scope));
      Result<Expr*> cast = coercion_.coerce(arg, type.type, type.typmod, CastContext::Explicit);
      if (!cast.has_value()) return std::move(cast).error().at(node.location + 1);
      return fit_domain(*cast, type.domain);
    }
    case NodeKind::AExpr:
      return bind_operator(node, scope);
    case NodeKind::BoolExpr:
      return bind_bool(node, scope);
    case NodeKind::FuncCall:
      return bind_function(node, scope);
    case NodeKind::CaseExpr:
    case NodeKind::CoalesceExpr: {
      const bool is_case = node.kind == NodeKind::CaseExpr;
      const std::string_view around =
          std::exchange(scope.no_sets_in, is_case ? "CASE" : "COALESCE");
      Result<Expr*> whole = is_case ? bind_case(node, scope)
                                    : bind_common(node, scope, ExprKind::Coalesce, "COALESCE");
      scope.no_sets_in = around;
      return whole;
    }
    case NodeKind::MinMaxExpr: {
      const bool greatest = node.as<parse::MinMaxKind>("op") == parse::MinMaxKind::Greatest;
      return bind_common(node, scope, greatest ? ExprKind::Greatest : ExprKind::Least,
                         greatest ? "GREATEST" : "LEAST");
    }
    case NodeKind::NullTest: {
      LK_TRY(Expr* const arg, bind_expr(*node.child("arg"), scope));
      const bool is_null =
          node.as<parse::NullTestKind>("nulltesttype") == parse::NullTestKind::IsNull;
      return null_test(arg, is_null, node.location);
    }
    case NodeKind::BooleanTest: {
      LK_TRY(Expr * arg, bind_expr(*node.child("arg"), scope));
      LK_TRY(arg, coercion_.coerce_to_bool(arg, "IS TRUE"));
      Expr* const test = coercion_.make(ExprKind::BoolTest, oid::kBool, node.location);
      test->bool_test = node.as<parse::BoolTestKind>("booltesttype");
      test->args = {arg};
      return test;
    }
    case NodeKind::AArrayExpr:
      return bind_array(node, scope);
    case NodeKind::AIndirection:
      return bind_subscript(node, scope);
    case NodeKind::SubLink:
      return bind_sublink(node, scope);
    case NodeKind::GroupingFunc:
      return bind_grouping(node, scope);
    case NodeKind::SQLValueFunction:
      return bind_value_function(node);
    case NodeKind::CollateClause:
      return bind_collate(node, scope);
    case NodeKind::SetToDefault:
      return coercion_.make(ExprKind::Default, oid::kUnknown, node.location);
    case NodeKind::RowExpr: {
      return bind_row(node, scope);
    }
    default:
      return unsupported(node, node.name);
  }
}

Result<Expr*> Binder::bind_constant(const Node& node) {
  if (node.flag("isnull")) {
    return coercion_.constant(oid::kUnknown, Value::null(), node.location);
  }
  if (const Node* const integer = node.child("ival")) {
    return coercion_.constant(oid::kInt4, Value::of_integer(integer->number("ival")),
                              node.location);
  }
  if (const Node* const number = node.child("fval")) {
    const Bytes text = number->text("fval");
    // What is whole and fits is a bigint; the least integer is one, though its digits alone do not
    // fit.
    const Result<std::int64_t> whole = io::parse_integer(oid::kInt8, text);
    if (whole.has_value()) {
      const bool is_least = *whole == std::numeric_limits<std::int32_t>::min();
      return coercion_.constant(is_least ? oid::kInt4 : oid::kInt8, Value::of_integer(*whole),
                                node.location);
    }
    Result<Value> value = parse_text(oid::kNumeric, -1, text, *context_.settings, bound_->arena);
    if (!value.has_value()) return std::move(value).error().at(node.location + 1);
    return coercion_.constant(oid::kNumeric, *value, node.location);
  }
  if (const Node* const flag = node.child("boolval")) {
    return coercion_.constant(oid::kBool, Value::of_bool(flag->flag("boolval")), node.location);
  }
  if (const Node* const text = node.child("sval")) {
    return coercion_.constant(
        oid::kUnknown, Value::of_bytes(bound_->arena.copy(text->text("sval"))), node.location);
  }
  return unsupported(node, "a bit string");
}

Result<Expr*> Binder::bind_column(const Node& node, Scope& scope) {
  const auto fields = node.list("fields");
  if (fields.size() > 1 && fields.back()->is(NodeKind::AStar)) {
    const std::string table = parse::texts_of(fields).back();
    if (Expr* const row = find_whole_row(table, node.location, scope)) return row;
    return Error(ErrorCode::TableMissing,
                 fmt::format("missing FROM-clause entry for table \"{}\"", table))
        .at(node.location + 1);
  }
  if (fields.empty() || fields.back()->is(NodeKind::AStar)) {
    return Error(ErrorCode::SyntaxError, "\"*\" is not allowed here").at(node.location + 1);
  }
  const std::vector<std::string> names = parse::texts_of(fields);
  if (names.size() == 1) {
    Result<Expr*> column = find_column({}, names[0], node.location, scope);
    if (column.has_value() || column.error().code() != ErrorCode::ColumnMissing) return column;
    Expr* const row = find_whole_row(names[0], node.location, scope);
    return row != nullptr ? Result<Expr*>(row) : std::move(column);
  }
  return find_column(names[names.size() - 2], names.back(), node.location, scope);
}

Result<Expr*> Binder::find_column(std::string_view table, std::string_view name,
                                  std::int32_t location, Scope& scope) {
  int level = -1;
  bool has_table = false;
  for (Scope* at = &scope; at != nullptr; at = at->outer) {
    // A scope without a query only names those of WITH.
    if (at->query == nullptr) continue;
    ++level;
    const ScopeColumn* found = nullptr;
    for (const ScopeColumn& column : at->columns) {
      has_table = has_table || (!table.empty() && column.table == table);
      if (column.name != name) continue;
      if (table.empty() ? column.only_qualified : column.table != table) continue;
      if (found != nullptr) {
        return Error(ErrorCode::ColumnAmbiguous,
                     fmt::format("column reference \"{}\" is ambiguous", name))
            .at(location + 1);
      }
      found = &column;
    }
    ScopeColumn system;
    if (found == nullptr && find_system_column(table, name, *at, system)) found = &system;
    if (found == nullptr) continue;
    note_column(*found->expr, location, table.empty() ? 1 : 2, false);
    if (level == 0 && found->expr->kind != ExprKind::Column) return found->expr;
    Expr* const expr = coercion_.make(ExprKind::Column, found->expr->type, location);
    expr->slot = found->expr->slot;
    expr->typmod = found->expr->typmod;
    expr->level = level;
    expr->origin_table = found->expr->origin_table;
    expr->origin_number = found->expr->origin_number;
    if (level > 0) {
      // Every query between here and there looks out of itself.
      int between = level;
      for (Scope* inner = &scope; inner != at; inner = inner->outer) {
        if (inner->query == nullptr) continue;
        inner->query->parent_levels = std::max(inner->query->parent_levels, between--);
      }
    }
    return expr;
  }
  if (!table.empty() && !has_table) {
    return Error(ErrorCode::TableMissing,
                 fmt::format("missing FROM-clause entry for table \"{}\"", table))
        .at(location + 1);
  }
  return Error(ErrorCode::ColumnMissing,
               table.empty() ? fmt::format("column \"{}\" does not exist", name)
                             : fmt::format("column {}.{} does not exist", table, name))
      .at(location + 1);
}

Result<Expr*> Binder::compare_rows(std::string_view op, Expr* left, Expr* right,
                                   std::int32_t location) {
  if (left->kind != ExprKind::Row || right->kind != ExprKind::Row) {
    return coercion_.call_operator(op, {left, right}, location);
  }
  if (left->args.size() != right->args.size()) {
    return Error(ErrorCode::SyntaxError, "unequal number of entries in row expressions")
        .at(location + 1);
  }
  const bool is_equality = op == "=" || op == "<>" || op == "!=";
  Expr* whole = nullptr;
  if (is_equality) {
    whole = coercion_.make(op == "=" ? ExprKind::And : ExprKind::Or, oid::kBool, location);
    for (std::size_t i = 0; i < left->args.size(); ++i) {
      LK_TRY(Expr* const part,
             coercion_.call_operator(op, {left->args[i], right->args[i]}, location));
      whole->args.push_back(part);
    }
    return whole;
  }
  // (a, b) < (c, d): a < c or (a = c and b < d).
  const std::string_view strict = op.substr(0, 1);
  for (std::size_t i = left->args.size(); i-- > 0;) {
    const bool is_last = i + 1 == left->args.size();
    LK_TRY(Expr* const less, coercion_.call_operator(is_last ? op : strict,
                                                     {left->args[i], right->args[i]}, location));
    if (is_last) {
      whole = less;
      continue;
    }
    LK_TRY(Expr* const equal,
           coercion_.call_operator("=", {left->args[i], right->args[i]}, location));
    Expr* const both = coercion_.make(ExprKind::And, oid::kBool, location);
    both->args = {equal, whole};
    Expr* const either = coercion_.make(ExprKind::Or, oid::kBool, location);
    either->args = {less, both};
    whole = either;
  }
  return whole;
}

Result<Expr*> Binder::bind_operator(const Node& node, Scope& scope) {
  using parse::ExprKind;
  const auto kind = node.as<ExprKind>("kind");
  const std::string name = operator_name(node);
  switch (kind) {
    case ExprKind::In:
      return bind_in(node, scope);
    case ExprKind::Between:
    case ExprKind::NotBetween:
    case ExprKind::BetweenSymmetric:
    case ExprKind::NotBetweenSymmetric:
      return bind_between(node, scope, kind);
    case ExprKind::OpAny:
    case ExprKind::OpAll:
      return bind_any_all(node, scope, kind == ExprKind::OpAll);
    default:
      break;
  }
  std::vector<Expr*> args;
  for (const char* const side : {"lexpr", "rexpr"}) {
    if (const Node* const child = node.child(side)) {
      const bool is_row_of_query =
          child->is(NodeKind::SubLink) && !args.empty() && args[0]->kind == bind::ExprKind::Row &&
          child->as<parse::SubLinkKind>("sub_link_type") == parse::SubLinkKind::Expr;
      if (is_row_of_query) {
        LK_TRY(Expr* const row, row_of_subquery(*child, scope));
        if (row->args.size() != args[0]->args.size()) {
          return Error(ErrorCode::SyntaxError, row->args.size() < args[0]->args.size()
                                                   ? "subquery has too few columns"
                                                   : "subquery has too many columns")
              .at(child->location + 1);
        }
        args.push_back(row);
        continue;
      }
      LK_TRY(Expr* const arg, bind_expr(*child, scope));
      args.push_back(arg);
    }
  }
  if (kind == ExprKind::Distinct || kind == ExprKind::NotDistinct || kind == ExprKind::NullIf) {
    const bool are_rows =
        args[0]->kind == bind::ExprKind::Row && args[1]->kind == bind::ExprKind::Row;
    if (are_rows && kind != ExprKind::NullIf) {
      return distinct_rows(*args[0], *args[1], kind == ExprKind::Distinct, node.location);
    }
    LK_TRY(Expr* const equal, compare_rows("=", args[0], args[1], node.location));
    Expr* const test = coercion_.make(kind == ExprKind::Distinct      ? bind::ExprKind::Distinct
                                      : kind == ExprKind::NotDistinct ? bind::ExprKind::NotDistinct
                                                                      : bind::ExprKind::NullIf,
                                      oid::kBool, node.location);
    if (equal->kind == bind::ExprKind::Call) args = equal->args;
    if (kind == ExprKind::NullIf) {
      test->type = args[0]->type;
      test->typmod = args[0]->typmod;
    }
    test->args = {args[0], args[1], equal};
    return test;
  }
  if (args.size() == 2) return compare_rows(name, args[0], args[1], node.location);
  return coercion_.call_operator(name, std::move(args), node.location);
}

Result<Expr*> Binder::bind_in(const Node& node, Scope& scope) {
  const bool is_not = operator_name(node) == "<>";
  LK_TRY(Expr* const left, bind_expr(*node.child("lexpr"), scope));
  const Node* const list = node.child("rexpr");
  LK_TRY(const std::vector<Expr*> values, bind_all(list->list("items"), scope));
  Expr* const whole =
      coercion_.make(is_not ? ExprKind::And : ExprKind::Or, oid::kBool, node.location);
  for (Expr* const value : values) {
    LK_TRY(Expr* const equal, compare_rows(is_not ? "<>" : "=", left, value, node.location));
    whole->args.push_back(equal);
  }
  return whole;
}

Result<Expr*> Binder::bind_between(const Node& node, Scope& scope, parse::ExprKind kind) {
  LK_TRY(Expr* const value, bind_expr(*node.child("lexpr"), scope));
  LK_TRY(const std::vector<Expr*> bounds, bind_all(node.child("rexpr")->list("items"), scope));
  LK_ASSERT(bounds.size() == 2);
  const bool is_not =
      kind == parse::ExprKind::NotBetween || kind == parse::ExprKind::NotBetweenSymmetric;
  const bool is_symmetric =
      kind == parse::ExprKind::BetweenSymmetric || kind == parse::ExprKind::NotBetweenSymmetric;
  const auto one_way = [&](Expr* low, Expr* high) -> Result<Expr*> {
    Expr* const test =
        coercion_.make(is_not ? ExprKind::Or : ExprKind::And, oid::kBool, node.location);
    LK_TRY(Expr* const above,
           coercion_.call_operator(is_not ? "<" : ">=", {value, low}, node.location));
    LK_TRY(Expr* const below,
           coercion_.call_operator(is_not ? ">" : "<=", {value, high}, node.location));
    test->args = {above, below};
    return test;
  };
  LK_TRY(Expr* const first, one_way(bounds[0], bounds[1]));
  if (!is_symmetric) return first;
  LK_TRY(Expr* const second, one_way(bounds[1], bounds[0]));
  Expr* const both =
      coercion_.make(is_not ? ExprKind::And : ExprKind::Or, oid::kBool, node.location);
  both->args = {first, second};
  return both;
}

// The test is bound against a slot of the query that each element is put into.
Result<Expr*> Binder::bind_any_all(const Node& node, Scope& scope, bool is_all) {
  LK_TRY(Expr* const left, bind_expr(*node.child("lexpr"), scope));
  LK_TRY(Expr * array, bind_expr(*node.child("rexpr"), scope));
  if (array->type == oid::kUnknown) {
    const Type* const element = find_type(left->type == oid::kUnknown ? oid::kText : left->type);
    if (element == nullptr || element->array == Oid::None) {
      return Error(ErrorCode::TypeIndeterminate, "could not determine the type of the array")
          .at(node.location + 1);
    }
    LK_TRY(array, coercion_.coerce(array, element->array, -1, CastContext::Implicit));
  }
  const Type* const type = find_type(array->type);
  if (type == nullptr || !type->is_array()) {
    return Error(ErrorCode::TypeMismatch, "op ANY/ALL (array) requires array on right side")
        .at(node.location + 1);
  }
  LK_ASSERT(scope.query != nullptr);
  Expr* const test =
      coercion_.make(is_all ? ExprKind::AllOf : ExprKind::AnyOf, oid::kBool, node.location);
  test->slot = scope.query->slot_count++;
  Expr* const element = column_expr(*scope.query, test->slot, type->element, -1);
  LK_TRY(Expr* const condition,
         coercion_.call_operator(operator_name(node), {left, element}, node.location));
  LK_TRY(Expr* const boolean, coercion_.coerce_to_bool(condition, is_all ? "ALL" : "ANY"));
  test->args = {boolean, array};
  return test;
}

Result<Expr*> Binder::bind_bool(const Node& node, Scope& scope) {
  const auto kind = node.as<parse::BoolKind>("boolop");
  const char* const place = kind == parse::BoolKind::And  ? "AND"
                            : kind == parse::BoolKind::Or ? "OR"
                                                          : "NOT";
  Expr* const whole = coercion_.make(kind == parse::BoolKind::And  ? ExprKind::And
                                     : kind == parse::BoolKind::Or ? ExprKind::Or
                                                                   : ExprKind::Not,
                                     oid::kBool, node.location);
  for (const Node* const each : node.list("args")) {
    LK_TRY(Expr * arg, bind_expr(*each, scope));
    LK_TRY(arg, coercion_.coerce_to_bool(arg, place));
    whole->args.push_back(arg);
  }
  return whole;
}

Result<Expr*> Binder::bind_function(const Node& node, Scope& scope) {
  const std::vector<std::string> names = parse::texts_of(node.list("funcname"));
  const std::string& name = names.back();
  if (node.child("over") != nullptr) return bind_window_call(node, scope);
  if (!find_window_functions(name).empty()) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("window function {} requires an OVER clause", name))
        .at(node.location + 1);
  }
  if (routines_of(names).empty() && has_named_arguments(name, node.list("args"))) {
    LK_TRY(std::vector<Expr*> named, bind_named_arguments(node, name, scope));
    return coercion_.call_function(name, std::move(named), node.location);
  }
  if (const Function* const populate = json_populate_function(name)) {
    return bind_populate(node, *populate, scope);
  }
  // Arguments of an aggregate are seen before there are groups.
  const bool may_aggregate = scope.may_aggregate;
  const bool names_aggregate = !find_aggregates(name).empty();
  if (names_aggregate) scope.may_aggregate = false;
  const std::string_view place = scope.place;
  if (names_aggregate && may_aggregate) scope.place = "an aggregate";
  Result<std::vector<Expr*>> args = bind_all(node.list("args"), scope);
  scope.may_aggregate = may_aggregate;
  scope.place = place;
  if (!args.has_value()) return std::move(args).error();
  if (names_aggregate) {
    bool is_one = false;
    LK_TRY(Expr* const aggregate, bind_aggregate(node, name, *args, scope, is_one));
    if (is_one) return aggregate;
  }
  LK_TRY(Expr* const call, call_named(node, names, std::move(*args), scope.from_call == &node));
  const bool returns_set = call->kind == ExprKind::Call && call->function->is(kReturnsSet);
  if (!returns_set || scope.from_call == &node) return call;
  return place_set_call(call, node, scope);
}

Result<Expr*> Binder::bind_case(const Node& node, Scope& scope) {
  Expr* subject = nullptr;
  if (const Node* const arg = node.child("arg")) {
    LK_TRY(subject, bind_expr(*arg, scope));
    if (subject->type == oid::kUnknown) {
      LK_TRY(subject, coercion_.coerce(subject, oid::kText, -1, CastContext::Implicit));
    }
  }
  std::vector<Expr*> conditions;
  std::vector<Expr*> results;
  for (const Node* const when : node.list("args")) {
    LK_TRY(Expr * condition, bind_expr(*when->child("expr"), scope));
    if (subject != nullptr) {
      LK_TRY(condition, compare_rows("=", subject, condition, when->location));
    }
    LK_TRY(condition, coercion_.coerce_to_bool(condition, "CASE/WHEN"));
    conditions.push_back(condition);
    LK_TRY(Expr* const result, bind_expr(*when->child("result"), scope));
    results.push_back(result);
  }
  if (const Node* const otherwise = node.child("defresult")) {
    LK_TRY(Expr* const result, bind_expr(*otherwise, scope));
    results.push_back(result);
  } else {
    results.push_back(coercion_.constant(oid::kUnknown, Value::null()));
  }
  // What ELSE gives is asked first, as PostgreSQL does.
  std::vector<Expr*> in_order = {results.back()};
  in_order.insert(in_order.end(), results.begin(), results.end() - 1);
  LK_TRY(const Oid type, coercion_.common_type(in_order, "CASE"));
  Expr* const whole = coercion_.make(ExprKind::Case, type, node.location);
  for (std::size_t i = 0; i < results.size(); ++i) {
    LK_TRY(Expr* const result, coercion_.coerce(results[i], type, -1, CastContext::Implicit));
    if (i < conditions.size()) whole->args.push_back(conditions[i]);
    whole->args.push_back(result);
  }
  return whole;
}

Result<Expr*> Binder::bind_common(const Node& node, Scope& scope, ExprKind kind,
                                  std::string_view place) {
  LK_TRY(std::vector<Expr*> args, bind_all(node.list("args"), scope));
  LK_TRY(const Oid type, coercion_.common_type(args, place));
  for (Expr*& arg : args) {
    LK_TRY(arg, coercion_.coerce(arg, type, -1, CastContext::Implicit));
  }
  Expr* const whole = coercion_.make(kind, type, node.location);
  whole->args = std::move(args);
  return whole;
}

Result<Expr*> Binder::bind_subscript(const Node& node, Scope& scope) {
  LK_TRY(Expr * expr, bind_expr(*node.child("arg"), scope));
  if (expr->type == oid::kJsonb) {
    return bind_json_part(expr, node.list("indirection"), node.location, scope);
  }
  // Names of fields, and subscripts between them.
  const auto steps = node.list("indirection");
  for (std::size_t begin = 0; begin < steps.size();) {
    if (steps[begin]->is(NodeKind::String)) {
      LK_TRY(expr, field_of(expr, steps[begin++]->text("sval"), node.location, scope));
      continue;
    }
    std::size_t end = begin;
    while (end < steps.size() && steps[end]->is(NodeKind::AIndices)) ++end;
    if (end == begin) return unsupported(node, "this subscript");
    const Type* const type = find_type(expr->type);
    if (type == nullptr || !type->is_array()) {
      return Error(ErrorCode::TypeMismatch, "cannot subscript type " + type_text(expr->type) +
                                                " because it does not support subscripting")
          .at(node.location + 1);
    }
    LK_TRY(expr, bind_array_part(expr, steps.subspan(begin, end - begin), scope));
    begin = end;
  }
  return expr;
}

Result<Expr*> Binder::bind_sublink(const Node& node, Scope& scope) {
  using parse::SubLinkKind;
  const auto kind = node.as<SubLinkKind>("sub_link_type");
  LK_TRY(Query* const query, bind_query(*node.child("subselect"), &scope));
  std::vector<Target*> columns;
  for (Target& target : query->targets) {
    if (!target.is_hidden) columns.push_back(&target);
  }
  if (kind == SubLinkKind::Exists) {
    Expr* const exists = coercion_.make(ExprKind::Exists, oid::kBool, node.location);
    exists->query = query;
    return exists;
  }
  if (kind == SubLinkKind::Expr || kind == SubLinkKind::Array) {
    if (columns.size() != 1) {
      return Error(ErrorCode::SyntaxError, "subquery must return only one column")
          .at(node.location + 1);
    }
    Expr* const scalar =
        coercion_.make(kind == SubLinkKind::Expr ? ExprKind::Scalar : ExprKind::ArrayOf,
                       columns[0]->expr->type, node.location);
    scalar->typmod = columns[0]->expr->typmod;
    scalar->query = query;
    if (kind == SubLinkKind::Array) {
      const Type* const element = find_type(scalar->type);
      const bool is_array = element != nullptr && element->is_array();
      if (!is_array) scalar->type = element == nullptr ? Oid::None : element->array;
    }
    return scalar;
  }
  if (kind != SubLinkKind::Any && kind != SubLinkKind::All)
    return unsupported(node, "this subquery");
  LK_TRY(Expr* const left, bind_expr(*node.child("testexpr"), scope));
  const std::vector<Expr*> lefts =
      left->kind == ExprKind::Row ? left->args : std::vector<Expr*>{left};
  if (lefts.size() != columns.size()) {
    return Error(ErrorCode::SyntaxError, lefts.size() < columns.size()
                                             ? "subquery has too many columns"
                                             : "subquery has too few columns")
        .at(node.location + 1);
  }
  const std::vector<std::string> names = parse::texts_of(node.list("oper_name"));
  const std::string op = names.empty() ? "=" : names.back();
  Expr* const test = coercion_.make(ExprKind::InQuery, oid::kBool, node.location);
  test->query = query;
  test->is_all = kind == SubLinkKind::All;
  // Each row of the subquery is put into slots of this query, where the test looks at it.
  test->slot = scope.query->slot_count;
  scope.query->slot_count += static_cast<int>(columns.size());
  std::vector<Expr*> parts;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Expr* const column = column_expr(*scope.query, test->slot + static_cast<int>(i),
                                     columns[i]->expr->type, columns[i]->expr->typmod);
    LK_TRY(Expr* const part, coercion_.call_operator(op, {lefts[i], column}, node.location));
    parts.push_back(part);
  }
  if (parts.size() == 1) {
    test->args = {parts[0]};
  } else {
    Expr* const all = coercion_.make(op == "<>" ? ExprKind::Or : ExprKind::And, oid::kBool);
    all->args = parts;
    test->args = {all};
  }
  return test;
}

}  // namespace latchkey::sql::bind
