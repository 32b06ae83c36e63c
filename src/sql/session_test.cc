#include "sql/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "sql/functions/function.h"
#include "sql/test_support/test_session.h"

namespace latchkey::sql {
namespace {

using test::TestDatabase;
using test::TextSink;

TEST(Session, EveryExampleOfTheTableOfFunctionsHolds) {
  TestDatabase db;
  int count = 0;
  for (const Function* const function : all_functions()) {
    if (function->example.empty()) continue;
    ++count;
    EXPECT_EQ(db.run("SELECT " + std::string(function->example)), function->expected)
        << function->name << ": " << function->example;
  }
  EXPECT_GT(count, 100);
}

TEST(Session, TablesAndRowsOutliveARestart) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TABLE t (id int PRIMARY KEY, name text UNIQUE, CHECK (id > 0))");
  db.run("CREATE TABLE plain (n int)");
  db.run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  db.run("INSERT INTO plain VALUES (1), (2)");

  db.reopen();

  EXPECT_EQ(db.run("SELECT * FROM t ORDER BY id"), "1|a\n2|b");
  EXPECT_EQ(db.run("INSERT INTO t VALUES (3, 'a')"),
            "23505: duplicate key value violates unique constraint \"t_name_key\"");
  EXPECT_EQ(db.run("INSERT INTO t VALUES (-3, 'c')"),
            "23514: new row for relation \"t\" violates check constraint \"t_id_check\"");
  EXPECT_EQ(db.run("INSERT INTO plain VALUES (3)"), "INSERT 0 1");
  EXPECT_EQ(db.run("SELECT count(*), sum(n) FROM plain"), "3|6");
}

TEST(Session, ScriptsAreOneTransaction) {
  TestDatabase db;
  db.run("CREATE TABLE t (id int PRIMARY KEY)");

  EXPECT_EQ(db.run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)").substr(0, 5), "23505");
  EXPECT_EQ(db.run("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(db.run("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT count(*) FROM t"),
            "2");
}

TEST(Session, ABlockThatFailedIsOver) {
  TestDatabase db;
  db.run("CREATE TABLE t (id int PRIMARY KEY)");
  db.run("BEGIN");
  db.run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(db.session->transaction_state(), TransactionState::InTransaction);
  EXPECT_EQ(db.run("SELECT 1/0"), "22012: division by zero");

  EXPECT_EQ(db.session->transaction_state(), TransactionState::Failed);
  EXPECT_EQ(
      db.run("SELECT 1"),
      "25P02: current transaction is aborted, commands ignored until end of transaction block");
  EXPECT_EQ(db.run("COMMIT"), "ROLLBACK");
  EXPECT_EQ(db.run("SELECT count(*) FROM t"), "0");
}

TEST(Session, SavepointsBringBackRowsAndTables) {
  TestDatabase db;
  db.run("CREATE TABLE t (id int PRIMARY KEY)");
  db.run("BEGIN");
  db.run("INSERT INTO t VALUES (1)");
  db.run("SAVEPOINT a");
  db.run("INSERT INTO t VALUES (2)");
  db.run("CREATE TABLE u (id int)");
  db.run("SELECT 1/0");
  EXPECT_EQ(db.run("ROLLBACK TO a"), "ROLLBACK");
  EXPECT_EQ(db.run("SELECT count(*) FROM t"), "1");
  EXPECT_EQ(db.run("SELECT * FROM u").substr(0, 5), "42P01");
  db.run("ROLLBACK TO a");
  EXPECT_EQ(db.run("COMMIT"), "COMMIT");
  EXPECT_EQ(db.run("SELECT * FROM t"), "1");
}

TEST(Session, DefinitionsAreRolledBack) {
  TestDatabase db;
  db.run("CREATE TABLE old (id int)");
  db.run("BEGIN");
  db.run("CREATE TABLE t (id int)");
  db.run("DROP TABLE old");
  EXPECT_EQ(db.run("SELECT count(*) FROM t"), "0");
  const auto other = db.new_session();
  EXPECT_EQ(TestDatabase::run(*other, "SELECT * FROM t").substr(0, 5), "42P01");
  EXPECT_EQ(TestDatabase::run(*other, "SELECT count(*) FROM old"), "0");
  db.run("ROLLBACK");

  EXPECT_EQ(db.run("SELECT * FROM t").substr(0, 5), "42P01");
  EXPECT_EQ(db.run("SELECT count(*) FROM old"), "0");
}

TEST(Session, SnapshotsStandStill) {
  TestDatabase db;
  db.run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
  const auto reader = db.new_session();
  TestDatabase::run(*reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
  EXPECT_EQ(TestDatabase::run(*reader, "SELECT n FROM t"), "1");

  db.run("UPDATE t SET n = 2");

  EXPECT_EQ(TestDatabase::run(*reader, "SELECT n FROM t"), "1");
  EXPECT_EQ(TestDatabase::run(*reader, "UPDATE t SET n = 3"),
            "40001: could not serialize access due to concurrent update");
  TestDatabase::run(*reader, "ROLLBACK");
  TestDatabase::run(*reader, "BEGIN");
  EXPECT_EQ(TestDatabase::run(*reader, "SELECT n FROM t"), "2");
  db.run("UPDATE t SET n = 4");
  EXPECT_EQ(TestDatabase::run(*reader, "SELECT n FROM t"), "4");
}

TEST(Session, CountersAreExactAmongThreads) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)");
  constexpr int kThreads = 4;
  constexpr int kTurns = 100;
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto session = db.new_session();
      for (int turn = 0; turn < kTurns; ++turn) {
        if (TestDatabase::run(*session, "UPDATE t SET n = n + 1 WHERE id = 1") != "UPDATE 1")
          ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failed, 0);
  EXPECT_EQ(db.run("SELECT n FROM t"), std::to_string(kThreads * kTurns));
}

TEST(Session, WaitsForRowsThatOthersHoldAndCanBeCancelled) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)");
  db.run("BEGIN; UPDATE t SET n = 1");
  const auto other = db.new_session();
  EXPECT_EQ(TestDatabase::run(*other, "SELECT * FROM t FOR UPDATE NOWAIT"),
            "55P03: could not obtain lock on row in relation \"t\"");
  EXPECT_EQ(TestDatabase::run(*other, "SELECT * FROM t FOR UPDATE SKIP LOCKED"), "");

  std::string answer;
  std::thread waiting([&] { answer = TestDatabase::run(*other, "UPDATE t SET n = n + 10"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  other->cancel();
  waiting.join();
  EXPECT_EQ(answer, "57014: canceling statement due to user request");

  std::thread again([&] { answer = TestDatabase::run(*other, "UPDATE t SET n = n + 10"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  db.run("COMMIT");
  again.join();
  EXPECT_EQ(answer, "UPDATE 1");
  EXPECT_EQ(db.run("SELECT n FROM t"), "11");
}

TEST(Session, PreparesBindsAndExecutes) {
  TestDatabase db;
  db.run(
      "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES "
      "(1,'a'),(2,'b'),(3,'c')");
  Session& session = *db.session;
  ASSERT_TRUE(
      session.prepare("s", "SELECT id, name FROM t WHERE id >= $1 ORDER BY id", {}).has_value());
  const auto described = session.describe_statement("s").value();
  ASSERT_EQ(described.parameters.size(), 1u);
  EXPECT_EQ(described.parameters[0], oid::kInt4);
  ASSERT_EQ(described.columns.size(), 2u);
  EXPECT_EQ(described.columns[1].name, "name");

  const ParameterValue text{Bytes("2"), Format::Text};
  ASSERT_TRUE(session.bind("p", "s", {&text, 1}).has_value());
  TextSink sink(session.text_settings());
  EXPECT_EQ(session.execute("p", 1, sink).value(), Executed::Suspended);
  EXPECT_EQ(session.execute("p", 1, sink).value(), Executed::Complete);
  EXPECT_EQ(sink.rows, (std::vector<std::string>{"2|b", "3|c"}));
  ASSERT_TRUE(session.sync().has_value());

  const ParameterValue binary{Bytes("\0\0\0\3", 4), Format::Binary};
  ASSERT_TRUE(session.bind("", "s", {&binary, 1}).has_value());
  TextSink second(session.text_settings());
  EXPECT_EQ(session.execute("", 0, second).value(), Executed::Complete);
  EXPECT_EQ(second.rows, (std::vector<std::string>{"3|c"}));
  EXPECT_EQ(session.prepare("s", "SELECT 1", {}).error().sqlstate(), "42P05");
  EXPECT_EQ(session.bind("", "none", {}).error().sqlstate(), "26000");
  EXPECT_EQ(session.bind("", "s", {}).error().sqlstate(), "08P01");
  EXPECT_EQ(session.execute("none", 0, second).error().sqlstate(), "34000");
}

TEST(Session, PlansFollowTheCatalog) {
  TestDatabase db;
  db.run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 5)");
  db.run("PREPARE p AS SELECT n FROM t WHERE n = 5");
  EXPECT_EQ(db.run("EXECUTE p"), "5");
  db.run("CREATE INDEX ON t (n)");
  EXPECT_EQ(db.run("EXECUTE p"), "5");
  db.run(
      "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, n text); INSERT INTO t VALUES (1, '5')");
  EXPECT_EQ(db.run("EXECUTE p").substr(0, 5), "42883");
}

TEST(Session, TellsWhereAnErrorIs) {
  TestDatabase db;
  TextSink sink(db.session->text_settings());
  const auto position_in = [&](std::string_view text) {
    return db.session->run(text, sink).error().details().position;
  };
  EXPECT_EQ(position_in("SELECT foo"), 8);
  EXPECT_EQ(position_in("SELECT 'häß', foo"), 15);
  EXPECT_EQ(position_in("SELECT 1 frm t x"), 14);
  EXPECT_EQ(position_in("SELECT 1; SELECT 'x'::int"), 18);
}

TEST(Session, RefusesWhatIsTooDeep) {
  TestDatabase db;
  std::string chain = "SELECT 1";
  for (int i = 0; i < 100'000; ++i) chain += "+1";
  EXPECT_EQ(db.run(chain), "54001: stack depth limit exceeded");
  EXPECT_EQ(db.run("SELECT " + std::string(10'000, '(') + "1" + std::string(10'000, ')')),
            "54001: stack depth limit exceeded");
  std::string rows = "SELECT count(*) FROM (VALUES (0)";
  for (int i = 0; i < 20'000; ++i) rows += ",(1)";
  EXPECT_EQ(db.run(rows + ") v"), "20001");
}

TEST(Session, SettingsFollowTheirTransaction) {
  TestDatabase db;
  db.run("SET application_name = 'a'");
  db.run("BEGIN; SET application_name = 'b'");
  EXPECT_EQ(db.run("SHOW application_name"), "b");
  db.run("ROLLBACK");
  EXPECT_EQ(db.run("SHOW application_name"), "a");
  EXPECT_EQ(db.run("RESET application_name; SHOW application_name"), "");
  EXPECT_EQ(db.run("SET nonsense = 1"), "42704: unrecognized configuration parameter \"nonsense\"");
  EXPECT_EQ(db.run("SET server_version = '1'"),
            "55P02: parameter \"server_version\" cannot be changed");
  EXPECT_EQ(db.run("SET statement_timeout = '2min'; SHOW statement_timeout"), "2min");
}

}  // namespace
}  // namespace latchkey::sql
