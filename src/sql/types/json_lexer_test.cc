#include "sql/types/json_lexer.h"

#include <gtest/gtest.h>

namespace latchkey::sql {
namespace {

TEST(JsonLexer, FindsWordsAndWhereTheyStand) {
  JsonLexer lexer(" {\"a\" :\n[-1.5e3,null] }", JsonStrings::Decoded);
  struct Word {
    JsonToken token;
    Bytes text;
  };
  const Word words[] = {
      {JsonToken::ObjectBegin, "{"}, {JsonToken::String, "\"a\""},  {JsonToken::Colon, ":"},
      {JsonToken::ArrayBegin, "["},  {JsonToken::Number, "-1.5e3"}, {JsonToken::Comma, ","},
      {JsonToken::Null, "null"},     {JsonToken::ArrayEnd, "]"},    {JsonToken::ObjectEnd, "}"},
      {JsonToken::End, ""},          {JsonToken::End, ""},
  };
  for (const Word& word : words) {
    const std::size_t end = lexer.end();
    ASSERT_TRUE(lexer.advance().has_value());
    EXPECT_EQ(lexer.token(), word.token);
    EXPECT_EQ(lexer.token_text(), word.text);
    EXPECT_EQ(lexer.previous_end(), end);
  }
}

TEST(JsonLexer, DecodesStringsOnlyIfToldTo) {
  std::string held;
  JsonLexer decoding("\"\\u0041\\n\"", JsonStrings::Decoded);
  ASSERT_TRUE(decoding.advance().has_value());
  EXPECT_EQ(decoding.take_string(held), "A\n");

  JsonLexer keeping("\"\\u0041\\n\"", JsonStrings::AsWritten);
  ASSERT_TRUE(keeping.advance().has_value());
  EXPECT_EQ(keeping.take_string(held), "\\u0041\\n");
}

// What is taken stays while the lexer goes on: two buffers take turns.
TEST(JsonLexer, AStringThatWasTakenStaysForOneMoreWord) {
  std::string held;
  JsonLexer lexer("\"\\u0041 first\" \"\\u0042 second\"", JsonStrings::Decoded);
  ASSERT_TRUE(lexer.advance().has_value());

  const Bytes first = lexer.take_string(held);
  ASSERT_TRUE(lexer.advance().has_value());

  EXPECT_EQ(first, "A first");
  EXPECT_EQ(lexer.take_string(held), "B second");
}

// Fifty bytes of a line are shown, and lines before it are not.
TEST(JsonLexer, ShowsTheEndOfALongLine) {
  const std::string text = "\n\n" + std::string(60, 'x');
  JsonLexer lexer(text, JsonStrings::Decoded);

  const Result<void> result = lexer.advance();

  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().details().context, "JSON data, line 3: ..." + std::string(49, 'x'));
}

}  // namespace
}  // namespace latchkey::sql
