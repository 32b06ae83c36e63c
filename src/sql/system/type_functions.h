#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sql/types/type.h"

namespace latchkey::sql::system {

/// A function of PostgreSQL by its number; 0 for none.
struct NamedFunction {
  std::uint32_t oid;
  std::string_view name;
};

/// One row: by what functions PostgreSQL reads and writes a type, which clients tell types by.
struct TypeFunctions {
  std::uint32_t type;
  NamedFunction input;
  NamedFunction output;
  NamedFunction receive;
  NamedFunction send;
};
std::span<const TypeFunctions> type_functions();
/// Those of a type; arrays and enums share theirs.
const TypeFunctions& functions_of(const Type& type);
const NamedFunction* find_type_function(std::string_view name);
const NamedFunction* find_type_function(Oid oid);

}  // namespace latchkey::sql::system
