#pragma once

#include <cstddef>
#include <cstdint>

#include "base/function_ref.h"
#include "kv/collection.h"
#include "storage/engine.h"

namespace latchkey::kv {

/// The members of one key, wherever they stand.
struct MembersPlace {
  storage::TreeId members{};
  storage::TreeId scores{};
  std::uint64_t members_id = 0;
};

inline MembersPlace members_place(const CollectionTrees& trees, std::uint64_t members_id) {
  return {trees.members, trees.scores, members_id};
}

/// Members that no key owns, written down in the catalog so that they are given back even when the
/// process dies meanwhile.
///
///   a key goes:       its record is erased and a garbage entry put, in one commit
///   members go:       in steps of kStepRecordsMax, each a short transaction
///   the entry goes:   with the last step, so a crash before it only repeats work
///
/// A copy of many members is made the other way round: an unborn entry first, the members in steps,
/// and the entry goes with the commit that gives them to a key. What is unborn when the store opens
/// belongs to a copy that died, and becomes garbage.
namespace graveyard {

inline constexpr std::size_t kStepRecordsMax = 128;

/// Requires: the record that owned the members goes in the same transaction.
Result<void> bury(storage::Transaction& transaction, const MembersPlace& place);

/// Writes the unborn entry, in a step of its own.
/// Requires: no transaction of this thread is open.
Result<void> expect_birth(storage::Engine& engine, const MembersPlace& place);
/// Requires: the record that owns the members is put in the same transaction.
Result<void> note_birth(storage::Transaction& transaction, const MembersPlace& place);
/// The copy has failed: what there is of it becomes garbage.
Result<void> give_up_birth(storage::Engine& engine, const MembersPlace& place);
/// At open: every unborn entry becomes garbage.
Result<void> bury_all_unborn(storage::Engine& engine);

/// Erases about `limit` members, in short steps. `in_use` says whether a tree still belongs to a
/// collection; what stood in one that was flushed has gone with it.
/// Returns whether more waits.
Result<bool> collect(storage::Engine& engine, std::size_t limit,
                     FunctionRef<bool(storage::TreeId)> in_use);

}  // namespace graveyard

}  // namespace latchkey::kv
