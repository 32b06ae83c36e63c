#include "doors/resp/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace latchkey::resp {
namespace {

using Outcome = RequestParser::Outcome;
using Words = std::vector<std::string>;

/// Feeds `bytes` in pieces of `piece` bytes and returns each request's words; stops at an error,
/// which it adds as the last request.
std::vector<Words> parse_in_pieces(const std::string& bytes, std::size_t piece,
                                   RequestLimits limits = {}) {
  std::vector<Words> requests;
  RequestParser parser;
  std::string input;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    input += bytes.substr(at, piece);
    for (;;) {
      std::vector<Bytes> arguments;
      const Outcome outcome = parser.parse(input, limits, arguments);
      if (outcome == Outcome::Incomplete) break;
      if (outcome != Outcome::Request) {
        requests.push_back({parser.error()});
        return requests;
      }
      if (!arguments.empty()) requests.emplace_back(arguments.begin(), arguments.end());
      input.erase(0, parser.consumed());
      parser.reset();
    }
  }
  return requests;
}

std::string error_of(const std::string& bytes, RequestLimits limits = {}) {
  const auto requests = parse_in_pieces(bytes, bytes.size(), limits);
  return requests.empty() ? "" : requests.back()[0];
}

TEST(RequestParser, FindsTheSameRequestsInEveryFragmentation) {
  const std::string bytes =
      "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
      "PING\r\n"
      "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\nb\r\n"
      "\r\n"
      "*0\r\n*-1\r\n"
      "set key \"va lue\"\n"
      "*1\r\n$4\r\nQUIT\r\n";
  const std::vector<Words> expected = {
      {"GET", "k"}, {"PING"}, {"SET", "", "a\r\nb"}, {"set", "key", "va lue"}, {"QUIT"}};

  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(parse_in_pieces(bytes, piece), expected) << "in pieces of " << piece;
  }
}

TEST(RequestParser, TheFastWayTakesWhatTheCarefulWayTakes) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = "*2\r\n$3\r\nGET\r\n$2\r\nkk\r\n";
    const std::size_t changes = random() % 3;
    for (std::size_t i = 0; i < changes; ++i)
      bytes[random() % bytes.size()] = "*$\r\n0123-+ ax"[random() % 14];
    bytes.resize(bytes.size() - random() % 3);
    std::vector<Bytes> fast, careful;

    const std::size_t size = RequestParser::parse_whole(bytes, {}, fast);

    if (size == 0) {
      EXPECT_TRUE(fast.empty());
      continue;
    }
    RequestParser parser;
    ASSERT_EQ(parser.parse(bytes, {}, careful), Outcome::Request) << bytes;
    EXPECT_EQ(parser.consumed(), size);
    EXPECT_EQ(fast, careful);
  }
}

TEST(RequestParser, ArgumentsOfAWholeRequestAreViewsIntoTheInput) {
  const std::string bytes = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  std::vector<Bytes> arguments;

  ASSERT_EQ(RequestParser::parse_whole(bytes, {}, arguments), bytes.size());

  EXPECT_EQ(arguments[1].data(), bytes.data() + 17);
}

// The errors are Redis' own, word for word: clients and people know them.
TEST(RequestParser, SaysWhatRedisSaysOfMalformedRequests) {
  EXPECT_EQ(error_of("*abc\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*03\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*99999999999999999999\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*1\r\n:4\r\n"), "Protocol error: expected '$', got ':'");
  EXPECT_EQ(error_of("*1\r\n$-1\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$x\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$536870913\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("get \"k\r\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of("get \"k\"k\r\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of(std::string(70'000, 'x')), "Protocol error: too big inline request");
  EXPECT_EQ(error_of("*1" + std::string(70'000, '1')),
            "Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$1" + std::string(70'000, '1')),
            "Protocol error: too big bulk count string");
}

TEST(RequestParser, AllowsLittleBeforeAuthentication) {
  const RequestLimits limits{10, 16 * 1024, false};

  EXPECT_EQ(error_of("*11\r\n", limits), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", limits), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(error_of("*10\r\n$16384\r\n", limits), "");
}

TEST(RequestParser, KnowsWhoIsAtTheWrongDoor) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\n"), "HTTP");
  EXPECT_EQ(error_of("POST /x HTTP/1.1\r\n"), "HTTP");
  EXPECT_EQ(error_of("post\r\n"), "HTTP");
  EXPECT_EQ(error_of("Host: example\r\n"), "HTTP");
  EXPECT_EQ(error_of("PRI * HTTP/2.0\r\n"), "HTTP");
  EXPECT_EQ(error_of(std::string("\x16\x03\x01\x02\x00", 5)), "TLS");
  EXPECT_EQ(error_of(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8)), "PostgreSQL");
  EXPECT_EQ(error_of(std::string("\0\0\0\x29\0\x03\0\0user", 12)), "PostgreSQL");
  EXPECT_EQ(error_of("get http\r\n"), "get");
}

TEST(RequestParser, SplitsAnInlineLineAsRedisDoes) {
  EXPECT_EQ(parse_in_pieces("  set  k\t'it\\'s'  \"\\x41\\n\\\"\\q\"  \r\n", 100),
            (std::vector<Words>{{"set", "k", "it's", "A\n\"q"}}));
  EXPECT_EQ(parse_in_pieces("echo \"\" ''\n", 100), (std::vector<Words>{{"echo", "", ""}}));
  EXPECT_EQ(parse_in_pieces("echo a\"b c\"\n", 100), (std::vector<Words>{{"echo", "ab c"}}));
}

TEST(RequestParser, SaysHowLongALargeValueWillBeAndNotBefore) {
  RequestParser parser;
  std::vector<Bytes> arguments;
  const std::string begin = "*2\r\n$4\r\nECHO\r\n$1000000\r\n";

  EXPECT_EQ(parser.parse(begin.substr(0, 20), {}, arguments), Outcome::Incomplete);
  EXPECT_EQ(parser.wanted_bytes(), 0u);
  EXPECT_EQ(parser.parse(begin, {}, arguments), Outcome::Incomplete);

  EXPECT_EQ(parser.wanted_bytes(), begin.size() + 1'000'002);
}

// A client that announces a million arguments and sends them byte by byte must not make each byte
// cost a walk over all that came before. Quadratic work would take minutes here.
TEST(RequestParser, ARequestThatComesInDropsCostsNoMoreThanOneAtOnce) {
  std::string input = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i) input += "$1\r\nx\r\n";
  RequestParser parser;
  std::vector<Bytes> arguments;

  for (std::size_t end = 1; end < input.size(); ++end) {
    ASSERT_EQ(parser.parse(Bytes(input).substr(0, end), {}, arguments), Outcome::Incomplete);
    ASSERT_TRUE(arguments.empty());
  }

  EXPECT_EQ(parser.parse(input, {}, arguments), Outcome::Request);
  EXPECT_EQ(arguments.size(), 200'000u);
}

// The promise of many arguments alone must not take memory for them.
TEST(RequestParser, MakesNoRoomForArgumentsThatHaveNotCome) {
  std::vector<Bytes> arguments;
  RequestParser parser;

  EXPECT_EQ(RequestParser::parse_whole("*1000000\r\n$1\r\nx\r\n", {}, arguments), 0u);
  EXPECT_EQ(parser.parse("*1000000\r\n$1\r\nx\r\n", {}, arguments), Outcome::Incomplete);

  EXPECT_LT(arguments.capacity(), 100u);
}

}  // namespace
}  // namespace latchkey::resp
