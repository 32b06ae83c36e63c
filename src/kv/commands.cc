#include "kv/commands.h"

namespace latchkey::kv {

void add_data_commands(CommandTable& table) {
  add_string_commands(table);
  add_counter_commands(table);
  add_key_commands(table);
  add_collection_commands(table);
  add_expiry_commands(table);
  add_scan_commands(table);
  add_hash_commands(table);
  add_sorted_set_commands(table);
}

}  // namespace latchkey::kv
