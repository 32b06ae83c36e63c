#include "kv/scan_cursors.h"

#include <gtest/gtest.h>

namespace latchkey::kv {
namespace {

TEST(ScanCursors, RememberAPlaceInTheirScope) {
  ScanCursors cursors(1);

  const std::uint64_t cursor = cursors.save("scope", "last");

  EXPECT_NE(cursor, 0u);
  EXPECT_EQ(cursors.find(cursor, "scope"), "last");
  EXPECT_EQ(cursors.find(cursor, "scope"), "last");
  EXPECT_EQ(cursors.find(cursor, "other"), std::nullopt);
  EXPECT_EQ(cursors.find(cursor + 1, "scope"), std::nullopt);
}

// The same leniency as Redis, beside which a client may have learned it.
TEST(ScanCursors, AreReadAsRedisReadsThem) {
  EXPECT_EQ(parse_cursor("0"), 0u);
  EXPECT_EQ(parse_cursor(""), 0u);
  EXPECT_EQ(parse_cursor("007"), 7u);
  EXPECT_EQ(parse_cursor("+7"), 7u);
  EXPECT_EQ(parse_cursor("-1"), ~std::uint64_t{0});
  EXPECT_EQ(parse_cursor("18446744073709551615"), ~std::uint64_t{0});
  EXPECT_EQ(parse_cursor(Bytes("7\0x", 3)), 7u);
  for (const Bytes text : {"18446744073709551616", "x", " 1", "1 ", "-", "+", "--1"}) {
    EXPECT_EQ(parse_cursor(text), std::nullopt) << text;
  }
}

TEST(ScanCursors, AreNeverZeroAndFitADouble) {
  ScanCursors cursors(~std::uint64_t{0} - 1);

  for (int count = 0; count < 5; ++count) {
    const std::uint64_t cursor = cursors.save("s", "k");
    EXPECT_NE(cursor, 0u);
    EXPECT_LT(cursor, std::uint64_t{1} << 53);
  }
}

TEST(ScanCursors, ForgetTheLeastRecentlyUsedFirst) {
  ScanCursors cursors(1);
  const std::uint64_t kept = cursors.save("s", "kept");
  const std::uint64_t lost = cursors.save("s", "lost");

  for (std::size_t count = 0; count < ScanCursors::kEntriesMax - 1; ++count) {
    cursors.save("s", "k");
    ASSERT_TRUE(cursors.find(kept, "s").has_value());
  }

  EXPECT_EQ(cursors.size(), ScanCursors::kEntriesMax);
  EXPECT_EQ(cursors.find(lost, "s"), std::nullopt);
}

TEST(ScanCursors, AreBoundedInBytesToo) {
  ScanCursors cursors(1);
  const std::string long_key(100'000, 'k');

  for (int count = 0; count < 1000; ++count) cursors.save("s", long_key);

  EXPECT_LE(cursors.size() * long_key.size(), ScanCursors::kBytesMax);
  EXPECT_GT(cursors.size(), 10u);
}

}  // namespace
}  // namespace latchkey::kv
