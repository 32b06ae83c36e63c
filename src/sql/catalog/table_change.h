#pragma once

#include <string>

#include "sql/catalog/define.h"

/// Small changes of what is defined already, for DROP and ALTER.
///
/// Errors: the engine's.
namespace latchkey::sql::definitions {

/// The column stays as a hole, for the rows that have it; what stands on it alone goes with it.
Result<void> remove_column(Oid table, std::int16_t column, DefineContext& context);
Result<void> remove_default(Oid table, std::int16_t column, DefineContext& context);
Result<void> remove_foreign_key(Oid key, DefineContext& context);
Result<void> remove_index(Oid index, DefineContext& context);

/// Whether an expression that is kept as text names the column.
bool names_column(const std::string& expression, const std::string& name);
/// Whether a column's default takes its numbers from the sequence.
bool default_uses_sequence(const Column& column, const Table& sequence, const Catalog& catalog);
/// The type's name, with its schema unless the search path finds it without.
std::string shown_type_name(const UserType& type, const DefineContext& context);

}  // namespace latchkey::sql::definitions
