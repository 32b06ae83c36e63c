#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"

// Row values: ROW(..), whole rows of what stands in FROM, and their fields.

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

namespace {

Error no_field(std::string_view name, std::int32_t location) {
  return Error(ErrorCode::ColumnMissing,
               fmt::format("could not identify column \"{}\" in record data type", name))
      .at(location + 1);
}

/// The place of the first field among a row's arguments.
std::size_t first_field(const Expr& row) { return row.kind == ExprKind::WholeRow ? 1 : 0; }

bool is_row(const Expr& expr) {
  return expr.kind == ExprKind::Row || expr.kind == ExprKind::WholeRow;
}

}  // namespace

Result<Expr*> Binder::bind_row(const Node& node, Scope& scope) {
  Expr* const row = coercion_.make(ExprKind::Row, oid::kRecord, node.location);
  for (const Node* const each : node.list("args")) {
    const auto fields = each->list("fields");
    const bool is_star =
        each->is(NodeKind::ColumnRef) && !fields.empty() && fields.back()->is(NodeKind::AStar);
    LK_TRY(Expr* const arg, bind_expr(*each, scope));
    if (is_star && arg->kind == ExprKind::WholeRow) {
      row->args.insert(row->args.end(), arg->args.begin() + 1, arg->args.end());
    } else {
      row->args.push_back(arg);
    }
  }
  for (std::size_t i = 0; i < row->args.size(); ++i)
    row->names.push_back(fmt::format("f{}", i + 1));
  return row;
}

/// The row of an entry of FROM as one value; null if there is no entry of that name.
Expr* Binder::find_whole_row(std::string_view table, std::int32_t location, Scope& scope) {
  int level = 0;
  for (Scope* at = &scope; at != nullptr; at = at->outer) {
    if (at->query == nullptr) continue;
    Expr* row = nullptr;
    for (const ScopeColumn& column : at->columns) {
      if (column.table != table || column.expr->kind != ExprKind::Column) continue;
      if (row == nullptr) row = coercion_.make(ExprKind::WholeRow, oid::kRecord, location);
      Result<Expr*> found = find_column(table, column.name, location, scope);
      if (!found.has_value()) return nullptr;
      row->args.push_back(*found);
      row->names.push_back(column.name);
    }
    if (row == nullptr) {
      ++level;
      continue;
    }
    // Where an outer join finds nothing the whole row is null, not each of its fields.
    Query& query = *at->query;
    Expr* is_there = coercion_.constant(oid::kBool, Value::of_bool(true));
    for (std::size_t i = 0; i < query.entries.size(); ++i) {
      RangeEntry& entry = query.entries[i];
      const int slot = row->args[0]->slot - entry.first_slot;
      if (slot < 0 || slot >= static_cast<int>(entry.names.size())) continue;
      if (static_cast<int>(i) == query.table_entry) break;
      if (entry.row_slot < 0) entry.row_slot = query.slot_count++;
      is_there = column_expr(query, entry.row_slot, oid::kBool, -1);
      is_there->level = level;
    }
    row->args.insert(row->args.begin(), is_there);
    return row;
  }
  return nullptr;
}

/// The row expression that tells what a record consists of; null: nothing does.
const Expr* Binder::shape_of(const Expr& expr, const Query& query) const {
  if (is_row(expr)) return &expr;
  if (const auto known = shapes_.find(&expr); known != shapes_.end()) return known->second;
  if (expr.kind == ExprKind::ScalarRow) return &expr;
  if (expr.kind == ExprKind::Scalar) {
    for (const Target& target : expr.query->targets) {
      if (!target.is_hidden) return shape_of(*target.expr, *expr.query);
    }
  }
  if (expr.kind != ExprKind::Column || expr.level != 0) return nullptr;
  for (const RangeEntry& entry : query.entries) {
    int column = expr.slot - entry.first_slot;
    if (column < 0 || column >= static_cast<int>(entry.names.size())) continue;
    const Query* const inner = entry.common != nullptr ? entry.common->query : entry.query;
    if (inner == nullptr) return nullptr;
    for (const Target& target : inner->targets) {
      if (!target.is_hidden && column-- == 0) return shape_of(*target.expr, *inner);
    }
  }
  return nullptr;
}

/// (record).name
Result<Expr*> Binder::field_of(Expr* record, std::string_view name, std::int32_t location,
                               Scope& scope) {
  const Expr* const shape = shape_of(*record, *scope.query);
  if (shape == nullptr) return no_field(name, location);
  const auto found = std::find(shape->names.begin(), shape->names.end(), name);
  if (found == shape->names.end()) {
    if (record->kind != ExprKind::WholeRow || record->args[1]->level > 0) {
      return no_field(name, location);
    }
    const int slot = record->args[1]->slot;
    for (const RangeEntry& entry : scope.query->entries) {
      if (slot < entry.first_slot ||
          slot >= entry.first_slot + static_cast<int>(entry.names.size())) {
        continue;
      }
      return Error(ErrorCode::ColumnMissing,
                   fmt::format("column {}.{} does not exist", entry.alias, name))
          .at(location + 1);
    }
    return no_field(name, location);
  }
  const auto index = static_cast<std::size_t>(found - shape->names.begin());
  if (is_row(*record)) return record->args[index + first_field(*record)];
  const Expr& part = *shape->args[index + first_field(*shape)];
  Expr* const field = coercion_.make(ExprKind::Field,
                                     part.type == oid::kUnknown ? oid::kText : part.type, location);
  field->typmod = part.typmod;
  field->index = static_cast<int>(index);
  field->args = {record};
  return field;
}

/// (record).* among the targets.
Result<void> Binder::expand_fields(const Node& node, Scope& scope) {
  LK_TRY(Expr* const record, bind_expr(*node.child("arg"), scope));
  const Expr* const shape = shape_of(*record, *scope.query);
  if (shape == nullptr) {
    return Error(ErrorCode::NotSupported, "record type has not been registered")
        .with([](ErrorDetails& details) { details.sqlstate = "42809"; });
  }
  const std::vector<std::string> names = shape->names;
  for (const std::string& name : names) {
    LK_TRY(Expr* const field, field_of(record, name, node.location, scope));
    scope.query->targets.push_back({field, name});
  }
  return {};
}

/// A row is null when all its fields are, and not null when none of them is.
Result<Expr*> Binder::null_test(Expr* arg, bool is_null, std::int32_t location) {
  const ExprKind kind = is_null ? ExprKind::IsNull : ExprKind::IsNotNull;
  if (arg->kind != ExprKind::Row) {
    Expr* const test = coercion_.make(kind, oid::kBool, location);
    test->args = {arg};
    return test;
  }
  Expr* const all = coercion_.make(ExprKind::And, oid::kBool, location);
  for (Expr* const field : arg->args) {
    Expr* const test = coercion_.make(kind, oid::kBool, location);
    test->args = {field};
    all->args.push_back(test);
  }
  return all;
}

/// IS DISTINCT FROM of rows that are written out: field by field.
Result<Expr*> Binder::distinct_rows(const Expr& left, const Expr& right, bool is_distinct,
                                    std::int32_t location) {
  if (left.args.size() != right.args.size()) {
    return Error(ErrorCode::SyntaxError, "unequal number of entries in row expressions")
        .at(location + 1);
  }
  Expr* const whole =
      coercion_.make(is_distinct ? ExprKind::Or : ExprKind::And, oid::kBool, location);
  for (std::size_t i = 0; i < left.args.size(); ++i) {
    LK_TRY(Expr* const equal,
           coercion_.call_operator("=", {left.args[i], right.args[i]}, location));
    Expr* const part = coercion_.make(is_distinct ? ExprKind::Distinct : ExprKind::NotDistinct,
                                      oid::kBool, location);
    part->args = {equal->args[0], equal->args[1], equal};
    whole->args.push_back(part);
  }
  return whole;
}

/// Texts sort by their bytes, whatever the collation is called that means that.
Result<Expr*> Binder::bind_collate(const Node& node, Scope& scope) {
  LK_TRY(Expr * arg, bind_expr(*node.child("arg"), scope));
  const std::vector<std::string> names = parse::texts_of(node.list("collname"));
  const std::string& name = names.back();
  if (name != "C" && name != "POSIX" && name != "default" && name != "ucs_basic") {
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("collation \"{}\" for encoding \"UTF8\" does not exist", name))
        .at(node.location + 1);
  }
  if (arg->type == oid::kUnknown) {
    return coercion_.coerce(arg, oid::kText, -1, CastContext::Implicit);
  }
  const Type* const type = find_type(arg->type);
  const Type* const element = type != nullptr && type->is_array() ? find_type(type->element) : type;
  if (element != nullptr && element->category != 'S') {
    return Error(ErrorCode::TypeMismatch,
                 "collations are not supported by type " + type_text(arg->type))
        .at(node.location + 1);
  }
  return arg;
}

/// The one row of a subquery, as a row of its columns.
Result<Expr*> Binder::row_of_subquery(const Node& sublink, Scope& scope) {
  LK_TRY(Query* const query, bind_query(*sublink.child("subselect"), &scope));
  Expr* const record = coercion_.make(ExprKind::ScalarRow, oid::kRecord, sublink.location);
  record->query = query;
  LK_CHECK(settle_targets(*query));
  Expr* const row = coercion_.make(ExprKind::Row, oid::kRecord, sublink.location);
  for (const Target& target : query->targets) {
    if (target.is_hidden) continue;
    Expr* const field = coercion_.make(ExprKind::Field, target.expr->type, sublink.location);
    field->typmod = target.expr->typmod;
    field->index = static_cast<int>(row->args.size());
    field->args = {record};
    row->args.push_back(field);
    row->names.push_back(target.name);
  }
  return row;
}

}  // namespace latchkey::sql::bind
