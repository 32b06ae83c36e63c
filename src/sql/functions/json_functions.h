#pragma once

#include "sql/functions/function.h"

namespace latchkey::sql {

/// The parts of json_functions().
std::span<const Function> json_access_functions();
std::span<const Function> json_build_functions();
std::span<const Function> json_set_functions();
std::span<const Function> jsonb_change_functions();
std::span<const Function> jsonpath_functions();

/// json_populate_record and its kin, whose columns are those of their first argument's type.
const Function* json_populate_function(std::string_view name);

/// What the binder makes of an assignment to a part of a jsonb column. It has no name in SQL.
const Function& jsonb_assignment();

}  // namespace latchkey::sql
