#include "sql/types/jsonpath_regex.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey::sql {
namespace {

std::string matched(Bytes pattern, JsonPathRegexFlags flags, Bytes text) {
  const Result<JsonPathRegex> regex = JsonPathRegex::compile(pattern, flags);
  if (!regex.has_value()) return regex.error().message();
  return regex->matches(text) ? "yes" : "no";
}

TEST(JsonPathRegex, FindsThePatternAnywhere) {
  EXPECT_EQ(matched("b+", {}, "abbc"), "yes");
  EXPECT_EQ(matched("^b", {}, "abbc"), "no");
  EXPECT_EQ(matched("", {}, ""), "yes");
  EXPECT_EQ(matched("é.$", {}, "xéé"), "yes");
}

TEST(JsonPathRegex, ObeysItsFlags) {
  EXPECT_EQ(matched("B", {}, "abc"), "no");
  EXPECT_EQ(matched("B", {.ignore_case = true}, "abc"), "yes");
  EXPECT_EQ(matched("a.c", {}, "a\nc"), "no");
  EXPECT_EQ(matched("a.c", {.dot_all = true}, "a\nc"), "yes");
  EXPECT_EQ(matched("^c", {}, "a\nc"), "no");
  EXPECT_EQ(matched("^c", {.multi_line = true}, "a\nc"), "yes");
  EXPECT_EQ(matched("a.c", {.quoted = true}, "abc"), "no");
  EXPECT_EQ(matched("a.c", {.expanded = true, .quoted = true}, "xa.c"), "yes");
  EXPECT_EQ(matched("a.C", {.ignore_case = true, .quoted = true}, "A.c"), "yes");
}

// The messages are PostgreSQL's.
TEST(JsonPathRegex, RefusesWrongPatterns) {
  EXPECT_EQ(matched("[", {}, ""), "invalid regular expression: brackets [] not balanced");
  EXPECT_EQ(matched("(", {}, ""), "invalid regular expression: parentheses () not balanced");
  EXPECT_EQ(matched("*", {}, ""), "invalid regular expression: quantifier operand invalid");
  EXPECT_EQ(matched("a\\", {}, ""), "invalid regular expression: invalid escape \\ sequence");
  EXPECT_EQ(matched("[b-a]", {}, ""), "invalid regular expression: invalid character range");
  EXPECT_EQ(matched("a", {.expanded = true}, ""),
            "XQuery \"x\" flag (expanded regular expressions) is not implemented");
}

}  // namespace
}  // namespace latchkey::sql
