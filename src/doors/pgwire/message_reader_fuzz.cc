// Verified: no crash, no read outside the input, the same messages are found when the input comes
// in two pieces and byte by byte, and no body makes its parser crash or believe what is not there.
// Not verified: what is done with them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/assert.h"
#include "doors/pgwire/frontend_messages.h"
#include "doors/pgwire/message_reader.h"
#include "doors/pgwire/scram.h"

using latchkey::Bytes;
using latchkey::Result;
using namespace latchkey::pgwire;

namespace {

const ReserveMemory kUnlimited = [](std::int64_t) { return true; };

template <typename T>
std::string outcome_of(const Result<T>& result) {
  return result.has_value() ? "+" : "-" + result.error().message();
}

/// What the parser of the type makes of a body. The views that it returns are all looked at.
std::string parse_body(const Message& message) {
  const Bytes body = message.body;
  switch (message.type) {
    case FrontendType::Startup: {
      const auto packet = parse_startup(body);
      const auto key = parse_cancel_request(body);
      if (packet.has_value()) LK_ASSERT(!packet->user.empty());
      return outcome_of(packet) + (key.has_value() ? "key" : "");
    }
    case FrontendType::Parse: {
      const auto parsed = parse_parse(body);
      if (!parsed.has_value()) return outcome_of(parsed);
      LK_ASSERT(parsed->parameters.size() * 4 <= body.size());
      return std::string(parsed->statement) + "|" + std::string(parsed->text);
    }
    case FrontendType::Bind: {
      const auto parsed = parse_bind(body);
      if (!parsed.has_value()) return outcome_of(parsed);
      std::string found = std::string(parsed->portal) + "|" + std::string(parsed->statement);
      for (const auto& parameter : parsed->parameters)
        found += parameter.bytes.has_value() ? "|" + std::string(*parameter.bytes) : "|null";
      LK_ASSERT(found.size() <= 2 * body.size() + 16);
      return found;
    }
    case FrontendType::Describe:
    case FrontendType::Close: {
      const auto parsed = parse_named_object(body, "DESCRIBE");
      return outcome_of(parsed) + (parsed.has_value() ? std::string(parsed->name) : "");
    }
    case FrontendType::Execute: {
      const auto parsed = parse_execute(body);
      return outcome_of(parsed) + (parsed.has_value() ? std::string(parsed->portal) : "");
    }
    case FrontendType::Password: {
      const auto parsed = parse_sasl_initial_response(body);
      if (!parsed.has_value() || !parsed->data.has_value()) return outcome_of(parsed);
      ScramExchange scram({.verifier = ScramVerifier::of_nobody("user", "secret"),
                           .channel_binding = "binding",
                           .nonce = "nonce"});
      const auto first = scram.begin(parsed->mechanism, *parsed->data);
      return outcome_of(first) + (first.has_value() ? outcome_of(scram.finish(body)) : "");
    }
    default:
      return outcome_of(parse_text_message(body));
  }
}

/// All that a reader finds in `input`, of which it sees first `first` bytes and then `step` more
/// each time.
std::string read_all(Bytes input, Phase phase, std::size_t first, std::size_t step) {
  std::string found;
  MessageReader reader(kUnlimited);
  for (std::size_t begin = 0, seen = first;;) {
    // A copy of exactly the visible bytes, so that a look past them is found.
    const std::string visible(input.substr(begin, seen - begin));
    std::size_t consumed = 0;
    const MessageReader::Outcome outcome = reader.read(visible, phase, consumed);
    LK_ASSERT(consumed <= visible.size());
    begin += consumed;
    if (outcome == MessageReader::Outcome::Malformed) return found + "!" + reader.error().message();
    if (outcome == MessageReader::Outcome::Incomplete) {
      if (seen == input.size()) return found;
      seen = std::min(input.size(), seen + step);
      continue;
    }
    const Message message = reader.take();
    found += static_cast<char>(message.type) + message.body + "=" + parse_body(message) + "\n";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto phase = static_cast<Phase>(data[0] % 3);
  const Bytes input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = read_all(input, phase, input.size(), 1);
  LK_ASSERT(whole == read_all(input, phase, data[1] % input.size(), input.size()));
  LK_ASSERT(whole == read_all(input, phase, 0, 1));
  // The body parsers see also what no header announces.
  for (const char type : std::string("\0BCDEPQp", 8)) {
    Message message;
    message.type = static_cast<FrontendType>(type);
    message.body = input;
    (void)parse_body(message);
  }
  return 0;
}
