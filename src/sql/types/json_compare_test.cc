#include "sql/types/json.h"
#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::Values;

// As PostgreSQL 15.18 sorts them with the collation C.
TEST(CompareJsonb, OrdersAsPostgresqlDoes) {
  const char* const ascending[] = {
      "[]",
      "null",
      "\"\"",
      "\"A\"",
      "\"a\"",
      "\"aa\"",
      "\"b\"",
      "\"é\"",
      "-1.5",
      "0",
      "1",
      "1.5",
      "10",
      "false",
      "true",
      "[null]",
      "[\"a\"]",
      "[1]",
      "[true]",
      "[[]]",
      "[[1]]",
      "[{}]",
      "[1, 2]",
      "[1, 3]",
      "[\"a\", [], 1, 0]",
      "{}",
      "{\"a\": 1}",
      "{\"a\": 2}",
      "{\"a\": []}",
      "{\"aa\": 1}",
      "{\"b\": 1}",
      "{\"a\": 1, \"b\": 1}",
      "{\"a\": 1, \"c\": 1}",
      "{\"a\": 2, \"b\": 1}",
  };
  Values value;
  for (const char* const& left : ascending) {
    for (const char* const& right : ascending) {
      const int expected = &left < &right ? -1 : &left > &right ? 1 : 0;
      EXPECT_EQ(compare_jsonb(value(left), value(right)), expected) << left << " " << right;
    }
  }
}

TEST(EqualJsonb, ZerosAtTheEndOfFractionsDoNotCount) {
  Values value;
  const JsonbReader left = value(R"({"a": [1.0, 10], "b": "x"})");
  const JsonbReader right = value(R"({"b": "x", "a": [1.00, 1e1]})");

  EXPECT_TRUE(equal_jsonb(left, right));
  EXPECT_EQ(compare_jsonb(left, right), 0);
  EXPECT_EQ(hash_jsonb(left), hash_jsonb(right));
}

TEST(EqualJsonb, OtherDifferencesCount) {
  Values value;
  const char* const all[] = {
      "null", "0",         "1",         "\"1\"",         "\"\"",      "false",
      "true", "[1]",       "[1, 1]",    "[[1]]",         "{}",        "[]",
      "[{}]", "{\"1\":1}", "{\"1\":2}", "{\"1\":\"1\"}", "{\"2\":1}", "[\"1\"]"};
  for (const char* const& left : all) {
    for (const char* const& right : all) {
      EXPECT_EQ(equal_jsonb(value(left), value(right)), &left == &right) << left << " " << right;
      EXPECT_EQ(hash_jsonb(value(left)) == hash_jsonb(value(right)), &left == &right);
    }
  }
}

TEST(CompareJsonb, ReachesTheDeepestLevel) {
  const std::string begin(kJsonDepthMax - 1, '[');
  const std::string end(kJsonDepthMax - 1, ']');
  Values value;

  EXPECT_EQ(compare_jsonb(value(begin + "[1]" + end), value(begin + "[2]" + end)), -1);
  EXPECT_EQ(compare_jsonb(value(begin + "[1]" + end), value(begin + "[1]" + end)), 0);
}

}  // namespace
}  // namespace latchkey::sql
