#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sql/catalog/system_tables.h"
#include "sql/exec/context.h"
#include "sql/functions/aggregate.h"
#include "sql/functions/function.h"
#include "sql/parse/deparse.h"
#include "sql/system/definition_text.h"
#include "sql/system/expression_text.h"
#include "sql/system/object_names.h"
#include "sql/system/routine_text.h"

// Functions that show how an object was defined.

namespace latchkey::sql {

namespace {

using system::Relation;
using system::TextStyle;

const Catalog& catalog_of(const Call& call) { return call.evaluation.context->catalog; }
Oid object_of(const Call& call, std::size_t index) {
  return Oid{static_cast<std::uint32_t>(call.integer(index))};
}
TextStyle style_of(const Call& call, std::size_t index) {
  const bool is_pretty = call.values.size() > index && call[index].boolean();
  return is_pretty ? TextStyle::Pretty : TextStyle::Full;
}
Value text_or_failure(const Call& call, const Result<std::string>& text) {
  return text.has_value() ? call.text(*text) : call.fail(text.error());
}

Value show_expression(const Call& call) {
  const Table* const table = catalog_of(call).find_table(object_of(call, 1));
  if (table == nullptr && call.integer(1) != 0) return Value::null();
  return text_or_failure(call, system::stored_text(std::string(call.bytes(0)), table, Oid::None,
                                                   call.evaluation, style_of(call, 2)));
}

Value show_index(const Call& call) {
  const Relation found = system::find_relation(catalog_of(call), object_of(call, 0));
  if (found.index == nullptr) return Value::null();
  const std::int64_t column = call.values.size() > 1 ? call.integer(1) : 0;
  const TextStyle style = style_of(call, 2);
  if (column == 0) {
    return text_or_failure(call,
                           system::index_text(*found.table, *found.index, call.evaluation, style));
  }
  if (column < 0 || column > static_cast<std::int64_t>(found.index->columns.size())) {
    return call.text("");
  }
  return text_or_failure(
      call, system::index_column_text(*found.table,
                                      found.index->columns[static_cast<std::size_t>(column - 1)],
                                      call.evaluation, style));
}

Value show_constraint(const Call& call) {
  const Result<std::optional<std::string>> text =
      system::constraint_text(object_of(call, 0), call.evaluation, style_of(call, 1));
  if (!text.has_value()) return call.fail(text.error());
  return text->has_value() ? call.text(**text) : Value::null();
}

Value view_text(const Call& call, const Table* table) {
  if (table == nullptr || table->kind != TableKind::View) return Value::null();
  return call.text(" " + table->view_text + ";");
}
Value show_view(const Call& call) {
  return view_text(call, catalog_of(call).find_table(object_of(call, 0)));
}
Value show_named_view(const Call& call) {
  const Result<Oid> oid = call.settings().objects->find(oid::kRegclass, call.bytes(0));
  if (!oid.has_value()) return call.fail(oid.error());
  return view_text(call, catalog_of(call).find_table(*oid));
}

// Functions.

std::string argument_list(std::span<const Oid> types, bool is_variadic) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += ", ";
    if (is_variadic && i + 1 == types.size()) text += "VARIADIC ";
    text += types[i] == oid::kAny ? "\"any\"" : type_text(types[i]);
  }
  return text;
}

template <system::ArgumentList kList>
Value show_arguments(const Call& call) {
  const Oid oid = object_of(call, 0);
  if (const auto routine = catalog_of(call).find_routine(oid)) {
    return text_or_failure(call, system::arguments_text(*routine, kList, call.evaluation));
  }
  if (const Function* const function = find_function(oid)) {
    return call.text(argument_list(function->arguments(), function->is(kVariadic)));
  }
  if (const AggregateFunction* const aggregate = find_aggregate(oid)) {
    return call.text(argument_list(aggregate->signature.all(), false));
  }
  return Value::null();
}

Value show_result(const Call& call) {
  const Oid oid = object_of(call, 0);
  if (const auto routine = catalog_of(call).find_routine(oid)) {
    return routine->is_procedure() ? Value::null() : call.text(system::result_text(*routine));
  }
  if (const Function* const function = find_function(oid)) {
    return call.text((function->is(kReturnsSet) ? "SETOF " : "") + type_text(function->result()));
  }
  if (const AggregateFunction* const aggregate = find_aggregate(oid)) {
    return call.text(type_text(aggregate->result()));
  }
  return Value::null();
}

Value show_function(const Call& call) {
  const Oid oid = object_of(call, 0);
  if (const auto routine = catalog_of(call).find_routine(oid)) {
    return text_or_failure(call, system::routine_text(*routine, call.evaluation));
  }
  if (const AggregateFunction* const aggregate = find_aggregate(oid)) {
    return call.fail(ErrorCode::WrongObjectKind,
                     fmt::format("\"{}\" is an aggregate function", aggregate->name));
  }
  const Function* const function = find_function(oid);
  if (function == nullptr || function->is(kOperator)) return Value::null();
  const char* const volatility = function->is(kVolatile) ? ""
                                 : function->is(kStable) ? " STABLE"
                                                         : " IMMUTABLE";
  return call.text(fmt::format(
      "CREATE OR REPLACE FUNCTION pg_catalog.{}({})\n RETURNS {}{}\n LANGUAGE internal\n{}"
      " PARALLEL SAFE{}\nAS $function${}$function$\n",
      parse::quoted_name(function->name),
      argument_list(function->arguments(), function->is(kVariadic)),
      function->is(kReturnsSet) ? "SETOF " : "", type_text(function->result()), volatility,
      function->is(kTakesNull) ? "" : " STRICT", function->name));
}

Value show_trigger(const Call& call) {
  for (const auto& [oid, table] : catalog_of(call).tables()) {
    for (const Trigger& trigger : table->triggers) {
      if (trigger.oid != object_of(call, 0)) continue;
      return call.text(system::trigger_text(*table, trigger, call.evaluation, style_of(call, 1)));
    }
  }
  return Value::null();
}

/// There is none of what it would show.
Value nothing(const Call&) { return Value::null(); }

}  // namespace

std::span<const Function> definition_functions() {
  constexpr Oid kText = oid::kText;
  constexpr Oid kOid = oid::kOid;
  constexpr Oid kBool = oid::kBool;
  constexpr Oid kTree = oid::kPgNodeTree;
  static const std::vector<Function> kRows = {
      {"pg_get_constraintdef", takes(kOid).gives(kText), kStable, &show_constraint,
       "pg_get_constraintdef(1) IS NULL", "t"},
      {"pg_get_constraintdef", takes(kOid, kBool).gives(kText), kStable, &show_constraint, {}, {}},
      {"pg_get_expr", takes(kTree, kOid).gives(kText), kStable, &show_expression, {}, {}},
      {"pg_get_expr", takes(kTree, kOid, kBool).gives(kText), kStable, &show_expression, {}, {}},
      {"pg_get_function_arguments", takes(kOid).gives(kText), kStable,
       &show_arguments<system::ArgumentList::Whole>,
       "pg_get_function_arguments('version'::regproc)", ""},
      {"pg_get_function_identity_arguments",
       takes(kOid).gives(kText),
       kStable,
       &show_arguments<system::ArgumentList::Identity>,
       {},
       {}},
      {"pg_get_function_result", takes(kOid).gives(kText), kStable, &show_result,
       "pg_get_function_result('version'::regproc)", "text"},
      {"pg_get_function_sqlbody", takes(kOid).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_function_arg_default",
       takes(kOid, oid::kInt4).gives(kText),
       kStable,
       &nothing,
       {},
       {}},
      {"pg_get_functiondef", takes(kOid).gives(kText), kStable, &show_function, {}, {}},
      {"pg_get_indexdef", takes(kOid).gives(kText), kStable, &show_index,
       "pg_get_indexdef(1) IS NULL", "t"},
      {"pg_get_indexdef",
       takes(kOid, oid::kInt4, kBool).gives(kText),
       kStable,
       &show_index,
       {},
       {}},
      {"pg_get_partition_constraintdef", takes(kOid).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_partkeydef", takes(kOid).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_ruledef", takes(kOid).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_ruledef", takes(kOid, kBool).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_statisticsobjdef", takes(kOid).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_statisticsobjdef_columns", takes(kOid).gives(kText), kStable, &nothing, {}, {}},
      {"pg_get_triggerdef", takes(kOid).gives(kText), kStable, &show_trigger, {}, {}},
      {"pg_get_triggerdef", takes(kOid, kBool).gives(kText), kStable, &show_trigger, {}, {}},
      {"pg_get_viewdef", takes(kOid).gives(kText), kStable, &show_view, {}, {}},
      {"pg_get_viewdef", takes(kOid, kBool).gives(kText), kStable, &show_view, {}, {}},
      {"pg_get_viewdef", takes(kOid, oid::kInt4).gives(kText), kStable, &show_view, {}, {}},
      {"pg_get_viewdef", takes(kText).gives(kText), kStable, &show_named_view, {}, {}},
      {"pg_get_viewdef", takes(kText, kBool).gives(kText), kStable, &show_named_view, {}, {}},
  };
  return kRows;
}

}  // namespace latchkey::sql
