#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

constexpr const char* kWrongType =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kSyntaxError = "-ERR syntax error";
constexpr const char* kNotAnInteger = "-ERR value is not an integer or out of range";

TEST(StringCommands, GetReturnsExactlyTheBytesThatWereSet) {
  TestStore db;

  for (const std::string& value :
       {std::string(), std::string("0"), std::string("-0"), std::string("007"), std::string("+1"),
        std::string("9223372036854775807"), std::string("9223372036854775808"),
        std::string("-9223372036854775808"), std::string(" 1"), std::string("1 "),
        std::string("\0\r\n\xff", 4), std::string("1.0")}) {
    EXPECT_EQ(db.run({"SET", "k", value}), "OK");
    EXPECT_EQ(db.run("GET k"), "\"" + value + "\"");
    EXPECT_EQ(db.run("STRLEN k"), ":" + std::to_string(value.size()));
  }
}

// An empty value is not a missing one (promises 5.2).
TEST(StringCommands, GetTellsAnEmptyValueFromNone) {
  TestStore db;
  db.run("SET k \"\"");

  EXPECT_EQ(db.run("GET k"), "\"\"");
  EXPECT_EQ(db.run("GET nothing"), "nil");
}

TEST(StringCommands, SetClearsTheDeadlineUnlessAskedToKeepIt) {
  TestStore db;
  db.run("SET k v EX 100");

  db.run("SET k w KEEPTTL");
  EXPECT_EQ(db.run("TTL k"), ":100");
  db.run("SET k w");
  EXPECT_EQ(db.run("TTL k"), ":-1");
}

TEST(StringCommands, SetTakesADeadlineInFourForms) {
  TestStore db;

  EXPECT_EQ(db.run("SET a v EX 10"), "OK");
  EXPECT_EQ(db.run("SET b v PX 1500"), "OK");
  EXPECT_EQ(db.run("SET c v EXAT 1700000050"), "OK");
  EXPECT_EQ(db.run("SET d v pxat 1700000000001"), "OK");

  EXPECT_EQ(db.run("PTTL a"), ":10000");
  EXPECT_EQ(db.run("PTTL b"), ":1500");
  EXPECT_EQ(db.run("PTTL c"), ":50000");
  EXPECT_EQ(db.run("PTTL d"), ":1");
}

// The seed's source took EX 0 and negative times; Redis refuses them (promises 5.2).
TEST(StringCommands, SetRefusesTimesThatAreNotInTheFuture) {
  TestStore db;
  db.run("SET k before");
  const std::string invalid = "-ERR invalid expire time in 'set' command";

  for (const char* option : {"EX", "PX", "EXAT", "PXAT"}) {
    EXPECT_EQ(db.run({"SET", "k", "v", option, "0"}), invalid);
    EXPECT_EQ(db.run({"SET", "k", "v", option, "-1"}), invalid);
    EXPECT_EQ(db.run({"SET", "k", "v", option, "x"}), kNotAnInteger);
  }

  EXPECT_EQ(db.run("GET k"), "\"before\"");
}

TEST(StringCommands, SetRefusesTimesThatWouldWrap) {
  TestStore db;
  const std::string invalid = "-ERR invalid expire time in 'set' command";

  EXPECT_EQ(db.run("SET k v EX 9223372036854775807"), invalid);
  EXPECT_EQ(db.run("SET k v EX 9223372036854775"), invalid);
  EXPECT_EQ(db.run("SET k v PX 9223372036854775807"), invalid);
  EXPECT_EQ(db.run("SET k v EXAT 9223372036854775807"), invalid);
  EXPECT_EQ(db.run("SET k v PXAT 9223372036854775807"), "OK");
  EXPECT_EQ(db.run("PEXPIRETIME k"), ":9223372036854775807");
  EXPECT_EQ(db.run("SETEX k 9223372036854775807 v"), "-ERR invalid expire time in 'setex' command");
}

TEST(StringCommands, SetWithAPastMomentLeavesNoKey) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("SET k w EXAT 1"), "OK");

  EXPECT_EQ(db.run("EXISTS k"), ":0");
  EXPECT_FALSE(db.engine->next_deadline_ms().has_value());
}

TEST(StringCommands, SetNxAndXxLookAtTheKeyFirst) {
  TestStore db;

  EXPECT_EQ(db.run("SET k a XX"), "nil");
  EXPECT_EQ(db.run("SET k a NX"), "OK");
  EXPECT_EQ(db.run("SET k b NX"), "nil");
  EXPECT_EQ(db.run("SET k c XX"), "OK");
  EXPECT_EQ(db.run("GET k"), "\"c\"");
}

TEST(StringCommands, SetNxTakesAKeyWhoseDeadlineHasPassed) {
  TestStore db;
  db.run("SET lock a PX 10");
  db.clock.advance_ms(10);

  EXPECT_EQ(db.run("SET lock b NX"), "OK");

  EXPECT_EQ(db.run("GET lock"), "\"b\"");
  EXPECT_EQ(db.run("TTL lock"), ":-1");
}

// The seed's source took NX and XX together (promises 5.2).
TEST(StringCommands, SetRefusesOptionsThatContradictOrAreUnknown) {
  TestStore db;

  for (const char* options :
       {"NX XX", "XX NX", "EX 1 PX 1", "EX", "KEEPTTL EX 1", "EX 1 KEEPTTL", "PERSIST", "WHAT"}) {
    EXPECT_EQ(db.run(std::string("SET k v ") + options), kSyntaxError) << options;
  }

  EXPECT_EQ(db.run("EXISTS k"), ":0");
}

TEST(StringCommands, SetGetReturnsWhatWasThere) {
  TestStore db;

  EXPECT_EQ(db.run("SET k a GET"), "nil");
  EXPECT_EQ(db.run("SET k b GET"), "\"a\"");
  EXPECT_EQ(db.run("SET k c NX GET"), "\"b\"");
  EXPECT_EQ(db.run("GET k"), "\"b\"");
  EXPECT_EQ(db.run("SET none c XX GET"), "nil");
}

TEST(StringCommands, OldFormsOfSetDoTheSame) {
  TestStore db;

  EXPECT_EQ(db.run("SETNX k a"), ":1");
  EXPECT_EQ(db.run("SETNX k b"), ":0");
  EXPECT_EQ(db.run("SETEX k 10 c"), "OK");
  EXPECT_EQ(db.run("TTL k"), ":10");
  EXPECT_EQ(db.run("PSETEX k 1500 d"), "OK");
  EXPECT_EQ(db.run("PTTL k"), ":1500");
  EXPECT_EQ(db.run("SETEX k 0 e"), "-ERR invalid expire time in 'setex' command");
  EXPECT_EQ(db.run("PSETEX k x e"), kNotAnInteger);
  EXPECT_EQ(db.run("GETSET k f"), "\"d\"");
  EXPECT_EQ(db.run("TTL k"), ":-1");
  EXPECT_EQ(db.run("GETSET new g"), "nil");
}

TEST(StringCommands, GetDelReturnsAndRemoves) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("GETDEL k"), "\"v\"");
  EXPECT_EQ(db.run("GETDEL k"), "nil");
}

TEST(StringCommands, GetExChangesTheDeadlineItIsAskedTo) {
  TestStore db;
  db.run("SET k v");

  EXPECT_EQ(db.run("GETEX k"), "\"v\"");
  EXPECT_EQ(db.run("TTL k"), ":-1");
  EXPECT_EQ(db.run("GETEX k EX 10"), "\"v\"");
  EXPECT_EQ(db.run("GETEX k"), "\"v\"");
  EXPECT_EQ(db.run("TTL k"), ":10");
  EXPECT_EQ(db.run("GETEX k PERSIST"), "\"v\"");
  EXPECT_EQ(db.run("TTL k"), ":-1");
  EXPECT_EQ(db.run("GETEX k EX 0"), "-ERR invalid expire time in 'getex' command");
  EXPECT_EQ(db.run("GETEX missing EX 0"), "nil");
  EXPECT_EQ(db.run("GETEX k PERSIST EX 1"), kSyntaxError);
  EXPECT_EQ(db.run("GETEX k NX"), kSyntaxError);
  EXPECT_EQ(db.run("GETEX k PXAT 1"), "\"v\"");
  EXPECT_EQ(db.run("EXISTS k"), ":0");
}

TEST(StringCommands, AppendAndSetRangeKeepTheDeadline) {
  TestStore db;

  EXPECT_EQ(db.run("APPEND k 12"), ":2");
  db.run("EXPIRE k 100");
  EXPECT_EQ(db.run("APPEND k 34"), ":4");
  EXPECT_EQ(db.run("OBJECT ENCODING k"), "\"int\"");
  EXPECT_EQ(db.run("SETRANGE k 1 xy"), ":4");
  EXPECT_EQ(db.run("GET k"), "\"1xy4\"");
  EXPECT_EQ(db.run("TTL k"), ":100");
}

TEST(StringCommands, SetRangeFillsWithZeroBytesAndKnowsItsLimits) {
  TestStore db;

  EXPECT_EQ(db.run("SETRANGE k 0 \"\""), ":0");
  EXPECT_EQ(db.run("EXISTS k"), ":0");
  EXPECT_EQ(db.run("SETRANGE k 2 a"), ":3");
  EXPECT_EQ(db.run("GET k"), std::string("\"\0\0a\"", 5));
  EXPECT_EQ(db.run("SETRANGE k -1 a"), "-ERR offset is out of range");
  EXPECT_EQ(db.run("SETRANGE k x a"), kNotAnInteger);
  for (const char* offset : {"536870912", "9223372036854775807"}) {
    EXPECT_EQ(db.run({"SETRANGE", "k", offset, "a"}),
              "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
  EXPECT_EQ(db.run("STRLEN k"), ":3");
}

TEST(StringCommands, AppendStopsAtTheValueLimit) {
  TestStore db({.key_bytes_max = 100, .value_bytes_max = 16});
  db.run("SET k 123456789012345");

  EXPECT_EQ(db.run("APPEND k 6"), ":16");
  EXPECT_EQ(db.run("APPEND k 7"), "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  EXPECT_EQ(db.run("GET k"), "\"1234567890123456\"");
}

TEST(StringCommands, GetRangeCountsFromBothEnds) {
  TestStore db;
  db.run("SET k 0123456789");

  EXPECT_EQ(db.run("GETRANGE k 0 -1"), "\"0123456789\"");
  EXPECT_EQ(db.run("GETRANGE k -3 -1"), "\"789\"");
  EXPECT_EQ(db.run("SUBSTR k 2 4"), "\"234\"");
  EXPECT_EQ(db.run("GETRANGE k 5 2"), "\"\"");
  EXPECT_EQ(db.run("GETRANGE k -1 -3"), "\"\"");
  EXPECT_EQ(db.run("GETRANGE k -100 1"), "\"01\"");
  EXPECT_EQ(db.run("GETRANGE k 8 100"), "\"89\"");
  EXPECT_EQ(db.run("GETRANGE k -9223372036854775808 9223372036854775807"), "\"0123456789\"");
  EXPECT_EQ(db.run("GETRANGE missing 0 -1"), "\"\"");
  EXPECT_EQ(db.run("GETRANGE k x 1"), kNotAnInteger);
}

TEST(StringCommands, MgetGivesNilForMissingKeysAndOtherKinds) {
  TestStore db;
  db.run("MSET a 1 b two");
  db.put_members("h", 1);

  EXPECT_EQ(db.run("MGET a none b h a"), "[\"1\", nil, \"two\", nil, \"1\"]");
  EXPECT_EQ(db.run("MGET none"), "[nil]");
}

// Arity in pairs is checked by the command (promises 5.2).
TEST(StringCommands, MsetWantsPairsAndClearsDeadlines) {
  TestStore db;
  db.run("SET a v EX 10");

  EXPECT_EQ(db.run("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command");
  EXPECT_EQ(db.run("GET a"), "\"v\"");
  EXPECT_EQ(db.run("MSET a 1 b 2 a 3"), "OK");
  EXPECT_EQ(db.run("MGET a b"), "[\"3\", \"2\"]");
  EXPECT_EQ(db.run("TTL a"), ":-1");
}

TEST(StringCommands, MsetnxSetsAllOrNone) {
  TestStore db;

  EXPECT_EQ(db.run("MSETNX a 1 b 2"), ":1");
  EXPECT_EQ(db.run("MSETNX c 3 a 4"), ":0");
  EXPECT_EQ(db.run("MGET a b c"), "[\"1\", \"2\", nil]");
  EXPECT_EQ(db.run("MSETNX a"), "-ERR wrong number of arguments for 'msetnx' command");
}

TEST(StringCommands, RefuseKeysThatHoldSomethingElse) {
  TestStore db;
  db.put_members("z", 1);

  for (const char* line :
       {"GET z", "GETDEL z", "GETEX z", "GETSET z v", "APPEND z v", "STRLEN z", "GETRANGE z 0 1",
        "SETRANGE z 0 a", "SET z v GET", "INCR z", "INCRBYFLOAT z 1"}) {
    EXPECT_EQ(db.run(line), kWrongType) << line;
  }
  EXPECT_EQ(db.run("SET z v"), "OK");
  EXPECT_EQ(db.run("GET z"), "\"v\"");
}

TEST(StringCommands, KeysAndValuesPastTheLimitsAreRefusedWithNothingDone) {
  TestStore db({.key_bytes_max = 40, .value_bytes_max = 16});
  db.run("SET k v");
  const std::string long_key(41, 'k');

  EXPECT_EQ(db.run({"SET", long_key, "v"}).substr(0, 4), "-ERR");
  EXPECT_EQ(db.run("SET k 12345678901234567x").substr(0, 4), "-ERR");
  EXPECT_EQ(db.run({"MSET", "k", "1", long_key, "2"}).substr(0, 4), "-ERR");

  EXPECT_EQ(db.run("GET k"), "\"v\"");
}

}  // namespace
}  // namespace latchkey::kv::test
