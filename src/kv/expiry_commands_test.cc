#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

TEST(ExpiryCommands, FourFormsSetOneDeadline) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("EXPIRE k 10"), ":1");
  EXPECT_EQ(db.run("PTTL k"), ":10000");
  EXPECT_EQ(db.run("PEXPIRE k 1500"), ":1");
  EXPECT_EQ(db.run("PTTL k"), ":1500");
  EXPECT_EQ(db.run("EXPIREAT k 1700000100"), ":1");
  EXPECT_EQ(db.run("EXPIRETIME k"), ":1700000100");
  EXPECT_EQ(db.run("PEXPIREAT k 1700000100250"), ":1");
  EXPECT_EQ(db.run("PEXPIRETIME k"), ":1700000100250");
  EXPECT_EQ(db.run("EXPIRE none 10"), ":0");
}

TEST(ExpiryCommands, TellMissingFromEternal) {
  TestStore db;
  db.run("SET k v");

  for (const char* command : {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}) {
    EXPECT_EQ(db.run(std::string(command) + " none"), ":-2");
    EXPECT_EQ(db.run(std::string(command) + " k"), ":-1");
  }
}

TEST(ExpiryCommands, TtlRoundsToTheNearestSecond) {
  TestStore db;

  db.run("SET k v PX 1499");
  EXPECT_EQ(db.run("TTL k"), ":1");
  db.run("SET k v PX 1500");
  EXPECT_EQ(db.run("TTL k"), ":2");
  db.run("SET k v PX 499");
  EXPECT_EQ(db.run("TTL k"), ":0");
}

TEST(ExpiryCommands, AKeyIsGoneAtItsDeadlineAndNotBefore) {
  TestStore db;
  db.run("SET k v PX 100");

  db.clock.advance_ms(99);
  EXPECT_EQ(db.run("GET k"), "\"v\"");
  db.clock.advance_ms(1);

  EXPECT_EQ(db.run("GET k"), "nil");
  EXPECT_EQ(db.run("EXISTS k"), ":0");
  EXPECT_EQ(db.run("TYPE k"), "none");
  EXPECT_EQ(db.run("TTL k"), ":-2");
  EXPECT_EQ(db.run("EXPIRE k 10"), ":0");
  EXPECT_EQ(db.run("PERSIST k"), ":0");
  EXPECT_EQ(db.run("KEYS *"), "[]");
  EXPECT_EQ(db.run("SCAN 0"), "[\"0\", []]");
  EXPECT_EQ(db.run("RENAME k l"), "-ERR no such key");
  EXPECT_EQ(db.run("COPY k l"), ":0");
  EXPECT_EQ(db.run("MSETNX k new l new"), ":1");
}

// Zero and negative times are a deletion, not an error (promises 5.2).
TEST(ExpiryCommands, ATimeInThePastRemovesTheKey) {
  TestStore db;

  for (const char* line :
       {"EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -100", "EXPIREAT k 1", "EXPIREAT k 0",
        "PEXPIREAT k 1700000000000", "EXPIREAT k -1", "PEXPIREAT k -9223372036854775808"}) {
    db.run("SET k v");
    EXPECT_EQ(db.run(line), ":1") << line;
    EXPECT_EQ(db.run("EXISTS k"), ":0") << line;
  }
}

TEST(ExpiryCommands, NoTimeWrapsAround) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("EXPIRE k 9223372036854775807"), "-ERR invalid expire time in 'expire' command");
  EXPECT_EQ(db.run("EXPIRE k -9223372036854775808"),
            "-ERR invalid expire time in 'expire' command");
  EXPECT_EQ(db.run("PEXPIRE k 9223372036854775807"),
            "-ERR invalid expire time in 'pexpire' command");
  EXPECT_EQ(db.run("EXPIREAT k 9223372036854775807"),
            "-ERR invalid expire time in 'expireat' command");
  EXPECT_EQ(db.run("EXPIRE k 1.5"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(db.run("TTL k"), ":-1");
  EXPECT_EQ(db.run("PEXPIREAT k 9223372036854775807"), ":1");
  EXPECT_EQ(db.run("EXPIRETIME k"), ":9223372036854776");
  EXPECT_EQ(db.run("GET k"), "\"v\"");
}

TEST(ExpiryCommands, ConditionsCompareWithTheDeadlineThatIs) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("EXPIRE k 10 XX"), ":0");
  EXPECT_EQ(db.run("EXPIRE k 10 GT"), ":0");
  EXPECT_EQ(db.run("EXPIRE k 10 NX"), ":1");
  EXPECT_EQ(db.run("EXPIRE k 20 NX"), ":0");
  EXPECT_EQ(db.run("EXPIRE k 5 GT"), ":0");
  EXPECT_EQ(db.run("EXPIRE k 10 gt"), ":0");
  EXPECT_EQ(db.run("EXPIRE k 20 XX GT"), ":1");
  EXPECT_EQ(db.run("EXPIRE k 30 LT"), ":0");
  EXPECT_EQ(db.run("EXPIRE k 5 lt"), ":1");
  EXPECT_EQ(db.run("TTL k"), ":5");
  db.run("PERSIST k");
  EXPECT_EQ(db.run("EXPIRE k 100 LT"), ":1");
}

TEST(ExpiryCommands, ConditionsThatContradictAreRefused) {
  TestStore db;
  const std::string nx = "-ERR NX and XX, GT or LT options at the same time are not compatible";

  EXPECT_EQ(db.run("EXPIRE k 1 NX XX"), nx);
  EXPECT_EQ(db.run("EXPIRE k 1 LT NX"), nx);
  EXPECT_EQ(db.run("EXPIRE k 1 GT LT"),
            "-ERR GT and LT options at the same time are not compatible");
  EXPECT_EQ(db.run("EXPIRE k x WHAT"), "-ERR Unsupported option WHAT");
}

// 1 only if there was a deadline to remove (promises 5.2).
TEST(ExpiryCommands, PersistTellsWhetherItDidAnything) {
  TestStore db;
  db.run("SET k v EX 10");

  EXPECT_EQ(db.run("PERSIST k"), ":1");
  EXPECT_EQ(db.run("PERSIST k"), ":0");
  EXPECT_EQ(db.run("PERSIST none"), ":0");
  EXPECT_EQ(db.run("TTL k"), ":-1");
}

TEST(ExpiryCommands, MembersStayWhenTheirKeyGetsADeadline) {
  TestStore db;
  db.put_members("z", 3);

  EXPECT_EQ(db.run("EXPIRE z 100"), ":1");
  EXPECT_EQ(db.run("PERSIST z"), ":1");
  EXPECT_FALSE(db.store->collect_garbage(100));

  EXPECT_EQ(db.member_counts(), std::make_pair(std::uint64_t{3}, std::uint64_t{3}));
}

}  // namespace
}  // namespace latchkey::kv::test
