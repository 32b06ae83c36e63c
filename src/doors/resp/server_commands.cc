#include <fmt/format.h>

#include "base/numbers.h"
#include "base/text.h"
#include "doors/resp/client.h"
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

Result<void> time(Call& call) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  const std::int64_t now_us = Client::of(call).door().wall_ms() * 1000;
  call.reply.array(2);
  call.reply.bulk(std::to_string(now_us / kSecondUs));
  call.reply.bulk(std::to_string(now_us % kSecondUs));
  return {};
}

/// Starts a checkpoint on a thread of its own; `notify` is called when it has been published.
std::shared_ptr<BackgroundJob> start_checkpoint(DoorState& door, std::function<void()> notify) {
  return door.jobs.start(
      [&door]() -> Result<void> {
        LK_CHECK(door.store.engine().checkpoint());
        door.last_save_s = door.wall_ms() / 1000;
        return {};
      },
      std::move(notify));
}

/// The checkpoint goes on beside the load; only the client that asked waits for it.
Result<void> save(Call& call) {
  Client& client = Client::of(call);
  if (client.in_exec()) return invalid("Command not allowed inside a transaction");
  auto job = start_checkpoint(client.door(), [waker = client.info().waker] { waker.wake(); });
  if (job == nullptr) return invalid("Background save already in progress");
  client.answer_after(std::move(job));
  return {};
}

Result<void> bgsave(Call& call) {
  DoorState& door = Client::of(call).door();
  if (call.argument_count() > 2 ||
      (call.argument_count() == 2 && !equals_ignore_case(call.argument(1), "SCHEDULE"))) {
    return Call::syntax_error();
  }
  if (!door.jobs.idle() || start_checkpoint(door, [] {}) == nullptr) {
    return invalid("Background save already in progress");
  }
  call.reply.status("Background saving started");
  return {};
}

Result<void> lastsave(Call& call) {
  DoorState& door = Client::of(call).door();
  const std::int64_t checkpoint_ms = door.store.engine().stats().last_checkpoint_ms;
  call.reply.integer(std::max(door.last_save_s.load(), checkpoint_ms / 1000));
  return {};
}

Result<void> bgrewriteaof(Call& call) {
  if (start_checkpoint(Client::of(call).door(), [] {}) == nullptr) {
    return invalid("Background append only file rewriting already in progress");
  }
  call.reply.status("Background append only file rewriting started");
  return {};
}

Result<void> shutdown(Call& call) {
  Client& client = Client::of(call);
  DoorState& door = client.door();
  ShutdownMode mode = ShutdownMode::Default;
  bool abort = false;
  for (const Bytes word : call.arguments.subspan(1)) {
    if (equals_ignore_case(word, "NOSAVE") && mode != ShutdownMode::Save) {
      mode = ShutdownMode::NoSave;
    } else if (equals_ignore_case(word, "SAVE") && mode != ShutdownMode::NoSave) {
      mode = ShutdownMode::Save;
    } else if (equals_ignore_case(word, "ABORT")) {
      abort = true;
    } else if (!equals_ignore_case(word, "NOW") && !equals_ignore_case(word, "FORCE")) {
      return Call::syntax_error();
    }
  }
  if (abort && call.argument_count() > 2) return Call::syntax_error();
  if (abort) return invalid("No shutdown in progress.");
  if (!door.options.shutdown) return invalid("Errors trying to SHUTDOWN. Check logs.");
  door.log(net::LogLevel::Info, fmt::format("client {} from {} asks to shut down", client.info().id,
                                            client.info().address));
  door.options.shutdown(mode);
  // As from Redis, the answer is the end of the connection.
  client.wait_for_shutdown();
  return {};
}

Result<void> monitor(Call& call) {
  Client& client = Client::of(call);
  if (client.in_exec()) return invalid("MONITOR isn't allowed for DENY BLOCKING client");
  client.set_monitor(true);
  call.reply.ok();
  return {};
}

Result<void> lolwut(Call& call) {
  call.reply.verbatim("txt",
                      fmt::format("Latchkey ver. {}\n", Client::of(call).door().options.version));
  return {};
}

/// There are no replicas: whoever asks for none has all of them at once.
Result<void> wait(Call& call) {
  const auto replicas = parse_int64(call.argument(1));
  const auto timeout_ms = parse_int64(call.argument(2));
  if (!replicas.has_value()) return Call::not_an_integer();
  if (!timeout_ms.has_value()) return invalid("timeout is not an integer or out of range");
  if (*timeout_ms < 0) return invalid("timeout is negative");
  call.reply.integer(0);
  return {};
}

constexpr std::uint32_t kOperator = kv::kAdmin | kv::kLoading;

constexpr kv::Command kRows[] = {
    {"BGREWRITEAOF", exactly(1), kNoKeys, kv::kAdmin, &bgrewriteaof, "server", "n, records",
     "Writes a checkpoint in the background, after which the older log goes."},
    {"BGSAVE", at_least(1), kNoKeys, kv::kAdmin, &bgsave, "server", "n, records",
     "Writes a checkpoint in the background."},
    {"LASTSAVE", exactly(1), kNoKeys, kv::kFast | kv::kLoading, &lastsave, "server", "constant",
     "Returns when the last checkpoint was written, in seconds since 1970."},
    {"LOLWUT", at_least(1), kNoKeys, kv::kFast | kv::kRead, &lolwut, "server", "constant",
     "Returns the version."},
    {"MONITOR", exactly(1), kNoKeys, kOperator, &monitor, "server", "constant",
     "Shows every command that the server executes."},
    {"SAVE", exactly(1), kNoKeys, kv::kAdmin | kv::kNoMulti, &save, "server", "n, records",
     "Writes a checkpoint and waits for it; other clients go on."},
    {"SHUTDOWN", at_least(1), kNoKeys, kOperator | kv::kNoMulti, &shutdown, "server",
     "n, open connections", "Stops the server."},
    {"TIME", exactly(1), kNoKeys, kv::kFast | kv::kLoading, &time, "server", "constant",
     "Returns seconds and microseconds since 1970."},
    {"WAIT", exactly(3), kNoKeys, 0, &wait, "generic", "constant",
     "Returns 0, the number of replicas."},
};

}  // namespace

std::span<const kv::Command> server_rows() { return kRows; }

}  // namespace latchkey::resp
