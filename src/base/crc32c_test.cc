#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace latchkey {
namespace {

std::uint32_t checksum(std::string_view text) { return crc32c(text.data(), text.size()); }

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Crc32c, GivesThePublishedChecksums) {
  std::string rising;
  for (int i = 0; i < 32; ++i) rising.push_back(static_cast<char>(i));

  EXPECT_EQ(checksum(""), 0u);
  EXPECT_EQ(checksum("123456789"), 0xe3069283u);
  EXPECT_EQ(checksum(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(checksum(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(checksum(rising), 0x46dd794eu);
}

TEST(Crc32c, BothWaysAgreeAtEveryLengthAndAlignment) {
  if (!crc32c_has_hardware()) GTEST_SKIP() << "no SSE 4.2 here";
  const std::string bytes = random_bytes(20'000, 1);

  for (std::size_t length = 0; length < 15'000; length += length < 900 ? 1 : 97) {
    const char* from = bytes.data() + length % 9;
    ASSERT_EQ(crc32c_extend_hardware(length, from, length),
              crc32c_extend_portable(length, from, length))
        << length;
  }
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const std::string bytes = random_bytes(10'000, 2);
  const std::uint32_t whole = checksum(bytes);

  for (const std::size_t cut : {0, 1, 7, 8, 767, 768, 6144, 9999, 10'000}) {
    const std::uint32_t first = crc32c(bytes.data(), cut);
    EXPECT_EQ(crc32c_extend(first, bytes.data() + cut, bytes.size() - cut), whole) << cut;
  }
}

TEST(Crc32c, EightBytesAtOnceAreEightBytes) {
  const std::uint64_t value = 0x0123456789abcdef;
  EXPECT_EQ(crc32c_extend64(77, value), crc32c_extend_portable(77, &value, sizeof value));
}

TEST(Crc32c, NoticesEveryFlippedBit) {
  std::string bytes = random_bytes(100, 3);
  const std::uint32_t whole = checksum(bytes);

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    ASSERT_NE(checksum(bytes), whole) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  }
}

}  // namespace
}  // namespace latchkey
