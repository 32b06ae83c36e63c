#include "sql/bind/binder.h"

namespace latchkey::sql::bind {

namespace {

/// A table of the query that can be named in this scope, and whether there is one alone.
RangeEntry* entry_of(std::string_view table, Query& query, auto&& is_in_scope) {
  RangeEntry* found = nullptr;
  for (RangeEntry& entry : query.entries) {
    const bool fits = entry.kind == RangeEntry::Kind::Table &&
                      (table.empty() || entry.alias == table) && is_in_scope(entry);
    if (!fits) continue;
    if (found != nullptr) return nullptr;
    found = &entry;
  }
  return found;
}

}  // namespace

bool Binder::find_system_column(std::string_view table, std::string_view name, Scope& scope,
                                ScopeColumn& column) {
  const bool is_oid = name == "tableoid";
  const bool is_inserter = name == "xmin";
  const bool is_nothing = name == "xmax" || name == "cmin" || name == "cmax";
  if ((!is_oid && !is_inserter && !is_nothing) || scope.query == nullptr) return false;
  const auto is_in_scope = [&](const RangeEntry& entry) {
    for (const ScopeColumn& each : scope.columns) {
      if (each.table == entry.alias) return true;
    }
    return false;
  };
  RangeEntry* const entry = entry_of(table, *scope.query, is_in_scope);
  if (entry == nullptr) return false;
  column.table = entry->alias;
  column.name = name;
  if (is_nothing) {
    const Oid type = name == "xmax" ? oid::kXid : oid::kCid;
    column.expr = coercion_.constant(type, Value::of_integer(0));
    return true;
  }
  int& slot = is_oid ? entry->table_oid_slot : entry->inserted_by_slot;
  if (slot < 0) slot = scope.query->slot_count++;
  column.expr = column_expr(*scope.query, slot, is_oid ? oid::kOid : oid::kXid, -1);
  return true;
}

}  // namespace latchkey::sql::bind
