#pragma once

#include <cstdint>
#include <string_view>

#include "base/function_ref.h"
#include "sql/types/jsonb_access.h"
#include "sql/types/value.h"

namespace latchkey::sql {

/// What PostgreSQL's operators and functions read from the text of a value of type json. Unlike
/// jsonb the text is kept: parts of it come back as they were written, equal keys are all there,
/// and of those the last one counts where one is asked for.
///
/// Each reads the whole text, so it also finds errors in it that the type itself lets pass.
///
/// Threads:   any; an arena belongs to one thread at a time.
/// Ownership: Values lie in the text or in the arena.
/// Errors:    InvalidText with SQLSTATE 22P05 for \u0000, and without for halves of surrogate
/// pairs;
///            InvalidArgument for values of a wrong kind.

/// Whether parts come back as JSON, or as ->> gives them: the content of a string, SQL's null for
/// null.
enum class JsonForm : std::uint8_t { Json, Text };

/// -> and ->>, by key or by index from 0, negative from the end. SQL's null if there is no such
/// part.
Result<Value> json_get(Bytes json, Bytes key, JsonForm form, Arena& arena);
Result<Value> json_get(Bytes json, std::int32_t index, JsonForm form, Arena& arena);
/// #> and #>>
Result<Value> json_get_path(Bytes json, JsonTexts path, JsonForm form, Arena& arena);

Result<std::string_view> json_typeof(Bytes json);
Result<std::int32_t> json_array_length(Bytes json);
Result<void> json_each_key(Bytes json, FunctionRef<void(Bytes key)> visit);
Result<void> json_each(Bytes json, JsonForm form, Arena& arena,
                       FunctionRef<void(Bytes key, const Value& value)> visit);
/// `function` is the name that errors show.
Result<void> json_array_elements(Bytes json, std::string_view function, JsonForm form, Arena& arena,
                                 FunctionRef<void(const Value&)> visit);

/// Without the members, at any level, whose values are null, and without blanks.
Result<Value> json_strip_nulls(Bytes json, Arena& arena);

}  // namespace latchkey::sql
