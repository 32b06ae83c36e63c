#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(CommandCommand, InfoOfOneCommandIsRedisOwn) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "COMMAND INFO get nosuch|",
                   "*2|*10|$3|get|:2|*2|+readonly|+fast|:1|:1|:1|*3|+@read|+@string|+@fast|*0|*1|*"
                   "6|$5|flags|*2|+RO|"
                   "+access|$12|begin_search|*4|$4|type|$5|index|$4|spec|*2|$5|index|:1|$9|find_"
                   "keys|*4|$4|type|$5|"
                   "range|$4|spec|*6|$7|lastkey|:0|$7|keystep|:1|$5|limit|:0|*0|$-1|");
}

TEST(CommandCommand, CountFitsTheList) {
  TestDoor door;
  Wire wire(door);
  const std::string count = wire.line("COMMAND COUNT").substr(1);

  EXPECT_EQ(wire.line("COMMAND LIST"), "*" + count);
  wire.receive_soon();
  EXPECT_EQ(wire.line("COMMAND"), "*" + count);
  wire.receive_soon();
  EXPECT_EQ(wire.line("COMMAND DOCS"), "*" + std::to_string(2 * std::stol(count)));
  EXPECT_EQ(count, std::to_string(door.store->commands().rows().size()));
}

TEST(CommandCommand, FindsKeys) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "COMMAND GETKEYS MSET a 1 b 2|", "*2|$1|a|$1|b|");
  LK_EXPECT_ANSWER(wire, "COMMAND GETKEYS ZUNIONSTORE d 2 a b|", "*3|$1|d|$1|a|$1|b|");
  LK_EXPECT_ANSWER(wire, "COMMAND GETKEYS PING|", "-ERR The command has no key arguments|");
  LK_EXPECT_ANSWER(wire, "COMMAND GETKEYS NOSUCH x|", "-ERR Invalid command specified|");
  LK_EXPECT_ANSWER(wire, "COMMAND GETKEYS GET|",
                   "-ERR Invalid number of arguments specified for command|");
  LK_EXPECT_ANSWER(wire, "COMMAND GETKEYSANDFLAGS GET a|", "*1|*2|$1|a|*2|+RO|+access|");
}

TEST(CommandCommand, DocsTellWhatACommandDoes) {
  TestDoor door;
  Wire wire(door);
  EXPECT_EQ(wire.line("HELLO 3"), "%7");
  wire.receive_soon();

  LK_EXPECT_ANSWER(wire, "COMMAND DOCS echo nosuch|",
                   "%1|$4|echo|%4|$7|summary|$23|Returns the given "
                   "text.|$5|since|$5|1.0.0|$5|group|$10|connection|"
                   "$10|complexity|$8|constant|");
}

TEST(CommandCommand, ListFilters) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "COMMAND LIST FILTERBY PATTERN ech*|", "*1|$4|echo|");
  LK_EXPECT_ANSWER(wire, "COMMAND LIST FILTERBY MODULE x|", "*0|");
  EXPECT_NE(wire.line("COMMAND LIST FILTERBY ACLCAT hash"), "*0");
}

}  // namespace
}  // namespace latchkey::resp
