#include "sql/functions/json_arguments.h"
#include "sql/functions/json_functions.h"
#include "sql/types/json_access.h"

namespace latchkey::sql {

namespace {

// The type json.

template <JsonForm kForm>
Value json_field(const Call& call) {
  return call.take(json_get(call.bytes(0), call.bytes(1), kForm, call.arena()));
}
template <JsonForm kForm>
Value json_element(const Call& call) {
  const auto index = static_cast<std::int32_t>(call.integer(1));
  return call.take(json_get(call.bytes(0), index, kForm, call.arena()));
}
template <JsonForm kForm>
Value json_at_path(const Call& call) {
  const TextArguments path = TextArguments::of_array(call, 1);
  return call.take(json_get_path(call.bytes(0), path.all(), kForm, call.arena()));
}
template <JsonForm kForm>
Value json_extract(const Call& call) {
  const TextArguments path = TextArguments::from(call, 1);
  return call.take(json_get_path(call.bytes(0), path.all(), kForm, call.arena()));
}
Value json_type(const Call& call) {
  const Result<std::string_view> name = json_typeof(call.bytes(0));
  return name.has_value() ? Value::of_bytes(*name) : call.fail(name.error());
}
Value json_length(const Call& call) {
  const Result<std::int32_t> length = json_array_length(call.bytes(0));
  return length.has_value() ? Value::of_integer(*length) : call.fail(length.error());
}
Value json_strip(const Call& call) {
  return call.take(json_strip_nulls(call.bytes(0), call.arena()));
}

// The type jsonb.

Value jsonb_field(const Call& call) {
  return jsonb_result(call, jsonb_get(jsonb_argument(call, 0), call.bytes(1)));
}
Value jsonb_field_text(const Call& call) {
  return jsonb_text_result(call, jsonb_get(jsonb_argument(call, 0), call.bytes(1)));
}
std::optional<JsonbReader> element_of(const Call& call) {
  return jsonb_get(jsonb_argument(call, 0), static_cast<std::int32_t>(call.integer(1)));
}
Value jsonb_element(const Call& call) { return jsonb_result(call, element_of(call)); }
Value jsonb_element_text(const Call& call) { return jsonb_text_result(call, element_of(call)); }

std::optional<JsonbReader> at_path(const Call& call) {
  return jsonb_get_path(jsonb_argument(call, 0), TextArguments::of_array(call, 1).all());
}
Value jsonb_at_path(const Call& call) { return jsonb_result(call, at_path(call)); }
Value jsonb_at_path_text(const Call& call) { return jsonb_text_result(call, at_path(call)); }

std::optional<JsonbReader> extracted(const Call& call) {
  return jsonb_get_path(jsonb_argument(call, 0), TextArguments::from(call, 1).all());
}
Value jsonb_extract(const Call& call) { return jsonb_result(call, extracted(call)); }
Value jsonb_extract_text(const Call& call) { return jsonb_text_result(call, extracted(call)); }

Value contains(const Call& call) {
  return Value::of_bool(jsonb_contains(jsonb_argument(call, 0), jsonb_argument(call, 1)));
}
Value contained(const Call& call) {
  return Value::of_bool(jsonb_contains(jsonb_argument(call, 1), jsonb_argument(call, 0)));
}
Value exists(const Call& call) {
  return Value::of_bool(jsonb_exists(jsonb_argument(call, 0), call.bytes(1)));
}
Value exists_any(const Call& call) {
  const TextArguments keys = TextArguments::of_array(call, 1);
  return Value::of_bool(jsonb_exists_any(jsonb_argument(call, 0), keys.all()));
}
Value exists_all(const Call& call) {
  const TextArguments keys = TextArguments::of_array(call, 1);
  return Value::of_bool(jsonb_exists_all(jsonb_argument(call, 0), keys.all()));
}
Value jsonb_type(const Call& call) {
  return Value::of_bytes(jsonb_typeof(jsonb_argument(call, 0)));
}
Value jsonb_length(const Call& call) {
  const Result<std::int32_t> length = jsonb_array_length(jsonb_argument(call, 0));
  return length.has_value() ? Value::of_integer(*length) : call.fail(length.error());
}
Value pretty(const Call& call) {
  std::string text;
  append_jsonb_pretty(jsonb_argument(call, 0), text);
  return call.text(text);
}

constexpr Oid kText = oid::kText;
constexpr Oid kInt4 = oid::kInt4;
constexpr Oid kBool = oid::kBool;
constexpr Oid kJson = oid::kJson;
constexpr Oid kJsonb = oid::kJsonb;
constexpr Oid kTextArray = oid::kTextArray;
constexpr auto kAsJson = JsonForm::Json;
constexpr auto kAsText = JsonForm::Text;

std::vector<Function> json_rows() {
  return {
      {"->", takes(kJson, kText).gives(kJson), kOperator, &json_field<kAsJson>,
       "json '{\"a\": [1]}' -> 'a'", "[1]"},
      {"->", takes(kJson, kInt4).gives(kJson), kOperator, &json_element<kAsJson>,
       "json '[1, \"b\"]' -> -1", "\"b\""},
      {"->>", takes(kJson, kText).gives(kText), kOperator, &json_field<kAsText>,
       "json '{\"a\": \"x\"}' ->> 'a'", "x"},
      {"->>", takes(kJson, kInt4).gives(kText), kOperator, &json_element<kAsText>,
       "json '[1, \"b\"]' ->> 1", "b"},
      {"#>", takes(kJson, kTextArray).gives(kJson), kOperator, &json_at_path<kAsJson>,
       "json '{\"a\": [1, {}]}' #> '{a,1}'", "{}"},
      {"#>>", takes(kJson, kTextArray).gives(kText), kOperator, &json_at_path<kAsText>,
       "json '{\"a\": [1, \"b\"]}' #>> '{a,1}'", "b"},
      {"json_array_element", takes(kJson, kInt4).gives(kJson), 0, &json_element<kAsJson>,
       "json_array_element('[1, 2]', 1)", "2"},
      {"json_array_element_text", takes(kJson, kInt4).gives(kText), 0, &json_element<kAsText>,
       "json_array_element_text('[\"a\"]', 0)", "a"},
      {"json_array_length", takes(kJson).gives(kInt4), 0, &json_length,
       "json_array_length('[1, [2, 3]]')", "2"},
      {"json_extract_path", takes(kJson, kText).gives(kJson), kVariadic, &json_extract<kAsJson>,
       "json_extract_path('{\"a\": [1, 2]}', 'a', '1')", "2"},
      {"json_extract_path_text", takes(kJson, kText).gives(kText), kVariadic,
       &json_extract<kAsText>, "json_extract_path_text('{\"a\": \"b\"}', 'a')", "b"},
      {"json_object_field", takes(kJson, kText).gives(kJson), 0, &json_field<kAsJson>,
       "json_object_field('{\"a\": 1}', 'a')", "1"},
      {"json_object_field_text", takes(kJson, kText).gives(kText), 0, &json_field<kAsText>,
       "json_object_field_text('{\"a\": \"b\"}', 'a')", "b"},
      {"json_strip_nulls", takes(kJson).gives(kJson), 0, &json_strip,
       "json_strip_nulls('{\"a\": null, \"b\": [null]}')", "{\"b\":[null]}"},
      {"json_typeof", takes(kJson).gives(kText), 0, &json_type, "json_typeof('[1]')", "array"},
  };
}

std::vector<Function> jsonb_operator_rows() {
  return {
      {"->", takes(kJsonb, kText).gives(kJsonb), kOperator, &jsonb_field,
       "jsonb '{\"a\": [1]}' -> 'a'", "[1]"},
      {"->", takes(kJsonb, kInt4).gives(kJsonb), kOperator, &jsonb_element,
       "jsonb '[1, \"b\"]' -> -1", "\"b\""},
      {"->>", takes(kJsonb, kText).gives(kText), kOperator, &jsonb_field_text,
       "jsonb '{\"a\": \"x\"}' ->> 'a'", "x"},
      {"->>", takes(kJsonb, kInt4).gives(kText), kOperator, &jsonb_element_text,
       "jsonb '[1, \"b\"]' ->> 1", "b"},
      {"#>", takes(kJsonb, kTextArray).gives(kJsonb), kOperator, &jsonb_at_path,
       "jsonb '{\"a\": [1, {}]}' #> '{a,1}'", "{}"},
      {"#>>", takes(kJsonb, kTextArray).gives(kText), kOperator, &jsonb_at_path_text,
       "jsonb '{\"a\": [1, \"b\"]}' #>> '{a,1}'", "b"},
      {"@>", takes(kJsonb, kJsonb).gives(kBool), kOperator, &contains,
       "jsonb '{\"a\": 1, \"b\": 2}' @> '{\"b\": 2}'", "t"},
      {"<@", takes(kJsonb, kJsonb).gives(kBool), kOperator, &contained, "jsonb '[1]' <@ '[2, 1]'",
       "t"},
      {"?", takes(kJsonb, kText).gives(kBool), kOperator, &exists, "jsonb '{\"a\": 1}' ? 'a'", "t"},
      {"?|", takes(kJsonb, kTextArray).gives(kBool), kOperator, &exists_any,
       "jsonb '[\"a\"]' ?| '{b,a}'", "t"},
      {"?&", takes(kJsonb, kTextArray).gives(kBool), kOperator, &exists_all,
       "jsonb '[\"a\"]' ?& '{b,a}'", "f"},
  };
}

std::vector<Function> jsonb_rows() {
  return {
      {"jsonb_array_element", takes(kJsonb, kInt4).gives(kJsonb), 0, &jsonb_element,
       "jsonb_array_element('[1, 2]', 1)", "2"},
      {"jsonb_array_element_text", takes(kJsonb, kInt4).gives(kText), 0, &jsonb_element_text,
       "jsonb_array_element_text('[\"a\"]', 0)", "a"},
      {"jsonb_array_length", takes(kJsonb).gives(kInt4), 0, &jsonb_length,
       "jsonb_array_length('[1, [2, 3]]')", "2"},
      {"jsonb_contained", takes(kJsonb, kJsonb).gives(kBool), 0, &contained,
       "jsonb_contained('[1]', '[2, 1]')", "t"},
      {"jsonb_contains", takes(kJsonb, kJsonb).gives(kBool), 0, &contains,
       "jsonb_contains('[2, 1]', '[1]')", "t"},
      {"jsonb_exists", takes(kJsonb, kText).gives(kBool), 0, &exists,
       "jsonb_exists('{\"a\": 1}', 'a')", "t"},
      {"jsonb_exists_all", takes(kJsonb, kTextArray).gives(kBool), 0, &exists_all,
       "jsonb_exists_all('[\"a\"]', '{a,b}')", "f"},
      {"jsonb_exists_any", takes(kJsonb, kTextArray).gives(kBool), 0, &exists_any,
       "jsonb_exists_any('[\"a\"]', '{a,b}')", "t"},
      {"jsonb_extract_path", takes(kJsonb, kText).gives(kJsonb), kVariadic, &jsonb_extract,
       "jsonb_extract_path('{\"a\": [1, 2]}', 'a', '1')", "2"},
      {"jsonb_extract_path_text", takes(kJsonb, kText).gives(kText), kVariadic, &jsonb_extract_text,
       "jsonb_extract_path_text('{\"a\": \"b\"}', 'a')", "b"},
      {"jsonb_object_field", takes(kJsonb, kText).gives(kJsonb), 0, &jsonb_field,
       "jsonb_object_field('{\"a\": 1}', 'a')", "1"},
      {"jsonb_object_field_text", takes(kJsonb, kText).gives(kText), 0, &jsonb_field_text,
       "jsonb_object_field_text('{\"a\": \"b\"}', 'a')", "b"},
      {"jsonb_pretty", takes(kJsonb).gives(kText), 0, &pretty, "jsonb_pretty('[1]')",
       "[\n    1\n]"},
      {"jsonb_typeof", takes(kJsonb).gives(kText), 0, &jsonb_type, "jsonb_typeof('null')", "null"},
  };
}

}  // namespace

std::span<const Function> json_access_functions() {
  static const std::vector<Function> kRows = [] {
    std::vector<Function> rows = json_rows();
    for (const auto& more : {jsonb_operator_rows(), jsonb_rows()}) {
      rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
  }();
  return kRows;
}

}  // namespace latchkey::sql
