#include "storage/tree/log_format.h"

#include <gtest/gtest.h>

namespace latchkey::storage::tree {
namespace {

SegmentHeader some_header() { return {{7, 0x1234567890abcdef}, 4096, 64u << 20, 1'700'000, true}; }

TEST(LogFormat, ASegmentHeaderComesBackAsItWas) {
  std::string_view why;
  const auto header = decode_segment_header(encode_segment_header(some_header()), why);

  ASSERT_TRUE(header.has_value()) << why;
  EXPECT_EQ(header->epoch.number, 7u);
  EXPECT_EQ(header->epoch.salt, 0x1234567890abcdefu);
  EXPECT_EQ(header->start, 4096u);
  EXPECT_EQ(header->segment_bytes, 64u << 20);
  EXPECT_EQ(header->note, 1'700'000u);
  EXPECT_TRUE(header->used_before);
}

// A change of these bytes is a change of the format: old logs could not be read.
TEST(LogFormat, ASegmentHeaderHasTheDocumentedBytes) {
  const std::string block = encode_segment_header(some_header());

  EXPECT_EQ(block.size(), 4096u);
  EXPECT_EQ(block.substr(0, 12), std::string("LKLOGSEG\x01\0\0\0", 12));
  EXPECT_EQ(load<std::uint64_t>(block.data() + 16), 7u);
  EXPECT_EQ(load<std::uint64_t>(block.data() + 32), 4096u);
  EXPECT_EQ(load<std::uint64_t>(block.data() + 48), 1'700'000u);
  EXPECT_EQ(block[56], 1);
  EXPECT_EQ(load<std::uint32_t>(block.data() + 12), 0xb8813f3cu);
}

TEST(LogFormat, EveryFlippedBitOfASegmentHeaderIsSeen) {
  std::string block = encode_segment_header(some_header());
  std::string_view why;

  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    block[bit / 8] = static_cast<char>(block[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(decode_segment_header(block, why).has_value()) << bit;
    block[bit / 8] = static_cast<char>(block[bit / 8] ^ 1 << bit % 8);
  }
}

TEST(LogFormat, AHeaderWithPositionsThatCouldWrapIsRefused) {
  std::string_view why;
  for (const std::uint64_t wrong : {~std::uint64_t{7}, std::uint64_t{1} << 63, std::uint64_t{12}}) {
    SegmentHeader header = some_header();
    header.start = wrong;
    EXPECT_FALSE(decode_segment_header(encode_segment_header(header), why).has_value());
    header = some_header();
    header.segment_bytes = wrong;
    EXPECT_FALSE(decode_segment_header(encode_segment_header(header), why).has_value());
  }
}

TEST(LogFormat, FileNamesSortAsTheirPositions) {
  EXPECT_EQ(segment_name(67'108'864), "log-00000000000067108864");
  EXPECT_LT(segment_name(9), segment_name(10));
  EXPECT_EQ(parse_segment_name(segment_name(UINT64_MAX)), UINT64_MAX);
  for (const char* other :
       {"log-1", "log-unfinished", "log-0000000000006710886x", "log-99999999999999999999",
        "spare-00000000000067108864", "log-+0000000000000000001", ""}) {
    EXPECT_FALSE(parse_segment_name(other).has_value()) << other;
  }
}

TEST(LogFormat, AFrameIsPaddedToEightBytes) {
  EXPECT_EQ(frame_bytes(0), 8u);
  EXPECT_EQ(frame_bytes(1), 16u);
  EXPECT_EQ(frame_bytes(8), 16u);
  EXPECT_EQ(frame_bytes(36), 48u);
  EXPECT_FALSE(frame_word_is_sane(0));
}

}  // namespace
}  // namespace latchkey::storage::tree
