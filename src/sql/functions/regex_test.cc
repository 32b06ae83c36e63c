#include "sql/functions/regex.h"

#include <gtest/gtest.h>

namespace latchkey::sql {
namespace {

std::string found(Bytes text, Bytes pattern, const RegexFlags& flags = {}) {
  const Result<Regex> regex = Regex::compile(pattern, flags);
  if (!regex.has_value()) return regex.error().message();
  Regex::Groups groups;
  if (!regex->find(text, 0, groups)) return "none";
  std::string shown;
  for (const Bytes group : groups) {
    shown += group.data() == nullptr ? "null" : "<" + std::string(group) + ">";
  }
  return shown;
}

// The whole match is as long as it can be, unless the first quantifier wants it short.
TEST(Regex, PrefersAsTheFirstQuantifierSays) {
  EXPECT_EQ(found("abcd", "(a|ab)(c|bcd)(d*)"), "<abcd><a><bcd><>");
  EXPECT_EQ(found("XY1234Z", "Y*([0-9]{1,3})"), "<Y123><123>");
  EXPECT_EQ(found("XY1234Z", "Y*?([0-9]{1,3})"), "<Y1><1>");
}

TEST(Regex, RefusesWhatTakesMoreThanLinearTime) {
  EXPECT_EQ(found("aa", "(a)\\1"), "invalid regular expression: back references are not supported");
  EXPECT_EQ(found("ab", "a(?=b)"),
            "invalid regular expression: lookahead and lookbehind constraints are not supported");
}

TEST(Regex, SaysWhatIsWrongAsPostgresqlDoes) {
  EXPECT_EQ(found("a", "("), "invalid regular expression: parentheses () not balanced");
  EXPECT_EQ(found("a", "["), "invalid regular expression: brackets [] not balanced");
  EXPECT_EQ(found("a", "*"), "invalid regular expression: quantifier operand invalid");
  EXPECT_EQ(found("a", "a{2,1}"), "invalid regular expression: invalid repetition count(s)");
  EXPECT_EQ(found("a", "\\1"), "invalid regular expression: invalid backreference number");
}

TEST(Regex, KnowsTheLettersThatChangeIt) {
  EXPECT_EQ(found("x\nabc", "^a.c$", *RegexFlags::parse("n")), "<abc>");
  EXPECT_EQ(found("ABC", "b", *RegexFlags::parse("i")), "<B>");
  EXPECT_EQ(found("a.c", "a.", *RegexFlags::parse("q")), "<a.>");
  EXPECT_EQ(found("abc", "a b # c", *RegexFlags::parse("x")), "<ab>");
  EXPECT_EQ(found("ABC", "(?i)b"), "<B>");
  EXPECT_EQ(RegexFlags::parse("z").error().message(), "invalid regular expression option: \"z\"");
}

TEST(Regex, TakesPatternsOfSimilarTo) {
  EXPECT_EQ(*regex_of_similar("a%_(b|c)", "\\"), "^(?:a.*.(?:b|c))$");
  EXPECT_EQ(*regex_of_similar("a#%", "#"), "^(?:a\\%)$");
}

}  // namespace
}  // namespace latchkey::sql
