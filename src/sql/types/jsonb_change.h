#pragma once

#include <cstdint>
#include <optional>

#include "sql/types/json.h"
#include "sql/types/jsonb_access.h"

namespace latchkey::sql {

/// What PostgreSQL's operators and functions make of a jsonb value. The result lies in the arena
/// and is the argument's copy where nothing changes.
///
/// Threads: any; an arena belongs to one thread at a time.
/// Errors:  InvalidArgument for values of a wrong kind; InvalidText for a path's step into an array
///          that is no integer; NullNotAllowed for a null in a path; and JsonbBuilder's.

/// left || right: objects are merged, anything else is appended as to an array.
Result<Value> jsonb_concat(JsonbReader left, JsonbReader right, Arena& arena);

/// value - 'key' and value - array: members with these keys, or elements that are these strings.
Result<Value> jsonb_delete(JsonbReader value, Bytes key, Arena& arena);
Result<Value> jsonb_delete(JsonbReader value, JsonTexts keys, Arena& arena);
/// value - index, counted from 0, negative from the end.
Result<Value> jsonb_delete(JsonbReader value, std::int32_t index, Arena& arena);
/// value #- path
Result<Value> jsonb_delete_path(JsonbReader value, JsonTexts path, Arena& arena);

enum class JsonbMissing : std::uint8_t { Ignore, Create };
enum class JsonbSide : std::uint8_t { Before, After };

Result<Value> jsonb_set(JsonbReader value, JsonTexts path, JsonbReader replacement,
                        JsonbMissing missing, Arena& arena);
/// `replacement` and `null_treatment` are SQL's null if they are nothing.
Result<Value> jsonb_set_lax(JsonbReader value, JsonTexts path,
                            std::optional<JsonbReader> replacement, JsonbMissing missing,
                            std::optional<Bytes> null_treatment, Arena& arena);
/// Into an array, beside the element that the path leads to; into an object, as a new key.
Result<Value> jsonb_insert(JsonbReader value, JsonTexts path, JsonbReader addition, JsonbSide side,
                           Arena& arena);

/// What an assignment to value['a'][1] makes: what is missing on the path is made, arrays are
/// filled with nulls up to the index, and a scalar on the path is refused.
/// Requires: a path without nulls.
Result<Value> jsonb_assign(JsonbReader value, JsonTexts path, JsonbReader replacement,
                           Arena& arena);

/// Without the members, at any level, whose values are null.
Result<Value> jsonb_strip_nulls(JsonbReader value, Arena& arena);

}  // namespace latchkey::sql
