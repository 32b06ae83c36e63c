#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/glob.h"
#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "doors/resp/subcommands.h"
#include "kv/call.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::Command;
using kv::exactly;
using kv::kNoKeys;

Error invalid(std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); }

const CommandIndex& index_of(Call& call) { return Client::of(call).door().index; }

std::vector<Bytes> flag_names(const Command& command) {
  std::vector<Bytes> names;
  const auto add = [&](std::uint32_t flag, Bytes name) {
    if ((command.flags & flag) != 0) names.push_back(name);
  };
  add(kv::kWrite, "write");
  add(kv::kRead, "readonly");
  add(kv::kGrows, "denyoom");
  add(kv::kAdmin, "admin");
  if (command.group == "pubsub") names.push_back("pubsub");
  add(kv::kLoading, "loading");
  add(kv::kFast, "fast");
  add(kv::kNoAuth, "no_auth");
  add(kv::kNoMulti, "no_multi");
  add(kv::kBlocks, "blocking");
  if (command.keys.count_index != 0) names.push_back("movablekeys");
  return names;
}

/// The categories of access rules a command belongs to.
std::vector<Bytes> category_names(const Command& command) {
  std::vector<Bytes> names;
  if ((command.flags & kv::kWrite) != 0) names.push_back("@write");
  if ((command.flags & kv::kRead) != 0) names.push_back("@read");
  if (command.group == "generic") {
    names.push_back("@keyspace");
  } else if (command.group == "sorted-set") {
    names.push_back("@sortedset");
  } else if (command.group == "transactions") {
    names.push_back("@transaction");
  } else if (command.group == "hash") {
    names.push_back("@hash");
  } else if (command.group == "string") {
    names.push_back("@string");
  } else if (command.group == "connection") {
    names.push_back("@connection");
  } else if (command.group == "pubsub") {
    names.push_back("@pubsub");
  }
  if ((command.flags & kv::kAdmin) != 0) names.push_back("@admin");
  if ((command.flags & (kv::kAdmin | kv::kEverything)) != 0) names.push_back("@dangerous");
  names.push_back((command.flags & kv::kFast) != 0 ? "@fast" : "@slow");
  return names;
}

void write_words(kv::Reply& reply, const std::vector<Bytes>& words) {
  reply.set(words.size());
  for (const Bytes word : words) reply.status(word);
}

/// One way in which a command's arguments hold keys, as COMMAND INFO describes it.
void write_key_spec(kv::Reply& reply, const Command& command, int begin, bool counted) {
  reply.map(3);
  reply.bulk("flags");
  write_words(reply, (command.flags & kv::kWrite) != 0 && !counted
                         ? std::vector<Bytes>{"RW", "access", "update"}
                         : std::vector<Bytes>{"RO", "access"});
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply.bulk("index");
  reply.integer(begin);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk(counted ? "keynum" : "range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk(counted ? "keynumidx" : "lastkey");
  reply.integer(counted ? 0
                        : (command.keys.last > 0 ? command.keys.last - command.keys.first
                                                 : command.keys.last));
  reply.bulk(counted ? "firstkey" : "keystep");
  reply.integer(counted ? 1 : command.keys.step);
  reply.bulk(counted ? "keystep" : "limit");
  reply.integer(counted ? 1 : 0);
}

void write_info(kv::Reply& reply, const IndexedCommand& indexed) {
  const Command& command = *indexed.command;
  reply.array(10);
  reply.bulk(indexed.lower_name);
  reply.integer(command.arity.value);
  write_words(reply, flag_names(command));
  reply.integer(command.keys.first);
  reply.integer(command.keys.first == 0 ? 0 : command.keys.last);
  reply.integer(command.keys.first == 0 ? 0 : command.keys.step);
  write_words(reply, category_names(command));
  reply.set(0);
  const bool fixed = command.keys.first != 0;
  const bool counted = command.keys.count_index != 0;
  reply.set((fixed ? 1 : 0) + (counted ? 1 : 0));
  if (fixed) write_key_spec(reply, command, command.keys.first, false);
  if (counted) write_key_spec(reply, command, command.keys.count_index, true);
  reply.set(0);
}

Result<void> command_info(Call& call) {
  const CommandIndex& index = index_of(call);
  if (call.argument_count() <= 2) {
    call.reply.array(index.size());
    for (std::size_t i = 0; i < index.size(); ++i) write_info(call.reply, index.at(i));
    return {};
  }
  call.reply.array(call.argument_count() - 2);
  for (const Bytes name : call.arguments.subspan(2)) {
    if (const IndexedCommand* indexed = index.find(name); indexed != nullptr) {
      write_info(call.reply, *indexed);
    } else {
      call.reply.null();
    }
  }
  return {};
}

Result<void> command_count(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(index_of(call).size()));
  return {};
}

void write_docs(kv::Reply& reply, const IndexedCommand& indexed) {
  reply.bulk(indexed.lower_name);
  reply.map(4);
  reply.bulk("summary");
  reply.bulk(indexed.command->summary);
  reply.bulk("since");
  reply.bulk("1.0.0");
  reply.bulk("group");
  reply.bulk(indexed.command->group);
  reply.bulk("complexity");
  reply.bulk(indexed.command->cost);
}

Result<void> command_docs(Call& call) {
  const CommandIndex& index = index_of(call);
  std::vector<const IndexedCommand*> chosen;
  if (call.argument_count() == 2) {
    for (std::size_t i = 0; i < index.size(); ++i) chosen.push_back(&index.at(i));
  }
  for (const Bytes name : call.arguments.subspan(2)) {
    if (const IndexedCommand* indexed = index.find(name); indexed != nullptr)
      chosen.push_back(indexed);
  }
  call.reply.map(chosen.size());
  for (const IndexedCommand* indexed : chosen) write_docs(call.reply, *indexed);
  return {};
}

/// The command that COMMAND GETKEYS is asked about, and where its keys stand.
struct NamedKeys {
  const Command* command;
  std::vector<std::size_t> positions;
};

Result<NamedKeys> read_named_keys(Call& call) {
  const kv::Arguments arguments = call.arguments.subspan(2);
  const IndexedCommand* indexed = index_of(call).find(arguments[0]);
  if (indexed == nullptr) return invalid("Invalid command specified");
  const Command& command = *indexed->command;
  if (command.keys.first == 0 && command.keys.count_index == 0) {
    return invalid("The command has no key arguments");
  }
  if (!command.arity.admits(arguments.size())) {
    return invalid("Invalid number of arguments specified for command");
  }
  NamedKeys keys{&command, {}};
  kv::for_each_key(
      command, arguments,
      [](void* context, std::size_t position) {
        static_cast<std::vector<std::size_t>*>(context)->push_back(position);
      },
      &keys.positions);
  if (keys.positions.empty()) return invalid("Invalid arguments specified for command");
  return keys;
}

Result<void> command_getkeys(Call& call) {
  LK_TRY(const NamedKeys keys, read_named_keys(call));
  call.reply.array(keys.positions.size());
  for (const std::size_t position : keys.positions) call.reply.bulk(call.argument(2 + position));
  return {};
}

Result<void> command_getkeysandflags(Call& call) {
  LK_TRY(const NamedKeys keys, read_named_keys(call));
  const bool writes = (keys.command->flags & kv::kWrite) != 0;
  call.reply.array(keys.positions.size());
  for (const std::size_t position : keys.positions) {
    call.reply.array(2);
    call.reply.bulk(call.argument(2 + position));
    write_words(call.reply, writes ? std::vector<Bytes>{"RW", "access", "update"}
                                   : std::vector<Bytes>{"RO", "access"});
  }
  return {};
}

Result<void> command_list(Call& call) {
  const CommandIndex& index = index_of(call);
  const bool filters =
      call.argument_count() == 5 && equals_ignore_case(call.argument(2), "FILTERBY");
  if (!filters && call.argument_count() > 2) return Call::syntax_error();
  const Bytes filter = filters ? call.argument(3) : Bytes();
  const Bytes value = filters ? call.argument(4) : Bytes();
  const bool by_pattern = equals_ignore_case(filter, "PATTERN");
  const bool by_category = equals_ignore_case(filter, "ACLCAT");
  if (filters && !by_pattern && !by_category && !equals_ignore_case(filter, "MODULE"))
    return Call::syntax_error();
  const auto admits = [&](const IndexedCommand& indexed) {
    if (!filters) return true;
    if (by_pattern) return glob_match(value, indexed.lower_name, LetterCase::Ignore);
    if (!by_category) return false;
    for (const Bytes category : category_names(*indexed.command)) {
      if (equals_ignore_case(category.substr(1), value)) return true;
    }
    return false;
  };
  std::vector<Bytes> names;
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (admits(index.at(i))) names.push_back(index.at(i).lower_name);
  }
  call.reply.array(names.size());
  for (const Bytes name : names) call.reply.bulk(name);
  return {};
}

constexpr Subcommand kSubcommands[] = {
    {"command|count", exactly(2), &command_count, "COUNT", "Return the number of commands."},
    {"command|docs", at_least(2), &command_docs, "DOCS [<command> ...]",
     "Return what the commands do and cost (default: all of them)."},
    {"command|getkeys", at_least(3), &command_getkeys, "GETKEYS <command> [<arg> ...]",
     "Return the keys of a whole command."},
    {"command|getkeysandflags", at_least(3), &command_getkeysandflags,
     "GETKEYSANDFLAGS <command> [<arg> ...]",
     "Return the keys of a whole command and how it uses them."},
    {"command|info", at_least(2), &command_info, "INFO [<command> ...]",
     "Return arity, flags and key positions (default: of all commands)."},
    {"command|list", at_least(2), &command_list,
     "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
     "Return the names of commands."},
};

Result<void> check_command(kv::Arguments arguments) {
  return arguments.size() == 1 ? Result<void>() : check_subcommand(arguments, kSubcommands);
}

Result<void> command(Call& call) {
  return call.argument_count() == 1 ? command_info(call) : run_subcommand(call, kSubcommands);
}

constexpr Command kRows[] = {
    {"COMMAND", at_least(1), kNoKeys, kv::kConnection | kv::kLoading, &command, "server",
     "n, commands", "Tells about commands.", &check_command},
};

}  // namespace

std::span<const Command> command_rows() { return kRows; }

}  // namespace latchkey::resp
