#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "doors/net/server.h"
#include "doors/net/test_support/engine_with_held_log.h"
#include "doors/net/test_support/test_client.h"
#include "doors/resp/door.h"
#include "env/env.h"
#include "kv/store.h"
#include "storage/model/model_engine.h"

namespace latchkey::resp::test {

/// A door on a free port of this machine, over the model engine whose log the test can hold back.
class TestDoor {
 public:
  explicit TestDoor(DoorOptions options = {},
                    net::ServerOptions server_options = {.worker_count = 2})
      : engine(storage::make_model_engine(env::posix(), {4096, 512u << 20})) {
    store = kv::Store::open(engine, env::posix()).value();
    server = net::Server::start(engine, env::posix(), std::move(server_options)).value();
    options.port = 0;
    door = Door::start(*server, *store, std::move(options)).value();
    port = door->ports()[0];
  }
  ~TestDoor() { server->stop(); }

  net::test::EngineWithHeldLog engine;
  std::unique_ptr<kv::Store> store;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<Door> door;
  std::uint16_t port = 0;
};

/// A client that speaks bytes.
class Wire : public net::test::TestClient {
 public:
  explicit Wire(const TestDoor& door) : TestClient(door.port) {}

  /// Sends `request` and takes as many bytes as `expected` has, or fewer if no more come.
  std::string ask(std::string_view request, std::string_view expected) {
    send(request);
    std::string got = receive(expected.size());
    if (got != expected) got += receive_soon(20);
    return got;
  }
  /// The first line of the reply to an inline command, without its end.
  std::string line(std::string_view command) {
    send(std::string(command) + "\r\n");
    return next_line();
  }
  std::string next_line() {
    std::string text;
    while (!text.ends_with("\r\n")) {
      const std::string byte = receive(1);
      if (byte.empty()) return text + "(end)";
      text += byte;
    }
    text.resize(text.size() - 2);
    return text;
  }
  /// The text of a bulk or verbatim reply to an inline command.
  std::string text(std::string_view command) {
    const std::string header = line(command);
    if (header.empty() || (header[0] != '$' && header[0] != '=')) return header;
    std::string body = receive(std::stoul(header.substr(1)) + 2);
    body.resize(body.size() - 2);
    return body;
  }
};

/// Line ends are easier to read as bars: crlf("+OK|:1|") is "+OK\r\n:1\r\n". A bar itself is "\\|".
inline std::string crlf(std::string_view with_bars) {
  std::string text;
  for (std::size_t i = 0; i < with_bars.size(); ++i) {
    if (with_bars.substr(i).starts_with("\\|")) {
      text += with_bars[++i];
    } else if (with_bars[i] == '|') {
      text += "\r\n";
    } else {
      text += with_bars[i];
    }
  }
  return text;
}

/// One transcript step: bytes in, exactly these bytes out; both with bars for line ends.
#define LK_EXPECT_ANSWER(wire, request, answer) \
  EXPECT_EQ((wire).ask(crlf(request), crlf(answer)), crlf(answer)) << "to: " << (request)

template <typename Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace latchkey::resp::test
