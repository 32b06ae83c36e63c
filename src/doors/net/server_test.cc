#include "doors/net/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "doors/net/test_support/engine_with_held_log.h"
#include "doors/net/test_support/test_client.h"
#include "env/env.h"

namespace latchkey::net {
namespace {

using storage::Lsn;
using test::TestClient;

/// A protocol of lines, each an order for the test:
///
///   say X      answers X                       hold N X   answers X, which depends on version N
///   wait       answers nothing until woken     fill N     answers N bytes
///   worker     answers the worker's index      slow       answers More for ever
///   quit       answers bye and closes          sleep N    answers "slept" in N ms
///   nap        holds its worker for 100 ms
class LineProtocol final : public Protocol {
 public:
  std::unique_ptr<Conversation> open(Channel& channel) override;
  Bytes refusal() const override { return "full\n"; }
  Bytes out_of_memory() const override { return "no memory\n"; }

  void wake_waiting() {
    const std::lock_guard lock(mutex);
    for (const Waker& waker : wakers) waker.wake();
  }
  std::size_t waiting_count() {
    const std::lock_guard lock(mutex);
    return wakers.size();
  }

  std::mutex mutex;
  std::vector<Waker> wakers;
  std::atomic<bool> woken{false};
  std::atomic<int> open_count{0};
  std::atomic<int> foreseen_count{0};     // by conversations whose turn has not come
  std::atomic<int> foreseen_together{0};  // the most at one fetch
  std::size_t input_bytes_max = 1 << 20;
};

class LineConversation final : public Conversation {
 public:
  LineConversation(LineProtocol& protocol, Channel& channel)
      : protocol_(protocol), channel_(channel) {
    ++protocol_.open_count;
  }
  ~LineConversation() override { --protocol_.open_count; }

  TurnResult converse() override {
    TurnResult result;
    if (slow_) return {Progress::More, {}};
    if (waiting_) {
      if (!protocol_.woken) return {Progress::Waiting, {}};
      waiting_ = false;
      channel_.output().append("woken\n");
    }
    if (sleep_until_us_ != 0 && env::posix().clock->steady_us() >= sleep_until_us_) {
      sleep_until_us_ = 0;
      channel_.output().append("slept\n");
    }
    for (;;) {
      if (channel_.output().size() > kOutputSoftBytes) return {Progress::More, result.depends_on};
      const Bytes input = channel_.input().view();
      const std::size_t end = input.find('\n');
      if (end == Bytes::npos) return result;
      const std::string line(input.substr(0, end));
      channel_.input().consume(end + 1);
      result.progress = obey(line, result);
      if (result.progress != Progress::Idle) return result;
    }
  }
  void foresee() override {
    if (!channel_.input().empty()) ++protocol_.foreseen_count;
  }
  void fetch_foreseen() override {
    const int count = protocol_.foreseen_count.exchange(0);
    if (count > protocol_.foreseen_together) protocol_.foreseen_together = count;
  }
  std::size_t input_bytes_max() const override { return protocol_.input_bytes_max; }

 private:
  Progress obey(const std::string& line, TurnResult& result) {
    Output& output = channel_.output();
    if (line.starts_with("say ")) output.append(line.substr(4) + "\n");
    if (line.starts_with("fill ")) output.append(std::string(std::stoul(line.substr(5)), 'x'));
    if (line == "worker") output.append(std::to_string(channel_.worker_index()) + "\n");
    if (line.starts_with("hold ")) {
      const std::size_t blank = line.find(' ', 5);
      result.depends_on = std::max(result.depends_on, Lsn{std::stoul(line.substr(5, blank))});
      output.append(line.substr(blank + 1) + "\n");
    }
    if (line.starts_with("sleep ")) {
      sleep_until_us_ = env::posix().clock->steady_us() + 1000 * std::stol(line.substr(6));
      channel_.wake_at(sleep_until_us_);
    }
    if (line == "nap") std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (line == "quit") {
      output.append("bye\n");
      return Progress::Close;
    }
    if (line == "slow") {
      slow_ = true;
      return Progress::More;
    }
    if (line == "wait") {
      waiting_ = true;
      const std::lock_guard lock(protocol_.mutex);
      protocol_.wakers.push_back(channel_.waker());
      return Progress::Waiting;
    }
    return Progress::Idle;
  }

  LineProtocol& protocol_;
  Channel& channel_;
  bool waiting_ = false;
  bool slow_ = false;
  std::int64_t sleep_until_us_ = 0;
};

std::unique_ptr<Conversation> LineProtocol::open(Channel& channel) {
  return std::make_unique<LineConversation>(*this, channel);
}

struct ServerTest : testing::Test {
  void start(ServerOptions options = {}) {
    server = Server::start(engine, env::posix(), std::move(options)).value();
    port = server->listen("127.0.0.1", 0, protocol).value();
  }
  template <typename Condition>
  static bool soon(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  test::EngineWithHeldLog engine{nullptr};
  LineProtocol protocol;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
};

TEST_F(ServerTest, AnswersRequestsHoweverTheyAreCut) {
  start();
  TestClient client(port);

  client.send("say a\nsay b\nsa");
  EXPECT_EQ(client.receive(4), "a\nb\n");
  client.send("y c\n");

  EXPECT_EQ(client.receive(2), "c\n");
}

TEST_F(ServerTest, ClosesAfterTheLastAnswer) {
  start();
  TestClient client(port);

  client.send("say a\nquit\nsay b\n");

  EXPECT_EQ(client.receive_to_end(), "a\nbye\n");
}

TEST_F(ServerTest, AnswersWhatCameBeforeTheClientEndedItsSide) {
  start();
  TestClient client(port);

  client.send("say a\n");
  ::shutdown(client.socket(), SHUT_WR);

  EXPECT_EQ(client.receive_to_end(), "a\n");
  EXPECT_TRUE(soon([&] { return protocol.open_count == 0; }));
}

TEST_F(ServerTest, SpreadsConnectionsOverTheWorkersAndKeepsThemThere) {
  start({.worker_count = 2});
  TestClient first(port), second(port);

  first.send("worker\n");
  second.send("worker\n");
  const std::string first_worker = first.receive(2), second_worker = second.receive(2);

  EXPECT_NE(first_worker, second_worker);
  first.send("worker\n");
  EXPECT_EQ(first.receive(2), first_worker);
}

TEST_F(ServerTest, RefusesWhoIsTooMany) {
  start({.connections_max = 1});
  TestClient inside(port);
  inside.send("say a\n");
  ASSERT_EQ(inside.receive(2), "a\n");

  TestClient outside(port);
  EXPECT_EQ(outside.receive_to_end(), "full\n");
  inside.close();

  ASSERT_TRUE(soon([&] { return server->stats().connections_open == 0; }));
  TestClient next(port);
  next.send("say b\n");
  EXPECT_EQ(next.receive(2), "b\n");
  EXPECT_EQ(server->stats().connections_refused, 1u);
}

TEST_F(ServerTest, HoldsAnAnswerUntilWhatItShowsIsStable) {
  engine.hold();
  start();
  TestClient writer(port), reader(port);

  writer.send("hold 10 written\n");
  reader.send("say read\n");

  EXPECT_EQ(reader.receive(5), "read\n");
  EXPECT_EQ(writer.receive_soon(), "");
  engine.release(Lsn{9});
  EXPECT_EQ(writer.receive_soon(), "");
  engine.release(Lsn{10});
  EXPECT_EQ(writer.receive(8), "written\n");
}

TEST_F(ServerTest, AHeldConnectionIsStillReadAndItsAnswersStayInOrder) {
  engine.hold();
  start();
  TestClient client(port);

  client.send("hold 10 first\n");
  ASSERT_EQ(client.receive_soon(50), "");
  client.send("hold 20 second\nsay third\n");
  ASSERT_EQ(client.receive_soon(50), "");
  engine.release(Lsn{10});
  EXPECT_EQ(client.receive(6), "first\n");
  EXPECT_EQ(client.receive_soon(50), "");
  engine.release(Lsn{20});

  EXPECT_EQ(client.receive(13), "second\nthird\n");
}

TEST_F(ServerTest, OneTurnsAnswersAskTheLogOnce) {
  engine.hold();
  start();
  TestClient client(port);

  client.send("hold 10 a\nhold 11 b\nhold 12 c\n");
  ASSERT_EQ(client.receive_soon(50), "");

  EXPECT_EQ(engine.asked_count(), 1u);
  engine.hold_none();
}

TEST_F(ServerTest, ASealedLogClosesHeldConnectionsWithoutAnAnswer) {
  engine.hold();
  start();
  TestClient stable(port), lost(port), reader(port);
  stable.send("hold 5 stable\n");
  lost.send("hold 10 lost\n");
  ASSERT_EQ(lost.receive_soon(50), "");

  engine.release(Lsn{5});
  engine.seal();

  EXPECT_EQ(stable.receive(7), "stable\n");
  bool closed = false;
  EXPECT_EQ(lost.receive_to_end(&closed), "");
  EXPECT_TRUE(closed);
  reader.send("say alive\n");
  EXPECT_EQ(reader.receive(6), "alive\n");
}

TEST_F(ServerTest, AConversationIsWokenFromAnotherThread) {
  start({.worker_count = 2});
  TestClient client(port);
  client.send("wait\nsay after\n");
  ASSERT_TRUE(soon([&] { return protocol.waiting_count() == 1; }));
  ASSERT_EQ(client.receive_soon(50), "");

  protocol.woken = true;
  protocol.wake_waiting();

  EXPECT_EQ(client.receive(12), "woken\nafter\n");
}

TEST_F(ServerTest, RequestsThatCameTogetherAreForeseenTogether) {
  start();
  TestClient busy(port), first(port), second(port), third(port);
  busy.send("say up\n");
  ASSERT_EQ(busy.receive(3), "up\n");

  busy.send("nap\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  for (TestClient* client : {&first, &second, &third}) client->send("say x\n");

  for (TestClient* client : {&first, &second, &third}) EXPECT_EQ(client->receive(2), "x\n");
  EXPECT_EQ(protocol.foreseen_together, 3);
}

TEST_F(ServerTest, AnAlarmWakesAConversationAndNobodyWaitsMeanwhile) {
  start();
  TestClient sleeper(port), other(port);

  sleeper.send("sleep 80\n");
  other.send("say quick\n");

  EXPECT_EQ(other.receive(6), "quick\n");
  EXPECT_EQ(sleeper.receive_soon(20), "");
  EXPECT_EQ(sleeper.receive(6), "slept\n");
}

// The client that never ends its work shares its worker with all others.
TEST_F(ServerTest, EndlessWorkOfOneDoesNotStarveTheOthers) {
  start();
  TestClient greedy(port), other(port);
  greedy.send("slow\n");

  for (int i = 0; i < 100; ++i) {
    other.send("say turn\n");
    ASSERT_EQ(other.receive(5), "turn\n");
  }
}

// Whoever does not read is not served either, and holds no more than a bound.
TEST_F(ServerTest, AClientThatDoesNotReadIsNotReadFrom) {
  start();
  TestClient client(port);
  client.set_patience_ms(300);
  std::string orders;
  for (int i = 0; i < 200; ++i) orders += "fill 400000\n";

  client.send(orders);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));

  EXPECT_LT(server->stats().buffer_bytes, 4u << 20);
  client.set_patience_ms(10'000);
  EXPECT_EQ(client.receive(200 * 400'000).size(), 200u * 400'000);
}

TEST_F(ServerTest, ARequestPastTheInputLimitEndsTheConnection) {
  protocol.input_bytes_max = 100'000;
  start();
  TestClient client(port);

  client.send(std::string(2'000'000, 'x'));

  EXPECT_TRUE(client.sees_end());
}

TEST_F(ServerTest, AnAnswerPastTheLimitEndsTheConnection) {
  start({.output_bytes_max = 100'000});
  TestClient client(port);

  client.send("say a\nfill 200000\n");

  EXPECT_TRUE(client.sees_end());
}

TEST_F(ServerTest, WithoutMemoryARequestIsRefusedAndTheServerGoesOn) {
  start();
  TestClient large(port), small(port);
  engine.refuse_memory(true);

  large.send(std::string(100'000, 'x'));

  EXPECT_EQ(large.receive_to_end(), "no memory\n");
  small.send("say still here\n");
  EXPECT_EQ(small.receive(11), "still here\n");
}

TEST_F(ServerTest, AnIdleConnectionHoldsNoBuffer) {
  start();
  TestClient client(port);
  client.send("say a\n");
  ASSERT_EQ(client.receive(2), "a\n");

  EXPECT_TRUE(soon([&] { return server->stats().buffer_bytes == 0; }));
}

TEST_F(ServerTest, ListensAtALocalSocketThatOnlyThisUserMayUse) {
  start();
  const std::string path =
      testing::TempDir() + "latchkey-server-test-" + std::to_string(::getpid()) + ".sock";
  ASSERT_TRUE(server->listen_local(path, protocol).has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);

  {
    TestClient client(path);
    client.send("say local\n");
    EXPECT_EQ(client.receive(6), "local\n");
    EXPECT_FALSE(server->listen_local(path, protocol).has_value());
  }
  server->stop();

  EXPECT_NE(::stat(path.c_str(), &status), 0);
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  start();

  const auto taken = server->listen("127.0.0.1", port, protocol);
  const auto nonsense = server->listen("not an address", 0, protocol);

  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().message(), "cannot listen at 127.0.0.1:" + std::to_string(port) +
                                         ": bind: Address already in use");
  ASSERT_FALSE(nonsense.has_value());
  EXPECT_EQ(nonsense.error().code(), ErrorCode::InvalidArgument);
}

TEST_F(ServerTest, WithoutDescriptorsItRestsAndGoesOnWhenThereAreSomeAgain) {
  std::atomic<int> complaints{0};
  start({.log = [&](LogLevel, const std::string&) { ++complaints; }});
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  TestClient client(port);
  client.send("say a\n");
  ASSERT_EQ(client.receive(2), "a\n");
  const int next_free = ::dup(0);
  ::close(next_free);
  std::vector<TestClient> waiting;
  waiting.emplace_back(port);
  ASSERT_TRUE(soon([&] { return server->stats().connections_accepted == 2; }));

  // The client's own socket takes the last number that is allowed; none is left to accept with.
  const rlimit tight{static_cast<rlim_t>(next_free) + 3, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &tight);
  TestClient last(port);
  ASSERT_TRUE(last.connected());
  ASSERT_TRUE(soon([&] { return complaints >= 1; }));
  ::setrlimit(RLIMIT_NOFILE, &before);
  last.send("say b\n");

  EXPECT_EQ(last.receive(2), "b\n");
  EXPECT_EQ(complaints, 1);
}

TEST_F(ServerTest, StopsWithClientsConnected) {
  start({.worker_count = 2});
  TestClient idle(port), waiting(port);
  waiting.send("wait\n");
  ASSERT_TRUE(soon([&] { return protocol.waiting_count() == 1; }));

  server->stop();

  EXPECT_TRUE(idle.sees_end());
  EXPECT_TRUE(waiting.sees_end());
  EXPECT_EQ(protocol.open_count, 0);
  protocol.wake_waiting();
}

TEST_F(ServerTest, StoppingLetsAnswersThatBecomeStableGoOut) {
  engine.hold();
  start();
  TestClient client(port);
  client.send("hold 10 written\n");
  ASSERT_EQ(client.receive_soon(50), "");

  std::thread stopping([&] { server->stop(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  engine.release(Lsn{10});

  EXPECT_EQ(client.receive_to_end(), "written\n");
  stopping.join();
}

}  // namespace
}  // namespace latchkey::net
