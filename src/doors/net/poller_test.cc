#include "doors/net/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::net {
namespace {

struct PollerTest : testing::Test {
  PollerTest() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0); }
  ~PollerTest() override {
    ::close(pair[0]);
    if (pair[1] >= 0) ::close(pair[1]);
  }

  int pair[2];
  Poller poller = Poller::open().value();
  Poller::Event events[8];
};

TEST_F(PollerTest, TellsWhatIsOfInterestAndNothingElse) {
  ASSERT_TRUE(poller.add(pair[0], Poller::kReadable, this).has_value());
  EXPECT_EQ(poller.take(events), 0u);

  ASSERT_EQ(::send(pair[1], "x", 1, 0), 1);

  ASSERT_EQ(poller.take(events), 1u);
  EXPECT_EQ(events[0].owner, this);
  EXPECT_TRUE(events[0].readable);
  EXPECT_FALSE(events[0].writable);
  poller.change(pair[0], Poller::kWritable, this);
  ASSERT_EQ(poller.take(events), 1u);
  EXPECT_FALSE(events[0].readable);
  EXPECT_TRUE(events[0].writable);
}

TEST_F(PollerTest, TellsAgainUntilAllIsRead) {
  ASSERT_TRUE(poller.add(pair[0], Poller::kReadable, this).has_value());
  ASSERT_EQ(::send(pair[1], "xy", 2, 0), 2);
  ASSERT_EQ(poller.take(events), 1u);

  char byte;
  ASSERT_EQ(::recv(pair[0], &byte, 1, 0), 1);

  EXPECT_EQ(poller.take(events), 1u);
}

TEST_F(PollerTest, ThatThePeerHasGoneIsToldWithoutInterest) {
  ASSERT_TRUE(poller.add(pair[0], Poller::kNothing, this).has_value());

  ::close(pair[1]);
  pair[1] = -1;

  ASSERT_EQ(poller.take(events), 1u);
  EXPECT_TRUE(events[0].gone);
}

TEST_F(PollerTest, WhatIsNoSocketIsAnError) {
  const Result<void> added = poller.add(-1, Poller::kReadable, this);

  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code(), ErrorCode::IoError);
}

}  // namespace
}  // namespace latchkey::net
