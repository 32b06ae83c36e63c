#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::sql::plpgsql {

/// The SQLSTATEs that a condition's name stands for; none if there is no such condition.
std::vector<std::string_view> sqlstates_of(std::string_view condition);

/// Whether a text can be a SQLSTATE: five digits and capital letters.
bool is_sqlstate(std::string_view text);

}  // namespace latchkey::sql::plpgsql
