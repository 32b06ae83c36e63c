#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"

// Indexes over expressions, and over a part of the rows: bound with the tables of a query, which
// may repeat them.

namespace latchkey::sql::bind {

using parse::Node;

namespace {

bool is_plain(const Index& index) {
  return index.predicate.empty() &&
         std::all_of(index.columns.begin(), index.columns.end(),
                     [](const IndexColumn& part) { return part.column != 0; });
}

}  // namespace

Result<void> Binder::bind_indexes(RangeEntry& entry, Query& query) {
  const Table& table = *entry.table;
  if (std::all_of(table.indexes.begin(), table.indexes.end(), is_plain)) return {};
  Scope scope;
  scope.query = &query;
  scope.place = "index expressions";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.is_dropped) continue;
    Expr* const expr = coercion_.make(ExprKind::Column, column.type);
    expr->slot = entry.first_slot + static_cast<int>(i);
    expr->typmod = column.typmod;
    scope.columns.push_back({table.name, column.name, expr});
  }
  NamesUsed* const names_used = std::exchange(context_.names_used, nullptr);
  const auto bind_all_of = [&]() -> Result<void> {
    for (const Index& index : table.indexes) {
      IndexExprs& exprs = entry.index_exprs.emplace_back();
      if (!index.predicate.empty()) {
        LK_TRY(Expr* const condition, bind_kept(index.predicate, scope));
        LK_TRY(exprs.predicate, coercion_.coerce_to_bool(condition, "WHERE"));
      }
      for (const IndexColumn& part : index.columns) {
        exprs.parts.push_back(nullptr);
        if (part.column != 0) continue;
        LK_TRY(exprs.parts.back(), bind_kept(part.expression, scope));
      }
    }
    return {};
  };
  const Result<void> bound = bind_all_of();
  context_.names_used = names_used;
  return bound;
}

namespace {

/// The conditions that must all hold.
void split(const Expr& condition, std::vector<const Expr*>& parts) {
  if (condition.kind != ExprKind::And) {
    parts.push_back(&condition);
    return;
  }
  for (const Expr* const arg : condition.args) split(*arg, parts);
}

}  // namespace

bool implies(std::span<const Expr* const> conditions, const Expr& predicate) {
  std::vector<const Expr*> wanted;
  split(predicate, wanted);
  std::vector<const Expr*> given;
  for (const Expr* const condition : conditions) split(*condition, given);
  return std::all_of(wanted.begin(), wanted.end(), [&](const Expr* each) {
    return std::any_of(given.begin(), given.end(), [&](const Expr* condition) {
      if (same(*condition, *each)) return true;
      // What is compared with something is not null.
      return each->kind == ExprKind::IsNotNull && condition->kind == ExprKind::Call &&
             condition->function->is(kOperator) && !condition->function->is(kTakesNull) &&
             std::any_of(condition->args.begin(), condition->args.end(),
                         [&](const Expr* arg) { return same(*arg, *each->args[0]); });
    });
  });
}

/// The index that ON CONFLICT (..) WHERE .. means: unique over just these columns and expressions.
Result<const Index*> Binder::infer_index(const Node& infer, const Query& query, Scope& scope) {
  const Table& table = *query.table;
  const RangeEntry& entry = query.entries[static_cast<std::size_t>(query.table_entry)];
  std::vector<const Expr*> wanted;
  for (const Node* const element : infer.list("index_elems")) {
    if (const Node* const expression = element->child("expr")) {
      LK_TRY(Expr* const expr, bind_expr(*expression, scope));
      wanted.push_back(expr);
    } else {
      LK_TRY(Expr* const expr, find_column({}, element->text("name"), infer.location, scope));
      wanted.push_back(expr);
    }
  }
  std::vector<const Expr*> conditions;
  if (const Node* const where = infer.child("where_clause")) {
    LK_TRY(Expr* const condition, bind_expr(*where, scope));
    conditions.push_back(condition);
  }
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    const Index& index = table.indexes[i];
    if (!index.is_unique) continue;
    const IndexExprs* const exprs = i < entry.index_exprs.size() ? &entry.index_exprs[i] : nullptr;
    if (!index.predicate.empty() && !implies(conditions, *exprs->predicate)) continue;
    const auto has_part = [&](const Expr& expr) {
      for (std::size_t part = 0; part < index.columns.size(); ++part) {
        const std::int16_t number = index.columns[part].column;
        if (number != 0 ? expr.kind == ExprKind::Column && expr.origin_number == number
                        : same(expr, *exprs->parts[part])) {
          return true;
        }
      }
      return false;
    };
    const bool fits = wanted.size() == index.columns.size() &&
                      std::all_of(wanted.begin(), wanted.end(),
                                  [&](const Expr* expr) { return has_part(*expr); });
    if (fits) return &index;
  }
  return Error(ErrorCode::ColumnReferenceInvalid,
               "there is no unique or exclusion constraint matching the ON CONFLICT "
               "specification");
}

}  // namespace latchkey::sql::bind
