#include "sql/plpgsql/conditions.h"

#include <algorithm>

namespace latchkey::sql::plpgsql {

namespace {

struct Condition {
  std::string_view name;
  std::string_view sqlstate;
};

constexpr Condition kConditions[] = {
#define LK_CONDITION(name, sqlstate) {#name, sqlstate},
#include "sql/plpgsql/conditions.def"
#undef LK_CONDITION
};

}  // namespace

std::vector<std::string_view> sqlstates_of(std::string_view condition) {
  std::vector<std::string_view> found;
  for (const Condition& each : kConditions) {
    if (each.name == condition) found.push_back(each.sqlstate);
  }
  return found;
}

bool is_sqlstate(std::string_view text) {
  constexpr std::size_t kLength = 5;
  return text.size() == kLength && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace latchkey::sql::plpgsql
