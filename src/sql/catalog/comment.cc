#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::ObjectKind;

namespace {

/// What a comment is about: an object, and a column of it or 0.
struct Subject {
  Oid oid = Oid::None;
  std::int16_t column = 0;
};

QualifiedName without_last(const Node& list, std::string& last) {
  const std::vector<std::string> parts = parse::texts_of(list.list("items"));
  last = parts.empty() ? std::string() : parts.back();
  QualifiedName name;
  if (parts.size() >= 2) name.name = parts[parts.size() - 2];
  if (parts.size() >= 3) name.schema = parts[parts.size() - 3];
  return name;
}

Result<const Table*> relation_of(const QualifiedName& name, DefineContext& context) {
  const Table* const table = look_up(name, context);
  if (table != nullptr) return table;
  return Error(ErrorCode::TableMissing, fmt::format("relation \"{}\" does not exist", name.name));
}

Result<Subject> column_of(const Node& object, DefineContext& context) {
  std::string column_name;
  LK_TRY(const Table* const table, relation_of(without_last(object, column_name), context));
  const Column* const column = table->find_column(column_name);
  if (column == nullptr) {
    return Error(
        ErrorCode::ColumnMissing,
        fmt::format("column \"{}\" of relation \"{}\" does not exist", column_name, table->name));
  }
  return Subject{table->oid, column->number};
}

Result<Subject> constraint_of(const Node& object, DefineContext& context) {
  std::string wanted;
  LK_TRY(const Table* const table, relation_of(without_last(object, wanted), context));
  for (const CheckConstraint& check : table->checks) {
    if (check.name == wanted) return Subject{check.oid, 0};
  }
  for (const ForeignKey& key : table->foreign_keys) {
    if (key.name == wanted) return Subject{key.oid, 0};
  }
  for (const Index& index : table->indexes) {
    // The index and its constraint have one number; -1 tells the constraint's comment.
    if (index.is_constraint && index.name == wanted) return Subject{index.oid, -1};
  }
  return Error(
      ErrorCode::ObjectMissing,
      fmt::format("constraint \"{}\" for table \"{}\" does not exist", wanted, table->name));
}

Result<Subject> subject_of(const Node& statement, DefineContext& context) {
  const Node& object = *statement.child("object");
  const Catalog& catalog = *context.change.catalog();
  switch (statement.as<ObjectKind>("objtype")) {
    case ObjectKind::Table:
    case ObjectKind::View:
    case ObjectKind::Sequence: {
      LK_TRY(const Table* const table, relation_of(name_of_list(object), context));
      return Subject{table->oid, 0};
    }
    case ObjectKind::Index: {
      const QualifiedName name = name_of_list(object);
      for (const Oid schema : schemas_of(name, context)) {
        const auto [table, index] = catalog.find_index(schema, name.name);
        if (index != nullptr) return Subject{index->oid, 0};
      }
      return Error(ErrorCode::TableMissing,
                   fmt::format("relation \"{}\" does not exist", name.name));
    }
    case ObjectKind::Column:
      return column_of(object, context);
    case ObjectKind::Constraint:
      return constraint_of(object, context);
    case ObjectKind::Schema: {
      const Schema* const schema = catalog.find_schema(object.text("sval"));
      if (schema != nullptr) return Subject{schema->oid, 0};
      return Error(ErrorCode::SchemaMissing,
                   fmt::format("schema \"{}\" does not exist", object.text("sval")));
    }
    case ObjectKind::Type:
    case ObjectKind::Domain: {
      const std::vector<std::string> names = parse::texts_of(object.list("names"));
      QualifiedName name;
      if (!names.empty()) name.name = names.back();
      if (names.size() > 1) name.schema = names[names.size() - 2];
      for (const Oid schema : schemas_of(name, context)) {
        const UserType* const type = catalog.find_user_type(schema, name.name);
        if (type != nullptr) return Subject{type->oid, 0};
      }
      return Error(ErrorCode::ObjectMissing, fmt::format("type \"{}\" does not exist", name.name));
    }
    case ObjectKind::Function:
    case ObjectKind::Procedure:
    case ObjectKind::Routine: {
      const std::vector<std::string> names = parse::texts_of(object.list("objname"));
      const std::string name = names.empty() ? std::string() : names.back();
      const auto routines = catalog.find_routines(name);
      if (!routines.empty()) return Subject{routines[0]->oid, 0};
      return Error(ErrorCode::FunctionMissing,
                   fmt::format("could not find a function named \"{}\"", name));
    }
    case ObjectKind::Trigger: {
      std::string wanted;
      LK_TRY(const Table* const table, relation_of(without_last(object, wanted), context));
      for (const Trigger& trigger : table->triggers) {
        if (trigger.name == wanted) return Subject{trigger.oid, 0};
      }
      return Error(
          ErrorCode::ObjectMissing,
          fmt::format("trigger \"{}\" for table \"{}\" does not exist", wanted, table->name));
    }
    case ObjectKind::Database:
    case ObjectKind::Extension:
    case ObjectKind::Role:
      // There is one database, and users are kept elsewhere: nothing would show it.
      return Subject{};
    default:
      return Error(ErrorCode::NotSupported, "this form of COMMENT is not supported");
  }
}

}  // namespace

Result<std::string> comment(const Node& statement, DefineContext& context) {
  LK_TRY(const Subject subject, subject_of(statement, context));
  if (subject.oid != Oid::None) {
    LK_CHECK(context.change.put_comment(subject.oid, subject.column,
                                        std::string(statement.text("comment"))));
  }
  return std::string("COMMENT");
}

}  // namespace latchkey::sql::definitions
