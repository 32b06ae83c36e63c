#pragma once

#include <span>
#include <string>

#include "sql/types/json.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// JSON from values of SQL's types: booleans and numbers are JSON's, dates and times as ISO 8601
/// has them, json and jsonb are themselves, arrays become arrays, rows become objects, null is null
/// and everything else is the string of its text. NaN and the infinities are strings.
///
/// Threads: any.
/// Errors:  InvalidArgument where PostgreSQL refuses a key or a number of arguments; those of JSON
///          text where a json value becomes part of a jsonb value; LimitExceeded, TooComplex.
///
struct TypedValue {
  Oid type = Oid::None;
  Value value;
};

/// to_json, but null gives null.
void append_as_json(const TypedValue& from, const TextSettings& settings, std::string& out);
/// array_to_json: on request each element of the outermost list stands on a line of its own.
enum class LineFeeds : bool { No, Yes };
/// Requires: an array, not null.
void append_array_as_json(const TypedValue& from, LineFeeds line_feeds,
                          const TextSettings& settings, std::string& out);
/// row_to_json, the members of the outermost object likewise. Requires: a row, not null.
void append_record_as_json(const TypedValue& from, LineFeeds line_feeds,
                           const TextSettings& settings, std::string& out);
/// Whether json_agg begins a line for each value of the type: it does for arrays and rows.
bool is_structured(Oid type);
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
