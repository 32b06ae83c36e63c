#include "doors/pgwire/door.h"

#include <array>
#include <utility>

#include "base/assert.h"
#include "doors/pgwire/client.h"
#include "doors/pgwire/door_state.h"
#include "doors/pgwire/link.h"
#include "doors/pgwire/message_writer.h"

namespace latchkey::pgwire {

namespace {

constexpr std::size_t kSecretBytes = 32;

std::string fatal_message(const Error& error) {
  std::string bytes;
  MessageWriter(bytes).error(Gravity::Fatal, error);
  return bytes;
}

class PgwireProtocol final : public net::Protocol {
 public:
  explicit PgwireProtocol(DoorState& door) : door_(door) {}
  std::unique_ptr<net::Conversation> open(net::Channel& channel) override {
    return std::make_unique<Client>(door_, channel);
  }
  Bytes refusal() const override { return refusal_; }
  Bytes out_of_memory() const override { return out_of_memory_; }

 private:
  DoorState& door_;
  const std::string refusal_ =
      fatal_message(Error(ErrorCode::LimitExceeded, "sorry, too many clients already")
                        .with([](ErrorDetails& details) { details.sqlstate = "53300"; }));
  const std::string out_of_memory_ = fatal_message(
      Error(ErrorCode::MemoryExhausted,
            "out of memory: the message was not read, no memory is left in the budget"));
};

}  // namespace

Door::Door() = default;

Door::~Door() {
  if (state_ == nullptr) return;
  // All clients have gone with the server. What some of them left behind in good order is given up
  // now. Again and again, because a cancellation may meet the moment before its statement begins.
  constexpr std::chrono::milliseconds kPatience{50};
  do {
    for (const auto& link : state_->links.all()) link->hang_up(Exchange::Farewell::Abrupt);
  } while (!state_->threads.wait_idle(kPatience));
  state_->threads.stop();
  LK_ASSERT(state_->links.count() == 0);
}

net::Protocol& Door::protocol() { return *protocol_; }

Result<std::unique_ptr<Door>> Door::start(net::Server& server, sql::Database& database,
                                          DoorOptions options) {
  return start(
      server,
      [&database](sql::SessionOptions session) {
        return sql::Session::open(database, std::move(session));
      },
      std::move(options));
}

Result<std::unique_ptr<Door>> Door::start(net::Server& server, OpenSession open_session,
                                          DoorOptions options) {
  const std::size_t thread_count_max =
      options.thread_count_max != 0 ? options.thread_count_max : server.connections_max();
  std::unique_ptr<Door> door(new Door());
  door->state_ = std::make_unique<DoorState>(std::move(options), std::move(open_session),
                                             std::max<std::size_t>(thread_count_max, 1));
  DoorState& state = *door->state_;
  std::string& secret = state.context.mock_secret;
  secret.resize(kSecretBytes);
  state.options.env.random->fill(std::as_writable_bytes(std::span(secret)));
  door->protocol_ = std::make_unique<PgwireProtocol>(state);
  for (const std::string& address : state.options.addresses) {
    LK_TRY(const std::uint16_t port, server.listen(address, state.options.port, *door->protocol_));
    door->ports_.push_back(port);
  }
  if (!state.options.local_path.empty())
    LK_CHECK(server.listen_local(state.options.local_path, *door->protocol_));
  return door;
}

void Door::say_goodbye(std::chrono::milliseconds patience) {
  state_->stopping = true;
  for (const auto& link : state_->links.all()) link->say_goodbye();
  state_->links.wait_empty(patience);
}

std::size_t Door::connection_count() const { return state_->links.count(); }

}  // namespace latchkey::pgwire
