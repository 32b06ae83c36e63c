#pragma once

#include "sql/database.h"

namespace latchkey::sql::cron {

/// Whether a text may mean the schema cron, which is made when it is first mentioned.
bool mentions_cron(Bytes text);
/// Makes the schema cron with its tables and functions, unless it is there.
/// Errors: those of its statements.
Result<void> install(Database& database);

}  // namespace latchkey::sql::cron
