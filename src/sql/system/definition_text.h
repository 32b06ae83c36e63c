#pragma once

#include <optional>
#include <string>

#include "sql/catalog/catalog.h"
#include "sql/functions/function.h"
#include "sql/system/expression_text.h"

namespace latchkey::sql::system {

// Definitions as SQL text. Errors: those of binding the expressions in them.

/// A table's name, with its schema always or, pretty, only when it would not be found without.
std::string table_text(const Table& table, const Evaluation& evaluation, TextStyle style);
/// "CREATE INDEX name ON public.t USING btree (a DESC)".
Result<std::string> index_text(const Table& table, const Index& index, const Evaluation& evaluation,
                               TextStyle style);
/// A column's name, or its expression.
Result<std::string> index_column_text(const Table& table, const IndexColumn& part,
                                      const Evaluation& evaluation, TextStyle style);
/// "PRIMARY KEY (id)"; nothing if there is no such constraint.
Result<std::optional<std::string>> constraint_text(Oid constraint, const Evaluation& evaluation,
                                                   TextStyle style);

}  // namespace latchkey::sql::system
