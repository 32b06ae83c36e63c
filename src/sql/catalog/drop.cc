#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_type.h"
#include "sql/catalog/drop_objects.h"
#include "sql/catalog/system_tables.h"
#include "sql/catalog/table_change.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

using parse::ObjectKind;
using Kind = DropObject::Kind;

/// The commands for each kind of relation, by what a wrong one is to be told.
struct RelationKind {
  ObjectKind object;
  TableKind table;
  const char* name;
  const char* command;
};
constexpr RelationKind kRelations[] = {
    {ObjectKind::Table, TableKind::Table, "table", "DROP TABLE"},
    {ObjectKind::View, TableKind::View, "view", "DROP VIEW"},
    {ObjectKind::Sequence, TableKind::Sequence, "sequence", "DROP SEQUENCE"},
};

Error wrong_kind(const RelationKind& wanted, TableKind has, const std::string& name) {
  const char* hint = "DROP TABLE to remove a table";
  if (has == TableKind::View) hint = "DROP VIEW to remove a view";
  if (has == TableKind::Sequence) hint = "DROP SEQUENCE to remove a sequence";
  return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a {}", name, wanted.name))
      .with_hint(fmt::format("Use {}.", hint));
}

/// Adds the relation to what is to be dropped, if there is one.
Result<void> add_relation(const RelationKind& wanted, const QualifiedName& name, bool missing_ok,
                          std::vector<DropObject>& targets, DefineContext& context) {
  const Table* const table = look_up(name, context);
  if (table == nullptr) {
    if (!name.schema.empty() && context.change.catalog()->find_schema(name.schema) == nullptr &&
        !missing_ok) {
      return Error(ErrorCode::SchemaMissing,
                   fmt::format("schema \"{}\" does not exist", name.schema));
    }
    return missing(ErrorCode::TableMissing,
                   fmt::format("{} \"{}\" does not exist", wanted.name, name.name), missing_ok,
                   context);
  }
  LK_CHECK(check_not_system(*table));
  const bool is_table = wanted.table == TableKind::Table;
  const bool fits = is_table ? table->kind != TableKind::View && table->kind != TableKind::Sequence
                             : table->kind == wanted.table;
  if (!fits) return wrong_kind(wanted, table->kind, name.name);
  if (table->kind == TableKind::KeyValue) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("cannot drop \"{}\": it is not a table of SQL's", name.name));
  }
  if (table->kind == TableKind::Sequence && table->sequence.is_identity) {
    const Table& owner = *context.change.catalog()->find_table(table->sequence.table);
    const std::string column = owner.column_of(table->sequence.column)->name;
    return Error(ErrorCode::DependentObjects,
                 fmt::format("cannot drop sequence {} because column {} of table {} requires it",
                             shown_name(*table, context), column, shown_name(owner, context)))
        .with_hint(fmt::format("You can drop column {} of table {} instead.", column,
                               shown_name(owner, context)));
  }
  targets.push_back({Kind::Table, table->oid});
  return {};
}

Result<void> add_index(const QualifiedName& name, bool missing_ok, std::vector<DropObject>& targets,
                       DefineContext& context) {
  for (const Oid schema : schemas_of(name, context)) {
    const auto [table, index] = context.change.catalog()->find_index(schema, name.name);
    if (index == nullptr) continue;
    if (index->is_constraint) {
      return Error(ErrorCode::DependentObjects,
                   fmt::format("cannot drop index {} because constraint {} on table {} requires it",
                               name.name, name.name, shown_name(*table, context)))
          .with_hint(fmt::format("You can drop constraint {} on table {} instead.", name.name,
                                 shown_name(*table, context)));
    }
    if (index->parent != Oid::None) {
      const Table& parent = *context.change.catalog()->find_table(table->parent);
      const auto whole = std::find_if(
          parent.indexes.begin(), parent.indexes.end(),
          [parent_oid = index->parent](const Index& each) { return each.oid == parent_oid; });
      return Error(ErrorCode::DependentObjects,
                   fmt::format("cannot drop index {} because index {} requires it", name.name,
                               whole->name))
          .with_hint(fmt::format("You can drop index {} instead.", whole->name));
    }
    targets.push_back({Kind::Index, index->oid});
    return {};
  }
  if (const Table* const other = look_up(name, context)) {
    return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not an index", name.name))
        .with_hint(fmt::format("Use DROP {} to remove a {}.",
                               other->kind == TableKind::View       ? "VIEW"
                               : other->kind == TableKind::Sequence ? "SEQUENCE"
                                                                    : "TABLE",
                               kind_name(other->kind)));
  }
  return missing(ErrorCode::ObjectMissing, fmt::format("index \"{}\" does not exist", name.name),
                 missing_ok, context);
}

/// DROP TYPE and DROP DOMAIN: the name is a TypeName.
Result<void> add_type(const Node& object, ObjectKind kind, bool missing_ok,
                      std::vector<DropObject>& targets, DefineContext& context) {
  const std::vector<std::string> parts = parse::texts_of(object.list("names"));
  QualifiedName name;
  if (!parts.empty()) name.name = parts.back();
  if (parts.size() > 1) name.schema = parts[parts.size() - 2];
  Result<const UserType*> found = find_user_type(name, 0, context);
  if (!found.has_value()) {
    if (find_type(name.name) != nullptr) {
      return Error(ErrorCode::DependentObjects,
                   fmt::format("cannot drop type {} because it is required by the database system",
                               name.name));
    }
    return missing(ErrorCode::ObjectMissing, fmt::format("type \"{}\" does not exist", name.name),
                   missing_ok, context);
  }
  if (kind == ObjectKind::Domain && (*found)->kind != 'd') {
    return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a domain", name.name));
  }
  targets.push_back({Kind::Type, (*found)->oid});
  return {};
}

Result<void> add_schema(const std::string& name, bool missing_ok, std::vector<DropObject>& targets,
                        DefineContext& context) {
  const Schema* const schema = context.change.catalog()->find_schema(name);
  if (schema == nullptr) {
    return missing(ErrorCode::SchemaMissing, fmt::format("schema \"{}\" does not exist", name),
                   missing_ok, context);
  }
  if (schema->oid == kSchemaPgCatalog || schema->oid == kSchemaInformation) {
    return Error(
        ErrorCode::DependentObjects,
        fmt::format("cannot drop schema {} because it is required by the database system", name));
  }
  targets.push_back({Kind::Schema, schema->oid});
  return {};
}

}  // namespace

Result<std::string> drop(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("remove_type");
  const bool missing_ok = statement.flag("missing_ok");
  const bool cascade = statement.as<parse::DropKind>("behavior") == parse::DropKind::Cascade;
  std::vector<DropObject> targets;
  std::string tag;
  for (const Node* const object : statement.list("objects")) {
    for (const RelationKind& each : kRelations) {
      if (each.object != kind) continue;
      LK_CHECK(add_relation(each, name_of_list(*object), missing_ok, targets, context));
      tag = each.command;
    }
    if (kind == ObjectKind::Index) {
      LK_CHECK(add_index(name_of_list(*object), missing_ok, targets, context));
      tag = "DROP INDEX";
    } else if (kind == ObjectKind::Schema) {
      LK_CHECK(add_schema(std::string(object->text("sval")), missing_ok, targets, context));
      tag = "DROP SCHEMA";
    } else if (kind == ObjectKind::Type || kind == ObjectKind::Domain) {
      LK_CHECK(add_type(*object, kind, missing_ok, targets, context));
      tag = kind == ObjectKind::Type ? "DROP TYPE" : "DROP DOMAIN";
    } else if (kind == ObjectKind::Extension) {
      LK_CHECK(drop_extension(std::string(object->text("sval")), missing_ok, context));
      tag = "DROP EXTENSION";
    } else if (tag.empty()) {
      return Error(ErrorCode::NotSupported, "this form of DROP is not supported yet");
    }
  }
  if (!targets.empty()) LK_CHECK(drop_objects(targets, cascade, context));
  return tag;
}

}  // namespace latchkey::sql::definitions
