// Calls of routines that users have made, and names that are their arguments and variables.

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/exec/context.h"
#include "sql/exec/routine_caller.h"
#include "sql/parse/statement.h"
#include "sql/plpgsql/invocation.h"

namespace latchkey::sql::bind {

namespace {

using parse::Node;
using parse::NodeKind;

Value call_routine(const Call& call) {
  return call.evaluation.context->services.routines().call(call);
}

std::unique_ptr<RowSource> routine_rows(const Call& call) {
  return call.evaluation.context->services.routines().rows(call, RowForm::Columns);
}

std::unique_ptr<RowSource> routine_records(const Call& call) {
  return call.evaluation.context->services.routines().rows(call, RowForm::Record);
}

Error unsupported_arguments(const Node& node, std::string_view what) {
  return Error(ErrorCode::WrongObjectKind,
               fmt::format("{} specified, but {} is not an aggregate "
                           "function",
                           what, parse::texts_of(node.list("funcname")).back()))
      .at(node.location + 1);
}

}  // namespace

// Names.

Expr* Binder::variable(const NameSource::Found& found, std::int32_t location) {
  auto& types = bound_->parameter_types;
  const auto index = static_cast<std::size_t>(found.parameter);
  if (types.size() <= index) types.resize(index + 1, Oid::None);
  types[index] = found.type;
  Expr* const expr = coercion_.make(ExprKind::Parameter, found.type, location);
  expr->index = found.parameter;
  expr->typmod = found.typmod;
  return expr;
}

Result<Expr*> Binder::bind_name(const Node& node, Scope& scope) {
  NameSource& source = *context_.names;
  const std::vector<std::string> names = parse::texts_of(node.list("fields"));
  const bool is_star = names.size() != node.list("fields").size();
  if (is_star) return bind_column(node, scope);
  Result<std::optional<NameSource::Found>> found = source.find(names);
  if (!found.has_value() || !found->has_value()) {
    // A variable that has no such field is none, if there is a column.
    Result<Expr*> column = bind_column(node, scope);
    if (column.has_value() || found.has_value()) return column;
    return std::move(found).error().at(node.location + 1);
  }
  const auto bind_variable = [&]() -> Result<Expr*> {
    Expr* const expr = variable(**found, node.location);
    if (expr->type != oid::kRecord) return expr;
    const auto fields = source.fields(names);
    if (!fields.has_value() || !fields->has_value()) return expr;
    std::vector<RowColumn> columns;
    for (const NameSource::Field& field : **fields) {
      columns.push_back({field.name, field.value.type, field.value.typmod});
    }
    note_shape(*expr, columns);
    return expr;
  };
  if (source.conflict() == NameSource::Conflict::UseVariable) return bind_variable();
  Result<Expr*> column = bind_column(node, scope);
  if (column.has_value()) {
    if (source.conflict() == NameSource::Conflict::UseColumn) return column;
    std::string name;
    for (const std::string& part : names) name += (name.empty() ? "" : ".") + part;
    return Error(ErrorCode::ColumnAmbiguous,
                 fmt::format("column reference \"{}\" is ambiguous", name))
        .with_detail("It could refer to either a PL/pgSQL variable or a table column.")
        .at(node.location + 1);
  }
  const ErrorCode code = column.error().code();
  if (code != ErrorCode::ColumnMissing && code != ErrorCode::TableMissing) return column;
  return bind_variable();
}

void Binder::note_shape(const Expr& expr, std::span<const RowColumn> columns) {
  Expr* const row = coercion_.make(ExprKind::Row, oid::kRecord);
  for (const RowColumn& column : columns) {
    Expr* const part = coercion_.constant(column.type, Value::null());
    part->typmod = column.typmod;
    row->args.push_back(part);
    row->names.push_back(column.name);
  }
  shapes_[&expr] = row;
}

Result<Expr*> Binder::bind_numbered(const Node& node) {
  const std::int64_t number = node.number("number");
  const std::optional<NameSource::Found> found = context_.names->parameter(number);
  if (!found.has_value()) {
    return Error(ErrorCode::ParameterMissing, fmt::format("there is no parameter ${}", number))
        .at(node.location + 1);
  }
  return variable(*found, node.location);
}

/// v.*, where v is a variable; nothing if it is none.
Result<bool> Binder::expand_variable(std::span<const std::string> names, std::int32_t location,
                                     Query& query) {
  if (context_.names == nullptr || names.empty()) return false;
  LK_TRY(const auto fields, context_.names->fields(names));
  if (!fields.has_value()) return false;
  for (const NameSource::Field& field : *fields) {
    query.targets.push_back({variable(field.value, location), field.name});
  }
  return true;
}

// Calls.

std::vector<std::shared_ptr<const Routine>> Binder::routines_of(
    std::span<const std::string> names) const {
  std::vector<std::shared_ptr<const Routine>> all = context_.catalog->find_routines(names.back());
  if (all.empty()) return all;
  std::vector<std::shared_ptr<const Routine>> seen;
  const auto add_schema = [&](std::string_view name) {
    const Schema* const schema = context_.catalog->find_schema(name);
    if (schema == nullptr) return;
    for (const auto& each : all) {
      if (each->schema == schema->oid) seen.push_back(each);
    }
  };
  if (names.size() > 1) {
    add_schema(names[names.size() - 2]);
  } else {
    for (const std::string& each : context_.search_path) add_schema(each);
  }
  return seen;
}

/// The row that stands for a routine in calls of this statement. In FROM its columns stand apart,
/// elsewhere they are one record.
const Function& Binder::row_of(const Routine& routine, bool is_in_from) {
  const Function*& row = routine_rows_[{value_of(routine.oid), is_in_from}];
  if (row != nullptr) return *row;
  auto& made = *new (bound_->arena.allocate(sizeof(Function))) Function{};
  made.name = bound_->arena.copy(routine.name);
  made.signature.result = routine.result;
  made.flags = routine.is_strict ? 0u : static_cast<std::uint32_t>(kTakesNull);
  if (routine.volatility == Volatility::Volatile) made.flags |= kVolatile;
  if (routine.volatility == Volatility::Stable) made.flags |= kStable;
  made.body = call_routine;
  row = &made;
  const bool is_record = routine.result == oid::kRecord && !routine.is_procedure();
  if (!routine.returns_set && !(is_in_from && is_record)) return *row;
  made.flags |= kReturnsSet;
  made.set_body = is_in_from || !is_record ? routine_rows : routine_records;
  const std::vector<RowColumn> columns = plpgsql::columns_of(routine, {}, *context_.catalog);
  const auto is_open = [](const RowColumn& column) {
    const Type* const type = find_type(column.type);
    return type != nullptr && type->kind == 'p' && column.type != oid::kRecord;
  };
  const bool is_named = is_record || !routine.outputs().empty();
  if (is_in_from && is_named && std::none_of(columns.begin(), columns.end(), is_open)) {
    auto* const out =
        reinterpret_cast<OutColumn*>(bound_->arena.allocate(columns.size() * sizeof(OutColumn)));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      new (&out[i]) OutColumn{bound_->arena.copy(columns[i].name), columns[i].type};
    }
    made.columns = {out, columns.size()};
  }
  return *row;
}

Result<Expr*> Binder::bind_default_argument(const RoutineArgument& argument) {
  LK_TRY(const auto script, parse::parse("SELECT " + argument.default_text));
  Query& query = new_query(QueryKind::Select);
  Scope scope;
  scope.query = &query;
  scope.place = "DEFAULT expressions";
  LK_TRY(Expr* const expr,
         bind_expr(*script->statements[0].node->list("target_list")[0]->child("val"), scope));
  return coercion_.coerce(expr, argument.type, -1, CastContext::Assignment);
}

/// The call of a routine whose arguments are found and in the order of their places.
Result<Expr*> Binder::finish_routine_call(const Routine& routine,
                                          const Coercion::RoutineChoice& choice,
                                          std::vector<Expr*> given, const Node& node,
                                          bool is_in_from) {
  const std::int32_t location = node.location;
  const std::vector<const RoutineArgument*> inputs = routine.inputs();
  std::vector<Expr*> args(inputs.size(), nullptr);
  std::vector<Expr*> gathered;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto place = static_cast<std::size_t>(choice.places[i]);
    if (choice.gathers && place + 1 == inputs.size()) {
      gathered.push_back(given[i]);
    } else {
      args[place] = given[i];
    }
  }
  if (choice.gathers) {
    const Type* const declared = find_type(inputs.back()->type);
    Oid element = declared == nullptr ? Oid::None : declared->element;
    if (element == Oid::None) {
      LK_TRY(element, coercion_.common_type(gathered, "VARIADIC"));
    }
    const Type* const type = find_type(element);
    if (type == nullptr || type->array == Oid::None) {
      return Error(ErrorCode::NotSupported, "VARIADIC of this type is not supported")
          .at(location + 1);
    }
    Expr* const array = coercion_.make(ExprKind::Array, type->array, location);
    for (Expr* const each : gathered) {
      LK_TRY(Expr* const value, coercion_.coerce(each, element, -1, CastContext::Implicit));
      array->args.push_back(value);
    }
    args.back() = array;
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] != nullptr) continue;
    LK_TRY(args[i], bind_default_argument(*inputs[i]));
  }
  Expr* const call = coercion_.make(ExprKind::Call, Oid::None, location);
  LK_TRY(call->type,
         coercion_.fit_arguments(routine.input_types(), routine.result, args, call->types));
  call->types.routine = routine.oid;
  call->function = &row_of(routine, is_in_from);
  call->args = std::move(args);
  if (routine.result == oid::kRecord) {
    const std::vector<RowColumn> columns =
        plpgsql::columns_of(routine, call->types, *context_.catalog);
    if (!columns.empty()) note_shape(*call, columns);
  }
  if (routine.volatility == Volatility::Volatile) bound_->may_start_over = true;
  return call;
}

/// A call of whatever has this name: one of our functions or a user's.
Result<Expr*> Binder::call_named(const Node& node, std::span<const std::string> names,
                                 std::vector<Expr*> args, bool is_in_from) {
  const std::vector<std::shared_ptr<const Routine>> routines = routines_of(names);
  Coercion::RoutineCallShape shape;
  const std::vector<std::string> argument_names = argument_names_of(node);
  if (routines.empty()) {
    return coercion_.call_function(names.back(), std::move(args), node.location,
                                   node.flag("func_variadic"));
  }
  if (node.flag("agg_star")) return unsupported_arguments(node, "*");
  if (node.flag("agg_distinct")) return unsupported_arguments(node, "DISTINCT");
  shape.name = names.back();
  shape.argument_names = argument_names;
  shape.is_variadic = node.flag("func_variadic");
  shape.sees_functions = names.size() == 1 || names[names.size() - 2] == "pg_catalog";
  shape.location = node.location;
  LK_TRY(const Coercion::RoutineChoice choice, coercion_.choose_routine(shape, routines, args));
  if (choice.function != nullptr) {
    return coercion_.finish_call(*choice.function, std::move(args), node.location);
  }
  return finish_routine_call(*choice.routine, choice, std::move(args), node, is_in_from);
}

std::vector<std::string> Binder::argument_names_of(const Node& call) {
  std::vector<std::string> names;
  for (const Node* const arg : call.list("args")) {
    if (arg->is(NodeKind::NamedArgExpr)) names.emplace_back(arg->text("name"));
  }
  return names;
}

/// CALL: the query's only target list are the procedure's outputs, which its call fills in.
Result<Query*> Binder::bind_call(const Node& statement) {
  const Node& node = *statement.child("funccall");
  const std::vector<std::string> names = parse::texts_of(node.list("funcname"));
  Query& query = new_query(QueryKind::Call);
  Scope scope;
  scope.query = &query;
  scope.place = "CALL arguments";
  LK_TRY(std::vector<Expr*> args, bind_all(node.list("args"), scope));
  const std::vector<std::string> argument_names = argument_names_of(node);
  // A procedure is called with all its arguments, those that only come back among them.
  std::vector<std::shared_ptr<const Routine>> routines;
  for (const auto& each : routines_of(names)) {
    auto whole = std::make_shared<Routine>(*each);
    if (whole->is_procedure()) {
      for (RoutineArgument& argument : whole->arguments) {
        if (argument.mode == ArgumentMode::Out) argument.mode = ArgumentMode::InOut;
      }
    }
    routines.push_back(std::move(whole));
  }
  Coercion::RoutineCallShape shape;
  shape.name = names.back();
  shape.argument_names = argument_names;
  shape.is_variadic = node.flag("func_variadic");
  shape.wants_procedure = true;
  shape.sees_functions = names.size() == 1 || names[names.size() - 2] == "pg_catalog";
  shape.location = node.location;
  LK_TRY(const Coercion::RoutineChoice choice, coercion_.choose_routine(shape, routines, args));
  if (choice.routine == nullptr) {
    return Error(ErrorCode::WrongObjectKind,
                 signature_of(shape.name, choice.function->arguments()) + " is not a procedure")
        .with_hint("To call a function, use SELECT.")
        .at(node.location + 1);
  }
  LK_TRY(query.call, finish_routine_call(*choice.routine, choice, std::move(args), node, false));
  for (const RoutineArgument* const output : choice.routine->outputs()) {
    const int slot = query.slot_count++;
    query.targets.push_back({column_expr(query, slot, output->type, -1), output->name});
  }
  for (std::size_t i = 0; i < query.targets.size(); ++i) {
    if (query.targets[i].name.empty()) query.targets[i].name = fmt::format("column{}", i + 1);
    query.targets[i].slot = query.targets[i].expr->slot;
  }
  query.returns_rows = !query.targets.empty();
  return &query;
}

}  // namespace latchkey::sql::bind
