#include <gtest/gtest.h>

#include <thread>

#include "doors/resp/test_support/test_door.h"
#include "kv/collection.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(ClientServe, AnswersAPipelineInOrder) {
  TestDoor door;
  Wire wire(door);
  std::string requests, answers;
  for (int i = 0; i < 5000; ++i) {
    requests +=
        "*3\r\n$3\r\nSET\r\n$4\r\nkey1\r\n$4\r\n" + std::to_string(1000 + i % 9000) + "\r\n";
    requests += "*2\r\n$3\r\nGET\r\n$4\r\nkey1\r\n";
    answers += "+OK\r\n$4\r\n" + std::to_string(1000 + i % 9000) + "\r\n";
  }

  std::thread sender([&] { wire.send(requests); });
  const std::string got = wire.receive(answers.size());
  sender.join();

  EXPECT_EQ(got, answers);
}

TEST(ClientServe, TheKeysOfAPipelineAreFetchedTogether) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SET a 1|", "+OK|");

  LK_EXPECT_ANSWER(wire, "*2|$3|GET|$1|a|*2|$3|GET|$1|b|*1|$4|PING|*2|$4|INCR|$1|a|",
                   "$1|1|$-1|+PONG|:2|");

  EXPECT_EQ(door.engine.prefetched_together(), 3u);
}

TEST(ClientServe, TheMembersOfAPipelineAreFetchedByNameAndByScore) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "ZADD s 1 a 2 b|", ":2|");
  const std::size_t before = door.engine.prefetched_count();

  LK_EXPECT_ANSWER(wire, "*4|$4|ZADD|$1|s|$1|5|$1|a|*3|$5|ZRANK|$1|s|$1|b|*3|$6|ZSCORE|$1|s|$1|a|",
                   ":0|:0|$1|5|");

  // Three records and three members; by score a as it was and will be, and b.
  EXPECT_EQ(door.engine.prefetched_count() - before, 3u + 3u + 3u);
}

TEST(ClientServe, WhatIsForeseenOfMembersMayBeWrong) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "ZADD s 1 a|", ":1|");
  LK_EXPECT_ANSWER(wire, "SET text v|", "+OK|");
  const std::string long_member(300, 'm');

  wire.send(crlf("*5|$4|ZADD|$1|s|$2|XX|$1|7|$1|a|*4|$4|ZADD|$1|s|$3|abc|$1|a|"
                 "*3|$6|ZSCORE|$1|s|$4|none|*3|$5|ZRANK|$4|text|$1|a|*2|$5|ZRANK|$1|s|"
                 "*3|$6|ZSCORE|$7|nothing|$1|a|*4|$4|ZADD|$3|new|$1|2|$3|300|*3|$4|ZREM|$1|s|$1|a|"
                 "*3|$6|ZSCORE|$1|s|$1|a|*4|$4|ZADD|$1|s|$1|3|$300|") +
            long_member + crlf("|*3|$5|ZRANK|$1|s|$300|") + long_member + "\r\n");

  const std::string answers = crlf(
      ":0|-ERR value is not a valid float|$-1|"
      "-WRONGTYPE Operation against a key holding the wrong kind of value|"
      "-ERR wrong number of arguments for 'zrank' command|$-1|:1|:1|$-1|:1|:0|");
  EXPECT_EQ(wire.receive(answers.size()), answers);
}

// One request each, from connections that are ready at the same moment.
TEST(ClientServe, TheKeysOfManyClientsAreFetchedTogether) {
  TestDoor door({}, {.worker_count = 1});
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 8; ++i) {
    wires.push_back(std::make_unique<Wire>(door));
    LK_EXPECT_ANSWER(*wires.back(), "SET k v|", "+OK|");
  }

  const bool together = test::soon([&] {
    for (const auto& wire : wires) wire->send(crlf("*2|$3|GET|$1|k|"));
    for (const auto& wire : wires) EXPECT_EQ(wire->receive(7), crlf("$1|v|"));
    return door.engine.prefetched_together() > 1;
  });

  EXPECT_TRUE(together);
}

TEST(ClientServe, UnknownCommandsShowWhatCameWithThem) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "foo|", "-ERR unknown command 'foo', with args beginning with: |");
  LK_EXPECT_ANSWER(wire, "foo bar baz|",
                   "-ERR unknown command 'foo', with args beginning with: 'bar' 'baz' |");
  EXPECT_EQ(
      wire.line("foo " + std::string(500, 'x')),
      "-ERR unknown command 'foo', with args beginning with: '" + std::string(128, 'x') + "' ");
  LK_EXPECT_ANSWER(wire, "*1|$7|a\r\nb\"c\x01|",
                   "-ERR unknown command 'a  b\"c\x01', with args beginning with: |");
}

TEST(ClientServe, AProtocolErrorIsAnsweredAndEndsTheConnection) {
  TestDoor door;
  Wire wire(door);

  wire.send(crlf("SET k v|*1|:4|GET k|"));

  EXPECT_EQ(wire.receive_to_end(), crlf("+OK|-ERR Protocol error: expected '$', got ':'|"));
}

TEST(ClientServe, ClientsOfOtherProtocolsAreSentAwayWithoutAnAnswer) {
  std::atomic<int> lines{0};
  TestDoor door({.log = [&](net::LogLevel, const std::string&) { ++lines; }});
  const std::string greetings[] = {
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /set HTTP/1.1\r\n\r\n",
      std::string("\x16\x03\x01\x00\xa5\x01", 6), std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8)};
  for (const std::string& greeting : greetings) {
    Wire wire(door);
    wire.send(greeting);
    bool closed = false;
    EXPECT_EQ(wire.receive_to_end(&closed), "");
    EXPECT_TRUE(closed);
  }
  EXPECT_EQ(lines, 4);
}

TEST(ClientServe, RepliesAndReadsWaitUntilWhatTheyShowIsStable) {
  TestDoor door;
  door.engine.hold();
  Wire writer(door), reader(door), other(door);

  writer.send("SET k v\r\n");
  EXPECT_EQ(writer.receive_soon(), "");
  reader.send("GET k\r\n");
  EXPECT_EQ(reader.receive_soon(), "");
  LK_EXPECT_ANSWER(other, "PING|", "+PONG|");
  door.engine.hold_none();

  LK_EXPECT_ANSWER(writer, "", "+OK|");
  LK_EXPECT_ANSWER(reader, "", "$1|v|");
}

TEST(ClientServe, OnASealedLogNothingIsAcknowledged) {
  TestDoor door;
  door.engine.hold();
  Wire writer(door), other(door);
  writer.send("SET k v\r\n");
  EXPECT_EQ(writer.receive_soon(), "");

  door.engine.seal();

  EXPECT_EQ(writer.receive_to_end(), "");
  LK_EXPECT_ANSWER(other, "PING|", "+PONG|");
}

// Somebody's open transaction holds the row: this client waits, its worker does not.
TEST(ClientServe, ACommandThatMeetsALockedRowWaitsAlone) {
  TestDoor door({}, {.worker_count = 1});
  Wire blocked(door), other(door);
  LK_EXPECT_ANSWER(other, "SET k 5|", "+OK|");
  kv::Collection* collection = door.store->collection("default", kv::Store::Create::No).value();
  auto transaction = door.engine.begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(transaction->put(collection->records(), "k", {"9", 0, 0}).has_value());

  blocked.send("PING\r\nINCR k\r\nECHO after\r\n");

  EXPECT_EQ(blocked.receive_soon(), crlf("+PONG|"));
  LK_EXPECT_ANSWER(other, "PING|GET k|", "+PONG|$1|5|");
  ASSERT_TRUE(transaction->commit().has_value());
  EXPECT_EQ(blocked.receive(crlf(":10|$5|after|").size()), crlf(":10|$5|after|"));
}

TEST(ClientServe, AnExecThatMeetsALockedRowRunsOnceWhenItIsFree) {
  TestDoor door({}, {.worker_count = 1});
  Wire blocked(door), other(door);
  kv::Collection* collection = door.store->collection("default", kv::Store::Create::No).value();
  LK_EXPECT_ANSWER(blocked, "SET k 1|SET n 0|MULTI|INCR n|INCR k|", "+OK|+OK|+OK|+QUEUED|+QUEUED|");
  auto transaction = door.engine.begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(transaction->put(collection->records(), "k", {"9", 0, 0}).has_value());

  blocked.send("EXEC\r\n");
  EXPECT_EQ(blocked.receive_soon(), "");
  LK_EXPECT_ANSWER(other, "GET n|", "$1|0|");
  transaction->rollback();

  EXPECT_EQ(blocked.receive(crlf("*2|:1|:2|").size()), crlf("*2|:1|:2|"));
}

TEST(ClientServe, AClientThatGoesWhileItWaitsIsForgotten) {
  TestDoor door;
  kv::Collection* collection = door.store->collection("default", kv::Store::Create::No).value();
  auto transaction = door.engine.begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(transaction->put(collection->records(), "k", {"9", 0, 0}).has_value());
  {
    Wire blocked(door);
    blocked.send("SET k v\r\n");
    EXPECT_EQ(blocked.receive_soon(50), "");
    // Closing with a reset, so that the server hears of it though it does not read.
    const linger at_once{1, 0};
    ::setsockopt(blocked.socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  EXPECT_TRUE(test::soon([&] { return door.server->stats().connections_open == 0; }));
  transaction->rollback();
  Wire next(door);
  LK_EXPECT_ANSWER(next, "GET k|", "$-1|");
}

TEST(ClientServe, ALargeValueGoesInAndOut) {
  TestDoor door;
  Wire wire(door);
  const std::string value(40 << 20, 'v');
  const std::string header = "$" + std::to_string(value.size()) + "\r\n";

  wire.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n" + header + value + "\r\n");
  EXPECT_EQ(wire.receive(5), "+OK\r\n");
  wire.send("GET k\r\n");

  EXPECT_EQ(wire.receive(header.size() + value.size() + 2), header + value + "\r\n");
  EXPECT_TRUE(test::soon([&] { return door.server->stats().buffer_bytes == 0; }));
}

// The announcement of a large value alone takes no memory.
TEST(ClientServe, PromisesTakeNoMemory) {
  TestDoor door;
  std::vector<std::unique_ptr<Wire>> promisers;
  for (int i = 0; i < 50; ++i) {
    promisers.push_back(std::make_unique<Wire>(door));
    promisers.back()->send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc");
    promisers.push_back(std::make_unique<Wire>(door));
    promisers.back()->send("*1000000\r\n$3\r\nSET\r\n$1\r\nk");
  }
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "PING|", "+PONG|");

  EXPECT_TRUE(test::soon([&] { return door.server->stats().connections_open == 101; }));
  EXPECT_TRUE(test::soon([&] { return door.server->stats().buffer_bytes <= 100 * 256; }));
}

TEST(ClientServe, AClientThatSendsAndDoesNotReadIsHeldBack) {
  TestDoor door;
  Wire wire(door), other(door);
  LK_EXPECT_ANSWER(other, "SET big " + std::string(60'000, 'v') + "|", "+OK|");
  wire.set_patience_ms(300);
  std::string requests;
  for (int i = 0; i < 20'000; ++i) requests += "GET big\r\n";

  wire.send(requests);

  EXPECT_LT(door.server->stats().buffer_bytes, 8u << 20);
  LK_EXPECT_ANSWER(other, "PING|", "+PONG|");
}

}  // namespace
}  // namespace latchkey::resp
