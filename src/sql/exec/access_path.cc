#include "sql/exec/access_path.h"

#include <optional>

#include "sql/exec/evaluate.h"
#include "sql/exec/inverted_index.h"
#include "sql/types/array.h"

namespace latchkey::sql::exec {

using bind::Expr;
using bind::ExprKind;
using bind::Query;
using bind::RangeEntry;

int column_of(const Expr& expr, const RangeEntry& entry) {
  const Expr* at = &expr;
  while (at->kind == ExprKind::Relabel) at = at->args[0];
  if (at->kind != ExprKind::Column || at->level != 0) return -1;
  const int column = at->slot - entry.first_slot;
  return column >= 0 && column < static_cast<int>(entry.names.size()) ? column : -1;
}

namespace {

std::string_view turned(std::string_view op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  return op;
}

/// Whether a value of one type sorts in a key of another as it is.
bool keys_alike(Oid column, Oid value) {
  const Type* const a = find_type(column);
  const Type* const b = find_type(value);
  if (a == nullptr || b == nullptr || a->kept != b->kept) return false;
  if (a->kept == Kept::Number) return true;
  const auto family = [](Oid type) {
    if (type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8) return oid::kInt8;
    if (type == oid::kVarchar || type == oid::kName) return oid::kText;
    return type;
  };
  return family(column) == family(value);
}

/// Whether an index over an expression could know it.
bool is_expression_of(const Expr& expr, const Query& query, int entry_index) {
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  if (entry.index_exprs.empty() || expr.kind == ExprKind::Constant) return false;
  EntrySet own;
  own.set(static_cast<std::size_t>(entry_index));
  return entries_of(expr, query) == own;
}

std::optional<Comparison> comparison_of(const Expr& condition, const Query& query, int entry_index,
                                        const EntrySet& known) {
  if (condition.kind != ExprKind::Call || condition.args.size() != 2) return std::nullopt;
  if (!condition.function->is(kOperator)) return std::nullopt;
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  const std::string_view name = condition.function->name;
  for (const int side : {0, 1}) {
    const Expr& left = *condition.args[static_cast<std::size_t>(side)];
    const Expr& right = *condition.args[static_cast<std::size_t>(1 - side)];
    const int column = column_of(left, entry);
    if (column < 0 && !is_expression_of(left, query, entry_index)) continue;
    if ((entries_of(right, query) & ~known).any()) continue;
    if (!keys_alike(column < 0 ? left.type : entry.types[static_cast<std::size_t>(column)],
                    right.type)) {
      continue;
    }
    if (name == "~~" && side == 1) continue;
    return Comparison{column, &left, side == 0 ? name : turned(name), &right, nullptr};
  }
  return std::nullopt;
}

/// `column = a OR column = b`, `column = ANY (array)`.
std::optional<Comparison> choice_of(const Expr& condition, const Query& query, int entry_index,
                                    const EntrySet& known) {
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  if (condition.kind == ExprKind::AnyOf) {
    const Expr& test = *condition.args[0];
    const bool is_equality = test.kind == ExprKind::Call && test.args.size() == 2 &&
                             test.function->is(kOperator) && test.function->name == "=" &&
                             test.args[1]->kind == ExprKind::Column &&
                             test.args[1]->slot == condition.slot && test.args[1]->level == 0;
    if (!is_equality || (entries_of(*condition.args[1], query) & ~known).any()) return std::nullopt;
    const int column = column_of(*test.args[0], entry);
    if (column < 0 ||
        !keys_alike(entry.types[static_cast<std::size_t>(column)], test.args[1]->type)) {
      return std::nullopt;
    }
    return Comparison{column, nullptr, "=", nullptr, &condition};
  }
  constexpr std::size_t kChoicesMax = 10'000;
  if (condition.kind != ExprKind::Or || condition.args.size() > kChoicesMax) return std::nullopt;
  int column = -1;
  for (const Expr* const part : condition.args) {
    const auto one = comparison_of(*part, query, entry_index, known);
    if (!one.has_value() || one->op != "=" || one->column < 0 ||
        (column >= 0 && one->column != column)) {
      return std::nullopt;
    }
    column = one->column;
  }
  if (column < 0) return std::nullopt;
  return Comparison{column, nullptr, "=", nullptr, &condition};
}

/// How good a path is: more equal columns, then a range.
int score_of(const AccessPath& path) {
  if (path.is_point && path.choices == nullptr) return 1000 + (path.index == nullptr ? 1 : 0);
  const int range = (path.low != nullptr ? 1 : 0) + (path.high != nullptr ? 1 : 0) +
                    (path.like != nullptr ? 2 : 0);
  return static_cast<int>(path.equal.size()) * 10 + range * 2 + (path.index == nullptr ? 1 : 0);
}

/// A part of a key or an index: a column of the entry, or an expression.
struct PathPart {
  int column = -1;
  const Expr* expr = nullptr;

  bool is(const Comparison& comparison) const {
    return expr == nullptr ? comparison.column == column
                           : comparison.column < 0 && comparison.left != nullptr &&
                                 bind::same(*comparison.left, *expr);
  }
};

AccessPath path_over(std::span<const PathPart> parts, std::span<const Comparison> comparisons,
                     const Index* index, bool is_unique) {
  AccessPath path;
  path.index = index;
  for (const PathPart& part : parts) {
    const Expr* equal = nullptr;
    const Expr* choices = nullptr;
    for (const Comparison& each : comparisons) {
      if (!part.is(each) || each.op != "=") continue;
      if (each.value != nullptr) equal = each.value;
      if (each.choices != nullptr) choices = each.choices;
    }
    if (equal != nullptr) {
      path.equal.push_back(equal);
      continue;
    }
    if (choices != nullptr && path.choices == nullptr) {
      path.choices = choices;
      path.choice_at = path.equal.size();
      path.equal.push_back(choices);
      continue;
    }
    for (const Comparison& each : comparisons) {
      if (!part.is(each) || each.value == nullptr) continue;
      if (each.op == ">" || each.op == ">=") {
        path.low = each.value;
        path.low_inclusive = each.op == ">=";
      } else if (each.op == "<" || each.op == "<=") {
        path.high = each.value;
        path.high_inclusive = each.op == "<=";
      } else if (each.op == "~~") {
        path.like = each.value;
      }
    }
    break;
  }
  path.is_point = is_unique && path.equal.size() == parts.size();
  return path;
}

}  // namespace

EntrySet entries_of(const Expr& expr, const Query& query) {
  EntrySet entries;
  bind::visit_columns(expr, [&](const Expr& column) {
    for (std::size_t i = 0; i < query.entries.size() && i < kEntriesMax; ++i) {
      const RangeEntry& entry = query.entries[i];
      const bool is_own = column.slot >= entry.first_slot &&
                          column.slot < entry.first_slot + static_cast<int>(entry.names.size());
      if (is_own || column.slot == entry.table_oid_slot || column.slot == entry.inserted_by_slot) {
        entries.set(i);
      }
    }
  });
  return entries;
}

void split_conjunction(Expr* condition, std::vector<Expr*>& parts) {
  if (condition == nullptr) return;
  if (condition->kind != ExprKind::And) {
    parts.push_back(condition);
    return;
  }
  for (Expr* const part : condition->args) split_conjunction(part, parts);
}

std::vector<Comparison> comparisons_of(const Query& query, int entry,
                                       std::span<Expr* const> conditions, const EntrySet& known) {
  std::vector<Comparison> comparisons;
  for (const Expr* const condition : conditions) {
    if (const auto found = comparison_of(*condition, query, entry, known)) {
      comparisons.push_back(*found);
    }
  }
  return comparisons;
}

AccessPath find_path(const Query& query, int entry_index, std::span<Expr* const> conditions,
                     const EntrySet& known) {
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  return find_path_in(*entry.table, query, entry_index, conditions, known);
}

AccessPath find_path_in(const Table& table, const Query& query, int entry_index,
                        std::span<Expr* const> conditions, const EntrySet& known) {
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  std::vector<Comparison> comparisons = comparisons_of(query, entry_index, conditions, known);
  for (const Expr* const condition : conditions) {
    if (const auto found = choice_of(*condition, query, entry_index, known)) {
      comparisons.push_back(*found);
    }
  }
  const auto column_at = [&](std::int16_t number) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].number == number) return static_cast<int>(i);
    }
    return -1;
  };
  AccessPath best;
  std::vector<PathPart> parts;
  for (const std::int16_t number : table.key_columns) parts.push_back({column_at(number), nullptr});
  if (!parts.empty()) best = path_over(parts, comparisons, nullptr, true);
  for (std::size_t place = 0; place < table.indexes.size(); ++place) {
    const Index& index = table.indexes[place];
    if (index.is_primary || is_inverted(index)) continue;
    const bind::IndexExprs* const exprs = entry.table == &table && place < entry.index_exprs.size()
                                              ? &entry.index_exprs[place]
                                              : nullptr;
    const bool is_whole = index.predicate.empty();
    if (!is_whole) {
      const std::vector<const Expr*> given(conditions.begin(), conditions.end());
      if (exprs == nullptr || !bind::implies(given, *exprs->predicate)) continue;
    }
    parts.clear();
    bool is_known = true;
    for (std::size_t i = 0; i < index.columns.size(); ++i) {
      const IndexColumn& column = index.columns[i];
      is_known = is_known && (column.column != 0 || exprs != nullptr);
      parts.push_back(column.column != 0
                          ? PathPart{column_at(column.column), nullptr}
                          : PathPart{-1, exprs == nullptr ? nullptr : exprs->parts[i]});
    }
    if (!is_known) continue;
    AccessPath path = path_over(parts, comparisons, &index, index.is_unique);
    const std::size_t next = path.equal.size();
    // A descending column turns ranges around: only equality is looked up in it.
    if (next < index.columns.size() && index.columns[next].is_descending) {
      path.low = path.high = path.like = nullptr;
    }
    if (path.is_useful() && score_of(path) > score_of(best)) best = path;
  }
  return best;
}

namespace {

/// Whether the keys of a path follow an order, and in which direction.
std::optional<storage::Direction> direction_of(const Table& table, const AccessPath& path,
                                               std::span<const WantedOrder> wanted) {
  struct KeyColumn {
    std::int16_t number;
    bool is_descending;
    bool nulls_first;
  };
  std::vector<KeyColumn> keys;
  if (path.index == nullptr) {
    for (const std::int16_t number : table.key_columns) keys.push_back({number, false, false});
  } else {
    for (const IndexColumn& column : path.index->columns) {
      if (column.column == 0) return std::nullopt;
      keys.push_back({column.column, column.is_descending, column.nulls_first});
    }
  }
  std::optional<storage::Direction> direction;
  std::size_t at = path.equal.size();
  for (const WantedOrder& each : wanted) {
    const Column& column = table.columns[static_cast<std::size_t>(each.column)];
    // One value of it alone is read.
    bool is_fixed = false;
    for (std::size_t i = 0; i < path.equal.size(); ++i) {
      is_fixed = is_fixed || keys[i].number == column.number;
    }
    if (is_fixed) continue;
    // Behind a whole key there is nothing left to order.
    const bool is_whole = path.index == nullptr || (path.index->is_unique && column.not_null);
    if (at == keys.size()) return is_whole && path.index == nullptr ? direction : std::nullopt;
    if (keys[at].number != column.number) return std::nullopt;
    const bool is_back = keys[at].is_descending != each.is_descending;
    const bool nulls_fit = column.not_null || path.index == nullptr ||
                           (keys[at].nulls_first != is_back) == each.nulls_first;
    const auto here = is_back ? storage::Direction::Backward : storage::Direction::Forward;
    if (!nulls_fit || (direction.has_value() && *direction != here)) return std::nullopt;
    direction = here;
    ++at;
  }
  return direction.has_value() ? direction : std::optional(storage::Direction::Forward);
}

}  // namespace

bool order_path(const Query& query, int entry_index, std::span<const WantedOrder> wanted, bool few,
                AccessPath& path) {
  const Table& table = *query.entries[static_cast<std::size_t>(entry_index)].table;
  if (path.choices != nullptr) return false;
  const auto take = [&](AccessPath candidate) {
    const auto direction = direction_of(table, candidate, wanted);
    if (!direction.has_value()) return false;
    path = std::move(candidate);
    path.direction = *direction;
    return true;
  };
  if (path.is_useful()) return take(path);
  if (!table.key_columns.empty() && take(AccessPath())) return true;
  if (!few) return false;
  for (const Index& index : table.indexes) {
    if (index.is_primary || is_inverted(index) || !index.predicate.empty()) continue;
    AccessPath candidate;
    candidate.index = &index;
    if (take(std::move(candidate))) return true;
  }
  return false;
}

void choice_values(const AccessPath& path, const RangeEntry& entry, Evaluation& evaluation,
                   std::vector<Value>& values) {
  values.clear();
  const Expr& choices = *path.choices;
  if (choices.kind == ExprKind::AnyOf) {
    const Value array = evaluate(*choices.args[1], evaluation);
    if (array.is_null || evaluation.failed()) return;
    ArrayReader reader(array.bytes());
    Value element;
    while (reader.next(element)) values.push_back(element);
    return;
  }
  for (const Expr* const part : choices.args) {
    const bool is_first = column_of(*part->args[0], entry) >= 0;
    values.push_back(evaluate(*part->args[is_first ? 1 : 0], evaluation));
  }
}

}  // namespace latchkey::sql::exec
