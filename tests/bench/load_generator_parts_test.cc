#include <gtest/gtest.h>

#include <string>

#include "bench/histogram.h"
#include "bench/reply_scanner.h"
#include "bench/request_ring.h"

namespace latchkey::bench {
namespace {

constexpr std::string_view kReplies =
    "+OK\r\n:12\r\n$5\r\nab\r\nc\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n$-1\r\n*-1\r\n_\r\n"
    "%1\r\n+k\r\n*0\r\n-ERR no\r\n";
constexpr std::uint64_t kReplyCount = 9;

TEST(ReplyScanner, CountsTheSameHoweverTheBytesAreCut) {
  for (std::size_t cut = 0; cut <= kReplies.size(); ++cut) {
    ReplyScanner scanner('\0');
    ReplyCounts counts;

    const std::size_t used = scanner.scan(kReplies.data(), cut, counts);
    scanner.scan(kReplies.data() + used, kReplies.size() - used, counts);

    EXPECT_EQ(counts.replies, kReplyCount) << "cut at " << cut;
    EXPECT_EQ(counts.nulls, 3u) << "cut at " << cut;
    EXPECT_EQ(counts.errors, 1u) << "cut at " << cut;
    EXPECT_FALSE(scanner.broken());
  }
}

TEST(ReplyScanner, TellsRepliesOfAnotherShape) {
  ReplyScanner scanner('$');
  ReplyCounts counts;

  scanner.scan("$1\r\nx\r\n:1\r\n$-1\r\n", 17, counts);

  EXPECT_EQ(counts.replies, 3u);
  EXPECT_EQ(counts.unexpected, 1u);
}

TEST(ReplyScanner, IsBrokenByWhatIsNoReply) {
  ReplyScanner scanner('\0');
  ReplyCounts counts;

  scanner.scan("+OK\r\nHTTP/1.1 400\r\n", 19, counts);

  EXPECT_EQ(counts.replies, 1u);
  EXPECT_TRUE(scanner.broken());
}

TEST(RequestRing, HoldsEachKeyOnceAndBeginsAnew) {
  RequestRing ring({.command = "GET {key}", .key_count = 5, .order = KeyOrder::Each});
  constexpr std::size_t kRequestBytes = 4 + 9 + 23;

  const RequestRing::Stretch first = ring.next(3);
  const std::string begin(first.bytes);
  const RequestRing::Stretch second = ring.next(3);
  const RequestRing::Stretch third = ring.next(3);

  EXPECT_EQ(first.count, 3u);
  EXPECT_EQ(first.bytes.size(), 3 * kRequestBytes);
  EXPECT_EQ(first.bytes.substr(0, 18), "*2\r\n$3\r\nGET\r\n$16\r\n");
  EXPECT_EQ(second.count, 2u);
  EXPECT_EQ(third.bytes, begin);
}

TEST(Histogram, TellsSharesWithinASixtyFourth) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.add(value, 1);

  EXPECT_NEAR(static_cast<double>(histogram.at(0.5)), 50'000, 800);
  EXPECT_NEAR(static_cast<double>(histogram.at(0.99)), 99'000, 1600);
  EXPECT_EQ(histogram.at(1), 100'000u);
  EXPECT_EQ(histogram.max(), 100'000u);
}

}  // namespace
}  // namespace latchkey::bench
