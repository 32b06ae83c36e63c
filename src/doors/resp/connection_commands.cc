#include <fmt/format.h>

#include "base/numbers.h"
#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/credentials.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "kv/call.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::exactly;
using kv::kNoKeys;

Error invalid(std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); }

Result<void> ping(Call& call) {
  if (call.argument_count() > 2) return invalid("wrong number of arguments for 'ping' command");
  const Client& client = Client::of(call);
  const bool listens = client.version() == Version::Two && client.listens();
  const Bytes message = call.argument_count() == 2 ? call.argument(1) : Bytes();
  if (listens) {
    // To a RESP2 subscriber everything comes in the shape of a message.
    call.reply.array(2);
    call.reply.bulk("pong");
    call.reply.bulk(message);
  } else if (call.argument_count() == 2) {
    call.reply.bulk(message);
  } else {
    call.reply.status("PONG");
  }
  return {};
}

Result<void> echo(Call& call) {
  call.reply.bulk(call.argument(1));
  return {};
}

Result<void> select(Call& call) {
  LK_TRY(std::string name, kv::Store::collection_name(call.argument(1)));
  Client::of(call).select(std::move(name));
  call.reply.ok();
  return {};
}

Result<void> auth(Call& call) {
  if (call.argument_count() > 3) return Call::syntax_error();
  Client& client = Client::of(call);
  if (call.argument_count() == 2 && !client.door().settings.has_password()) {
    return invalid(
        "AUTH <password> called without any password configured for the default user. Are you sure "
        "your "
        "configuration is correct?");
  }
  const bool with_user = call.argument_count() == 3;
  const Bytes user = with_user ? call.argument(1) : Bytes("default");
  LK_CHECK(check_credentials(client.door(), user, call.argument(with_user ? 2 : 1)));
  client.authenticate();
  call.reply.ok();
  return {};
}

/// What HELLO's options ask for, before any of it is done.
struct Hello {
  Version version;
  Bytes user;
  Bytes password;
  Bytes name;
  bool authenticates = false;
  bool names = false;
};

Result<Hello> read_hello(Call& call, Version version_now) {
  Hello hello{version_now, {}, {}, {}};
  if (call.argument_count() < 2) return hello;
  const auto version = parse_int64(call.argument(1));
  if (!version.has_value()) return invalid("Protocol version is not an integer or out of range");
  if (*version != 2 && *version != 3)
    return Error(ErrorCode::NoProtocol, "unsupported protocol version");
  hello.version = *version == 2 ? Version::Two : Version::Three;
  for (std::size_t i = 2; i < call.argument_count();) {
    const Bytes option = call.argument(i);
    const std::size_t left = call.argument_count() - i - 1;
    if (equals_ignore_case(option, "AUTH") && left >= 2) {
      hello.authenticates = true;
      hello.user = call.argument(i + 1);
      hello.password = call.argument(i + 2);
      i += 3;
    } else if (equals_ignore_case(option, "SETNAME") && left >= 1) {
      hello.names = true;
      hello.name = call.argument(i + 1);
      i += 2;
    } else {
      return invalid(fmt::format("Syntax error in HELLO option '{}'", option.substr(0, 128)));
    }
  }
  return hello;
}

Result<void> hello(Call& call) {
  Client& client = Client::of(call);
  LK_TRY(const Hello hello, read_hello(call, client.version()));
  if (hello.authenticates) {
    LK_CHECK(check_credentials(client.door(), hello.user, hello.password));
    client.authenticate();
  }
  if (!client.session().authenticated) {
    return Error(ErrorCode::Unauthenticated,
                 "HELLO must be called with the client already authenticated, otherwise the HELLO "
                 "<proto> AUTH "
                 "<user> <pass> option can be used to authenticate the client and select the RESP "
                 "protocol version "
                 "at the same time");
  }
  if (hello.names) {
    if (!is_client_name(hello.name)) {
      return invalid("Client names cannot contain spaces, newlines or special characters.");
    }
    client.door().clients.set(client.info().name, std::string(hello.name));
  }
  client.set_version(hello.version);
  kv::Reply& reply = call.reply;
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(static_cast<int>(hello.version));
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(client.info().id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
  return {};
}

/// RESET and QUIT are the connection's own work (see Client::execute); inside an EXEC they cannot
/// be.
Result<void> connection_does_it(Call& call) {
  call.reply.ok();
  return {};
}

constexpr kv::Command kRows[] = {
    {"AUTH", at_least(2), kNoKeys, kv::kConnection | kv::kFast | kv::kNoAuth | kv::kLoading, &auth,
     "connection", "constant", "Authenticates the connection."},
    {"ECHO", exactly(2), kNoKeys, kv::kConnection | kv::kFast | kv::kLoading, &echo, "connection",
     "constant", "Returns the given text."},
    {"HELLO", at_least(1), kNoKeys, kv::kConnection | kv::kFast | kv::kNoAuth | kv::kLoading,
     &hello, "connection", "constant", "Chooses the protocol version and tells about the server."},
    {"PING", at_least(1), kNoKeys, kv::kConnection | kv::kFast | kv::kLoading, &ping, "connection",
     "constant", "Returns PONG, or the given text."},
    {"QUIT", at_least(1), kNoKeys, kv::kConnection | kv::kFast | kv::kNoAuth | kv::kLoading,
     &connection_does_it, "connection", "constant", "Closes the connection."},
    {"RESET", exactly(1), kNoKeys, kv::kConnection | kv::kFast | kv::kNoAuth | kv::kLoading,
     &connection_does_it, "connection", "n, subscriptions",
     "Sets the connection back to how it began."},
    {"SELECT", exactly(2), kNoKeys, kv::kConnection | kv::kFast | kv::kLoading, &select,
     "connection", "constant", "Chooses the collection, by name or number."},
};

}  // namespace

bool is_client_name(Bytes name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

Result<void> check_credentials(DoorState& door, Bytes user, Bytes password) {
  const std::string expected = door.settings.password();
  // The time this takes must not tell how much of a guess was right.
  unsigned difference = user == "default" ? 0 : 1;
  if (!expected.empty()) {
    difference |= password.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < password.size(); ++i) {
      difference |= static_cast<unsigned char>(password[i]) ^
                    static_cast<unsigned char>(expected[i % expected.size()]);
    }
  }
  if (difference == 0) return {};
  return Error(ErrorCode::WrongPassword, "invalid username-password pair or user is disabled.");
}

std::span<const kv::Command> connection_rows() { return kRows; }

}  // namespace latchkey::resp
