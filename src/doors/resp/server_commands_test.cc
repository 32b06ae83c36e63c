#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(ServerCommands, SaveWritesACheckpointAndAnswersWhenItIsDone) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "SET k v|SAVE|GET k|", "+OK|+OK|$1|v|");
  LK_EXPECT_ANSWER(wire, "BGSAVE|", "+Background saving started|");
  LK_EXPECT_ANSWER(wire, "BGSAVE what|", "-ERR syntax error|");
  EXPECT_GT(std::stol(wire.line("LASTSAVE").substr(1)), 1'600'000'000);
}

TEST(ServerCommands, ShutdownAsksTheProgramAndAnswersNothing) {
  std::atomic<int> asked{0};
  TestDoor door(
      {.shutdown = [&](ShutdownMode mode) { asked += mode == ShutdownMode::NoSave ? 1 : 100; }});
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "SHUTDOWN what|SHUTDOWN SAVE NOSAVE|SHUTDOWN ABORT|",
                   "-ERR syntax error|-ERR syntax error|-ERR No shutdown in progress.|");
  EXPECT_EQ(asked, 0);
  wire.send("SHUTDOWN NOSAVE\r\nPING\r\n");

  EXPECT_TRUE(test::soon([&] { return asked == 1; }));
  EXPECT_EQ(wire.receive_soon(), "");
  door.server->stop();
  EXPECT_TRUE(wire.sees_end());
}

TEST(ServerCommands, MonitorShowsWhatOthersDoAndNoSecrets) {
  TestDoor door({}, {.worker_count = 2});
  Wire watcher(door), actor(door);
  LK_EXPECT_ANSWER(watcher, "MONITOR|", "+OK|");

  LK_EXPECT_ANSWER(actor, "SET k \"a\\x01\\\"\"|AUTH default secret|CONFIG GET save|",
                   "+OK|+OK|*2|$4|save|$0||");

  const std::string line = watcher.next_line();
  EXPECT_EQ(line[0], '+');
  EXPECT_NE(line.find(" [0 127.0.0.1:"), std::string::npos) << line;
  EXPECT_TRUE(line.ends_with("] \"SET\" \"k\" \"a\\x01\\\"\"")) << line;
  EXPECT_EQ(watcher.receive_soon(), "");
  LK_EXPECT_ANSWER(watcher, "RESET|", "+RESET|");
  LK_EXPECT_ANSWER(actor, "PING|", "+PONG|");
  EXPECT_EQ(watcher.receive_soon(50), "");
}

TEST(ServerCommands, MonitorShowsWhatAnExecRanBeforeIt) {
  TestDoor door({}, {.worker_count = 2});
  Wire watcher(door), actor(door);
  LK_EXPECT_ANSWER(watcher, "MONITOR|", "+OK|");

  LK_EXPECT_ANSWER(actor, "MULTI|SET k v|CONFIG GET save|EXEC|",
                   "+OK|+QUEUED|+QUEUED|*2|+OK|*2|$4|save|$0||");

  EXPECT_TRUE(watcher.next_line().ends_with("\"MULTI\""));
  EXPECT_TRUE(watcher.next_line().ends_with("\"SET\" \"k\" \"v\""));
  EXPECT_TRUE(watcher.next_line().ends_with("\"EXEC\""));
  EXPECT_EQ(watcher.receive_soon(), "");
}

TEST(ServerCommands, TimeAndWait) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "WAIT 0 0|WAIT 1 100|WAIT x 0|WAIT 0 x|WAIT 0 -1|",
                   ":0|:0|-ERR value is not an integer or out of range|-ERR timeout is not an "
                   "integer or out of range|"
                   "-ERR timeout is negative|");
  LK_EXPECT_ANSWER(wire, "TIME|", "*2|$10|");
}

}  // namespace
}  // namespace latchkey::resp
