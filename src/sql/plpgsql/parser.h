#pragma once

#include <memory>
#include <span>

#include "sql/catalog/routine.h"
#include "sql/plpgsql/statement.h"

namespace latchkey::sql::plpgsql {

/// What a text of PL/pgSQL is the body of.
struct ProgramShape {
  std::string name;                  ///< labels the arguments: f.a
  const Routine* routine = nullptr;  ///< null: DO
  std::span<const Oid> types;        ///< of all arguments, no polymorphic ones
  bool is_trigger = false;
};

/// Parses a body, and the SQL in it as far as its grammar goes.
/// Errors: SyntaxError, and those of unknown types and tables; TooComplex for what nests too deep.
Result<std::shared_ptr<Program>> parse_program(Bytes text, const ProgramShape& shape,
                                               const bind::BindContext& context);

/// Where a name leads from a place in the text: the variable, and how many parts of the name it
/// took; -1 if there is none.
struct Lookup {
  int variable = -1;
  std::size_t parts = 0;
};
Lookup look_up(const Names* names, std::span<const std::string> parts);

}  // namespace latchkey::sql::plpgsql
