#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kv/command.h"

namespace latchkey::resp {

/// What the door does itself with a command, instead of handing it to its handler alone.
enum class Special : std::uint8_t { None, Multi, Exec, Discard, Watch, Quit, Reset };

/// A command as this door sees it.
struct IndexedCommand {
  const kv::Command* command = nullptr;
  std::uint16_t number = 0;  ///< its place among all rows in the order of names; indexes statistics
  Special special = Special::None;
  bool has_subcommands = false;
  bool is_ours = false;  ///< the row was added by this door: it needs no transaction around it
  std::string lower_name;
};

/// Finds commands by the words that clients send, in one or two cache lines.
///
/// Threads: any, once built.
class CommandIndex {
 public:
  /// Requires: all rows are in the table. `ours` are the rows that this door has added.
  void build(const kv::CommandTable& table, const std::vector<const kv::Command*>& ours);

  /// Null when there is no such command. The case of letters does not matter.
  const IndexedCommand* find(Bytes name) const {
    const Key key = fold(name);
    for (std::size_t slot = key.slot();; slot = (slot + 1) % kSlots) {
      const Slot& candidate = slots_[slot];
      if (candidate.indexed == nullptr) return nullptr;
      if (candidate.key == key && is_name(*candidate.indexed, name)) return candidate.indexed;
    }
  }
  std::size_t size() const { return commands_.size(); }
  const IndexedCommand& at(std::size_t number) const { return commands_[number]; }

 private:
  static constexpr std::size_t kSlots = 2048;

  /// Length, first and last eight bytes, letters folded: enough to tell nearly all names apart.
  struct Key {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    std::size_t size = 0;
    bool operator==(const Key&) const = default;
    std::size_t slot() const {
      return (((head + size) * 0x9e3779b97f4a7c15u) ^ (tail * 0xc2b2ae3d27d4eb4fu)) >> 53;
    }
  };
  static_assert(kSlots == std::size_t{1} << (64 - 53));

  static Key fold(Bytes name) {
    constexpr std::uint64_t kCaseBits = 0xdfdfdfdfdfdfdfdfu;
    Key key;
    key.size = name.size();
    if (name.size() >= 8) {
      key.head = load<std::uint64_t>(name.data()) & kCaseBits;
      key.tail = load<std::uint64_t>(name.data() + name.size() - 8) & kCaseBits;
    } else {
      char padded[8] = {};
      for (std::size_t i = 0; i < name.size(); ++i) padded[i] = name[i];
      key.head = load<std::uint64_t>(padded) & kCaseBits;
    }
    return key;
  }
  static bool is_name(const IndexedCommand& indexed, Bytes name);

  struct Slot {
    Key key;
    const IndexedCommand* indexed = nullptr;
  };
  std::vector<IndexedCommand> commands_;
  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

}  // namespace latchkey::resp
