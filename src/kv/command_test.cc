#include "kv/command.h"

#include <gtest/gtest.h>

#include "kv/commands.h"
#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

std::vector<std::size_t> keys_of(const KeySpec& spec, const std::vector<Bytes>& arguments) {
  const Command command{"X", at_least(1), spec, kRead, nullptr, "", "", ""};
  std::vector<std::size_t> indexes;
  for_each_key(
      command, arguments,
      [](void* context, std::size_t index) {
        static_cast<std::vector<std::size_t>*>(context)->push_back(index);
      },
      &indexes);
  return indexes;
}

using Indexes = std::vector<std::size_t>;

TEST(CommandTable, FindsNamesInAnyCase) {
  TestStore db;
  const CommandTable& table = db.store->commands();

  ASSERT_NE(table.find("get"), nullptr);
  EXPECT_EQ(table.find("gEt")->name, "GET");
  EXPECT_EQ(table.find("GE"), nullptr);
  EXPECT_EQ(table.find("GETT"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_EQ(table.find(std::string(10'000, 'x')), nullptr);
}

TEST(CommandTable, EveryRowIsFoundAndInOrderAndSaysWhatItDoes) {
  TestStore db;
  const CommandTable& table = db.store->commands();
  Bytes before;

  for (const Command* row : table.rows()) {
    EXPECT_EQ(table.find(row->name), row);
    EXPECT_LT(before, row->name);
    EXPECT_NE(row->handler, nullptr) << row->name;
    EXPECT_FALSE(row->summary.empty()) << row->name;
    EXPECT_FALSE(row->cost.empty()) << row->name;
    EXPECT_FALSE(row->group.empty()) << row->name;
    EXPECT_NE((row->flags & kRead) != 0, (row->flags & kWrite) != 0) << row->name;
    before = row->name;
  }
}

TEST(Arity, ReadsExactAndLeastCounts) {
  EXPECT_TRUE(exactly(2).admits(2));
  EXPECT_FALSE(exactly(2).admits(3));
  EXPECT_TRUE(at_least(2).admits(5));
  EXPECT_FALSE(at_least(2).admits(1));
}

TEST(KeySpec, NamesTheKeysOfACall) {
  EXPECT_EQ(keys_of(kNoKeys, {"X", "a"}), Indexes{});
  EXPECT_EQ(keys_of(kFirstKey, {"X", "a", "b"}), Indexes{1});
  EXPECT_EQ(keys_of(kTwoKeys, {"X", "a", "b", "c"}), (Indexes{1, 2}));
  EXPECT_EQ(keys_of(kAllKeys, {"X", "a", "b", "c"}), (Indexes{1, 2, 3}));
  EXPECT_EQ(keys_of(kEverySecond, {"X", "a", "1", "b", "2"}), (Indexes{1, 3}));
  EXPECT_EQ(keys_of(kCountedKeys, {"X", "2", "a", "b", "c"}), (Indexes{2, 3}));
  EXPECT_EQ(keys_of(kDestinationAndCountedKeys, {"X", "d", "2", "a", "b", "c"}),
            (Indexes{1, 3, 4}));
}

TEST(KeySpec, NeverPointsPastTheArguments) {
  EXPECT_EQ(keys_of(kFirstKey, {"X"}), Indexes{});
  EXPECT_EQ(keys_of(kTwoKeys, {"X", "a"}), Indexes{1});
  EXPECT_EQ(keys_of(kCountedKeys, {"X"}), Indexes{});
  for (const Bytes count : {"9223372036854775807", "-1", "0", "x", ""}) {
    for (const std::size_t index : keys_of(kCountedKeys, {"X", count, "a"})) EXPECT_EQ(index, 2u);
  }
  EXPECT_EQ(keys_of(kCountedKeys, {"X", "9223372036854775807", "a"}), Indexes{2});
}

}  // namespace
}  // namespace latchkey::kv::test
