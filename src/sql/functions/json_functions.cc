#include "sql/functions/json_functions.h"

namespace latchkey::sql {

std::span<const Function> json_functions() {
  static const std::vector<Function> kRows = [] {
    std::vector<Function> rows;
    for (const auto& part : {json_access_functions(), json_build_functions(), json_set_functions(),
                             jsonb_change_functions(), jsonpath_functions()}) {
      rows.insert(rows.end(), part.begin(), part.end());
    }
    return rows;
  }();
  return kRows;
}

}  // namespace latchkey::sql
