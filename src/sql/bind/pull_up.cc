#include "sql/bind/pull_up.h"

#include <algorithm>
#include <unordered_set>

namespace latchkey::sql::bind {

bool may_be_copied(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::AnyOf:
    case ExprKind::AllOf:
    case ExprKind::Aggregate:
      return false;
    case ExprKind::Call:
      if (expr.function->is(kVolatile)) return false;
      break;
    default:
      break;
  }
  if (expr.query != nullptr) return false;
  return std::all_of(expr.args.begin(), expr.args.end(),
                     [](const Expr* arg) { return may_be_copied(*arg); });
}

namespace {

bool only_joins(const Query& query) {
  return query.kind == QueryKind::Select && !query.is_grouped && query.window_calls.empty() &&
         query.set_calls.empty() && !query.is_distinct && query.distinct_on.empty() &&
         query.sort.empty() && query.limit == nullptr && query.offset == nullptr &&
         query.commons.empty() && query.from != nullptr &&
         query.lock == parse::LockStrength::None &&
         std::all_of(query.targets.begin(), query.targets.end(), [](const Target& target) {
           return !target.is_hidden && may_be_copied(*target.expr);
         });
}

/// Where an entry stands in FROM.
struct Place {
  FromNode* leaf = nullptr;
  FromNode* join = nullptr;  ///< the outer join whose null side the leaf alone is
  bool is_nullable = false;
};

void find_place(FromNode* node, int entry, Place place, Place& found) {
  if (node == nullptr) return;
  if (node->entry >= 0) {
    if (node->entry != entry) return;
    found = place;
    found.leaf = node;
    return;
  }
  for (const bool is_left : {true, false}) {
    FromNode* const side = is_left ? node->left : node->right;
    const auto other = is_left ? parse::JoinKind::Right : parse::JoinKind::Left;
    const bool nulls = node->join == parse::JoinKind::Full || node->join == other;
    Place below = place;
    const bool is_direct = node->join == other && !place.is_nullable && side->entry == entry;
    below.join = is_direct ? node : nullptr;
    below.is_nullable = place.is_nullable || nulls;
    find_place(side, entry, below, found);
  }
}

/// Moves one subquery into the query around it.
class PullUp {
 public:
  PullUp(Bound& bound, Query& parent, int entry)
      : bound_(bound),
        parent_(parent),
        entry_(entry),
        child_(*parent.entries[static_cast<std::size_t>(entry)].query),
        first_slot_(parent.entries[static_cast<std::size_t>(entry)].first_slot),
        base_slot_(parent.slot_count),
        base_entry_(static_cast<int>(parent.entries.size())) {}

  void run(const Place& place) {
    visit_child(child_);
    parent_.slot_count += child_.slot_count;
    visit_slots(
        parent_, [&](Expr*& expr) { substitute(expr, 0); },
        [&](Query& inner, int level) {
          // A subquery that is not lateral cannot see its sisters.
          if (level == 1) substitute_in(inner, 1);
        });
    shift_entries(child_.from);
    for (RangeEntry& entry : child_.entries) {
      for (int* const slot :
           {&entry.first_slot, &entry.key_slot, &entry.version_slot, &entry.row_slot}) {
        if (*slot >= 0) *slot += base_slot_;
      }
    }
    add_condition(place.join != nullptr ? place.join->condition : parent_.where, child_.where);
    *place.leaf = *child_.from;
    parent_.entries[static_cast<std::size_t>(entry_)].query = nullptr;
    // The empty shell of the old entry keeps its place, so that the others keep theirs.
    parent_.entries[static_cast<std::size_t>(entry_)].kind = RangeEntry::Kind::Values;
    std::move(child_.entries.begin(), child_.entries.end(), std::back_inserter(parent_.entries));
    child_.entries.clear();
    child_.from = nullptr;
    child_.where = nullptr;
  }

 private:
  void add_condition(Expr*& to, Expr* condition) {
    if (condition == nullptr) return;
    if (to == nullptr) {
      to = condition;
      return;
    }
    Expr& both = bound_.exprs.emplace_back();
    both.kind = ExprKind::And;
    both.type = oid::kBool;
    both.args = {to, condition};
    to = &both;
  }

  void shift_entries(FromNode* node) {
    if (node == nullptr) return;
    if (node->entry >= 0) node->entry += base_entry_;
    shift_entries(node->left);
    shift_entries(node->right);
  }

  // The child's slots stand behind the parent's.

  void visit_child(Query& child) {
    visit_slots(
        child, [&](Expr*& expr) { shift(*expr, 0); },
        [&](Query& inner, int level) {
          if (level == 1) shift_in(inner, 1);
        });
  }

  void shift_in(Query& query, int depth) {
    visit_slots(
        query, [&](Expr*& expr) { shift(*expr, depth); },
        [&](Query& inner, int level) {
          if (depth + level > 0) shift_in(inner, depth + level);
        });
  }

  void shift(Expr& expr, int depth) {
    if (!shifted_.insert(&expr).second) return;
    const bool is_test = expr.kind == ExprKind::AnyOf || expr.kind == ExprKind::AllOf ||
                         expr.kind == ExprKind::InQuery;
    const bool is_own = expr.kind == ExprKind::Column ? expr.level == depth : is_test && depth == 0;
    if (is_own) expr.slot += base_slot_;
    for (Expr* const arg : expr.args) shift(*arg, depth);
    if (expr.query != nullptr) shift_in(*expr.query, depth + 1);
  }

  // What looked at the subquery's columns looks at what they are made of.

  void substitute_in(Query& query, int depth) {
    visit_slots(
        query, [&](Expr*& expr) { substitute(expr, depth); },
        [&](Query& inner, int level) {
          if (depth + level > 0) substitute_in(inner, depth + level);
        });
  }

  void substitute(Expr*& expr, int depth) {
    if (expr->kind == ExprKind::Column && expr->level == depth) {
      const int column = expr->slot - first_slot_;
      if (column < 0 || column >= static_cast<int>(child_.targets.size())) return;
      Expr* const copy = copied(*child_.targets[static_cast<std::size_t>(column)].expr, depth);
      copy->location = expr->location;
      if (copy->kind == ExprKind::Column) {
        copy->typmod = expr->typmod;
      }
      expr = copy;
      return;
    }
    for (Expr*& arg : expr->args) substitute(arg, depth);
    if (expr->query != nullptr) substitute_in(*expr->query, depth + 1);
  }

  Expr* copied(const Expr& expr, int depth) {
    Expr& copy = bound_.exprs.emplace_back(expr);
    if (copy.kind == ExprKind::Column) copy.level += depth;
    for (Expr*& arg : copy.args) arg = copied(*arg, depth);
    return &copy;
  }

  Bound& bound_;
  Query& parent_;
  const int entry_;
  Query& child_;
  const int first_slot_;
  const int base_slot_;
  const int base_entry_;
  std::unordered_set<Expr*> shifted_;
};

void pull_up(Bound& bound, Query& query) {
  constexpr std::size_t kEntriesMax = 100;
  if (query.lock != parse::LockStrength::None || query.from == nullptr) return;
  for (std::size_t i = 0; i < query.entries.size(); ++i) {
    const RangeEntry& entry = query.entries[i];
    if (entry.kind != RangeEntry::Kind::Query || entry.query == nullptr || entry.is_lateral ||
        entry.query_level != 1 || entry.row_slot >= 0 || !only_joins(*entry.query) ||
        entry.names.size() != entry.query->targets.size() ||
        query.entries.size() + entry.query->entries.size() > kEntriesMax) {
      continue;
    }
    Place place;
    find_place(query.from, static_cast<int>(i), {}, place);
    if (place.leaf == nullptr) continue;
    const bool is_plain = std::all_of(
        entry.query->targets.begin(), entry.query->targets.end(), [](const Target& target) {
          return target.expr->kind == ExprKind::Column && target.expr->level == 0;
        });
    if (place.is_nullable && (place.join == nullptr || !is_plain)) continue;
    PullUp(bound, query, static_cast<int>(i)).run(place);
  }
}

}  // namespace

void pull_up_subqueries(Bound& bound) {
  // Inner queries are made after those around them.
  for (auto query = bound.queries.rbegin(); query != bound.queries.rend(); ++query) {
    if (query->kind == QueryKind::Select) pull_up(bound, *query);
  }
}

}  // namespace latchkey::sql::bind
