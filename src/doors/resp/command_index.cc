#include "doors/resp/command_index.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace latchkey::resp {

namespace {

Special special_of(Bytes name) {
  if (name == "MULTI") return Special::Multi;
  if (name == "EXEC") return Special::Exec;
  if (name == "DISCARD") return Special::Discard;
  if (name == "WATCH") return Special::Watch;
  if (name == "QUIT") return Special::Quit;
  if (name == "RESET") return Special::Reset;
  return Special::None;
}

bool has_subcommands(Bytes name) {
  for (const Bytes container :
       {"ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY",
        "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SLOWLOG"}) {
    if (name == container) return true;
  }
  return false;
}

}  // namespace

void CommandIndex::build(const kv::CommandTable& table,
                         const std::vector<const kv::Command*>& ours) {
  commands_.clear();
  slots_.assign(kSlots, {});
  LK_ASSERT(table.rows().size() < kSlots / 2);
  commands_.reserve(table.rows().size());
  for (const kv::Command* row : table.rows()) {
    const bool is_ours = std::find(ours.begin(), ours.end(), row) != ours.end();
    commands_.push_back({row, static_cast<std::uint16_t>(commands_.size()), special_of(row->name),
                         has_subcommands(row->name), is_ours, to_lower(row->name)});
    const Key key = fold(row->name);
    std::size_t slot = key.slot();
    while (slots_[slot].indexed != nullptr) slot = (slot + 1) % kSlots;
    slots_[slot] = {key, &commands_.back()};
  }
}

bool CommandIndex::is_name(const IndexedCommand& indexed, Bytes name) {
  return equals_ignore_case(indexed.command->name, name);
}

}  // namespace latchkey::resp
