#include "sql/bind/comparable.h"

namespace latchkey::sql::bind {

bool has_equality(Oid type) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->is_array()) return has_equality(found->element);
  return type != oid::kJson && type != oid::kJsonpath;
}

Result<void> check_equality(const Expr& expr) {
  if (has_equality(expr.type)) return {};
  return Error(ErrorCode::FunctionMissing,
               "could not identify an equality operator for type " + type_text(expr.type))
      .at(expr.location + 1);
}

Result<void> check_order(const Expr& expr) {
  if (has_equality(expr.type)) return {};
  return Error(ErrorCode::FunctionMissing,
               "could not identify an ordering operator for type " + type_text(expr.type))
      .with_hint("Use an explicit ordering operator or modify the query.")
      .at(expr.location + 1);
}

Result<void> check_index_type(Oid type) {
  if (has_equality(type)) return {};
  return Error(ErrorCode::ObjectMissing,
               "data type " + type_text(type) +
                   " has no default operator class for access method \"btree\"")
      .with_hint(
          "You must specify an operator class for the index or define a default operator class "
          "for the data type.");
}

}  // namespace latchkey::sql::bind
