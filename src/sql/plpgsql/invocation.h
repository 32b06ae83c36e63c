#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sql/catalog/catalog.h"
#include "sql/plpgsql/host.h"

namespace latchkey::sql::plpgsql {

/// One call of a routine.
///
/// Ownership: borrows everything.
struct Invocation {
  const std::shared_ptr<const Routine>& routine;
  std::span<const Value> arguments;       ///< a procedure has values for its outputs, too
  std::span<const Oid> argument_types;    ///< no polymorphic ones
  std::span<const RowColumn> columns;     ///< of its rows; a void one has none
  std::vector<RowColumn>* found_columns;  ///< where they are told if `columns` could not tell
  RowConsumer consumer;                   ///< gets its rows, one if it returns no set
};

/// The columns of a routine's rows when it is called so; empty if only the call could say.
std::vector<RowColumn> columns_of(const Routine& routine, const CallTypes& types,
                                  const Catalog& catalog);

}  // namespace latchkey::sql::plpgsql
