#include "sql/catalog/define_partition.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/table_rewrite.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/partitions.h"
#include "sql/exec/table_layout.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

Error bad_bound(std::string message) {
  return Error(ErrorCode::ObjectDefinitionInvalid, std::move(message));
}

std::string_view strategy_name(char strategy) {
  return strategy == 'l' ? "list" : strategy == 'h' ? "hash" : "range";
}

const Column& key_column(const Table& parent, std::size_t place) {
  return *parent.column_of(parent.partition_key.columns[place]);
}

/// A constant of a bound as the text of its column's type.
Result<PartitionValue> value_of_bound(const Node& node, const Column& column,
                                      DefineContext& context) {
  if (node.is(NodeKind::ColumnRef)) {
    const std::vector<std::string> names = parse::texts_of(node.list("fields"));
    if (names.size() == 1 && names[0] == "minvalue") return PartitionValue{'<', {}};
    if (names.size() == 1 && names[0] == "maxvalue") return PartitionValue{'>', {}};
    return Error(ErrorCode::ColumnReferenceInvalid,
                 "cannot use column reference in partition bound expression")
        .at(node.location + 1);
  }
  LK_TRY(const std::string text, parse::deparse(node));
  LK_TRY(const auto script, parse::parse("SELECT " + text));
  bind::Binder binder(bind_context(context), {});
  const Node& value_node = *script->statements[0].node->list("target_list")[0]->child("val");
  LK_TRY(const auto bound, binder.bind_expression(value_node, nullptr));
  bind::Coercion coercion(*bound, context.settings);
  LK_TRY(const bind::Expr* const expr, coercion.coerce(bound->query->targets[0].expr, column.type,
                                                       column.typmod, CastContext::Assignment));
  Arena arena;
  std::vector<Value> slots(static_cast<std::size_t>(bound->query->slot_count));
  Evaluation evaluation;
  evaluation.arena = &arena;
  evaluation.context = &context.execution;
  evaluation.settings = &context.settings;
  evaluation.slots = slots.data();
  const Value value = exec::evaluate(*expr, evaluation);
  if (evaluation.failed()) return *std::move(evaluation.error);
  if (value.is_null) return PartitionValue{'n', {}};
  PartitionValue kept;
  append_text(column.type, value, exec::kept_text_settings(), kept.text);
  return kept;
}

/// The order of two bounds of a column.
Result<int> order_of(const PartitionValue& a, const PartitionValue& b, Oid type) {
  const auto rank = [](char kind) { return kind == '<' ? 0 : kind == '>' ? 2 : 1; };
  if (rank(a.kind) != rank(b.kind)) return rank(a.kind) - rank(b.kind);
  if (a.kind != 'v' || b.kind != 'v') return (a.kind == 'n' ? 1 : 0) - (b.kind == 'n' ? 1 : 0);
  Arena arena;
  LK_TRY(const Value left, parse_text(type, -1, a.text, exec::kept_text_settings(), arena));
  LK_TRY(const Value right, parse_text(type, -1, b.text, exec::kept_text_settings(), arena));
  return compare(type, left, right);
}

Result<int> order_of(const std::vector<PartitionValue>& a, const std::vector<PartitionValue>& b,
                     const Table& parent) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    LK_TRY(const int order, order_of(a[i], b[i], key_column(parent, i).type));
    if (order != 0) return order;
    if (a[i].kind != 'v') return 0;
  }
  return 0;
}

std::string shown(const std::vector<PartitionValue>& values) {
  std::string text;
  for (const PartitionValue& value : values) {
    text += text.empty() ? "(" : ", ";
    text += value.kind == '<' ? "MINVALUE" : value.kind == '>' ? "MAXVALUE" : value.text;
  }
  return text + ")";
}

Result<std::vector<PartitionValue>> range_side(const Node& spec, const char* field,
                                               const Table& parent, DefineContext& context) {
  const auto datums = spec.list(field);
  const std::size_t count = parent.partition_key.columns.size();
  if (datums.size() != count) {
    return bad_bound(fmt::format("{} must specify exactly one value per partitioning column",
                                 std::string_view(field) == "lowerdatums" ? "FROM" : "TO"))
        .at(spec.location + 1);
  }
  std::vector<PartitionValue> values;
  for (std::size_t i = 0; i < count; ++i) {
    LK_TRY(PartitionValue value, value_of_bound(*datums[i], key_column(parent, i), context));
    if (value.kind == 'n') {
      return bad_bound("cannot specify NULL in range bound").at(spec.location + 1);
    }
    values.push_back(std::move(value));
  }
  return values;
}

Result<PartitionBound> bound_of(const Node& spec, const std::string& name, const Table& parent,
                                DefineContext& context) {
  const char strategy = parent.partition_key.strategy;
  PartitionBound bound;
  bound.is_default = spec.flag("is_default");
  if (bound.is_default) {
    if (strategy != 'h') return bound;
    return Error(ErrorCode::TableDefinitionInvalid,
                 "a hash-partitioned table may not have a default partition");
  }
  const Bytes given = spec.text("strategy");
  if (given.empty() || given[0] != strategy) {
    return Error(ErrorCode::TableDefinitionInvalid,
                 fmt::format("invalid bound specification for a {} partition",
                             strategy_name(strategy)))
        .at(spec.location + 1);
  }
  if (strategy == 'h') {
    bound.modulus = static_cast<std::int32_t>(spec.number("modulus"));
    bound.remainder = static_cast<std::int32_t>(spec.number("remainder"));
    if (bound.modulus <= 0) {
      return Error(ErrorCode::TableDefinitionInvalid,
                   "modulus for hash partition must be an integer value greater than zero");
    }
    if (bound.remainder < 0) {
      return Error(ErrorCode::TableDefinitionInvalid,
                   "remainder for hash partition must be an integer value greater than or equal "
                   "to zero");
    }
    if (bound.remainder >= bound.modulus) {
      return Error(ErrorCode::TableDefinitionInvalid,
                   "remainder for hash partition must be less than modulus");
    }
    return bound;
  }
  if (strategy == 'l') {
    for (const Node* const datum : spec.list("listdatums")) {
      LK_TRY(PartitionValue value, value_of_bound(*datum, key_column(parent, 0), context));
      bound.low.push_back(std::move(value));
    }
    return bound;
  }
  LK_TRY(bound.low, range_side(spec, "lowerdatums", parent, context));
  LK_TRY(bound.high, range_side(spec, "upperdatums", parent, context));
  LK_TRY(const int order, order_of(bound.low, bound.high, parent));
  if (order >= 0) {
    return bad_bound(fmt::format("empty range bound specified for partition \"{}\"", name))
        .with_detail(
            fmt::format("Specified lower bound {} is greater than or equal to upper bound {}.",
                        shown(bound.low), shown(bound.high)));
  }
  return bound;
}

Result<bool> overlaps(const PartitionBound& a, const PartitionBound& b, const Table& parent) {
  switch (parent.partition_key.strategy) {
    case 'l':
      for (const PartitionValue& left : a.low) {
        for (const PartitionValue& right : b.low) {
          if (left.kind == 'n' || right.kind == 'n') {
            if (left.kind == right.kind) return true;
            continue;
          }
          LK_TRY(const int order, order_of(left, right, key_column(parent, 0).type));
          if (order == 0) return true;
        }
      }
      return false;
    case 'h': {
      const std::int32_t least = std::min(a.modulus, b.modulus);
      return a.remainder % least == b.remainder % least;
    }
    default: {
      LK_TRY(const int low, order_of(a.low, b.high, parent));
      LK_TRY(const int high, order_of(b.low, a.high, parent));
      return low < 0 && high < 0;
    }
  }
}

Result<void> check_bound(const PartitionBound& bound, const std::string& name, const Table& parent,
                         DefineContext& context) {
  for (const Table* const other : context.change.catalog()->partitions_of(parent.oid)) {
    if (bound.is_default && other->bound.is_default) {
      return bad_bound(
          fmt::format("partition \"{}\" conflicts with existing default partition "
                      "\"{}\"",
                      name, other->name));
    }
    if (bound.is_default || other->bound.is_default) continue;
    if (parent.partition_key.strategy == 'h') {
      const std::int32_t larger = std::max(bound.modulus, other->bound.modulus);
      const std::int32_t smaller = std::min(bound.modulus, other->bound.modulus);
      if (larger % smaller != 0) {
        return bad_bound(
            "every hash partition modulus must be a factor of the next larger modulus");
      }
    }
    LK_TRY(const bool is_overlap, overlaps(bound, other->bound, parent));
    if (is_overlap) {
      return bad_bound(
          fmt::format("partition \"{}\" would overlap partition \"{}\"", name, other->name));
    }
  }
  return {};
}

/// Rows of `table` that belong elsewhere under the partitions as they are now.
Result<bool> has_strangers(const Table& table, const Table& parent, DefineContext& context) {
  const exec::Partitions partitions(*context.change.catalog(), parent);
  bool found = false;
  const auto look = [&](std::span<Value> values, Evaluation&) -> Result<void> {
    const exec::Partitions::Partition* const place = partitions.find(values);
    found = found || place == nullptr || place->table->oid != table.oid;
    return {};
  };
  LK_CHECK(for_each_row(table, look, context));
  return found;
}

/// The rows of a default partition must not belong to a new one.
Result<void> check_default_partition(const Table& parent, DefineContext& context) {
  for (const Table* const each : context.change.catalog()->partitions_of(parent.oid)) {
    if (!each->bound.is_default) continue;
    LK_TRY(const bool has, has_strangers(*each, parent, context));
    if (!has) return {};
    return Error(ErrorCode::CheckViolation,
                 fmt::format("updated partition constraint for default partition \"{}\" would be "
                             "violated by some row",
                             each->name));
  }
  return {};
}

Result<const Table*> partitioned_table(const Node& range_var, DefineContext& context) {
  LK_TRY(const Table* const parent, find_table(range_var, context));
  if (parent->kind == TableKind::Partitioned) return parent;
  return Error(ErrorCode::TableDefinitionInvalid,
               fmt::format("\"{}\" is not partitioned", parent->name));
}

/// What a table that is attached must have: the same columns, in the same places.
Result<void> check_columns(const Table& table, const Table& parent) {
  for (const Column& column : parent.columns) {
    if (column.is_dropped) continue;
    const Column* const own = table.find_column(column.name);
    if (own == nullptr) {
      return Error(ErrorCode::TypeMismatch,
                   fmt::format("child table is missing column \"{}\"", column.name));
    }
    if (own->type != column.type || own->typmod != column.typmod) {
      return Error(ErrorCode::TypeMismatch,
                   fmt::format("child table \"{}\" has different type for column \"{}\"",
                               table.name, column.name));
    }
    if (column.not_null && !own->not_null) {
      return Error(
          ErrorCode::TypeMismatch,
          fmt::format("column \"{}\" in child table must be marked NOT NULL", column.name));
    }
  }
  for (const Column& column : table.columns) {
    if (column.is_dropped || parent.find_column(column.name) != nullptr) continue;
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("table \"{}\" contains column \"{}\" not found in parent \"{}\"",
                             table.name, column.name, parent.name))
        .with_detail("The new partition may contain only the columns present in parent.");
  }
  bool is_alike = table.columns.size() == parent.columns.size();
  for (std::size_t i = 0; is_alike && i < table.columns.size(); ++i) {
    is_alike = table.columns[i].is_dropped == parent.columns[i].is_dropped &&
               (table.columns[i].is_dropped || table.columns[i].name == parent.columns[i].name);
  }
  if (is_alike) return {};
  return Error(ErrorCode::NotSupported,
               "a partition must have the columns of its table in the same order");
}

bool is_alike(const Index& a, const Index& b) {
  if (a.is_unique != b.is_unique || a.is_primary != b.is_primary || a.predicate != b.predicate ||
      a.columns.size() != b.columns.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.columns.size(); ++i) {
    if (a.columns[i].column != b.columns[i].column ||
        a.columns[i].expression != b.columns[i].expression ||
        a.columns[i].is_descending != b.columns[i].is_descending) {
      return false;
    }
  }
  return true;
}

}  // namespace

Index index_of_partition(const Index& index, const Table& parent, const Table& partition,
                         DefineContext& context) {
  Index copy = index;
  copy.oid = context.change.database().next_oid();
  copy.parent = index.oid;
  copy.tree = {};
  std::string names;
  for (const IndexColumn& part : index.columns) {
    names += names.empty() ? "" : "_";
    names += part.column == 0 ? "expr" : parent.column_of(part.column)->name;
  }
  const char* const suffix = index.is_primary ? "pkey" : index.is_constraint ? "key" : "idx";
  copy.name =
      free_name(*context.change.catalog(), partition,
                generated_name(partition.name, index.is_primary ? std::string() : names, suffix));
  return copy;
}

Result<void> check_unique_key(const Index& index, const Table& table) {
  if (!index.is_unique || table.kind != TableKind::Partitioned) return {};
  for (const std::int16_t number : table.partition_key.columns) {
    const bool has = std::any_of(index.columns.begin(), index.columns.end(),
                                 [&](const IndexColumn& part) { return part.column == number; });
    if (has) continue;
    return Error(ErrorCode::NotSupported,
                 "unique constraint on partitioned table must include all partitioning columns")
        .with_detail(fmt::format(
            "{} constraint on table \"{}\" lacks column \"{}\" which is part of the partition "
            "key.",
            index.is_primary ? "PRIMARY KEY" : "UNIQUE", table.name,
            table.column_of(number)->name));
  }
  return {};
}

Result<void> set_partition_key(const Node& spec, Table& table, DefineContext&) {
  const std::string strategy(spec.text("strategy"));
  if (strategy != "range" && strategy != "list" && strategy != "hash") {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("unrecognized partitioning strategy \"{}\"", strategy));
  }
  table.kind = TableKind::Partitioned;
  table.partition_key.strategy = strategy[0];
  for (const Node* const element : spec.list("part_params")) {
    const Bytes name = element->text("name");
    if (name.empty()) {
      return Error(ErrorCode::NotSupported, "partitioning by an expression is not supported")
          .at(element->location + 1);
    }
    const Column* const column = table.find_column(name);
    if (column == nullptr) {
      return Error(ErrorCode::ColumnMissing,
                   fmt::format("column \"{}\" named in partition key does not exist", name))
          .at(element->location + 1);
    }
    table.partition_key.columns.push_back(column->number);
  }
  if (strategy == "list" && table.partition_key.columns.size() > 1) {
    return Error(ErrorCode::ObjectDefinitionInvalid,
                 "cannot use \"list\" partition strategy with more than one column");
  }
  for (const Index& index : table.indexes) LK_CHECK(check_unique_key(index, table));
  return {};
}

Result<std::string> create_partition(const Node& statement, Table table, DefineContext& context) {
  LK_TRY(const Table* const found, partitioned_table(*statement.list("inh_relations")[0], context));
  const Table parent = *found;
  if (!statement.list("table_elts").empty()) {
    return Error(ErrorCode::NotSupported,
                 "columns and constraints of a partition of its own are not supported");
  }
  if (statement.child("partspec") != nullptr) {
    return Error(ErrorCode::NotSupported, "partitions of partitions are not supported");
  }
  LK_TRY(table.bound, bound_of(*statement.child("partbound"), table.name, parent, context));
  LK_CHECK(check_bound(table.bound, table.name, parent, context));
  table.parent = parent.oid;
  table.columns = parent.columns;
  for (Column& column : table.columns) {
    column.identity = 0;
    column.sequence = Oid::None;
    column.has_missing = false;
    column.missing_text.clear();
  }
  table.key_columns = parent.key_columns;
  table.checks = parent.checks;
  for (CheckConstraint& check : table.checks) {
    check.oid = context.change.database().next_oid();
    check.is_inherited = true;
  }
  for (const Index& index : parent.indexes) {
    table.indexes.push_back(index_of_partition(index, parent, table, context));
  }
  LK_CHECK(create_trees(table, context.change.transaction()));
  LK_CHECK(context.change.put(std::move(table)));
  LK_CHECK(check_default_partition(parent, context));
  return std::string("CREATE TABLE");
}

Result<void> attach_partition(const Table& parent, const Node& command, DefineContext& context) {
  const Node& definition = *command.child("def");
  LK_TRY(const Table* const found, find_table(*definition.child("name"), context));
  Table table = *found;
  if (parent.kind != TableKind::Partitioned) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("table \"{}\" is not partitioned", parent.name));
  }
  if (table.parent != Oid::None) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("\"{}\" is already a partition", table.name));
  }
  if (!table.has_rows() || table.temporary != parent.temporary || !table.foreign_keys.empty()) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("\"{}\" cannot be attached as a partition", table.name));
  }
  LK_CHECK(check_columns(table, parent));
  LK_TRY(table.bound, bound_of(*definition.child("bound"), table.name, parent, context));
  LK_CHECK(check_bound(table.bound, table.name, parent, context));
  table.parent = parent.oid;
  const Table stored = table;
  for (const Index& index : parent.indexes) {
    const auto own = std::find_if(
        table.indexes.begin(), table.indexes.end(),
        [&](const Index& each) { return each.parent == Oid::None && is_alike(each, index); });
    if (own != table.indexes.end()) {
      own->parent = index.oid;
      continue;
    }
    if (index.is_primary) table.key_columns = parent.key_columns;
    table.indexes.push_back(index_of_partition(index, parent, table, context));
  }
  if (table.key_columns != parent.key_columns) {
    return Error(ErrorCode::NotSupported,
                 "a partition cannot have a primary key that its table has not");
  }
  if (table.key_columns != stored.key_columns) {
    LK_CHECK(rewrite_table(stored, table, context));
  } else {
    for (Index& index : table.indexes) {
      if (index.is_primary || index.tree != storage::TreeId{}) continue;
      LK_TRY(index.tree, context.change.transaction().create_tree(tree_options(table, true)));
      LK_CHECK(fill_index(table, index, context));
    }
  }
  LK_CHECK(context.change.put(table));
  LK_TRY(const bool has_strange, has_strangers(table, parent, context));
  if (has_strange) {
    return Error(
        ErrorCode::CheckViolation,
        fmt::format("partition constraint of relation \"{}\" is violated by some row", table.name));
  }
  return check_default_partition(parent, context);
}

Result<void> detach_partition(const Table& parent, const Node& command, DefineContext& context) {
  const Node& name = *command.child("def")->child("name");
  LK_TRY(const Table* const found, find_table(name, context));
  if (found->parent != parent.oid) {
    return Error(ErrorCode::TableMissing,
                 fmt::format("relation \"{}\" is not a partition of relation \"{}\"", found->name,
                             parent.name));
  }
  Table table = *found;
  table.parent = Oid::None;
  table.bound = {};
  for (Index& index : table.indexes) index.parent = Oid::None;
  for (CheckConstraint& check : table.checks) check.is_inherited = false;
  return context.change.put(std::move(table));
}

}  // namespace latchkey::sql::definitions
