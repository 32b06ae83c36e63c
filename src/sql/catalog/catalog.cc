#include "sql/catalog/catalog.h"

#include "sql/catalog/system_tables.h"

namespace latchkey::sql {

const Column* Table::find_column(std::string_view wanted) const {
  for (const Column& column : columns) {
    if (!column.is_dropped && column.name == wanted) return &column;
  }
  return nullptr;
}

const Column* Table::column_of(std::int16_t number) const {
  for (const Column& column : columns) {
    if (column.number == number) return &column;
  }
  return nullptr;
}

Catalog::Catalog() {
  put(std::make_shared<const Schema>(Schema{kSchemaPgCatalog, "pg_catalog"}));
  put(std::make_shared<const Schema>(Schema{kSchemaPublic, "public"}));
  put(std::make_shared<const Schema>(Schema{kSchemaInformation, "information_schema"}));
}

const Table* Catalog::find_table(Oid oid) const {
  if (value_of(oid) < kFirstUserOid) return find_system_table(oid);
  const auto found = tables_.find(value_of(oid));
  return found == tables_.end() ? nullptr : found->second.get();
}

const Table* Catalog::find_table(Oid schema, std::string_view name) const {
  const auto found =
      tables_by_name_.find(std::pair<std::uint32_t, std::string>(value_of(schema), name));
  if (found != tables_by_name_.end()) return find_table(Oid{found->second});
  const bool is_system = schema == kSchemaPgCatalog || schema == kSchemaInformation;
  return is_system ? find_system_table(schema, name) : nullptr;
}

const Schema* Catalog::find_schema(std::string_view name) const {
  for (const auto& [oid, schema] : schemas_) {
    if (schema->name == name) return schema.get();
  }
  return nullptr;
}

const Schema* Catalog::find_schema(Oid oid) const {
  const auto found = schemas_.find(value_of(oid));
  return found == schemas_.end() ? nullptr : found->second.get();
}

std::pair<const Table*, const Index*> Catalog::find_index(Oid schema, std::string_view name) const {
  for (const auto& [oid, table] : tables_) {
    if (table->schema != schema) continue;
    for (const Index& index : table->indexes) {
      if (index.name == name) return {table.get(), &index};
    }
  }
  return {nullptr, nullptr};
}

bool Catalog::is_name_taken(Oid schema, std::string_view name) const {
  return find_table(schema, name) != nullptr || find_index(schema, name).second != nullptr;
}

void Catalog::put(std::shared_ptr<const Table> table) {
  const std::uint32_t oid = value_of(table->oid);
  erase_table(table->oid);
  tables_by_name_[{value_of(table->schema), table->name}] = oid;
  for (const ForeignKey& key : table->foreign_keys) referring_.insert({value_of(key.table), oid});
  if (table->parent != Oid::None) partitions_.insert({value_of(table->parent), oid});
  tables_[oid] = std::move(table);
}

void Catalog::put(std::shared_ptr<const Schema> schema) {
  schemas_[value_of(schema->oid)] = std::move(schema);
}

void Catalog::erase_table(Oid oid) {
  const auto found = tables_.find(value_of(oid));
  if (found == tables_.end()) return;
  tables_by_name_.erase({value_of(found->second->schema), found->second->name});
  partitions_.erase({value_of(found->second->parent), value_of(oid)});
  for (const ForeignKey& key : found->second->foreign_keys) {
    referring_.erase({value_of(key.table), value_of(oid)});
  }
  tables_.erase(found);
}

std::vector<std::shared_ptr<const Routine>> Catalog::find_routines(std::string_view name) const {
  std::vector<std::shared_ptr<const Routine>> found;
  const auto [begin, end] = routines_by_name_.equal_range(name);
  for (auto at = begin; at != end; ++at) found.push_back(find_routine(Oid{at->second}));
  return found;
}

std::shared_ptr<const Routine> Catalog::find_routine(Oid oid) const {
  const auto found = routines_.find(value_of(oid));
  return found == routines_.end() ? nullptr : found->second;
}

void Catalog::put(std::shared_ptr<const Routine> routine) {
  const std::uint32_t oid = value_of(routine->oid);
  erase_routine(routine->oid);
  routines_by_name_.emplace(routine->name, oid);
  routines_[oid] = std::move(routine);
}

void Catalog::erase_routine(Oid oid) {
  const auto found = routines_.find(value_of(oid));
  if (found == routines_.end()) return;
  const auto [begin, end] = routines_by_name_.equal_range(found->second->name);
  for (auto at = begin; at != end; ++at) {
    if (at->second != value_of(oid)) continue;
    routines_by_name_.erase(at);
    break;
  }
  routines_.erase(found);
}

std::vector<const Table*> Catalog::partitions_of(Oid table) const {
  std::vector<const Table*> tables;
  for (auto each = partitions_.lower_bound({value_of(table), 0});
       each != partitions_.end() && each->first == value_of(table); ++each) {
    if (const Table* const found = find_table(Oid{each->second})) tables.push_back(found);
  }
  return tables;
}

std::vector<const Table*> Catalog::referring_to(Oid table) const {
  std::vector<const Table*> tables;
  for (auto each = referring_.lower_bound({value_of(table), 0});
       each != referring_.end() && each->first == value_of(table); ++each) {
    if (const Table* const found = find_table(Oid{each->second})) tables.push_back(found);
  }
  return tables;
}

const UserType* Catalog::find_user_type(Oid oid) const {
  const auto found = user_types_.find(value_of(oid));
  return found == user_types_.end() ? nullptr : found->second.get();
}

const UserType* Catalog::find_user_type(Oid schema, std::string_view name) const {
  for (const auto& [oid, type] : user_types_) {
    if (type->schema == schema && type->name == name) return type.get();
  }
  return nullptr;
}

void Catalog::put(std::shared_ptr<const UserType> type) {
  user_types_[value_of(type->oid)] = std::move(type);
  make_value_types();
}

void Catalog::make_value_types() {
  auto types = std::make_shared<UserTypes>();
  for (const auto& [oid, type] : user_types_) {
    if (type->kind != 'e') continue;
    std::vector<UserTypes::Label> labels;
    for (const EnumLabel& label : type->labels) labels.push_back({label.order, label.name});
    types->add(type->oid, type->array, type->name, std::move(labels));
  }
  value_types_ = types->empty() ? nullptr : std::move(types);
}

void Catalog::erase_user_type(Oid oid) {
  user_types_.erase(value_of(oid));
  make_value_types();
}

void Catalog::put_comment(Oid oid, std::int16_t column, std::string text) {
  comments_[{value_of(oid), column}] = std::move(text);
}

void Catalog::erase_schema(Oid oid) { schemas_.erase(value_of(oid)); }

}  // namespace latchkey::sql
