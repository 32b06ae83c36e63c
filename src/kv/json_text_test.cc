#include "kv/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey::kv {
namespace {

/// "name:kind:text;" for each member, or "no JSON".
std::string described(Bytes text) {
  static constexpr char kKinds[] = "nb#sao";
  const auto object = JsonObject::parse(text);
  if (!object) return "no JSON";
  std::string out;
  for (const JsonMember& member : object->members()) {
    out.append(member.name).append(":").push_back(kKinds[static_cast<int>(member.kind)]);
    out.append(":").append(member.text).append(";");
  }
  return out;
}

TEST(JsonText, AnObjectIsReadOneLevelDeep) {
  EXPECT_EQ(described(R"({"a":1,"b":"x","c":null,"d":true,"e":[1,{"f":2}],"g":{"h":[]}})"),
            R"(a:#:1;b:s:x;c:n:null;d:b:true;e:a:[1,{"f":2}];g:o:{"h":[]};)");
  EXPECT_EQ(described(" {\t\"a\" :\n -0.5e+3 , \"b\":\r\"\" } "), "a:#:-0.5e+3;b:s:;");
  EXPECT_EQ(described("{}"), "");
  EXPECT_EQ(described("{\"\":0}"), ":#:0;");
}

TEST(JsonText, EscapesAreUndone) {
  EXPECT_EQ(described(R"({"\u0061\n":"\"\\\/\b\f\r\t\u00e9\u20ac\ud83d\ude00"})"),
            "a\n:s:\"\\/\b\f\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;");
  EXPECT_EQ(described("{\"a\":\"\\u0000\"}"), std::string("a:s:\0;", 6));
}

TEST(JsonText, TheLastOfTheSameNameCountsAtThePlaceOfTheFirst) {
  EXPECT_EQ(described(R"({"a":1,"b":2,"a":3,"\u0061":"4"})"), "a:s:4;b:#:2;");
}

TEST(JsonText, WhatIsNoObjectIsRefused) {
  const char* const kRefused[] = {"",
                                  " ",
                                  "1",
                                  "[]",
                                  "null",
                                  "{",
                                  "}",
                                  "{]",
                                  "{\"a\"}",
                                  "{\"a\":}",
                                  "{\"a\":1,}",
                                  "{,}",
                                  "{\"a\":1 \"b\":2}",
                                  "{'a':1}",
                                  "{a:1}",
                                  "{\"a\":01}",
                                  "{\"a\":1.}",
                                  "{\"a\":.5}",
                                  "{\"a\":+1}",
                                  "{\"a\":1e}",
                                  "{\"a\":-}",
                                  "{\"a\":tru}",
                                  "{\"a\":nul",
                                  "{\"a\":\"",
                                  "{\"a\":\"\\x\"}",
                                  "{\"a\":\"\\u12\"}",
                                  "{\"a\":\"\\u12g4\"}",
                                  "{\"a\":\"\\ud800\"}",
                                  "{\"a\":\"\\udc00\"}",
                                  "{\"a\":\"\\ud800\\u0041\"}",
                                  "{\"a\":\"\n\"}",
                                  "{\"a\":\"\x80\"}",
                                  "{\"a\":\"\xc0\x80\"}",
                                  "{\"a\":\"\xed\xa0\x80\"}",
                                  "{\"a\":\"\xf4\x90\x80\x80\"}",
                                  "{\"a\":\"\xe2\x82\"}",
                                  "{\"a\":1}x",
                                  "{\"a\":1}{}",
                                  "{\"a\":[1,]}",
                                  "{\"a\":{\"b\"}}",
                                  "{\"a\":NaN}",
                                  "{\"a\":Infinity}",
                                  "\xef\xbb\xbf{}"};
  for (const char* text : kRefused) {
    EXPECT_FALSE(JsonObject::parse(text).has_value()) << text;
  }
}

TEST(JsonText, EveryCutOfAnObjectIsRefused) {
  const std::string whole = R"({"a":[1,-2.5e3,{"b":"\u20ac\\"}],"c":true,"d":null})";
  ASSERT_TRUE(JsonObject::parse(whole).has_value());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(JsonObject::parse(whole.substr(0, length)).has_value()) << length;
  }
}

TEST(JsonText, DepthIsBounded) {
  const auto nested = [](int arrays) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(arrays), '[') +
           std::string(static_cast<std::size_t>(arrays), ']') + "}";
  };
  EXPECT_TRUE(JsonObject::parse(nested(kJsonDepthMax - 1)).has_value());
  EXPECT_FALSE(JsonObject::parse(nested(kJsonDepthMax)).has_value());
  EXPECT_FALSE(JsonObject::parse(nested(1'000'000)).has_value());
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

TEST(JsonText, ValuesOfAnyKindAreRecognised) {
  for (const char* text : {"1", " [1, 2] ", "\"x\"", "true", "null", "{\"a\":{}}"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const char* text : {"", "1 2", "[1", "x", "truee"}) EXPECT_FALSE(is_json(text)) << text;
  EXPECT_TRUE(is_json_number("-1.5e10"));
  EXPECT_FALSE(is_json_number("1 "));
  EXPECT_FALSE(is_json_number("0x10"));
}

TEST(JsonText, AStringPrintedReadsBackTheSame) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all.push_back(static_cast<char>(c));
  all += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";

  std::string printed = "{\"a\":";
  append_json_string(printed, all);
  printed += "}";

  const auto object = JsonObject::parse(printed);
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(object->members()[0].text, all);
}

TEST(JsonText, WhatIsNotUtf8IsPrintedAsTheReplacementCharacter) {
  std::string printed;
  append_json_string(printed,
                     "a\xff"
                     "b\xe2\x82");
  EXPECT_EQ(printed,
            "\"a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace latchkey::kv
