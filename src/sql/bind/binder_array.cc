#include "sql/bind/binder.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

// ARRAY[..]. `wanted` is the array type that a cast around it asks for, or none: then the elements
// decide. Elements that are arrays themselves make one with a dimension more.
Result<Expr*> Binder::bind_array(const Node& node, Scope& scope, Oid wanted) {
  const auto nodes = node.list("elements");
  const Type* const wanted_type = find_type(wanted);
  const auto is_array_type = [](Oid type) {
    const Type* const found = find_type(type);
    return found != nullptr && found->is_array();
  };
  std::vector<Expr*> elements;
  bool has_arrays = false;
  for (const Node* const each : nodes) {
    // The type that is wanted of the whole is wanted of what is nested in it, too.
    const bool is_nested = each->is(NodeKind::AArrayExpr);
    LK_TRY(Expr* const element,
           is_nested ? bind_array(*each, scope, wanted) : bind_expr(*each, scope));
    has_arrays = has_arrays || is_array_type(element->type);
    elements.push_back(element);
  }
  if (elements.empty() && wanted == Oid::None) {
    return Error(ErrorCode::TypeIndeterminate, "cannot determine type of empty array")
        .with_hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
        .at(node.location + 1);
  }
  Oid type = Oid::None;
  if (wanted_type != nullptr) {
    type = has_arrays ? wanted : wanted_type->element;
  } else {
    LK_TRY(type, coercion_.common_type(elements, "ARRAY"));
  }
  Oid whole_type = type;
  if (!is_array_type(type)) {
    const Type* const element = find_type(type);
    if (element == nullptr || element->array == Oid::None) {
      return Error(ErrorCode::ObjectMissing,
                   "could not find array type for data type " + type_text(type))
          .at(node.location + 1);
    }
    whole_type = element->array;
  }
  const auto context = wanted_type == nullptr ? CastContext::Implicit : CastContext::Explicit;
  for (Expr*& each : elements) {
    LK_TRY(each, coercion_.coerce(each, type, -1, context));
  }
  Expr* const whole = coercion_.make(ExprKind::Array, whole_type, node.location);
  whole->args = std::move(elements);
  return whole;
}

}  // namespace latchkey::sql::bind
