#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::kv {

class Call;

/// The arguments of a command, its name first.
using Arguments = std::span<const Bytes>;

/// What a command does, as one row states it. COMMAND, COMMAND DOCS, arity checks, permissions, the
/// prefetch of keys, the command line and the docs page all read these rows.
enum CommandFlag : std::uint32_t {
  kRead = 1u << 0,        ///< reads the data
  kWrite = 1u << 1,       ///< may change the data
  kGrows = 1u << 2,       ///< may need memory: refused at the limit
  kFast = 1u << 3,        ///< constant or logarithmic in the data
  kAdmin = 1u << 4,       ///< needs the admin permission
  kPubSub = 1u << 5,      ///< about channels; allowed to a RESP2 subscriber
  kConnection = 1u << 6,  ///< about the client itself
  kNoMulti = 1u << 7,     ///< refused inside MULTI
  kNoAuth = 1u << 8,      ///< allowed before authentication
  kOneKey =
      1u << 9,  ///< reads or writes the one record of its first key and nothing else, most times
  kEverything = 1u << 10,    ///< touches keys it does not name: runs with all else held off
  kLoading = 1u << 11,       ///< allowed while the data loads
  kWalks = 1u << 12,         ///< walks the collection in bounded steps and takes no locks itself
  kMemberSecond = 1u << 13,  ///< looks for a member of a sorted set, most times its argument 2
  kMemberThird = 1u << 14,   ///< the same, argument 3, behind a score
  kRanked = 1u << 15,        ///< looks for that member in the order of scores too
  kBlocks = 1u << 16,        ///< may wait for one of its keys: see WaitingCommand
  kFeeds = 1u << 17,         ///< may bring to its keys what others wait for
};

/// Where the keys stand among the arguments.
///
/// first:       index of the first key; 0 = the command names no keys
/// last:        index of the last key; negative counts from the end (-1 = the last argument)
/// step:        distance from key to key
/// count_index: if not 0, that argument says how many keys follow it (ZUNION 2 a b), beside any
///              fixed key at `first` (ZUNIONSTORE destination 2 a b has first = last = 1)
struct KeySpec {
  std::int8_t first = 0;
  std::int8_t last = 0;
  std::int8_t step = 0;
  std::int8_t count_index = 0;
};

inline constexpr KeySpec kNoKeys{0, 0, 0, 0};
inline constexpr KeySpec kFirstKey{1, 1, 1, 0};
inline constexpr KeySpec kTwoKeys{1, 2, 1, 0};
inline constexpr KeySpec kAllKeys{1, -1, 1, 0};
inline constexpr KeySpec kEverySecond{1, -1, 2, 0};
inline constexpr KeySpec kCountedKeys{0, 0, 1, 1};
inline constexpr KeySpec kDestinationAndCountedKeys{1, 1, 1, 2};

/// How many arguments, the name counted: exactly(n) or at_least(n).
struct Arity {
  std::int16_t value;  ///< negative: at least that many, as COMMAND reports it
  bool admits(std::size_t argument_count) const {
    return value >= 0 ? argument_count == static_cast<std::size_t>(value)
                      : argument_count >= static_cast<std::size_t>(-value);
  }
};
constexpr Arity exactly(int count) { return {static_cast<std::int16_t>(count)}; }
constexpr Arity at_least(int count) { return {static_cast<std::int16_t>(-count)}; }

/// Does the work and writes exactly one reply element, or returns an error having changed nothing;
/// what it wrote to the reply before an error is taken back by the caller.
using Handler = Result<void> (*)(Call&);

/// For a command with subcommands: whether the one named exists and takes that many arguments. A
/// handler checks that by itself; this is for who must know before the command runs (MULTI).
using Check = Result<void> (*)(Arguments);

struct Command {
  Bytes name;  ///< upper case
  Arity arity;
  KeySpec keys;
  std::uint32_t flags;
  Handler handler;
  Bytes group;    ///< COMMAND DOCS: string, hash, sorted-set, generic, connection, server, pubsub,
                  ///< transactions
  Bytes cost;     ///< one line, in words: "log n, n members"
  Bytes summary;  ///< one sentence for COMMAND DOCS
  Check check = nullptr;
};

/// The row of a name in any case, or null. All doors' commands are here: a door registers its own
/// rows (HELLO, SUBSCRIBE ..) with the store at start.
class CommandTable {
 public:
  /// Requires: no name stands twice; called before the table is shared.
  void add(std::span<const Command> rows);
  const Command* find(Bytes name) const;
  /// All rows, sorted by name.
  std::span<const Command* const> rows() const { return {sorted_, size_}; }

 private:
  static constexpr std::size_t kRowsMax = 512;
  static constexpr std::size_t kSlots = 2048;  // a power of two, sparse enough for short probes
  const Command* sorted_[kRowsMax] = {};
  const Command* slots_[kSlots] = {};
  std::size_t size_ = 0;
};

/// Calls `visit` with the index of each key of a call. An argument count that does not fit the row
/// yields no key past the end.
void for_each_key(const Command& command, Arguments arguments, void (*visit)(void*, std::size_t),
                  void* context);

}  // namespace latchkey::kv
