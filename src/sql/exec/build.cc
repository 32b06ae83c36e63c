#include "sql/exec/build.h"

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/system_tables.h"
#include "sql/exec/hashed_rows.h"
#include "sql/exec/inverted_index.h"
#include "sql/exec/join_order.h"
#include "sql/exec/nodes.h"
#include "sql/exec/system_lookup.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::FromNode;
using bind::Query;
using bind::RangeEntry;
using parse::JoinKind;

/// An order in which the rows of the only table are wanted, and whether its scan gives it.
struct OrderWish {
  std::vector<WantedOrder> columns;
  bool few = false;
  bool is_met = false;
};

const RangeEntry* only_table(const Query& query) {
  if (query.from == nullptr || query.from->entry < 0) return nullptr;
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(query.from->entry)];
  return entry.kind == RangeEntry::Kind::Table ? &entry : nullptr;
}

/// What ORDER BY wants of the scan.
OrderWish wish_of_sort(const Query& query) {
  OrderWish wish;
  const RangeEntry* const entry = only_table(query);
  const bool is_plain = entry != nullptr && !query.is_grouped && query.window_calls.empty() &&
                        query.set_calls.empty() && !query.is_distinct;
  if (!is_plain) return wish;
  for (const bind::SortKey& key : query.sort) {
    const Expr& expr = *query.targets[static_cast<std::size_t>(key.target)].expr;
    const int column = expr.kind == bind::ExprKind::Column ? column_of(expr, *entry) : -1;
    if (column < 0) return {};
    wish.columns.push_back({column, key.is_descending, key.nulls_first});
  }
  wish.few = query.limit != nullptr;
  return wish;
}

/// min or max of a column alone: its first row in the column's order tells.
OrderWish wish_of_extreme(const Query& query) {
  OrderWish wish;
  const RangeEntry* const entry = only_table(query);
  if (entry == nullptr || query.aggregates.size() != 1 || !query.group_keys.empty() ||
      !query.grouping_sets.empty() || !query.set_calls.empty()) {
    return wish;
  }
  const bind::AggregateCall& call = query.aggregates[0];
  const bool is_max = call.function->name == "max";
  if ((!is_max && call.function->name != "min") || call.filter != nullptr) return wish;
  const int column = column_of(*call.args[0], *entry);
  if (column < 0) return wish;
  wish.columns.push_back({column, is_max, is_max});
  wish.few = true;
  return wish;
}

/// Builds the nodes of one FROM, and gives each condition to the lowest node that can test it.
class FromBuilder {
 public:
  FromBuilder(const Query& query, Evaluation& evaluation, OrderWish* wish)
      : query_(query), evaluation_(evaluation), wish_(wish) {}

  /// Takes from `conditions` what it tests. The entries `known` have their columns set already.
  NodePtr build(const FromNode& node, std::vector<Expr*>& conditions, const EntrySet& known) {
    if (node.entry >= 0) return build_entry(node.entry, conditions, known);
    return node.join == JoinKind::Inner ? build_inner(node, conditions, known)
                                        : build_outer(node, conditions, known);
  }

  EntrySet entries_below(const FromNode& node) const {
    EntrySet entries;
    if (node.entry >= 0) {
      entries.set(static_cast<std::size_t>(node.entry));
      return entries;
    }
    return entries_below(*node.left) | entries_below(*node.right);
  }

  static std::vector<const Expr*> views_of(const std::vector<Expr*>& exprs) {
    return {exprs.begin(), exprs.end()};
  }

 private:
  /// Takes out those that look at `visible` alone.
  std::vector<Expr*> take(std::vector<Expr*>& conditions, const EntrySet& visible) const {
    std::vector<Expr*> taken;
    std::erase_if(conditions, [&](Expr* condition) {
      if ((entries_of(*condition, query_) & ~visible).any()) return false;
      taken.push_back(condition);
      return true;
    });
    return taken;
  }

  NodePtr filtered(NodePtr input, const std::vector<Expr*>& conditions) const {
    if (conditions.empty()) return input;
    return make_filter(std::move(input), views_of(conditions), evaluation_);
  }

  NodePtr build_table(int index, const std::vector<Expr*>& own, const EntrySet& known) {
    const RangeEntry& entry = query_.entries[static_cast<std::size_t>(index)];
    AccessPath path = find_path(query_, index, own, known);
    if (!path.is_useful()) {
      const std::optional<InvertedPath> inverted = find_inverted_path(query_, index, own, known);
      if (inverted.has_value()) return make_inverted_scan(entry, *inverted, evaluation_);
    }
    if (wish_ != nullptr && !wish_->columns.empty()) {
      wish_->is_met = order_path(query_, index, wish_->columns, wish_->few, path);
    }
    return make_table_scan(entry, std::move(path), evaluation_);
  }

  NodePtr build_entry(int index, std::vector<Expr*>& conditions, const EntrySet& known) {
    const RangeEntry& entry = query_.entries[static_cast<std::size_t>(index)];
    EntrySet visible = known;
    visible.set(static_cast<std::size_t>(index));
    const std::vector<Expr*> own = take(conditions, visible);
    NodePtr scan;
    if (entry.kind == RangeEntry::Kind::Table && is_system_table(*entry.table)) {
      scan = make_system_scan(entry, find_system_lookup(query_, index, own, known), evaluation_);
    } else if (entry.kind == RangeEntry::Kind::Table &&
               entry.table->kind == TableKind::Partitioned) {
      scan = make_partition_scan(query_, index, own, known, evaluation_);
    } else if (entry.kind == RangeEntry::Kind::Table) {
      scan = build_table(index, own, known);
    } else if (entry.kind == RangeEntry::Kind::Values) {
      scan = make_values(entry, evaluation_);
    } else if (entry.kind == RangeEntry::Kind::Function) {
      scan = make_function_scan(entry, evaluation_);
    } else if (entry.common != nullptr && entry.kind != RangeEntry::Kind::Query) {
      scan = make_common_scan(entry, evaluation_);
    } else {
      scan = make_query_scan(entry, evaluation_);
    }
    if (entry.row_slot >= 0) scan = make_row_mark(std::move(scan), entry, evaluation_);
    return filtered(std::move(scan), own);
  }

  std::vector<SlotRange> slots_below(const FromNode& node) const {
    if (node.entry >= 0) {
      const RangeEntry& entry = query_.entries[static_cast<std::size_t>(node.entry)];
      std::vector<SlotRange> slots;
      if (!entry.names.empty()) {
        slots.emplace_back(entry.first_slot, static_cast<int>(entry.names.size()));
      }
      if (entry.key_slot >= 0) slots.emplace_back(entry.key_slot, 1);
      if (entry.version_slot >= 0) slots.emplace_back(entry.version_slot, 1);
      if (entry.row_slot >= 0) slots.emplace_back(entry.row_slot, 1);
      if (entry.table_oid_slot >= 0) slots.emplace_back(entry.table_oid_slot, 1);
      if (entry.inserted_by_slot >= 0) slots.emplace_back(entry.inserted_by_slot, 1);
      return slots;
    }
    std::vector<SlotRange> slots = slots_below(*node.left);
    const std::vector<SlotRange> right = slots_below(*node.right);
    slots.insert(slots.end(), right.begin(), right.end());
    return slots;
  }

  bool is_lateral(const FromNode& node) const {
    if (node.entry >= 0) return query_.entries[static_cast<std::size_t>(node.entry)].is_lateral;
    return is_lateral(*node.left) || is_lateral(*node.right);
  }

  /// Conditions `a = b` with a side for each side of the join.
  HashKeys hash_keys(std::vector<Expr*>& conditions, const EntrySet& left,
                     const EntrySet& right) const {
    HashKeys keys;
    std::erase_if(conditions, [&](Expr* condition) {
      if (condition->kind != bind::ExprKind::Call || condition->args.size() != 2 ||
          condition->function->name != "=" || !condition->function->is(kOperator)) {
        return false;
      }
      if (!hash_alike(condition->args[0]->type, condition->args[1]->type)) return false;
      for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        const EntrySet first = entries_of(*condition->args[side], query_);
        const EntrySet second = entries_of(*condition->args[1 - side], query_);
        if (first.none() || second.none() || (first & ~left).any() || (second & ~right).any()) {
          continue;
        }
        keys.left.push_back(condition->args[side]);
        keys.right.push_back(condition->args[1 - side]);
        return true;
      }
      return false;
    });
    return keys;
  }

  /// Whether the right side, a table, is found by columns of the left.
  bool has_lookup(const FromNode& right, const std::vector<Expr*>& conditions,
                  const EntrySet& known) const {
    if (right.entry < 0) return false;
    const RangeEntry& entry = query_.entries[static_cast<std::size_t>(right.entry)];
    if (entry.kind != RangeEntry::Kind::Table || is_system_table(*entry.table)) return false;
    const AccessPath path = find_path(query_, right.entry, conditions, known);
    return std::any_of(path.equal.begin(), path.equal.end(), [&](const Expr* value) {
      return (entries_of(*value, query_) & known).any();
    });
  }

  /// Inner joins in the order that seems best.
  NodePtr build_inner(const FromNode& node, std::vector<Expr*>& conditions, const EntrySet& known) {
    const std::vector<JoinUnit> units = flatten_joins(node, query_, conditions);
    std::vector<bool> placed(units.size(), false);
    NodePtr joined;
    EntrySet joined_entries;
    std::vector<SlotRange> joined_slots;
    for (std::size_t count = 0; count < units.size(); ++count) {
      const std::size_t next =
          choose_next(units, placed, query_, conditions, known, joined_entries);
      placed[next] = true;
      const JoinUnit& unit = units[next];
      if (joined == nullptr) {
        joined = build(*unit.node, conditions, known);
      } else {
        joined =
            join_unit(std::move(joined), joined_slots, unit, conditions, known | joined_entries);
      }
      joined_entries |= unit.entries;
      const std::vector<SlotRange> slots = slots_below(*unit.node);
      joined_slots.insert(joined_slots.end(), slots.begin(), slots.end());
    }
    // What an outer join has given back can be tested now.
    return filtered(std::move(joined), take(conditions, known | joined_entries));
  }

  NodePtr join_unit(NodePtr left, const std::vector<SlotRange>& left_slots, const JoinUnit& unit,
                    std::vector<Expr*>& conditions, const EntrySet& known) {
    std::vector<Expr*> on = take(conditions, known | unit.entries);
    const bool is_entry = unit.node->entry >= 0;
    if ((unit.needs & known).any() || (is_entry && has_lookup(*unit.node, on, known))) {
      NodePtr right = build(*unit.node, on, known);
      return make_nested_loop(JoinType::Inner, std::move(left), std::move(right), views_of(on),
                              slots_below(*unit.node), evaluation_);
    }
    std::vector<Expr*> own = take(on, unit.entries);
    NodePtr right = build(*unit.node, own, {});
    on.insert(on.end(), own.begin(), own.end());
    HashKeys keys = hash_keys(on, known, unit.entries);
    return make_hash_join(JoinType::Inner, false, std::move(left), std::move(right),
                          std::move(keys), views_of(on), left_slots, slots_below(*unit.node),
                          query_, evaluation_);
  }

  /// Whether a column of these entries decides: null where it is null.
  bool is_strict(const Expr& expr, const EntrySet& entries) const {
    if (expr.kind == bind::ExprKind::Column) {
      return expr.level == 0 && (entries_of(expr, query_) & entries).any();
    }
    const bool passes_null = expr.kind == bind::ExprKind::Relabel ||
                             expr.kind == bind::ExprKind::Fit ||
                             (expr.kind == bind::ExprKind::Call && !expr.function->is(kTakesNull));
    return passes_null && std::any_of(expr.args.begin(), expr.args.end(),
                                      [&](const Expr* arg) { return is_strict(*arg, entries); });
  }

  /// Whether a condition of WHERE never holds for rows in which an outer join has found nothing.
  bool rejects_null(const Expr& condition, const EntrySet& entries) const {
    if (condition.kind == bind::ExprKind::IsNotNull) {
      return condition.args[0]->kind == bind::ExprKind::Column &&
             is_strict(*condition.args[0], entries);
    }
    return condition.kind == bind::ExprKind::Call && is_strict(condition, entries);
  }

  NodePtr build_outer(const FromNode& node, std::vector<Expr*>& conditions, const EntrySet& known) {
    const FromNode* left = node.left;
    const FromNode* right = node.right;
    JoinKind kind = node.join;
    if (kind == JoinKind::Right) {
      std::swap(left, right);
      kind = JoinKind::Left;
    }
    const bool wants_match =
        std::any_of(conditions.begin(), conditions.end(), [&](const Expr* condition) {
          return kind == JoinKind::Left && rejects_null(*condition, entries_below(*right));
        });
    if (wants_match) {
      FromNode inner = node;
      inner.join = JoinKind::Inner;
      return build_inner(inner, conditions, known);
    }
    std::vector<Expr*> on;
    split_conjunction(node.condition, on);
    std::vector<Expr*> above;
    const EntrySet left_entries = entries_below(*left);
    const EntrySet right_entries = entries_below(*right);
    const EntrySet visible = known | left_entries | right_entries;
    // What cannot be tested yet goes back up.
    std::erase_if(on, [&](Expr* condition) {
      if ((entries_of(*condition, query_) & ~visible).none()) return false;
      above.push_back(condition);
      return true;
    });
    std::vector<Expr*> for_left;
    if (kind == JoinKind::Left) for_left = take(conditions, known | left_entries);
    NodePtr left_node = build(*left, for_left, known);
    // What an outer join on the left could not test is tested above this one.
    conditions.insert(conditions.end(), for_left.begin(), for_left.end());
    conditions.insert(conditions.end(), above.begin(), above.end());

    const bool may_loop = kind != JoinKind::Full;
    const bool looks_up = may_loop && has_lookup(*right, on, known | left_entries);
    if (may_loop && (looks_up || is_lateral(*right))) {
      NodePtr right_node = build(*right, on, known | left_entries);
      return make_nested_loop(JoinType::Left, std::move(left_node), std::move(right_node),
                              views_of(on), slots_below(*right), evaluation_);
    }
    std::vector<Expr*> for_right;
    if (kind != JoinKind::Full) for_right = take(on, known | right_entries);
    NodePtr right_node = build(*right, for_right, known);
    on.insert(on.end(), for_right.begin(), for_right.end());
    HashKeys keys = hash_keys(on, known | left_entries, right_entries);
    return make_hash_join(JoinType::Left, kind == JoinKind::Full, std::move(left_node),
                          std::move(right_node), std::move(keys), views_of(on), slots_below(*left),
                          slots_below(*right), query_, evaluation_);
  }

  const Query& query_;
  Evaluation& evaluation_;
  OrderWish* const wish_;
};

NodePtr build_from(const Query& query, Evaluation& evaluation, OrderWish* wish) {
  std::vector<Expr*> conditions;
  split_conjunction(query.where, conditions);
  NodePtr node;
  if (query.from == nullptr) {
    node = make_one_row();
  } else {
    FromBuilder builder(query, evaluation, wish);
    node = builder.build(*query.from, conditions, {});
  }
  if (conditions.empty()) return node;
  return make_filter(std::move(node), FromBuilder::views_of(conditions), evaluation);
}

}  // namespace

NodePtr build_source(const Query& query, Evaluation& evaluation) {
  return build_from(query, evaluation, nullptr);
}

/// The sets of one side of the grouping, those among the arguments of others first.
NodePtr with_sets(NodePtr node, const Query& query, bool is_grouped, Evaluation& evaluation) {
  int deepest = -1;
  for (const bind::SetCall& set : query.set_calls) {
    if (set.is_grouped == is_grouped) deepest = std::max(deepest, set.depth);
  }
  for (int depth = 0; depth <= deepest; ++depth) {
    std::vector<const bind::SetCall*> calls;
    for (const bind::SetCall& set : query.set_calls) {
      if (set.is_grouped == is_grouped && set.depth == depth) calls.push_back(&set);
    }
    if (!calls.empty()) node = make_set_results(std::move(node), std::move(calls), evaluation);
  }
  return node;
}

NodePtr build(const Query& query, Evaluation& evaluation) {
  NodePtr node;
  OrderWish wish;
  if (query.kind == bind::QueryKind::SetOperation) {
    node = make_project(make_set_operation(query, evaluation), query, evaluation);
  } else {
    wish = query.is_grouped ? wish_of_extreme(query) : wish_of_sort(query);
    node = with_sets(build_from(query, evaluation, &wish), query, true, evaluation);
    if (query.is_grouped) {
      if (wish.is_met) {
        node = make_first_value(std::move(node), *query.aggregates[0].args[0], evaluation);
      }
      node = make_aggregate(std::move(node), query, evaluation);
      if (query.having != nullptr) {
        node = make_filter(std::move(node), {query.having}, evaluation);
      }
    }
    if (!query.window_calls.empty()) node = make_window(std::move(node), query, evaluation);
    node = with_sets(std::move(node), query, false, evaluation);
    node = make_project(std::move(node), query, evaluation);
  }
  if (query.is_distinct) node = make_distinct(std::move(node), query, {}, evaluation);
  const bool is_sorted = wish.is_met && !query.is_grouped;
  if (!query.sort.empty() && !is_sorted) node = make_sort(std::move(node), query, evaluation);
  if (!query.distinct_on.empty()) {
    node = make_distinct(std::move(node), query, query.distinct_on, evaluation);
  }
  if (query.lock != parse::LockStrength::None) {
    node = make_lock_rows(std::move(node), query, evaluation);
  }
  if (query.limit != nullptr || query.offset != nullptr) {
    node = make_limit(std::move(node), query, evaluation);
  }
  return node;
}

}  // namespace latchkey::sql::exec
