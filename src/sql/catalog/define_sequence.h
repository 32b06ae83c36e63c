#pragma once

#include <optional>
#include <span>
#include <string>

#include "sql/catalog/define.h"

namespace latchkey::sql::definitions {

/// A sequence for a column of a table that is being made: serial or identity. Not put yet.
struct OwnedSequence {
  Oid type = Oid::None;
  bool is_identity = false;
  std::span<const parse::Node* const> options = {};
};
Result<Table> make_owned_sequence(const Table& table, const Column& column,
                                  const OwnedSequence& wanted, DefineContext& context);

/// Changes how a sequence counts. `place` is where it stands; nothing: it is new.
/// Errors: InvalidArgument and others in PostgreSQL's words.
Result<void> set_sequence_options(std::span<const parse::Node* const> options, Table& sequence,
                                  std::optional<std::int64_t> place, DefineContext& context);

/// It begins anew, where `first` says.
void restart_sequence(SequenceOptions& options, std::int64_t first, DefineContext& context);

}  // namespace latchkey::sql::definitions
