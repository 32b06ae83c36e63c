#include "doors/resp/latency_log.h"

#include <gtest/gtest.h>

namespace latchkey::resp {
namespace {

TEST(LatencyLog, KeepsTheWorstOfEachSecondAndTheWorstOfAll) {
  LatencyLog log;
  log.add("command", {100, 30});
  log.add("command", {100, 50});
  log.add("command", {101, 20});

  const auto history = log.history("command");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].latency_ms, 50);
  const auto events = log.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].latest.latency_ms, 20);
  EXPECT_EQ(events[0].latency_ms_max, 50);
}

TEST(LatencyLog, IsBoundedAndForgetsOnRequest) {
  LatencyLog log;
  for (int i = 0; i < 1000; ++i) log.add("command", {i, 1});
  log.add("other", {1, 1});

  EXPECT_EQ(log.history("command").size(), 160u);
  EXPECT_EQ(log.reset("command"), 1u);
  EXPECT_EQ(log.reset("command"), 0u);
  EXPECT_EQ(log.reset(""), 1u);
  EXPECT_TRUE(log.events().empty());
}

}  // namespace
}  // namespace latchkey::resp
