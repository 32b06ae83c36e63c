#include "doors/pgwire/exchange.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "doors/net/mailbox.h"
#include "doors/pgwire/test_support/frontend.h"
#include "doors/pgwire/test_support/test_door.h"

namespace latchkey::pgwire {
namespace {

using Task = Exchange::Task;
using test::soon;

/// An exchange whose wakes are counted.
class TestExchange {
 public:
  /// How often the worker was woken since the last call.
  std::size_t take_wakes() { return mailbox_->take().wakes.size(); }

  std::int64_t charged = 0;
  bool refuses = false;

 private:
  ReserveMemory budget_ = [this](std::int64_t bytes) {
    if (bytes > 0 && refuses) return false;
    charged += bytes;
    return true;
  };
  std::shared_ptr<net::Mailbox> mailbox_ = std::make_shared<net::Mailbox>([] {});

 public:
  Exchange exchange{net::Waker(mailbox_, 1), budget_};

  /// Past the lock-step of the start.
  Exchange& ready() {
    exchange.enter(Phase::Ready);
    return exchange;
  }
};

Message query(const std::string& text) { return test::delivered(test::query(text)); }

Result<void> send(Exchange& exchange, std::string bytes, Room room = Room::Take,
                  storage::Lsn version = {}) {
  return exchange.send(bytes, version, room);
}

TEST(Exchange, MessagesComeInOrderAndTheExecutorEndsBehindTheLast) {
  TestExchange test;
  Exchange& exchange = test.ready();
  EXPECT_FALSE(exchange.claim());
  exchange.put(query("a"));
  exchange.put(query("b"));

  EXPECT_TRUE(exchange.claim());
  EXPECT_FALSE(exchange.claim());
  Message message;
  EXPECT_EQ(exchange.next(message), Task::Message);
  EXPECT_EQ(message.body, test::cstring("a"));
  EXPECT_EQ(exchange.next(message), Task::Message);
  EXPECT_EQ(message.body, test::cstring("b"));
  EXPECT_EQ(exchange.next(message), Task::None);

  EXPECT_FALSE(exchange.claim());
  exchange.put(query("c"));
  EXPECT_TRUE(exchange.claim());
}

TEST(Exchange, BeforeItIsReadyOneMessageIsTakenAtATime) {
  TestExchange test;
  Exchange& exchange = test.exchange;
  EXPECT_TRUE(exchange.intake().may_put);
  EXPECT_FALSE(exchange.put(test::delivered_packet(test::startup())).may_put);
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  EXPECT_FALSE(exchange.intake().may_put);
  exchange.enter(Phase::Authentication);
  EXPECT_EQ(test.take_wakes(), 0u);

  EXPECT_EQ(exchange.next(message), Task::None);

  EXPECT_EQ(test.take_wakes(), 1u);
  EXPECT_TRUE(exchange.intake().may_put);
  EXPECT_EQ(exchange.intake().phase, Phase::Authentication);
}

TEST(Exchange, TooManyMessagesHoldTheReaderBackUntilHalfAreGone) {
  TestExchange test;
  Exchange& exchange = test.ready();
  const std::string large(100'000, 'x');
  int count = 1;
  while (exchange.put(query(large)).may_put) ++count;
  EXPECT_EQ(count, 11);
  ASSERT_TRUE(exchange.claim());

  Message message;
  int taken = 0;
  while (test.take_wakes() == 0) {
    ASSERT_EQ(exchange.next(message), Task::Message);
    ++taken;
  }

  EXPECT_EQ(taken, 6);
  EXPECT_TRUE(exchange.intake().may_put);
}

TEST(Exchange, ManySmallMessagesAreTooManyToo) {
  TestExchange test;
  Exchange& exchange = test.ready();
  std::size_t count = 1;
  while (exchange.put(test::delivered(test::sync())).may_put) ++count;
  EXPECT_LE(count, Exchange::kMessageBytesMax / 64);
}

TEST(Exchange, TheWorkerIsWokenForTheFirstReplyOnly) {
  TestExchange test;
  Exchange& exchange = test.ready();
  ASSERT_TRUE(send(exchange, "a", Room::Wait, storage::Lsn{3}).has_value());
  EXPECT_EQ(test.take_wakes(), 1u);
  ASSERT_TRUE(send(exchange, "b", Room::Wait).has_value());
  EXPECT_EQ(test.take_wakes(), 0u);

  Reply reply;
  EXPECT_TRUE(exchange.take_reply(reply));
  EXPECT_EQ(reply.bytes, "a");
  EXPECT_EQ(reply.version, storage::Lsn{3});
  EXPECT_TRUE(exchange.take_reply(reply));
  EXPECT_EQ(reply.bytes, "b");
  EXPECT_FALSE(exchange.take_reply(reply));
  ASSERT_TRUE(send(exchange, "c", Room::Wait).has_value());
  EXPECT_EQ(test.take_wakes(), 1u);
}

// At the end of a message the executor asks for the next at once, and wakes the worker behind that.
TEST(Exchange, TheEndOfAnAnswerWakesTheWorkerWithTheNextTask) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  ASSERT_TRUE(send(exchange, "a", Room::Take).has_value());
  EXPECT_EQ(test.take_wakes(), 0u);

  EXPECT_EQ(exchange.next(message), Task::None);

  EXPECT_EQ(test.take_wakes(), 1u);
}

TEST(Exchange, WhoWaitsForTheClientHasSaidAllBefore) {
  TestExchange test;
  Exchange& exchange = test.ready();
  ASSERT_TRUE(send(exchange, "a", Room::Take).has_value());
  exchange.put(query("b"));

  ASSERT_TRUE(exchange.receive().has_value());

  EXPECT_EQ(test.take_wakes(), 1u);
}

TEST(Exchange, RoomForAReplyIsUsedAgain) {
  TestExchange test;
  Exchange& exchange = test.ready();
  std::string bytes(40'000, 'x');
  ASSERT_TRUE(exchange.send(bytes, {}, Room::Take).has_value());
  Reply reply;
  ASSERT_TRUE(exchange.take_reply(reply));
  EXPECT_FALSE(exchange.take_reply(reply));

  bytes = "y";
  ASSERT_TRUE(exchange.send(bytes, {}, Room::Take).has_value());

  EXPECT_TRUE(bytes.empty());
  EXPECT_GE(bytes.capacity(), 40'000u);
}

/// Sends pieces of 64 KiB from a thread of its own until one fails.
class Sender {
 public:
  explicit Sender(Exchange& exchange)
      : thread_([this, &exchange] {
          while (true) {
            const auto sent = send(exchange, std::string(64 * 1024, 'x'), Room::Wait);
            if (!sent.has_value()) {
              failure = sent.error().message();
              return;
            }
            ++count;
          }
        }) {}
  ~Sender() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  /// Until it waits: nothing is sent any more.
  std::size_t wait_until_it_waits() {
    std::size_t before = 0;
    soon([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return std::exchange(before, count.load()) == count && count > 0;
    });
    return count;
  }
  std::atomic<std::size_t> count{0};
  std::string failure;

 private:
  std::thread thread_;
};

TEST(Exchange, AStatementWaitsUntilItsRepliesAreTaken) {
  TestExchange test;
  Exchange& exchange = test.ready();
  Sender sender(exchange);
  EXPECT_EQ(sender.wait_until_it_waits(), 15u);

  Reply reply;
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(exchange.take_reply(reply));
  EXPECT_EQ(sender.wait_until_it_waits(), 15u);
  ASSERT_TRUE(exchange.take_reply(reply));
  EXPECT_TRUE(soon([&] { return sender.count == 23; }));

  (void)exchange.hang_up(Exchange::Farewell::Abrupt);
  sender.join();
  EXPECT_EQ(sender.failure, "the client has gone");
}

TEST(Exchange, AStatementThatWaitsForRoomCanBeCancelled) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  Sender sender(exchange);
  sender.wait_until_it_waits();

  EXPECT_TRUE(exchange.cancel());

  sender.join();
  EXPECT_EQ(sender.failure, "canceling statement due to user request");
  // What was sent stays, in order; the error message follows it.
  Reply reply;
  for (std::size_t i = 0; i <= sender.count; ++i) EXPECT_TRUE(exchange.take_reply(reply));
  EXPECT_FALSE(exchange.take_reply(reply));
}

TEST(Exchange, WithoutRoomNoFurtherMessageIsHandled) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));
  exchange.put(query("b"));
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  ASSERT_TRUE(send(exchange, std::string(Exchange::kReplyBytesMax, 'x')).has_value());

  EXPECT_EQ(exchange.next(message), Task::None);
  EXPECT_FALSE(exchange.claim());
  Reply reply;
  ASSERT_TRUE(exchange.take_reply(reply));

  EXPECT_TRUE(exchange.claim());
  EXPECT_EQ(exchange.next(message), Task::Message);
}

TEST(Exchange, ReceiveWaitsForTheNextMessage) {
  TestExchange test;
  Exchange& exchange = test.ready();
  std::thread client([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    exchange.put(test::delivered(test::copy_data("x")));
  });

  const auto message = exchange.receive();

  client.join();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->body, "x");
}

TEST(Exchange, ReceiveEndsWithItsStatement) {
  const auto received = [](auto interrupt) {
    TestExchange test;
    Exchange& exchange = test.ready();
    exchange.put(query("copy"));
    EXPECT_TRUE(exchange.claim());
    Message message;
    EXPECT_EQ(exchange.next(message), Task::Message);
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      interrupt(exchange);
    });
    const auto result = exchange.receive();
    other.join();
    return result.has_value() ? "a message" : result.error().message();
  };
  EXPECT_EQ(received([](Exchange& exchange) { EXPECT_TRUE(exchange.cancel()); }),
            "canceling statement due to user request");
  EXPECT_EQ(received([](Exchange& exchange) { EXPECT_TRUE(exchange.say_goodbye()); }),
            "canceling statement due to user request");
  EXPECT_EQ(received([](Exchange& exchange) {
              EXPECT_TRUE(exchange.hang_up(Exchange::Farewell::Abrupt));
            }),
            "the client has gone");
}

TEST(Exchange, ACancellationIsForTheStatementThatRuns) {
  TestExchange test;
  Exchange& exchange = test.ready();
  EXPECT_FALSE(exchange.cancel());
  exchange.put(query("a"));
  exchange.put(query("b"));
  EXPECT_FALSE(exchange.cancel());
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  EXPECT_TRUE(exchange.cancel());
  ASSERT_EQ(exchange.next(message), Task::Message);

  EXPECT_TRUE(send(exchange, std::string(2 << 20, 'x'), Room::Take).has_value());
  EXPECT_EQ(exchange.next(message), Task::None);
  EXPECT_FALSE(exchange.cancel());
}

TEST(Exchange, WhatCameBeforeTerminateIsDoneAfterTheClientLeft) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));
  exchange.put(test::delivered(test::terminate()));

  EXPECT_FALSE(exchange.hang_up(Exchange::Farewell::Orderly));

  ASSERT_TRUE(exchange.claim());
  Message message;
  EXPECT_EQ(exchange.next(message), Task::Message);
  EXPECT_FALSE(send(exchange, "x").has_value());
  EXPECT_EQ(exchange.next(message), Task::Message);
  EXPECT_EQ(message.type, FrontendType::Terminate);
  exchange.close();
  EXPECT_EQ(exchange.next(message), Task::End);
  exchange.finish();
  EXPECT_TRUE(exchange.is_over());
  EXPECT_FALSE(exchange.claim());
}

TEST(Exchange, NothingIsDoneForAClientThatBrokeOff) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));

  EXPECT_FALSE(exchange.hang_up(Exchange::Farewell::Abrupt));

  ASSERT_TRUE(exchange.claim());
  Message message;
  EXPECT_EQ(exchange.next(message), Task::End);
}

TEST(Exchange, ItIsOverWhenAllRepliesAreTaken) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(test::delivered(test::terminate()));
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  ASSERT_TRUE(send(exchange, "x").has_value());
  exchange.close();
  ASSERT_EQ(exchange.next(message), Task::End);
  (void)test.take_wakes();
  exchange.finish();

  EXPECT_EQ(test.take_wakes(), 1u);
  EXPECT_FALSE(exchange.is_over());
  Reply reply;
  ASSERT_TRUE(exchange.take_reply(reply));
  EXPECT_TRUE(exchange.is_over());
}

TEST(Exchange, NotificationsStartAnExecutorOnce) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.notify();
  exchange.notify();
  ASSERT_TRUE(exchange.claim());
  Message message;
  EXPECT_EQ(exchange.next(message), Task::Notify);
  EXPECT_EQ(exchange.next(message), Task::None);
  EXPECT_FALSE(exchange.claim());
}

TEST(Exchange, GoodbyeIsSaidOnceAndBeforeAllElse) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));
  EXPECT_FALSE(exchange.say_goodbye());
  ASSERT_TRUE(exchange.claim());
  Message message;
  ASSERT_EQ(exchange.next(message), Task::Message);
  EXPECT_EQ(message.type, FrontendType::Fault);
  EXPECT_EQ(message.fault->code(), ErrorCode::ShuttingDown);
  EXPECT_FALSE(exchange.say_goodbye());
  EXPECT_EQ(exchange.next(message), Task::Message);
  EXPECT_EQ(message.type, FrontendType::Query);
}

TEST(Exchange, WithoutAThreadTheClientGetsLastWords) {
  TestExchange test;
  Exchange& exchange = test.ready();
  exchange.put(query("a"));
  ASSERT_TRUE(exchange.claim());

  exchange.give_up("last words");

  EXPECT_EQ(test.take_wakes(), 1u);
  Reply reply;
  ASSERT_TRUE(exchange.take_reply(reply));
  EXPECT_EQ(reply.bytes, "last words");
  EXPECT_TRUE(exchange.is_over());
  EXPECT_FALSE(exchange.claim());
}

TEST(Exchange, RepliesAreCharged) {
  TestExchange test;
  Exchange& exchange = test.ready();
  ASSERT_TRUE(send(exchange, std::string(50'000, 'x'), Room::Wait).has_value());
  EXPECT_EQ(test.charged, 50'000);
  Reply reply;
  ASSERT_TRUE(exchange.take_reply(reply));
  ASSERT_FALSE(exchange.take_reply(reply));
  EXPECT_EQ(test.charged, 0);

  test.refuses = true;
  const auto refused = send(exchange, std::string(50'000, 'x'), Room::Wait);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::MemoryExhausted);
  EXPECT_TRUE(send(exchange, "the error itself").has_value());
}

// Threads put, take, notify and execute at random; every message must come through.
TEST(Exchange, NoMessageAndNoReplyIsLostBetweenThreads) {
  TestExchange test;
  Exchange& exchange = test.ready();
  constexpr int kMessages = 20'000;
  std::atomic<int> executors{0};
  std::atomic<int> handled{0};
  std::atomic<bool> is_done{false};
  const auto execute = [&] {
    EXPECT_EQ(++executors, 1);
    Message message;
    for (;;) {
      const Task task = exchange.next(message);
      if (task == Task::None) return;
      if (task == Task::Notify) continue;
      ++handled;
      (void)send(exchange, std::string(200, 'r'), handled % 3 == 0 ? Room::Wait : Room::Take);
    }
  };
  // A pool of one: it is told that a claim was won.
  std::atomic<int> claims{0};
  std::thread executor([&] {
    while (!is_done) {
      if (claims == 0) {
        std::this_thread::yield();
        continue;
      }
      --claims;
      --executors;  // the one before has ended, or the claim had not been won
      execute();
    }
  });
  executors = 1;
  std::thread notifier([&] {
    while (!is_done) {
      exchange.notify();
      if (exchange.claim()) ++claims;
      std::this_thread::yield();
    }
  });

  std::size_t replies = 0;
  Reply reply;
  for (int put = 0; replies < kMessages;) {
    if (put < kMessages && exchange.intake().may_put) {
      exchange.put(query("x"));
      ++put;
    }
    while (exchange.take_reply(reply)) ++replies;
    if (exchange.claim()) ++claims;
  }
  is_done = true;
  notifier.join();
  executor.join();
  EXPECT_EQ(handled, kMessages);
}

}  // namespace
}  // namespace latchkey::pgwire
