#pragma once

#include <bitset>
#include <string>
#include <vector>

#include "sql/bind/bound.h"

namespace latchkey::sql::exec {

/// Which entries of FROM an expression looks at.
inline constexpr std::size_t kEntriesMax = 256;
using EntrySet = std::bitset<kEntriesMax>;

EntrySet entries_of(const bind::Expr& expr, const bind::Query& query);

/// The parts of a condition that must all hold.
void split_conjunction(bind::Expr* condition, std::vector<bind::Expr*>& parts);

/// How to find the rows of a table without looking at all of them: the first columns of a key equal
/// to something, and a range of the next.
struct AccessPath {
  const Index* index = nullptr;  ///< none: the table's own key
  std::vector<const bind::Expr*> equal;
  const bind::Expr* low = nullptr;
  const bind::Expr* high = nullptr;
  bool low_inclusive = true;
  bool high_inclusive = true;
  const bind::Expr* like = nullptr;  ///< a pattern that the next column must match
  bool is_point = false;             ///< one row at most

  bool is_useful() const {
    return !equal.empty() || low != nullptr || high != nullptr || like != nullptr;
  }
};

/// The best path to the rows of an entry under these conditions, where the entries `known` have
/// their columns set already.
AccessPath find_path(const bind::Query& query, int entry, std::span<bind::Expr* const> conditions,
                     const EntrySet& known);

}  // namespace latchkey::sql::exec
