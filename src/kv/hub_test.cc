#include "kv/hub.h"

#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

using Lines = std::vector<std::string>;

TEST(Hub, DeliversToChannelsAndPatternsAndCountsBoth) {
  Hub hub;
  TestSubscriber one;
  TestSubscriber two;
  EXPECT_TRUE(hub.subscribe(one, "news"));
  EXPECT_TRUE(hub.subscribe_pattern(one, "n*"));
  EXPECT_TRUE(hub.subscribe(two, "news"));

  EXPECT_EQ(hub.publish("news", "hello"), 3u);
  EXPECT_EQ(hub.publish("night", "dark"), 1u);
  EXPECT_EQ(hub.publish("else", "lost"), 0u);

  EXPECT_EQ(one.received, (Lines{"news hello", "n* news hello", "n* night dark"}));
  EXPECT_EQ(two.received, Lines{"news hello"});
}

TEST(Hub, TellsNewSubscriptionsFromOldOnes) {
  Hub hub;
  TestSubscriber one;

  EXPECT_TRUE(hub.subscribe(one, "a"));
  EXPECT_FALSE(hub.subscribe(one, "a"));
  EXPECT_TRUE(hub.unsubscribe(one, "a"));
  EXPECT_FALSE(hub.unsubscribe(one, "a"));
  EXPECT_FALSE(hub.unsubscribe_pattern(one, "a"));
  EXPECT_TRUE(hub.idle());
}

TEST(Hub, ForgetsASubscriberAsAWhole) {
  Hub hub;
  TestSubscriber one;
  TestSubscriber two;
  hub.subscribe(one, "a");
  hub.subscribe(one, "b");
  hub.subscribe_pattern(one, "*");
  hub.subscribe(two, "b");

  hub.unsubscribe_all(one);

  EXPECT_EQ(hub.publish("a", "x"), 0u);
  EXPECT_EQ(hub.publish("b", "y"), 1u);
  EXPECT_TRUE(one.received.empty());
  EXPECT_FALSE(hub.idle());
  hub.unsubscribe_all(two);
  EXPECT_TRUE(hub.idle());
}

TEST(Hub, ListsChannelsThatSomebodyHears) {
  Hub hub;
  TestSubscriber one;
  TestSubscriber two;
  hub.subscribe(one, "b");
  hub.subscribe(two, "b");
  hub.subscribe(one, "a1");
  hub.subscribe_pattern(one, "z*");

  EXPECT_EQ(hub.channels("*"), (Lines{"a1", "b"}));
  EXPECT_EQ(hub.channels(""), Lines{});
  EXPECT_EQ(hub.channels("a?"), Lines{"a1"});
  EXPECT_EQ(hub.subscriber_count("b"), 2u);
  EXPECT_EQ(hub.subscriber_count("none"), 0u);
  EXPECT_EQ(hub.pattern_count(), 1u);
}

}  // namespace
}  // namespace latchkey::kv::test
