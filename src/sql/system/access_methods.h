#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sql/types/type.h"

namespace latchkey::sql::system {

/// One row of pg_opclass: how values of a type are ordered in an index. Numbers are PostgreSQL's.
struct OperatorClass {
  std::uint32_t oid;
  std::string_view name;
  std::uint32_t type;
  std::uint32_t family;
  std::string_view family_name;
  bool is_default;
};
std::span<const OperatorClass> operator_classes();
/// The class that indexes on the type have, or None.
Oid operator_class_of(Oid type);

}  // namespace latchkey::sql::system
