#include "sql/types/json_access.h"

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::kNull;
using json_testing::Listing;
using json_testing::shown;
using json_testing::shown_text;
using json_testing::texts;

/// A value, an argument and the answer.
struct Row {
  std::string json;
  std::string argument;
  std::string answer;
};

/// A value and the answer.
struct Single {
  std::string json;
  std::string answer;
};

// The answers in all tables are those of PostgreSQL 15.18.

TEST(JsonGet, ReturnsMembersAsTheyAreWritten) {
  const Row rows[] = {
      {R"({"a" : [1,  2.0 ] , "b":{}})", "a", "[1,  2.0 ]"},
      {R"({"a": "\u0041\n"})", "a", R"("\u0041\n")"},
      {R"({"\u0061": 1e5})", "a", "1e5"},
      {R"({"a": 1, "a": 2})", "a", "2"},
      {R"({"a": {"b": 1}})", "b", kNull},
      {R"({"a": null})", "a", "null"},
      {R"(["a"])", "a", kNull},
      {R"("a")", "a", kNull},
      {R"({"a": 1, "b": "\ud800"})", "a",
       "22P02: invalid input syntax for type json|Unicode low surrogate must "
       R"(follow a high surrogate.||JSON data, line 1: {"a": 1, "b": "\ud800"...)"},
  };
  Arena arena;
  for (const Row& row : rows) {
    EXPECT_EQ(shown_text(json_get(row.json, Bytes(row.argument), JsonForm::Json, arena)),
              row.answer)
        << row.json;
  }
}

TEST(JsonGet, ReturnsTextOfMembers) {
  const Row rows[] = {
      {R"({"a" : [1,  2.0 ]})", "a", "[1,  2.0 ]"},
      {R"({"a": "\u0041\n"})", "a", "A\n"},
      {R"({"a": null})", "a", kNull},
      {R"({"a": 1e5})", "a", "1e5"},
      {R"({"a": true})", "a", "true"},
      {R"({"a": 1})", "b", kNull},
  };
  Arena arena;
  for (const Row& row : rows) {
    EXPECT_EQ(shown_text(json_get(row.json, Bytes(row.argument), JsonForm::Text, arena)),
              row.answer)
        << row.json;
  }
}

TEST(JsonGet, RefusesZeroCharactersAnywhereInTheText) {
  Arena arena;

  const Result<Value> value =
      json_get(R"({"a":1,"b":"\u0000"})", Bytes("a"), JsonForm::Json, arena);

  EXPECT_EQ(shown_text(value),
            R"(22P05: unsupported Unicode escape sequence|\u0000 cannot be converted to text.||)"
            R"(JSON data, line 1: {"a":1,"b":"\u0000...)");
}

TEST(JsonGet, FindsElements) {
  const Row rows[] = {
      {R"([1, [2 ,3], "x"])", "1", "[2 ,3]"},
      {R"([1, [2 ,3], "x"])", "-1", R"("x")"},
      {R"([1, [2 ,3], "x"])", "3", kNull},
      {R"([1, [2 ,3], "x"])", "-4", kNull},
      {R"({"0": 1})", "0", kNull},
      {R"("a")", "0", kNull},
      {R"([1, "\u0041"])", "1", "A"},
  };
  Arena arena;
  for (const Row& row : rows) {
    const bool is_text = row.json.find("\\u") != std::string::npos;
    const Result<Value> value = json_get(row.json, std::stoi(row.argument),
                                         is_text ? JsonForm::Text : JsonForm::Json, arena);
    EXPECT_EQ(shown_text(value), row.answer) << row.json << row.argument;
  }
}

TEST(JsonGetPath, FollowsKeysAndIndexes) {
  const Row rows[] = {
      {R"({"a": [1, {"b": "x"}]})", "{a,1,b}", R"("x")"},
      {R"({"a": [1, {"b": "x"}]})", "{a,-2}", "1"},
      {R"({"a": [1, {"b": "x"}]})", "{a,x}", kNull},
      {R"({"a": [1, {"b": "x"}]})", "{a,0,b}", kNull},
      {R"({"a": {"b": 1}, "a": {"c": 2}})", "{a,b}", "1"},
      {R"({"a": {"b": 1}, "a": {"b": 2}})", "{a,b}", "2"},
      {R"({"1": [5, 6]})", "{1,1}", "6"},
      {R"({"a": 1})", "{NULL}", kNull},
      {" [1, 2 ] ", "{}", "[1, 2 ]"},
      {" 1 ", "{}", " 1"},
      {R"( "a" )", "{}", R"( "a")"},
  };
  Arena arena;
  for (const Row& row : rows) {
    EXPECT_EQ(shown_text(json_get_path(row.json, texts(row.argument), JsonForm::Json, arena)),
              row.answer)
        << row.json << row.argument;
  }
}

// PostgreSQL counts a negative index from the end of the first array of the level.
TEST(JsonGetPath, CountsFromTheEndAsPostgresqlDoes) {
  const Row rows[] = {
      {R"({"a": [1, 2, 3], "a": [4]})", "{a,-1}", "3"},
      {R"({"x": [1, 2, 3], "a": [4, 5, 6, 7, 8]})", "{a,-1}", "6"},
      {R"({"x": [], "a": [4, 5, 6, 7, 8]})", "{a,-1}", "8"},
  };
  Arena arena;
  for (const Row& row : rows) {
    EXPECT_EQ(shown_text(json_get_path(row.json, texts(row.argument), JsonForm::Json, arena)),
              row.answer)
        << row.json;
  }
}

TEST(JsonTypeof, NamesTheKind) {
  const Single rows[] = {
      {" null", "null"},         {"true", "boolean"}, {"false", "boolean"}, {"-1", "number"},
      {R"("\u0000")", "string"}, {" []", "array"},    {"{}", "object"},
  };
  for (const Single& row : rows) EXPECT_EQ(json_typeof(row.json).value_or("?"), row.answer);
}

TEST(JsonArrayLength, CountsElements) {
  const Single rows[] = {
      {"[]", "0"},
      {R"([1, [2, 3], {"a": [4, 5]}, "\u0000"])", "4"},
      {"{}", "22023: cannot get array length of a non-array"},
      {R"("abc")", "22023: cannot get array length of a scalar"},
  };
  for (const Single& row : rows) {
    const Result<std::int32_t> length = json_array_length(row.json);
    EXPECT_EQ(length.has_value() ? std::to_string(*length) : shown(length.error()), row.answer);
  }
}

TEST(JsonEachKey, VisitsAllKeys) {
  const Single rows[] = {
      {R"({"b": 1, "\u0061": {"c": 2}, "b": 3})", "b; a; b"},
      {"{}", kNull},
      {"[]", "22023: cannot call json_object_keys on an array"},
      {"1", "22023: cannot call json_object_keys on a scalar"},
  };
  for (const Single& row : rows) {
    Listing listing;
    const auto add = [&](Bytes key) { listing.add(key); };
    EXPECT_EQ(listing.text_or(json_each_key(row.json, add)), row.answer);
  }
}

TEST(JsonEach, VisitsAllMembers) {
  const Single rows[] = {
      {R"({"b": "\u0041", "a": [1 ], "b": null})", R"(b="\u0041"; a=[1 ]; b=null)"},
      {"{}", kNull},
      {"[]", "22023: cannot deconstruct an array as an object"},
      {"1", "22023: cannot deconstruct a scalar"},
  };
  Arena arena;
  for (const Single& row : rows) {
    Listing listing;
    const auto add = [&](Bytes key, const Value& value) {
      listing.add(std::string(key) + "=" + shown_text(value));
    };
    EXPECT_EQ(listing.text_or(json_each(row.json, JsonForm::Json, arena, add)), row.answer);
  }
}

TEST(JsonEach, VisitsAllMembersAsText) {
  const Single rows[] = {
      {R"({"b": "\u0041", "a": [1 ], "b": null, "c": {"d": "x"}})",
       R"(b=A; a=[1 ]; b=<null>; c={"d": "x"})"},
  };
  Arena arena;
  for (const Single& row : rows) {
    Listing listing;
    const auto add = [&](Bytes key, const Value& value) {
      listing.add(std::string(key) + "=" + shown_text(value));
    };
    EXPECT_EQ(listing.text_or(json_each(row.json, JsonForm::Text, arena, add)), row.answer);
  }
}

TEST(JsonArrayElements, VisitsThemInOrder) {
  const Single rows[] = {
      {R"([1, "\u0000", [2 ], {"b" : null}])", R"(1; "\u0000"; [2 ]; {"b" : null})"},
      {"[]", kNull},
      {"{}", "22023: cannot call json_array_elements on a non-array"},
      {"1", "22023: cannot call json_array_elements on a scalar"},
  };
  Arena arena;
  for (const Single& row : rows) {
    Listing listing;
    const auto add = [&](const Value& value) { listing.add(shown_text(value)); };
    EXPECT_EQ(listing.text_or(
                  json_array_elements(row.json, "json_array_elements", JsonForm::Json, arena, add)),
              row.answer);
  }
}

TEST(JsonArrayElements, VisitsThemAsText) {
  const Single rows[] = {
      {R"([1, "\u0041", [2 ], null])", "1; A; [2 ]; <null>"},
      {"{}", "22023: cannot call json_array_elements_text on a non-array"},
  };
  Arena arena;
  for (const Single& row : rows) {
    Listing listing;
    const auto add = [&](const Value& value) { listing.add(shown_text(value)); };
    EXPECT_EQ(listing.text_or(json_array_elements(row.json, "json_array_elements_text",
                                                  JsonForm::Text, arena, add)),
              row.answer);
  }
}

TEST(JsonStripNulls, DropsMembersAndBlanks) {
  const Single rows[] = {
      {R"({ "a" : null, "b" : [1, null, {"c" : null}], "d" : "x\u0041\/" })",
       R"({"b":[1,null,{}],"d":"xA/"})"},
      {R"([ 1e5 , {"a": null, "b": 1.0, "b": 2} ])", R"([1e5,{"b":1.0,"b":2}])"},
      {R"({"a": {"b": null}, "c": []})", R"({"a":{},"c":[]})"},
      {" null ", "null"},
      {R"("\u000a")", R"("\n")"},
  };
  Arena arena;
  for (const Single& row : rows) {
    EXPECT_EQ(shown_text(json_strip_nulls(row.json, arena)), row.answer);
  }
}

}  // namespace
}  // namespace latchkey::sql
