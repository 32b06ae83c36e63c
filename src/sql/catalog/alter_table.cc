#include "sql/catalog/alter_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_partition.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/system_tables.h"
#include "sql/catalog/table_rewrite.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/foreign_keys.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

using parse::AlterTableKind;

namespace {

/// Commands are carried out in this order, as at PostgreSQL: what goes, types, what comes.
int pass_of(const Node& command) {
  switch (command.as<AlterTableKind>("subtype")) {
    case AlterTableKind::DropColumn:
    case AlterTableKind::DropConstraint:
      return 0;
    case AlterTableKind::AlterColumnType:
      return 1;
    case AlterTableKind::AddColumn:
      return 2;
    case AlterTableKind::AddConstraint:
      return 4;
    default:
      return 3;
  }
}

/// Commands that a partitioned table passes on.
bool changes_partitions(const Node& command) {
  switch (command.as<AlterTableKind>("subtype")) {
    case AlterTableKind::AddColumn:
    case AlterTableKind::DropColumn:
    case AlterTableKind::ColumnDefault:
    case AlterTableKind::SetNotNull:
    case AlterTableKind::DropNotNull:
    case AlterTableKind::DropExpression:
    case AlterTableKind::AlterColumnType:
    case AlterTableKind::AddConstraint:
    case AlterTableKind::ValidateConstraint:
    case AlterTableKind::DropConstraint:
      return true;
    default:
      return false;
  }
}

/// What a partitioned table and its partitions do not do.
Result<void> check_partition_commands(const Table& table,
                                      const std::vector<const Node*>& commands) {
  for (const Node* const command : commands) {
    const auto kind = command->as<AlterTableKind>("subtype");
    if (table.parent != Oid::None &&
        (kind == AlterTableKind::AddColumn || kind == AlterTableKind::DropColumn ||
         kind == AlterTableKind::AlterColumnType)) {
      return Error(ErrorCode::WrongObjectKind,
                   kind == AlterTableKind::AddColumn
                       ? std::string("cannot add column to a partition")
                       : fmt::format("cannot {} inherited column \"{}\"",
                                     kind == AlterTableKind::DropColumn ? "drop" : "alter",
                                     command->text("name")));
    }
    if (table.kind != TableKind::Partitioned) continue;
    const bool is_key_column =
        (kind == AlterTableKind::DropColumn || kind == AlterTableKind::AlterColumnType) &&
        table.find_column(command->text("name")) != nullptr &&
        std::find(table.partition_key.columns.begin(), table.partition_key.columns.end(),
                  table.find_column(command->text("name"))->number) !=
            table.partition_key.columns.end();
    if (is_key_column) {
      return Error(ErrorCode::TableDefinitionInvalid,
                   fmt::format("cannot {} column \"{}\" because it is part of the partition key "
                               "of relation \"{}\"",
                               kind == AlterTableKind::DropColumn ? "drop" : "alter",
                               command->text("name"), table.name));
    }
    if (kind == AlterTableKind::AddConstraint) {
      const auto constraint = command->child("def")->as<parse::ConstraintKind>("contype");
      if (constraint == parse::ConstraintKind::Check) continue;
      return Error(ErrorCode::NotSupported,
                   "keys cannot be added to a partitioned table that exists");
    }
  }
  return {};
}

std::string tag_of(parse::ObjectKind kind) {
  switch (kind) {
    case parse::ObjectKind::View:
      return "ALTER VIEW";
    case parse::ObjectKind::Sequence:
      return "ALTER SEQUENCE";
    case parse::ObjectKind::Index:
      return "ALTER INDEX";
    default:
      return "ALTER TABLE";
  }
}

}  // namespace

Result<Column*> TableAlteration::column_of(Bytes name) {
  for (Column& column : table_.columns) {
    if (!column.is_dropped && column.name == name) return &column;
  }
  return Error(ErrorCode::ColumnMissing,
               fmt::format("column \"{}\" of relation \"{}\" does not exist", name, table_.name));
}

Result<void> TableAlteration::put() { return context_.change.put(table_); }

void TableAlteration::reload() {
  table_ = *context_.change.catalog()->find_table(table_.oid);
  stored_ = table_;
}

Result<void> TableAlteration::run(const Node& command) {
  const auto kind = command.as<AlterTableKind>("subtype");
  const bool is_table = table_.kind == TableKind::Table || table_.kind == TableKind::Partitioned;
  if (!is_table && kind != AlterTableKind::ChangeOwner && kind != AlterTableKind::SetRelOptions &&
      kind != AlterTableKind::ResetRelOptions) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("this form of ALTER is not supported for \"{}\"", table_.name));
  }
  switch (kind) {
    case AlterTableKind::AddColumn:
      return add_column(command);
    case AlterTableKind::DropColumn:
      return drop_column(command);
    case AlterTableKind::ColumnDefault:
      return set_default(command);
    case AlterTableKind::SetNotNull:
      return set_not_null(command, true);
    case AlterTableKind::DropNotNull:
      return set_not_null(command, false);
    case AlterTableKind::DropExpression:
      return drop_expression(command);
    case AlterTableKind::AlterColumnType:
      return set_type(command);
    case AlterTableKind::AddIdentity:
      return add_identity(command);
    case AlterTableKind::SetIdentity:
      return set_identity(command);
    case AlterTableKind::DropIdentity:
      return drop_identity(command);
    case AlterTableKind::AddConstraint:
      return add_constraint(command);
    case AlterTableKind::AlterConstraint:
      return alter_constraint(command);
    case AlterTableKind::ValidateConstraint:
      return validate_constraint(command);
    case AlterTableKind::DropConstraint:
      return drop_constraint(command);
    case AlterTableKind::ChangeOwner:
      table_.owner = role_name(*command.child("newowner"), context_);
      return {};
    case AlterTableKind::SetLogged:
    case AlterTableKind::SetUnlogged: {
      const bool is_unlogged = kind == AlterTableKind::SetUnlogged;
      if (table_.temporary != 0) {
        return Error(ErrorCode::TableDefinitionInvalid,
                     fmt::format("cannot change logged status of table \"{}\" because it is "
                                 "temporary",
                                 table_.name));
      }
      must_rewrite_ = must_rewrite_ || is_unlogged != table_.is_unlogged;
      table_.is_unlogged = is_unlogged;
      return {};
    }
    case AlterTableKind::SetStatistics:
    case AlterTableKind::SetOptions:
    case AlterTableKind::ResetOptions:
    case AlterTableKind::SetStorage:
    case AlterTableKind::SetCompression: {
      // How PostgreSQL stores and counts a column; here every column is stored in one way.
      LK_TRY(const Column* const column, column_of(command.text("name")));
      (void)column;
      return {};
    }
    case AlterTableKind::SetRelOptions:
    case AlterTableKind::ResetRelOptions:
      for (const Node* const option : command.child("def")->list("items")) {
        if (option->text("defname") != "ttl") continue;
        return Error(ErrorCode::NotSupported, "SET (ttl = ..) is not supported yet");
      }
      return {};
    case AlterTableKind::AttachPartition:
      LK_CHECK(attach_partition(table_, command, context_));
      return {};
    case AlterTableKind::DetachPartition:
      LK_CHECK(detach_partition(table_, command, context_));
      return {};
    case AlterTableKind::EnableRowSecurity:
    case AlterTableKind::DisableRowSecurity:
    case AlterTableKind::ForceRowSecurity:
    case AlterTableKind::NoForceRowSecurity:
      return Error(ErrorCode::NotSupported, "row-level security is not supported");
    default:
      return Error(ErrorCode::NotSupported, "this form of ALTER TABLE is not supported");
  }
}

Result<void> TableAlteration::compute(const NewValue& value, std::span<const Value> before,
                                      std::span<Value> after, Evaluation& evaluation) {
  const std::size_t at = static_cast<std::size_t>(&value - new_values_.data());
  if (bound_values_.size() <= at) bound_values_.resize(new_values_.size());
  if (bound_values_[at] == nullptr) {
    LK_TRY(const auto script, parse::parse("SELECT " + value.text));
    bind::Binder binder(bind_context(context_), {});
    const Node& node = *script->statements[0].node->list("target_list")[0]->child("val");
    LK_TRY(bound_values_[at], binder.bind_default(node, table_.columns[value.column], &value.seen));
  }
  const bind::Query& query = *bound_values_[at]->query;
  std::vector<Value> slots(static_cast<std::size_t>(query.slot_count));
  std::copy_n(before.begin(), value.seen.columns.size(),
              slots.begin() + query.entries[0].first_slot);
  Value* const outer_slots = std::exchange(evaluation.slots, slots.data());
  after[value.column] = exec::evaluate(*query.targets[0].expr, evaluation);
  evaluation.slots = outer_slots;
  if (evaluation.failed()) return *std::exchange(evaluation.error, std::nullopt);
  return {};
}

Result<void> TableAlteration::finish() {
  if (table_.has_rows()) {
    must_rewrite_ =
        must_rewrite_ || !new_values_.empty() || table_.key_columns != stored_.key_columns;
    if (must_rewrite_) {
      LK_CHECK(put());  // expressions may look at the table's sequences and types
      std::vector<Value> before(table_.columns.size());
      const auto change = [&](std::span<Value> values, Evaluation& evaluation) -> Result<void> {
        std::copy(values.begin(), values.end(), before.begin());
        for (const NewValue& value : new_values_) {
          LK_CHECK(compute(value, before, values, evaluation));
        }
        return {};
      };
      // A rewritten row has all its columns.
      for (Column& column : table_.columns) {
        column.has_missing = false;
        column.missing_text.clear();
      }
      LK_CHECK(rewrite_table(stored_, table_, change, context_));
    } else {
      for (Index& index : table_.indexes) {
        if (index.is_primary || index.tree != storage::TreeId{}) continue;
        LK_TRY(index.tree, context_.change.transaction().create_tree(tree_options(table_, true)));
        LK_CHECK(fill_index(table_, index, context_));
      }
    }
  }
  LK_CHECK(put());
  if (table_.has_rows()) LK_CHECK(validate());
  return {};
}

Result<std::string> alter_table(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<parse::ObjectKind>("objtype");
  const QualifiedName name = name_of_range_var(*statement.child("relation"));
  if (kind == parse::ObjectKind::Index) {
    return Error(ErrorCode::NotSupported, "this form of ALTER INDEX is not supported");
  }
  const Table* const table = look_up(name, context);
  if (table == nullptr) {
    LK_CHECK(missing(ErrorCode::TableMissing,
                     fmt::format("relation \"{}\" does not exist", name.name),
                     statement.flag("missing_ok"), context));
    return tag_of(kind);
  }
  LK_CHECK(check_not_system(*table));
  if (table->kind == TableKind::KeyValue) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("\"{}\" is not a table of SQL's", table->name));
  }
  std::vector<const Node*> commands(statement.list("cmds").begin(), statement.list("cmds").end());
  std::stable_sort(commands.begin(), commands.end(),
                   [](const Node* a, const Node* b) { return pass_of(*a) < pass_of(*b); });
  const std::shared_ptr<const Catalog> before = context.change.catalog();
  LK_CHECK(check_partition_commands(*table, commands));
  TableAlteration alteration(*table, context);
  for (const Node* const command : commands) LK_CHECK(alteration.run(*command));
  LK_CHECK(alteration.finish());
  // What changes the columns of a partitioned table changes those of its partitions.
  for (const Table* const partition : before->partitions_of(table->oid)) {
    TableAlteration same(*context.change.catalog()->find_table(partition->oid), context);
    for (const Node* const command : commands) {
      if (changes_partitions(*command)) LK_CHECK(same.run(*command));
    }
    LK_CHECK(same.finish());
  }
  return tag_of(kind);
}

}  // namespace latchkey::sql::definitions
