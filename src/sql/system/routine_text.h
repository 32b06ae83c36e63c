#pragma once

#include <string>

#include "sql/catalog/routine.h"
#include "sql/functions/function.h"
#include "sql/system/expression_text.h"

namespace latchkey::sql::system {

// Routines and triggers as SQL text. Errors: those of binding the expressions in them.

enum class ArgumentList : std::uint8_t { Whole, Identity };
Result<std::string> arguments_text(const Routine& routine, ArgumentList list,
                                   const Evaluation& evaluation);
/// What stands behind RETURNS; empty for a procedure.
std::string result_text(const Routine& routine);
/// CREATE OR REPLACE FUNCTION ..
Result<std::string> routine_text(const Routine& routine, const Evaluation& evaluation);
/// CREATE TRIGGER ..
std::string trigger_text(const Table& table, const Trigger& trigger, const Evaluation& evaluation,
                         TextStyle style);
/// Of pg_trigger.tgtype.
std::int64_t trigger_bits(const Trigger& trigger);

}  // namespace latchkey::sql::system
