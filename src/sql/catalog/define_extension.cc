#include <fmt/format.h>

#include "sql/catalog/define_parts.h"
#include "sql/functions/function.h"

namespace latchkey::sql::definitions {

using parse::Node;

namespace {

/// Extensions whose functions are part of this server, and one of those functions: an extension is
/// there if it is.
struct Extension {
  const char* name;
  const char* version;
  const char* function;  ///< null: it has none that could be missing
};
constexpr Extension kExtensions[] = {
    {"plpgsql", "1.0", nullptr},
    {"pgcrypto", "1.3", "digest"},
    {"uuid-ossp", "1.1", "uuid_generate_v4"},
};

const Extension* find_extension(std::string_view name) {
  for (const Extension& each : kExtensions) {
    if (name != each.name) continue;
    return each.function == nullptr || !find_functions(each.function).empty() ? &each : nullptr;
  }
  return nullptr;
}

}  // namespace

Result<std::string> create_extension(const Node& statement, DefineContext& context) {
  const std::string name(statement.text("extname"));
  const bool exists = name == "plpgsql" || context.change.catalog()->extensions().contains(name);
  if (exists) {
    const std::string message = fmt::format("extension \"{}\" already exists", name);
    if (!statement.flag("if_not_exists")) return Error(ErrorCode::ObjectDuplicate, message);
    context.notice(Error(ErrorCode::ObjectDuplicate, message + ", skipping"));
    return std::string("CREATE EXTENSION");
  }
  const Extension* const extension = find_extension(name);
  if (extension == nullptr) {
    return Error(ErrorCode::NotSupported, fmt::format("extension \"{}\" is not available", name))
        .with_detail("Extensions are parts of this server; it has no files to load others from.");
  }
  LK_CHECK(context.change.put_extension(name, extension->version));
  return std::string("CREATE EXTENSION");
}

Result<void> drop_extension(const std::string& name, bool missing_ok, DefineContext& context) {
  if (context.change.catalog()->extensions().contains(name)) {
    return context.change.drop_extension(name);
  }
  return missing(ErrorCode::ObjectMissing, fmt::format("extension \"{}\" does not exist", name),
                 missing_ok, context);
}

}  // namespace latchkey::sql::definitions
