#pragma once

#include "sql/bind/binder.h"
#include "sql/catalog/define.h"

namespace latchkey::sql {

/// CREATE, DROP and ALTER of functions, procedures and triggers; ALTER TABLE ENABLE TRIGGER and its
/// kin. The same promises as define().
bool is_routine_definition(const parse::Node& statement);
Result<std::string> define_routine(const parse::Node& statement, DefineContext& context);

/// The type that a TypeName means for a routine: one of ours, that of a column (%TYPE), or the rows
/// of a table.
struct RoutineType {
  Oid type = Oid::None;
  Oid table = Oid::None;
};
Result<RoutineType> routine_type_of(const parse::Node& type_name, const bind::BindContext& context);

}  // namespace latchkey::sql
