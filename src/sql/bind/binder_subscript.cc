#include <algorithm>
#include <limits>

#include "sql/bind/binder.h"
#include "sql/functions/subscripts.h"

namespace latchkey::sql::bind {

using parse::Node;

namespace {

constexpr std::size_t kDimensionsMax = 6;

}  // namespace

// Subscripts of an array: all of them are numbers, or all are ranges as soon as one is.
Result<std::vector<Expr*>> Binder::bind_subscripts(std::span<const Node* const> steps,
                                                   bool& is_slice, Scope& scope) {
  is_slice = false;
  for (const Node* const step : steps) is_slice = is_slice || step->flag("is_slice");
  if (steps.size() > kDimensionsMax) {
    return Error(ErrorCode::LimitExceeded, "number of array dimensions (" +
                                               std::to_string(steps.size()) +
                                               ") exceeds the maximum allowed (6)");
  }
  const auto bound = [&](const Node* index) -> Result<Expr*> {
    LK_TRY(Expr* const expr, bind_expr(*index, scope));
    if (!coercion_.can_coerce(expr->type, oid::kInt4, CastContext::Assignment)) {
      return Error(ErrorCode::TypeMismatch, "array subscript must have type integer")
          .at(expr->location + 1);
    }
    return coercion_.coerce(expr, oid::kInt4, -1, CastContext::Assignment);
  };
  const auto number = [&](std::int64_t value) {
    return coercion_.constant(oid::kInt4, Value::of_integer(value));
  };
  std::vector<Expr*> subscripts;
  for (const Node* const step : steps) {
    const Node* const low = step->child("lidx");
    const Node* const high = step->child("uidx");
    if (is_slice && !step->flag("is_slice")) {
      // A number among ranges is a range from 1.
      subscripts.push_back(number(1));
    } else if (is_slice) {
      Expr* least = number(std::numeric_limits<std::int32_t>::min());
      if (low != nullptr) {
        LK_TRY(least, bound(low));
      }
      subscripts.push_back(least);
    }
    Expr* greatest = number(std::numeric_limits<std::int32_t>::max());
    if (high != nullptr) {
      LK_TRY(greatest, bound(high));
    }
    subscripts.push_back(greatest);
  }
  return subscripts;
}

Expr* Binder::subscript_call(Subscripting kind, std::vector<Expr*> args, Oid type) {
  Expr* const call = coercion_.make(ExprKind::Call, type, args[0]->location);
  call->function = &subscript_function(kind);
  for (const Expr* const arg : args) call->types.arguments.push_back(arg->type);
  call->types.result = type;
  call->args = std::move(args);
  return call;
}

Result<Expr*> Binder::bind_array_part(Expr* array, std::span<const Node* const> steps,
                                      Scope& scope) {
  const Type* const type = find_type(array->type);
  bool is_slice = false;
  LK_TRY(std::vector<Expr*> args, bind_subscripts(steps, is_slice, scope));
  args.insert(args.begin(), array);
  return subscript_call(is_slice ? Subscripting::Slice : Subscripting::Element, std::move(args),
                        is_slice ? array->type : type->element);
}

// SET a[1] = x: the column becomes a copy of what it was, with the element changed.
Result<Expr*> Binder::bind_array_change(Expr* array, Expr* value,
                                        std::span<const Node* const> steps, Scope& scope) {
  const Type* const type = find_type(array->type);
  const bool has_arrays = type != nullptr && type->is_array() &&
                          std::all_of(steps.begin(), steps.end(), [](const Node* step) {
                            return step->is(parse::NodeKind::AIndices);
                          });
  if (type != nullptr && !type->is_array()) {
    return Error(ErrorCode::TypeMismatch, "cannot subscript type " + type_text(array->type) +
                                              " because it does not support subscripting");
  }
  if (!has_arrays) {
    return Error(ErrorCode::TypeMismatch, "cannot subscript type " + type_text(array->type) +
                                              " because it does not support subscripting");
  }
  bool is_slice = false;
  LK_TRY(std::vector<Expr*> args, bind_subscripts(steps, is_slice, scope));
  const Oid wanted = is_slice ? array->type : type->element;
  if (!coercion_.can_coerce(value->type, wanted, CastContext::Assignment)) {
    return Error(ErrorCode::TypeMismatch, "subscripted assignment requires type " +
                                              type_text(wanted) + " but expression is of type " +
                                              type_text(value->type))
        .with_hint("You will need to rewrite or cast the expression.")
        .at(value->location + 1);
  }
  LK_TRY(value, coercion_.coerce(value, wanted, -1, CastContext::Assignment));
  args.insert(args.begin(), {array, value});
  return subscript_call(is_slice ? Subscripting::SetSlice : Subscripting::SetElement,
                        std::move(args), array->type);
}

}  // namespace latchkey::sql::bind
