#pragma once

#include <vector>

#include "sql/functions/function.h"
#include "sql/types/array.h"

namespace latchkey::sql {

/// The arguments of a function that takes any number of any type, as they were written or as the
/// elements of the array behind VARIADIC.
struct VariadicArguments {
  std::vector<Value> values;
  std::vector<Oid> types;
  bool is_null = false;  ///< the array behind VARIADIC is

  VariadicArguments(const Call& call, std::size_t first) {
    if (!call.types.has_variadic_array) {
      values.assign(call.values.begin() + static_cast<std::ptrdiff_t>(first), call.values.end());
      types.assign(call.types.arguments.begin() + static_cast<std::ptrdiff_t>(first),
                   call.types.arguments.end());
      return;
    }
    is_null = call[first].is_null;
    if (is_null) return;
    ArrayReader reader(call.bytes(first));
    Value value;
    while (reader.next(value)) values.push_back(value);
    types.assign(values.size(), reader.element_type());
  }
  std::string text(std::size_t index, const TextSettings& settings) const {
    std::string text;
    append_text(types[index], values[index], settings, text);
    return text;
  }
};

}  // namespace latchkey::sql
