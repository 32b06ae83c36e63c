#include "kv/command.h"

#include <algorithm>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"

namespace latchkey::kv {

namespace {

// Clearing this bit turns lower case into upper and keeps distinct names distinct enough to probe.
constexpr char kCaseBit = 0x20;

std::size_t hash_name(Bytes name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c & ~kCaseBit)) * 0x100000001b3u;
  }
  return static_cast<std::size_t>(hash ^ (hash >> 29));
}

}  // namespace

void CommandTable::add(std::span<const Command> rows) {
  for (const Command& row : rows) {
    LK_ASSERT(size_ < kRowsMax);
    LK_ASSERT(!row.name.empty());
    std::size_t slot = hash_name(row.name) % kSlots;
    while (slots_[slot] != nullptr) {
      LK_ASSERT(slots_[slot]->name != row.name);
      slot = (slot + 1) % kSlots;
    }
    slots_[slot] = &row;
    sorted_[size_++] = &row;
  }
  std::sort(sorted_, sorted_ + size_,
            [](const Command* left, const Command* right) { return left->name < right->name; });
}

const Command* CommandTable::find(Bytes name) const {
  std::size_t slot = hash_name(name) % kSlots;
  while (slots_[slot] != nullptr) {
    if (equals_ignore_case(slots_[slot]->name, name)) return slots_[slot];
    slot = (slot + 1) % kSlots;
  }
  return nullptr;
}

void for_each_key(const Command& command, Arguments arguments, void (*visit)(void*, std::size_t),
                  void* context) {
  const KeySpec& spec = command.keys;
  const auto count = static_cast<std::int64_t>(arguments.size());
  if (spec.first > 0) {
    LK_ASSERT(spec.step > 0);
    const std::int64_t last = spec.last >= 0 ? spec.last : count + spec.last;
    for (std::int64_t index = spec.first; index <= last && index < count; index += spec.step) {
      visit(context, static_cast<std::size_t>(index));
    }
  }
  if (spec.count_index == 0 || spec.count_index >= count) return;
  const auto key_count = parse_int64(arguments[static_cast<std::size_t>(spec.count_index)]);
  if (!key_count.has_value() || *key_count <= 0) return;
  const std::int64_t first = spec.count_index + 1;
  const std::int64_t end = *key_count < count - first ? first + *key_count : count;
  for (std::int64_t index = first; index < end; ++index) {
    visit(context, static_cast<std::size_t>(index));
  }
}

}  // namespace latchkey::kv
