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

/// The row that argument 1 names; null for HELP.
Result<const Subcommand*> find_subcommand(kv::Arguments arguments,
                                          std::span<const Subcommand> rows) {
  const Bytes word = arguments[1];
  for (const Subcommand& row : rows) {
    if (!equals_ignore_case(last_word(row.full_name), word)) continue;
    if (row.arity.admits(arguments.size())) return &row;
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("wrong number of arguments for '{}' command", row.full_name));
  }
  if (equals_ignore_case(word, "HELP")) {
    if (arguments.size() == 2) return nullptr;
    return Error(
        ErrorCode::InvalidArgument,
        fmt::format("wrong number of arguments for '{}|help' command", to_lower(arguments[0])));
  }
  return Error(ErrorCode::UnknownCommand, fmt::format("unknown subcommand '{}'. Try {} HELP.",
                                                      word.substr(0, 128), to_upper(arguments[0])));
}

}  // namespace

Result<void> check_subcommand(kv::Arguments arguments, std::span<const Subcommand> rows) {
  LK_CHECK(find_subcommand(arguments, rows));
  return {};
}

Error wrong_subcommand_use(const kv::Call& call) {
  return Error(ErrorCode::InvalidArgument,
               fmt::format("unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                           call.argument(1).substr(0, 128), call.command.name));
}

Result<void> run_subcommand(kv::Call& call, std::span<const Subcommand> rows) {
  LK_TRY(const Subcommand* row, find_subcommand(call.arguments, rows));
  if (row == nullptr) {
    write_help(call, rows);
    return {};
  }
  Client::of(call).info().last_command.store(row->full_name.data(), std::memory_order_relaxed);
  return row->handler(call);
}

}  // namespace latchkey::resp
