#include "sql/types/jsonpath.h"
#include "sql/types/jsonpath_run.h"

namespace latchkey::sql {

namespace {

using Outcome = JsonPathRun::Outcome;
using Items = JsonPathRun::Items;

}  // namespace

Result<std::optional<bool>> jsonb_path_exists(const JsonPath& path,
                                              const JsonPathArguments& arguments) {
  JsonPathRun run(path, arguments);
  const Outcome outcome = run.run(nullptr);
  if (run.error().has_value()) return std::move(*run.error());
  if (outcome == Outcome::Failed) return std::optional<bool>();
  return std::optional<bool>(outcome == Outcome::Found);
}

Result<std::optional<bool>> jsonb_path_match(const JsonPath& path,
                                             const JsonPathArguments& arguments) {
  JsonPathRun run(path, arguments);
  Items found;
  run.run(&found);
  if (run.error().has_value()) return std::move(*run.error());
  if (found.size() == 1 && found.front().is_boolean()) {
    return std::optional<bool>(found.front().kind() == JsonKind::True);
  }
  const bool is_null = found.size() == 1 && found.front().is_null();
  if (is_null || arguments.errors == JsonPathErrors::Silent) return std::optional<bool>();
  return Error(ErrorCode::JsonMissing, "single boolean result is expected")
      .with([](ErrorDetails& to) { to.sqlstate = "22038"; });
}

Result<void> jsonb_path_query(const JsonPath& path, const JsonPathArguments& arguments,
                              FunctionRef<void(JsonbReader)> visit) {
  JsonPathRun run(path, arguments);
  Items found;
  run.run(&found);
  if (run.error().has_value()) return std::move(*run.error());
  for (const JsonbReader& item : found) visit(item);
  return {};
}

Result<Value> jsonb_path_query_array(const JsonPath& path, const JsonPathArguments& arguments,
                                     Arena& arena) {
  JsonbBuilder builder;
  JsonPathRun run(path, arguments);
  Items found;
  run.run(&found);
  if (run.error().has_value()) return std::move(*run.error());
  builder.begin_array();
  for (const JsonbReader& item : found) builder.add(item);
  builder.end();
  return builder.finish(arena);
}

Result<Value> jsonb_path_query_first(const JsonPath& path, const JsonPathArguments& arguments,
                                     Arena& arena) {
  JsonPathRun run(path, arguments);
  Items found;
  run.run(&found);
  if (run.error().has_value()) return std::move(*run.error());
  return found.empty() ? Value::null() : copy_jsonb(found.front(), arena);
}

}  // namespace latchkey::sql
