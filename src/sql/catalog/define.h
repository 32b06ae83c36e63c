#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sql/catalog/catalog_change.h"
#include "sql/exec/context.h"
#include "sql/parse/node.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// What statements that define something need beside the catalog.
struct DefineContext {
  CatalogChange& change;
  ExecutionContext& execution;
  const TextSettings& settings;
  std::vector<std::string> search_path;
  std::string user;
  std::int32_t process_id = 0;
  bool in_block = false;  ///< between BEGIN and its end
  Bytes text;  ///< the whole statement, for expressions that are kept as they were written
  std::function<void(const Error&)> notice;
};

/// CREATE, ALTER, DROP, TRUNCATE, COMMENT of what stands in the catalog: changes the catalog and
/// the trees in the transaction. Returns the command tag. Errors: what PostgreSQL has for each;
/// nothing has changed for good before the commit.
Result<std::string> define(const parse::Node& statement, DefineContext& context);
bool is_definition(const parse::Node& statement);

}  // namespace latchkey::sql
