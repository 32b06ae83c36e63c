#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sql/catalog/catalog.h"

namespace latchkey::sql {

/// One row of the table of what stands in pg_catalog and information_schema.
///
/// `columns` lists names and types as pg_attribute has them: "oid oid!, relname name!", where `!`
/// is NOT NULL. What has no SystemViewText is filled by system/rows.h.
struct SystemTable {
  std::uint32_t oid;
  std::string_view name;
  std::string_view columns;
};

/// The query of a view, which names the columns it has with AS; the others are null.
struct SystemViewText {
  std::string_view view;
  std::string_view query;
};

/// The rows, by family; their numbers are PostgreSQL's.
std::span<const SystemTable> system_catalogs();
std::span<const SystemTable> system_views();
std::span<const SystemTable> information_views();
std::span<const SystemViewText> system_view_texts();
std::span<const SystemViewText> information_view_texts();

/// The same as tables that queries may name; null for what is none.
///
/// Threads: any.
const Table* find_system_table(Oid oid);
const Table* find_system_table(Oid schema, std::string_view name);
std::span<const std::shared_ptr<const Table>> all_system_tables();

inline bool is_system_table(const Table& table) { return value_of(table.oid) < kFirstUserOid; }
/// Errors: PermissionDenied for what nobody may change, or make something in.
Result<void> check_not_system(const Table& table);
Result<void> check_schema_is_open(Oid schema, std::string_view new_name);
/// Whether PostgreSQL has it as a view; its rows may yet come from a function.
bool is_system_view(const Table& table);

}  // namespace latchkey::sql
