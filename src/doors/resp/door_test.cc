#include "doors/resp/door.h"

#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(Door, ListensAtEachAddressAndAtALocalSocket) {
  const std::string path =
      testing::TempDir() + "latchkey-door-test-" + std::to_string(::getpid()) + ".sock";
  TestDoor door({.addresses = {"127.0.0.1", "::1"}, .local_path = path});
  ASSERT_EQ(door.door->ports().size(), 2u);

  net::test::TestClient local(path);
  local.send("PING\r\n");

  EXPECT_EQ(local.receive(7), "+PONG\r\n");
}

TEST(Door, SaysWhyItCannotBeOpened) {
  TestDoor first;
  auto engine = storage::make_model_engine(env::posix(), {4096, 512u << 20});
  auto store = kv::Store::open(*engine, env::posix()).value();
  auto server = net::Server::start(*engine, env::posix(), {}).value();

  const auto second = Door::start(*server, *store, {.port = first.port});

  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message().find("Address already in use"), std::string::npos);
  server->stop();
}

TEST(Door, TellsWhoIsTooMany) {
  TestDoor door({}, {.connections_max = 1});
  Wire inside(door);
  LK_EXPECT_ANSWER(inside, "PING|", "+PONG|");

  Wire outside(door);

  EXPECT_EQ(outside.receive_to_end(), crlf("-ERR max number of clients reached|"));
}

TEST(Door, StopsWithAJobStillRunning) {
  TestDoor door;
  Wire wire(door);

  wire.send("SAVE\r\n");
  door.server->stop();

  EXPECT_TRUE(wire.sees_end());
}

}  // namespace
}  // namespace latchkey::resp
