#include "doors/pgwire/door.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <thread>
#include <vector>

#include "doors/pgwire/test_support/test_door.h"

namespace latchkey::pgwire {
namespace {

using test::Lines;
using test::query;
using test::soon;
using test::TestDoor;
using test::Wire;

TEST(Door, ListensAtEachAddressAndAtALocalSocket) {
  const std::string path =
      testing::TempDir() + "latchkey-pgwire-test-" + std::to_string(::getpid()) + ".sock";
  TestDoor door({.addresses = {"127.0.0.1", "::1"}, .local_path = path});
  ASSERT_EQ(door.door->ports().size(), 2u);

  net::test::TestClient local(path);
  local.send(test::ssl_request());

  EXPECT_EQ(local.receive(1), "N");
}

TEST(Door, SaysWhyItCannotBeOpened) {
  TestDoor first;
  auto engine = storage::make_model_engine(env::posix(), {4096, 512u << 20});
  auto server = net::Server::start(*engine, env::posix(), {}).value();
  test::FakeDatabase database;

  const auto second = Door::start(*server, database.opener(), {.port = first.port});

  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message().find("Address already in use"), std::string::npos);
  server->stop();
}

TEST(Door, TellsWhoIsTooMany) {
  TestDoor door({}, {.connections_max = 1});
  Wire inside = Wire::ready(door);

  Wire outside(door);

  EXPECT_EQ(test::describe_replies(outside.receive_to_end()),
            (Lines{"E FATAL 53300 sorry, too many clients already"}));
}

TEST(Door, TellsThatAMessageIsTooMuchForTheBudget) {
  std::atomic<bool> is_spent{false};
  TestDoor door({.reserve_memory = [&](std::int64_t bytes) { return bytes < 0 || !is_spent; }});
  Wire wire = Wire::ready(door);
  is_spent = true;

  const Lines lines = wire.ask(query(std::string(1'000'000, 'x')));

  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(lines[0].starts_with("E FATAL 53200 out of memory")) << lines[0];
  EXPECT_EQ(lines[1], "(end)");
}

TEST(Door, GivesAllMemoryBack) {
  std::atomic<std::int64_t> charged{0};
  TestDoor door({.reserve_memory = [&](std::int64_t bytes) {
    charged += bytes;
    return true;
  }});
  {
    Wire wire = Wire::ready(door);
    (void)wire.ask(query("say " + std::string(1'000'000, 'x')));
    wire.send(query("rows 10000 1000"));
    wire.send(test::message('Q', std::string(500'000, 'x')).substr(0, 300'000));
  }
  EXPECT_TRUE(soon([&] { return door.door->connection_count() == 0; }));
  EXPECT_EQ(charged, 0);
}

TEST(Door, StopsWithStatementsStillRunning) {
  TestDoor door;
  Wire sleeper = Wire::ready(door);
  sleeper.send(query("sleep"));
  Wire copier = Wire::ready(door);
  copier.send(query("copyin"));
  Wire reader = Wire::ready(door);
  reader.send(query("rows 100000000 1000"));
  Wire idler = Wire::ready(door);
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1 && door.database.rows_told > 0; }));

  // Without this the server gives the reader some seconds to take what it was sent.
  reader.close();
  door.server->stop();
  door.door.reset();

  EXPECT_TRUE(sleeper.sees_end());
  EXPECT_TRUE(copier.sees_end());
  EXPECT_TRUE(idler.sees_end());
  EXPECT_EQ(door.database.ended, 4);
}

TEST(Door, StopsThoughAClientLeftAStatementBehindInGoodOrder) {
  TestDoor door;
  {
    Wire wire = Wire::ready(door);
    wire.send(query("sleep") + test::terminate());
    ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));
  }
  EXPECT_EQ(door.database.sleeping, 1);
  door.server->stop();

  door.door.reset();

  EXPECT_EQ(door.database.cancelled, 1);
  EXPECT_EQ(door.database.ended, 1);
}

TEST(Door, TellsItsClientsThatItStops) {
  TestDoor door;
  Wire idler = Wire::ready(door);
  Wire sleeper = Wire::ready(door);
  sleeper.send(query("sleep"));
  Wire newcomer(door);
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));
  const std::string goodbye = "E FATAL 57P01 terminating connection due to administrator command";

  door.door->say_goodbye(std::chrono::seconds(10));

  EXPECT_EQ(door.door->connection_count(), 0u);
  EXPECT_EQ(test::describe_replies(idler.receive_to_end()), (Lines{goodbye}));
  EXPECT_EQ(test::describe_replies(sleeper.receive_to_end()),
            (Lines{"E ERROR 57014 canceling statement due to user request", "Z I", goodbye}));
  const Lines refusal = {"E FATAL 57P03 the database system is shutting down"};
  EXPECT_EQ(test::describe_replies(newcomer.receive_to_end()), refusal);
  EXPECT_EQ(test::describe_replies(Wire(door).receive_to_end()), refusal);
}

/// Does what clients do, well-behaved or not, one thing after another.
class Chaos {
 public:
  Chaos(TestDoor& door, unsigned seed) : door_(door), random_(seed) {}

  void one_connection() {
    Wire wire(door_);
    wire.set_patience_ms(100);
    if (below(10) == 0) return;
    wire.send(below(10) == 0 ? test::startup().substr(0, below(20)) : test::startup());
    if (below(4) != 0 && wire.until_ready().back() != "Z I") return;
    for (std::size_t left = below(6); left > 0; --left) one_message(wire);
    if (below(3) == 0) wire.send(test::terminate());
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  void cancel(const Wire& wire) {
    Wire(door_).send(test::cancel_request(wire.process_id, wire.secret));
  }

  void one_message(Wire& wire) {
    switch (below(9)) {
      case 0:
        wire.send(query("say x; insert"));
        (void)wire.receive(below(60));
        break;
      case 1:
        wire.send(query("rows 20000 1000"));
        (void)wire.receive(below(100'000));
        break;
      case 2:
        wire.send(query("copyin") + test::copy_data(std::string(below(200'000), 'x')));
        if (below(2) == 0) wire.send(test::copy_done());
        break;
      case 3:
        wire.send(test::parse("", "say $1") + test::bind({.parameters = {"x"}}) + test::execute() +
                  (below(2) == 0 ? test::sync() : ""));
        break;
      case 4:
        wire.send(query("sleep"));
        if (below(8) != 0) cancel(wire);
        break;
      case 5:
        wire.send(query("notify c p"));
        break;
      case 6:
        wire.send(query("copyout 100 10000"));
        break;
      case 7:
        wire.send(query("insert").substr(0, below(8)));
        break;
      case 8:
        cancel(wire);
        break;
    }
  }

  TestDoor& door_;
  std::minstd_rand random_;
};

TEST(Door, OutlivesClientsThatDoWhatTheyLike) {
  TestDoor door;
  std::vector<std::thread> clients;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    clients.emplace_back([&door, seed] {
      Chaos chaos(door, seed);
      for (int i = 0; i < 60; ++i) chaos.one_connection();
    });
  }
  for (std::thread& client : clients) client.join();

  // All sessions end but those that left a statement behind in good order, which sleeps on.
  EXPECT_TRUE(
      soon([&] { return door.database.opened == door.database.ended + door.database.sleeping; }));
  door.server->stop();
  door.door.reset();
  EXPECT_EQ(door.database.opened, door.database.ended);
}

}  // namespace
}  // namespace latchkey::pgwire
