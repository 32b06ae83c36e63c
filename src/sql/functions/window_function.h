#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sql/functions/function.h"

namespace latchkey::sql {

/// What a function finds in the rows of its window; exec/window.cc computes it.
enum class WindowKind : std::uint8_t {
  RowNumber,
  Rank,
  DenseRank,
  PercentRank,
  CumeDist,
  Ntile,
  Lag,
  Lead,
  FirstValue,
  LastValue,
  NthValue,
};

/// One row of the table of functions that need OVER.
struct WindowFunction {
  std::string_view name;
  Signature signature;
  WindowKind kind;

  Oid result() const { return signature.result; }
};

std::span<const WindowFunction> all_window_functions();
std::vector<const WindowFunction*> find_window_functions(std::string_view name);

}  // namespace latchkey::sql
