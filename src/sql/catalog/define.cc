#include "sql/catalog/define.h"

#include "base/assert.h"
#include "sql/catalog/alter_table.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_routine.h"
#include "sql/catalog/define_type.h"

namespace latchkey::sql {

using parse::Node;
using parse::NodeKind;

namespace {

using Body = Result<std::string> (*)(const Node& statement, DefineContext& context);

/// What defines, by the kind of the statement; null: it is no definition.
Body body_of(const Node& statement) {
  switch (statement.kind) {
    case NodeKind::CreateStmt:
      return &definitions::create_table;
    case NodeKind::IndexStmt:
      return &definitions::create_index;
    case NodeKind::ViewStmt:
      return &definitions::create_view;
    case NodeKind::CreateSeqStmt:
      return &definitions::create_sequence;
    case NodeKind::AlterSeqStmt:
      return &definitions::alter_sequence;
    case NodeKind::CreateEnumStmt:
      return &definitions::create_enum;
    case NodeKind::AlterEnumStmt:
      return &definitions::alter_enum;
    case NodeKind::CreateDomainStmt:
      return &definitions::create_domain;
    case NodeKind::AlterDomainStmt:
      return &definitions::alter_domain;
    case NodeKind::CreateExtensionStmt:
      return &definitions::create_extension;
    case NodeKind::CreateSchemaStmt:
      return &definitions::create_schema;
    case NodeKind::AlterTableStmt:
      return &definitions::alter_table;
    case NodeKind::RenameStmt:
      return &definitions::rename_object;
    case NodeKind::AlterObjectSchemaStmt:
      return &definitions::set_object_schema;
    case NodeKind::AlterOwnerStmt:
      return &definitions::set_object_owner;
    case NodeKind::CommentStmt:
      return &definitions::comment;
    case NodeKind::DropStmt:
      return &definitions::drop;
    case NodeKind::TruncateStmt:
      return &definitions::truncate;
    default:
      return nullptr;
  }
}

}  // namespace

bool is_definition(const Node& statement) {
  return is_routine_definition(statement) || body_of(statement) != nullptr;
}

Result<std::string> define(const Node& statement, DefineContext& context) {
  if (is_routine_definition(statement)) return define_routine(statement, context);
  const Body body = body_of(statement);
  LK_ASSERT(body != nullptr);
  return body(statement, context);
}

}  // namespace latchkey::sql
