#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

constexpr const char* kNotAnInteger = "-ERR value is not an integer or out of range";

TEST(CounterCommands, CountFromZeroInBothDirections) {
  TestStore db;

  EXPECT_EQ(db.run("INCR n"), ":1");
  EXPECT_EQ(db.run("INCRBY n 41"), ":42");
  EXPECT_EQ(db.run("DECRBY n 43"), ":-1");
  EXPECT_EQ(db.run("DECR n"), ":-2");
  EXPECT_EQ(db.run("GET n"), "\"-2\"");
}

TEST(CounterCommands, KeepTheDeadline) {
  TestStore db;
  db.run("SET n 1 EX 100");

  db.run("INCR n");
  db.run("INCRBYFLOAT n 0.5");

  EXPECT_EQ(db.run("TTL n"), ":100");
}

TEST(CounterCommands, StartAnewAfterTheDeadline) {
  TestStore db;
  db.run("SET n 41 PX 5");
  db.clock.advance_ms(5);

  EXPECT_EQ(db.run("INCR n"), ":1");
  EXPECT_EQ(db.run("TTL n"), ":-1");
}

// Overflow is an error and the value stays; n = the smallest int64 is refused (promises 5.2).
TEST(CounterCommands, RefuseToOverflow) {
  TestStore db;
  const std::string overflow = "-ERR increment or decrement would overflow";
  db.run("SET top 9223372036854775807");
  db.run("SET bottom -9223372036854775808");

  EXPECT_EQ(db.run("INCR top"), overflow);
  EXPECT_EQ(db.run("DECR bottom"), overflow);
  EXPECT_EQ(db.run("INCRBY bottom -1"), overflow);
  EXPECT_EQ(db.run("DECRBY top -9223372036854775808"), "-ERR decrement would overflow");

  EXPECT_EQ(db.run("GET top"), "\"9223372036854775807\"");
  EXPECT_EQ(db.run("GET bottom"), "\"-9223372036854775808\"");
}

TEST(CounterCommands, RefuseWhatIsNoInteger) {
  TestStore db;

  for (const char* value : {"", "abc", "1.5", "01", "+1", " 1", "9223372036854775808"}) {
    db.run({"SET", "k", value});
    EXPECT_EQ(db.run("INCR k"), kNotAnInteger) << value;
    EXPECT_EQ(db.run({"INCRBY", "n", value}), kNotAnInteger) << value;
    EXPECT_EQ(db.run({"DECRBY", "n", value}), kNotAnInteger) << value;
  }
  EXPECT_EQ(db.run("EXISTS n"), ":0");
}

TEST(CounterCommands, AddFloatsAsRedisPrintsThem) {
  TestStore db;

  EXPECT_EQ(db.run("INCRBYFLOAT f 10.50"), "\"10.5\"");
  EXPECT_EQ(db.run("INCRBYFLOAT f 0.1"), "\"10.6\"");
  EXPECT_EQ(db.run("INCRBYFLOAT f -5"), "\"5.6\"");
  EXPECT_EQ(db.run("INCRBYFLOAT f -5.6"), "\"0\"");
  EXPECT_EQ(db.run("INCR f"), ":1");
  EXPECT_EQ(db.run("INCRBYFLOAT f 5.0e3"), "\"5001\"");
}

TEST(CounterCommands, RefuseFloatsThatAreNone) {
  TestStore db;
  db.run("SET f abc");

  EXPECT_EQ(db.run("INCRBYFLOAT f 1"), "-ERR value is not a valid float");
  EXPECT_EQ(db.run("INCRBYFLOAT n x"), "-ERR value is not a valid float");
  EXPECT_EQ(db.run("INCRBYFLOAT n nan"), "-ERR value is not a valid float");
  EXPECT_EQ(db.run("INCRBYFLOAT n inf"), "-ERR increment would produce NaN or Infinity");
  EXPECT_EQ(db.run("EXISTS n"), ":0");
}

}  // namespace
}  // namespace latchkey::kv::test
