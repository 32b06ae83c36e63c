#include "sql/system/routine_text.h"
#include "sql/system/rows.h"

// Functions, procedures and triggers that users made.

namespace latchkey::sql::system {

namespace {

std::int64_t language_oid(const std::string& name) { return name == "plpgsql" ? 13'563 : 14; }

double number_or(const std::string& text, double otherwise) {
  return text.empty() ? otherwise : std::strtod(text.c_str(), nullptr);
}

/// The columns that tell of arguments beside those that are given.
void put_argument_details(RowMaker& rows, const Routine& routine) {
  std::vector<std::int64_t> types;
  std::vector<std::string> modes;
  std::vector<std::string> names;
  bool has_outputs = false;
  bool has_names = false;
  std::string defaults;
  for (const RoutineArgument& argument : routine.arguments) {
    types.push_back(value_of(argument.type));
    modes.emplace_back(1, static_cast<char>(argument.mode));
    names.push_back(argument.name);
    has_outputs = has_outputs || argument.mode != ArgumentMode::In;
    has_names = has_names || !argument.name.empty();
    if (argument.has_default) defaults += (defaults.empty() ? "" : ", ") + argument.default_text;
  }
  if (has_outputs) rows.numbers("proallargtypes", types).letters("proargmodes", modes);
  if (has_names) rows.texts("proargnames", names);
  if (!defaults.empty()) rows.text("proargdefaults", defaults);
}

void put_routine(RowContext& context, const Routine& routine) {
  std::vector<std::int64_t> inputs;
  std::int64_t variadic = 0;
  std::int64_t default_count = 0;
  for (const RoutineArgument& argument : routine.arguments) {
    if (argument.is_input()) inputs.push_back(value_of(argument.type));
    default_count += argument.has_default ? 1 : 0;
    const Type* const type = find_type(argument.type);
    if (argument.mode == ArgumentMode::Variadic && type != nullptr) {
      variadic = value_of(type->element);
    }
  }
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", routine.oid).text("proname", routine.name).oid("pronamespace", routine.schema);
  rows.oid("proowner", role_oid(routine.owner)).number("prolang", language_oid(routine.language));
  rows.real("procost", number_or(routine.cost, 100));
  rows.real("prorows", routine.returns_set ? number_or(routine.rows, 1000) : 0);
  rows.number("provariadic", variadic).number("prosupport", 0);
  rows.letter("prokind", static_cast<char>(routine.kind)).flag("prosecdef", routine.is_definer);
  rows.flag("proleakproof", routine.is_leakproof).flag("proisstrict", routine.is_strict);
  rows.flag("proretset", routine.returns_set);
  rows.letter("provolatile", static_cast<char>(routine.volatility));
  rows.letter("proparallel", routine.parallel);
  rows.number("pronargs", static_cast<std::int64_t>(inputs.size()));
  rows.number("pronargdefaults", default_count);
  rows.oid("prorettype", routine.is_procedure() ? oid::kVoid : routine.result);
  rows.numbers("proargtypes", inputs);
  put_argument_details(rows, routine);
  rows.text("prosrc", routine.is_sql_body ? std::string() : routine.body);
  if (routine.is_sql_body) rows.text("prosqlbody", routine.body);
  if (routine.settings.empty()) return;
  std::vector<std::string> settings;
  for (const RoutineSetting& each : routine.settings) {
    settings.push_back(each.name + "=" + each.value);
  }
  rows.texts("proconfig", settings);
}

void put_trigger(RowContext& context, const Table& table, const Trigger& trigger) {
  std::vector<std::int64_t> columns(trigger.columns.begin(), trigger.columns.end());
  std::string arguments;
  for (const std::string& each : trigger.arguments) arguments += each + '\0';
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", trigger.oid).oid("tgrelid", table.oid).number("tgparentid", 0);
  rows.text("tgname", trigger.name).oid("tgfoid", trigger.routine);
  rows.number("tgtype", trigger_bits(trigger));
  rows.letter("tgenabled", trigger.is_enabled ? 'O' : 'D').flag("tgisinternal", false);
  rows.zeros({"tgconstrrelid", "tgconstrindid", "tgconstraint"});
  rows.flag("tgdeferrable", false).flag("tginitdeferred", false);
  rows.number("tgnargs", static_cast<std::int64_t>(trigger.arguments.size()));
  rows.numbers("tgattr", columns).text("tgargs", arguments);
  if (!trigger.condition.empty()) rows.text("tgqual", trigger.condition);
}

Result<void> fill_trigger(RowContext& context) {
  for (const auto& [oid, table] : context.catalog().tables()) {
    LK_CHECK(context.execution.check_cancelled());
    for (const Trigger& trigger : table->triggers) put_trigger(context, *table, trigger);
  }
  return {};
}

}  // namespace

Result<void> put_routines(RowContext& context) {
  for (const auto& [oid, routine] : context.catalog().routines()) {
    LK_CHECK(context.execution.check_cancelled());
    if (context.wants(routine->oid)) put_routine(context, *routine);
  }
  return {};
}

std::span<const RowFiller> routine_rows() {
  static constexpr RowFiller kRows[] = {
      {2620, "", &fill_trigger},  // pg_trigger
  };
  return kRows;
}

}  // namespace latchkey::sql::system
