#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_partition.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/table_builder.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

Result<void> add_elements(const Node& statement, TableBuilder& builder) {
  for (const Node* const element : statement.list("table_elts")) {
    if (element->is(NodeKind::ColumnDef)) {
      LK_CHECK(builder.add_column(*element));
    } else if (element->is(NodeKind::TableLikeClause)) {
      LK_CHECK(builder.add_like(*element));
    } else if (!element->is(NodeKind::Constraint)) {
      return Error(ErrorCode::NotSupported, std::string(element->name) + " is not supported yet");
    }
  }
  for (const Node* const element : statement.list("table_elts")) {
    if (element->is(NodeKind::Constraint)) LK_CHECK(builder.add_constraint(*element, {}));
  }
  return {};
}

Result<void> refuse_forms(const Node& statement) {
  if (statement.child("of_typename") != nullptr) {
    return Error(ErrorCode::NotSupported, "CREATE TABLE OF a type is not supported");
  }
  if (!statement.list("inh_relations").empty() && statement.child("partbound") == nullptr) {
    return Error(ErrorCode::NotSupported, "INHERITS is not supported");
  }
  for (const Node* const option : statement.list("options")) {
    if (option->text("defname") != "ttl") continue;
    return Error(ErrorCode::NotSupported, "WITH (ttl = ..) is not supported yet");
  }
  return {};
}

/// ON COMMIT, by the number of the grammar.
char on_commit_of(const Node& statement) {
  constexpr std::int64_t kDeleteRows = 3;
  constexpr std::int64_t kDrop = 4;
  switch (statement.number("oncommit")) {
    case kDeleteRows:
      return 'd';
    case kDrop:
      return 'x';
    default:
      return 'p';
  }
}

}  // namespace

Result<std::string> create_table(const Node& statement, DefineContext& context) {
  const Node& range_var = *statement.child("relation");
  Table table;
  table.name = range_var.text("relname");
  LK_TRY(table.schema, schema_for_new(range_var, context));
  if (context.change.catalog()->is_name_taken(table.schema, table.name)) {
    if (!statement.flag("if_not_exists")) return already_exists(table.name);
    context.notice(Error(ErrorCode::TableDuplicate,
                         fmt::format("relation \"{}\" already exists, skipping", table.name)));
    return std::string("CREATE TABLE");
  }
  LK_CHECK(refuse_forms(statement));
  const Schema& schema = *context.change.catalog()->find_schema(table.schema);
  table.is_unlogged = range_var.text("relpersistence") == "u";
  if (schema.name == temporary_schema_name(context.process_id)) {
    table.temporary = context.process_id;
    table.on_commit = on_commit_of(statement);
  } else if (statement.number("oncommit") > 1) {
    return Error(ErrorCode::TableDefinitionInvalid,
                 "ON COMMIT can only be used on temporary tables");
  }
  table.oid = context.change.database().next_oid();
  table.owner = context.user;
  if (statement.child("partbound") != nullptr) {
    return create_partition(statement, std::move(table), context);
  }
  TableBuilder builder(context, table);
  LK_CHECK(add_elements(statement, builder));
  if (const Node* const spec = statement.child("partspec")) {
    LK_CHECK(set_partition_key(*spec, table, context));
  }
  LK_CHECK(builder.finish());
  LK_CHECK(create_trees(table, context.change.transaction()));
  LK_CHECK(context.change.put(std::move(table)));
  return std::string("CREATE TABLE");
}

}  // namespace latchkey::sql::definitions
