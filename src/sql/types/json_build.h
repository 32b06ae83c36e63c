#pragma once

#include <span>
#include <string>

#include "sql/types/json.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// JSON from values of SQL's types: booleans and numbers are JSON's, dates and times as ISO 8601
/// has them, json and jsonb are themselves, arrays become arrays, null is null and everything else
/// is the string of its text. NaN and the infinities are strings.
///
/// Threads: any.
/// Errors:  InvalidArgument where PostgreSQL refuses a key or a number of arguments; those of JSON
///          text where a json value becomes part of a jsonb value; LimitExceeded, TooComplex.
///
/// A row is not known here: its caller makes json or jsonb of it first.

struct TypedValue {
  Oid type = Oid::None;
  Value value;
};

/// to_json, but null gives null.
void append_as_json(const TypedValue& from, const TextSettings& settings, std::string& out);
/// to_jsonb, but null gives null.
Result<void> add_as_jsonb(JsonbBuilder& builder, const TypedValue& from,
                          const TextSettings& settings);

/// A key: the text of a scalar. Requires: not null.
Result<void> append_json_key(const TypedValue& from, const TextSettings& settings,
                             std::string& out);
Result<void> add_jsonb_key(JsonbBuilder& builder, const TypedValue& from,
                           const TextSettings& settings);

/// json_build_array and the three others; of objects, keys and values in turn.
Result<Value> json_build_array(std::span<const TypedValue> values, const TextSettings& settings,
                               Arena& arena);
Result<Value> json_build_object(std::span<const TypedValue> values, const TextSettings& settings,
                                Arena& arena);
Result<Value> jsonb_build_array(std::span<const TypedValue> values, const TextSettings& settings,
                                Arena& arena);
Result<Value> jsonb_build_object(std::span<const TypedValue> values, const TextSettings& settings,
                                 Arena& arena);

}  // namespace latchkey::sql
