#pragma once

#include <span>

#include "base/function_ref.h"
#include "sql/catalog/define.h"
#include "sql/functions/function.h"

namespace latchkey::sql::definitions {

/// Makes new trees for `after` and puts the rows of `before` into them, each as `change` leaves it:
/// it gets the row's values, one for each column of `after`. The trees of `before` go.
/// Errors: NotNullViolation, UniqueViolation, and what `change` meets.
using ChangeRow = FunctionRef<Result<void>(std::span<Value> values, Evaluation& evaluation)>;
Result<void> rewrite_table(const Table& before, Table& after, ChangeRow change,
                           DefineContext& context);
Result<void> rewrite_table(const Table& before, Table& after, DefineContext& context);

/// Calls `look` with every row of the table.
Result<void> for_each_row(const Table& table, ChangeRow look, DefineContext& context);

/// A unique index that cannot be: of two rows with equal values.
Error not_unique(const Table& table, const Index& index, std::span<const Value> values,
                 const DefineContext& context);

}  // namespace latchkey::sql::definitions
