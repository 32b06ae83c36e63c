#include "sql/types/json_utf8.h"

#include <gtest/gtest.h>

namespace latchkey::sql {
namespace {

std::string encoded(std::uint32_t point) {
  std::string out;
  append_utf8(point, out);
  return out;
}

TEST(AppendUtf8, WritesOneToFourBytes) {
  EXPECT_EQ(encoded('A'), "A");
  EXPECT_EQ(encoded(0x7f), "\x7f");
  EXPECT_EQ(encoded(0x80), "\xc2\x80");
  EXPECT_EQ(encoded(0xe9), "é");
  EXPECT_EQ(encoded(0x20ac), "€");
  EXPECT_EQ(encoded(0xffff), "\xef\xbf\xbf");
  EXPECT_EQ(encoded(0x1f600), "😀");
  EXPECT_EQ(encoded(0x10ffff), "\xf4\x8f\xbf\xbf");
}

TEST(Surrogates, MakeAPointTogether) {
  EXPECT_TRUE(is_high_surrogate(0xd800) && is_high_surrogate(0xdbff));
  EXPECT_FALSE(is_high_surrogate(0xd7ff) || is_high_surrogate(0xdc00));
  EXPECT_TRUE(is_low_surrogate(0xdc00) && is_low_surrogate(0xdfff));
  EXPECT_FALSE(is_low_surrogate(0xe000));
  EXPECT_EQ(point_of_surrogates(0xd83d, 0xde00), 0x1f600u);
  EXPECT_EQ(point_of_surrogates(0xdbff, 0xdfff), 0x10ffffu);
}

TEST(Utf8Bytes, EndsWithTheText) {
  EXPECT_EQ(utf8_bytes("a"), 1u);
  EXPECT_EQ(utf8_bytes("éa"), 2u);
  EXPECT_EQ(utf8_bytes("😀"), 4u);
  EXPECT_EQ(utf8_bytes("\xf0\x9f"), 2u);
  EXPECT_EQ(utf8_bytes("\x80"), 1u);
}

}  // namespace
}  // namespace latchkey::sql
