#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(PubsubCommands, MessagesReachSubscribersOfChannelsAndPatterns) {
  TestDoor door;
  Wire listener(door), speaker(door);
  LK_EXPECT_ANSWER(
      listener, "SUBSCRIBE news other|PSUBSCRIBE n*|",
      "*3|$9|subscribe|$4|news|:1|*3|$9|subscribe|$5|other|:2|*3|$10|psubscribe|$2|n*|:3|");

  LK_EXPECT_ANSWER(speaker, "PUBLISH news hello|PUBLISH nobody x|", ":2|:1|");

  LK_EXPECT_ANSWER(listener, "",
                   "*3|$7|message|$4|news|$5|hello|*4|$8|pmessage|$2|n*|$4|news|$5|hello|"
                   "*4|$8|pmessage|$2|n*|$6|nobody|$1|x|");
}

TEST(PubsubCommands, AResp2SubscriberMayOnlyListen) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SUBSCRIBE c|", "*3|$9|subscribe|$1|c|:1|");

  LK_EXPECT_ANSWER(
      wire, "GET k|CLIENT ID|",
      "-ERR Can't execute 'get': only (P\\|S)SUBSCRIBE / (P\\|S)UNSUBSCRIBE / PING / QUIT / RESET "
      "are "
      "allowed in this context|-ERR Can't execute 'client\\|id': only (P\\|S)SUBSCRIBE / "
      "(P\\|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context|");
  LK_EXPECT_ANSWER(wire, "PING|PING x|", "*2|$4|pong|$0||*2|$4|pong|$1|x|");
  LK_EXPECT_ANSWER(wire, "UNSUBSCRIBE|GET k|", "*3|$11|unsubscribe|$1|c|:0|$-1|");
}

TEST(PubsubCommands, AResp3SubscriberMayDoAnythingAndGetsPushes) {
  TestDoor door;
  Wire wire(door);
  EXPECT_EQ(wire.line("HELLO 3"), "%7");
  wire.receive_soon();

  LK_EXPECT_ANSWER(wire, "SUBSCRIBE c|SET k v|PING|", ">3|$9|subscribe|$1|c|:1|+OK|+PONG|");

  // To itself a client's message comes before the reply, as from Redis.
  LK_EXPECT_ANSWER(wire, "PUBLISH c m|GET k|", ">3|$7|message|$1|c|$1|m|:1|$1|v|");
  // Inside an EXEC it comes after: a push may not stand within a reply.
  LK_EXPECT_ANSWER(wire, "MULTI|PUBLISH c n|EXEC|", "+OK|+QUEUED|*1|:1|>3|$7|message|$1|c|$1|n|");
}

// The events of an EXEC's commands and its messages form one order, that of the commands.
TEST(PubsubCommands, AMessageOfAnExecKeepsItsPlaceAmongTheEvents) {
  TestDoor door;
  Wire listener(door), speaker(door);
  LK_EXPECT_ANSWER(speaker, "CONFIG SET notify-keyspace-events Eg$|", "+OK|");
  LK_EXPECT_ANSWER(listener, "SUBSCRIBE news|PSUBSCRIBE __keyevent*|",
                   "*3|$9|subscribe|$4|news|:1|*3|$10|psubscribe|$11|__keyevent*|:2|");

  LK_EXPECT_ANSWER(speaker, "MULTI|SET k v|PUBLISH news now|DEL k|EXEC|",
                   "+OK|+QUEUED|+QUEUED|+QUEUED|*3|+OK|:1|:1|");

  LK_EXPECT_ANSWER(listener, "",
                   "*4|$8|pmessage|$11|__keyevent*|$18|__keyevent@0__:set|$1|k|"
                   "*3|$7|message|$4|news|$3|now|"
                   "*4|$8|pmessage|$11|__keyevent*|$18|__keyevent@0__:del|$1|k|");
}

// An EXEC that starts over, here for a collection that must be born first, says all of it once.
TEST(PubsubCommands, AMessageOfAnExecThatStartsOverIsSentOnce) {
  TestDoor door;
  Wire listener(door), speaker(door);
  LK_EXPECT_ANSWER(speaker, "SET k v|", "+OK|");
  LK_EXPECT_ANSWER(listener, "SUBSCRIBE news|", "*3|$9|subscribe|$4|news|:1|");

  LK_EXPECT_ANSWER(speaker, "MULTI|PUBLISH news one|COPY k k DB unborn|EXEC|PUBLISH news two|",
                   "+OK|+QUEUED|+QUEUED|*2|:1|:1|:1|");

  LK_EXPECT_ANSWER(listener, "", "*3|$7|message|$4|news|$3|one|*3|$7|message|$4|news|$3|two|");
}

TEST(PubsubCommands, UnsubscribingFromNothingIsConfirmedToo) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(
      wire, "UNSUBSCRIBE|PUNSUBSCRIBE|SUNSUBSCRIBE|UNSUBSCRIBE x|",
      "*3|$11|unsubscribe|$-1|:0|*3|$12|punsubscribe|$-1|:0|*3|$12|sunsubscribe|$-1|:0|"
      "*3|$11|unsubscribe|$1|x|:0|");
}

TEST(PubsubCommands, ShardChannelsAreApartFromOthers) {
  TestDoor door;
  Wire listener(door), speaker(door);
  LK_EXPECT_ANSWER(listener, "SSUBSCRIBE c|SUBSCRIBE c|",
                   "*3|$10|ssubscribe|$1|c|:1|*3|$9|subscribe|$1|c|:1|");

  LK_EXPECT_ANSWER(speaker, "SPUBLISH c s|PUBLISH c p|", ":1|:1|");

  LK_EXPECT_ANSWER(listener, "", "*3|$8|smessage|$1|c|$1|s|*3|$7|message|$1|c|$1|p|");
  LK_EXPECT_ANSWER(speaker, "PUBSUB SHARDCHANNELS|PUBSUB SHARDNUMSUB c d|",
                   "*1|$1|c|*4|$1|c|:1|$1|d|:0|");
}

TEST(PubsubCommands, TellsWhoListens) {
  TestDoor door;
  Wire listener(door), asker(door);
  LK_EXPECT_ANSWER(listener, "SUBSCRIBE a b|PSUBSCRIBE p*|",
                   "*3|$9|subscribe|$1|a|:1|*3|$9|subscribe|$1|b|:2|*3|$10|psubscribe|$2|p*|:3|");

  LK_EXPECT_ANSWER(asker, "PUBSUB CHANNELS|PUBSUB CHANNELS b*|", "*2|$1|a|$1|b|*1|$1|b|");
  LK_EXPECT_ANSWER(asker, "PUBSUB NUMSUB a z|PUBSUB NUMSUB|PUBSUB NUMPAT|",
                   "*4|$1|a|:1|$1|z|:0|*0|:1|");
  LK_EXPECT_ANSWER(asker, "PUBSUB WHAT|", "-ERR unknown subcommand 'WHAT'. Try PUBSUB HELP.|");
}

TEST(PubsubCommands, AClientThatLeavesListensNoMore) {
  TestDoor door;
  Wire speaker(door);
  {
    Wire listener(door);
    LK_EXPECT_ANSWER(
        listener, "SUBSCRIBE c|SSUBSCRIBE s|PSUBSCRIBE p*|",
        "*3|$9|subscribe|$1|c|:1|*3|$10|ssubscribe|$1|s|:1|*3|$10|psubscribe|$2|p*|:2|");
  }

  EXPECT_TRUE(test::soon([&] { return door.store->hub().idle(); }));
  LK_EXPECT_ANSWER(speaker, "PUBLISH c x|SPUBLISH s x|", ":0|:0|");
}

TEST(PubsubCommands, KeyspaceEventsComeWhenAskedFor) {
  TestDoor door;
  Wire listener(door), writer(door);
  LK_EXPECT_ANSWER(listener, "PSUBSCRIBE __key*__:*|", "*3|$10|psubscribe|$10|__key*__:*|:1|");

  LK_EXPECT_ANSWER(writer, "SET a 1|CONFIG SET notify-keyspace-events Kg$|SET k 1|DEL k|",
                   "+OK|+OK|+OK|:1|");

  LK_EXPECT_ANSWER(listener, "",
                   "*4|$8|pmessage|$10|__key*__:*|$16|__keyspace@0__:k|$3|set|"
                   "*4|$8|pmessage|$10|__key*__:*|$16|__keyspace@0__:k|$3|del|");
}

// A subscriber that does not read must cost the server a bound and the publisher nothing.
TEST(PubsubCommands, ASubscriberThatDoesNotReadIsDroppedInTheEnd) {
  TestDoor door;
  Wire listener(door), speaker(door);
  LK_EXPECT_ANSWER(listener, "SUBSCRIBE c|", "*3|$9|subscribe|$1|c|:1|");
  const std::string message(1 << 20, 'm');

  bool dropped = false;
  for (int i = 0; i < 300 && !dropped; ++i) {
    dropped = speaker.line("PUBLISH c " + message.substr(0, 60'000)) == ":0";
    for (int j = 0; j < 20 && !dropped; ++j) {
      speaker.send("*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$1048576\r\n" + message + "\r\n");
      dropped = speaker.next_line() == ":0";
    }
  }

  EXPECT_TRUE(dropped);
  EXPECT_TRUE(test::soon([&] { return door.server->stats().buffer_bytes < (8u << 20); }));
}

// What a message tells of must be as durable as a reply would have to be.
TEST(PubsubCommands, AnEventIsHeldUntilItsWriteIsStable) {
  TestDoor door;
  door.engine.hold();
  Wire listener(door), writer(door);
  LK_EXPECT_ANSWER(listener, "SUBSCRIBE __keyspace@0__:k|",
                   "*3|$9|subscribe|$16|__keyspace@0__:k|:1|");
  LK_EXPECT_ANSWER(writer, "CONFIG SET notify-keyspace-events KA|", "+OK|");

  writer.send("SET k v\r\n");
  EXPECT_EQ(listener.receive_soon(), "");
  EXPECT_EQ(writer.receive_soon(10), "");
  door.engine.hold_none();

  LK_EXPECT_ANSWER(listener, "", "*3|$7|message|$16|__keyspace@0__:k|$3|set|");
  LK_EXPECT_ANSWER(writer, "", "+OK|");
}

}  // namespace
}  // namespace latchkey::resp
