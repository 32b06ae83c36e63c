#include "sql/types/jsonpath_lexer.h"

#include <gtest/gtest.h>

#include <vector>

namespace latchkey::sql {
namespace {

/// One letter for each token, and its content in brackets if it has one.
std::string tokens(Bytes text) {
  JsonPathLexer lexer(text);
  std::string found;
  for (;;) {
    const Result<void> result = lexer.advance();
    if (!result.has_value()) return found + result.error().message();
    const std::string content = "(" + lexer.content() + ")";
    switch (lexer.token()) {
      case JsonPathToken::End:
        return found;
      case JsonPathToken::Word:
        found += (lexer.word() == JsonPathWord::None ? "w" : "k") + content;
        break;
      case JsonPathToken::String:
        found += "s" + content;
        break;
      case JsonPathToken::Variable:
        found += "v" + content;
        break;
      case JsonPathToken::Integer:
        found += "i" + content;
        break;
      case JsonPathToken::Decimal:
        found += "d" + content;
        break;
      case JsonPathToken::Symbol:
        found += lexer.symbol();
        break;
      default:
        found += "o";
        break;
    }
  }
}

TEST(JsonPathLexer, FindsWordsAndSymbols) {
  EXPECT_EQ(tokens("$.a[*] ? (@ <= 1 && @ <> \"x\")"), "$.w(a)[*]?(@oi(1)o@os(x))");
  EXPECT_EQ(tokens("$ $x $\"y z\""), "$v(x)v(y z)");
  EXPECT_EQ(tokens("exists LAX True true"), "k(exists)k(LAX)w(True)k(true)");
  EXPECT_EQ(tokens("a\\u0062c \\x64"), "w(abc)w(d)");
  EXPECT_EQ(tokens(" /* x */ 1 /**/2"), "i(1)i(2)");
}

// The longest match wins: a number with more than one letter behind it is a word.
TEST(JsonPathLexer, TellsNumbersFromWords) {
  EXPECT_EQ(tokens("0 12 1.5 .5 5. 1e3 1.5E-3"), "i(0)i(12)d(1.5)d(.5)d(5.)d(1e3)d(1.5E-3)");
  EXPECT_EQ(tokens("12ab"), "w(12ab)");
  EXPECT_EQ(tokens("001"), "w(001)");
  EXPECT_EQ(tokens("1..2"), "d(1.)d(.2)");
  EXPECT_EQ(tokens("1a"),
            "trailing junk after numeric literal at or near \"1a\" of jsonpath input");
  EXPECT_EQ(tokens("1e-"), "invalid numeric literal at or near \"1e-\" of jsonpath input");
}

TEST(JsonPathLexer, SaysWhereSyntaxIsWrong) {
  JsonPathLexer lexer("$ ]");
  ASSERT_TRUE(lexer.advance().has_value());
  EXPECT_EQ(lexer.syntax_error().message(), "syntax error at or near \"$\" of jsonpath input");
  ASSERT_TRUE(lexer.advance().has_value());
  EXPECT_EQ(lexer.syntax_error().message(), "syntax error at or near \"]\" of jsonpath input");
  ASSERT_TRUE(lexer.advance().has_value());
  EXPECT_EQ(lexer.syntax_error().message(), "syntax error at end of jsonpath input");
}

}  // namespace
}  // namespace latchkey::sql
