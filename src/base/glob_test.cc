#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey {
namespace {

struct Row {
  Bytes pattern;
  Bytes text;
  bool matches;
};

void expect(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(glob_match(row.pattern, row.text), row.matches) << row.pattern << " on " << row.text;
  }
}

TEST(Glob, StarsAndQuestionMarksMatchTheWholeText) {
  expect({
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "abc", true},
      {"a*", "abc", true},
      {"*c", "abc", true},
      {"*b*", "abc", true},
      {"a*c", "abc", true},
      {"a*d", "abc", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"??", "a", false},
      {"abc", "abcd", false},
      {"abcd", "abc", false},
      {"*a*a*", "aa", true},
      {"*a*a*a*", "aa", false},
      {"a**", "a", true},
      {"user:*:name", "user:17:name", true},
  });
}

TEST(Glob, SetsHoldRangesEscapesAndInversions) {
  expect({
      {"[abc]", "b", true},
      {"[abc]", "d", false},
      {"[^a]", "b", true},
      {"[^a]", "a", false},
      {"[a-c]", "b", true},
      {"[c-a]", "b", true},
      {"[a-c]", "d", false},
      {"[a-c]x", "bx", true},
      {"[\\]]", "]", true},
      {"[\\-]", "-", true},
      {"[a-]", "-", false},
      {"h[^e]llo", "hello", false},
      {"[!a]", "!", true},
  });
}

// Each answer was given by KEYS of redis-server 7.0.15.
TEST(Glob, UnfinishedSetsAndEscapesEndWithThePattern) {
  expect({
      {"[abc", "a", true},
      {"[abc", "d", false},
      {"[", "[", false},
      {"[^", "x", true},
      {"[]", "]", false},
      {"a\\", "a\\", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\a", "a", true},
      {"[a-", "-", true},
      {"[\\", "\\", true},
  });
}

TEST(Glob, TextMayHoldAnyByte) {
  EXPECT_TRUE(glob_match(Bytes("a?c", 3), Bytes("a\0c", 3)));
  EXPECT_TRUE(glob_match("[\x80-\xff]", "\xc3"));
}

TEST(Glob, CaseIsIgnoredOnRequest) {
  EXPECT_TRUE(glob_match("MAX*", "maxmemory", LetterCase::Ignore));
  EXPECT_TRUE(glob_match("[A-C]", "b", LetterCase::Ignore));
  EXPECT_FALSE(glob_match("MAX*", "maxmemory"));
}

// The pattern that made recursive matchers run for hours must end in milliseconds.
TEST(Glob, ManyStarsCostNoMoreThanTheBound) {
  std::string pattern;
  for (int i = 0; i < 20'000; ++i) pattern += "a*";
  pattern += "b";

  EXPECT_FALSE(glob_match(pattern, std::string(60'000, 'a')));
}

TEST(LiteralPrefix, EndsAtTheFirstWildcard) {
  EXPECT_EQ(literal_prefix("user:*"), "user:");
  EXPECT_EQ(literal_prefix("user:?"), "user:");
  EXPECT_EQ(literal_prefix("user:[ab]"), "user:");
  EXPECT_EQ(literal_prefix("us\\*er:*"), "us*er:");
  EXPECT_EQ(literal_prefix("plain"), "plain");
  EXPECT_EQ(literal_prefix("end\\"), "end\\");
  EXPECT_EQ(literal_prefix("*"), "");
}

}  // namespace
}  // namespace latchkey
