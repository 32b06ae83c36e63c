#include "doors/resp/command_index.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

TEST(CommandIndex, FindsEveryRowInAnyCaseAndNothingElse) {
  test::TestDoor door;
  CommandIndex index;
  index.build(door.store->commands(), {});

  ASSERT_GT(index.size(), 100u);
  for (const kv::Command* row : door.store->commands().rows()) {
    ASSERT_NE(index.find(row->name), nullptr) << row->name;
    EXPECT_EQ(index.find(row->name)->command, row);
    EXPECT_EQ(index.find(to_lower(row->name))->command, row);
    const std::string longer = std::string(row->name) + "X";
    EXPECT_EQ(index.find(longer) != nullptr, door.store->commands().find(longer) != nullptr);
  }
  EXPECT_EQ(index.find(""), nullptr);
  EXPECT_EQ(index.find("G\0T"), nullptr);
  EXPECT_EQ(index.find("get "), nullptr);
  EXPECT_EQ(index.find(std::string(1000, 'G')), nullptr);
}

TEST(CommandIndex, NumbersRowsInTheOrderOfTheirNames) {
  test::TestDoor door;
  CommandIndex index;
  index.build(door.store->commands(), {});

  for (std::size_t i = 1; i < index.size(); ++i)
    EXPECT_LT(index.at(i - 1).lower_name, index.at(i).lower_name);
  EXPECT_EQ(index.find("EXEC")->special, Special::Exec);
  EXPECT_EQ(index.find("GET")->special, Special::None);
}

}  // namespace
}  // namespace latchkey::resp
