#pragma once

#include "sql/bind/bound.h"

namespace latchkey::sql::bind {

/// Whether values of the type can be told equal, which all but json and its kin can.
bool has_equality(Oid type);

/// Errors: FunctionMissing where DISTINCT, GROUP BY or a set operation needs equality, or ORDER BY
/// an order.
Result<void> check_equality(const Expr& expr);
Result<void> check_order(const Expr& expr);
/// Errors: ObjectMissing for types that cannot be in an ordered index.
Result<void> check_index_type(Oid type);

}  // namespace latchkey::sql::bind
