#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

Result<std::string> create_schema(const Node& statement, DefineContext& context) {
  std::string owner = context.user;
  if (const Node* const role = statement.child("authrole")) owner = role_name(*role, context);
  std::string name(statement.text("schemaname"));
  if (name.empty()) name = owner;
  if (name.starts_with("pg_")) {
    return Error(ErrorCode::NameInvalid, fmt::format("unacceptable schema name \"{}\"", name))
        .with_detail("The prefix \"pg_\" is reserved for system schemas.")
        .with([](ErrorDetails& details) { details.sqlstate = "42939"; });
  }
  if (context.change.catalog()->find_schema(name) != nullptr) {
    const std::string message = fmt::format("schema \"{}\" already exists", name);
    if (!statement.flag("if_not_exists")) return Error(ErrorCode::SchemaDuplicate, message);
    context.notice(Error(ErrorCode::SchemaDuplicate, message + ", skipping"));
    return std::string("CREATE SCHEMA");
  }
  LK_CHECK(context.change.put(Schema{context.change.database().next_oid(), name, owner}));
  // Its elements are made in it.
  const std::vector<std::string> path = context.search_path;
  context.search_path.insert(context.search_path.begin(), name);
  const auto make_all = [&]() -> Result<void> {
    for (const Node* const element : statement.list("schema_elts")) {
      LK_CHECK(define(*element, context));
    }
    return {};
  };
  Result<void> made = make_all();
  context.search_path = path;
  if (!made.has_value()) return std::move(made).error();
  return std::string("CREATE SCHEMA");
}

}  // namespace latchkey::sql::definitions
