#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

TEST(CollectionCommands, DbsizeIsExactWhateverTheSweeperHasDone) {
  TestStore db;
  db.run("MSET a 1 b 2 c 3");
  db.run("SET d 4 PX 10");
  EXPECT_EQ(db.run("DBSIZE"), ":4");
  EXPECT_EQ(db.run_all({"DBSIZE"}), "[:4]");

  db.clock.advance_ms(10);

  EXPECT_EQ(db.run("DBSIZE"), ":3");
  EXPECT_EQ(db.run_all({"DBSIZE", "SET e 1", "DEL d", "DBSIZE"}), "[:3, OK, :0, :4]");
}

TEST(CollectionCommands, FlushdbEmptiesTheSessionsCollectionAlone) {
  TestStore db;
  Session other;
  other.collection_name = "other";
  db.run("MSET a 1 b 2");
  db.run(other, "SET a 1");
  db.put_members("z", 4);

  EXPECT_EQ(db.run("FLUSHDB"), "OK");

  EXPECT_EQ(db.run("DBSIZE"), ":0");
  EXPECT_EQ(db.run(other, "DBSIZE"), ":1");
  EXPECT_EQ(db.run("SET a 2"), "OK");
  EXPECT_EQ(db.run("GET a"), "\"2\"");
}

TEST(CollectionCommands, FlushallEmptiesAll) {
  TestStore db;
  Session other;
  other.collection_name = "other";
  db.run("SET a 1");
  db.run(other, "SET a 1");

  EXPECT_EQ(db.run("FLUSHALL ASYNC"), "OK");

  EXPECT_EQ(db.run("DBSIZE"), ":0");
  EXPECT_EQ(db.run(other, "DBSIZE"), ":0");
  EXPECT_EQ(db.run("FLUSHALL sync"), "OK");
  EXPECT_EQ(db.run("FLUSHALL WHAT"), "-ERR syntax error");
  EXPECT_EQ(db.run("FLUSHDB SYNC ASYNC"), "-ERR syntax error");
}

TEST(CollectionCommands, FlushIsStillThereAfterARestart) {
  TestStore db;
  db.run("SET a 1");
  db.run("FLUSHDB");
  db.run("SET b 2");

  db.reopen();

  EXPECT_EQ(db.run("KEYS *"), "[\"b\"]");
}

TEST(CollectionCommands, FlushInsideExecCountsForTheCommandsAfterIt) {
  TestStore db;
  db.run("SET a 1");

  EXPECT_EQ(db.run_all({"FLUSHDB", "GET a", "SET b 2", "DBSIZE"}), "[OK, nil, OK, :1]");
  EXPECT_EQ(db.run("KEYS *"), "[\"b\"]");
}

TEST(CollectionCommands, StoreFlushesForOtherDoors) {
  TestStore db;
  db.run("SET a 1");

  ASSERT_TRUE(db.store->flush(db.collection()).has_value());
  EXPECT_EQ(db.run("DBSIZE"), ":0");
  db.run("SET a 1");
  ASSERT_TRUE(db.store->flush_all().has_value());
  EXPECT_EQ(db.run("DBSIZE"), ":0");
}

TEST(CollectionCommands, RandomkeyFindsOnlyLiveKeys) {
  TestStore db;
  EXPECT_EQ(db.run("RANDOMKEY"), "nil");
  EXPECT_EQ(db.run_all({"RANDOMKEY"}), "[nil]");
  db.run("SET due x PX 1");
  db.run("SET a 1");
  db.clock.advance_ms(1);

  EXPECT_EQ(db.run("RANDOMKEY"), "\"a\"");
  EXPECT_EQ(db.run_all({"RANDOMKEY", "DEL a", "RANDOMKEY"}), "[\"a\", :1, nil]");
}

TEST(CollectionCommands, SwapdbIsRefused) {
  TestStore db;

  EXPECT_EQ(db.run("SWAPDB 0 1").substr(0, 28), "-ERR SWAPDB is not supported");
}

}  // namespace
}  // namespace latchkey::kv::test
