#include "sql/catalog/system_tables.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/assert.h"
#include "base/numbers.h"

namespace latchkey::sql {

namespace {

/// Takes the text up to `end` from the front, and `end` with it.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return part;
}

Column make_column(std::string_view spec, std::int16_t number) {
  Column column;
  column.number = number;
  column.name = take_until(spec, " ");
  column.not_null = spec.ends_with('!');
  if (column.not_null) spec.remove_suffix(1);
  std::string_view type_name = take_until(spec, "(");
  const Type* const type = find_type(type_name);
  LK_ASSERT(type != nullptr);
  column.type = type->oid;
  if (!spec.empty()) {
    constexpr std::int32_t kHeader = 4;
    spec.remove_suffix(1);
    column.typmod = static_cast<std::int32_t>(parse_int64(spec).value()) + kHeader;
  }
  return column;
}

/// Whether the query gives the column a value: has "AS name".
bool names_column(std::string_view query, std::string_view column) {
  const std::string wanted = " AS " + std::string(column);
  for (std::size_t at = query.find(wanted); at != std::string_view::npos;
       at = query.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    if (end == query.size() || query[end] == ',' || query[end] == ' ') return true;
  }
  return false;
}

/// All columns of the view in their order, each of its type.
std::string view_text(const Table& table, std::string_view query) {
  std::string text = "SELECT ";
  for (const Column& column : table.columns) {
    const bool is_named = names_column(query, column.name);
    if (column.number > 1) text += ", ";
    text += "CAST(" + (is_named ? "v.\"" + column.name + "\"" : std::string("NULL")) + " AS " +
            type_text(column.type, column.typmod) + ") AS \"" + column.name + "\"";
  }
  return text + " FROM (" + std::string(query) + ") AS v";
}

std::shared_ptr<const Table> make_table(const SystemTable& row, Oid schema) {
  auto table = std::make_shared<Table>();
  table->oid = Oid{row.oid};
  table->schema = schema;
  table->name = row.name;
  std::string_view specs = row.columns;
  std::int16_t number = 0;
  while (!specs.empty()) table->columns.push_back(make_column(take_until(specs, ", "), ++number));
  const auto texts = schema == kSchemaInformation ? information_view_texts() : system_view_texts();
  for (const SystemViewText& text : texts) {
    if (text.view != row.name) continue;
    table->kind = TableKind::View;
    table->view_text = view_text(*table, text.query);
  }
  return table;
}

struct SystemTables {
  std::vector<std::shared_ptr<const Table>> all;
  std::unordered_map<std::uint32_t, const Table*> by_oid;
  std::map<std::pair<std::uint32_t, std::string_view>, const Table*> by_name;
  std::size_t catalog_count = 0;

  void add(std::span<const SystemTable> rows, Oid schema) {
    for (const SystemTable& row : rows) {
      const std::shared_ptr<const Table>& table = all.emplace_back(make_table(row, schema));
      const bool is_new = by_oid.emplace(row.oid, table.get()).second;
      LK_ASSERT(is_new);
      by_name.emplace(std::pair(value_of(schema), std::string_view(table->name)), table.get());
    }
  }

  SystemTables() {
    add(system_catalogs(), kSchemaPgCatalog);
    catalog_count = all.size();
    add(system_views(), kSchemaPgCatalog);
    add(information_views(), kSchemaInformation);
  }
};

const SystemTables& tables() {
  static const SystemTables kTables;
  return kTables;
}

}  // namespace

const Table* find_system_table(Oid oid) {
  const auto found = tables().by_oid.find(value_of(oid));
  return found == tables().by_oid.end() ? nullptr : found->second;
}

const Table* find_system_table(Oid schema, std::string_view name) {
  const auto found = tables().by_name.find(std::pair(value_of(schema), name));
  return found == tables().by_name.end() ? nullptr : found->second;
}

std::span<const std::shared_ptr<const Table>> all_system_tables() { return tables().all; }

Result<void> check_not_system(const Table& table) {
  if (!is_system_table(table)) return {};
  return Error(ErrorCode::PermissionDenied,
               "permission denied: \"" + table.name + "\" is a system catalog");
}

Result<void> check_schema_is_open(Oid schema, std::string_view new_name) {
  if (schema != kSchemaPgCatalog) return {};
  return Error(ErrorCode::PermissionDenied,
               "permission denied to create \"pg_catalog." + std::string(new_name) + "\"")
      .with_detail("System catalog modifications are currently disallowed.");
}

bool is_system_view(const Table& table) {
  if (!is_system_table(table)) return false;
  for (const SystemTable& row : system_catalogs()) {
    if (row.oid == value_of(table.oid)) return false;
  }
  return true;
}

}  // namespace latchkey::sql
