// The simple protocol, and what concerns all messages.

#include "doors/pgwire/backend.h"

#include <gtest/gtest.h>

#include "doors/pgwire/test_support/fake_line.h"

namespace latchkey::pgwire {
namespace {

using test::Lines;
using test::query;
using test::TestBackend;

TEST(Backend, AnswersAQuery) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("say hello")), (Lines{"T word:25", "D hello", "C SELECT 1", "Z I"}));
}

TEST(Backend, AnswersEachStatementOfAQueryAndIsReadyOnce) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(
      test->ask(query("insert; rows 2 1; begin")),
      (Lines{"C INSERT 0 1", "T n:23 t:25", "D 1|x", "D 2|x", "C SELECT 2", "C BEGIN", "Z T"}));
}

TEST(Backend, AnEmptyQueryIsAnsweredToo) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("")), (Lines{"I", "Z I"}));
  EXPECT_EQ(test->ask(query(" ; ")), (Lines{"I", "Z I"}));
}

TEST(Backend, AnErrorEndsTheQueryAndTheClientGoesOn) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("insert; error bad; insert")),
            (Lines{"C INSERT 0 1", "E ERROR 42601 bad", "Z I"}));
  EXPECT_EQ(test->ask(query("say x")), (Lines{"T word:25", "D x", "C SELECT 1", "Z I"}));
}

TEST(Backend, TellsTheStateOfTheTransaction) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("begin")), (Lines{"C BEGIN", "Z T"}));
  EXPECT_EQ(test->ask(query("error x")), (Lines{"E ERROR 42601 x", "Z E"}));
  EXPECT_EQ(test->ask(query("say x")).back(), "Z E");
  EXPECT_EQ(test->ask(query("rollback")), (Lines{"C ROLLBACK", "Z I"}));
}

TEST(Backend, AQueryThatIsNoStringIsRefused) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("begin")).back(), "Z T");

  EXPECT_EQ(test->ask(test::message('Q', "no end")),
            (Lines{"E ERROR 08P01 invalid string in message", "Z E"}));
  EXPECT_EQ(test->ask(test::message('Q', std::string("a\0b\0", 4))),
            (Lines{"E ERROR 08P01 invalid message format", "Z E"}));
  EXPECT_FALSE(test->is_closed);
}

TEST(Backend, TellsNoticesAsTheyCome) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("notice x")), (Lines{"N NOTICE 42601 x", "C NOTICED", "Z I"}));
}

TEST(Backend, TellsChangedSettingsBeforeItIsReady) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("set TimeZone CET; insert")),
            (Lines{"C SET", "C INSERT 0 1", "S TimeZone=CET", "Z I"}));
  EXPECT_EQ(test->ask(query("insert")), (Lines{"C INSERT 0 1", "Z I"}));
}

TEST(Backend, TellsNotificationsOutsideOfTransactionsOnly) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("begin; notify c p")), (Lines{"C BEGIN", "C NOTIFY", "Z T"}));
  test->backend->notify();
  EXPECT_EQ(test->line.take(), "");
  EXPECT_EQ(test->ask(query("commit")), (Lines{"C COMMIT", "A 1000 c p", "Z I"}));
}

TEST(Backend, TellsAnIdleClientOfNotificationsAtOnce) {
  const auto test = TestBackend::ready();
  test->database.notify_all({7, "channel", "payload"});

  test->backend->notify();

  EXPECT_EQ(test::describe_replies(test->line.take()), (Lines{"A 7 channel payload"}));
}

// Until Sync the client takes what comes for answers to its messages.
TEST(Backend, TellsNoNotificationsBetweenParseAndSync) {
  const auto test = TestBackend::ready();
  (void)test->ask(test::parse("", "insert"));
  test->database.notify_all({7, "c", "p"});

  test->backend->notify();
  EXPECT_EQ(test::describe_replies(test->line.take()), Lines{});
  EXPECT_EQ(test->ask(test::sync()), (Lines{"1", "A 7 c p", "Z I"}));
}

TEST(Backend, CopiesIn) {
  const auto test = TestBackend::ready();
  for (const std::string& bytes :
       {test::copy_data("one\n"), test::copy_data("two\n"), test::copy_done()})
    test->line.arriving.push_back(test::delivered(bytes));

  EXPECT_EQ(test->ask(query("copyin; insert")),
            (Lines{"G 0:2", "C COPY 2", "C INSERT 0 1", "Z I"}));
  EXPECT_EQ(test->database.copied_bytes, 8u);
}

// The client learns of the failure late: what it sends meanwhile is no error.
TEST(Backend, IgnoresTheRestOfACopyThatFailed) {
  const auto test = TestBackend::ready();
  test->line.arriving.push_back(test::delivered(test::copy_data("bad\n")));
  EXPECT_EQ(test->ask(query("copyin")), (Lines{"G 0:2", "E ERROR 22P04 this line is bad", "Z I"}));

  EXPECT_EQ(test->ask(test::copy_data("x") + test::copy_done() + test::copy_fail("y")), Lines{});
  EXPECT_EQ(test->ask(query("insert")), (Lines{"C INSERT 0 1", "Z I"}));
}

TEST(Backend, AQueryWithinACopyEndsTheConnection) {
  const auto test = TestBackend::ready();
  test->line.arriving.push_back(test::delivered(query("insert")));

  EXPECT_EQ(test->ask(query("copyin")),
            (Lines{"G 0:2", "E ERROR 08P01 unexpected message type 0x51 during COPY from stdin",
                   "E FATAL 08P01 terminating connection because protocol synchronization was "
                   "lost"}));
  EXPECT_TRUE(test->is_closed);
}

TEST(Backend, CopiesOut) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("copyout 2 3")),
            (Lines{"H 1:1", "d ccc", "d ccc", "c", "C COPY 2", "Z I"}));
}

TEST(Backend, RefusesFunctionCallsInWords) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::message('F', "whatever")),
            (Lines{"E ERROR 0A000 the function call protocol is not supported", "Z I"}));
}

TEST(Backend, EndsAtTerminateWithoutAWord) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::terminate()), Lines{});
  EXPECT_TRUE(test->is_closed);
}

TEST(Backend, ASessionThatMustEndEndsTheConnection) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(query("fatal the server stops")), (Lines{"E FATAL 57P01 the server stops"}));
  EXPECT_TRUE(test->is_closed);
}

TEST(Backend, AFaultIsToldAndEndsTheConnection) {
  const auto test = TestBackend::ready();
  Message fault;
  fault.type = FrontendType::Fault;
  fault.fault = Error(ErrorCode::ProtocolError, "invalid message length");

  EXPECT_EQ(test->backend->handle(std::move(fault)), Backend::Next::Close);

  EXPECT_EQ(test::describe_replies(test->line.take()),
            (Lines{"E FATAL 08P01 invalid message length"}));
}

TEST(Backend, EndsTheSessionWhenItIsTold) {
  const auto test = TestBackend::ready();
  ASSERT_TRUE(test->line.key.has_value());

  test->backend->end();

  EXPECT_EQ(test->database.ended, 1);
  EXPECT_FALSE(test->line.key.has_value());
}

}  // namespace
}  // namespace latchkey::pgwire
