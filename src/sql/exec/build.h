#pragma once

#include "sql/exec/node.h"

namespace latchkey::sql::exec {

/// The nodes that run `query`, a SELECT or a set operation. They borrow it and `evaluation`.
NodePtr build(const bind::Query& query, Evaluation& evaluation);

/// The nodes of FROM and WHERE alone, for UPDATE and DELETE.
NodePtr build_source(const bind::Query& query, Evaluation& evaluation);

}  // namespace latchkey::sql::exec
