#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::soon;
using test::TestDoor;
using test::Wire;

/// How many clients wait, as INFO tells.
bool waiting_clients_are(Wire& wire, int count) {
  return soon([&] {
    return wire.text("INFO clients")
               .find("\r\nblocked_clients:" + std::to_string(count) + "\r\n") != std::string::npos;
  });
}

std::string id_of(Wire& wire) { return wire.line("CLIENT ID").substr(1); }

TEST(ClientWaits, IsAnsweredWhenMembersCome) {
  TestDoor door;
  Wire waiting(door), other(door);
  waiting.send("BZPOPMIN k 0\r\nPING\r\n");
  ASSERT_TRUE(waiting_clients_are(other, 1));
  EXPECT_NE(other.text("INFO clients").find("total_blocking_keys:1\r\n"), std::string::npos);
  EXPECT_EQ(waiting.receive_soon(20), "");

  LK_EXPECT_ANSWER(other, "ZADD k 1.5 m|ZCARD k|", ":1|:0|");

  EXPECT_EQ(waiting.receive(34), crlf("*3|$1|k|$1|m|$3|1.5|+PONG|"));
  EXPECT_TRUE(waiting_clients_are(other, 0));
}

TEST(ClientWaits, AnswersInTheShapesOfItsProtocol) {
  TestDoor door;
  Wire waiting(door), other(door);
  waiting.send("HELLO 3\r\n");
  while (!waiting.next_line().starts_with("*0")) {
  }
  waiting.send("BZMPOP 0 1 k MIN COUNT 2\r\n");
  ASSERT_TRUE(waiting_clients_are(other, 1));

  LK_EXPECT_ANSWER(other, "ZADD k 1 a 2 b|", ":2|");

  const std::string answer = crlf("*2|$1|k|*2|*2|$1|a|,1|*2|$1|b|,2|");
  EXPECT_EQ(waiting.receive(answer.size()), answer);
}

TEST(ClientWaits, NotForLongerThanItSaid) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "BZPOPMIN k 0.01|PING|", "*-1|+PONG|");
  LK_EXPECT_ANSWER(wire, "BZMPOP 0.01 1 k MAX|PING|", "*-1|+PONG|");
}

TEST(ClientWaits, IsUnblockedByAnother) {
  TestDoor door;
  Wire waiting(door), other(door);
  const std::string id = id_of(waiting);
  EXPECT_EQ(other.line("CLIENT UNBLOCK " + id), ":0");
  for (const auto& [how, answer] : std::vector<std::pair<std::string, std::string>>{
           {"", "*-1|"},
           {" TIMEOUT", "*-1|"},
           {" ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK|"}}) {
    waiting.send("BZPOPMAX k 0\r\n");
    ASSERT_TRUE(waiting_clients_are(other, 1));
    EXPECT_EQ(other.line("CLIENT UNBLOCK " + id + how), ":1");
    EXPECT_EQ(waiting.receive(crlf(answer).size()), crlf(answer));
  }
  EXPECT_EQ(other.line("CLIENT UNBLOCK " + id), ":0");
  EXPECT_EQ(other.line("CLIENT UNBLOCK 1 x"),
            "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  EXPECT_EQ(other.line("CLIENT UNBLOCK asd"), "-ERR value is not an integer or out of range");
}

/// What one took who had gone would be lost.
TEST(ClientWaits, WhoHasGoneTakesNothing) {
  TestDoor door;
  Wire other(door);
  {
    Wire waiting(door), killed(door);
    waiting.send("BZPOPMIN k 0\r\n");
    killed.send("BZPOPMIN k 0\r\n");
    ASSERT_TRUE(waiting_clients_are(other, 2));
    EXPECT_EQ(other.line("CLIENT KILL ID 3 SKIPME yes"), ":1");
  }
  EXPECT_TRUE(waiting_clients_are(other, 0));

  LK_EXPECT_ANSWER(other, "ZADD k 1 a|ZCARD k|", ":1|:1|");
}

/// One that sent its last command and closed at once.
TEST(ClientWaits, WhoHadGoneBeforeItWaitedTakesNothing) {
  TestDoor door;
  Wire other(door);
  for (int i = 0; i < 20; ++i) {
    Wire waiting(door);
    waiting.send("BZPOPMIN k 0\r\n");
  }
  EXPECT_TRUE(soon([&] {
    return other.text("INFO clients").find("connected_clients:1\r\n") != std::string::npos;
  }));

  LK_EXPECT_ANSWER(other, "ZADD k 1 a|ZCARD k|", ":1|:1|");
}

TEST(ClientWaits, SaysNothingWhenItsRepliesAreOff) {
  TestDoor door;
  Wire wire(door), other(door);
  wire.send("CLIENT REPLY SKIP\r\nBZPOPMIN k 0\r\nPING\r\n");
  ASSERT_TRUE(waiting_clients_are(other, 1));

  LK_EXPECT_ANSWER(other, "ZADD k 1 a|ZCARD k|", ":1|:0|");

  EXPECT_EQ(wire.receive(7), crlf("+PONG|"));
}

TEST(ClientWaits, GetsMessagesMeanwhile) {
  TestDoor door;
  Wire waiting(door), other(door);
  waiting.send("HELLO 3\r\n");
  while (!waiting.next_line().starts_with("*0")) {
  }
  LK_EXPECT_ANSWER(waiting, "SUBSCRIBE c|", ">3|$9|subscribe|$1|c|:1|");
  waiting.send("BZPOPMIN k 0\r\n");
  ASSERT_TRUE(waiting_clients_are(other, 1));

  LK_EXPECT_ANSWER(other, "PUBLISH c hi|", ":1|");
  const std::string message = crlf(">3|$7|message|$1|c|$2|hi|");
  EXPECT_EQ(waiting.receive(message.size()), message);
  LK_EXPECT_ANSWER(other, "ZADD k 1 m|", ":1|");

  EXPECT_EQ(waiting.receive(22), crlf("*3|$1|k|$1|m|,1|"));
}

/// What is taken by a waiting client may still be lost in a crash until the log is on disk.
TEST(ClientWaits, IsAnsweredWhenWhatItTookIsStable) {
  TestDoor door;
  Wire waiting(door), other(door);
  LK_EXPECT_ANSWER(other, "ZADD z 1 m|", ":1|");
  waiting.send("BZPOPMIN k 0\r\n");
  ASSERT_TRUE(waiting_clients_are(other, 1));

  door.engine.hold();
  other.send("ZADD k 1 m\r\n");
  EXPECT_EQ(waiting.receive_soon(50), "");
  door.engine.hold_none();

  EXPECT_EQ(waiting.receive(25), crlf("*3|$1|k|$1|m|$1|1|"));
}

TEST(ClientWaits, ItsWaitIsNoWork) {
  TestDoor door;
  Wire waiting(door), other(door);
  LK_EXPECT_ANSWER(other, "CONFIG SET slowlog-log-slower-than 100000|", "+OK|");
  LK_EXPECT_ANSWER(waiting, "BZPOPMIN k 0.2|", "*-1|");

  EXPECT_EQ(other.line("SLOWLOG LEN"), ":0");
  EXPECT_NE(other.text("INFO commandstats").find("cmdstat_bzpopmin:calls=1,"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::resp
