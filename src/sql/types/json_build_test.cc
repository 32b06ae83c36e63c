#include "sql/types/json_build.h"

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::kNull;
using json_testing::shown;
using json_testing::shown_text;

/// A function's arguments, as types and texts in turn, and the answer.
struct Row {
  std::string function;
  std::vector<std::string> arguments;
  std::string answer;
};

class JsonBuild : public testing::Test {
 protected:
  std::string build(const Row& row) {
    std::vector<TypedValue> values;
    for (std::size_t i = 0; i + 1 < row.arguments.size(); i += 2) {
      values.push_back(typed(row.arguments[i], row.arguments[i + 1]));
    }
    if (row.function == "build_ja") return shown_text(json_build_array(values, settings_, arena_));
    if (row.function == "build_jo") return shown_text(json_build_object(values, settings_, arena_));
    if (row.function == "build_ba") return shown(jsonb_build_array(values, settings_, arena_));
    return shown(jsonb_build_object(values, settings_, arena_));
  }

 private:
  TypedValue typed(std::string_view name, const std::string& text) {
    const Type* const type = find_type(name);
    EXPECT_NE(type, nullptr) << name;
    if (text == kNull) return {type->oid, Value::null()};
    if (type->oid == oid::kJson) return {type->oid, Value::of_bytes(arena_.copy(text))};
    const Result<Value> value = type->oid == oid::kJsonb
                                    ? io::normalize_json(text, arena_)
                                    : parse_text(type->oid, -1, text, settings_, arena_);
    EXPECT_TRUE(value.has_value()) << text;
    return {type->oid, value.value_or(Value::null())};
  }

  const TextSettings settings_;
  Arena arena_;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone UTC.

TEST_F(JsonBuild, MakesJsonOfValues) {
  const Row rows[] = {
      {"build_ja", {}, "[]"},
      {"build_ja",
       {"int4", "1", "text", R"(a"b)", "bool", "true", "int4", kNull},
       R"([1, "a\"b", true, null])"},
      {"build_ja",
       {"float8", "1.5", "float8", "1e20", "float8", "NaN", "float8", "-Infinity", "float8", "-0"},
       R"([1.5, 1e+20, "NaN", "-Infinity", -0])"},
      {"build_ja",
       {"numeric", "1.50", "numeric", "NaN", "int8", "9007199254740993"},
       R"([1.50, "NaN", 9007199254740993])"},
      {"build_ja",
       {"json", R"({"a" : 1})", "jsonb", R"({"b":1,"a":2})"},
       R"([{"a" : 1}, {"a": 2, "b": 1}])"},
      {"build_ja",
       {"_int4", "{1,NULL,3}", "_int4", "{{1,2},{3,4}}", "_int4", "{}"},
       "[[1,null,3], [[1,2],[3,4]], []]"},
      {"build_ja", {"_text", R"({a,"b c"})", "_bool", "{t,f}"}, R"([["a","b c"], [true,false]])"},
      {"build_jo",
       {"text", "a", "int4", "1", "int4", "2", "text", "b", "bool", "true", "bool", "false"},
       R"({"a" : 1, "2" : "b", "true" : false})"},
      {"build_jo", {"text", "a", "int4", "1", "text", "a", "int4", "2"}, R"({"a" : 1, "a" : 2})"},
  };
  for (const Row& row : rows) EXPECT_EQ(build(row), row.answer);
}

TEST_F(JsonBuild, MakesJsonbOfValues) {
  const Row rows[] = {
      {"build_ba", {}, "[]"},
      {"build_ba",
       {"int4", "1", "text", R"(a"b)", "bool", "true", "int4", kNull},
       R"([1, "a\"b", true, null])"},
      {"build_ba",
       {"float8", "1.5", "float8", "1e20", "float8", "NaN", "float8", "-Infinity", "float8", "-0"},
       R"([1.5, 100000000000000000000, "NaN", "-Infinity", 0])"},
      {"build_ba",
       {"numeric", "1.50", "numeric", "NaN", "int8", "9007199254740993"},
       R"([1.50, "NaN", 9007199254740993])"},
      {"build_ba",
       {"json", R"({"b" : 1, "a": 2})", "jsonb", R"({"b":1,"a":2})"},
       R"([{"a": 2, "b": 1}, {"a": 2, "b": 1}])"},
      {"build_ba",
       {"_int4", "{1,NULL,3}", "_int4", "{{1,2},{3,4}}", "_int4", "{}"},
       "[[1, null, 3], [[1, 2], [3, 4]], []]"},
      {"build_ba", {"_text", R"({a,"b c"})", "_bool", "{t,f}"}, R"([["a", "b c"], [true, false]])"},
      {"build_bo",
       {"text", "bb", "int4", "1", "int4", "2", "text", "b", "bool", "true", "bool", "false"},
       R"({"2": "b", "bb": 1, "true": false})"},
      {"build_bo", {"text", "a", "int4", "1", "text", "a", "int4", "2"}, R"({"a": 2})"},
  };
  for (const Row& row : rows) EXPECT_EQ(build(row), row.answer);
}

TEST_F(JsonBuild, WritesDatesAsIsoDoes) {
  const Row rows[] = {
      {"build_ja",
       {"date", "2020-01-02", "timestamp", "2020-01-02 03:04:05.6"},
       R"(["2020-01-02", "2020-01-02T03:04:05.6"])"},
      {"build_ba",
       {"date", "2020-01-02", "timestamp", "2020-01-02 03:04:05.6"},
       R"(["2020-01-02", "2020-01-02T03:04:05.6"])"},
      {"build_ja",
       {"timestamptz", "2020-01-02 03:04:05+00", "timestamp", "infinity"},
       R"(["2020-01-02T03:04:05+00:00", "infinity"])"},
      {"build_ba",
       {"timestamptz", "2020-01-02 03:04:05+00", "timestamp", "infinity"},
       R"(["2020-01-02T03:04:05+00:00", "infinity"])"},
      {"build_ja",
       {"timestamptz", "0044-03-15 10:00:00.5+00 BC", "date", "0044-03-15 BC"},
       R"(["0044-03-15T10:00:00.5+00:00 BC", "0044-03-15 BC"])"},
      {"build_jo", {"date", "2020-01-02", "int4", kNull}, R"({"2020-01-02" : null})"},
      {"build_bo",
       {"timestamptz", "2020-01-02 03:04:05+00", "int4", "1"},
       R"({"2020-01-02T03:04:05+00:00": 1})"},
  };
  for (const Row& row : rows) EXPECT_EQ(build(row), row.answer);
}

TEST_F(JsonBuild, RefusesKeysThatAreNone) {
  const Row rows[] = {
      {"build_jo",
       {"text", "a", "int4", "1", "int4", kNull, "int4", "1"},
       "22023: argument 3 cannot be null||Object keys should be text.|"},
      {"build_bo",
       {"text", "a", "int4", "1", "int4", kNull, "int4", "1"},
       "22023: argument 3: key must not be null"},
      {"build_jo",
       {"json", "1", "int4", "1"},
       "22023: key value must be scalar, not array, composite, or json"},
      {"build_bo",
       {"jsonb", "1", "int4", "1"},
       "22023: key value must be scalar, not array, composite, or json"},
      {"build_jo",
       {"_int4", "{1}", "int4", "1"},
       "22023: key value must be scalar, not array, composite, or json"},
      {"build_bo",
       {"_int4", "{1}", "int4", "1"},
       "22023: key value must be scalar, not array, composite, or json"},
  };
  for (const Row& row : rows) EXPECT_EQ(build(row), row.answer);
}

TEST_F(JsonBuild, RefusesAKeyWithoutAValue) {
  EXPECT_EQ(build({"build_jo", {"text", "a"}, ""}),
            "22023: argument list must have even number of elements||The arguments of "
            "json_build_object() must consist of alternating keys and values.|");
  EXPECT_EQ(build({"build_bo", {"text", "a"}, ""}),
            "22023: argument list must have even number of elements||The arguments of "
            "jsonb_build_object() must consist of alternating keys and values.|");
}

// A json value may hold what a jsonb value may not.
TEST_F(JsonBuild, ChecksJsonThatBecomesJsonb) {
  EXPECT_EQ(build({"build_ba", {"json", R"("\u0000")"}, ""}),
            R"(22P05: unsupported Unicode escape sequence|\u0000 cannot be converted to text.||)"
            R"(JSON data, line 1: "\u0000...)");
  EXPECT_EQ(build({"build_ja", {"json", R"("\u0000")"}, ""}), R"(["\u0000"])");
}

}  // namespace
}  // namespace latchkey::sql
