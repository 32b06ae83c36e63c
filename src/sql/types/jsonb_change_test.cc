#include "sql/types/jsonb_change.h"

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::kNull;
using json_testing::shown;
using json_testing::texts;
using json_testing::Values;

/// A value, an argument and the answer.
struct Row {
  std::string json;
  std::string argument;
  std::string answer;
};

/// A value, a path, a new value, how, and the answer.
struct PathRow {
  std::string json;
  std::string path;
  std::string replacement;
  std::string how;
  std::string answer;
};

// The answers in all tables are those of PostgreSQL 15.18.

TEST(JsonbConcat, MergesObjectsAndAppendsAnythingElse) {
  const Row rows[] = {
      {R"({"a": 1, "b": 2})", R"({"b": [3], "c": 4})", R"({"a": 1, "b": [3], "c": 4})"},
      {"[1, 2]", "[2, 3]", "[1, 2, 2, 3]"},
      {"[1]", "2", "[1, 2]"},
      {"1", "[2]", "[1, 2]"},
      {"1", R"("a")", R"([1, "a"])"},
      {R"({"a": 1})", "[1]", R"([{"a": 1}, 1])"},
      {"[1]", R"({"a": 1})", R"([1, {"a": 1}])"},
      {R"({"a": 1})", "1", R"([{"a": 1}, 1])"},
      {"[]", "{}", "[{}]"},
      {"{}", "[]", "[{}]"},
      {"{}", R"({"a": 1})", R"({"a": 1})"},
      {"[]", "[]", "[]"},
      {"[]", "1", "[1]"},
      {"null", "null", "[null, null]"},
  };
  Values value;
  for (const Row& row : rows) {
    const Result<Value> result = jsonb_concat(value(row.json), value(row.argument), value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json << " " << row.argument;
  }
}

TEST(JsonbDelete, TakesAKey) {
  const Row rows[] = {
      {R"({"a": 1, "b": 2})", "a", R"({"b": 2})"},
      {R"({"a": 1})", "x", R"({"a": 1})"},
      {R"(["a", "b", "a", 1, ["a"]])", "a", R"(["b", 1, ["a"]])"},
      {R"("a")", "a", "22023: cannot delete from scalar"},
      {"{}", "a", "{}"},
  };
  Values value;
  for (const Row& row : rows) {
    const Result<Value> result = jsonb_delete(value(row.json), Bytes(row.argument), value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json;
  }
}

TEST(JsonbDelete, TakesSeveralKeys) {
  const Row rows[] = {
      {R"({"a": 1, "b": 2, "c": 3})", "{c,a,x}", R"({"b": 2})"},
      {R"(["a", "b", "c"])", "{b,NULL}", R"(["a", "c"])"},
      {R"({"a": 1})", "{}", R"({"a": 1})"},
      {"1", "{a}", "22023: cannot delete from scalar"},
  };
  Values value;
  for (const Row& row : rows) {
    const Result<Value> result =
        jsonb_delete(value(row.json), JsonTexts(texts(row.argument)), value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json;
  }
}

TEST(JsonbDelete, TakesAnIndex) {
  const Row rows[] = {
      {"[1, 2, 3]", "0", "[2, 3]"},
      {"[1, 2, 3]", "-1", "[1, 2]"},
      {"[1, 2, 3]", "3", "[1, 2, 3]"},
      {"[1, 2, 3]", "-4", "[1, 2, 3]"},
      {R"({"0": 1})", "0", "22023: cannot delete from object using integer index"},
      {"1", "0", "22023: cannot delete from scalar"},
  };
  Values value;
  for (const Row& row : rows) {
    const Result<Value> result =
        jsonb_delete(value(row.json), std::stoi(row.argument), value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json;
  }
}

TEST(JsonbDeletePath, TakesWhatIsAtItsEnd) {
  const Row rows[] = {
      {R"({"a": [1, {"b": 2, "c": 3}]})", "{a,1,b}", R"({"a": [1, {"c": 3}]})"},
      {R"({"a": [1, {"b": 2}]})", "{a,-2}", R"({"a": [{"b": 2}]})"},
      {R"({"a": [1, {"b": 2}]})", "{a,5}", R"({"a": [1, {"b": 2}]})"},
      {R"({"a": [1, {"b": 2}]})", "{a,x}",
       R"(22P02: path element at position 2 is not an integer: "x")"},
      {R"({"a": [1, {"b": 2}]})", "{x,y}", R"({"a": [1, {"b": 2}]})"},
      {R"({"a": [1]})", "{a,0,0}", R"({"a": [1]})"},
      {R"({"a": [1]})", "{a,NULL}", "22004: path element at position 2 is null"},
      {R"({"a": [1]})", "{b,NULL}", R"({"a": [1]})"},
      {R"({"a": 1})", "{}", R"({"a": 1})"},
      {"[]", "{NULL}", "[]"},
      {"1", "{a}", "22023: cannot delete path in scalar"},
  };
  Values value;
  for (const Row& row : rows) {
    const Result<Value> result =
        jsonb_delete_path(value(row.json), texts(row.argument), value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json << row.argument;
  }
}

TEST(JsonbSet, ReplacesAndCreates) {
  const PathRow rows[] = {
      {R"({"a": 1, "b": 2})", "{a}", "[3]", "t", R"({"a": [3], "b": 2})"},
      {R"({"a": 1})", "{b}", "2", "t", R"({"a": 1, "b": 2})"},
      {R"({"a": 1})", "{b}", "2", "f", R"({"a": 1})"},
      {R"({"b": 1})", "{a}", "2", "t", R"({"a": 2, "b": 1})"},
      {R"({"a": {"b": {"c": 1}}})", "{a,b,c}", R"("x")", "t", R"({"a": {"b": {"c": "x"}}})"},
      {R"({"a": {}})", "{a,b,c}", "1", "t", R"({"a": {}})"},
      {R"({"a": 1})", "{a,b}", "2", "t", R"({"a": 1})"},
      {"{}", "{a}", "1", "t", R"({"a": 1})"},
      {"{}", "{a}", "1", "f", "{}"},
      {"[1, 2, 3]", "{1}", R"("x")", "t", R"([1, "x", 3])"},
      {"[1, 2, 3]", "{-1}", R"("x")", "t", R"([1, 2, "x"])"},
      {"[1, 2, 3]", "{9}", R"("x")", "t", R"([1, 2, 3, "x"])"},
      {"[1, 2, 3]", "{9}", R"("x")", "f", "[1, 2, 3]"},
      {"[1, 2, 3]", "{-9}", R"("x")", "t", R"(["x", 1, 2, 3])"},
      {"[1, 2, 3]", "{-9}", R"("x")", "f", "[1, 2, 3]"},
      {"[]", "{0}", "1", "t", "[1]"},
      {"[]", "{-5}", "1", "t", "[1]"},
      {"[[1], [2]]", "{1,0}", "3", "t", "[[1], [3]]"},
      {"[[1], [2]]", "{5,0}", "3", "t", "[[1], [2]]"},
      {"[1]", "{a}", "2", "t", R"(22P02: path element at position 1 is not an integer: "a")"},
      {R"({"a": [1]})", "{a,b}", "2", "t",
       R"(22P02: path element at position 2 is not an integer: "b")"},
      {R"({"a": [1]})", "{a,NULL}", "2", "t", "22004: path element at position 2 is null"},
      {R"({"a": 1})", "{}", "2", "t", R"({"a": 1})"},
      {"1", "{a}", "2", "t", "22023: cannot set path in scalar"},
  };
  Values value;
  for (const PathRow& row : rows) {
    const Result<Value> result =
        jsonb_set(value(row.json), texts(row.path), value(row.replacement),
                  row.how == "t" ? JsonbMissing::Create : JsonbMissing::Ignore, value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json << row.path;
  }
}

TEST(JsonbSetLax, TreatsNullAsItIsTold) {
  const PathRow rows[] = {
      {R"({"a": 1, "b": 2})", "{a}", "3", "raise_exception", R"({"a": 3, "b": 2})"},
      {R"({"a": 1, "b": 2})", "{a}", "3", "nonsense", R"({"a": 3, "b": 2})"},
      {R"({"a": 1, "b": 2})", "{a}", "3", kNull,
       R"(22023: null_value_treatment must be "delete_key", "return_target", )"
       R"("use_json_null", or "raise_exception")"},
      {R"({"a": 1, "b": 2})", "{a}", kNull, "use_json_null", R"({"a": null, "b": 2})"},
      {R"({"a": 1, "b": 2})", "{a}", kNull, "delete_key", R"({"b": 2})"},
      {R"({"a": 1, "b": 2})", "{a}", kNull, "return_target", R"({"a": 1, "b": 2})"},
      {R"({"a": 1, "b": 2})", "{a}", kNull, "raise_exception",
       "22004: JSON value must not be null|Exception was raised because "
       R"(null_value_treatment is "raise_exception".|To avoid, either change the )"
       "null_value_treatment argument or ensure that an SQL NULL is not passed.|"},
      {R"({"a": 1, "b": 2})", "{a}", kNull, "nonsense",
       R"(22023: null_value_treatment must be "delete_key", "return_target", )"
       R"("use_json_null", or "raise_exception")"},
  };
  Values value;
  for (const PathRow& row : rows) {
    std::optional<JsonbReader> replacement;
    if (row.replacement != kNull) replacement = value(row.replacement);
    std::optional<Bytes> treatment;
    if (row.how != kNull) treatment = row.how;
    const Result<Value> result = jsonb_set_lax(value(row.json), texts(row.path), replacement,
                                               JsonbMissing::Create, treatment, value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.replacement << row.how;
  }
}

TEST(JsonbInsert, PutsAValueBesideAnother) {
  const PathRow rows[] = {
      {"[1, 2, 3]", "{1}", R"("x")", "f", R"([1, "x", 2, 3])"},
      {"[1, 2, 3]", "{1}", R"("x")", "t", R"([1, 2, "x", 3])"},
      {"[1, 2, 3]", "{-1}", R"("x")", "f", R"([1, 2, "x", 3])"},
      {"[1, 2, 3]", "{-1}", R"("x")", "t", R"([1, 2, 3, "x"])"},
      {"[1, 2, 3]", "{9}", R"("x")", "f", R"([1, 2, 3, "x"])"},
      {"[1, 2, 3]", "{-9}", R"("x")", "t", R"(["x", 1, 2, 3])"},
      {"[]", "{0}", R"("x")", "t", R"(["x"])"},
      {R"({"a": [1]})", "{a,0}", "[2]", "f", R"({"a": [[2], 1]})"},
      {R"({"a": 1})", "{b}", "2", "f", R"({"a": 1, "b": 2})"},
      {R"({"a": 1})", "{a}", "2", "f",
       "22023: cannot replace existing key||Try using the function jsonb_set to "
       "replace key value.|"},
      {R"({"a": {"b": 1}})", "{a,b}", "2", "t",
       "22023: cannot replace existing key||Try using the function jsonb_set to "
       "replace key value.|"},
      {R"({"a": 1})", "{x,y}", "2", "t", R"({"a": 1})"},
      {"1", "{a}", "2", "f", "22023: cannot set path in scalar"},
  };
  Values value;
  for (const PathRow& row : rows) {
    const Result<Value> result =
        jsonb_insert(value(row.json), texts(row.path), value(row.replacement),
                     row.how == "t" ? JsonbSide::After : JsonbSide::Before, value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json << row.path;
  }
}

TEST(JsonbStripNulls, DropsMembersAtAllLevels) {
  struct Single {
    std::string json;
    std::string answer;
  };
  const Single rows[] = {
      {R"({"a": null, "b": [1, null, {"c": null, "d": 2}], "e": {"f": null}})",
       R"({"b": [1, null, {"d": 2}], "e": {}})"},
      {"[null]", "[null]"},
      {"null", "null"},
      {R"({"a": null})", "{}"},
  };
  Values value;
  for (const Single& row : rows) {
    EXPECT_EQ(shown(jsonb_strip_nulls(value(row.json), value.arena())), row.answer);
  }
}

TEST(JsonbSet, ReachesTheDeepestLevel) {
  const std::string begin(kJsonDepthMax, '[');
  const std::string end(kJsonDepthMax, ']');
  const std::vector<std::optional<Bytes>> path(kJsonDepthMax, "0");
  Values value;

  const Result<Value> result =
      jsonb_set(value(begin + "1" + end), path, value("2"), JsonbMissing::Create, value.arena());

  EXPECT_EQ(shown(result), begin + "2" + end);
  EXPECT_EQ(shown(jsonb_set(value(begin + "1" + end), path, value("[]"), JsonbMissing::Create,
                            value.arena())),
            "54001: stack depth limit exceeded");
}

TEST(JsonbAssign, MakesWhatIsMissingOnThePath) {
  const PathRow rows[] = {
      {R"({"a": 1})", "{a}", "2", "", R"({"a": 2})"},
      {R"({"b": 1})", "{a,c,2,x}", "2", "", R"({"a": {"c": [null, null, {"x": 2}]}, "b": 1})"},
      {"[1, 2]", "{4}", "{}", "", "[1, 2, null, null, {}]"},
      {"[1, 2]", "{-1}", "{}", "", "[1, {}]"},
      {"[1, 2]", "{-3}", "{}", "", "22023: path element at position 1 is out of range: -3"},
      {"[1, 2]", "{x}", "{}", "", "22P02: path element at position 1 is not an integer: \"x\""},
      {R"({"a": [1, {"b": 2}], "z": 0})", "{a,1,b}", "[3]", "",
       R"({"a": [1, {"b": [3]}], "z": 0})"},
      {R"({"a": [1, {"b": 2}], "z": 0})", "{a,1,c,0}", "[3]", "",
       R"({"a": [1, {"b": 2, "c": [[3]]}], "z": 0})"},
      {R"({"a": 1})", "{a,b}", "2", "",
       "22023: cannot replace existing key|The path assumes key is a composite object, but it is a "
       "scalar value.||"},
      {"[]", "{1,a}", "2", "", R"([null, {"a": 2}])"},
      {"{}", "{a,-1}", "2", "", R"({"a": [2]})"},
  };
  Values value;
  for (const PathRow& row : rows) {
    const Result<Value> result =
        jsonb_assign(value(row.json), texts(row.path), value(row.replacement), value.arena());
    EXPECT_EQ(shown(result), row.answer) << row.json << " " << row.path;
  }
}

// An index far behind the end would fill the memory with nulls.
TEST(JsonbAssign, RefusesTooManyNulls) {
  Values value;

  const Result<Value> result =
      jsonb_assign(value("[]"), texts("{2147483647}"), value("1"), value.arena());

  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().sqlstate(), "54000");
}

}  // namespace
}  // namespace latchkey::sql
