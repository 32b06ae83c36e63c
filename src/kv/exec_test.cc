#include <gtest/gtest.h>

#include "kv/call.h"
#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

void watch(TestStore& db, Session& session, const std::vector<Bytes>& keys) {
  ASSERT_TRUE(db.store->watch(session, keys).has_value());
}

TEST(Exec, RunsAllCommandsAtOneMoment) {
  TestStore db;

  EXPECT_EQ(db.run_all({"SET a 1", "INCR a", "GET a", "MGET a b"}),
            "[OK, :2, \"2\", [\"2\", nil]]");
  EXPECT_EQ(db.run("GET a"), "\"2\"");
  EXPECT_EQ(db.run_all({}), "[]");
}

TEST(Exec, AFailingCommandLeavesTheOthersAlone) {
  TestStore db;
  db.run("SET text abc");

  EXPECT_EQ(db.run_all({"SET a 1", "INCR text", "INCR a"}),
            "[OK, -ERR value is not an integer or out of range, :2]");
  EXPECT_EQ(db.run("MGET a text"), "[\"2\", \"abc\"]");
}

// MSET fails at its second pair, when its first has been written already.
TEST(Exec, AFailingCommandLeavesNothingOfItsOwn) {
  TestStore db({.key_bytes_max = 40, .value_bytes_max = 64});
  const std::string long_key(41, 'k');

  const std::string replies = db.run_all({"SET a 1", "MSET b 2 " + long_key + " 3", "SET c 4"});

  EXPECT_EQ(replies.substr(0, 10), "[OK, -ERR ");
  EXPECT_EQ(db.run("MGET a b c"), "[\"1\", nil, \"4\"]");
}

TEST(Exec, TimeStandsStillInside) {
  TestStore db;
  db.run("SET k v PX 10");
  db.clock.advance_ms(9);

  EXPECT_EQ(db.run_all({"PTTL k", "GET k", "SET l w PX 1", "GET l"}), "[:1, \"v\", OK, \"w\"]");
}

TEST(Exec, SeesNoRecordPastItsDeadline) {
  TestStore db;
  db.run("MSET a 1 b 2");
  db.run("PEXPIRE a 5");
  db.clock.advance_ms(5);

  EXPECT_EQ(db.run_all({"GET a", "EXISTS a b", "SET a 3 NX", "KEYS *", "RENAMENX b a"}),
            "[nil, :1, OK, [\"a\", \"b\"], :0]");
}

TEST(Exec, BringsACollectionToLifeOnItsFirstWrite) {
  TestStore db;
  Session other;
  other.collection_name = "new";

  EXPECT_EQ(db.run_all(other, {"GET a", "SET a 1", "GET a"}), "[nil, OK, \"1\"]");
  EXPECT_EQ(db.run(other, "GET a"), "\"1\"");
}

// The birth of the target cannot happen inside the transaction: the EXEC starts over, once.
TEST(Exec, StartsOverWhenACopyNeedsANewCollection) {
  TestStore db;
  db.run("SET a 1");

  EXPECT_EQ(db.run_all({"INCR a", "COPY a b DB fresh", "INCR a"}), "[:2, :1, :3]");

  Session fresh;
  fresh.collection_name = "fresh";
  EXPECT_EQ(db.run(fresh, "GET b"), "\"2\"");
  EXPECT_EQ(db.run("GET a"), "\"3\"");
}

TEST(Exec, WaitsForALockedRowHavingDoneNothing) {
  TestStore db;
  db.run("SET a 1");
  const auto holder = db.engine->begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(holder->put(db.collection().records(), "a", {.value = "x"}).has_value());

  EXPECT_EQ(db.run_all({"SET b 1", "INCR a"}), "(blocked)");
  EXPECT_EQ(db.session.blocked_on.key, "a");
  EXPECT_EQ(db.run("EXISTS b"), ":0");
  holder->rollback();

  EXPECT_EQ(db.run_all({"SET b 1", "INCR a"}), "[OK, :2]");
}

TEST(Exec, TakesAFlushBackWhenItCannotGoOn) {
  TestStore db;
  db.run("MSET a 1 b 2");
  const auto holder = db.engine->begin(storage::Isolation::ReadCommitted);
  Session other;
  other.collection_name = "other";
  db.run(other, "SET locked 1");
  const storage::TreeId records = db.collection("other").records();
  ASSERT_TRUE(holder->put(records, "locked", {.value = "x"}).has_value());

  EXPECT_EQ(db.run_all({"FLUSHDB", "COPY b locked DB other REPLACE"}), "[OK, :0]");
  db.run("MSET a 1 b 2");
  EXPECT_EQ(db.run_all({"FLUSHDB", "SET b 3", "COPY b locked DB other REPLACE"}), "(blocked)");

  EXPECT_EQ(db.run("MGET a b"), "[\"1\", \"2\"]");
  EXPECT_EQ(db.run("DBSIZE"), ":2");
}

TEST(Watch, LetsExecThroughWhenNothingChanged) {
  TestStore db;
  db.run("SET k v");
  watch(db, db.session, {"k", "none"});
  db.run("SET other v");

  EXPECT_EQ(db.run_all({"SET k w"}), "[OK]");
  EXPECT_TRUE(db.session.watches.empty());
}

TEST(Watch, StopsExecAfterAnyChange) {
  for (const char* change : {"SET k w", "DEL k", "EXPIRE k 100", "APPEND k x", "RENAME k l",
                             "FLUSHDB", "FLUSHALL", "RENAME other k", "SET none v"}) {
    TestStore db;
    Session rival;
    db.run("MSET k v other w");
    watch(db, db.session, {"k", "none"});

    db.run(rival, change);

    EXPECT_EQ(db.run_all({"SET k mine"}), "nil-array") << change;
    EXPECT_TRUE(db.session.watches.empty());
    EXPECT_EQ(db.run_all({"SET k mine"}), "[OK]") << change;
  }
}

// The same value again is another version (P-I2).
TEST(Watch, SeesAChangeAwayAndBack) {
  TestStore db;
  db.run("SET k v");
  watch(db, db.session, {"k"});

  db.run("SET k w");
  db.run("SET k v");

  EXPECT_EQ(db.run_all({"GET k"}), "nil-array");
}

// A key that does not exist has no version that could tell.
TEST(Watch, SeesAKeyThatCameAndWent) {
  for (const char* death : {"DEL k", "EXPIRE k 0", "GETDEL k", "RENAME k l", "FLUSHDB"}) {
    TestStore db;
    watch(db, db.session, {"k"});

    db.run("SET k v");
    db.run(death);

    EXPECT_EQ(db.run_all({"GET k"}), "nil-array") << death;
  }
}

// As in Redis: a flush is no change of a key that is not there.
TEST(Watch, DoesNotMindAFlushOfKeysThatAreNotThere) {
  for (const char* flush : {"FLUSHDB", "FLUSHALL"}) {
    TestStore db;
    db.run("SET other v");
    db.run("SET stale v PX 10");
    db.clock.advance_ms(10);
    watch(db, db.session, {"k", "stale"});

    db.run(flush);

    EXPECT_EQ(db.run_all({"GET k"}), "[nil]") << flush;
  }
}

TEST(Watch, SeesAKeyThatCameAndWentAfterAFlush) {
  TestStore db;
  watch(db, db.session, {"k"});
  db.run("FLUSHDB");

  db.run("SET k v");
  db.run("DEL k");

  EXPECT_EQ(db.run_all({"GET k"}), "nil-array");
}

TEST(Watch, SeesAWatchedKeyExpire) {
  TestStore db;
  db.run("SET k v PX 10");
  watch(db, db.session, {"k"});
  db.clock.advance_ms(10);

  EXPECT_EQ(db.run_all({"GET k"}), "nil-array");
}

TEST(Watch, SeesAKeyThatCameAndExpiredWhetherSweptOrNot) {
  for (const bool swept : {false, true}) {
    TestStore db;
    watch(db, db.session, {"k"});
    db.run("SET k v PX 10");
    db.clock.advance_ms(10);
    if (swept) {
      EXPECT_EQ(db.store->sweep(10), 1u);
    }

    EXPECT_EQ(db.run_all({"GET k"}), "nil-array") << swept;
  }
}

// As in Redis: that its remains go is no change of a key that was expired when it was watched.
TEST(Watch, DoesNotMindTheSweepOfAKeyThatHadExpiredBefore) {
  for (const bool swept : {false, true}) {
    TestStore db;
    db.run("SET k v PX 10");
    db.clock.advance_ms(10);
    watch(db, db.session, {"k"});
    if (swept) {
      EXPECT_EQ(db.store->sweep(10), 1u);
    }

    EXPECT_EQ(db.run_all({"GET k"}), "[nil]") << swept;
  }
}

TEST(Watch, KeepsToItsCollection) {
  TestStore db;
  Session other;
  other.collection_name = "other";
  db.run("SET k v");
  db.run(other, "SET k v");
  watch(db, db.session, {"k"});

  db.run(other, "SET k w");
  EXPECT_EQ(db.run_all({"GET k"}), "[\"v\"]");
  watch(db, db.session, {"k"});
  db.session.collection_name = "other";
  db.session.collection = nullptr;
  Session rival;
  db.run(rival, "SET k w");

  EXPECT_EQ(db.run_all({"GET k"}), "nil-array");
}

TEST(Watch, HasABound) {
  TestStore db;
  std::vector<Bytes> keys(65'537, "k");

  EXPECT_FALSE(db.store->watch(db.session, keys).has_value());
}

}  // namespace
}  // namespace latchkey::kv::test
