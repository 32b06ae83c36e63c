#include <fmt/format.h>

#include "sql/bind/binder.h"
#include "sql/functions/json_functions.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

Result<Binder::JsonSubscripts> Binder::bind_json_subscripts(std::span<const Node* const> steps,
                                                            Scope& scope) {
  JsonSubscripts subscripts;
  for (const Node* const step : steps) {
    if (!step->is(NodeKind::AIndices)) {
      return Error(ErrorCode::WrongObjectKind,
                   "a field is selected from type jsonb, which is not a composite type");
    }
    if (step->flag("is_slice")) {
      return Error(ErrorCode::TypeMismatch, "jsonb subscript does not support slices");
    }
    LK_TRY(Expr * index, bind_expr(*step->child("uidx"), scope));
    const bool is_text = index->type == oid::kUnknown ||
                         coercion_.can_coerce(index->type, oid::kText, CastContext::Implicit);
    const bool is_index = index->type != oid::kUnknown &&
                          coercion_.can_coerce(index->type, oid::kInt4, CastContext::Implicit);
    if (is_text == is_index) {
      return Error(ErrorCode::TypeMismatch,
                   fmt::format("subscript type {} is not supported", type_text(index->type)))
          .with_hint("jsonb subscript must be coercible to either integer or text.")
          .at(index->location + 1);
    }
    if (is_index) {
      LK_TRY(index, coercion_.coerce(index, oid::kInt4, -1, CastContext::Implicit));
    }
    if (subscripts.texts.empty()) subscripts.begins_with_index = is_index;
    LK_TRY(index, coercion_.coerce(index, oid::kText, -1, CastContext::Explicit));
    subscripts.texts.push_back(index);
  }
  return subscripts;
}

Result<Expr*> Binder::bind_json_part(Expr* value, std::span<const Node* const> steps,
                                     std::int32_t location, Scope& scope) {
  LK_TRY(const JsonSubscripts subscripts, bind_json_subscripts(steps, scope));
  std::vector<Expr*> args = {value};
  args.insert(args.end(), subscripts.texts.begin(), subscripts.texts.end());
  return coercion_.call_function("jsonb_extract_path", std::move(args), location);
}

Result<Expr*> Binder::bind_part_assignment(const Node& item, const Column& column, Expr* before,
                                           Expr* part, Scope& scope) {
  LK_TRY(const JsonSubscripts subscripts, bind_json_subscripts(item.list("indirection"), scope));
  if (!coercion_.can_coerce(part->type, oid::kJsonb, CastContext::Assignment)) {
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("subscripted assignment to \"{}\" requires type jsonb but expression "
                             "is of type {}",
                             column.name, type_text(part->type)))
        .with_hint("You will need to rewrite or cast the expression.")
        .at(part->location + 1);
  }
  LK_TRY(part, coercion_.coerce(part, oid::kJsonb, -1, CastContext::Assignment));
  Expr* const call = coercion_.make(ExprKind::Call, oid::kJsonb, item.location);
  call->function = &jsonb_assignment();
  call->args = {before, part,
                coercion_.constant(oid::kBool, Value::of_bool(subscripts.begins_with_index))};
  call->args.insert(call->args.end(), subscripts.texts.begin(), subscripts.texts.end());
  for (const Expr* const arg : call->args) call->types.arguments.push_back(arg->type);
  call->types.result = oid::kJsonb;
  return call;
}

}  // namespace latchkey::sql::bind
