#pragma once

#include <cstddef>
#include <span>

#include "kv/command.h"

namespace latchkey::kv {

/// Adds every command on data to `table`: the one list of the families below. Doors add their own
/// rows (connection, channels, server) beside it.
void add_data_commands(CommandTable& table);

/// One family each, from the file of the same name: src/kv/<family>_commands.cc.
void add_string_commands(CommandTable& table);
void add_counter_commands(CommandTable& table);
void add_collection_commands(CommandTable& table);
void add_key_commands(CommandTable& table);
void add_expiry_commands(CommandTable& table);
void add_scan_commands(CommandTable& table);
void add_hash_commands(CommandTable& table);
void add_sorted_set_commands(CommandTable& table);

/// Each family's rows stand in the order of their names, so that a reader finds one at once.
constexpr bool is_sorted_by_name(std::span<const Command> rows) {
  for (std::size_t index = 1; index < rows.size(); ++index) {
    if (!(rows[index - 1].name < rows[index].name)) return false;
  }
  return true;
}

}  // namespace latchkey::kv
