#include "sql/types/jsonb_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::Values;

bool includes(const JsonbTokens& all, const JsonbTokens& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

// Whatever contains a part has the part's tokens: else the index would hide rows.
TEST(JsonbTokens, OfAPartAreThoseOfWhatContainsIt) {
  Values values;
  const std::pair<Bytes, Bytes> pairs[] = {
      {R"({"a": 1, "b": {"c": ["x", 2]}})", R"({"b": {"c": [2.0]}})"},
      {R"([1, [2, 3], {"a": null}])", R"([[3], {"a": null}])"},
      {R"(["a", "b"])", R"("a")"},
      {R"({"a": {"b": {}}})", R"({"a": {}})"},
      {R"("x")", R"("x")"},
      {R"([[], {}])", R"([[]])"},
  };
  for (const auto kinds : {JsonbTokenKinds::Paths, JsonbTokenKinds::PathsAndKeys}) {
    for (const auto& [whole, part] : pairs) {
      EXPECT_TRUE(jsonb_contains(values(whole), values(part))) << whole << part;
      EXPECT_TRUE(
          includes(jsonb_tokens(values(whole), kinds), jsonb_tokens_contained(values(part), kinds)))
          << whole << part;
    }
  }
}

TEST(JsonbTokens, TellValuesAndPathsApart) {
  Values values;
  const Bytes different[] = {R"({"a": 1})",        R"({"a": "1"})",  R"({"b": 1})",
                             R"({"a": {"a": 1}})", R"({"a": true})", R"({"a": false})",
                             R"({"a": null})"};
  for (const Bytes one : different) {
    for (const Bytes other : different) {
      const bool is_found = includes(jsonb_tokens(values(one), JsonbTokenKinds::Paths),
                                     jsonb_tokens(values(other), JsonbTokenKinds::Paths));
      EXPECT_EQ(is_found, one == other) << one << other;
    }
  }
}

TEST(JsonbTokens, KnowTheKeysOfTheRoot) {
  Values values;
  const auto has = [&](Bytes json, Bytes key) {
    return includes(jsonb_tokens(values(json), JsonbTokenKinds::PathsAndKeys),
                    {jsonb_token_of_key(key)});
  };

  EXPECT_TRUE(has(R"({"a": {"b": 1}})", "a"));
  EXPECT_FALSE(has(R"({"a": {"b": 1}})", "b"));
  EXPECT_TRUE(has(R"(["a"])", "a"));
  EXPECT_TRUE(has(R"("a")", "a"));
}

// They are in files: this number must stay.
TEST(JsonbTokens, AreTheSameInEveryProcess) {
  Values values;
  const JsonbTokens tokens = jsonb_tokens(values(R"({"a": [1.50]})"), JsonbTokenKinds::Paths);

  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0], 6697889634391233306u);
}

}  // namespace
}  // namespace latchkey::sql
