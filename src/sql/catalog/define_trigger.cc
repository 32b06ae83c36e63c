#include "sql/catalog/define_trigger.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"
#include "sql/plpgsql/trigger_names.h"

namespace latchkey::sql {

namespace {

using parse::Node;
using parse::NodeKind;

// As the grammar numbers them.
constexpr std::int64_t kBefore = 2;
constexpr std::int64_t kInstead = 64;
constexpr std::int64_t kInsert = 4;
constexpr std::int64_t kDelete = 8;
constexpr std::int64_t kUpdate = 16;
constexpr std::int64_t kTruncate = 32;
enum : std::int64_t {
  kEnable = 43,
  kEnableAlways,
  kEnableReplica,
  kDisable,
  kEnableAll,
  kDisableAll,
  kEnableUser,
  kDisableUser,
};

bind::BindContext bind_context(const DefineContext& context) {
  bind::BindContext bind;
  bind.catalog = context.change.catalog();
  bind.settings = &context.settings;
  bind.search_path = context.search_path;
  bind.user = context.user;
  return bind;
}

Error invalid(std::string message) {
  return Error(ErrorCode::ObjectDefinitionInvalid, std::move(message));
}

Result<void> check_kind(const Node& statement, const Table& table) {
  const std::int64_t timing = statement.number("timing");
  const bool for_each_row = statement.flag("row");
  if (statement.flag("isconstraint")) {
    return Error(ErrorCode::NotSupported, "constraint triggers are not supported");
  }
  if (!statement.list("transition_rels").empty()) {
    return Error(ErrorCode::NotSupported, "REFERENCING is not supported");
  }
  const auto wrong_kind = [&](const char* is, const char* detail) {
    return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is a {}", table.name, is))
        .with_detail(detail);
  };
  if (table.kind == TableKind::View) {
    if (timing != kInstead && for_each_row) {
      return wrong_kind("view", "Views cannot have row-level BEFORE or AFTER triggers.");
    }
    return Error(ErrorCode::NotSupported, "triggers on views are not supported");
  }
  if (timing == kInstead) {
    return wrong_kind("table", "Tables cannot have INSTEAD OF triggers.");
  }
  if (table.kind != TableKind::Table && table.kind != TableKind::KeyValue) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("relation \"{}\" cannot have triggers", table.name));
  }
  if (for_each_row && (statement.number("events") & kTruncate) != 0) {
    return Error(ErrorCode::NotSupported, "TRUNCATE FOR EACH ROW triggers are not supported");
  }
  return {};
}

Result<void> read_condition(const Node& statement, const Table& table, Trigger& trigger,
                            const DefineContext& context) {
  const Node* const condition = statement.child("when_clause");
  if (condition == nullptr) return {};
  plpgsql::TriggerNames names(table);
  bind::BindContext bind = bind_context(context);
  bind.names = &names;
  bind::Binder binder(bind, {});
  LK_TRY(const auto bound, binder.bind_expression(*condition, nullptr));
  const Oid type = bound->query->targets[0].expr->type;
  if (type != oid::kBool) {
    return Error(ErrorCode::TypeMismatch,
                 "argument of WHEN must be type boolean, not type " + type_text(type));
  }
  if (!trigger.for_each_row && (names.uses_new() || names.uses_old())) {
    return invalid("statement trigger's WHEN condition cannot reference column values");
  }
  if (trigger.is_on(kOnInsert) && names.uses_old()) {
    return invalid("INSERT trigger's WHEN condition cannot reference OLD values");
  }
  if (trigger.is_on(kOnDelete) && names.uses_new()) {
    return invalid("DELETE trigger's WHEN condition cannot reference NEW values");
  }
  LK_TRY(trigger.condition, parse::deparse(*condition));
  return {};
}

/// The function without arguments that a trigger calls.
Result<Oid> routine_of(const Node& statement, const DefineContext& context) {
  const std::vector<std::string> names = parse::texts_of(statement.list("funcname"));
  const Catalog& catalog = *context.change.catalog();
  const auto path =
      names.size() > 1 ? std::vector<std::string>{names[names.size() - 2]} : context.search_path;
  for (const std::string& each : path) {
    const Schema* const schema = catalog.find_schema(each);
    if (schema == nullptr) continue;
    for (const auto& routine : catalog.find_routines(names.back())) {
      if (routine->schema != schema->oid || !routine->input_types().empty()) continue;
      if (routine->result != oid::kTrigger) {
        return invalid(fmt::format("function {} must return type trigger", routine->name));
      }
      return routine->oid;
    }
  }
  return Error(ErrorCode::FunctionMissing,
               fmt::format("function {}() does not exist", names.back()));
}

Result<std::string> create_trigger(const Node& statement, DefineContext& context) {
  LK_TRY(const Table* const found,
         bind::Binder(bind_context(context), {}).table_of(*statement.child("relation")));
  Table table = *found;
  LK_CHECK(check_kind(statement, table));
  Trigger trigger;
  trigger.name = statement.text("trigname");
  trigger.timing =
      statement.number("timing") == kBefore ? TriggerTiming::Before : TriggerTiming::After;
  trigger.for_each_row = statement.flag("row");
  const std::int64_t events = statement.number("events");
  trigger.events = static_cast<std::int16_t>(
      ((events & kInsert) != 0 ? kOnInsert : 0) | ((events & kDelete) != 0 ? kOnDelete : 0) |
      ((events & kUpdate) != 0 ? kOnUpdate : 0) | ((events & kTruncate) != 0 ? kOnTruncate : 0));
  for (const std::string& name : parse::texts_of(statement.list("columns"))) {
    const Column* const column = table.find_column(name);
    if (column == nullptr) {
      return Error(
          ErrorCode::ColumnMissing,
          fmt::format("column \"{}\" of relation \"{}\" does not exist", name, table.name));
    }
    const auto& columns = trigger.columns;
    if (std::find(columns.begin(), columns.end(), column->number) != columns.end()) {
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" specified more than once", name));
    }
    trigger.columns.push_back(column->number);
  }
  trigger.arguments = parse::texts_of(statement.list("args"));
  LK_CHECK(read_condition(statement, table, trigger, context));
  LK_TRY(trigger.routine, routine_of(statement, context));
  const auto existing =
      std::find_if(table.triggers.begin(), table.triggers.end(),
                   [&](const Trigger& each) { return each.name == trigger.name; });
  if (existing != table.triggers.end()) {
    if (!statement.flag("replace")) {
      return Error(ErrorCode::ObjectDuplicate,
                   fmt::format("trigger \"{}\" for relation \"{}\" already exists", trigger.name,
                               table.name));
    }
    trigger.oid = existing->oid;
    *existing = std::move(trigger);
  } else {
    trigger.oid = context.change.database().next_oid();
    table.triggers.push_back(std::move(trigger));
  }
  // They fire in the order of their names.
  std::sort(table.triggers.begin(), table.triggers.end(),
            [](const Trigger& a, const Trigger& b) { return a.name < b.name; });
  LK_CHECK(context.change.put(std::move(table)));
  return std::string("CREATE TRIGGER");
}

Result<std::string> enable_triggers(const Node& statement, DefineContext& context) {
  Result<const Table*> found =
      bind::Binder(bind_context(context), {}).table_of(*statement.child("relation"));
  if (!found.has_value()) {
    if (!statement.flag("missing_ok")) return std::move(found).error();
    context.notice(Error(ErrorCode::TableMissing, found.error().message() + ", skipping"));
    return std::string("ALTER TABLE");
  }
  Table table = **found;
  for (const Node* const command : statement.list("cmds")) {
    const std::int64_t kind = command->number("subtype");
    const bool enables = kind != kDisable && kind != kDisableAll && kind != kDisableUser;
    const bool is_named = kind < kEnableAll;
    bool is_found = false;
    for (Trigger& trigger : table.triggers) {
      if (is_named && trigger.name != command->text("name")) continue;
      trigger.is_enabled = enables;
      is_found = true;
    }
    if (is_named && !is_found) {
      return Error(ErrorCode::ObjectMissing,
                   fmt::format("trigger \"{}\" for table \"{}\" does not exist",
                               command->text("name"), table.name));
    }
  }
  LK_CHECK(context.change.put(std::move(table)));
  return std::string("ALTER TABLE");
}

}  // namespace

bool is_trigger_definition(const Node& statement) {
  if (statement.is(NodeKind::CreateTrigStmt)) return true;
  if (!statement.is(NodeKind::AlterTableStmt)) return false;
  const auto commands = statement.list("cmds");
  return !commands.empty() &&
         std::all_of(commands.begin(), commands.end(), [](const Node* command) {
           const std::int64_t kind = command->number("subtype");
           return kind >= kEnable && kind <= kDisableUser;
         });
}

Result<std::string> define_trigger(const Node& statement, DefineContext& context) {
  if (statement.is(NodeKind::CreateTrigStmt)) return create_trigger(statement, context);
  LK_ASSERT(statement.is(NodeKind::AlterTableStmt));
  return enable_triggers(statement, context);
}

}  // namespace latchkey::sql
