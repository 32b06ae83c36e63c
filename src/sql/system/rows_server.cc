#include "sql/system/rows.h"

// The server: databases, roles, settings, sessions.

namespace latchkey::sql::system {

namespace {

constexpr std::int64_t kEncodingUtf8 = 6;
constexpr std::string_view kCollation = "C";

Result<void> fill_database(RowContext& context) {
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", kDatabase).text("datname", context.execution.services.current_database());
  rows.oid("datdba", kRoleBootstrap).number("encoding", kEncodingUtf8);
  rows.letter("datlocprovider", 'c').flag("datistemplate", false).flag("datallowconn", true);
  rows.number("datconnlimit", -1).zeros({"datfrozenxid", "datminmxid"});
  rows.oid("dattablespace", kTablespaceDefault).text("datcollate", kCollation);
  rows.text("datctype", kCollation);
  return {};
}

Result<void> fill_tablespace(RowContext& context) {
  for (const auto& [oid, name] :
       {std::pair(kTablespaceDefault, "pg_default"), std::pair(Oid{1664}, "pg_global")}) {
    context.rows.begin();
    context.rows.oid("oid", oid).text("spcname", name).oid("spcowner", kRoleBootstrap);
  }
  return {};
}

std::vector<std::string> names_of_roles(const RowContext& context) {
  return role_names(context.catalog(), context.execution.services.current_user());
}

bool is_group(const std::string& role) { return role.starts_with("pg_"); }

Result<void> fill_role_ids(RowContext& context) {
  for (const std::string& name : names_of_roles(context)) {
    const bool is_user = !is_group(name);
    RowMaker& rows = context.rows;
    rows.begin();
    rows.oid("oid", role_oid(name)).text("rolname", name).flag("rolsuper", is_user);
    rows.flag("rolinherit", true).flag("rolcreaterole", is_user).flag("rolcreatedb", is_user);
    rows.flag("rolcanlogin", is_user).flag("rolreplication", is_user);
    rows.flag("rolbypassrls", is_user).number("rolconnlimit", -1);
  }
  return {};
}

Result<void> fill_roles(RowContext& context) {
  for (const std::string& name : names_of_roles(context)) {
    const bool is_user = !is_group(name);
    RowMaker& rows = context.rows;
    rows.begin();
    rows.text("rolname", name).flag("rolsuper", is_user).flag("rolinherit", true);
    rows.flag("rolcreaterole", is_user).flag("rolcreatedb", is_user);
    rows.flag("rolcanlogin", is_user).flag("rolreplication", is_user).number("rolconnlimit", -1);
    rows.text("rolpassword", "********").flag("rolbypassrls", is_user).oid("oid", role_oid(name));
  }
  return {};
}

Result<void> fill_users(RowContext& context) {
  for (const std::string& name : names_of_roles(context)) {
    if (is_group(name)) continue;
    RowMaker& rows = context.rows;
    rows.begin();
    rows.text("usename", name).oid("usesysid", role_oid(name)).flag("usecreatedb", true);
    rows.flag("usesuper", true).flag("userepl", true).flag("usebypassrls", true);
    rows.text("passwd", "********");
  }
  return {};
}

Result<void> fill_settings(RowContext& context) {
  for (const SettingShown& setting : context.execution.services.settings()) {
    RowMaker& rows = context.rows;
    rows.begin();
    rows.text("name", setting.name).text("setting", setting.value);
    rows.text("category", "Client Connection Defaults").text("short_desc", setting.description);
    rows.text("context", setting.context).text("vartype", setting.type);
    rows.text("source", setting.value == setting.start_value ? "default" : "session");
    if (!setting.choices.empty()) rows.texts("enumvals", setting.choices);
    rows.text("boot_val", setting.start_value).text("reset_val", setting.start_value);
    rows.flag("pending_restart", false);
  }
  return {};
}

Result<void> fill_prepared(RowContext& context) {
  for (const PreparedShown& prepared : context.execution.services.prepared_statements()) {
    std::vector<std::int64_t> types;
    for (const Oid type : prepared.parameters) types.push_back(value_of(type));
    RowMaker& rows = context.rows;
    rows.begin();
    rows.text("name", prepared.name).text("statement", prepared.text);
    rows.numbers("parameter_types", types).flag("from_sql", prepared.from_sql);
    rows.zeros({"generic_plans", "custom_plans"});
  }
  return {};
}

void put_time(RowMaker& rows, std::string_view column, std::int64_t time_us) {
  if (time_us != 0) rows.number(column, time_us);
}

Result<void> fill_activity(RowContext& context) {
  SessionServices& services = context.execution.services;
  for (const SessionShown& session : services.sessions()) {
    RowMaker& rows = context.rows;
    rows.begin();
    rows.oid("datid", kDatabase).text("datname", services.current_database());
    rows.number("pid", session.process_id).oid("usesysid", role_oid(session.user));
    rows.text("usename", session.user).text("application_name", session.application);
    put_time(rows, "backend_start", session.begin_us);
    put_time(rows, "xact_start", session.transaction_us);
    put_time(rows, "query_start", session.query_us);
    put_time(rows, "state_change", session.change_us);
    rows.text("state", session.state).text("query", session.query);
    rows.text("backend_type", "client backend");
  }
  return {};
}

}  // namespace

std::span<const RowFiller> server_rows() {
  static constexpr RowFiller kRows[] = {
      {1262, "", &fill_database},    // pg_database
      {1213, "", &fill_tablespace},  // pg_tablespace
      {1260, "", &fill_role_ids},    // pg_authid
      {12000, "", &fill_roles},      // pg_roles
      {12014, "", &fill_users},      // pg_user
      {12005, "", &fill_users},      // pg_shadow
      {12104, "", &fill_settings},   // pg_settings
      {12095, "", &fill_prepared},   // pg_prepared_statements
      {12222, "", &fill_activity},   // pg_stat_activity
  };
  return kRows;
}

}  // namespace latchkey::sql::system
