#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(ClientCommands, NamesAndLibraries) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "CLIENT GETNAME|CLIENT SETNAME app|CLIENT GETNAME|", "$-1|+OK|$3|app|");
  LK_EXPECT_ANSWER(wire, "CLIENT SETNAME \"a b\"|",
                   "-ERR Client names cannot contain spaces, newlines or special characters.|");
  LK_EXPECT_ANSWER(wire, "CLIENT SETINFO LIB-NAME ioredis|CLIENT SETINFO lib-ver 6.0|", "+OK|+OK|");
  LK_EXPECT_ANSWER(wire, "CLIENT SETINFO LIB-NAME \"a b\"|CLIENT SETINFO FOO x|",
                   "-ERR lib-name cannot contain spaces, newlines or special characters.|"
                   "-ERR Unrecognized option 'FOO'|");
  const std::string line = wire.text("CLIENT INFO");
  EXPECT_NE(line.find(" name=app "), std::string::npos) << line;
  EXPECT_NE(line.find(" lib-name=ioredis lib-ver=6.0\n"), std::string::npos) << line;
  EXPECT_NE(line.find(" cmd=client|info "), std::string::npos) << line;
}

// node-redis sends subcommands that do not exist yet and goes on when they are clean errors.
TEST(ClientCommands, UnknownOnesAreCleanErrors) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type auto|PING|",
                   "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.|+PONG|");
  LK_EXPECT_ANSWER(wire, "CLIENT|", "-ERR wrong number of arguments for 'client' command|");
  LK_EXPECT_ANSWER(wire, "CLIENT SETNAME|",
                   "-ERR wrong number of arguments for 'client\\|setname' command|");
  LK_EXPECT_ANSWER(
      wire, "CLIENT TRACKING ON|CLIENT TRACKING OFF|",
      "-ERR CLIENT TRACKING ON is not supported; cache with a time to live instead|+OK|");
}

TEST(ClientCommands, ListShowsAllClientsOfAllWorkers) {
  TestDoor door({}, {.worker_count = 2});
  Wire first(door), second(door), third(door);
  LK_EXPECT_ANSWER(first, "CLIENT SETNAME first|", "+OK|");
  LK_EXPECT_ANSWER(second, "SUBSCRIBE c|", "*3|$9|subscribe|$1|c|:1|");
  LK_EXPECT_ANSWER(third, "SELECT carts|MULTI|PING|", "+OK|+OK|+QUEUED|");

  const std::string list = first.text("CLIENT LIST");

  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 3) << list;
  EXPECT_NE(list.find("name=first "), std::string::npos);
  EXPECT_NE(list.find("flags=P db=0 sub=1 psub=0 "), std::string::npos) << list;
  EXPECT_NE(list.find("flags=x db=carts sub=0 psub=0 ssub=0 multi=1 "), std::string::npos) << list;
  const std::string subscribers = first.text("CLIENT LIST TYPE pubsub");
  EXPECT_EQ(std::count(subscribers.begin(), subscribers.end(), '\n'), 1);
  EXPECT_EQ(first.text("CLIENT LIST ID 77777"), "");
}

TEST(ClientCommands, KillEndsTheConnectionsItNames) {
  TestDoor door({}, {.worker_count = 2});
  Wire killer(door), by_id(door), subscriber(door);
  const std::string id = by_id.line("CLIENT ID").substr(1);
  LK_EXPECT_ANSWER(subscriber, "SUBSCRIBE c|", "*3|$9|subscribe|$1|c|:1|");

  // From the answer on nothing remains of it, whenever its worker comes to know.
  killer.send("CLIENT KILL ID " + id + "\r\nCLIENT KILL ID " + id + "\r\nCLIENT LIST ID " + id +
              "\r\n");
  EXPECT_EQ(killer.next_line(), ":1");
  EXPECT_EQ(killer.next_line(), ":0");
  EXPECT_EQ(killer.next_line(), "$0");
  EXPECT_EQ(killer.next_line(), "");
  EXPECT_TRUE(by_id.sees_end());
  EXPECT_EQ(killer.line("CLIENT KILL TYPE pubsub"), ":1");
  EXPECT_TRUE(subscriber.sees_end());
  EXPECT_EQ(killer.line("CLIENT KILL 1.2.3.4:5"), "-ERR No such client");
  EXPECT_EQ(killer.line("CLIENT KILL ID " + id), ":0");

  const std::string info = killer.text("CLIENT INFO");
  const std::size_t at = info.find(" addr=") + 6;
  LK_EXPECT_ANSWER(killer, "CLIENT KILL " + info.substr(at, info.find(' ', at) - at) + "|", "+OK|");
  EXPECT_TRUE(killer.sees_end());
}

TEST(ClientCommands, RepliesCanBeTurnedOff) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "CLIENT REPLY OFF|SET k v|NOSUCH|CLIENT REPLY ON|GET k|", "+OK|$1|v|");
  LK_EXPECT_ANSWER(wire, "CLIENT REPLY SKIP|SET k w|GET k|", "$1|w|");
}

TEST(ClientCommands, APauseHoldsWritesOffAndEndsByItself) {
  TestDoor door;
  Wire wire(door), operator_wire(door);
  LK_EXPECT_ANSWER(operator_wire, "CLIENT PAUSE 150 WRITE|", "+OK|");

  LK_EXPECT_ANSWER(wire, "GET k|", "$-1|");
  wire.send("SET k v\r\n");
  EXPECT_EQ(wire.receive_soon(50), "");

  EXPECT_EQ(wire.receive(5), "+OK\r\n");
}

TEST(ClientCommands, APauseCanBeEnded) {
  TestDoor door;
  Wire wire(door), operator_wire(door);
  LK_EXPECT_ANSWER(operator_wire, "CLIENT PAUSE 600000 WRITE|", "+OK|");
  wire.send("SET k v\r\nGET k\r\n");
  EXPECT_EQ(wire.receive_soon(50), "");

  LK_EXPECT_ANSWER(operator_wire, "CLIENT UNPAUSE|", "+OK|");

  EXPECT_EQ(wire.receive(12), crlf("+OK|$1|v|"));
}

TEST(ClientCommands, HelpListsThem) {
  TestDoor door;
  Wire wire(door);

  const std::string count = wire.line("CLIENT HELP");
  const std::string help = wire.receive_soon();

  EXPECT_EQ(count[0], '*');
  EXPECT_TRUE(
      help.starts_with("+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"));
  EXPECT_EQ(std::stol(count.substr(1)), std::count(help.begin(), help.end(), '\n'));
}

}  // namespace
}  // namespace latchkey::resp
