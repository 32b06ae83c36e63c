#pragma once

#include "sql/bind/bound.h"
#include "sql/exec/context.h"
#include "sql/functions/function.h"

namespace latchkey::sql::exec {

/// The value of an expression. After a failure, which `evaluation` tells, the value means nothing.
///
/// Cost: recursive, as deep as the expression.
Value evaluate(const bind::Expr& expr, Evaluation& evaluation);

/// Whether a condition holds; null does not.
inline bool holds(const bind::Expr& expr, Evaluation& evaluation) {
  const Value value = evaluate(expr, evaluation);
  return !value.is_null && value.boolean();
}

}  // namespace latchkey::sql::exec
