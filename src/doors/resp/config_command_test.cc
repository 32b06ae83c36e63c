#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(ConfigCommand, GetsByPatterns) {
  TestDoor door;
  Wire wire(door);

  // What redis-benchmark asks before it starts.
  LK_EXPECT_ANSWER(wire, "CONFIG GET save|CONFIG GET appendonly|",
                   "*2|$4|save|$0||*2|$10|appendonly|$3|yes|");
  LK_EXPECT_ANSWER(wire, "CONFIG GET maxmemory-p* slowlog-max-len|",
                   "*4|$16|maxmemory-policy|$10|noeviction|$15|slowlog-max-len|$3|128|");
  LK_EXPECT_ANSWER(wire, "CONFIG GET nosuch|", "*0|");
}

TEST(ConfigCommand, SetsAllOrNothing) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "CONFIG SET slowlog-max-len 7 timeout 100|CONFIG GET slowlog-max-len|",
                   "+OK|*2|$15|slowlog-max-len|$1|7|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET slowlog-max-len 9 timeout x|",
                   "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument "
                   "couldn't be parsed into "
                   "an integer|");
  LK_EXPECT_ANSWER(wire, "CONFIG GET slowlog-max-len|", "*2|$15|slowlog-max-len|$1|7|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET slowlog-max-len 9 nosuch x|",
                   "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'|");
  LK_EXPECT_ANSWER(
      wire, "CONFIG SET timeout 1 timeout 2|",
      "-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter|");
  LK_EXPECT_ANSWER(
      wire, "CONFIG SET port 1|",
      "-ERR CONFIG SET failed (possibly related to argument 'port') - can't set immutable config|");
}

TEST(ConfigCommand, KeepsHintsAboutLayoutsThatOnlyRedisHas) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "CONFIG SET zset-max-ziplist-entries 0 activerehashing NO|", "+OK|");
  LK_EXPECT_ANSWER(wire, "CONFIG GET zset-max-*entries|",
                   "*4|$25|zset-max-listpack-entries|$1|0|$24|zset-max-ziplist-entries|$1|0|");
  LK_EXPECT_ANSWER(wire, "CONFIG GET activerehashing|", "*2|$15|activerehashing|$2|no|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET list-max-listpack-size -5|", "+OK|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET hz 20 activerehashing maybe|",
                   "-ERR CONFIG SET failed (possibly related to argument 'activerehashing') - "
                   "argument must be 'yes' or 'no'|");
  LK_EXPECT_ANSWER(wire, "CONFIG GET hz|", "*2|$2|hz|$2|10|");
  LK_EXPECT_ANSWER(
      wire, "CONFIG SET hz many|",
      "-ERR CONFIG SET failed (possibly related to argument 'hz') - argument must be a "
      "memory value|");
}

TEST(ConfigCommand, TheMemoryLimitCanBeLoweredAndPutBack) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "CONFIG SET maxmemory 100mb|CONFIG GET maxmemory|",
                   "+OK|*2|$9|maxmemory|$9|104857600|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET maxmemory 0|", "+OK|");
  EXPECT_EQ(wire.text("INFO memory").find("maxmemory:104857600"), std::string::npos);
  EXPECT_TRUE(
      wire.line("CONFIG SET maxmemory 1000tb")
          .starts_with("-ERR CONFIG SET failed (possibly related to argument 'maxmemory')"));
}

TEST(ConfigCommand, DoesNotPretend) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "CONFIG SET maxmemory-policy noeviction|", "+OK|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET maxmemory-policy allkeys-lru|",
                   "-ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - "
                   "this server keeps it at "
                   "'noeviction'|");
  LK_EXPECT_ANSWER(wire, "CONFIG REWRITE|",
                   "-ERR CONFIG REWRITE is not supported: change latchkey.toml instead|");
}

TEST(ConfigCommand, ANewPasswordIsAskedOfThoseWhoComeLater) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "CONFIG SET requirepass secret|PING|", "+OK|+PONG|");

  Wire later(door);

  LK_EXPECT_ANSWER(later, "PING|AUTH secret|PING|", "-NOAUTH Authentication required.|+OK|+PONG|");
}

TEST(ConfigCommand, IdleClientsGoWhenATimeoutIsSet) {
  TestDoor door;
  Wire idle(door), listener(door), busy(door);
  LK_EXPECT_ANSWER(listener, "SUBSCRIBE c|", "*3|$9|subscribe|$1|c|:1|");
  LK_EXPECT_ANSWER(busy, "CONFIG SET timeout 1|", "+OK|");

  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    LK_EXPECT_ANSWER(busy, "PING|", "+PONG|");
  }

  EXPECT_TRUE(idle.sees_end());
  LK_EXPECT_ANSWER(busy, "PUBLISH c m|", ":1|");

  Wire later(door);  // comes when the timeout is set, and says nothing
  EXPECT_TRUE(later.sees_end());
}

TEST(ConfigCommand, ResetstatBeginsAnew) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "GET a|NOSUCH|",
                   "$-1|-ERR unknown command 'NOSUCH', with args beginning with: |");
  EXPECT_NE(wire.text("INFO commandstats").find("cmdstat_get:calls=1,"), std::string::npos);

  LK_EXPECT_ANSWER(wire, "CONFIG RESETSTAT|", "+OK|");

  EXPECT_EQ(wire.text("INFO commandstats").find("cmdstat_get:"), std::string::npos);
  EXPECT_EQ(wire.text("INFO errorstats").find("errorstat_ERR"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::resp
