#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doors/pgwire/backend.h"
#include "doors/pgwire/line.h"
#include "doors/pgwire/test_support/fake_session.h"
#include "doors/pgwire/test_support/frontend.h"
#include "env/env.h"

namespace latchkey::pgwire::test {

/// A line without threads: it keeps what is sent, and gives what the test has put in.
class FakeLine final : public Line {
 public:
  struct Sent {
    std::string bytes;
    storage::Lsn version;
    Room room;
  };

  Result<void> send(std::string& bytes, storage::Lsn version, Room room) override {
    sent.push_back({std::exchange(bytes, {}), version, room});
    if (is_gone) return Error(ErrorCode::QueryCanceled, "the client has gone");
    return {};
  }
  Result<Message> receive() override {
    if (arriving.empty()) return Error(ErrorCode::QueryCanceled, "the client has gone");
    Message message = std::move(arriving.front());
    arriving.pop_front();
    return message;
  }
  void unreceive(Message message) override { arriving.push_front(std::move(message)); }
  void enter(Phase entered) override { phase = entered; }
  void publish(sql::Session&, CancelKey published) override { key = published; }
  void retract() override { key.reset(); }
  std::function<void()> wake() override {
    return [] {};
  }

  /// All that was sent since the last call.
  std::string take() {
    std::string all;
    for (const Sent& piece : sent) all += piece.bytes;
    sent.clear();
    return all;
  }

  std::vector<Sent> sent;
  std::deque<Message> arriving;
  std::optional<CancelKey> key;
  Phase phase = Phase::Startup;
  bool is_gone = false;
};

/// A backend on such a line.
class TestBackend {
 public:
  explicit TestBackend(Authenticator* authenticator = nullptr) {
    context.open_session = database.opener();
    context.authenticator = authenticator;
    context.random = env::posix().random;
    context.mock_secret = "secret";
    backend.emplace(context, line, "10.0.0.1:5");
  }
  /// The same after its start.
  static std::unique_ptr<TestBackend> ready() {
    auto made = std::make_unique<TestBackend>();
    (void)made->packet(startup());
    return made;
  }

  /// Handles the messages in `bytes`, as long as the connection goes on, and returns the replies.
  Lines ask(std::string_view bytes) {
    while (!bytes.empty() && !is_closed) {
      const std::size_t size = load_big32(bytes.data() + 1) + 1;
      is_closed =
          backend->handle(delivered(std::string(bytes.substr(0, size)))) == Backend::Next::Close;
      bytes.remove_prefix(size);
    }
    return describe_replies(line.take());
  }
  /// The same for a packet without a type.
  Lines packet(const std::string& bytes) {
    is_closed = backend->handle(delivered_packet(bytes)) == Backend::Next::Close;
    return describe_replies(line.take());
  }

  FakeDatabase database;
  BackendContext context;
  FakeLine line;
  std::optional<Backend> backend;
  bool is_closed = false;
};

}  // namespace latchkey::pgwire::test
