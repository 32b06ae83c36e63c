#pragma once

#include "latchkey/result.h"
#include "sql/catalog/catalog.h"
#include "sql/parse/node.h"

namespace latchkey::sql::definitions {

/// What CREATE INDEX .. USING gin may say.
///
/// Errors: NotSupported, ObjectMissing for operator classes and types that it does not know.
Result<void> check_inverted(const parse::Node& statement);
/// The same for one part of the index, over a column of `type`.
Result<void> check_inverted_part(const std::string& operator_class, Oid type);

}  // namespace latchkey::sql::definitions
