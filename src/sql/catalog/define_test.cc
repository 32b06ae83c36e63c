#include "sql/catalog/define.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "sql/test_support/test_session.h"

namespace latchkey::sql {
namespace {

using test::TestDatabase;

TEST(Define, WhatWasDefinedOutlivesARestart) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TYPE mood AS ENUM ('sad', 'happy')");
  db.run("CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
  db.run("CREATE TABLE p (id serial PRIMARY KEY, m mood, n positive)");
  db.run("CREATE TABLE c (p int REFERENCES p ON DELETE CASCADE, v text)");
  db.run("CREATE UNIQUE INDEX c_v ON c (lower(v)) WHERE p > 0");
  db.run("CREATE VIEW w AS SELECT m, v FROM p JOIN c ON c.p = p.id");
  db.run("CREATE TABLE d (a int) PARTITION BY LIST (a)");
  db.run("CREATE TABLE d1 PARTITION OF d FOR VALUES IN (1)");
  db.run("INSERT INTO p (m, n) VALUES ('happy', 1)");
  db.run("INSERT INTO c VALUES (1, 'x')");
  db.run("ALTER TABLE c ADD COLUMN added int DEFAULT 7");

  db.reopen();

  EXPECT_EQ(db.run("SELECT * FROM w"), "happy|x");
  EXPECT_EQ(db.run("SELECT added FROM c"), "7");
  EXPECT_EQ(db.run("INSERT INTO c VALUES (2, 'y')").substr(0, 5), "23503");
  EXPECT_EQ(db.run("INSERT INTO c VALUES (1, 'X')").substr(0, 5), "23505");
  EXPECT_EQ(db.run("INSERT INTO p (n) VALUES (0)").substr(0, 5), "23514");
  EXPECT_EQ(db.run("INSERT INTO d VALUES (1)"), "INSERT 0 1");
  EXPECT_EQ(db.run("INSERT INTO d VALUES (2)").substr(0, 5), "23514");
  EXPECT_EQ(db.run("DELETE FROM p"), "DELETE 1");
  EXPECT_EQ(db.run("SELECT count(*) FROM c"), "0");
}

TEST(Define, SequencesGiveNoNumberTwiceAfterARestart) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE SEQUENCE s");
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 40; ++j) EXPECT_TRUE(seen.insert(db.run("SELECT nextval('s')")).second);
    db.reopen();
  }
}

TEST(Define, SequencesSkipNothingWhenTheServerStopsInOrder) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE SEQUENCE s");
  EXPECT_EQ(db.run("SELECT nextval('s'), nextval('s')"), "1|2");
  db.reopen();
  EXPECT_EQ(db.run("SELECT nextval('s')"), "3");
}

TEST(Define, SequencesBeginAnewWhenTheTransactionThatRestartsThemCommits) {
  TestDatabase db;
  db.run("CREATE SEQUENCE s");
  EXPECT_EQ(db.run("SELECT nextval('s')"), "1");
  db.run("BEGIN; ALTER SEQUENCE s RESTART");
  EXPECT_EQ(db.run("SELECT nextval('s')"), "1");
  const auto other = db.new_session();
  EXPECT_EQ(TestDatabase::run(*other, "SELECT nextval('s')"), "2");
  db.run("ROLLBACK");
  EXPECT_EQ(db.run("SELECT nextval('s')"), "3");
}

TEST(Define, SequencesAreDistinctAmongThreads) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TABLE t (id bigserial PRIMARY KEY, n int)");
  constexpr int kThreads = 4;
  constexpr int kTurns = 100;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto session = db.new_session();
      for (int turn = 0; turn < kTurns; ++turn) {
        EXPECT_EQ(TestDatabase::run(*session, "INSERT INTO t (n) VALUES (1)"), "INSERT 0 1");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(db.run("SELECT count(*), count(DISTINCT id) FROM t"), "400|400");
}

TEST(Define, TemporaryTablesBelongToTheirSession) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  auto owner = db.new_session();
  EXPECT_EQ(TestDatabase::run(*owner, "CREATE TEMP TABLE t (a int)"), "CREATE TABLE");
  EXPECT_EQ(TestDatabase::run(*owner, "INSERT INTO t VALUES (1)"), "INSERT 0 1");
  EXPECT_EQ(db.run("SELECT * FROM t").substr(0, 5), "42P01");

  owner.reset();
  EXPECT_EQ(db.database->catalog()->tables().size(), 0u);

  db.run("CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1)");
  EXPECT_EQ(db.run("SELECT * FROM t"), "1");
  db.reopen();
  EXPECT_EQ(db.database->catalog()->tables().size(), 0u);
}

TEST(Define, NoRowRefersToOneThatIsGone) {
  TestDatabase db(TestDatabase::EngineKind::Tree);
  db.run("CREATE TABLE p (id int PRIMARY KEY)");
  db.run("CREATE TABLE c (p int REFERENCES p)");
  for (const char* const level : {"READ COMMITTED", "REPEATABLE READ"}) {
    for (int turn = 0; turn < 20; ++turn) {
      db.run("DELETE FROM c; DELETE FROM p; INSERT INTO p VALUES (1)");
      std::vector<std::thread> threads;
      for (const char* const text : {"INSERT INTO c VALUES (1)", "DELETE FROM p"}) {
        threads.emplace_back([&db, text, level] {
          const auto session = db.new_session();
          TestDatabase::run(*session, std::string("BEGIN ISOLATION LEVEL ") + level);
          TestDatabase::run(*session, text);
          TestDatabase::run(*session, "COMMIT");
        });
      }
      for (std::thread& thread : threads) thread.join();
      EXPECT_EQ(db.run("SELECT count(*) FROM c WHERE p NOT IN (SELECT id FROM p)"), "0");
    }
  }
}

TEST(Define, ALongChainOfCascadesIsNoDeeperThanOne) {
  TestDatabase db;
  db.run("CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t ON DELETE CASCADE)");
  db.run("INSERT INTO t VALUES (1, NULL)");
  for (int i = 2; i <= 500; ++i) {
    db.run("INSERT INTO t VALUES (" + std::to_string(i) + ", " + std::to_string(i - 1) + ")");
  }
  EXPECT_EQ(db.run("DELETE FROM t WHERE id = 1"), "DELETE 1");
  EXPECT_EQ(db.run("SELECT count(*) FROM t"), "0");
}

}  // namespace
}  // namespace latchkey::sql
