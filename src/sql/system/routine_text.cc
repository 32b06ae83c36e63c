#include "sql/system/routine_text.h"

#include <fmt/format.h>

#include "sql/exec/context.h"
#include "sql/parse/deparse.h"
#include "sql/system/definition_text.h"

namespace latchkey::sql::system {

namespace {

using parse::quoted_name;

std::string_view mode_text(const Routine& routine, ArgumentMode mode) {
  switch (mode) {
    case ArgumentMode::In:
      return routine.is_procedure() ? "IN " : "";
    case ArgumentMode::Out:
      return "OUT ";
    case ArgumentMode::InOut:
      return "INOUT ";
    case ArgumentMode::Variadic:
      return "VARIADIC ";
    case ArgumentMode::Table:
      return "";
  }
  return "";
}

std::string typed_name(const RoutineArgument& argument) {
  const std::string name = argument.name.empty() ? "" : quoted_name(argument.name) + " ";
  return name + type_text(argument.type);
}

/// The text between dollar signs that it does not hold itself.
std::string dollar_quoted(const std::string& body, std::string word) {
  while (body.find("$" + word + "$") != std::string::npos) word += "x";
  return fmt::format("${0}${1}${0}$", word, body);
}

std::string options_text(const Routine& routine) {
  std::string text;
  if (!routine.is_procedure()) {
    if (routine.volatility == Volatility::Immutable) text += " IMMUTABLE";
    if (routine.volatility == Volatility::Stable) text += " STABLE";
    if (routine.parallel == 's') text += " PARALLEL SAFE";
    if (routine.parallel == 'r') text += " PARALLEL RESTRICTED";
    if (routine.is_strict) text += " STRICT";
  }
  if (routine.is_definer) text += " SECURITY DEFINER";
  if (routine.is_leakproof) text += " LEAKPROOF";
  if (!routine.cost.empty() && routine.cost != "100") text += " COST " + routine.cost;
  if (!routine.rows.empty() && routine.rows != "1000") text += " ROWS " + routine.rows;
  if (!text.empty()) text += "\n";
  for (const RoutineSetting& setting : routine.settings) {
    text += fmt::format(" SET {} TO {}\n", quoted_name(setting.name),
                        parse::quoted_text(setting.value));
  }
  return text;
}

std::string events_text(const Table& table, const Trigger& trigger) {
  std::string text;
  const auto add = [&](TriggerEvent event, const std::string& word) {
    if (!trigger.is_on(event)) return;
    if (!text.empty()) text += " OR ";
    text += word;
  };
  std::string columns;
  for (const std::int16_t number : trigger.columns) {
    const Column* const column = table.column_of(number);
    if (column == nullptr) continue;
    columns += (columns.empty() ? " OF " : ", ") + quoted_name(column->name);
  }
  add(kOnInsert, "INSERT");
  add(kOnDelete, "DELETE");
  add(kOnUpdate, "UPDATE" + columns);
  add(kOnTruncate, "TRUNCATE");
  return text;
}

}  // namespace

Result<std::string> arguments_text(const Routine& routine, ArgumentList list,
                                   const Evaluation& evaluation) {
  std::string text;
  for (const RoutineArgument& argument : routine.arguments) {
    if (argument.mode == ArgumentMode::Table) continue;
    const bool is_pure_result = argument.mode == ArgumentMode::Out && !routine.is_procedure();
    if (list == ArgumentList::Identity && is_pure_result) continue;
    if (!text.empty()) text += ", ";
    text += std::string(mode_text(routine, argument.mode)) + typed_name(argument);
    if (list == ArgumentList::Identity || !argument.has_default) continue;
    LK_TRY(const std::string value,
           stored_text(argument.default_text, nullptr, argument.type, evaluation, TextStyle::Full));
    text += " DEFAULT " + value;
  }
  return text;
}

std::string result_text(const Routine& routine) {
  if (routine.is_procedure()) return "";
  std::string columns;
  for (const RoutineArgument& argument : routine.arguments) {
    if (argument.mode != ArgumentMode::Table) continue;
    columns += (columns.empty() ? "" : ", ") + typed_name(argument);
  }
  if (!columns.empty()) return "TABLE(" + columns + ")";
  return (routine.returns_set ? "SETOF " : "") + type_text(routine.result);
}

Result<std::string> routine_text(const Routine& routine, const Evaluation& evaluation) {
  const Schema* const schema = evaluation.context->catalog.find_schema(routine.schema);
  LK_TRY(const std::string arguments, arguments_text(routine, ArgumentList::Whole, evaluation));
  std::string text = fmt::format("CREATE OR REPLACE {} {}{}({})\n",
                                 routine.is_procedure() ? "PROCEDURE" : "FUNCTION",
                                 schema == nullptr ? "" : quoted_name(schema->name) + ".",
                                 quoted_name(routine.name), arguments);
  if (const std::string result = result_text(routine); !result.empty()) {
    text += " RETURNS " + result + "\n";
  }
  text += " LANGUAGE " + quoted_name(routine.language) + "\n" + options_text(routine);
  if (routine.is_sql_body) return text + routine.body + "\n";
  return text + "AS " +
         dollar_quoted(routine.body, routine.is_procedure() ? "procedure" : "function") + "\n";
}

std::string trigger_text(const Table& table, const Trigger& trigger, const Evaluation& evaluation,
                         TextStyle style) {
  const Catalog& catalog = evaluation.context->catalog;
  const char* const timing = trigger.timing == TriggerTiming::Before  ? "BEFORE"
                             : trigger.timing == TriggerTiming::After ? "AFTER"
                                                                      : "INSTEAD OF";
  std::string arguments;
  for (const std::string& each : trigger.arguments) {
    arguments += (arguments.empty() ? "" : ", ") + parse::quoted_text(each);
  }
  const auto routine = catalog.find_routine(trigger.routine);
  std::string function = routine == nullptr ? "?" : quoted_name(routine->name);
  if (evaluation.settings->objects != nullptr) {
    function = evaluation.settings->objects->text(oid::kRegproc, trigger.routine);
  }
  const std::string condition =
      trigger.condition.empty() ? "" : " WHEN (" + trigger.condition + ")";
  return fmt::format("CREATE TRIGGER {} {} {} ON {} FOR EACH {}{} EXECUTE FUNCTION {}({})",
                     quoted_name(trigger.name), timing, events_text(table, trigger),
                     table_text(table, evaluation, style),
                     trigger.for_each_row ? "ROW" : "STATEMENT", condition, function, arguments);
}

std::int64_t trigger_bits(const Trigger& trigger) {
  constexpr std::int64_t kRow = 1, kBefore = 2, kInsert = 4, kDelete = 8, kUpdate = 16,
                         kTruncate = 32, kInstead = 64;
  std::int64_t bits = trigger.for_each_row ? kRow : 0;
  if (trigger.timing == TriggerTiming::Before) bits |= kBefore;
  if (trigger.timing == TriggerTiming::Instead) bits |= kInstead;
  if (trigger.is_on(kOnInsert)) bits |= kInsert;
  if (trigger.is_on(kOnDelete)) bits |= kDelete;
  if (trigger.is_on(kOnUpdate)) bits |= kUpdate;
  if (trigger.is_on(kOnTruncate)) bits |= kTruncate;
  return bits;
}

}  // namespace latchkey::sql::system
