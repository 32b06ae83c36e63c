#pragma once

#include "sql/exec/context.h"
#include "sql/functions/json_arguments.h"
#include "sql/types/jsonpath.h"

namespace latchkey::sql {

/// What a call evaluates: target, path, variables and silence, the last two if they are given.
struct JsonPathCall {
  const JsonPath* path = nullptr;
  JsonPathArguments arguments;
};

/// Whether dates and times without a zone have that of the session.
enum class JsonPathZone : bool { None, OfSession };

/// Errors: those of the path, and InvalidArgument for variables that are no object.
inline Result<JsonPathCall> make_path_call(const Call& call, JsonPathErrors errors,
                                           JsonPathZone zone) {
  JsonPathCall made;
  if (zone == JsonPathZone::OfSession) made.arguments.session = &call.settings();
  LK_TRY(made.path, call.evaluation.context->json_paths.get(call.bytes(1)));
  made.arguments.target = jsonb_argument(call, 0);
  // Functions have no variables by default; to the operators, which are silent, all are null.
  static constexpr Bytes kNoMembers("\0\0\0\0\1\0", 6);
  if (errors == JsonPathErrors::Told) {
    made.arguments.variables = JsonbReader(JsonKind::Object, kNoMembers);
  }
  if (call.values.size() > 2) {
    const JsonbReader variables = jsonb_argument(call, 2);
    if (!variables.is_object()) {
      return Error(ErrorCode::InvalidArgument, "\"vars\" argument is not an object")
          .with_detail(
              "Jsonpath parameters should be encoded as key-value pairs of \"vars\" "
              "object.");
    }
    made.arguments.variables = variables;
  }
  const bool is_silent = call.values.size() > 3 && call[3].boolean();
  made.arguments.errors = is_silent ? JsonPathErrors::Silent : errors;
  return made;
}

}  // namespace latchkey::sql
