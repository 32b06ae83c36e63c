#include <fmt/format.h>

#include "sql/bind/binder.h"
#include "sql/functions/json_functions.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

/// The table whose rows a cast names as its type: NULL::users. Null: it names something else.
const Table* Binder::row_type_of(const Node& cast) const {
  if (!cast.is(NodeKind::TypeCast)) return nullptr;
  const Node& type_name = *cast.child("type_name");
  const std::vector<std::string> names = parse::texts_of(type_name.list("names"));
  if (names.empty() || !type_name.list("array_bounds").empty()) return nullptr;
  if (names.size() == 1 && find_type(names[0]) != nullptr) return nullptr;
  const std::vector<std::string> schemas =
      names.size() > 1 ? std::vector<std::string>{names[names.size() - 2]} : context_.search_path;
  for (const std::string& each : schemas) {
    const Schema* const schema = context_.catalog->find_schema(each);
    if (schema == nullptr) continue;
    if (const Table* const table = context_.catalog->find_table(schema->oid, names.back())) {
      return table;
    }
  }
  return nullptr;
}

// The columns are those of the first argument's type; its values stand where a member is missing.
Result<Expr*> Binder::bind_populate(const Node& node, const Function& function, Scope& scope) {
  const auto arguments = node.list("args");
  const auto refuse = [&](ErrorCode code, std::string message) {
    return Error(code, std::move(message)).at(node.location + 1);
  };
  if (arguments.size() != function.arguments().size()) {
    return refuse(ErrorCode::FunctionMissing,
                  fmt::format("function {} with {} arguments does not exist", function.name,
                              arguments.size()));
  }
  const Table* const table = row_type_of(*arguments[0]);
  if (table == nullptr) {
    return refuse(ErrorCode::NotSupported,
                  fmt::format("the first argument of {} must be a cast to the row type of a table",
                              function.name));
  }
  if (scope.from_call != &node) {
    return refuse(ErrorCode::NotSupported,
                  fmt::format("{} is supported in FROM alone", function.name));
  }
  LK_TRY(Expr * base, bind_expr(*arguments[0]->child("arg"), scope));
  if (base->type == oid::kUnknown) base = coercion_.constant(oid::kRecord, Value::null());
  if (base->type != oid::kRecord) {
    return refuse(ErrorCode::TypeMismatch,
                  fmt::format("first argument of {} must be a row type", function.name));
  }
  LK_TRY(Expr * json, bind_expr(*arguments[1], scope));
  LK_TRY(json, coercion_.coerce(json, function.arguments()[1], -1, CastContext::Implicit));
  Expr* const call = coercion_.make(ExprKind::Call, oid::kRecord, node.location);
  call->function = &function;
  call->args = {base, json};
  call->types.arguments = {base->type, json->type};
  call->types.result = oid::kRecord;
  for (const Column& column : table->columns) {
    if (!column.is_dropped) call->types.row.push_back({column.name, column.type, column.typmod});
  }
  return call;
}

}  // namespace latchkey::sql::bind
