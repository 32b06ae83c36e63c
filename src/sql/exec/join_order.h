#pragma once

#include <vector>

#include "sql/exec/access_path.h"

namespace latchkey::sql::exec {

/// A part of FROM that inner joins put beside others: an entry, or a whole outer join.
struct JoinUnit {
  const bind::FromNode* node = nullptr;
  EntrySet entries;
  EntrySet needs;  ///< what it looks at: these must stand before it
};

/// The parts of a tree of inner joins, in the order they are written; their conditions go to
/// `conditions`.
std::vector<JoinUnit> flatten_joins(const bind::FromNode& node, const bind::Query& query,
                                    std::vector<bind::Expr*>& conditions);

/// The part that should be joined next. There are no counts of rows to go by: a part found by a
/// whole key comes first, then by an index, then by equal values, and one that nothing joins to
/// what is there comes last.
/// Requires: not all are placed.
std::size_t choose_next(const std::vector<JoinUnit>& units, const std::vector<bool>& placed,
                        const bind::Query& query, std::span<bind::Expr* const> conditions,
                        const EntrySet& known, const EntrySet& joined);

}  // namespace latchkey::sql::exec
