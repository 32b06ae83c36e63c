#include "sql/functions/window_function.h"

namespace latchkey::sql {

std::span<const WindowFunction> all_window_functions() {
  constexpr Oid kAny = oid::kAnyElement;
  constexpr Oid kAlike = oid::kAnyCompatible;
  constexpr Oid kInt = oid::kInt4;
  static const WindowFunction kRows[] = {
      {"row_number", takes().gives(oid::kInt8), WindowKind::RowNumber},
      {"rank", takes().gives(oid::kInt8), WindowKind::Rank},
      {"dense_rank", takes().gives(oid::kInt8), WindowKind::DenseRank},
      {"percent_rank", takes().gives(oid::kFloat8), WindowKind::PercentRank},
      {"cume_dist", takes().gives(oid::kFloat8), WindowKind::CumeDist},
      {"ntile", takes(kInt).gives(kInt), WindowKind::Ntile},
      {"lag", takes(kAny).gives(kAny), WindowKind::Lag},
      {"lag", takes(kAny, kInt).gives(kAny), WindowKind::Lag},
      {"lag", takes(kAlike, kInt, kAlike).gives(kAlike), WindowKind::Lag},
      {"lead", takes(kAny).gives(kAny), WindowKind::Lead},
      {"lead", takes(kAny, kInt).gives(kAny), WindowKind::Lead},
      {"lead", takes(kAlike, kInt, kAlike).gives(kAlike), WindowKind::Lead},
      {"first_value", takes(kAny).gives(kAny), WindowKind::FirstValue},
      {"last_value", takes(kAny).gives(kAny), WindowKind::LastValue},
      {"nth_value", takes(kAny, kInt).gives(kAny), WindowKind::NthValue},
  };
  return kRows;
}

std::vector<const WindowFunction*> find_window_functions(std::string_view name) {
  std::vector<const WindowFunction*> found;
  for (const WindowFunction& row : all_window_functions()) {
    if (row.name == name) found.push_back(&row);
  }
  return found;
}

}  // namespace latchkey::sql
