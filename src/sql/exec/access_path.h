#pragma once

#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/bind/bound.h"
#include "storage/types.h"

namespace latchkey::sql::exec {

/// Which entries of FROM an expression looks at.
inline constexpr std::size_t kEntriesMax = 256;
using EntrySet = std::bitset<kEntriesMax>;

EntrySet entries_of(const bind::Expr& expr, const bind::Query& query);

/// The parts of a condition that must all hold.
void split_conjunction(bind::Expr* condition, std::vector<bind::Expr*>& parts);

/// `column op value`, either way around.
struct Comparison {
  int column = -1;  ///< index into the entry's columns, or -1: an expression over them
  const bind::Expr* left = nullptr;
  std::string_view op;
  const bind::Expr* value = nullptr;    ///< or
  const bind::Expr* choices = nullptr;  ///< several of them, see AccessPath
};
/// What the conditions compare the columns of an entry with, that is known already.
std::vector<Comparison> comparisons_of(const bind::Query& query, int entry,
                                       std::span<bind::Expr* const> conditions,
                                       const EntrySet& known);

/// How to find the rows of a table without looking at all of them: the first columns of a key equal
/// to something, and a range of the next.
struct AccessPath {
  const Index* index = nullptr;  ///< none: the table's own key
  storage::Direction direction = storage::Direction::Forward;
  /// A condition `column = a OR column = b ..` or `column = ANY (array)`: the key is looked up for
  /// each of its values, which stand in the place `choice_at` of `equal`.
  const bind::Expr* choices = nullptr;
  std::size_t choice_at = 0;
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

/// A column of an entry that rows are wanted in order of.
struct WantedOrder {
  int column = 0;  ///< index into the entry's columns
  bool is_descending = false;
  bool nulls_first = false;
};

/// Makes `path` one that gives the rows in this order, if that is worth it; `few` when only the
/// first rows are wanted. Returns whether it does.
bool order_path(const bind::Query& query, int entry, std::span<const WantedOrder> wanted, bool few,
                AccessPath& path);

/// The column of the entry that an expression is, through casts that change nothing; or negative.
int column_of(const bind::Expr& expr, const bind::RangeEntry& entry);

/// The values of `path.choices`, in the evaluation's arena.
void choice_values(const AccessPath& path, const bind::RangeEntry& entry, Evaluation& evaluation,
                   std::vector<Value>& values);

/// The best path to the rows of an entry under these conditions, where the entries `known` have
/// their columns set already.
AccessPath find_path(const bind::Query& query, int entry, std::span<bind::Expr* const> conditions,
                     const EntrySet& known);

/// The same for a partition of the entry's table.
AccessPath find_path_in(const Table& table, const bind::Query& query, int entry,
                        std::span<bind::Expr* const> conditions, const EntrySet& known);

}  // namespace latchkey::sql::exec
