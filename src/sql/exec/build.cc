#include "sql/exec/build.h"

#include <algorithm>

#include "base/assert.h"
#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::FromNode;
using bind::Query;
using bind::RangeEntry;
using parse::JoinKind;

/// Builds the nodes of one FROM, and gives each condition to the lowest node that can test it.
class FromBuilder {
 public:
  FromBuilder(const Query& query, Evaluation& evaluation)
      : query_(query), evaluation_(evaluation) {}

  /// Takes from `conditions` what it tests. The entries `known` have their columns set already.
  NodePtr build(const FromNode& node, std::vector<Expr*>& conditions, const EntrySet& known) {
    return node.entry >= 0 ? build_entry(node.entry, conditions, known)
                           : build_join(node, conditions, known);
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

  NodePtr build_entry(int index, std::vector<Expr*>& conditions, const EntrySet& known) {
    const RangeEntry& entry = query_.entries[static_cast<std::size_t>(index)];
    EntrySet visible = known;
    visible.set(static_cast<std::size_t>(index));
    const std::vector<Expr*> own = take(conditions, visible);
    NodePtr scan;
    if (entry.kind == RangeEntry::Kind::Table) {
      scan = make_table_scan(entry, find_path(query_, index, own, known), evaluation_);
    } else if (entry.kind == RangeEntry::Kind::Values) {
      scan = make_values(entry, evaluation_);
    } else if (entry.kind == RangeEntry::Kind::Function) {
      scan = make_function_scan(entry, evaluation_);
    } else {
      scan = make_query_scan(entry, evaluation_);
    }
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
      const Type* const a = find_type(condition->args[0]->type);
      const Type* const b = find_type(condition->args[1]->type);
      const bool same_kind = a != nullptr && b != nullptr &&
                             (a->oid == b->oid || (a->kept == b->kept && a->kept != Kept::Bytes));
      if (!same_kind) return false;
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
    if (entry.kind != RangeEntry::Kind::Table) return false;
    const AccessPath path = find_path(query_, right.entry, conditions, known);
    return !path.equal.empty();
  }

  NodePtr build_join(const FromNode& node, std::vector<Expr*>& conditions, const EntrySet& known) {
    const FromNode* left = node.left;
    const FromNode* right = node.right;
    JoinKind kind = node.join;
    if (kind == JoinKind::Right) {
      std::swap(left, right);
      kind = JoinKind::Left;
    }
    std::vector<Expr*> on;
    split_conjunction(node.condition, on);
    std::vector<Expr*> above;
    if (kind == JoinKind::Inner) {
      // WHERE and ON mean the same here.
      on.insert(on.end(), conditions.begin(), conditions.end());
      conditions.clear();
    }
    const EntrySet left_entries = entries_below(*left);
    const EntrySet right_entries = entries_below(*right);
    const EntrySet visible = known | left_entries | right_entries;
    // What cannot be tested yet goes back up.
    std::erase_if(on, [&](Expr* condition) {
      if ((entries_of(*condition, query_) & ~visible).none()) return false;
      above.push_back(condition);
      return true;
    });
    std::vector<Expr*> none;
    std::vector<Expr*> for_left;
    if (kind == JoinKind::Inner) for_left = take(on, known | left_entries);
    if (kind == JoinKind::Left) for_left = take(conditions, known | left_entries);
    NodePtr left_node = build(*left, for_left, known);
    LK_ASSERT(for_left.empty());
    conditions.insert(conditions.end(), above.begin(), above.end());

    const bool may_loop = kind != JoinKind::Full;
    const bool looks_up = may_loop && has_lookup(*right, on, known | left_entries);
    if (may_loop && (looks_up || is_lateral(*right))) {
      NodePtr right_node = build(*right, on, known | left_entries);
      return make_nested_loop(kind == JoinKind::Left ? JoinType::Left : JoinType::Inner,
                              std::move(left_node), std::move(right_node), views_of(on),
                              slots_below(*right), evaluation_);
    }
    std::vector<Expr*> for_right;
    if (kind != JoinKind::Full) for_right = take(on, known | right_entries);
    NodePtr right_node = build(*right, for_right, known);
    HashKeys keys = hash_keys(on, known | left_entries, right_entries);
    return make_hash_join(kind == JoinKind::Inner ? JoinType::Inner : JoinType::Left,
                          kind == JoinKind::Full, std::move(left_node), std::move(right_node),
                          std::move(keys), views_of(on), slots_below(*left), slots_below(*right),
                          query_, evaluation_);
  }

  const Query& query_;
  Evaluation& evaluation_;
};

}  // namespace

NodePtr build_source(const Query& query, Evaluation& evaluation) {
  std::vector<Expr*> conditions;
  split_conjunction(query.where, conditions);
  NodePtr node;
  if (query.from == nullptr) {
    node = make_one_row();
  } else {
    FromBuilder builder(query, evaluation);
    node = builder.build(*query.from, conditions, {});
  }
  if (conditions.empty()) return node;
  return make_filter(std::move(node), FromBuilder::views_of(conditions), evaluation);
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
  if (query.kind == bind::QueryKind::SetOperation) {
    node = make_project(make_set_operation(query, evaluation), query, evaluation);
  } else {
    node = with_sets(build_source(query, evaluation), query, true, evaluation);
    if (query.is_grouped) {
      node = make_aggregate(std::move(node), query, evaluation);
      if (query.having != nullptr) {
        node = make_filter(std::move(node), {query.having}, evaluation);
      }
    }
    node = with_sets(std::move(node), query, false, evaluation);
    node = make_project(std::move(node), query, evaluation);
  }
  if (query.is_distinct) node = make_distinct(std::move(node), query, {}, evaluation);
  if (!query.sort.empty()) node = make_sort(std::move(node), query, evaluation);
  if (!query.distinct_on.empty()) {
    node = make_distinct(std::move(node), query, query.distinct_on, evaluation);
  }
  if (query.limit != nullptr || query.offset != nullptr) {
    node = make_limit(std::move(node), query, evaluation);
  }
  return node;
}

}  // namespace latchkey::sql::exec
