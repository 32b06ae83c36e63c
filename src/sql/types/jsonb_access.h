#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/function_ref.h"
#include "sql/types/json.h"

namespace latchkey::sql {

/// What PostgreSQL's operators and functions read from a jsonb value. Views are returned, into the
/// bytes of the argument; copy_jsonb and jsonb_as_text make Values of them.
///
/// Threads: any.

/// An array of text, where a null may stand.
using JsonTexts = std::span<const std::optional<Bytes>>;

/// value -> 'key'; nothing, which is SQL's null, for what is no object.
inline std::optional<JsonbReader> jsonb_get(JsonbReader value, Bytes key) {
  return value.find(key);
}
/// value -> index, counted from 0, negative from the end. A scalar by itself is its own element 0.
std::optional<JsonbReader> jsonb_get(JsonbReader value, std::int32_t index);
/// value #> path. Nothing if the path leads nowhere or has a null in it.
std::optional<JsonbReader> jsonb_get_path(JsonbReader value, JsonTexts path);

/// What ->> and its kin make of it: the content of a string, SQL's null for null, else its JSON.
Value jsonb_as_text(JsonbReader value, Arena& arena);

/// A path's text as the index of an array: an integer of 32 bits, blanks before it allowed.
std::optional<std::int32_t> parse_json_index(Bytes text);
/// The index counted from 0; nothing if it is outside.
std::optional<std::size_t> resolve_json_index(std::int64_t index, std::size_t count);

/// value @> part. An array may contain a scalar by itself; elements and members may come in any
/// order and number. Cost: arrays are searched element by element.
bool jsonb_contains(JsonbReader value, JsonbReader part);
/// value ? key: whether it is a key of the object, a string of the array, or the string itself.
bool jsonb_exists(JsonbReader value, Bytes key);
/// ?| and ?&; nulls are skipped.
bool jsonb_exists_any(JsonbReader value, JsonTexts keys);
bool jsonb_exists_all(JsonbReader value, JsonTexts keys);

/// jsonb_typeof: "object", "number".
std::string_view jsonb_typeof(JsonbReader value);

/// Errors of these: InvalidArgument for values of another kind. `function` is the name that is
/// shown there.
Result<std::int32_t> jsonb_array_length(JsonbReader value);
Result<void> jsonb_each_key(JsonbReader value, FunctionRef<void(Bytes key)> visit);
Result<void> jsonb_each(JsonbReader value, std::string_view function,
                        FunctionRef<void(Bytes key, JsonbReader value)> visit);
Result<void> jsonb_array_elements(JsonbReader value, FunctionRef<void(JsonbReader)> visit);

/// The casts from jsonb: 'cannot cast jsonb string to type integer' for what is no number, `type`
/// being the name of the type, or no boolean.
Result<Bytes> jsonb_number(JsonbReader value, std::string_view type);
Result<bool> jsonb_boolean(JsonbReader value);

}  // namespace latchkey::sql
