#include "sql/system/roles.h"

#include <set>

#include "base/hash.h"

namespace latchkey::sql::system {

namespace {

/// A role that PostgreSQL always has.
struct FixedRole {
  std::uint32_t oid;
  std::string_view name;
};
constexpr FixedRole kFixedRoles[] = {
    {3373, "pg_monitor"},
    {3374, "pg_read_all_settings"},
    {3375, "pg_read_all_stats"},
    {3377, "pg_stat_scan_tables"},
    {4200, "pg_signal_backend"},
    {4544, "pg_checkpoint"},
    {4569, "pg_read_server_files"},
    {4570, "pg_write_server_files"},
    {4571, "pg_execute_server_program"},
    {6171, "pg_database_owner"},
    {6181, "pg_read_all_data"},
    {6182, "pg_write_all_data"},
};
constexpr std::string_view kBootstrapName = "latchkey";

}  // namespace

Oid role_oid(std::string_view name) {
  if (name.empty() || name == kBootstrapName) return kRoleBootstrap;
  for (const FixedRole& role : kFixedRoles) {
    if (role.name == name) return Oid{role.oid};
  }
  constexpr std::uint32_t kHigh = 0x40000000;
  return Oid{kHigh | static_cast<std::uint32_t>(hash_bytes(name) & (kHigh - 1))};
}

std::vector<std::string> role_names(const Catalog& catalog, const std::string& user) {
  std::set<std::string> names = {std::string(kBootstrapName), user};
  for (const auto& [oid, table] : catalog.tables()) names.insert(table->owner);
  for (const auto& [oid, schema] : catalog.schemas()) names.insert(schema->owner);
  std::vector<std::string> all;
  for (const FixedRole& role : kFixedRoles) all.emplace_back(role.name);
  for (const std::string& name : names) {
    if (!name.empty() && !name.starts_with("pg_")) all.push_back(name);
  }
  return all;
}

std::string role_name(Oid oid, const Catalog& catalog, const std::string& user) {
  for (std::string& name : role_names(catalog, user)) {
    if (role_oid(name) == oid) return std::move(name);
  }
  return {};
}

std::optional<Oid> find_role(std::string_view name, const Catalog& catalog,
                             const std::string& user) {
  for (const std::string& each : role_names(catalog, user)) {
    if (each == name) return role_oid(name);
  }
  return std::nullopt;
}

}  // namespace latchkey::sql::system
