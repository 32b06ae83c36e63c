#include "sql/types/json.h"

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::shown;
using json_testing::Values;

std::string hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string bytes_of(Bytes json) {
  Arena arena;
  return hex(io::normalize_json(json, arena)->bytes());
}

// The bytes are stored, so a change here is a change of the format.
TEST(JsonbFormat, IsAsTheHeaderSays) {
  EXPECT_EQ(bytes_of("null"), "00");
  EXPECT_EQ(bytes_of("\"ab\""), "016162");
  EXPECT_EQ(bytes_of("-1.50"), "022d312e3530");
  EXPECT_EQ(bytes_of("false"), "03");
  EXPECT_EQ(bytes_of("true"), "04");
  EXPECT_EQ(bytes_of("[]"),
            "05"
            "00000000"
            "0100");
  EXPECT_EQ(bytes_of("[1, \"ab\", null]"),
            "05"
            "03000000"
            "0100"
            "01000020"
            "03000010"
            "03000000"
            "31"
            "6162");
  EXPECT_EQ(bytes_of("{\"bb\": [true], \"a\": 7}"),
            "06"
            "02000000"
            "0200"
            "01000010"
            "03000010"
            "04000020"
            "0e000050"
            "61"
            "6262"
            "37"
            "01000000"
            "0100"
            "00000040");
}

TEST(JsonbFormat, IsTheSameForAllTextsOfAValue) {
  EXPECT_EQ(bytes_of("{\"b\":[[1]],\"a\":1e1,\"b\":\"\\u0041\"}"),
            bytes_of("{\"a\":10, \"b\":\"A\"}"));
  EXPECT_EQ(bytes_of("[-0, 1.0]"), bytes_of("[0, 1.0]"));
}

TEST(JsonbReader, ReadsScalars) {
  Values value;

  EXPECT_TRUE(value("null").is_null());
  EXPECT_TRUE(value("true").is_boolean());
  EXPECT_EQ(value("true").kind(), JsonKind::True);
  EXPECT_EQ(value("\"x\\ny\"").text(), "x\ny");
  EXPECT_EQ(value("1e3").text(), "1000");
  EXPECT_TRUE(value("1").is_scalar());
  EXPECT_EQ(value("1").count(), 0u);
  EXPECT_EQ(value("1").depth(), 0);
  EXPECT_TRUE(JsonbReader(Bytes()).is_null());
}

TEST(JsonbReader, FindsElementsByNumber) {
  Values value;
  const JsonbReader array = value("[10, [20, 21], \"\", {}]");

  EXPECT_EQ(array.count(), 4u);
  EXPECT_EQ(array.depth(), 2);
  EXPECT_EQ(array.element(0).text(), "10");
  EXPECT_EQ(array.element(1).element(1).text(), "21");
  EXPECT_EQ(array.element(2).text(), "");
  EXPECT_TRUE(array.element(3).is_object());
}

TEST(JsonbReader, FindsMembersByKey) {
  Values value;
  const JsonbReader object = value(R"({"bb": 1, "a": 2, "": 3, "b": {"c": 4}, "aaa": null})");

  EXPECT_EQ(object.count(), 5u);
  EXPECT_EQ(object.key(0), "");
  EXPECT_EQ(object.key(3), "bb");
  EXPECT_EQ(object.value(3).text(), "1");
  EXPECT_EQ(object.find("a")->text(), "2");
  EXPECT_EQ(object.find("")->text(), "3");
  EXPECT_EQ(object.find("b")->find("c")->text(), "4");
  EXPECT_TRUE(object.find("aaa")->is_null());
  EXPECT_FALSE(object.find("ab").has_value());
  EXPECT_FALSE(object.find("aaaa").has_value());
  EXPECT_EQ(object.find_index("bb"), 3u);
  EXPECT_FALSE(value("[\"a\"]").find("a").has_value());
}

TEST(JsonbReader, FindsEachOfManyKeys) {
  JsonbBuilder builder;
  builder.begin_object();
  std::vector<std::string> keys;
  for (int i = 0; i < 1'000; ++i) keys.push_back("key " + std::to_string(i * 7919 % 1'000));
  for (const std::string& key : keys) {
    builder.add_key(key);
    builder.add_string(key);
  }
  builder.end();
  Arena arena;

  const Result<Value> value = builder.finish(arena);

  ASSERT_TRUE(value.has_value());
  const JsonbReader object(value->bytes());
  EXPECT_EQ(object.count(), 1'000u);
  for (const std::string& key : keys) EXPECT_EQ(object.find(key)->text(), key);
}

TEST(JsonbBuilder, PutsPartsTogether) {
  Values value;
  JsonbBuilder builder;

  builder.begin_array();
  builder.add_null();
  builder.add_boolean(true);
  builder.add_number("1.0");
  builder.begin_object();
  builder.add_key("b");
  builder.add(value("[1, [2]]"));
  builder.add_key("a");
  builder.add_string("x");
  builder.end();
  builder.end();

  EXPECT_EQ(shown(builder.finish(value.arena())),
            R"([null, true, 1.0, {"a": "x", "b": [1, [2]]}])");
}

TEST(JsonbBuilder, IsEmptyAgainOnceItHasFinished) {
  Arena arena;
  JsonbBuilder builder;
  builder.add_string(builder.scratch().copy("gone"));
  EXPECT_EQ(shown(builder.finish(arena)), "\"gone\"");

  builder.begin_array();
  builder.end();

  EXPECT_EQ(shown(builder.finish(arena)), "[]");
}

TEST(JsonbBuilder, OfEqualKeysKeepsTheLast) {
  Arena arena;
  JsonbBuilder builder;
  builder.begin_object();
  for (const char* const text : {"1", "2", "3"}) {
    builder.add_key("k");
    builder.add_number(text);
  }
  builder.end();

  EXPECT_EQ(shown(builder.finish(arena)), R"({"k": 3})");
}

// A view counts with all its levels, or values could grow deeper from statement to statement.
TEST(JsonbBuilder, RefusesToNestTooDeep) {
  Arena arena;
  JsonbBuilder builder;
  for (int i = 0; i < kJsonDepthMax; ++i) builder.begin_array();
  for (int i = 0; i < kJsonDepthMax; ++i) builder.end();
  const Result<Value> value = builder.finish(arena);
  ASSERT_TRUE(value.has_value());

  builder.begin_array();
  builder.add(JsonbReader(value->bytes()));
  builder.end();

  EXPECT_EQ(shown(builder.finish(arena)), "54001: stack depth limit exceeded");
}

TEST(CopyJsonb, MakesAPartAValueByItself) {
  Values value;
  const JsonbReader object = value(R"({"a": [1, {"b": 2}]})");

  const Value copy = copy_jsonb(object.find("a")->element(1), value.arena());

  EXPECT_EQ(shown(JsonbReader(copy.bytes())), R"({"b": 2})");
  EXPECT_EQ(copy_jsonb(JsonbReader(), value.arena()).size, 1u);
}

}  // namespace
}  // namespace latchkey::sql
