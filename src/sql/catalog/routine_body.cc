#include "sql/catalog/routine_body.h"

#include "sql/parse/statement.h"
#include "sql/plpgsql/invocation.h"
#include "sql/plpgsql/lexer.h"
#include "sql/plpgsql/parser.h"
#include "sql/plpgsql/sql_function.h"

namespace latchkey::sql {

namespace {

using parse::Node;
using parse::NodeKind;
using plpgsql::Token;

/// Where a CREATE FUNCTION's parts stand: the same text parsed again gives the same numbers.
std::vector<std::int32_t> places_of(const Node& statement) {
  std::vector<std::int32_t> places;
  for (const Node* const each : statement.list("parameters")) {
    places.push_back(each->child("arg_type")->location);
  }
  if (const Node* const type = statement.child("return_type")) places.push_back(type->location);
  return places;
}

/// The statement's own part of a text that may hold several.
Result<std::string> own_text(Bytes text, const Node& statement) {
  LK_TRY(const auto script, parse::parse(text));
  for (const parse::Script::Statement& each : script->statements) {
    if (!each.node->is(NodeKind::CreateFunctionStmt)) continue;
    const bool is_same = parse::texts_of(each.node->list("funcname")) ==
                             parse::texts_of(statement.list("funcname")) &&
                         places_of(*each.node) == places_of(statement) &&
                         each.node->child("sql_body") != nullptr;
    if (is_same) return std::string(each.text);
  }
  return Error(ErrorCode::Internal, "a function was not found in its own text");
}

}  // namespace

Result<std::string> sql_body_text(Bytes text, const Node& statement) {
  LK_TRY(const std::string whole, own_text(text, statement));
  LK_TRY(const std::vector<Token> tokens, plpgsql::tokens_of(whole));
  int depth = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].is_symbol("(")) ++depth;
    if (tokens[i].is_symbol(")")) --depth;
    if (depth != 0) continue;
    if (tokens[i].is("return")) return "SELECT " + whole.substr(tokens[i].end);
    if (!tokens[i].is("begin") || !tokens[i + 1].is("atomic")) continue;
    std::size_t last = tokens.size() - 1;
    while (last > i && !tokens[last].is("end")) --last;
    const std::size_t begin = tokens[i + 1].end;
    return whole.substr(begin, tokens[last].begin - begin);
  }
  return Error(ErrorCode::SyntaxError, "the body of the function was not found");
}

Result<void> check_body(const Routine& routine, bind::BindContext context) {
  std::vector<Oid> types;
  for (const RoutineArgument& each : routine.arguments) {
    if (each.is_input() || routine.is_procedure()) types.push_back(each.type);
  }
  for (const Oid type : types) {
    // What stands for any type can only be bound when it is called.
    const Type* const found = find_type(type);
    if (found != nullptr && found->kind == 'p' && routine.language == "sql") return {};
  }
  const auto shared = std::make_shared<const Routine>(routine);
  if (routine.language == "sql") {
    LK_TRY(const auto function, plpgsql::SqlFunction::compile(shared, types));
    return function->check(context, plpgsql::columns_of(routine, {}, *context.catalog));
  }
  std::vector<Oid> all;
  for (const RoutineArgument& each : routine.arguments) all.push_back(each.type);
  const bool is_trigger = routine.result == oid::kTrigger;
  if (is_trigger && !types.empty()) {
    return Error(ErrorCode::FunctionDefinitionInvalid,
                 "trigger functions cannot have declared arguments")
        .with_hint(
            "The arguments of the trigger can be accessed through TG_NARGS and TG_ARGV instead.");
  }
  LK_CHECK(
      plpgsql::parse_program(routine.body, {routine.name, &routine, all, is_trigger}, context));
  return {};
}

}  // namespace latchkey::sql
