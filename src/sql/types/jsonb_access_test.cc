#include "sql/types/jsonb_access.h"

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::kNull;
using json_testing::Listing;
using json_testing::shown;
using json_testing::shown_text;
using json_testing::texts;
using json_testing::Values;

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

std::string shown(const std::optional<JsonbReader>& value) {
  return value.has_value() ? json_testing::shown(*value) : kNull;
}

// The answers in all tables are those of PostgreSQL 15.18.

TEST(JsonbGet, FindsMembers) {
  const Row rows[] = {
      {R"({"a": {"b": 1}, "b": null})", "a", R"({"b": 1})"},
      {R"({"a": {"b": 1}, "b": null})", "b", "null"},
      {R"({"a": 1})", "x", kNull},
      {R"(["a"])", "a", kNull},
      {R"("a")", "a", kNull},
  };
  Values value;
  for (const Row& row : rows) {
    EXPECT_EQ(shown(jsonb_get(value(row.json), Bytes(row.argument))), row.answer) << row.json;
  }
}

TEST(JsonbGet, FindsElements) {
  const Row rows[] = {
      {"[1, [2], 3]", "0", "1"},
      {"[1, [2], 3]", "1", "[2]"},
      {"[1, [2], 3]", "-1", "3"},
      {"[1, [2], 3]", "-3", "1"},
      {"[1, [2], 3]", "3", kNull},
      {"[1, [2], 3]", "-4", kNull},
      {"[1]", "-2147483648", kNull},
      {R"({"0": 1})", "0", kNull},
      {R"("a")", "0", R"("a")"},
      {"1", "-1", "1"},
      {"1", "1", kNull},
  };
  Values value;
  for (const Row& row : rows) {
    EXPECT_EQ(shown(jsonb_get(value(row.json), std::stoi(row.argument))), row.answer) << row.json;
  }
}

TEST(JsonbGetPath, FollowsKeysAndIndexes) {
  const Row rows[] = {
      {R"({"a": [1, {"b": "x"}]})", "{a,1,b}", R"("x")"},
      {R"({"a": [1, {"b": "x"}]})", "{a,-1}", R"({"b": "x"})"},
      {R"({"a": [1, {"b": "x"}]})", "{a,-3}", kNull},
      {R"({"a": [1, {"b": "x"}]})", "{a,b}", kNull},
      {R"({"a": [1, {"b": "x"}]})", "{a,0,b}", kNull},
      {R"({"a": [1, {"b": "x"}]})", "{a,+1}", R"({"b": "x"})"},
      {R"({"a": [1, {"b": "x"}]})", "{a,01}", R"({"b": "x"})"},
      {R"({"a": [1, {"b": "x"}]})", "{a,1x}", kNull},
      {R"({"a": [1, {"b": "x"}]})", "{a,99999999999}", kNull},
      {R"({"a": [1, {"b": "x"}]})", "{}", R"({"a": [1, {"b": "x"}]})"},
      {R"({"a": [1, {"b": "x"}]})", "{NULL}", kNull},
      {R"({"a": null})", "{a}", "null"},
      {"1", "{}", "1"},
      {"1", "{0}", kNull},
  };
  Values value;
  for (const Row& row : rows) {
    EXPECT_EQ(shown(jsonb_get_path(value(row.json), texts(row.argument))), row.answer)
        << row.json << row.argument;
  }
}

TEST(JsonbAsText, UnwrapsStringsAndNull) {
  const Row rows[] = {
      {R"(["a\n", null, 1.0, true, [1, "x"], {"a": 1}])", "{0}", "a\n"},
      {R"(["a\n", null, 1.0, true, [1, "x"], {"a": 1}])", "{1}", kNull},
      {R"(["a\n", null, 1.0, true, [1, "x"], {"a": 1}])", "{2}", "1.0"},
      {R"(["a\n", null, 1.0, true, [1, "x"], {"a": 1}])", "{3}", "true"},
      {R"(["a\n", null, 1.0, true, [1, "x"], {"a": 1}])", "{4}", R"([1, "x"])"},
      {R"(["a\n", null, 1.0, true, [1, "x"], {"a": 1}])", "{5}", R"({"a": 1})"},
  };
  Values value;
  for (const Row& row : rows) {
    const auto found = jsonb_get_path(value(row.json), texts(row.argument));
    EXPECT_EQ(shown_text(jsonb_as_text(*found, value.arena())), row.answer);
  }
}

TEST(JsonbContains, IgnoresOrderAndNumber) {
  const Row rows[] = {
      {R"({"a": 1, "b": 2})", R"({"b": 2})", "t"},
      {R"({"a": 1, "b": 2})", R"({"b": 2.0})", "t"},
      {R"({"a": 1, "b": 2})", R"({"b": 3})", "f"},
      {R"({"a": 1})", R"({"a": 1, "b": 2})", "f"},
      {R"({"a": {"b": [1, 2]}})", R"({"a": {"b": [2]}})", "t"},
      {R"({"a": {"b": [1, 2]}})", R"({"a": {"b": 2}})", "f"},
      {R"({"a": {"b": 1}})", R"({"a": {}})", "t"},
      {R"({"a": 1})", "{}", "t"},
      {"[1, 2, 3]", "[3, 1, 1]", "t"},
      {"[1, 2, 3]", "[4]", "f"},
      {"[1, 2, 3]", "[]", "t"},
      {"[1, 2, 3]", "3", "t"},
      {R"(["a"])", R"("a")", "t"},
      {"[[1, 2], 3]", "[[2]]", "t"},
      {"[[1, 2], 3]", "[2]", "f"},
      {"[[1, 2], 3]", "[[1], [2]]", "t"},
      {R"([{"a": 1, "b": 2}])", R"([{"a": 1}])", "t"},
      {R"([{"a": 1}])", R"({"a": 1})", "f"},
      {"[null, true]", "[null]", "t"},
      {"[true]", "[false]", "f"},
      {"1", "1.0", "t"},
      {"1", "[1]", "f"},
      {"1", "[]", "f"},
      {"{}", "[]", "f"},
      {"[]", "{}", "f"},
      {"[[]]", "[[]]", "t"},
      {"[]", "[]", "t"},
  };
  Values value;
  for (const Row& row : rows) {
    EXPECT_EQ(jsonb_contains(value(row.json), value(row.argument)) ? "t" : "f", row.answer)
        << row.json << " " << row.argument;
  }
}

TEST(JsonbExists, LooksForKeysAndStrings) {
  const Row rows[] = {
      {R"({"a": 1})", "a", "t"},
      {R"({"a": 1})", "b", "f"},
      {R"(["a", 1, ["b"]])", "a", "t"},
      {R"(["a", 1, ["b"]])", "1", "f"},
      {R"(["a", 1, ["b"]])", "b", "f"},
      {R"("a")", "a", "t"},
      {"1", "1", "f"},
  };
  Values value;
  for (const Row& row : rows) {
    EXPECT_EQ(jsonb_exists(value(row.json), row.argument) ? "t" : "f", row.answer) << row.json;
  }
}

TEST(JsonbExists, TakesAnyOrAllOfSeveral) {
  const Row any[] = {
      {R"({"a": 1})", "{b,a}", "t"},
      {R"({"a": 1})", "{b,NULL}", "f"},
      {R"({"a": 1})", "{}", "f"},
      {R"("a")", "{a}", "t"},
  };
  const Row all[] = {
      {R"({"a": 1})", "{b,a}", "f"},
      {R"({"a": 1})", "{a,NULL}", "t"},
      {R"({"a": 1})", "{}", "t"},
      {R"(["a", "b"])", "{b,a}", "t"},
  };
  Values value;
  for (const Row& row : any) {
    EXPECT_EQ(jsonb_exists_any(value(row.json), texts(row.argument)) ? "t" : "f", row.answer);
  }
  for (const Row& row : all) {
    EXPECT_EQ(jsonb_exists_all(value(row.json), texts(row.argument)) ? "t" : "f", row.answer);
  }
}

TEST(JsonbTypeof, NamesTheKind) {
  const Single rows[] = {
      {"null", "null"},    {"true", "boolean"}, {"false", "boolean"}, {"1", "number"},
      {R"("")", "string"}, {"[]", "array"},     {"{}", "object"},
  };
  Values value;
  for (const Single& row : rows) EXPECT_EQ(jsonb_typeof(value(row.json)), row.answer);
}

TEST(JsonbArrayLength, CountsElements) {
  const Single rows[] = {
      {"[]", "0"},
      {"[1, [2, 3]]", "2"},
      {"{}", "22023: cannot get array length of a non-array"},
      {R"("abc")", "22023: cannot get array length of a scalar"},
  };
  Values value;
  for (const Single& row : rows) {
    const Result<std::int32_t> length = jsonb_array_length(value(row.json));
    EXPECT_EQ(length.has_value() ? std::to_string(*length) : shown(length.error()), row.answer);
  }
}

TEST(JsonbEach, VisitsMembersInTheOrderOfKeys) {
  const Single keys[] = {
      {R"({"bb": 1, "a": 2, "b": 3})", "a; b; bb"},
      {"{}", kNull},
      {"[]", "22023: cannot call jsonb_object_keys on an array"},
      {"1", "22023: cannot call jsonb_object_keys on a scalar"},
  };
  const Single members[] = {
      {R"({"bb": "x", "a": null, "b": [1]})", R"(a=null; b=[1]; bb="x")"},
      {"{}", kNull},
      {"[]", "22023: cannot call jsonb_each on a non-object"},
      {"1", "22023: cannot call jsonb_each on a non-object"},
  };
  Values value;
  for (const Single& row : keys) {
    Listing listing;
    const auto add = [&](Bytes key) { listing.add(key); };
    EXPECT_EQ(listing.text_or(jsonb_each_key(value(row.json), add)), row.answer);
  }
  for (const Single& row : members) {
    Listing listing;
    const auto add = [&](Bytes key, JsonbReader member) {
      listing.add(std::string(key) + "=" + json_testing::shown(member));
    };
    EXPECT_EQ(listing.text_or(jsonb_each(value(row.json), "jsonb_each", add)), row.answer);
  }
}

TEST(JsonbArrayElements, VisitsThemInOrder) {
  const Single rows[] = {
      {R"([1, "a", [2], {"b": null}])", R"(1; "a"; [2]; {"b": null})"},
      {"[]", kNull},
      {"{}", "22023: cannot extract elements from an object"},
      {"1", "22023: cannot extract elements from a scalar"},
  };
  Values value;
  for (const Single& row : rows) {
    Listing listing;
    const auto add = [&](JsonbReader element) { listing.add(json_testing::shown(element)); };
    EXPECT_EQ(listing.text_or(jsonb_array_elements(value(row.json), add)), row.answer);
  }
}

TEST(JsonbNumber, CastsNumbersOnly) {
  const Single rows[] = {
      {"1.50", "1.50"},
      {R"("1")", "22023: cannot cast jsonb string to type numeric"},
      {"null", "22023: cannot cast jsonb null to type numeric"},
      {"true", "22023: cannot cast jsonb boolean to type numeric"},
      {"[]", "22023: cannot cast jsonb array to type numeric"},
      {"{}", "22023: cannot cast jsonb object to type numeric"},
  };
  Values value;
  for (const Single& row : rows) {
    const Result<Bytes> number = jsonb_number(value(row.json), "numeric");
    EXPECT_EQ(number.has_value() ? std::string(*number) : shown(number.error()), row.answer);
  }
}

TEST(JsonbBoolean, CastsBooleansOnly) {
  const Single rows[] = {
      {"true", "t"},
      {"false", "f"},
      {"1", "22023: cannot cast jsonb numeric to type boolean"},
      {R"("true")", "22023: cannot cast jsonb string to type boolean"},
      {"null", "22023: cannot cast jsonb null to type boolean"},
  };
  Values value;
  for (const Single& row : rows) {
    const Result<bool> flag = jsonb_boolean(value(row.json));
    const std::string answer = flag.has_value() ? (*flag ? "t" : "f") : shown(flag.error());
    EXPECT_EQ(answer, row.answer);
  }
}

}  // namespace
}  // namespace latchkey::sql
