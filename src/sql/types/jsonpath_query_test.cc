#include "sql/types/json_testing.h"
#include "sql/types/jsonpath.h"

namespace latchkey::sql {
namespace {

using json_testing::kNull;
using json_testing::shown;
using json_testing::Values;

/// A value, a path, whether errors are silent, and the answer.
struct Row {
  std::string op;
  std::string json;
  std::string path;
  std::string variables;
  std::string is_silent;
  std::string answer;
};

std::string shown(const Result<std::optional<bool>>& result) {
  if (!result.has_value()) return json_testing::shown(result.error());
  return !result->has_value() ? kNull : **result ? "t" : "f";
}

std::string ask(const Row& row) {
  Values value;
  const Result<JsonPath> path = JsonPath::parse(row.path);
  if (!path.has_value()) return json_testing::shown(path.error());
  JsonPathArguments arguments{value(row.json), {}, JsonPathErrors::Silent};
  if (row.op == "jp_opexists") return shown(jsonb_path_exists(*path, arguments));
  if (row.op == "jp_opmatch") return shown(jsonb_path_match(*path, arguments));
  arguments.variables = value(row.variables);
  if (row.is_silent != "t") arguments.errors = JsonPathErrors::Told;
  if (row.op == "jp_exists") return shown(jsonb_path_exists(*path, arguments));
  if (row.op == "jp_match") return shown(jsonb_path_match(*path, arguments));
  return json_testing::shown(row.op == "jp_first"
                                 ? jsonb_path_query_first(*path, arguments, value.arena())
                                 : jsonb_path_query_array(*path, arguments, value.arena()));
}

// The answers in all tables are those of PostgreSQL 15.18.

TEST(JsonbPathExists, TellsWhetherThereIsAnything) {
  const Row rows[] = {
      {"jp_exists", R"({"a": [1, 2]})", "$.a[*] ? (@ > 1)", "{}", "f", "t"},
      {"jp_exists", R"({"a": [1, 2]})", "$.a[*] ? (@ > 2)", "{}", "f", "f"},
      {"jp_exists", R"({"a": null})", "$.a", "{}", "f", "t"},
      {"jp_exists", R"({"a": 1})", "strict $.b", "{}", "f",
       R"(2203A: JSON object does not contain key "b")"},
      {"jp_exists", R"({"a": 1})", "strict $.b", "{}", "t", kNull},
      {"jp_exists", R"([{"a": 1}, 2])", "strict $[*].a", "{}", "t", kNull},
      {"jp_exists", R"([{"a": 1}, 2])", "lax $[*].a", "{}", "t", "t"},
      {"jp_exists", "[1]", "$[*] ? (@ == $x)", R"({"x": 1})", "f", "t"},
      {"jp_exists", "1", "$x", "{}", "t", R"(42704: could not find jsonpath variable "x")"},
      {"jp_opexists", R"({"a": 1})", "$.a ? (@ == 1)", kNull, kNull, "t"},
      {"jp_opexists", R"({"a": 1})", "strict $.b", kNull, kNull, kNull},
      {"jp_opexists", "null", "$ ? (@ == $x)", kNull, kNull, "t"},
  };
  for (const Row& row : rows) EXPECT_EQ(ask(row), row.answer) << row.json << " " << row.path;
}

TEST(JsonbPathMatch, WantsOneTruthValue) {
  const Row rows[] = {
      {"jp_match", R"({"a": 1})", "$.a == 1", "{}", "f", "t"},
      {"jp_match", R"({"a": 1})", "$.a == 2", "{}", "f", "f"},
      {"jp_match", R"({"a": 1})", R"($.a == "x")", "{}", "f", kNull},
      {"jp_match", R"({"a": 1})", "$.a", "{}", "f", "22038: single boolean result is expected"},
      {"jp_match", R"({"a": 1})", "$.a", "{}", "t", kNull},
      {"jp_match", R"({"a": 1})", "$.b", "{}", "f", "22038: single boolean result is expected"},
      {"jp_match", "[true, true]", "$[*]", "{}", "f", "22038: single boolean result is expected"},
      {"jp_match", "[true]", "$[*]", "{}", "f", "t"},
      {"jp_match", R"({"a": [1, 2]})", "exists($.a[*] ? (@ > 1))", "{}", "f", "t"},
      {"jp_opmatch", R"({"a": 1})", "$.a > 0", kNull, kNull, "t"},
      {"jp_opmatch", R"({"a": 1})", "$.a", kNull, kNull, kNull},
      {"jp_opmatch", R"({"a": 1})", "strict $.b == 1", kNull, kNull, kNull},
  };
  for (const Row& row : rows) EXPECT_EQ(ask(row), row.answer) << row.json << " " << row.path;
}

TEST(JsonbPathQuery, GivesTheFirstOrAnArray) {
  const Row rows[] = {
      {"jp_first", "[1, 2, 3]", "$[*] ? (@ > 1)", "{}", "f", "2"},
      {"jp_first", "[1, 2, 3]", "$[*] ? (@ > 3)", "{}", "f", kNull},
      {"jp_first", R"([1, "a"])", "-$[*]", "{}", "f",
       "2203B: operand of unary jsonpath operator - is not a numeric value"},
      {"jp_first", R"([1, "a"])", "-$[*]", "{}", "t", "-1"},
      {"jp_array", "[1, 2, 3]", "$[*] ? (@ > 1)", "{}", "f", "[2, 3]"},
      {"jp_array", "[1, 2, 3]", "$[*] ? (@ > 3)", "{}", "f", "[]"},
      {"jp_array", R"([1, "a"])", "-$[*]", "{}", "t", "[-1]"},
      {"jp_array", R"({"a": [{"b": 1}]})", "$.**", "{}", "f",
       R"([{"a": [{"b": 1}]}, [{"b": 1}], {"b": 1}, 1])"},
      {"jp_array", R"({"a": 1})", "strict $.b", "{}", "f",
       R"(2203A: JSON object does not contain key "b")"},
      {"jp_array", R"({"a": 1})", "$", "1", "f",
       R"(22023: "vars" argument is not an object|Jsonpath parameters should be )"
       R"(encoded as key-value pairs of "vars" object.||)"},
  };
  for (const Row& row : rows) EXPECT_EQ(ask(row), row.answer) << row.json << " " << row.path;
}

}  // namespace
}  // namespace latchkey::sql
