#include "sql/exec/access_path.h"

#include <optional>

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::ExprKind;
using bind::Query;
using bind::RangeEntry;

void collect(const Expr& expr, const Query& query, int level, EntrySet& entries);

void collect_query(const Query& inner, const Query& query, int level, EntrySet& entries) {
  const auto visit = [&](const Expr* expr) {
    if (expr != nullptr) collect(*expr, query, level, entries);
  };
  visit(inner.where);
  visit(inner.having);
  visit(inner.limit);
  visit(inner.offset);
  for (const auto& target : inner.targets) visit(target.expr);
  for (const auto& set : inner.set_calls) visit(set.call);
  for (const Expr* const key : inner.group_keys) visit(key);
  for (const auto& call : inner.aggregates) {
    for (const Expr* const arg : call.args) visit(arg);
    visit(call.filter);
    for (const Expr* const key : call.order) visit(key);
  }
  for (const RangeEntry& entry : inner.entries) {
    for (const auto& row : entry.values) {
      for (const Expr* const value : row) visit(value);
    }
    for (const bind::FunctionItem& item : entry.functions) visit(item.call);
    if (entry.query != nullptr) collect_query(*entry.query, query, level + 1, entries);
  }
  if (inner.left != nullptr) collect_query(*inner.left, query, level, entries);
  if (inner.right != nullptr) collect_query(*inner.right, query, level, entries);
  const auto walk = [&](auto&& self, const bind::FromNode* node) -> void {
    if (node == nullptr) return;
    visit(node->condition);
    self(self, node->left);
    self(self, node->right);
  };
  walk(walk, inner.from);
}

void collect(const Expr& expr, const Query& query, int level, EntrySet& entries) {
  if (expr.kind == ExprKind::Column && expr.level == level) {
    for (std::size_t i = 0; i < query.entries.size() && i < kEntriesMax; ++i) {
      const RangeEntry& entry = query.entries[i];
      if (expr.slot >= entry.first_slot &&
          expr.slot < entry.first_slot + static_cast<int>(entry.names.size())) {
        entries.set(i);
      }
    }
  }
  for (const Expr* const arg : expr.args) collect(*arg, query, level, entries);
  if (expr.query != nullptr) collect_query(*expr.query, query, level + 1, entries);
}

/// `column op value`, either way around.
struct Comparison {
  int column = 0;  ///< index into the entry's columns
  std::string_view op;
  const Expr* value = nullptr;
};

std::string_view turned(std::string_view op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  return op;
}

/// The column of the entry that an expression is, through casts that change nothing.
int column_of(const Expr& expr, const RangeEntry& entry) {
  const Expr* at = &expr;
  while (at->kind == ExprKind::Relabel) at = at->args[0];
  if (at->kind != ExprKind::Column || at->level != 0) return -1;
  const int column = at->slot - entry.first_slot;
  return column >= 0 && column < static_cast<int>(entry.names.size()) ? column : -1;
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
    if (column < 0 || (entries_of(right, query) & ~known).any()) continue;
    if (!keys_alike(entry.types[static_cast<std::size_t>(column)], right.type)) continue;
    if (name == "~~" && side == 1) continue;
    return Comparison{column, side == 0 ? name : turned(name), &right};
  }
  return std::nullopt;
}

/// How good a path is: more equal columns, then a range.
int score_of(const AccessPath& path) {
  if (path.is_point) return 1000 + (path.index == nullptr ? 1 : 0);
  const int range = (path.low != nullptr ? 1 : 0) + (path.high != nullptr ? 1 : 0) +
                    (path.like != nullptr ? 2 : 0);
  return static_cast<int>(path.equal.size()) * 10 + range * 2 + (path.index == nullptr ? 1 : 0);
}

AccessPath path_over(std::span<const int> columns, std::span<const Comparison> comparisons,
                     const Index* index, bool is_unique) {
  AccessPath path;
  path.index = index;
  for (const int column : columns) {
    const Expr* equal = nullptr;
    for (const Comparison& each : comparisons) {
      if (each.column == column && each.op == "=") equal = each.value;
    }
    if (equal != nullptr) {
      path.equal.push_back(equal);
      continue;
    }
    for (const Comparison& each : comparisons) {
      if (each.column != column) continue;
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
  path.is_point = is_unique && path.equal.size() == columns.size();
  return path;
}

}  // namespace

EntrySet entries_of(const Expr& expr, const Query& query) {
  EntrySet entries;
  collect(expr, query, 0, entries);
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

AccessPath find_path(const Query& query, int entry_index, std::span<Expr* const> conditions,
                     const EntrySet& known) {
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  const Table& table = *entry.table;
  std::vector<Comparison> comparisons;
  for (const Expr* const condition : conditions) {
    if (const auto found = comparison_of(*condition, query, entry_index, known)) {
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
  std::vector<int> columns;
  for (const std::int16_t number : table.key_columns) columns.push_back(column_at(number));
  if (!columns.empty()) best = path_over(columns, comparisons, nullptr, true);
  for (const Index& index : table.indexes) {
    if (index.is_primary || !index.predicate.empty()) continue;
    columns.clear();
    bool is_plain = true;
    for (const IndexColumn& column : index.columns) {
      is_plain = is_plain && column.column != 0;
      // A descending column turns ranges around: only equality is looked up in it.
      columns.push_back(column_at(column.column));
    }
    if (!is_plain) continue;
    AccessPath path = path_over(columns, comparisons, &index, index.is_unique);
    const std::size_t next = path.equal.size();
    if (next < index.columns.size() && index.columns[next].is_descending) {
      path.low = path.high = path.like = nullptr;
    }
    if (path.is_useful() && score_of(path) > score_of(best)) best = path;
  }
  return best;
}

}  // namespace latchkey::sql::exec
