#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(TransactionCommands, QueuesAndExecutes) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "MULTI|SET a 1|INCR a|GET a|", "+OK|+QUEUED|+QUEUED|+QUEUED|");
  LK_EXPECT_ANSWER(wire, "EXEC|", "*3|+OK|:2|$1|2|");
  LK_EXPECT_ANSWER(wire, "MULTI|EXEC|", "+OK|*0|");
}

TEST(TransactionCommands, ACommandThatFailsInsideDoesNotStopTheOthers) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(
      wire, "MULTI|SET a x|INCR a|SET b y|EXEC|",
      "+OK|+QUEUED|+QUEUED|+QUEUED|*3|+OK|-ERR value is not an integer or out of range|+OK|");
}

TEST(TransactionCommands, AnErrorWhileQueueingDiscardsAll) {
  TestDoor door;
  Wire wire(door);
  const char* const errors[] = {
      "NOSUCH x|-ERR unknown command 'NOSUCH', with args beginning with: 'x' |",
      "GET|-ERR wrong number of arguments for 'get' command|",
      "SAVE|-ERR Command not allowed inside a transaction|",
      "OBJECT NOSUCH x|-ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP.|",
      "CLIENT NOSUCH|-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.|",
      "CONFIG SET x|-ERR wrong number of arguments for 'config\\|set' command|",
  };
  for (const std::string both : errors) {
    const std::size_t bar = both.find('|') + 1;
    LK_EXPECT_ANSWER(wire, "MULTI|SET a 1|" + both.substr(0, bar) + "EXEC|",
                     "+OK|+QUEUED|" + both.substr(bar) +
                         "-EXECABORT Transaction discarded because of previous errors.|");
  }
  LK_EXPECT_ANSWER(wire, "GET a|EXEC|", "$-1|-ERR EXEC without MULTI|");
}

TEST(TransactionCommands, MisplacedOnesAreErrorsAndChangeNothing) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "EXEC|DISCARD|", "-ERR EXEC without MULTI|-ERR DISCARD without MULTI|");
  LK_EXPECT_ANSWER(wire, "MULTI|MULTI|WATCH k|SET a 1|EXEC|",
                   "+OK|-ERR MULTI calls can not be nested|-ERR WATCH inside MULTI is not "
                   "allowed|+QUEUED|*1|+OK|");
  LK_EXPECT_ANSWER(wire, "MULTI|SET a 2|DISCARD|GET a|", "+OK|+QUEUED|+OK|$1|1|");
}

TEST(TransactionCommands, AWatchedKeyThatChangedStopsExec) {
  TestDoor door;
  Wire wire(door), other(door);
  LK_EXPECT_ANSWER(wire, "SET k 1|WATCH k|MULTI|SET k 2|", "+OK|+OK|+OK|+QUEUED|");

  LK_EXPECT_ANSWER(other, "SET k 3|", "+OK|");

  LK_EXPECT_ANSWER(wire, "EXEC|GET k|", "*-1|$1|3|");
  LK_EXPECT_ANSWER(wire, "MULTI|SET k 4|EXEC|", "+OK|+QUEUED|*1|+OK|");
  EXPECT_EQ(wire.line("HELLO 3"), "%7");
  wire.receive_soon();
  LK_EXPECT_ANSWER(wire, "WATCH k|SET k 5|MULTI|GET k|EXEC|", "+OK|+OK|+OK|+QUEUED|_|");
}

TEST(TransactionCommands, UnwatchAndDiscardForgetWatches) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "WATCH k|SET k 1|UNWATCH|MULTI|GET k|EXEC|",
                   "+OK|+OK|+OK|+OK|+QUEUED|*1|$1|1|");
  LK_EXPECT_ANSWER(wire, "WATCH k|SET k 2|MULTI|DISCARD|MULTI|GET k|EXEC|",
                   "+OK|+OK|+OK|+OK|+OK|+QUEUED|*1|$1|2|");
}

TEST(TransactionCommands, AQueueIsPaidForAndGivenBack) {
  TestDoor door;
  const std::int64_t before = door.engine.reserved_bytes();
  {
    Wire wire(door);
    LK_EXPECT_ANSWER(wire, "MULTI|", "+OK|");
    const std::string value(60'000, 'v');  // shorter than the longest line
    for (int i = 0; i < 40; ++i) LK_EXPECT_ANSWER(wire, "SET k " + value + "|", "+QUEUED|");
    EXPECT_GT(door.engine.reserved_bytes(), before + 2'000'000);

    door.engine.refuse_memory(true);
    EXPECT_EQ(wire.line("SET k v").substr(0, 5), "-OOM ");
    door.engine.refuse_memory(false);
    LK_EXPECT_ANSWER(wire, "EXEC|",
                     "-EXECABORT Transaction discarded because of previous errors.|");
    LK_EXPECT_ANSWER(wire, "MULTI|SET k v|", "+OK|+QUEUED|");
  }
  EXPECT_TRUE(test::soon([&] { return door.server->stats().connections_open == 0; }));
  EXPECT_LE(door.engine.reserved_bytes(), before + (8 << 20));
}

}  // namespace
}  // namespace latchkey::resp
