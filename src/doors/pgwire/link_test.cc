// What reaches a connection from elsewhere: cancellations, notifications, disconnects, the end.

#include "doors/pgwire/link.h"

#include <gtest/gtest.h>

#include "doors/pgwire/test_support/test_door.h"

namespace latchkey::pgwire {
namespace {

using test::Lines;
using test::query;
using test::soon;
using test::TestDoor;
using test::Wire;

TEST(Link, ACancelRequestEndsTheStatementThatRuns) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("sleep") + query("insert"));
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));

  Wire(door).send(test::cancel_request(wire.process_id, wire.secret));

  EXPECT_EQ(wire.until_ready(2), (Lines{"E ERROR 57014 canceling statement due to user request",
                                        "Z I", "C INSERT 0 1", "Z I"}));
}

TEST(Link, ACancelRequestNeedsTheSecretAndIsNeverAnswered) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("sleep"));
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));

  for (const std::string& request : {test::cancel_request(wire.process_id, wire.secret + 1),
                                     test::cancel_request(wire.process_id + 1, wire.secret),
                                     test::packet(test::big32(80877102) + std::string(40, 'k'))}) {
    Wire other(door);
    other.send(request);
    bool closed = false;
    EXPECT_EQ(other.receive_to_end(&closed), "");
    EXPECT_TRUE(closed);
  }
  EXPECT_EQ(door.database.sleeping, 1);
}

TEST(Link, ACancelRequestOfAnIdleConnectionDoesNothing) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  Wire other(door);
  other.send(test::cancel_request(wire.process_id, wire.secret));
  EXPECT_TRUE(other.sees_end());

  EXPECT_EQ(wire.ask(query("insert")), (Lines{"C INSERT 0 1", "Z I"}));
}

TEST(Link, ACopyThatWaitsForItsClientCanBeCancelled) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("copyin"));
  EXPECT_EQ(wire.next(), "G 0:2");

  Wire(door).send(test::cancel_request(wire.process_id, wire.secret));

  EXPECT_EQ(wire.until_ready(),
            (Lines{"E ERROR 57014 canceling statement due to user request", "Z I"}));
}

TEST(Link, AResultThatWaitsForItsClientCanBeCancelled) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("rows 1000000 1000"));
  std::size_t told = 0;
  ASSERT_TRUE(soon([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return std::exchange(told, door.database.rows_told.load()) == door.database.rows_told;
  }));

  Wire(door).send(test::cancel_request(wire.process_id, wire.secret));

  const Lines lines = wire.until_ready();
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines[lines.size() - 2], "E ERROR 57014 canceling statement due to user request");
  EXPECT_EQ(lines.size(), 1 + door.database.rows_told + 1 + 2);  // and the row that met it
}

TEST(Link, AClientThatLeavesCancelsItsStatement) {
  TestDoor door;
  {
    Wire wire = Wire::ready(door);
    wire.send(query("sleep") + query("insert"));
    ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));
  }
  EXPECT_TRUE(soon([&] { return door.door->connection_count() == 0; }));
  EXPECT_EQ(door.database.cancelled, 1);
  EXPECT_EQ(door.database.ended, 1);
  EXPECT_EQ(door.database.inserted, 0);
}

TEST(Link, AClientThatLeavesInTheMiddleOfAResultEndsIt) {
  TestDoor door;
  {
    Wire wire = Wire::ready(door);
    wire.send(query("rows 100000000 1000"));
    EXPECT_EQ(wire.next(), "T n:23 t:25");
    EXPECT_TRUE(wire.next().starts_with("D 1|"));
  }
  EXPECT_TRUE(soon([&] { return door.door->connection_count() == 0; }));
  EXPECT_LT(door.database.rows_told, 1'000'000u);
  EXPECT_EQ(door.database.ended, 1);
}

TEST(Link, AClientThatLeavesInTheMiddleOfACopyEndsIt) {
  TestDoor door;
  {
    Wire wire = Wire::ready(door);
    wire.send(query("copyin"));
    EXPECT_EQ(wire.next(), "G 0:2");
    wire.send(test::copy_data("one\n") + test::copy_data("two\n").substr(0, 6));
    ASSERT_TRUE(soon([&] { return door.database.copied_bytes == 4; }));
  }
  EXPECT_TRUE(soon([&] { return door.door->connection_count() == 0; }));
  EXPECT_EQ(door.database.copies_ended, 1);
  EXPECT_EQ(door.database.ended, 1);
}

TEST(Link, WhatCameBeforeTerminateIsDoneThoughTheClientHasLeft) {
  TestDoor door;
  {
    Wire wire = Wire::ready(door);
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += query("insert");
    wire.send(bytes + test::terminate());
  }
  EXPECT_TRUE(soon([&] { return door.door->connection_count() == 0; }));
  EXPECT_EQ(door.database.inserted, 100);
  EXPECT_EQ(door.database.ended, 1);
}

TEST(Link, TheSessionEndsBeforeTheConnectionDoes) {
  TestDoor door;
  for (int i = 1; i <= 50; ++i) {
    Wire wire = Wire::ready(door);
    wire.send(test::terminate());
    EXPECT_TRUE(wire.sees_end());
    EXPECT_EQ(door.database.ended, i);
  }
}

TEST(Link, AnIdleClientHearsOfNotifications) {
  TestDoor door;
  Wire listener = Wire::ready(door);
  Wire speaker = Wire::ready(door);

  EXPECT_EQ(speaker.ask(query("notify channel hello")),
            (Lines{"C NOTIFY", "A 1001 channel hello", "Z I"}));

  EXPECT_EQ(listener.next(), "A 1001 channel hello");
}

TEST(Link, ABusyClientHearsOfThemLater) {
  TestDoor door;
  Wire listener = Wire::ready(door);
  listener.send(query("sleep"));
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));
  door.database.notify_all({7, "c", "p"});

  Wire(door).send(test::cancel_request(listener.process_id, listener.secret));

  EXPECT_EQ(listener.until_ready(),
            (Lines{"E ERROR 57014 canceling statement due to user request", "A 7 c p", "Z I"}));
}

TEST(Link, WithoutThreadsTheClientIsToldAndLetGo) {
  TestDoor door({.thread_count_max = 1});
  Wire first = Wire::ready(door);
  first.send(query("sleep"));
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));
  // The only thread is taken, so this one waits; it is not lost.
  Wire second(door);
  second.send(test::startup());
  EXPECT_EQ(second.receive_soon(50), "");

  first.close();

  EXPECT_EQ(second.until_ready().back(), "Z I");
}

}  // namespace
}  // namespace latchkey::pgwire
