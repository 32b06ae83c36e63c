#include "sql/types/json.h"
#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::shown;
using json_testing::Values;

std::string pretty(JsonbReader value) {
  std::string text;
  append_jsonb_pretty(value, text);
  return text;
}

std::string quoted(Bytes text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

// The answers are those of PostgreSQL 15.18.

TEST(AppendJsonString, EscapesWhatItMust) {
  EXPECT_EQ(quoted(""), "\"\"");
  EXPECT_EQ(quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(quoted({"\0\x1f\x7f", 3}), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(quoted("é😀"), "\"é😀\"");
}

TEST(AppendJsonb, PutsBlanksBehindCommasAndColons) {
  Values value;

  EXPECT_EQ(shown(value("[1,[],{\"a\":{\"b\":\"\\n\"}},null,true]")),
            R"([1, [], {"a": {"b": "\n"}}, null, true])");
}

TEST(AppendJsonbPretty, PutsEachItemOnALine) {
  Values value;

  EXPECT_EQ(pretty(value("1")), "1");
  EXPECT_EQ(pretty(value("[]")), "[\n]");
  EXPECT_EQ(pretty(value("{}")), "{\n}");
  EXPECT_EQ(pretty(value("[[],{}]")), "[\n    [\n    ],\n    {\n    }\n]");
  EXPECT_EQ(pretty(value("{\"a\":[1,{\"b\":2}],\"c\":\"x\"}")),
            "{\n"
            "    \"a\": [\n"
            "        1,\n"
            "        {\n"
            "            \"b\": 2\n"
            "        }\n"
            "    ],\n"
            "    \"c\": \"x\"\n"
            "}");
}

}  // namespace
}  // namespace latchkey::sql
