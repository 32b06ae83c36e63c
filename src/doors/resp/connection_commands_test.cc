#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(ConnectionCommands, PingEchoAndSelect) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "PING|", "+PONG|");
  LK_EXPECT_ANSWER(wire, "*2|$4|PING|$2|hi|", "$2|hi|");
  LK_EXPECT_ANSWER(wire, "PING a b|", "-ERR wrong number of arguments for 'ping' command|");
  LK_EXPECT_ANSWER(wire, "ECHO \"a b\"|", "$3|a b|");
  LK_EXPECT_ANSWER(wire, "ECHO|", "-ERR wrong number of arguments for 'echo' command|");
  LK_EXPECT_ANSWER(
      wire, "SET k here|SELECT sessions|GET k|SET k there|SELECT 0|GET k|SELECT sessions|GET k|",
      "+OK|+OK|$-1|+OK|+OK|$4|here|+OK|$5|there|");
}

TEST(ConnectionCommands, HelloChoosesTheProtocol) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SET k v|HSET h f v|", "+OK|:1|");

  LK_EXPECT_ANSWER(
      wire, "HELLO 3|",
      "%7|$6|server|$5|redis|$7|version|$5|7.2.0|$5|proto|:3|$2|id|:1|$4|mode|$10|standalone|"
      "$4|role|$6|master|$7|modules|*0|");
  LK_EXPECT_ANSWER(wire, "GET none|HGETALL h|", "_|%1|$1|f|$1|v|");
  LK_EXPECT_ANSWER(
      wire, "HELLO 2|",
      "*14|$6|server|$5|redis|$7|version|$5|7.2.0|$5|proto|:2|$2|id|:1|$4|mode|$10|standalone|"
      "$4|role|$6|master|$7|modules|*0|");
  LK_EXPECT_ANSWER(wire, "GET none|HGETALL h|", "$-1|*2|$1|f|$1|v|");
}

TEST(ConnectionCommands, HelloRefusesWithoutHavingChangedAnything) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "HELLO 4|", "-NOPROTO unsupported protocol version|");
  LK_EXPECT_ANSWER(wire, "HELLO x|", "-ERR Protocol version is not an integer or out of range|");
  LK_EXPECT_ANSWER(wire, "HELLO 3 FOO|", "-ERR Syntax error in HELLO option 'FOO'|");
  LK_EXPECT_ANSWER(wire, "HELLO 3 AUTH default|", "-ERR Syntax error in HELLO option 'AUTH'|");
  LK_EXPECT_ANSWER(wire, "HELLO 3 SETNAME \"a b\"|",
                   "-ERR Client names cannot contain spaces, newlines or special characters.|");

  LK_EXPECT_ANSWER(wire, "GET none|", "$-1|");
}

TEST(ConnectionCommands, AuthWithoutAPasswordSaysSo) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "AUTH x|",
                   "-ERR AUTH <password> called without any password configured for the default "
                   "user. Are you sure "
                   "your configuration is correct?|");
  LK_EXPECT_ANSWER(wire, "AUTH default x|", "+OK|");
  LK_EXPECT_ANSWER(wire, "AUTH bob x|",
                   "-WRONGPASS invalid username-password pair or user is disabled.|");
  LK_EXPECT_ANSWER(wire, "AUTH a b c|", "-ERR syntax error|");
}

TEST(ConnectionCommands, NothingIsDoneBeforeAuthentication) {
  TestDoor door({.password = "secret"});
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "PING|GET k|EXEC|",
                   "-NOAUTH Authentication required.|-NOAUTH Authentication required.|"
                   "-NOAUTH Authentication required.|");
  LK_EXPECT_ANSWER(wire, "GET|NONSENSE a|",
                   "-ERR wrong number of arguments for 'get' command|"
                   "-ERR unknown command 'NONSENSE', with args beginning with: 'a' |");
  LK_EXPECT_ANSWER(wire, "AUTH wrong|AUTH secre|AUTH secrets|AUTH \"\"|",
                   "-WRONGPASS invalid username-password pair or user is disabled.|"
                   "-WRONGPASS invalid username-password pair or user is disabled.|"
                   "-WRONGPASS invalid username-password pair or user is disabled.|"
                   "-WRONGPASS invalid username-password pair or user is disabled.|");
  LK_EXPECT_ANSWER(wire, "HELLO 3|",
                   "-NOAUTH HELLO must be called with the client already authenticated, otherwise "
                   "the HELLO <proto> "
                   "AUTH <user> <pass> option can be used to authenticate the client and select "
                   "the RESP protocol "
                   "version at the same time|");
  LK_EXPECT_ANSWER(wire, "AUTH secret|PING|", "+OK|+PONG|");
}

TEST(ConnectionCommands, HelloAuthenticates) {
  TestDoor door({.password = "secret"});
  Wire wire(door);

  EXPECT_EQ(wire.line("HELLO 3 AUTH default wrong"),
            "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(wire.line("HELLO 3 AUTH default secret SETNAME app"), "%7");
  wire.receive_soon();

  LK_EXPECT_ANSWER(wire, "CLIENT GETNAME|", "$3|app|");
}

TEST(ConnectionCommands, WhoHasNotAuthenticatedMaySendLittle) {
  TestDoor door({.password = "secret"});
  Wire many(door), large(door), endless(door);

  LK_EXPECT_ANSWER(many, "*11|", "-ERR Protocol error: unauthenticated multibulk length|");
  EXPECT_TRUE(many.sees_end());
  LK_EXPECT_ANSWER(large, "*2|$4|AUTH|$16385|",
                   "-ERR Protocol error: unauthenticated bulk length|");
  EXPECT_TRUE(large.sees_end());
  endless.send(crlf("*10|"));
  for (int i = 0; i < 9; ++i) endless.send(crlf("$16000|") + std::string(16000, 'x') + "\r\n");
  EXPECT_TRUE(endless.sees_end());
}

TEST(ConnectionCommands, QuitAnswersAndCloses) {
  TestDoor door;
  Wire wire(door);

  wire.send("SET k v\r\nQUIT\r\nSET k w\r\n");

  EXPECT_EQ(wire.receive_to_end(), crlf("+OK|+OK|"));
  Wire other(door);
  LK_EXPECT_ANSWER(other, "GET k|", "$1|v|");
}

TEST(ConnectionCommands, ResetSetsBackEverything) {
  TestDoor door;
  Wire wire(door);
  EXPECT_EQ(wire.line("HELLO 3 SETNAME x"), "%7");
  wire.receive_soon();
  LK_EXPECT_ANSWER(wire, "SELECT other|SET k v|SUBSCRIBE c|MULTI|",
                   "+OK|+OK|>3|$9|subscribe|$1|c|:1|+OK|");

  LK_EXPECT_ANSWER(wire, "RESET|", "+RESET|");

  LK_EXPECT_ANSWER(wire, "GET k|CLIENT GETNAME|EXEC|", "$-1|$-1|-ERR EXEC without MULTI|");
  LK_EXPECT_ANSWER(wire, "PUBLISH c m|", ":0|");
}

}  // namespace
}  // namespace latchkey::resp
