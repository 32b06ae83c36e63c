#pragma once

#include <span>

#include "sql/exec/access_path.h"

namespace latchkey::sql::exec {

/// What these conditions want the lookup column of a system table to be equal to, or null if they
/// do not say, or not by the entries `known` alone.
const bind::Expr* find_system_lookup(const bind::Query& query, int entry,
                                     std::span<bind::Expr* const> conditions,
                                     const EntrySet& known);

}  // namespace latchkey::sql::exec
