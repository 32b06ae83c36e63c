#include "doors/pgwire/reply_sink.h"

#include <gtest/gtest.h>

#include "doors/pgwire/test_support/fake_line.h"

namespace latchkey::pgwire {
namespace {

using test::delivered;
using test::describe_replies;
using test::Lines;

/// A sink with all that it needs.
struct TestSink {
  explicit TestSink(ReplySink::Protocol protocol = ReplySink::Protocol::Simple)
      : sink(protocol, {}, line, replies, session) {
    replies.set_session(&session);
  }
  void arrive(const std::string& bytes) { line.arriving.push_back(delivered(bytes)); }
  /// What has been said, flushed or not.
  Lines said() {
    (void)replies.flush(Room::Take);
    return describe_replies(line.take());
  }

  test::FakeDatabase database;
  test::FakeLine line;
  Replies replies{line};
  test::FakeSession session{database, {}};
  ReplySink sink;
};

const std::vector<sql::ResultColumn> kColumns = {{"t", sql::oid::kText, -1, sql::Oid::None, 0}};

TEST(ReplySink, TellsColumnsInTheSimpleProtocolOnly) {
  TestSink simple;
  TestSink extended(ReplySink::Protocol::Extended);
  for (TestSink* one : {&simple, &extended}) {
    const sql::Value values[] = {sql::Value::of_bytes("x")};
    EXPECT_TRUE(one->sink.columns(kColumns).has_value());
    EXPECT_TRUE(one->sink.row(kColumns, values).has_value());
    EXPECT_TRUE(one->sink.complete("SELECT 1").has_value());
  }

  EXPECT_EQ(simple.said(), (Lines{"T t:25", "D x", "C SELECT 1"}));
  EXPECT_EQ(extended.said(), (Lines{"D x", "C SELECT 1"}));
}

TEST(ReplySink, SendsInPiecesAndWaitsForRoomMeanwhile) {
  TestSink test;
  const std::string text(1000, 'x');
  const sql::Value values[] = {sql::Value::of_bytes(text)};

  for (int i = 0; i < 100; ++i) ASSERT_TRUE(test.sink.row(kColumns, values).has_value());

  ASSERT_EQ(test.line.sent.size(), 3u);
  for (const auto& piece : test.line.sent) {
    EXPECT_GE(piece.bytes.size(), Replies::kChunkBytes);
    EXPECT_LE(piece.bytes.size(), Replies::kChunkBytes + 1100);
    EXPECT_EQ(piece.room, Room::Wait);
  }
}

TEST(ReplySink, EachPieceCarriesWhatItDependsOn) {
  TestSink test;
  test.database.version = 7;
  ASSERT_TRUE(test.session.run("insert", test.sink).has_value());

  ASSERT_TRUE(test.replies.flush(Room::Take).has_value());
  ASSERT_TRUE(test.sink.complete("SELECT 0").has_value());
  ASSERT_TRUE(test.replies.flush(Room::Take).has_value());

  ASSERT_EQ(test.line.sent.size(), 2u);
  EXPECT_EQ(test.line.sent[0].version, storage::Lsn{7});
  EXPECT_EQ(test.line.sent[1].version, storage::Lsn{0});
}

TEST(ReplySink, AClientThatHasGoneEndsTheStatement) {
  TestSink test;
  test.line.is_gone = true;
  const std::string text(Replies::kChunkBytes, 'x');
  const sql::Value values[] = {sql::Value::of_bytes(text)};

  EXPECT_FALSE(test.sink.row(kColumns, values).has_value());
}

TEST(ReplySink, NoticesGoOutAtOnce) {
  TestSink test;
  test.sink.notice(sql::Severity::Warning, Error(ErrorCode::NotSupported, "x"));
  EXPECT_EQ(describe_replies(test.line.take()), (Lines{"N WARNING 0A000 x"}));
}

TEST(ReplySink, CopyInGivesDataToItsEnd) {
  TestSink test;
  for (const std::string& bytes :
       {test::copy_data("a"), test::flush(), test::sync(), test::copy_data(""), test::copy_done()})
    test.arrive(bytes);

  ASSERT_TRUE(test.sink.copy_in_begin({sql::Format::Text, 1}).has_value());
  EXPECT_EQ(describe_replies(test.line.take()), (Lines{"G 0:1"}));
  EXPECT_EQ(test.sink.copy_in().value(), "a");
  EXPECT_EQ(test.sink.copy_in().value(), "");
  EXPECT_EQ(test.sink.copy_in().value(), std::nullopt);
  EXPECT_EQ(test.sink.copy_in().value(), std::nullopt);
}

TEST(ReplySink, CopyInEndsWithTheClientsReason) {
  TestSink test;
  test.arrive(test::copy_fail("no more"));
  ASSERT_TRUE(test.sink.copy_in_begin({}).has_value());

  const auto data = test.sink.copy_in();

  ASSERT_FALSE(data.has_value());
  EXPECT_EQ(data.error().code(), ErrorCode::QueryCanceled);
  EXPECT_EQ(data.error().message(), "COPY from stdin failed: no more");
  EXPECT_FALSE(test.sink.lost_synchronization());
}

TEST(ReplySink, AnotherMessageWithinACopyLosesTheThread) {
  TestSink test;
  test.arrive(test::query("select 1"));
  ASSERT_TRUE(test.sink.copy_in_begin({}).has_value());

  const auto data = test.sink.copy_in();

  ASSERT_FALSE(data.has_value());
  EXPECT_EQ(data.error().message(), "unexpected message type 0x51 during COPY from stdin");
  EXPECT_TRUE(test.sink.lost_synchronization());
}

TEST(ReplySink, TerminateWithinACopyIsLeftToComeNext) {
  TestSink test;
  test.arrive(test::terminate());
  ASSERT_TRUE(test.sink.copy_in_begin({}).has_value());

  EXPECT_FALSE(test.sink.copy_in().has_value());

  ASSERT_EQ(test.line.arriving.size(), 1u);
  EXPECT_EQ(test.line.arriving[0].type, FrontendType::Terminate);
}

TEST(ReplySink, WritesCopyOut) {
  TestSink test;
  ASSERT_TRUE(test.sink.copy_out_begin({sql::Format::Binary, 3}).has_value());
  ASSERT_TRUE(test.sink.copy_out("abc").has_value());
  ASSERT_TRUE(test.sink.copy_out_end().has_value());
  EXPECT_EQ(test.said(), (Lines{"H 1:3", "d abc", "c"}));
}

}  // namespace
}  // namespace latchkey::pgwire
