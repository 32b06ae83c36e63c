#include "doors/resp/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "doors/net/test_support/engine_with_held_log.h"

namespace latchkey::resp {
namespace {

struct WriterTest : testing::Test {
  net::test::EngineWithHeldLog engine{nullptr};
  net::BufferPool pool{engine};
  net::Output output{pool, 1 << 20};
  Writer writer;

  template <typename Write>
  std::string written(Version version, Write write) {
    output.rewind(0);
    writer.bind(output, version);
    write(writer);
    return std::string(output.view());
  }
};

// One row for each kind of reply: the contract of kv/reply.h on the wire.
TEST_F(WriterTest, WritesEachShapeInBothVersions) {
  struct Row {
    void (*write)(Writer&);
    const char* resp2;
    const char* resp3;
  };
  const Row rows[] = {
      {[](Writer& w) { w.null(); }, "$-1\r\n", "_\r\n"},
      {[](Writer& w) { w.null_array(); }, "*-1\r\n", "_\r\n"},
      {[](Writer& w) { w.status("PONG"); }, "+PONG\r\n", "+PONG\r\n"},
      {[](Writer& w) { w.ok(); }, "+OK\r\n", "+OK\r\n"},
      {[](Writer& w) { w.integer(7); }, ":7\r\n", ":7\r\n"},
      {[](Writer& w) { w.integer(-12345); }, ":-12345\r\n", ":-12345\r\n"},
      {[](Writer& w) { w.integer(std::numeric_limits<std::int64_t>::min()); },
       ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
      {[](Writer& w) { w.bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
      {[](Writer& w) { w.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {[](Writer& w) { w.number(0.1); }, "$3\r\n0.1\r\n", ",0.1\r\n"},
      {[](Writer& w) { w.number(3); }, "$1\r\n3\r\n", ",3\r\n"},
      {[](Writer& w) { w.number(INFINITY); }, "$3\r\ninf\r\n", ",inf\r\n"},
      {[](Writer& w) { w.number(-INFINITY); }, "$4\r\n-inf\r\n", ",-inf\r\n"},
      {[](Writer& w) { w.number(NAN); }, "$3\r\nnan\r\n", ",nan\r\n"},
      {[](Writer& w) { w.boolean(true); }, ":1\r\n", "#t\r\n"},
      {[](Writer& w) { w.boolean(false); }, ":0\r\n", "#f\r\n"},
      {[](Writer& w) { w.verbatim("txt", "hi"); }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
      {[](Writer& w) { w.array(2); }, "*2\r\n", "*2\r\n"},
      {[](Writer& w) { w.map(2); }, "*4\r\n", "%2\r\n"},
      {[](Writer& w) { w.set(12); }, "*12\r\n", "~12\r\n"},
      {[](Writer& w) { w.push(3); }, "*3\r\n", ">3\r\n"},
      {[](Writer& w) { w.error(Error(ErrorCode::KeyWrongType, "no\r\nway")); },
       "-WRONGTYPE no  way\r\n", "-WRONGTYPE no  way\r\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(written(Version::Two, row.write), row.resp2);
    EXPECT_EQ(written(Version::Three, row.write), row.resp3);
  }
}

TEST_F(WriterTest, WritesBulksOfEverySizeAroundItsSmallBuffer) {
  for (std::size_t size = 220; size < 300; ++size) {
    const std::string value(size, 'v');
    EXPECT_EQ(written(Version::Two, [&](Writer& w) { w.bulk(value); }),
              "$" + std::to_string(size) + "\r\n" + value + "\r\n");
  }
}

TEST_F(WriterTest, ArraysOfUnknownLengthNest) {
  const std::string text = written(Version::Two, [](Writer& w) {
    w.integer(1);
    const std::size_t outer = w.open_array();
    w.bulk("a");
    const std::size_t inner = w.open_array();
    w.integer(2);
    w.close_array(inner, 1);
    w.close_array(outer, 2);
    w.integer(3);
  });

  EXPECT_EQ(text, ":1\r\n*2\r\n$1\r\na\r\n*1\r\n:2\r\n:3\r\n");
}

TEST_F(WriterTest, RewindTakesBackWhatAFailingCommandWrote) {
  const std::string text = written(Version::Two, [](Writer& w) {
    w.integer(1);
    const std::size_t mark = w.mark();
    w.array(5);
    w.bulk("half");
    w.rewind(mark);
    w.error(Error(ErrorCode::InvalidArgument, "x"));
  });

  EXPECT_EQ(text, ":1\r\n-ERR x\r\n");
}

// The store tells by the mark whether a command has replied. If an answer that outgrew its limit
// stood still, the command would be taken for one to run again.
TEST_F(WriterTest, MarksMoveOnAfterTheOutputHasOverflowed) {
  writer.bind(output, Version::Two);
  writer.bulk(std::string(2 << 20, 'x'));
  ASSERT_TRUE(output.overflowed());

  const std::size_t before = writer.mark();
  writer.integer(1);

  EXPECT_NE(writer.mark(), before);
  writer.rewind(before);
  writer.close_array(before, 1);
}

TEST_F(WriterTest, CountsErrorsByClass) {
  writer.bind(output, Version::Two);
  EXPECT_FALSE(writer.take_error_seen());

  writer.error(Error(ErrorCode::MemoryExhausted));
  writer.error(Error(ErrorCode::MemoryExhausted));

  EXPECT_EQ(writer.error_count(ErrorCode::MemoryExhausted), 2u);
  EXPECT_TRUE(writer.take_error_seen());
  EXPECT_FALSE(writer.take_error_seen());
}

}  // namespace
}  // namespace latchkey::resp
