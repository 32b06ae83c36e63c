#include "doors/resp/subcommands.h"

#include <fmt/format.h>

#include "base/text.h"
#include "doors/resp/client.h"

namespace latchkey::resp {

namespace {

Bytes last_word(Bytes full_name) { return full_name.substr(full_name.find('|') + 1); }

void write_help(kv::Call& call, std::span<const Subcommand> rows) {
  std::size_t shown = 0;
  for (const Subcommand& row : rows) shown += row.usage.empty() ? 0 : 1;
  call.reply.array(1 + 2 * shown + 2);
  call.reply.status(fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                                call.command.name));
  for (const Subcommand& row : rows) {
    if (row.usage.empty()) continue;
    call.reply.status(row.usage);
    call.reply.status(fmt::format("    {}", row.summary));
  }
  call.reply.status("HELP");
  call.reply.status("    Print this help.");
}

}  // namespace

Result<void> run_subcommand(kv::Call& call, std::span<const Subcommand> rows) {
  const Bytes word = call.argument(1);
  for (const Subcommand& row : rows) {
    if (!equals_ignore_case(last_word(row.full_name), word)) continue;
    if (!row.arity.admits(call.argument_count())) {
      return Error(ErrorCode::InvalidArgument,
                   fmt::format("wrong number of arguments for '{}' command", row.full_name));
    }
    Client::of(call).info().last_command.store(row.full_name.data(), std::memory_order_relaxed);
    return row.handler(call);
  }
  if (equals_ignore_case(word, "HELP") && call.argument_count() == 2) {
    write_help(call, rows);
    return {};
  }
  return Error(ErrorCode::UnknownCommand, fmt::format("unknown subcommand '{}'. Try {} HELP.",
                                                      word.substr(0, 128), call.command.name));
}

}  // namespace latchkey::resp
