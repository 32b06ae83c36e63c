#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/alter_table.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_type.h"
#include "sql/catalog/kept_names.h"
#include "sql/catalog/system_tables.h"
#include "sql/catalog/table_change.h"
#include "sql/parse/deparse.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

using parse::ObjectKind;

namespace {

std::string tag_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::View:
      return "ALTER VIEW";
    case ObjectKind::Sequence:
      return "ALTER SEQUENCE";
    case ObjectKind::Index:
      return "ALTER INDEX";
    case ObjectKind::Schema:
      return "ALTER SCHEMA";
    case ObjectKind::Type:
      return "ALTER TYPE";
    case ObjectKind::Domain:
    case ObjectKind::DomainConstraint:
      return "ALTER DOMAIN";
    default:
      return "ALTER TABLE";
  }
}

/// Defaults name their sequences in texts.
Result<void> rename_in_defaults(const std::string& from, const std::string& to,
                                DefineContext& context) {
  const std::string before = "nextval(" + parse::quoted_text(from);
  const std::string after = "nextval(" + parse::quoted_text(to);
  std::vector<Table> changed;
  for (const auto& [oid, table] : context.change.catalog()->tables()) {
    Table copy = *table;
    bool is_changed = false;
    for (Column& column : copy.columns) {
      for (const std::string_view open : {"", "("}) {
        const std::string wanted = "nextval(" + std::string(open) + before.substr(8);
        const std::size_t at = column.default_text.find(wanted);
        if (at == std::string::npos) continue;
        column.default_text.replace(at, wanted.size(),
                                    "nextval(" + std::string(open) + after.substr(8));
        is_changed = true;
      }
    }
    if (is_changed) changed.push_back(std::move(copy));
  }
  for (Table& table : changed) LK_CHECK(context.change.put(std::move(table)));
  return {};
}

std::string default_name(const Catalog& catalog, const Table& sequence) {
  return sequence.schema == kSchemaPublic ? parse::quoted_name(sequence.name)
                                          : full_name(catalog, sequence);
}

/// Puts a relation under its new name or schema; views are the caller's to write anew.
Result<void> put_renamed(Table renamed, DefineContext& context) {
  const Table before = *context.change.catalog()->find_table(renamed.oid);
  const std::string old_name = default_name(*context.change.catalog(), before);
  LK_CHECK(context.change.put(renamed));
  if (renamed.kind == TableKind::Sequence) {
    LK_CHECK(
        rename_in_defaults(old_name, default_name(*context.change.catalog(), renamed), context));
  }
  return {};
}

Result<void> rename_relation(const Node& statement, const Table& table, DefineContext& context) {
  const std::string to(statement.text("newname"));
  if (context.change.catalog()->is_name_taken(table.schema, to)) return already_exists(to);
  LK_TRY(ViewNames views, ViewNames::read(context));
  Table renamed = table;
  renamed.name = to;
  LK_CHECK(put_renamed(std::move(renamed), context));
  return views.apply(context);
}

Result<void> rename_index(const QualifiedName& name, const Node& statement,
                          DefineContext& context) {
  const std::string to(statement.text("newname"));
  for (const Oid schema : schemas_of(name, context)) {
    const auto [found, index] = context.change.catalog()->find_index(schema, name.name);
    if (index == nullptr) continue;
    if (context.change.catalog()->is_name_taken(schema, to)) return already_exists(to);
    Table table = *found;
    for (Index& each : table.indexes) {
      if (each.name == name.name) each.name = to;
    }
    return context.change.put(std::move(table));
  }
  return missing(ErrorCode::TableMissing, fmt::format("relation \"{}\" does not exist", name.name),
                 statement.flag("missing_ok"), context);
}

Result<void> rename_column(const Node& statement, const Table& found, DefineContext& context) {
  const std::string from(statement.text("subname"));
  const std::string to(statement.text("newname"));
  if (found.find_column(from) == nullptr) {
    return Error(ErrorCode::ColumnMissing, fmt::format("column \"{}\" does not exist", from));
  }
  if (found.find_column(to) != nullptr) {
    return Error(ErrorCode::ColumnDuplicate,
                 fmt::format("column \"{}\" of relation \"{}\" already exists", to, found.name));
  }
  LK_TRY(ViewNames views, ViewNames::read(context));
  Table table = found;
  for (Column& column : table.columns) {
    if (!column.is_dropped && column.name == from) column.name = to;
  }
  rename_in_expressions(table, from, to);
  LK_CHECK(context.change.put(std::move(table)));
  return views.apply(context);
}

Result<void> rename_constraint(const Node& statement, const Table& found, DefineContext& context) {
  const std::string from(statement.text("subname"));
  const std::string to(statement.text("newname"));
  if (!has_constraint(found, from)) {
    return Error(
        ErrorCode::ObjectMissing,
        fmt::format("constraint \"{}\" for table \"{}\" does not exist", from, found.name));
  }
  if (has_constraint(found, to)) {
    return Error(
        ErrorCode::ObjectDuplicate,
        fmt::format("constraint \"{}\" for relation \"{}\" already exists", to, found.name));
  }
  Table table = found;
  const auto rename = [&](auto& each) {
    if (each.name == from) each.name = to;
  };
  std::for_each(table.checks.begin(), table.checks.end(), rename);
  std::for_each(table.foreign_keys.begin(), table.foreign_keys.end(), rename);
  for (Index& index : table.indexes) {
    if (!index.is_constraint || index.name != from) continue;
    if (context.change.catalog()->is_name_taken(table.schema, to)) return already_exists(to);
    index.name = to;
  }
  return context.change.put(std::move(table));
}

Result<void> rename_schema(const Node& statement, DefineContext& context) {
  const Bytes from = statement.text("subname");
  const Bytes to = statement.text("newname");
  const Schema* const found = context.change.catalog()->find_schema(from);
  if (found == nullptr) {
    return Error(ErrorCode::SchemaMissing, fmt::format("schema \"{}\" does not exist", from));
  }
  if (context.change.catalog()->find_schema(to) != nullptr) {
    return Error(ErrorCode::SchemaDuplicate, fmt::format("schema \"{}\" already exists", to));
  }
  if (to.starts_with("pg_")) {
    return Error(ErrorCode::NameInvalid, fmt::format("unacceptable schema name \"{}\"", to))
        .with_detail("The prefix \"pg_\" is reserved for system schemas.")
        .with([](ErrorDetails& details) { details.sqlstate = "42939"; });
  }
  LK_TRY(ViewNames views, ViewNames::read(context));
  Schema schema = *found;
  std::vector<std::pair<Oid, std::string>> sequences;
  for (const auto& [oid, table] : context.change.catalog()->tables()) {
    if (table->schema != schema.oid || table->kind != TableKind::Sequence) continue;
    sequences.emplace_back(table->oid, default_name(*context.change.catalog(), *table));
  }
  schema.name = to;
  LK_CHECK(context.change.put(std::move(schema)));
  for (const auto& [oid, old_name] : sequences) {
    const Catalog& catalog = *context.change.catalog();
    LK_CHECK(
        rename_in_defaults(old_name, default_name(catalog, *catalog.find_table(oid)), context));
  }
  return views.apply(context);
}

Result<void> rename_type(const Node& statement, DefineContext& context) {
  const Node& object = *statement.child("object");
  const std::string to(statement.text("newname"));
  LK_TRY(const UserType* const found, find_user_type(name_of_list(object), 0, context));
  const Catalog& catalog = *context.change.catalog();
  if (catalog.find_user_type(found->schema, to) != nullptr ||
      catalog.find_table(found->schema, to) != nullptr) {
    return Error(ErrorCode::ObjectDuplicate, fmt::format("type \"{}\" already exists", to));
  }
  UserType type = *found;
  const std::string from = type.name;
  type.name = to;
  LK_CHECK(context.change.put(std::move(type)));
  return rename_type_in_texts(from, to, context);
}

Result<void> rename_domain_constraint(const Node& statement, DefineContext& context) {
  LK_TRY(const UserType* const found,
         find_user_type(name_of_list(*statement.child("object")), 'd', context));
  UserType type = *found;
  const Bytes from = statement.text("subname");
  for (CheckConstraint& check : type.checks) {
    if (check.name != from) continue;
    check.name = statement.text("newname");
    return context.change.put(std::move(type));
  }
  return Error(ErrorCode::ObjectMissing,
               fmt::format("constraint \"{}\" for domain {} does not exist", from, found->name));
}

}  // namespace

Result<std::string> rename_object(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("rename_type");
  const std::string tag = tag_of(kind);
  if (kind == ObjectKind::Schema) {
    LK_CHECK(rename_schema(statement, context));
    return tag;
  }
  if (kind == ObjectKind::Type || kind == ObjectKind::Domain) {
    LK_CHECK(rename_type(statement, context));
    return tag;
  }
  if (kind == ObjectKind::DomainConstraint) {
    LK_CHECK(rename_domain_constraint(statement, context));
    return tag;
  }
  const Node* const range_var = statement.child("relation");
  if (range_var == nullptr) {
    return Error(ErrorCode::NotSupported, "this form of RENAME is not supported");
  }
  const QualifiedName name = name_of_range_var(*range_var);
  const Table* const table = look_up(name, context);
  if (kind == ObjectKind::Index || (table == nullptr && kind == ObjectKind::Table)) {
    LK_CHECK(rename_index(name, statement, context));
    return tag;
  }
  if (table == nullptr) {
    LK_CHECK(missing(ErrorCode::TableMissing,
                     fmt::format("relation \"{}\" does not exist", name.name),
                     statement.flag("missing_ok"), context));
    return tag;
  }
  LK_CHECK(check_not_system(*table));
  if (table->kind == TableKind::KeyValue) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("\"{}\" is not a table of SQL's", table->name));
  }
  switch (kind) {
    case ObjectKind::View:
    case ObjectKind::Sequence: {
      const bool fits = kind == ObjectKind::View ? table->kind == TableKind::View
                                                 : table->kind == TableKind::Sequence;
      if (!fits) {
        return Error(ErrorCode::WrongObjectKind,
                     fmt::format("\"{}\" is not a {}", table->name,
                                 kind == ObjectKind::View ? "view" : "sequence"));
      }
      LK_CHECK(rename_relation(statement, *table, context));
      return tag;
    }
    case ObjectKind::Table:
      LK_CHECK(rename_relation(statement, *table, context));
      return tag;
    case ObjectKind::Column: {
      LK_CHECK(rename_column(statement, *table, context));
      return tag_of(statement.as<ObjectKind>("relation_type"));
    }
    case ObjectKind::Constraint:
      LK_CHECK(rename_constraint(statement, *table, context));
      return tag;
    default:
      return Error(ErrorCode::NotSupported, "this form of RENAME is not supported");
  }
}

Result<std::string> set_object_schema(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("object_type");
  if (kind == ObjectKind::Type || kind == ObjectKind::Domain) {
    LK_TRY(const UserType* const type,
           find_user_type(name_of_list(*statement.child("object")), 0, context));
    UserType moved = *type;
    LK_TRY(moved.schema, schema_for_name(statement.text("newschema"), context));
    LK_CHECK(context.change.put(std::move(moved)));
    return tag_of(kind);
  }
  const Node* const range_var = statement.child("relation");
  if (range_var == nullptr) {
    return Error(ErrorCode::NotSupported, "this form of SET SCHEMA is not supported");
  }
  const QualifiedName name = name_of_range_var(*range_var);
  const Table* const found = look_up(name, context);
  if (found == nullptr) {
    LK_CHECK(missing(ErrorCode::TableMissing,
                     fmt::format("relation \"{}\" does not exist", name.name),
                     statement.flag("missing_ok"), context));
    return tag_of(kind);
  }
  LK_CHECK(check_not_system(*found));
  LK_TRY(const Oid schema, schema_for_name(statement.text("newschema"), context));
  if (schema == found->schema) return tag_of(kind);
  if (found->temporary != 0) {
    return Error(ErrorCode::NotSupported, "cannot move objects into or out of temporary schemas");
  }
  if (found->kind == TableKind::Sequence && found->sequence.table != Oid::None) {
    return Error(ErrorCode::NotSupported, "cannot move an owned sequence into another schema")
        .with_detail(
            fmt::format("Sequence \"{}\" is linked to table \"{}\".", found->name,
                        context.change.catalog()->find_table(found->sequence.table)->name));
  }
  std::vector<Table> moved = {*found};
  for (const auto& [oid, each] : context.change.catalog()->tables()) {
    if (each->kind == TableKind::Sequence && each->sequence.table == found->oid) {
      moved.push_back(*each);
    }
  }
  LK_TRY(ViewNames views, ViewNames::read(context));
  for (Table& table : moved) {
    if (context.change.catalog()->is_name_taken(schema, table.name)) {
      return Error(ErrorCode::TableDuplicate,
                   fmt::format("relation \"{}\" already exists in schema \"{}\"", table.name,
                               statement.text("newschema")));
    }
    table.schema = schema;
    LK_CHECK(put_renamed(std::move(table), context));
  }
  LK_CHECK(views.apply(context));
  return tag_of(kind);
}

Result<std::string> set_object_owner(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("object_type");
  const std::string owner = role_name(*statement.child("newowner"), context);
  const Node* const object = statement.child("object");
  if (kind == ObjectKind::Schema && object != nullptr) {
    const Schema* const found = context.change.catalog()->find_schema(object->text("sval"));
    if (found == nullptr) {
      return Error(ErrorCode::SchemaMissing,
                   fmt::format("schema \"{}\" does not exist", object->text("sval")));
    }
    Schema schema = *found;
    schema.owner = owner;
    LK_CHECK(context.change.put(std::move(schema)));
    return tag_of(kind);
  }
  if (kind == ObjectKind::Type || kind == ObjectKind::Domain) {
    const QualifiedName name = name_of_list(*object);
    for (const Oid schema : schemas_of(name, context)) {
      const UserType* const found = context.change.catalog()->find_user_type(schema, name.name);
      if (found == nullptr) continue;
      UserType type = *found;
      type.owner = owner;
      LK_CHECK(context.change.put(std::move(type)));
      return tag_of(kind);
    }
    return Error(ErrorCode::ObjectMissing, fmt::format("type \"{}\" does not exist", name.name));
  }
  return Error(ErrorCode::NotSupported, "this form of OWNER TO is not supported");
}

}  // namespace latchkey::sql::definitions
