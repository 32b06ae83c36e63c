// Sequences of messages, from the first packet on, against a session that understands a few words.
// Verified: no crash; all that is said is whole messages; a Sync is answered by one ReadyForQuery,
// and no message by more than one. Not verified: what is said in between (see the tests), threads,
// SQL.

#include <cstdint>
#include <string>

#include "base/assert.h"
#include "doors/pgwire/test_support/fake_line.h"

using namespace latchkey;
using namespace latchkey::pgwire;

namespace {

class User final : public Authenticator {
 public:
  bool has_users() override { return true; }
  std::optional<std::string> verifier_of(const std::string& name) override {
    if (name != "ada") return std::nullopt;
    return ScramVerifier::of_nobody("ada", "secret").text();
  }
};

/// Gone after a while, so that no word makes a result without end.
class BoundedLine final : public Line {
 public:
  Result<void> send(std::string& bytes, storage::Lsn, Room) override {
    said += std::exchange(bytes, {});
    if (said.size() > kBytesMax) return Error(ErrorCode::QueryCanceled);
    return {};
  }
  Result<Message> receive() override {
    for (;;) {
      std::size_t consumed = 0;
      const auto outcome = reader.read(input, phase, consumed);
      input.remove_prefix(consumed);
      if (outcome == MessageReader::Outcome::Complete) return reader.take();
      if (outcome == MessageReader::Outcome::Incomplete) return Error(ErrorCode::QueryCanceled);
      Message fault;
      fault.type = FrontendType::Fault;
      fault.fault = reader.error();
      return fault;
    }
  }
  void unreceive(Message message) override { put_back = std::move(message); }
  void enter(Phase entered) override { phase = entered; }
  void publish(sql::Session&, CancelKey) override {}
  void retract() override {}
  std::function<void()> wake() override {
    return [] {};
  }

  static constexpr std::size_t kBytesMax = 1 << 20;
  ReserveMemory unlimited = [](std::int64_t) { return true; };
  MessageReader reader{unlimited};
  Phase phase = Phase::Startup;
  Bytes input;
  std::string said;
  std::optional<Message> put_back;
};

std::size_t count_ready(const std::string& said) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < said.size();) {
    LK_ASSERT(said.size() - at >= 5);
    const std::size_t length = load_big32(said.data() + at + 1);
    LK_ASSERT(length >= 4 && length < said.size() - at);
    if (said[at] == 'Z') ++count;
    at += length + 1;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes input(reinterpret_cast<const char*>(data) + 1, size - 1);
  // It would wait to be cancelled.
  if (input.find("sleep") != Bytes::npos) return 0;
  User user;
  test::FakeDatabase database;
  BackendContext context;
  context.open_session = database.opener();
  context.authenticator = data[0] % 4 == 1 ? &user : nullptr;
  context.random = env::posix().random;
  BoundedLine line;
  const std::string prepared = test::startup_body({{"user", "ada"}});
  Backend backend(context, line, "fuzz");
  if (data[0] % 4 >= 2) {
    LK_ASSERT(backend.handle(test::delivered_packet(test::packet(prepared))) == Backend::Next::Go);
    line.said.clear();
  }
  line.input = input;
  for (;;) {
    auto message = line.put_back.has_value() ? Result<Message>(*std::exchange(line.put_back, {}))
                                             : line.receive();
    if (!message.has_value()) return 0;
    const bool was_ready = line.phase == Phase::Ready;
    const bool is_sync = message->type == FrontendType::Sync;
    const auto next = backend.handle(*std::move(message));
    if (was_ready) {
      const std::size_t ready = count_ready(line.said);
      LK_ASSERT(ready <= 1);
      LK_ASSERT(!is_sync || ready == 1 || next == Backend::Next::Close);
    }
    line.said.clear();
    if (next == Backend::Next::Close) return 0;
  }
}
