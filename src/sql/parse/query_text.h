#pragma once

#include <string>

#include "latchkey/result.h"
#include "sql/parse/node.h"

namespace latchkey::sql::parse {

/// The query of a CREATE VIEW as a text of its own, written anew by the grammar's library: without
/// comments, as views are kept. `location` is that of the view's name in `script`, which tells it
/// from other statements there.
/// Errors: Internal if there is none.
Result<std::string> view_query_text(Bytes script, std::int32_t location);

/// Where the name that begins at `begin` ends, `parts` names with dots between them.
std::size_t end_of_name(Bytes text, std::size_t begin, std::size_t parts);

}  // namespace latchkey::sql::parse
