#include "doors/net/mailbox.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace latchkey::net {
namespace {

TEST(Mailbox, ManyLettersCostOneSignal) {
  int signals = 0;
  Mailbox mailbox([&] { ++signals; });

  mailbox.wake(1);
  mailbox.wake(2);
  mailbox.drop(3);
  const Mailbox::Letters letters = mailbox.take();
  mailbox.wake(4);

  EXPECT_EQ(letters.wakes, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(letters.drops, (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(signals, 2);
}

TEST(Mailbox, NewsOfTheLogGoesOnlyToWhomItConcerns) {
  int signals = 0;
  Mailbox mailbox([&] { ++signals; });

  mailbox.tell_stable_moved();
  EXPECT_EQ(signals, 0);
  mailbox.set_awaits_stable(true);
  mailbox.tell_stable_moved();

  EXPECT_EQ(signals, 1);
  EXPECT_TRUE(mailbox.take().stable_moved);
}

TEST(Mailbox, ASocketHandedToAClosedBoxIsClosed) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  Mailbox mailbox([] {});
  mailbox.close();

  mailbox.hand_over({pair[0], nullptr, "", ""});

  char byte;
  EXPECT_EQ(::recv(pair[1], &byte, 1, 0), 0);
  ::close(pair[1]);
}

// A row lock's wait may end long after the connection and its worker have gone.
TEST(Waker, WorksAfterItsWorkerHasGone) {
  auto mailbox = std::make_shared<Mailbox>([] { FAIL() << "signalled after close"; });
  const Waker waker(mailbox, 7);
  mailbox->close();

  waker.wake();
  waker.drop();
  Waker().wake();
}

}  // namespace
}  // namespace latchkey::net
