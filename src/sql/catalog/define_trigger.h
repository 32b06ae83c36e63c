#pragma once

#include "sql/catalog/define.h"

namespace latchkey::sql {

/// CREATE TRIGGER, and ALTER TABLE that only turns triggers on and off. The same promises as
/// define(). DROP and ALTER TRIGGER are define_routine's.
bool is_trigger_definition(const parse::Node& statement);
Result<std::string> define_trigger(const parse::Node& statement, DefineContext& context);

}  // namespace latchkey::sql
