#pragma once

#include <string_view>

#include "latchkey/result.h"
#include "sql/parse/node.h"

namespace latchkey::sql::bind {

/// Whether a query of WITH RECURSIVE reads itself, by its name.
bool refers_to_itself(const parse::Node& body, std::string_view name);

/// Whether one that does has a form that can be run: a query that does not, UNION, and one that
/// reads itself once.
/// Errors: RecursionInvalid, NotSupported.
Result<void> check_recursion(const parse::Node& body, std::string_view name);

}  // namespace latchkey::sql::bind
