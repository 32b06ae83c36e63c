#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/alter_table.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/drop_objects.h"
#include "sql/catalog/table_builder.h"
#include "sql/catalog/table_rewrite.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/foreign_keys.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

Error no_constraint(Bytes name, const Table& table) {
  return Error(
      ErrorCode::ObjectMissing,
      fmt::format("constraint \"{}\" of relation \"{}\" does not exist", name, table.name));
}

/// A check with its expression bound over the row of its table.
struct BoundCheck {
  const CheckConstraint* check;
  std::unique_ptr<bind::Bound> bound;
};

}  // namespace

Result<void> TableAlteration::add_constraint(const Node& command) {
  const Node& definition = *command.child("def");
  const std::vector<std::int16_t> not_null_before = [&] {
    std::vector<std::int16_t> numbers;
    for (const Column& column : table_.columns) {
      if (column.not_null) numbers.push_back(column.number);
    }
    return numbers;
  }();
  const std::size_t check_count = table_.checks.size();
  const std::size_t key_count = table_.foreign_keys.size();
  TableBuilder builder(context_, table_);
  LK_CHECK(builder.add_constraint(definition, {}));
  LK_CHECK(builder.finish());
  for (std::size_t i = check_count; i < table_.checks.size(); ++i) {
    if (table_.checks[i].is_validated) new_checks_.push_back(table_.checks[i].oid);
  }
  for (std::size_t i = key_count; i < table_.foreign_keys.size(); ++i) {
    if (table_.foreign_keys[i].is_validated) new_checks_.push_back(table_.foreign_keys[i].oid);
  }
  for (const Column& column : table_.columns) {
    const bool is_new = column.not_null && std::find(not_null_before.begin(), not_null_before.end(),
                                                     column.number) == not_null_before.end();
    if (is_new) new_not_null_.push_back(column.number);
  }
  return {};
}

Result<void> TableAlteration::alter_constraint(const Node& command) {
  const Node& definition = *command.child("def");
  const Bytes name = definition.text("conname");
  for (ForeignKey& key : table_.foreign_keys) {
    if (key.name != name) continue;
    key.is_deferrable = definition.flag("deferrable");
    key.is_deferred = definition.flag("initdeferred");
    return {};
  }
  if (!has_constraint(table_, std::string(name))) return no_constraint(name, table_);
  return Error(ErrorCode::WrongObjectKind,
               fmt::format("constraint \"{}\" of relation \"{}\" is not a foreign key constraint",
                           name, table_.name));
}

Result<void> TableAlteration::validate_constraint(const Node& command) {
  const Bytes name = command.text("name");
  for (CheckConstraint& check : table_.checks) {
    if (check.name != name) continue;
    if (!check.is_validated) new_checks_.push_back(check.oid);
    check.is_validated = true;
    return {};
  }
  for (ForeignKey& key : table_.foreign_keys) {
    if (key.name != name) continue;
    if (!key.is_validated) new_checks_.push_back(key.oid);
    key.is_validated = true;
    return {};
  }
  if (!has_constraint(table_, std::string(name))) return no_constraint(name, table_);
  return Error(ErrorCode::WrongObjectKind,
               fmt::format("constraint \"{}\" of relation \"{}\" is not a foreign key or check "
                           "constraint",
                           name, table_.name));
}

Result<void> TableAlteration::drop_constraint(const Node& command) {
  const Bytes name = command.text("name");
  const auto has_name = [&](const auto& each) { return each.name == name; };
  if (std::erase_if(table_.checks, has_name) > 0) return {};
  if (std::erase_if(table_.foreign_keys, has_name) > 0) return {};
  for (const Index& index : table_.indexes) {
    if (!index.is_constraint || index.name != name) continue;
    const bool cascade = command.as<parse::DropKind>("behavior") == parse::DropKind::Cascade;
    LK_CHECK(put());
    const Oid oid = index.oid;
    LK_CHECK(drop_objects({{DropObject::Kind::Index, oid}}, cascade, context_));
    reload();
    return {};
  }
  if (!command.flag("missing_ok")) return no_constraint(name, table_);
  return missing(ErrorCode::ObjectMissing, no_constraint(name, table_).message(), true, context_);
}

/// The rows that are there must keep the new promises.
Result<void> TableAlteration::validate() {
  if (new_not_null_.empty() && new_checks_.empty()) return {};
  const auto is_new = [&](Oid oid) {
    return std::find(new_checks_.begin(), new_checks_.end(), oid) != new_checks_.end();
  };
  std::vector<BoundCheck> checks;
  for (const CheckConstraint& check : table_.checks) {
    if (!is_new(check.oid)) continue;
    LK_TRY(const auto script, parse::parse("SELECT " + check.expression));
    bind::Binder binder(bind_context(context_), {});
    const Node& node = *script->statements[0].node->list("target_list")[0]->child("val");
    LK_TRY(auto bound, binder.bind_expression(node, &table_));
    checks.push_back({&check, std::move(bound)});
  }
  ExecutionContext execution(context_.change.transaction(), context_.change.database().engine(),
                             *context_.change.catalog(), context_.execution.services,
                             context_.execution.limits());
  exec::ForeignKeys foreign_keys(execution, context_.settings);
  const auto look = [&](std::span<Value> values, Evaluation& evaluation) -> Result<void> {
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const Column& column = table_.columns[i];
      const bool must_be_there = std::find(new_not_null_.begin(), new_not_null_.end(),
                                           column.number) != new_not_null_.end();
      if (!must_be_there || !values[i].is_null) continue;
      return Error(ErrorCode::NotNullViolation,
                   fmt::format("column \"{}\" of relation \"{}\" contains null values", column.name,
                               table_.name));
    }
    for (const BoundCheck& each : checks) {
      const bind::Query& query = *each.bound->query;
      std::vector<Value> slots(static_cast<std::size_t>(query.slot_count));
      std::copy(values.begin(), values.end(), slots.begin() + query.entries[0].first_slot);
      evaluation.slots = slots.data();
      const Value fits = exec::evaluate(*query.targets[0].expr, evaluation);
      if (evaluation.failed()) return *std::exchange(evaluation.error, std::nullopt);
      if (fits.is_null || fits.boolean()) continue;
      return Error(ErrorCode::CheckViolation,
                   fmt::format("check constraint \"{}\" of relation \"{}\" is violated by some "
                               "row",
                               each.check->name, table_.name));
    }
    for (const ForeignKey& key : table_.foreign_keys) {
      if (is_new(key.oid)) LK_CHECK(foreign_keys.check_row(table_, key, values));
    }
    return {};
  };
  return for_each_row(table_, look, context_);
}

}  // namespace latchkey::sql::definitions
