#pragma once

#include <span>

#include "sql/functions/function.h"

namespace latchkey::sql {

/// Rows by family; function.cc puts them together. Those of function.h belong here as well.
std::span<const Function> array_functions();
std::span<const Function> binary_functions();
std::span<const Function> cron_functions();
std::span<const Function> date_set_functions();
std::span<const Function> format_functions();
std::span<const Function> number_format_functions();
std::span<const Function> regex_functions();
std::span<const Function> trigonometric_functions();

}  // namespace latchkey::sql
