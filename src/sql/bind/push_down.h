#pragma once

#include "sql/bind/bound.h"

namespace latchkey::sql::bind {

/// Tests conditions already in subqueries of FROM that group or unite: fewer rows come out of them.
/// The conditions stay where they are, too.
void push_down_conditions(Bound& bound);

}  // namespace latchkey::sql::bind
