#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(StandaloneCommands, AnswerAsARedisThatStandsAlone) {
  TestDoor door;
  Wire wire(door);

  for (const char* command :
       {"CLUSTER INFO|", "CLUSTER SLOTS|", "CLUSTER SHARDS|", "CLUSTER NODES|", "READONLY|"}) {
    LK_EXPECT_ANSWER(wire, command, "-ERR This instance has cluster support disabled|");
  }
  LK_EXPECT_ANSWER(wire, "CLUSTER WHAT|", "-ERR unknown subcommand 'WHAT'. Try CLUSTER HELP.|");
  LK_EXPECT_ANSWER(wire, "ROLE|MODULE LIST|", "*3|$6|master|:0|*0|*0|");
  LK_EXPECT_ANSWER(
      wire, "REPLICAOF NO ONE|REPLICAOF host 1|FAILOVER|",
      "+OK|-ERR replication is not supported|-ERR FAILOVER requires connected replicas.|");
}

TEST(StandaloneCommands, ThereAreNoScriptsAndNoFunctions) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "FUNCTION FLUSH|FUNCTION FLUSH ASYNC|FUNCTION LIST|", "+OK|+OK|*0|");
  LK_EXPECT_ANSWER(wire, "FUNCTION FLUSH LATER|",
                   "-ERR FUNCTION FLUSH only supports SYNC\\|ASYNC option|");
  LK_EXPECT_ANSWER(wire, "FUNCTION DELETE lib|", "-ERR Library not found|");
  LK_EXPECT_ANSWER(wire, "SCRIPT LOAD x|",
                   "-ERR scripts and functions are not supported; MULTI and EXEC run commands as "
                   "one step|");
  LK_EXPECT_ANSWER(wire, "SCRIPT FLUSH SYNC|SCRIPT EXISTS abc def|", "+OK|*2|:0|:0|");
}

TEST(StandaloneCommands, ThereIsOneUser) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "ACL WHOAMI|ACL USERS|ACL LIST|",
                   "$7|default|*1|$7|default|*1|$34|user default on nopass ~* &* +@all|");
  LK_EXPECT_ANSWER(wire, "ACL GETUSER bob|ACL CAT nosuch|", "$-1|-ERR Unknown category 'nosuch'|");
  EXPECT_EQ(wire.line("ACL CAT"), "*21");
  wire.receive_soon();
  EXPECT_NE(wire.line("ACL CAT hash"), "*0");
}

}  // namespace
}  // namespace latchkey::resp
