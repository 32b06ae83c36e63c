#include "doors/pgwire/links.h"

#include <gtest/gtest.h>

#include <thread>

#include "doors/pgwire/door_state.h"
#include "doors/pgwire/link.h"
#include "doors/pgwire/test_support/fake_session.h"

namespace latchkey::pgwire {
namespace {

/// A door without sockets, whose links have no clients.
struct TestLinks {
  std::shared_ptr<Link> open() { return Link::open(door, net::Waker(), "nowhere"); }

  test::FakeDatabase database;
  DoorState door{DoorOptions(), database.opener(), 1};
  Links& links = door.links;
};

TEST(Links, FindWhoHasTheRightKey) {
  TestLinks test;
  const auto first = test.open();
  const auto second = test.open();
  test.links.publish(*first, {1, 100});
  test.links.publish(*second, {2, 200});

  EXPECT_EQ(test.links.find({1, 100}), first);
  EXPECT_EQ(test.links.find({2, 200}), second);
  EXPECT_EQ(test.links.find({1, 200}), nullptr);
  EXPECT_EQ(test.links.find({3, 100}), nullptr);
}

TEST(Links, AKeyEndsWithItsSessionAndNotWithAnother) {
  TestLinks test;
  const auto first = test.open();
  const auto second = test.open();
  test.links.publish(*first, {1, 100});
  test.links.publish(*second, {1, 200});

  test.links.retract({1, 100});
  EXPECT_EQ(test.links.find({1, 200}), second);
  test.links.retract({1, 200});
  EXPECT_EQ(test.links.find({1, 200}), nullptr);
}

TEST(Links, WhoHasGoneIsNotFound) {
  TestLinks test;
  auto link = test.open();
  test.links.publish(*link, {1, 100});

  link.reset();

  EXPECT_EQ(test.links.find({1, 100}), nullptr);
  EXPECT_TRUE(test.links.all().empty());
}

TEST(Links, WaitUntilTheLastHasGone) {
  TestLinks test;
  EXPECT_TRUE(test.links.wait_empty(std::chrono::milliseconds(0)));
  auto link = test.open();
  EXPECT_EQ(test.links.count(), 1u);
  EXPECT_EQ(test.links.all().size(), 1u);
  EXPECT_FALSE(test.links.wait_empty(std::chrono::milliseconds(5)));

  std::thread other([&] { link.reset(); });

  EXPECT_TRUE(test.links.wait_empty(std::chrono::seconds(10)));
  other.join();
}

}  // namespace
}  // namespace latchkey::pgwire
