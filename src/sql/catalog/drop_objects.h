#pragma once

#include <string>
#include <vector>

#include "sql/catalog/define.h"

namespace latchkey::sql::definitions {

/// Something that can be dropped, and that others may depend on.
struct DropObject {
  enum class Kind : std::uint8_t {
    Schema,
    Table,
    Column,
    Constraint,
    Default,
    Index,
    Type,
    Routine,
    Trigger
  };
  Kind kind = Kind::Table;
  Oid oid = Oid::None;      ///< of a column or a default: its table; of a constraint: its own
  std::int16_t column = 0;  ///< the number of a column
  bool operator==(const DropObject&) const = default;
};

/// Drops `targets` and what depends on them, or refuses: in PostgreSQL's order and words.
/// Errors: DependentObjects without `cascade`.
Result<void> drop_objects(const std::vector<DropObject>& targets, bool cascade,
                          DefineContext& context);

/// What depends on a column of a table, views above all.
std::vector<DropObject> dependents_of(const DropObject& object, const Catalog& catalog);
/// "column a of table t", "constraint c on table t".
std::string describe(const DropObject& object, const DefineContext& context);

}  // namespace latchkey::sql::definitions
