#include "storage/tree/log_varint.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace latchkey::storage::tree {
namespace {

bool taken_whole(std::string_view bytes, std::uint64_t& value) {
  const char* at = bytes.data();
  return take_varint(at, bytes.data() + bytes.size(), value) && at == bytes.data() + bytes.size();
}

TEST(Varint, EveryLengthComesBackAsItWas) {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t edge = bits == 64 ? UINT64_MAX : std::uint64_t{1} << bits;
    for (const std::uint64_t value : {edge - 1, edge, edge + 1}) {
      char buffer[kVarintBytesMax];
      const char* const end = put_varint(buffer, value);
      ASSERT_EQ(static_cast<std::size_t>(end - buffer), varint_bytes(value));
      std::uint64_t back = 0;
      ASSERT_TRUE(taken_whole({buffer, static_cast<std::size_t>(end - buffer)}, back)) << value;
      ASSERT_EQ(back, value);
    }
  }
}

TEST(Varint, CutOffTooLongOrNotShortestIsRefused) {
  std::uint64_t value;
  EXPECT_FALSE(taken_whole("", value));
  EXPECT_FALSE(taken_whole("\x80", value));
  EXPECT_FALSE(taken_whole(std::string_view("\x80\x00", 2), value));
  EXPECT_FALSE(taken_whole("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", value));
  EXPECT_FALSE(taken_whole("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", value));
}

TEST(Varint, ZigzagKeepsSmallNumbersSmallAndAllNumbersApart) {
  EXPECT_EQ(zigzag(-1), 1u);
  EXPECT_EQ(zigzag(1), 2u);
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1'700'000'000'000},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

TEST(Varint, ALengthBeyondTheBytesIsRefused) {
  const std::string bytes(
      "\x05"
      "abcd");
  const char* at = bytes.data();
  Bytes out;
  EXPECT_FALSE(take_bytes(at, bytes.data() + bytes.size(), out));
}

}  // namespace
}  // namespace latchkey::storage::tree
