#include "kv/fields.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::kv {
namespace {

std::string encoded(const FieldList& list) {
  std::string bytes(list.encoded_bytes(), '\0');
  char* const end = list.encode(bytes.data());
  EXPECT_EQ(end, bytes.data() + bytes.size());
  return bytes;
}

std::string text_of(const FieldValue& value) {
  std::string text;
  value.append_text(text);
  EXPECT_EQ(text.size(), value.text_bytes());
  return text;
}

std::string json_of(Bytes record_value) {
  std::string json;
  EXPECT_TRUE(append_fields_json(record_value, json).has_value());
  return json;
}

/// Requires: `text` lives as long as the value.
FieldValue of_json(JsonKind kind, Bytes text) { return FieldValue::of_json({"a", kind, text}); }

TEST(Fields, ACanonicalIntegerIsKeptAsOneAndPrintsAsItWas) {
  for (const char* text : {"0", "-1", "127", "-128", "128", "32767", "-32769", "2147483648",
                           "9223372036854775807", "-9223372036854775808"}) {
    const FieldValue value = FieldValue::of_argument(text);
    EXPECT_EQ(value.type, FieldType::Integer) << text;
    EXPECT_EQ(text_of(value), text);
  }
  for (const char* text : {"", "-0", "+1", "01", " 1", "1.0", "9223372036854775808", "a"}) {
    const FieldValue value = FieldValue::of_argument(text);
    EXPECT_EQ(value.type, FieldType::Bytes) << text;
    EXPECT_EQ(text_of(value), text);
  }
}

TEST(Fields, AJsonNumberPrintsAsItWasWhateverItsForm) {
  const std::pair<const char*, FieldType> kNumbers[] = {
      {"1", FieldType::Integer},
      {"1.5", FieldType::Float},
      {"1.50", FieldType::Decimal},
      {"1e5", FieldType::Decimal},
      {"-0", FieldType::Float},
      {"0.1", FieldType::Float},
      {"12345678901234567890123", FieldType::Decimal}};
  for (const auto& [text, type] : kNumbers) {
    const FieldValue value = of_json(JsonKind::Number, text);
    std::string json;
    value.append_json(json);
    EXPECT_EQ(value.type, type) << text;
    EXPECT_EQ(json, text);
  }
}

TEST(Fields, EveryTypeSurvivesTheRecord) {
  FieldList list;
  list.set("bytes", {FieldType::Bytes, Bytes("\0\xff", 2), 0, 0});
  list.set("integer", FieldValue::of_integer(std::numeric_limits<std::int64_t>::min()));
  list.set("text", {FieldType::Text, "12", 0, 0});
  list.set("float", FieldValue::of_float(-2.5));
  list.set("boolean", {FieldType::Boolean, {}, 1, 0});
  list.set("null", FieldValue{});
  list.set("array", {FieldType::JsonArray, "[1, 2]", 0, 0});
  list.set("object", {FieldType::JsonObject, "{\"x\":[]}", 0, 0});
  list.set("decimal", {FieldType::Decimal, "1.50", 0, 0});

  const std::string bytes = encoded(list);
  FieldList back;
  ASSERT_TRUE(back.decode(bytes).has_value());

  ASSERT_EQ(back.size(), list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(back.fields()[i].name, list.fields()[i].name);
    EXPECT_EQ(back.fields()[i].value.type, list.fields()[i].value.type);
    EXPECT_EQ(text_of(back.fields()[i].value), text_of(list.fields()[i].value));
  }
  EXPECT_EQ(json_of(bytes),
            "{\"bytes\":\"\\u0000\xef\xbf\xbd\",\"integer\":-9223372036854775808,\"text\":\"12\","
            "\"float\":-2.5,\"boolean\":true,\"null\":null,\"array\":[1, 2],"
            "\"object\":{\"x\":[]},\"decimal\":1.50}");
}

TEST(Fields, TheOrderIsThatOfAdding) {
  FieldList list;
  EXPECT_EQ(list.set("b", FieldValue::of_integer(1)), FieldList::Set::Added);
  EXPECT_EQ(list.set("a", FieldValue::of_integer(2)), FieldList::Set::Added);
  EXPECT_EQ(list.set("c", FieldValue::of_integer(3)), FieldList::Set::Added);
  EXPECT_EQ(list.set("b", FieldValue::of_integer(4)), FieldList::Set::Replaced);
  EXPECT_TRUE(list.erase("a"));
  EXPECT_FALSE(list.erase("a"));
  EXPECT_EQ(list.find("a"), nullptr);

  EXPECT_EQ(json_of(encoded(list)), "{\"b\":4,\"c\":3}");
}

TEST(Fields, AListIsFullAtItsLimit) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= kInlineFieldsMax; ++i) names.push_back("f" + std::to_string(i));
  FieldList list;
  for (std::size_t i = 0; i < kInlineFieldsMax; ++i) {
    ASSERT_EQ(list.set(names[i], FieldValue::of_integer(1)), FieldList::Set::Added);
  }

  EXPECT_EQ(list.set(names.back(), FieldValue{}), FieldList::Set::Full);
  EXPECT_EQ(list.set(names.front(), FieldValue{}), FieldList::Set::Replaced);
  FieldList back;
  EXPECT_TRUE(back.decode(encoded(list)).has_value());
  EXPECT_EQ(back.size(), kInlineFieldsMax);
}

TEST(Fields, ASmallRecordIsSmall) {
  FieldList list;
  list.set("role", FieldValue::of_argument("admin"));
  list.set("visits", FieldValue::of_argument("3"));

  EXPECT_EQ(list.encoded_bytes(), 1u + (1 + 4 + 1 + 5) + (1 + 6 + 1 + 1));
}

// Bytes come from disk. Verified: no read past the end (with asan) and a Corruption for every cut
// and every appended byte. Not verified: that every changed byte is noticed; checksums do that.
TEST(Fields, DamagedBytesAreCorruption) {
  FieldList list;
  const std::string large(300, 'x');
  list.set("a", FieldValue::of_argument(large));
  list.set("b", FieldValue::of_float(1.5));
  list.set("c", FieldValue::of_integer(100'000));
  const std::string whole = encoded(list);

  FieldList back;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    auto result = back.decode(cut);
    ASSERT_FALSE(result.has_value()) << length;
    EXPECT_EQ(result.error().code(), ErrorCode::Corruption);
  }
  EXPECT_FALSE(back.decode(whole + 'x').has_value());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      std::string json;
      (void)append_fields_json(changed, json);
      (void)back.decode(changed);
    }
  }
}

TEST(Fields, AFloatOfItsShortestTextIsKeptAsOne) {
  EXPECT_EQ(FieldValue::of_float_text("10.5").type, FieldType::Float);
  EXPECT_EQ(FieldValue::of_float_text("10").type, FieldType::Integer);
  EXPECT_EQ(FieldValue::of_float_text("10.50").type, FieldType::Bytes);
  EXPECT_EQ(FieldValue::of_float_text("inf").type, FieldType::Bytes);
  EXPECT_EQ(FieldValue::of_float_text("0.12345678901234567").type, FieldType::Bytes);
}

TEST(Fields, JsonStringsAreText) {
  EXPECT_EQ(of_json(JsonKind::String, "5").type, FieldType::Text);
  EXPECT_EQ(of_json(JsonKind::Null, "null").type, FieldType::Null);
  EXPECT_EQ(of_json(JsonKind::Boolean, "false").type, FieldType::Boolean);
  EXPECT_EQ(text_of(of_json(JsonKind::Boolean, "false")), "false");
  EXPECT_EQ(text_of(of_json(JsonKind::Boolean, "true")), "true");
  EXPECT_EQ(of_json(JsonKind::Array, "[]").type, FieldType::JsonArray);
  EXPECT_EQ(of_json(JsonKind::Object, "{}").type, FieldType::JsonObject);
}

}  // namespace
}  // namespace latchkey::kv
