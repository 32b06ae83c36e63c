#include "sql/functions/json_functions.h"
#include "sql/functions/jsonpath_call.h"

namespace latchkey::sql {

namespace {

Value truth(const Call& call, const Result<std::optional<bool>>& result) {
  if (!result.has_value()) return call.fail(result.error());
  return result->has_value() ? Value::of_bool(**result) : Value::null();
}

template <JsonPathErrors kErrors, JsonPathZone kZone>
Value exists(const Call& call) {
  const Result<JsonPathCall> made = make_path_call(call, kErrors, kZone);
  if (!made.has_value()) return call.fail(made.error());
  return truth(call, jsonb_path_exists(*made->path, made->arguments));
}
template <JsonPathErrors kErrors, JsonPathZone kZone>
Value match(const Call& call) {
  const Result<JsonPathCall> made = make_path_call(call, kErrors, kZone);
  if (!made.has_value()) return call.fail(made.error());
  return truth(call, jsonb_path_match(*made->path, made->arguments));
}
template <JsonPathZone kZone>
Value query_array(const Call& call) {
  const Result<JsonPathCall> made = make_path_call(call, JsonPathErrors::Told, kZone);
  if (!made.has_value()) return call.fail(made.error());
  return call.take(jsonb_path_query_array(*made->path, made->arguments, call.arena()));
}
template <JsonPathZone kZone>
Value query_first(const Call& call) {
  const Result<JsonPathCall> made = make_path_call(call, JsonPathErrors::Told, kZone);
  if (!made.has_value()) return call.fail(made.error());
  return call.take(jsonb_path_query_first(*made->path, made->arguments, call.arena()));
}

constexpr Oid kBool = oid::kBool;
constexpr Oid kJsonb = oid::kJsonb;
constexpr Oid kJsonpath = oid::kJsonpath;
constexpr auto kTold = JsonPathErrors::Told;
constexpr auto kSilent = JsonPathErrors::Silent;
constexpr auto kNoZone = JsonPathZone::None;
constexpr auto kZone = JsonPathZone::OfSession;

/// A function with two, three and four arguments, and its sister that knows time zones.
struct Family {
  std::string_view name;
  std::string_view name_tz;
  Oid result;
  FunctionBody body;
  FunctionBody body_tz;
  std::string_view example;
  std::string_view expected;
};

void add_family(const Family& family, std::vector<Function>& rows) {
  const Oid result = family.result;
  for (const std::string_view name : {family.name, family.name_tz}) {
    const bool is_plain = name == family.name;
    const FunctionBody body = is_plain ? family.body : family.body_tz;
    const auto flags = is_plain ? 0u : std::uint32_t{kStable};
    rows.push_back({name, takes(kJsonb, kJsonpath).gives(result), flags, body,
                    is_plain ? family.example : std::string_view(),
                    is_plain ? family.expected : std::string_view()});
    rows.push_back({name, takes(kJsonb, kJsonpath, kJsonb).gives(result), flags, body, {}, {}});
    rows.push_back(
        {name, takes(kJsonb, kJsonpath, kJsonb, kBool).gives(result), flags, body, {}, {}});
  }
}

std::vector<Function> make_rows() {
  const Signature test = takes(kJsonb, kJsonpath).gives(kBool);
  std::vector<Function> rows = {
      {"@?", test, kOperator, &exists<kSilent, kNoZone>,
       "jsonb '{\"a\": [1, 2]}' @? '$.a[*] ? (@ > 1)'", "t"},
      {"@@", test, kOperator, &match<kSilent, kNoZone>, "jsonb '{\"a\": [1, 2]}' @@ '$.a[*] > 2'",
       "f"},
      {"jsonb_path_exists_opr", test, 0, &exists<kSilent, kNoZone>,
       "jsonb_path_exists_opr('[1]', '$[0]')", "t"},
      {"jsonb_path_match_opr", test, 0, &match<kSilent, kNoZone>,
       "jsonb_path_match_opr('[1]', '$[0] == 1')", "t"},
  };
  const Family families[] = {
      {"jsonb_path_exists", "jsonb_path_exists_tz", kBool, &exists<kTold, kNoZone>,
       &exists<kTold, kZone>, "jsonb_path_exists('{\"a\": 1}', '$.a')", "t"},
      {"jsonb_path_match", "jsonb_path_match_tz", kBool, &match<kTold, kNoZone>,
       &match<kTold, kZone>, "jsonb_path_match('{\"a\": 1}', '$.a == 1')", "t"},
      {"jsonb_path_query_array", "jsonb_path_query_array_tz", kJsonb, &query_array<kNoZone>,
       &query_array<kZone>, "jsonb_path_query_array('[1, 2, 3]', '$[*] ? (@ > 1)')", "[2, 3]"},
      {"jsonb_path_query_first", "jsonb_path_query_first_tz", kJsonb, &query_first<kNoZone>,
       &query_first<kZone>, "jsonb_path_query_first('[1, 2, 3]', '$[*] ? (@ > 1)')", "2"},
  };
  for (const Family& family : families) add_family(family, rows);
  return rows;
}

}  // namespace

std::span<const Function> jsonpath_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
