#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/numbers.h"
#include "base/text.h"
#include "doors/net/transport.h"
#include "doors/resp/client.h"
#include "doors/resp/credentials.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "doors/resp/subcommands.h"
#include "kv/call.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::exactly;
using kv::kNoKeys;

Error invalid(std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); }

Result<bool> read_on_off(Bytes word) {
  if (equals_ignore_case(word, "ON")) return true;
  if (equals_ignore_case(word, "OFF")) return false;
  return Call::syntax_error();
}

bool is_subscriber(const ClientInfo& info) {
  return info.channels + info.patterns + info.shard_channels > 0;
}

/// Whether a client is of a type that CLIENT LIST and CLIENT KILL name. Nothing for no such type.
std::optional<bool> is_of_type(const ClientInfo& info, Bytes type) {
  if (equals_ignore_case(type, "normal")) return !is_subscriber(info);
  if (equals_ignore_case(type, "pubsub")) return is_subscriber(info);
  for (const Bytes other : {"master", "replica", "slave"}) {
    if (equals_ignore_case(type, other)) return false;
  }
  return std::nullopt;
}

Result<void> client_id(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(Client::of(call).info().id));
  return {};
}

Result<void> client_info(Call& call) {
  Client& client = Client::of(call);
  client.publish_info();
  std::string line;
  client.door().clients.for_each([&](ClientInfo& info) {
    if (&info == &client.info()) line = describe(info, client.door().now_us()) + "\n";
  });
  call.reply.verbatim("txt", line);
  return {};
}

Result<void> client_list(Call& call) {
  std::vector<std::uint64_t> ids;
  Bytes type;
  if (call.argument_count() > 2) {
    const Bytes option = call.argument(2);
    if (equals_ignore_case(option, "TYPE") && call.argument_count() == 4) {
      type = call.argument(3);
      if (!is_of_type(Client::of(call).info(), type).has_value()) {
        return invalid(fmt::format("Unknown client type '{}'", type.substr(0, 128)));
      }
    } else if (equals_ignore_case(option, "ID") && call.argument_count() > 3) {
      for (const Bytes word : call.arguments.subspan(3)) {
        const auto id = parse_int64(word);
        if (!id.has_value() || *id <= 0) return invalid("Invalid client ID");
        ids.push_back(static_cast<std::uint64_t>(*id));
      }
    } else {
      return Call::syntax_error();
    }
  }
  Client::of(call).publish_info();
  DoorState& door = Client::of(call).door();
  const std::int64_t now_us = door.now_us();
  std::string lines;
  door.clients.for_each([&](ClientInfo& info) {
    if (!ids.empty() && std::find(ids.begin(), ids.end(), info.id) == ids.end()) return;
    if (!type.empty() && !*is_of_type(info, type)) return;
    lines += describe(info, now_us);
    lines += '\n';
  });
  call.reply.verbatim("txt", lines);
  return {};
}

Result<void> client_getname(Call& call) {
  const std::string& name = Client::of(call).info().name;
  if (name.empty()) {
    call.reply.null();
  } else {
    call.reply.bulk(name);
  }
  return {};
}

Result<void> client_setname(Call& call) {
  if (!is_client_name(call.argument(2))) {
    return invalid("Client names cannot contain spaces, newlines or special characters.");
  }
  Client& client = Client::of(call);
  client.door().clients.set(client.info().name, std::string(call.argument(2)));
  call.reply.ok();
  return {};
}

Result<void> client_setinfo(Call& call) {
  Client& client = Client::of(call);
  ClientInfo& info = client.info();
  const bool is_name = equals_ignore_case(call.argument(2), "lib-name");
  if (!is_name && !equals_ignore_case(call.argument(2), "lib-ver")) {
    return invalid(fmt::format("Unrecognized option '{}'", call.argument(2).substr(0, 128)));
  }
  if (!is_client_name(call.argument(3))) {
    return invalid(fmt::format("{} cannot contain spaces, newlines or special characters.",
                               is_name ? "lib-name" : "lib-ver"));
  }
  client.door().clients.set(is_name ? info.library_name : info.library_version,
                            std::string(call.argument(3)));
  call.reply.ok();
  return {};
}

/// Which clients CLIENT KILL means.
struct KillFilter {
  std::optional<std::uint64_t> id;
  Bytes type;
  Bytes address;
  Bytes local_address;
  bool skip_self = true;

  bool admits(const ClientInfo& info) const {
    if (id.has_value() && info.id != *id) return false;
    if (!address.empty() && info.address != address) return false;
    if (!local_address.empty() && info.local_address != local_address) return false;
    return type.empty() || *is_of_type(info, type);
  }
};

Result<KillFilter> read_kill_filter(Call& call) {
  KillFilter filter;
  if (call.argument_count() % 2 != 0) return Call::syntax_error();
  for (std::size_t i = 2; i + 1 < call.argument_count(); i += 2) {
    const Bytes option = call.argument(i);
    const Bytes value = call.argument(i + 1);
    if (equals_ignore_case(option, "ID")) {
      const auto id = parse_int64(value);
      if (!id.has_value() || *id <= 0) return invalid("client-id should be greater than 0");
      filter.id = static_cast<std::uint64_t>(*id);
    } else if (equals_ignore_case(option, "TYPE")) {
      filter.type = value;
      if (!is_of_type(Client::of(call).info(), value).has_value()) {
        return invalid(fmt::format("Unknown client type '{}'", value.substr(0, 128)));
      }
    } else if (equals_ignore_case(option, "ADDR")) {
      filter.address = value;
    } else if (equals_ignore_case(option, "LADDR")) {
      filter.local_address = value;
    } else if (equals_ignore_case(option, "USER")) {
      if (value != "default")
        return invalid(fmt::format("No such user '{}'", value.substr(0, 128)));
    } else if (equals_ignore_case(option, "SKIPME") && equals_ignore_case(value, "yes")) {
      filter.skip_self = true;
    } else if (equals_ignore_case(option, "SKIPME") && equals_ignore_case(value, "no")) {
      filter.skip_self = false;
    } else {
      return Call::syntax_error();
    }
  }
  return filter;
}

Result<void> client_kill(Call& call) {
  Client& client = Client::of(call);
  const bool old_form = call.argument_count() == 3;
  KillFilter filter;
  if (old_form) {
    filter.address = call.argument(2);
    filter.skip_self = false;
  } else {
    LK_TRY(filter, read_kill_filter(call));
  }
  std::int64_t killed = 0;
  client.door().clients.for_each([&](ClientInfo& info) {
    if (!filter.admits(info)) return;
    if (&info == &client.info()) {
      if (filter.skip_self) return;
      client.close_after_reply();
    } else {
      info.killed = true;
      net::cut(info.socket);
      info.waker.drop();
    }
    ++killed;
  });
  if (!old_form) {
    call.reply.integer(killed);
  } else if (killed > 0) {
    call.reply.ok();
  } else {
    return invalid("No such client");
  }
  return {};
}

Result<void> client_pause(Call& call) {
  const auto pause_ms = parse_int64(call.argument(2));
  constexpr std::int64_t kPauseMsMax = std::int64_t{1} << 48;
  if (!pause_ms.has_value() || *pause_ms > kPauseMsMax)
    return invalid("timeout is not an integer or out of range");
  if (*pause_ms < 0) return invalid("timeout is negative");
  PauseMode mode = PauseMode::All;
  if (call.argument_count() == 4) {
    if (equals_ignore_case(call.argument(3), "WRITE")) {
      mode = PauseMode::Writes;
    } else if (!equals_ignore_case(call.argument(3), "ALL")) {
      return invalid("CLIENT PAUSE mode must be WRITE or ALL");
    }
  } else if (call.argument_count() > 4) {
    return Call::syntax_error();
  }
  DoorState& door = Client::of(call).door();
  // A pause that is on is only ever made longer and stricter.
  const std::int64_t until_us = door.now_us() + *pause_ms * 1000;
  if (door.now_us() < door.pause_until_us) {
    door.pause_mode = std::max(door.pause_mode.load(), mode);
    door.pause_until_us = std::max(door.pause_until_us.load(), until_us);
  } else {
    door.pause_mode = mode;
    door.pause_until_us = until_us;
  }
  call.reply.ok();
  return {};
}

Result<void> client_unpause(Call& call) {
  DoorState& door = Client::of(call).door();
  door.pause_mode = PauseMode::None;
  door.pause_until_us = 0;
  door.wake_all();
  call.reply.ok();
  return {};
}

Result<void> client_reply(Call& call) {
  Client& client = Client::of(call);
  const Bytes mode = call.argument(2);
  call.reply.ok();
  if (equals_ignore_case(mode, "ON")) {
    client.set_reply_mode(Client::ReplyMode::On);
  } else if (equals_ignore_case(mode, "OFF")) {
    client.set_reply_mode(Client::ReplyMode::Off);
  } else if (equals_ignore_case(mode, "SKIP")) {
    client.set_reply_mode(Client::ReplyMode::SkipNext);
  } else {
    return Call::syntax_error();
  }
  return {};
}

Result<void> client_no_evict(Call& call) {
  LK_TRY(const bool on, read_on_off(call.argument(2)));
  Client::of(call).info().keep_evict = on;
  call.reply.ok();
  return {};
}

Result<void> client_no_touch(Call& call) {
  LK_TRY(const bool on, read_on_off(call.argument(2)));
  Client::of(call).info().keep_touch = on;
  call.reply.ok();
  return {};
}

Result<void> client_unblock(Call& call) {
  Unblock reason = Unblock::ByTimeout;
  if (call.argument_count() > 4) return Call::syntax_error();
  if (call.argument_count() == 4) {
    if (equals_ignore_case(call.argument(3), "ERROR")) {
      reason = Unblock::ByError;
    } else if (!equals_ignore_case(call.argument(3), "TIMEOUT")) {
      return invalid("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  const auto id = parse_int64(call.argument(2));
  if (!id.has_value()) return Call::not_an_integer();
  bool unblocked = false;
  Client::of(call).door().clients.for_each([&](ClientInfo& info) {
    if (static_cast<std::int64_t>(info.id) != *id) return;
    Unblock state = Unblock::Waiting;
    unblocked = info.unblock.compare_exchange_strong(state, reason);
    if (unblocked) info.waker.wake();
  });
  call.reply.integer(unblocked ? 1 : 0);
  return {};
}

Result<void> client_tracking(Call& call) {
  LK_TRY(const bool on, read_on_off(call.argument(2)));
  if (on)
    return Error(ErrorCode::NotSupported,
                 "CLIENT TRACKING ON is not supported; cache with a time to live instead");
  call.reply.ok();
  return {};
}

Result<void> client_trackinginfo(Call& call) {
  call.reply.map(3);
  call.reply.bulk("flags");
  call.reply.set(1);
  call.reply.bulk("off");
  call.reply.bulk("redirect");
  call.reply.integer(-1);
  call.reply.bulk("prefixes");
  call.reply.array(0);
  return {};
}

Result<void> client_getredir(Call& call) {
  call.reply.integer(-1);
  return {};
}

Result<void> client_caching(Call& call) {
  return invalid(
      "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT "
      "mode enabled");
}

constexpr Subcommand kSubcommands[] = {
    {"client|caching", exactly(3), &client_caching, "CACHING (YES|NO)",
     "Refused: client-side caching is not supported."},
    {"client|getname", exactly(2), &client_getname, "GETNAME",
     "Return the name of this connection."},
    {"client|getredir", exactly(2), &client_getredir, "GETREDIR",
     "Return -1: client-side caching is off."},
    {"client|id", exactly(2), &client_id, "ID", "Return the id of this connection."},
    {"client|info", exactly(2), &client_info, "INFO", "Return what is known of this connection."},
    {"client|kill", at_least(3), &client_kill, "KILL <ip:port> | <option> <value> ...",
     "Close connections, chosen by ID, TYPE, USER, ADDR, LADDR and SKIPME."},
    {"client|list", at_least(2), &client_list, "LIST [TYPE <type> | ID <id> ...]",
     "Return a line for each connection."},
    {"client|no-evict", exactly(3), &client_no_evict, "NO-EVICT (ON|OFF)",
     "Accepted; no connection is evicted."},
    {"client|no-touch", exactly(3), &client_no_touch, "NO-TOUCH (ON|OFF)",
     "Accepted; reads do not age keys."},
    {"client|pause", at_least(3), &client_pause, "PAUSE <milliseconds> [WRITE|ALL]",
     "Hold commands of all connections off for a while."},
    {"client|reply", exactly(3), &client_reply, "REPLY (ON|OFF|SKIP)",
     "Choose whether commands are answered."},
    {"client|setinfo", exactly(4), &client_setinfo, "SETINFO (LIB-NAME|LIB-VER) <value>",
     "Tell which library the client uses."},
    {"client|setname", exactly(3), &client_setname, "SETNAME <name>",
     "Give this connection a name."},
    {"client|tracking", at_least(3), &client_tracking, "TRACKING (ON|OFF)",
     "Refused when ON: client-side caching is not supported."},
    {"client|trackinginfo", exactly(2), &client_trackinginfo, "TRACKINGINFO",
     "Return the state of client-side caching: off."},
    {"client|unblock", at_least(3), &client_unblock, "UNBLOCK <id> [TIMEOUT|ERROR]",
     "End the wait of a connection for its keys."},
    {"client|unpause", exactly(2), &client_unpause, "UNPAUSE", "End the pause."},
};

Result<void> check_client(kv::Arguments arguments) {
  return check_subcommand(arguments, kSubcommands);
}

Result<void> client(Call& call) { return run_subcommand(call, kSubcommands); }

constexpr kv::Command kRows[] = {
    {"CLIENT", at_least(2), kNoKeys, kv::kConnection | kv::kLoading, &client, "connection",
     "n, connections", "Tells about connections and changes them.", &check_client},
};

}  // namespace

std::span<const kv::Command> client_rows() { return kRows; }

}  // namespace latchkey::resp
