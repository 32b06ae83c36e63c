#include "doors/resp/slow_log.h"

#include <gtest/gtest.h>

namespace latchkey::resp {
namespace {

TEST(SlowLog, KeepsTheNewest) {
  SlowLog log;
  log.set_length_max(2);
  const Bytes words[] = {"GET", "k"};

  for (int i = 0; i < 5; ++i) log.add(100 + i, 20'000, words, "a:1", "name");

  ASSERT_EQ(log.size(), 2u);
  const auto entries = log.newest(10);
  EXPECT_EQ(entries[0].id, 4u);
  EXPECT_EQ(entries[1].time_s, 103);
  log.set_length_max(1);
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(log.newest(1)[0].id, 4u);
}

TEST(SlowLog, ShortensLongCommandsAsRedisDoes) {
  SlowLog log;
  const std::string long_word(200, 'x');
  const std::vector<Bytes> words(40, long_word);

  log.add(0, 0, words, "", "");

  const auto entries = log.newest(1);
  const auto& arguments = entries[0].arguments;
  ASSERT_EQ(arguments.size(), 32u);
  EXPECT_EQ(arguments[0], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_EQ(arguments[31], "... (9 more arguments)");
}

}  // namespace
}  // namespace latchkey::resp
