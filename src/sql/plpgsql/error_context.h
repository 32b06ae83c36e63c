#pragma once

#include <string>

#include "latchkey/result.h"
#include "sql/bind/bound.h"
#include "sql/catalog/routine.h"

namespace latchkey::sql::plpgsql {

/// The error with one more line of where it happened. Its position, which is one in the text of the
/// routine, means nothing to the client.
Error in_context(Error error, std::string where);

/// Errors: NotSupported if a routine that promised not to would write.
Result<void> refuse_write(const Routine& routine, const bind::Bound& bound);

/// Whether the thread's stack has room for another routine.
/// Errors: TooComplex.
Result<void> check_stack();

}  // namespace latchkey::sql::plpgsql
