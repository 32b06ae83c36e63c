#pragma once

#include <string>

#include "sql/bind/binder.h"
#include "sql/catalog/routine.h"
#include "sql/parse/node.h"

namespace latchkey::sql {

/// The text of a body in SQL's own form, BEGIN ATOMIC or RETURN, as statements; `text` is that
/// which holds the CREATE FUNCTION. Errors: SyntaxError.
Result<std::string> sql_body_text(Bytes text, const parse::Node& statement);

/// Whether a new routine's body can be: for sql its statements are bound and their last must give
/// what the routine returns; for plpgsql it is parsed.
Result<void> check_body(const Routine& routine, bind::BindContext context);

}  // namespace latchkey::sql
