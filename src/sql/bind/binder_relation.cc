#include <fmt/format.h>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

// What a name in FROM stands for: a table, the query of a view, the place of a sequence.

namespace latchkey::sql::bind {

using parse::Node;

void Binder::take_query(Query& query, RangeEntry& entry) const {
  entry.kind = RangeEntry::Kind::Query;
  entry.query = &query;
  for (const Target& target : query.targets) {
    if (target.is_hidden) continue;
    entry.names.push_back(target.name.empty() ? "?column?" : target.name);
    entry.types.push_back(target.expr->type);
    entry.typmods.push_back(target.expr->typmod);
  }
}

Result<void> Binder::bind_relation(const Node& range_var, RangeEntry& entry) {
  LK_TRY(const Table* const table, table_of(range_var));
  if (context_.names_used != nullptr) {
    context_.names_used->tables.push_back({range_var.location, table->oid,
                                           range_var.text("schemaname").empty() ? 1u : 2u,
                                           range_var.child("alias") != nullptr});
  }
  if (table->kind == TableKind::View) return bind_view(*table, range_var.location, entry);
  if (table->kind == TableKind::Sequence) return bind_sequence(*table, entry);
  entry.table = table;
  return {};
}

/// A view's text names its tables with their schemas, so it means the same everywhere.
Result<void> Binder::bind_view(const Table& view, std::int32_t location, RangeEntry& entry) {
  constexpr int kViewDepthMax = 64;
  if (view_depth_ >= kViewDepthMax) {
    return Error(ErrorCode::TooComplex, "views are nested too deeply").at(location + 1);
  }
  NamesUsed* const names_used = std::exchange(context_.names_used, nullptr);
  ++view_depth_;
  const auto bind_text = [&]() -> Result<Query*> {
    LK_TRY(const auto script, parse::parse(view.view_text));
    LK_ASSERT(script->statements.size() == 1);
    return bind_query(*script->statements[0].node, nullptr);
  };
  Result<Query*> query = bind_text();
  --view_depth_;
  context_.names_used = names_used;
  if (!query.has_value()) {
    // Places in the view's own text mean nothing to who reads the view.
    return Error(std::move(query).error()).with([&](ErrorDetails& details) {
      details.position = location + 1;
    });
  }
  take_query(**query, entry);
  entry.view = &view;
  if (entry.names.size() != view.columns.size()) {
    return Error(ErrorCode::Internal,
                 fmt::format("view \"{}\" has other columns than its query", view.name));
  }
  for (std::size_t i = 0; i < entry.names.size(); ++i) entry.names[i] = view.columns[i].name;
  return {};
}

/// SELECT * FROM a sequence: one row that says where it stands.
Result<void> Binder::bind_sequence(const Table& sequence, RangeEntry& entry) {
  entry.kind = RangeEntry::Kind::Values;
  entry.view = &sequence;
  std::vector<Expr*> row;
  for (std::size_t i = 0; i < sequence.columns.size(); ++i) {
    Expr* const oid = coercion_.constant(
        oid::kOid, Value::of_integer(static_cast<std::int64_t>(value_of(sequence.oid))));
    Expr* const which =
        coercion_.constant(oid::kInt4, Value::of_integer(static_cast<std::int64_t>(i)));
    LK_TRY(Expr* const value, coercion_.call_function("latchkey_sequence_state", {oid, which}, -1));
    Expr* shown = value;
    if (sequence.columns[i].type == oid::kBool) {
      Expr* const zero = coercion_.constant(oid::kInt8, Value::of_integer(0));
      LK_TRY(shown, coercion_.call_operator("<>", {value, zero}, -1));
    }
    row.push_back(shown);
    entry.names.push_back(sequence.columns[i].name);
    entry.types.push_back(sequence.columns[i].type);
    entry.typmods.push_back(-1);
  }
  entry.values.push_back(std::move(row));
  return {};
}

void Binder::note_column(const Expr& expr, std::int32_t location, std::size_t parts,
                         bool in_using) {
  if (context_.names_used == nullptr) return;
  if (expr.kind == ExprKind::Column && expr.origin_table != Oid::None) {
    context_.names_used->columns.push_back(
        {location, expr.origin_table, expr.origin_number, parts, in_using});
  }
  for (const Expr* const arg : expr.args) note_column(*arg, -1, parts, in_using);
}

void Binder::note_star(std::string_view table, std::int32_t location, std::size_t parts,
                       const Scope& scope) {
  if (context_.names_used == nullptr) return;
  std::string columns;
  for (const ScopeColumn& column : scope.columns) {
    if (table.empty() ? column.only_qualified : column.table != table) continue;
    if (!columns.empty()) columns += ", ";
    if (!column.table.empty()) columns += parse::quoted_name(column.table) + ".";
    columns += parse::quoted_name(column.name);
    note_column(*column.expr, -1, 1, false);
  }
  if (!columns.empty()) context_.names_used->stars.push_back({location, parts, columns});
}

}  // namespace latchkey::sql::bind
