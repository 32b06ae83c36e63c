#include "sql/exec/join_order.h"

#include "base/assert.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::FromNode;
using bind::Query;
using bind::RangeEntry;

/// What a part of FROM looks at beside itself.
EntrySet needs_of(const FromNode& node, const Query& query) {
  if (node.entry < 0) {
    EntrySet needs = needs_of(*node.left, query) | needs_of(*node.right, query);
    if (node.condition != nullptr) needs |= entries_of(*node.condition, query);
    return needs;
  }
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(node.entry)];
  EntrySet needs;
  for (const bind::FunctionItem& item : entry.functions) needs |= entries_of(*item.call, query);
  if (entry.query != nullptr && entry.query_level == 0) {
    Expr subquery;
    subquery.query = entry.query;
    needs |= entries_of(subquery, query);
  }
  return needs;
}

EntrySet entries_below(const FromNode& node) {
  EntrySet entries;
  if (node.entry >= 0) {
    entries.set(static_cast<std::size_t>(node.entry));
    return entries;
  }
  return entries_below(*node.left) | entries_below(*node.right);
}

// Guesses of rows, and of what it costs to find them.
constexpr double kTableRows = 10'000;
constexpr double kOtherRows = 100;
constexpr double kIndexRows = 10;
constexpr double kPerCondition = 4;
constexpr double kCrossProduct = 1e6;

/// How many rows a part has for each row of what stands before it.
double rows_of(const JoinUnit& unit, const Query& query, std::span<Expr* const> conditions,
               const EntrySet& known, bool& is_lookup) {
  is_lookup = false;
  EntrySet visible = known;
  visible |= unit.entries;
  std::vector<Expr*> usable;
  for (Expr* const condition : conditions) {
    const EntrySet looked_at = entries_of(*condition, query);
    if ((looked_at & unit.entries).any() && (looked_at & ~visible).none()) {
      usable.push_back(condition);
    }
  }
  const bool is_entry = unit.node->entry >= 0;
  double rows = kOtherRows;
  if (!is_entry) {
    rows = kTableRows;
  } else {
    const RangeEntry& entry = query.entries[static_cast<std::size_t>(unit.node->entry)];
    if (entry.kind == RangeEntry::Kind::Table) {
      const AccessPath path = find_path(query, unit.node->entry, usable, known);
      is_lookup = !path.equal.empty();
      if (path.is_point) return 1;
      if (is_lookup) return kIndexRows;
      rows = path.is_useful() ? kTableRows / kPerCondition : kTableRows;
    } else if (entry.kind == RangeEntry::Kind::Values) {
      rows = static_cast<double>(entry.values.size());
    }
  }
  for (std::size_t i = 0; i < usable.size(); ++i) rows /= kPerCondition;
  return rows < 1 ? 1 : rows;
}

bool is_connected(const JoinUnit& unit, const Query& query, std::span<Expr* const> conditions,
                  const EntrySet& known, const EntrySet& joined) {
  EntrySet visible = known | joined;
  visible |= unit.entries;
  for (const Expr* const condition : conditions) {
    const EntrySet looked_at = entries_of(*condition, query);
    if ((looked_at & unit.entries).any() && (looked_at & joined).any() &&
        (looked_at & ~visible).none()) {
      return true;
    }
  }
  return (unit.needs & joined).any();
}

}  // namespace

std::vector<JoinUnit> flatten_joins(const FromNode& node, const Query& query,
                                    std::vector<Expr*>& conditions) {
  if (node.entry >= 0 || node.join != parse::JoinKind::Inner) {
    JoinUnit unit{&node, entries_below(node), {}};
    unit.needs = needs_of(node, query) & ~unit.entries;
    return {unit};
  }
  std::vector<JoinUnit> units = flatten_joins(*node.left, query, conditions);
  const std::vector<JoinUnit> right = flatten_joins(*node.right, query, conditions);
  units.insert(units.end(), right.begin(), right.end());
  split_conjunction(node.condition, conditions);
  return units;
}

std::size_t choose_next(const std::vector<JoinUnit>& units, const std::vector<bool>& placed,
                        const Query& query, std::span<Expr* const> conditions,
                        const EntrySet& known, const EntrySet& joined) {
  std::size_t best = units.size();
  double best_cost = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (placed[i] || (units[i].needs & ~(known | joined)).any()) continue;
    bool is_lookup = false;
    double cost = rows_of(units[i], query, conditions, known | joined, is_lookup);
    const bool is_first = joined.none();
    if (!is_first && !is_connected(units[i], query, conditions, known, joined) && cost > 1) {
      cost *= kCrossProduct;
    }
    if (best == units.size() || cost < best_cost) {
      best = i;
      best_cost = cost;
    }
  }
  LK_ASSERT(best < units.size());
  return best;
}

}  // namespace latchkey::sql::exec
