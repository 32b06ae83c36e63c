#include "doors/net/output.h"

#include <gtest/gtest.h>

#include <string>

#include "doors/net/test_support/engine_with_held_log.h"

namespace latchkey::net {
namespace {

using storage::Lsn;

struct OutputTest : testing::Test {
  test::EngineWithHeldLog engine{nullptr};
  BufferPool pool{engine};
  Output output{pool, 1 << 20};
};

TEST_F(OutputTest, WhatDependsOnNothingMayBeSentAtOnce) {
  output.append("+OK\r\n");
  output.depend(Lsn{0});

  EXPECT_EQ(output.sendable(Lsn{0}), "+OK\r\n");
}

TEST_F(OutputTest, WhatIsNotYetCoveredMayNotBeSent) {
  output.append("+OK\r\n");

  EXPECT_EQ(output.sendable(Lsn{100}), "");
}

TEST_F(OutputTest, EachStretchWaitsForItsOwnVersion) {
  output.append("one");
  output.depend(Lsn{10});
  output.append("two");
  output.depend(Lsn{20});

  EXPECT_EQ(output.sendable(Lsn{9}), "");
  EXPECT_EQ(output.sendable(Lsn{10}), "one");
  EXPECT_EQ(output.first_dependency(), Lsn{20});
  output.sent(3);
  EXPECT_EQ(output.sendable(Lsn{20}), "two");
  EXPECT_FALSE(output.holds());
}

// A reply that shows nothing new must not overtake one that does.
TEST_F(OutputTest, OrderIsKeptBehindAHeldStretch) {
  output.append("held");
  output.depend(Lsn{10});
  output.append("free");
  output.depend(Lsn{0});

  EXPECT_EQ(output.sendable(Lsn{9}), "");
  EXPECT_EQ(output.sendable(Lsn{10}), "heldfree");
}

TEST_F(OutputTest, BytesThatWereFreeBeforeAHoldStayFree) {
  output.append("free");
  output.depend(Lsn{0});
  output.append("held");
  output.depend(Lsn{10});

  EXPECT_EQ(output.sendable(Lsn{0}), "free");
}

TEST_F(OutputTest, ManyStretchesAreMergedToTheYoungerVersion) {
  for (std::uint64_t version = 1; version <= 100; ++version) {
    output.append("x");
    output.depend(Lsn{version});
  }

  EXPECT_EQ(output.sendable(Lsn{63}).size(), 63u);
  EXPECT_EQ(output.sendable(Lsn{99}).size(), 63u);
  EXPECT_EQ(output.sendable(Lsn{100}).size(), 100u);
}

TEST_F(OutputTest, RewindAndInsertWorkBehindUnsentBytes) {
  output.append("sent later ");
  output.depend(Lsn{10});
  const std::size_t mark = output.size();
  output.append("ab");
  output.insert(mark, "*2");
  EXPECT_EQ(output.view(), "sent later *2ab");

  output.rewind(mark);

  EXPECT_EQ(output.view(), "sent later ");
}

TEST_F(OutputTest, PastTheLimitItDropsAllAndTakesNoMore) {
  output.append("held");
  output.depend(Lsn{10});

  output.append(std::string(2 << 20, 'x'));

  EXPECT_TRUE(output.overflowed());
  EXPECT_EQ(output.size(), 0u);
  output.append("more");
  std::memset(output.room(100), 'x', 100);
  output.commit(100);
  output.rewind(4);
  output.insert(4, "header");
  output.depend(Lsn{11});
  EXPECT_EQ(output.size(), 0u);
  EXPECT_EQ(output.sendable(Lsn{20}), "");
}

TEST_F(OutputTest, ARefusedBudgetOverflowsToo) {
  engine.refuse_memory(true);

  output.append(std::string(100'000, 'x'));

  EXPECT_TRUE(output.overflowed());
}

}  // namespace
}  // namespace latchkey::net
