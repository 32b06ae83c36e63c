#include "doors/pgwire/message_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "doors/pgwire/test_support/frontend.h"

namespace latchkey::pgwire {
namespace {

using Outcome = MessageReader::Outcome;
using test::big32;
using test::cstring;
using test::message;
using test::packet;
using test::query;

const ReserveMemory kUnlimited = [](std::int64_t) { return true; };

/// What a reader finds in `bytes`, which come in pieces of `piece`: "<type>:<body>" for each
/// message, and the text of an error.
std::vector<std::string> read_in_pieces(const std::string& bytes, std::size_t piece, Phase phase) {
  std::vector<std::string> found;
  MessageReader reader(kUnlimited);
  std::string input;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    input += bytes.substr(at, piece);
    for (;;) {
      std::size_t consumed = 0;
      const Outcome outcome = reader.read(input, phase, consumed);
      input.erase(0, consumed);
      if (outcome == Outcome::Incomplete) break;
      if (outcome == Outcome::Malformed) {
        found.push_back("!" + reader.error().message());
        return found;
      }
      const Message message = reader.take();
      found.push_back(static_cast<char>(message.type) + (":" + message.body));
    }
  }
  return found;
}

std::string error_of(const std::string& bytes, Phase phase) {
  const auto found = read_in_pieces(bytes, bytes.size(), phase);
  return found.empty() ? "" : found.back();
}

TEST(MessageReader, FindsTheSameMessagesHoweverTheyAreCut) {
  const std::string bytes = query("select 1") + test::sync() + message('d', std::string(300, 'x')) +
                            message('d') + query("");
  const auto whole = read_in_pieces(bytes, bytes.size(), Phase::Ready);
  ASSERT_EQ(whole.size(), 5u);
  EXPECT_EQ(whole[0], "Q:" + cstring("select 1"));
  EXPECT_EQ(whole[1], "S:");

  for (std::size_t piece = 1; piece < bytes.size(); ++piece)
    EXPECT_EQ(read_in_pieces(bytes, piece, Phase::Ready), whole) << piece;
}

TEST(MessageReader, ThePacketsOfTheStartHaveNoType) {
  const std::string bytes = test::ssl_request() + test::startup();

  const auto found = read_in_pieces(bytes, 3, Phase::Startup);

  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], std::string("\0:", 2) + big32(80877103));
}

TEST(MessageReader, LengthsAreBoundedByThePhase) {
  const std::string bad = "!invalid message length";
  EXPECT_EQ(error_of(big32(3), Phase::Startup), "!invalid length of startup packet");
  EXPECT_EQ(error_of(big32(10'005), Phase::Startup), "!invalid length of startup packet");
  EXPECT_EQ(error_of(big32(10'004), Phase::Startup), "");
  EXPECT_EQ(error_of('p' + big32(64 * 1024 + 1), Phase::Authentication), bad);
  EXPECT_EQ(error_of('p' + big32(64 * 1024), Phase::Authentication), "");
  EXPECT_EQ(error_of('Q' + big32(3), Phase::Ready), bad);
  EXPECT_EQ(error_of('Q' + big32(0xffffffff), Phase::Ready), bad);
  EXPECT_EQ(error_of('Q' + big32(0x3fffffff), Phase::Ready), bad);
  EXPECT_EQ(error_of('Q' + big32(0x3ffffffe), Phase::Ready), "");
  for (const char type : std::string("CDEHSXcf")) {
    EXPECT_EQ(error_of(type + big32(10'001), Phase::Ready), bad) << type;
    EXPECT_EQ(error_of(type + big32(10'000), Phase::Ready), "") << type;
  }
}

TEST(MessageReader, NoMessageHasAnUnknownType) {
  EXPECT_EQ(error_of('Y' + big32(4), Phase::Ready), "!invalid frontend message type 89");
  EXPECT_EQ(error_of('\0' + big32(4), Phase::Ready), "!invalid frontend message type 0");
  EXPECT_EQ(error_of('\1' + big32(4), Phase::Ready), "!invalid frontend message type 1");
  EXPECT_EQ(error_of('p' + big32(4), Phase::Ready), "!invalid frontend message type 112");
}

// Types of our own must not come from the wire.
TEST(MessageReader, NothingButAPasswordAuthenticates) {
  const std::string expected = "!expected SASL response, got message type ";
  EXPECT_EQ(error_of('\0' + big32(4), Phase::Authentication), expected + "0");
  EXPECT_EQ(error_of('\1' + big32(4), Phase::Authentication), expected + "1");
  EXPECT_EQ(error_of('Q' + big32(4), Phase::Authentication), expected + "81");
  EXPECT_EQ(error_of('p' + big32(4), Phase::Authentication), std::string("p:"));
  EXPECT_EQ(error_of('X' + big32(4), Phase::Authentication), std::string("X:"));
}

TEST(MessageReader, OtherProtocolsAreRefusedAtTheirFirstBytes) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\n", Phase::Startup), "!invalid length of startup packet");
  EXPECT_EQ(error_of("\x16\x03\x01\x02", Phase::Startup), "!invalid length of startup packet");
}

// A client may announce a gigabyte in every connection and send nothing.
TEST(MessageReader, MemoryGrowsWithWhatHasComeNotWithWhatIsAnnounced) {
  MessageReader reader(kUnlimited);
  std::size_t consumed = 0;
  ASSERT_EQ(reader.read('d' + big32(0x3ffffffe), Phase::Ready, consumed), Outcome::Incomplete);
  EXPECT_EQ(consumed, 5u);
  std::int64_t charged = 0;
  const ReserveMemory counting = [&charged](std::int64_t bytes) {
    charged += bytes;
    return true;
  };
  MessageReader counted(counting);
  ASSERT_EQ(counted.read('d' + big32(0x3ffffffe), Phase::Ready, consumed), Outcome::Incomplete);
  std::size_t arrived = 0;

  for (int i = 0; i < 100; ++i) {
    const std::string part(10'000, 'x');
    ASSERT_EQ(counted.read(part, Phase::Ready, consumed), Outcome::Incomplete);
    EXPECT_EQ(consumed, part.size());
    arrived += part.size();
    ASSERT_LE(static_cast<std::size_t>(charged), 2 * arrived);
  }
  EXPECT_GE(static_cast<std::size_t>(charged), arrived);
}

TEST(MessageReader, AMessageIsChargedOnceItIsLargeAndUntilItGoes) {
  std::int64_t charged = 0;
  const ReserveMemory counting = [&charged](std::int64_t bytes) {
    charged += bytes;
    return true;
  };
  MessageReader reader(counting);
  std::size_t consumed = 0;
  ASSERT_EQ(reader.read(message('d', std::string(100, 'x')), Phase::Ready, consumed),
            Outcome::Complete);
  EXPECT_EQ(charged, 0);
  (void)reader.take();
  ASSERT_EQ(reader.read(message('d', std::string(100'000, 'x')), Phase::Ready, consumed),
            Outcome::Complete);
  {
    const Message large = reader.take();
    EXPECT_EQ(charged, 100'000);
  }
  EXPECT_EQ(charged, 0);
}

TEST(MessageReader, ASpentBudgetEndsTheMessageInWords) {
  const ReserveMemory none = [](std::int64_t) { return false; };
  MessageReader reader(none);
  std::size_t consumed = 0;

  const Outcome outcome =
      reader.read(message('d', std::string(100'000, 'x')), Phase::Ready, consumed);

  ASSERT_EQ(outcome, Outcome::Malformed);
  EXPECT_EQ(reader.error().code(), ErrorCode::MemoryExhausted);
  EXPECT_NE(reader.error().message().find("a message of 100000 bytes"), std::string::npos);
}

TEST(FieldReader, ReadsFieldsInBigEndian) {
  const std::string body =
      std::string("\x01\xff\xfe", 3) + big32(0xfffffffe) + cstring("ab") + "xyz";
  FieldReader reader(body);

  EXPECT_EQ(reader.byte(), 1);
  EXPECT_EQ(reader.uint16(), 0xfffe);
  EXPECT_EQ(reader.int32(), -2);
  EXPECT_EQ(reader.string(), "ab");
  EXPECT_EQ(reader.bytes(2), "xy");
  EXPECT_FALSE(reader.end().has_value());
  EXPECT_EQ(reader.rest(), "z");
  EXPECT_TRUE(reader.end().has_value());
}

TEST(FieldReader, FailsInPostgresWordsAndStaysFailed) {
  const auto failure = [](Bytes body, auto read) {
    FieldReader reader(body);
    read(reader);
    const auto end = reader.end();
    EXPECT_EQ(reader.int32(), 0);
    EXPECT_EQ(reader.string(), "");
    EXPECT_EQ(reader.rest(), "");
    return end.has_value() ? std::string() : end.error().message();
  };
  EXPECT_EQ(failure("", [](FieldReader& reader) { reader.byte(); }), "no data left in message");
  EXPECT_EQ(failure("a", [](FieldReader& reader) { reader.uint16(); }),
            "insufficient data left in message");
  EXPECT_EQ(failure("abc", [](FieldReader& reader) { reader.bytes(4); }),
            "insufficient data left in message");
  EXPECT_EQ(failure("abc", [](FieldReader& reader) { reader.string(); }),
            "invalid string in message");
  EXPECT_EQ(failure("abc", [](FieldReader& reader) { reader.byte(); }), "invalid message format");
  EXPECT_EQ(failure("abc",
                    [](FieldReader& reader) {
                      reader.bytes(4);
                      reader.string();
                    }),
            "insufficient data left in message");
}

}  // namespace
}  // namespace latchkey::pgwire
