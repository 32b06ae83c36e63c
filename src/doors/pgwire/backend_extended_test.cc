#include <gtest/gtest.h>

#include "doors/pgwire/backend.h"
#include "doors/pgwire/test_support/fake_line.h"

namespace latchkey::pgwire {
namespace {

using test::Lines;
using test::TestBackend;

TEST(BackendExtended, AnswersAPreparedStatement) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::parse("s", "say $1") + test::describe('S', "s") +
                      test::bind({.portal = "p", .statement = "s", .parameters = {"hello"}}) +
                      test::describe('P', "p") + test::execute("p") + test::sync()),
            (Lines{"1", "t 25", "T word:25", "2", "T word:25", "D hello", "C SELECT 1", "Z I"}));
}

TEST(BackendExtended, SaysThatThereAreNoRows) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::parse("", "insert") + test::describe('S') + test::bind() +
                      test::describe('P') + test::execute() + test::sync()),
            (Lines{"1", "t", "n", "2", "n", "C INSERT 0 1", "Z I"}));
}

TEST(BackendExtended, NothingIsSaidBeforeSyncOrFlush) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::parse("", "insert") + test::bind()), Lines{});
  EXPECT_EQ(test->ask(test::flush()), (Lines{"1", "2"}));
  EXPECT_EQ(test->ask(test::execute()), Lines{});
  EXPECT_EQ(test->ask(test::sync()), (Lines{"C INSERT 0 1", "Z I"}));
}

TEST(BackendExtended, ResultsComeInTheFormatsOfTheirPortal) {
  const auto test = TestBackend::ready();
  const std::string seven("\0\0\0\1", 4);
  const auto ask = [&](std::vector<int> formats) {
    return test->ask(test::parse("", "rows 1 2") +
                     test::bind({.result_formats = std::move(formats)}) + test::describe('P') +
                     test::execute() + test::sync());
  };
  EXPECT_EQ(ask({}), (Lines{"1", "2", "T n:23 t:25", "D 1|xx", "C SELECT 1", "Z I"}));
  EXPECT_EQ(ask({0}), (Lines{"1", "2", "T n:23 t:25", "D 1|xx", "C SELECT 1", "Z I"}));
  EXPECT_EQ(ask({1}),
            (Lines{"1", "2", "T n:23b t:25b", "D " + seven + "|xx", "C SELECT 1", "Z I"}));
  EXPECT_EQ(ask({1, 0}),
            (Lines{"1", "2", "T n:23b t:25", "D " + seven + "|xx", "C SELECT 1", "Z I"}));
}

TEST(BackendExtended, FormatsDoNotOutliveTheirPortal) {
  const auto test = TestBackend::ready();
  (void)test->ask(test::parse("s", "rows 1 1"));
  (void)test->ask(test::bind({.statement = "s", .result_formats = {1}}));
  (void)test->ask(test::bind({.statement = "s"}));
  EXPECT_EQ(test->ask(test::describe('P') + test::flush()).back(), "T n:23 t:25");

  (void)test->ask(test::bind({.portal = "p", .statement = "s", .result_formats = {1}}));
  (void)test->ask(test::close('P', "p"));
  (void)test->ask(test::bind({.portal = "p", .statement = "s"}));
  EXPECT_EQ(test->ask(test::describe('P', "p") + test::flush()).back(), "T n:23 t:25");
}

TEST(BackendExtended, ParametersComeInTheirFormats) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::parse("", "say $1 $2 $3") +
                      test::bind({.formats = {0, 1, 0}, .parameters = {"a", "b", {}}}) +
                      test::execute() + test::sync()),
            (Lines{"1", "2", "D a b(binary) null", "C SELECT 1", "Z I"}));
}

TEST(BackendExtended, APortalIsSuspendedAtItsLimitAndGoesOn) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::query("begin")).back(), "Z T");
  EXPECT_EQ(test->ask(test::parse("", "rows 3 1") + test::bind({.portal = "p"}) +
                      test::execute("p", 2) + test::flush()),
            (Lines{"1", "2", "D 1|x", "D 2|x", "s"}));
  EXPECT_EQ(test->ask(test::execute("p", 2) + test::sync()), (Lines{"D 3|x", "C SELECT 1", "Z T"}));
}

TEST(BackendExtended, AnEmptyStatementIsAnswered) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::parse("", "") + test::bind() + test::execute() + test::sync()),
            (Lines{"1", "2", "I", "Z I"}));
}

TEST(BackendExtended, SkipsToSyncAfterAnError) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(
      test->ask(test::parse("", "insert") + test::bind() + test::execute() +
                test::parse("", "badparse") + test::bind() + test::execute() +
                test::query("insert") + test::message('F') + test::flush() + test::copy_data("x")),
      (Lines{"1", "2", "C INSERT 0 1", "E ERROR 42601 no such word"}));
  EXPECT_EQ(test->database.inserted, 1);

  EXPECT_EQ(test->ask(test::sync() + test::query("insert")), (Lines{"Z I", "C INSERT 0 1", "Z I"}));
}

TEST(BackendExtended, EachPartOfAPipelineFailsForItself) {
  const auto test = TestBackend::ready();
  const std::string insert = test::parse("", "insert") + test::bind() + test::execute();
  const std::string error = test::parse("", "error x") + test::bind() + test::execute();
  EXPECT_EQ(
      test->ask(insert + test::sync() + error + insert + test::sync() + insert + test::sync()),
      (Lines{"1", "2", "C INSERT 0 1", "Z I", "1", "2", "E ERROR 42601 x", "Z I", "1", "2",
             "C INSERT 0 1", "Z I"}));
}

TEST(BackendExtended, AnErrorFailsTheTransaction) {
  const auto test = TestBackend::ready();
  (void)test->ask(test::query("begin"));
  EXPECT_EQ(test->ask(test::execute("nothing") + test::sync()),
            (Lines{"E ERROR 34000 portal \"nothing\" does not exist", "Z E"}));
}

// CommandComplete came before the commit; that it failed is told before ReadyForQuery.
TEST(BackendExtended, AFailedCommitIsToldAtSync) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(
      test->ask(test::parse("", "failcommit") + test::bind() + test::execute() + test::sync()),
      (Lines{"1", "2", "C OK", "E ERROR 40001 another transaction committed first", "Z I"}));
}

TEST(BackendExtended, CountsOfParametersAreChecked) {
  const auto test = TestBackend::ready();
  (void)test->ask(test::parse("", "say $1 $2") + test::parse("s", "say x") + test::sync());

  EXPECT_EQ(test->ask(test::bind({.parameters = {"a"}}) + test::sync()),
            (Lines{"E ERROR 08P01 bind message supplies 1 parameters, but prepared statement \"\" "
                   "requires 2",
                   "Z I"}));
  EXPECT_EQ(test->ask(test::bind({.statement = "s", .parameters = {"a"}}) + test::sync()),
            (Lines{"E ERROR 08P01 bind message supplies 1 parameters, but prepared statement "
                   "\"s\" requires 0",
                   "Z I"}));
}

TEST(BackendExtended, CountsOfResultFormatsAreChecked) {
  const auto test = TestBackend::ready();
  (void)test->ask(test::parse("rows", "rows 1 1") + test::parse("none", "insert") + test::sync());

  EXPECT_EQ(
      test->ask(test::bind({.statement = "rows", .result_formats = {1, 1, 1}}) + test::sync()),
      (Lines{"E ERROR 08P01 bind message has 3 result formats but query has 2 columns", "Z I"}));
  EXPECT_EQ(
      test->ask(test::bind({.statement = "none", .result_formats = {1, 1, 1}}) + test::sync()),
      (Lines{"2", "Z I"}));
}

TEST(BackendExtended, AStatementThatIsMissingIsNamed) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::bind() + test::sync()),
            (Lines{"E ERROR 26000 unnamed prepared statement does not exist", "Z I"}));
  EXPECT_EQ(test->ask(test::describe('S', "s") + test::sync()),
            (Lines{"E ERROR 26000 prepared statement \"s\" does not exist", "Z I"}));
  EXPECT_EQ(test->ask(test::describe('P', "p") + test::sync()),
            (Lines{"E ERROR 34000 portal \"p\" does not exist", "Z I"}));
}

TEST(BackendExtended, ClosingWhatIsNotThereIsNoError) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::close('S', "s") + test::close('P', "p") + test::sync()),
            (Lines{"3", "3", "Z I"}));
}

/// The session that a backend opened last, for what only SQL could do.
struct Opened {
  explicit Opened(TestBackend& test) {
    test.context.open_session = [this, inner = test.database.opener()](auto options) {
      auto made = inner(std::move(options));
      session = static_cast<test::FakeSession*>(made->get());
      return made;
    };
    (void)test.packet(test::startup());
  }
  test::FakeSession* session = nullptr;
};

TEST(BackendExtended, AStatementIsDescribedOnceForManyBinds) {
  TestBackend test;
  Opened opened(test);
  (void)test.ask(test::parse("s", "say $1"));

  for (int i = 0; i < 10; ++i)
    (void)test.ask(test::bind({.statement = "s", .parameters = {"x"}}) + test::execute());

  EXPECT_EQ(opened.session->describe_count, 1);
}

// DEALLOCATE and PREPARE, which the door does not see.
TEST(BackendExtended, AStatementThatChangedBehindTheDoorIsDescribedAnew) {
  TestBackend test;
  Opened opened(test);
  (void)test.ask(test::parse("s", "say $1") + test::bind({.statement = "s", .parameters = {"x"}}) +
                 test::sync());

  opened.session->replace_statement("s", "say y");

  EXPECT_EQ(test.ask(test::bind({.statement = "s"}) + test::execute() + test::sync()),
            (Lines{"2", "D y", "C SELECT 1", "Z I"}));
}

TEST(BackendExtended, TheSessionHearsOfEachErrorOnce) {
  TestBackend test;
  Opened opened(test);
  (void)test.ask(test::parse("", "badparse") + test::bind() + test::sync());
  EXPECT_EQ(opened.session->fail_count, 1);
}

TEST(BackendExtended, CopiesIn) {
  const auto test = TestBackend::ready();
  for (const std::string& bytes : {test::sync(), test::copy_data("a\n"), test::copy_done()})
    test->line.arriving.push_back(test::delivered(bytes));

  EXPECT_EQ(test->ask(test::parse("", "copyin") + test::bind() + test::execute() + test::sync()),
            (Lines{"1", "2", "G 0:2", "C COPY 1", "Z I"}));
}

TEST(BackendExtended, ACopyThatFailsSkipsToSync) {
  const auto test = TestBackend::ready();
  test->line.arriving.push_back(test::delivered(test::copy_fail("enough")));

  EXPECT_EQ(test->ask(test::parse("", "copyin") + test::bind() + test::execute() + test::execute() +
                      test::sync()),
            (Lines{"1", "2", "G 0:2", "E ERROR 57014 COPY from stdin failed: enough", "Z I"}));
}

TEST(BackendExtended, AQueryWithinACopyEndsTheConnection) {
  const auto test = TestBackend::ready();
  test->line.arriving.push_back(test::delivered(test::query("insert")));

  EXPECT_EQ(
      test->ask(test::parse("", "copyin") + test::bind() + test::execute() + test::sync()).back(),
      "E FATAL 08P01 terminating connection because protocol synchronization was lost");
  EXPECT_TRUE(test->is_closed);
}

TEST(BackendExtended, MalformedMessagesFailLikeOthers) {
  const auto test = TestBackend::ready();
  for (const char type : std::string("PBDEC")) {
    EXPECT_EQ(test->ask(test::message(type, "x") + test::execute() + test::sync()).size(), 2u);
    EXPECT_EQ(test->ask(test::query("insert")), (Lines{"C INSERT 0 1", "Z I"}));
  }
}

TEST(BackendExtended, SyncAndFlushHaveNoBody) {
  const auto test = TestBackend::ready();
  EXPECT_EQ(test->ask(test::message('S', "x")),
            (Lines{"E ERROR 08P01 invalid message format", "Z I"}));
  EXPECT_EQ(test->ask(test::message('H', "x") + test::execute() + test::sync()),
            (Lines{"E ERROR 08P01 invalid message format", "Z I"}));
}

TEST(BackendExtended, LargeRepliesGoOutBeforeSync) {
  const auto test = TestBackend::ready();
  (void)test->ask(test::parse("", "rows 100 1000") + test::bind());
  EXPECT_GT(test->ask(test::execute()).size(), 50u);
}

}  // namespace
}  // namespace latchkey::pgwire
