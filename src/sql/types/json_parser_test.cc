#include "sql/types/json_parser.h"

#include <gtest/gtest.h>

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::shown;

/// The parts with their depths: "{1 a1 ..".
std::string parts(Bytes json) {
  JsonParser parser(json, JsonStrings::Decoded);
  std::string text;
  for (;;) {
    const Result<JsonEvent> event = parser.next();
    if (!event.has_value()) return text + shown(event.error());
    const std::string depth = std::to_string(parser.depth()) + " ";
    switch (*event) {
      case JsonEvent::Scalar:
        text += std::string(parser.written()) + "@" + depth;
        break;
      case JsonEvent::Key:
        text += std::string(parser.string()) + ":" + depth;
        break;
      case JsonEvent::ArrayBegin:
        text += "[" + depth;
        break;
      case JsonEvent::ArrayEnd:
        text += "]" + depth;
        break;
      case JsonEvent::ObjectBegin:
        text += "{" + depth;
        break;
      case JsonEvent::ObjectEnd:
        text += "}" + depth;
        break;
      case JsonEvent::End:
        return text;
    }
  }
}

TEST(JsonParser, ReadsPartByPart) {
  EXPECT_EQ(parts("1"), "1@0 ");
  EXPECT_EQ(parts("[]"), "[1 ]1 ");
  EXPECT_EQ(parts("[1,[2]]"), "[1 1@1 [2 2@2 ]2 ]1 ");
  EXPECT_EQ(parts(R"({"a":{"\u0062":null},"c":[]})"), "{1 a:1 {2 b:2 null@2 }2 c:1 [2 ]2 }1 ");
}

TEST(JsonParser, TellsOfPartsBeforeTheError) {
  EXPECT_EQ(parts("[1 2"),
            "[1 1@1 22P02: invalid input syntax for type json|"
            "Expected \",\" or \"]\", but found \"2\".||JSON data, line 1: [1 2");
}

TEST(JsonParser, KnowsWhichStringsItHolds) {
  JsonParser parser(R"(["plain", "\u0041"])", JsonStrings::Decoded);
  ASSERT_TRUE(parser.next().has_value());
  ASSERT_TRUE(parser.next().has_value());
  EXPECT_FALSE(parser.is_held());
  ASSERT_TRUE(parser.next().has_value());
  EXPECT_TRUE(parser.is_held());
  EXPECT_EQ(parser.string(), "A");
}

TEST(JsonParser, SkipsAWholeValue) {
  const Bytes json = "[[1,[2],{\"a\":[]}] , 3]";
  JsonParser parser(json, JsonStrings::AsWritten);
  ASSERT_TRUE(parser.next().has_value());
  const Result<JsonEvent> inner = parser.next();
  ASSERT_TRUE(inner.has_value());

  const Result<std::size_t> end = parser.skip_value(*inner);

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(json.substr(0, *end), "[[1,[2],{\"a\":[]}]");
  ASSERT_TRUE(parser.next().has_value());
  EXPECT_EQ(parser.written(), "3");
}

}  // namespace
}  // namespace latchkey::sql
