#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "doors/net/server.h"
#include "doors/net/test_support/engine_with_held_log.h"
#include "doors/net/test_support/test_client.h"
#include "doors/pgwire/door.h"
#include "doors/pgwire/test_support/fake_session.h"
#include "doors/pgwire/test_support/frontend.h"
#include "env/env.h"
#include "storage/model/model_engine.h"

namespace latchkey::pgwire::test {

/// A door on a free port of this machine, with sessions that understand a few words, over the model
/// engine whose log the test can hold back.
class TestDoor {
 public:
  explicit TestDoor(DoorOptions options = {},
                    net::ServerOptions server_options = {.worker_count = 2})
      : engine(storage::make_model_engine(env::posix(), {4096, 512u << 20})) {
    server = net::Server::start(engine, env::posix(), std::move(server_options)).value();
    options.port = 0;
    door = Door::start(*server, database.opener(), std::move(options)).value();
    port = door->ports()[0];
  }
  ~TestDoor() { server->stop(); }

  net::test::EngineWithHeldLog engine;
  FakeDatabase database;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<Door> door;
  std::uint16_t port = 0;
};

/// A client that speaks bytes and reads messages.
class Wire : public net::test::TestClient {
 public:
  explicit Wire(const TestDoor& door) : TestClient(door.port) {}
  /// The same after its start.
  static Wire ready(const TestDoor& door) {
    Wire wire(door);
    const Lines lines = wire.ask(startup());
    EXPECT_EQ(lines.back(), "Z I");
    return wire;
  }

  /// The next message; "(end)" when none comes.
  std::string next() {
    const std::string header = receive(5);
    if (header.size() < 5) return "(end)";
    std::string body = receive(load_big32(header.data() + 1) - 4);
    last_body = body;
    return describe_reply(header[0], std::move(body));
  }
  /// Messages up to ReadyForQuery, `ready_count` of them, or the end.
  Lines until_ready(int ready_count = 1) {
    Lines lines;
    while (ready_count > 0) {
      lines.push_back(next());
      if (lines.back()[0] == 'Z') --ready_count;
      if (lines.back() == "(end)") break;
      if (lines.back()[0] == 'K') {
        process_id = load_big32(last_body.data());
        secret = load_big32(last_body.data() + 4);
      }
    }
    return lines;
  }
  Lines ask(std::string_view bytes, int ready_count = 1) {
    send(bytes);
    return until_ready(ready_count);
  }

  std::string last_body;
  std::uint32_t process_id = 0;
  std::uint32_t secret = 0;
};

template <typename Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace latchkey::pgwire::test
