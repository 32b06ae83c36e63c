#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "sql/test_support/test_session.h"

namespace latchkey::sql {
namespace {

using test::TestDatabase;

// A text's plan is remembered when it comes for the second time, and used from the third.
constexpr int kTimes = 4;

class SharedPlans : public testing::Test {
 protected:
  void SetUp() override {
    db_.run("CREATE TABLE t (id int PRIMARY KEY, name varchar(5), price numeric, big bigint)");
    db_.run("INSERT INTO t VALUES (1, 'a', 1.5, 10), (2, 'b', 2.5, 5000000000), (3, NULL, 3, 7)");
  }
  TestDatabase db_;
};

TEST_F(SharedPlans, ConstantsAreThoseOfEachText) {
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(db_.run("SELECT name FROM t WHERE id = 1"), "a");
    EXPECT_EQ(db_.run("SELECT name FROM t WHERE id = 2"), "b");
    EXPECT_EQ(db_.run("SELECT name FROM t WHERE id = 9"), "");
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE name = 'a'"), "1");
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE name = 'b'"), "2");
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE price > 1.6"), "2\n3");
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE big = 5000000000"), "2");
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE big = 7"), "3");
    EXPECT_EQ(db_.run("SELECT 7 / 2"), "3");
    EXPECT_EQ(db_.run("SELECT 7 / 2.0"), "3.5000000000000000");
    EXPECT_EQ(db_.run("SELECT '7' || '2'"), "72");
    EXPECT_EQ(db_.run("SELECT -5 + 3, 'it''s'"), "-2|it's");
    EXPECT_EQ(db_.run("SELECT id FROM t LIMIT 1"), "1");
    EXPECT_EQ(db_.run("SELECT id FROM t LIMIT 2"), "1\n2");
    EXPECT_EQ(db_.run("SELECT id, name FROM t WHERE id < 3 ORDER BY 2 DESC"), "2|b\n1|a");
    EXPECT_EQ(db_.run("SELECT id, name FROM t WHERE id < 3 ORDER BY 1 LIMIT 1"), "1|a");
    EXPECT_EQ(db_.run("SELECT 'abcdef'::varchar(3)"), "abc");
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE id IN (1, 3) OR name LIKE 'b%'"), "1\n2\n3");
  }
}

TEST_F(SharedPlans, MistakesAreToldAsEver) {
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(db_.run("SELECT name FROM t WHERE id = 'x'"),
              "22P02: invalid input syntax for type integer: \"x\"");
    EXPECT_EQ(db_.run("SELECT 1 / 0"), "22012: division by zero");
    EXPECT_EQ(db_.run("SELECT nothing FROM t WHERE id = 1"),
              "42703: column \"nothing\" does not exist");
    EXPECT_EQ(db_.run("INSERT INTO t VALUES (1, 'a', 1, 1)"),
              "23505: duplicate key value violates unique constraint \"t_pkey\"");
    EXPECT_EQ(db_.run("UPDATE t SET name = 'too long' WHERE id = 1"),
              "22001: value too long for type character varying(5)");
  }
}

TEST_F(SharedPlans, FollowTheCatalog) {
  for (int i = 0; i < kTimes; ++i) EXPECT_EQ(db_.run("SELECT * FROM t WHERE id = 3"), "3|NULL|3|7");
  db_.run("DROP TABLE t");
  EXPECT_EQ(db_.run("SELECT * FROM t WHERE id = 3"), "42P01: relation \"t\" does not exist");
  db_.run("CREATE TABLE t (id text PRIMARY KEY)");
  db_.run("INSERT INTO t VALUES ('3')");
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(db_.run("SELECT * FROM t WHERE id = '3'"), "3");
  }
  // What only this transaction sees is no plan for others.
  const auto other = db_.new_session();
  db_.run("BEGIN");
  db_.run("DROP TABLE t");
  db_.run("CREATE TABLE t (a int, b int)");
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(db_.run("SELECT * FROM t"), "");
    EXPECT_EQ(TestDatabase::run(*other, "SELECT * FROM t"), "3");
  }
  db_.run("ROLLBACK");
  EXPECT_EQ(db_.run("SELECT * FROM t"), "3");
}

TEST_F(SharedPlans, NamesMeanWhatTheSessionMeans) {
  db_.run("CREATE SCHEMA s");
  db_.run("CREATE TABLE s.t (id int)");
  db_.run("INSERT INTO s.t VALUES (77)");
  const auto other = db_.new_session();
  TestDatabase::run(*other, "SET search_path = s");
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(db_.run("SELECT id FROM t WHERE id > 2"), "3");
    EXPECT_EQ(TestDatabase::run(*other, "SELECT id FROM t WHERE id > 2"), "77");
  }
}

TEST_F(SharedPlans, TransactionsAreWordsToo) {
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(db_.run("BEGIN"), "BEGIN");
    EXPECT_EQ(db_.run("UPDATE t SET big = big + 1 WHERE id = 3"), "UPDATE 1");
    EXPECT_EQ(db_.run("COMMIT"), "COMMIT");
    EXPECT_EQ(db_.run("BEGIN"), "BEGIN");
    EXPECT_EQ(db_.run("UPDATE t SET big = big + 100 WHERE id = 3"), "UPDATE 1");
    EXPECT_EQ(db_.run("ROLLBACK"), "ROLLBACK");
  }
  EXPECT_EQ(db_.run("SELECT big FROM t WHERE id = 3"), "11");
}

TEST_F(SharedPlans, SeveralThreadsRunOnePlan) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TABLE c (id int PRIMARY KEY, n int)");
  db.run("INSERT INTO c VALUES (1, 0), (2, 0)");
  constexpr int kThreads = 4;
  constexpr int kSteps = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto session = db.new_session();
      for (int step = 0; step < kSteps; ++step) {
        EXPECT_EQ(TestDatabase::run(*session, "UPDATE c SET n = n + 1 WHERE id = 1"), "UPDATE 1");
        EXPECT_EQ(TestDatabase::run(*session, "UPDATE c SET n = n + 2 WHERE id = 2"), "UPDATE 1");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(db.run("SELECT n FROM c ORDER BY id"), "800\n1600");
}

}  // namespace
}  // namespace latchkey::sql
