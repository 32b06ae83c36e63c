#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

TEST(KeyCommands, DelCountsTheKeysThatWereThere) {
  TestStore db;
  db.run("MSET a 1 b 2 c 3");
  db.run("SET due x PX 1");
  db.clock.advance_ms(1);

  EXPECT_EQ(db.run("DEL a none b a due"), ":2");
  EXPECT_EQ(db.run("UNLINK c"), ":1");
  EXPECT_EQ(db.run("DEL c"), ":0");
  EXPECT_EQ(db.run("DBSIZE"), ":0");
}

// Named twice counts twice (promises 5.2).
TEST(KeyCommands, ExistsAndTouchCountDuplicates) {
  TestStore db;
  db.run("SET a 1");

  EXPECT_EQ(db.run("EXISTS a a none"), ":2");
  EXPECT_EQ(db.run("TOUCH a none"), ":1");
  EXPECT_EQ(db.run("EXISTS none"), ":0");
}

TEST(KeyCommands, TypeAndEncodingHaveRedisNames) {
  TestStore db;
  db.run("MSET int 12 short abc empty \"\"");
  db.run({"SET", "long", std::string(45, 'x')});
  db.put_members("small", 3);
  db.put_members("large", 129);

  EXPECT_EQ(db.run("TYPE int"), "string");
  EXPECT_EQ(db.run("TYPE small"), "zset");
  EXPECT_EQ(db.run("TYPE none"), "none");
  EXPECT_EQ(db.run("OBJECT ENCODING int"), "\"int\"");
  EXPECT_EQ(db.run("OBJECT ENCODING short"), "\"embstr\"");
  EXPECT_EQ(db.run("OBJECT ENCODING empty"), "\"embstr\"");
  EXPECT_EQ(db.run("OBJECT encoding long"), "\"raw\"");
  EXPECT_EQ(db.run("OBJECT ENCODING small"), "\"listpack\"");
  EXPECT_EQ(db.run("OBJECT ENCODING large"), "\"skiplist\"");
  EXPECT_EQ(db.run("OBJECT ENCODING none"), "nil");
}

TEST(KeyCommands, ObjectAnswersItsOtherSubcommands) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("OBJECT REFCOUNT k"), ":1");
  EXPECT_EQ(db.run("OBJECT IDLETIME k"), ":0");
  EXPECT_EQ(db.run("OBJECT FREQ k").substr(0, 40), "-ERR An LFU maxmemory policy is not sele");
  EXPECT_EQ(db.run("OBJECT FREQ none"), "nil");
  EXPECT_EQ(db.run("OBJECT HELP").substr(0, 7), "[OBJECT");
  EXPECT_EQ(db.run("OBJECT WHAT k"), "-ERR unknown subcommand 'WHAT'. Try OBJECT HELP.");
  EXPECT_EQ(db.run("OBJECT ENCODING"),
            "-ERR wrong number of arguments for 'object|encoding' command");
}

TEST(KeyCommands, RenameMovesValueAndDeadline) {
  TestStore db;
  db.run("SET a v EX 100");
  db.run("SET b w");

  EXPECT_EQ(db.run("RENAME a b"), "OK");

  EXPECT_EQ(db.run("GET b"), "\"v\"");
  EXPECT_EQ(db.run("TTL b"), ":100");
  EXPECT_EQ(db.run("EXISTS a"), ":0");
  EXPECT_EQ(db.run("RENAME a b"), "-ERR no such key");
  EXPECT_EQ(db.run("RENAME b b"), "OK");
  EXPECT_EQ(db.run("GET b"), "\"v\"");
}

TEST(KeyCommands, RenamenxLeavesATakenNameAlone) {
  TestStore db;
  db.run("MSET a 1 b 2");

  EXPECT_EQ(db.run("RENAMENX a b"), ":0");
  EXPECT_EQ(db.run("RENAMENX a a"), ":0");
  EXPECT_EQ(db.run("RENAMENX a c"), ":1");
  EXPECT_EQ(db.run("RENAMENX a d"), "-ERR no such key");
  EXPECT_EQ(db.run("MGET a b c"), "[nil, \"2\", \"1\"]");
}

TEST(KeyCommands, RenameTakesMembersAlongAndFreesThoseOfTheTarget) {
  TestStore db;
  db.put_members("a", 5);
  db.put_members("b", 7);

  EXPECT_EQ(db.run("RENAME a b"), "OK");
  while (db.store->collect_garbage(100)) {
  }

  EXPECT_EQ(db.run("TYPE b"), "zset");
  EXPECT_EQ(db.member_counts(), std::make_pair(std::uint64_t{5}, std::uint64_t{5}));
}

TEST(KeyCommands, CopyKeepsTheDeadlineAndTheSource) {
  TestStore db;
  db.run("SET a v EX 100");
  db.run("SET b w");

  EXPECT_EQ(db.run("COPY a b"), ":0");
  EXPECT_EQ(db.run("COPY a b REPLACE"), ":1");
  EXPECT_EQ(db.run("COPY none c"), ":0");
  EXPECT_EQ(db.run("COPY a a"), "-ERR source and destination objects are the same");
  EXPECT_EQ(db.run("COPY a b WHAT"), "-ERR syntax error");

  EXPECT_EQ(db.run("MGET a b"), "[\"v\", \"v\"]");
  EXPECT_EQ(db.run("TTL b"), ":100");
}

TEST(KeyCommands, CopyAndMoveReachOtherCollectionsByName) {
  TestStore db;
  db.run("SET a v");
  Session other;
  other.collection_name = "other";

  EXPECT_EQ(db.run("COPY a a DB other"), ":1");
  EXPECT_EQ(db.run(other, "GET a"), "\"v\"");
  EXPECT_EQ(db.run("MOVE a other"), ":0");
  EXPECT_EQ(db.run(other, "DEL a"), ":1");
  EXPECT_EQ(db.run("MOVE a other"), ":1");
  EXPECT_EQ(db.run("EXISTS a"), ":0");
  EXPECT_EQ(db.run(other, "MOVE a 0"), ":1");
  EXPECT_EQ(db.run("GET a"), "\"v\"");
  EXPECT_EQ(db.run("MOVE a 0"), "-ERR source and destination objects are the same");
}

class CopyOfMembers : public testing::TestWithParam<std::uint64_t> {};

// Below and above the count from which a copy goes in steps.
INSTANTIATE_TEST_SUITE_P(KeyCommands, CopyOfMembers, testing::Values(3, 128, 1024, 1500));

TEST_P(CopyOfMembers, HasMembersOfItsOwn) {
  TestStore db;
  const std::uint64_t count = GetParam();
  db.put_members("a", count);

  EXPECT_EQ(db.run("COPY a b"), ":1");
  EXPECT_EQ(db.member_counts(), std::make_pair(2 * count, 2 * count));
  EXPECT_EQ(db.run("DEL a"), ":1");
  while (db.store->collect_garbage(1000)) {
  }
  EXPECT_EQ(db.member_counts(), std::make_pair(count, count));
  EXPECT_EQ(db.run("TYPE b"), "zset");
}

// What the copy was written down as while it was made must be gone, or a start would collect it.
TEST_P(CopyOfMembers, OutlivesARestart) {
  TestStore db;
  const std::uint64_t count = GetParam();
  db.put_members("a", count);
  db.run("COPY a b");

  db.reopen();
  EXPECT_FALSE(db.store->collect_garbage(1000));

  EXPECT_EQ(db.member_counts(), std::make_pair(2 * count, 2 * count));
}

TEST_P(CopyOfMembers, MovesBetweenCollections) {
  TestStore db;
  const std::uint64_t count = GetParam();
  db.put_members("a", count);

  EXPECT_EQ(db.run("MOVE a other"), ":1");
  while (db.store->collect_garbage(1000)) {
  }

  EXPECT_EQ(db.member_counts(), std::make_pair(std::uint64_t{0}, std::uint64_t{0}));
  EXPECT_EQ(db.member_counts("other"), std::make_pair(count, count));
}

TEST_P(CopyOfMembers, LeavesNothingWhenTheTargetIsTaken) {
  TestStore db;
  const std::uint64_t count = GetParam();
  db.put_members("a", count);
  db.run("SET b v");

  EXPECT_EQ(db.run("COPY a b"), ":0");
  while (db.store->collect_garbage(1000)) {
  }

  EXPECT_EQ(db.member_counts(), std::make_pair(count, count));
}

TEST_P(CopyOfMembers, WorksInsideExec) {
  TestStore db;
  const std::uint64_t count = GetParam();
  db.put_members("a", count);

  EXPECT_EQ(db.run_all({"COPY a b", "DEL a"}), "[:1, :1]");
  while (db.store->collect_garbage(1000)) {
  }

  EXPECT_EQ(db.member_counts(), std::make_pair(count, count));
}

}  // namespace
}  // namespace latchkey::kv::test
