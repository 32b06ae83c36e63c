#include "sql/exec/system_lookup.h"

#include "sql/system/rows.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::ExprKind;

bool is_equality(const Expr& condition) {
  return condition.kind == ExprKind::Call && condition.args.size() == 2 &&
         condition.function->is(kOperator) && condition.function->name == "=";
}

bool is_slot(const Expr& expr, int slot) {
  if (expr.kind == ExprKind::Relabel) return is_slot(*expr.args[0], slot);
  return expr.kind == ExprKind::Column && expr.level == 0 && expr.slot == slot;
}

bool is_integer(const Expr& expr) {
  const Type* const type = find_type(expr.type);
  return type != nullptr && type->kept == Kept::Integer;
}

}  // namespace

const bind::Expr* find_system_lookup(const bind::Query& query, int entry,
                                     std::span<bind::Expr* const> conditions,
                                     const EntrySet& known) {
  const bind::RangeEntry& range = query.entries[static_cast<std::size_t>(entry)];
  const int column = system::lookup_column_of(*range.table);
  if (column < 0) return nullptr;
  for (const Expr* const condition : conditions) {
    if (!is_equality(*condition)) continue;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const Expr& other = *condition->args[1 - side];
      if (!is_slot(*condition->args[side], range.first_slot + column)) continue;
      if (!is_integer(other) || (entries_of(other, query) & ~known).any()) continue;
      return &other;
    }
  }
  return nullptr;
}

}  // namespace latchkey::sql::exec
