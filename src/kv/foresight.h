#pragma once

#include <span>

#include "kv/command.h"
#include "storage/types.h"

namespace latchkey::kv {

class Store;
struct Session;

/// A command that is about to run, with the reference to its first key that Store::prefetch filled.
struct ForeseenCall {
  const Command* command;
  Arguments arguments;
  const storage::KeyRef* key;
};

/// How many calls foresee_members looks at in one go.
inline constexpr std::size_t kForeseenMembersMax = 32;

/// Starts the memory reads that commands on members of sorted sets will need beyond the record of
/// their key: the entry of the member, and the entries of its score before and after. A hint.
///
/// Calls of other commands (neither kMemberSecond nor kMemberThird) are skipped, and members of
/// unusual length.
///
/// Threads: the session's, inside a Turn.
void foresee_members(Store& store, const Session& session, std::span<const ForeseenCall> calls);

}  // namespace latchkey::kv
