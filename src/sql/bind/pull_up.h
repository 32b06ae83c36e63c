#pragma once

#include "sql/bind/bound.h"

namespace latchkey::sql::bind {

/// Whether an expression may stand in several places, and deeper than it did.
bool may_be_copied(const Expr& expr);

/// Puts subqueries of FROM that only join and filter into the query around them, so that its
/// conditions reach their tables. Rows stay the same.
void pull_up_subqueries(Bound& bound);

}  // namespace latchkey::sql::bind
