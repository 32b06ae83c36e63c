#pragma once

#include <string>

#include "latchkey/result.h"
#include "sql/parse/node.h"

namespace latchkey::sql::parse {

/// An expression as SQL text again, for what the catalog keeps: defaults, checks. Parsing the text
/// gives an equal expression; operators stand in parentheses.
/// Errors: NotSupported for what has no place in such expressions, subqueries above all.
Result<std::string> deparse(const Node& expression);

/// A name as SQL text, in quotes if it needs them.
std::string quoted_name(Bytes name);
/// A text constant.
std::string quoted_text(Bytes text);

}  // namespace latchkey::sql::parse
