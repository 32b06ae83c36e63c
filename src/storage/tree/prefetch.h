#pragma once

#include <cstdint>
#include <span>

#include "storage/tree/directory.h"
#include "storage/tree/pool.h"
#include "storage/tree/tree.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// Starts the memory reads that point look-ups of `keys`, all of `tree`, will need, stage by stage
/// over all of them, so that their cache misses overlap: hint, head of the leaf, slot, record.
///
/// Notes in each key the page it was sent to, for Tree::locate. For a key that no hint is known of,
/// which is likely new, that is the leaf it belongs to, and the place of a new record is fetched.
///
/// Threads: any, inside a turn. Reads leaves that may be changing and believes nothing it reads.
void prefetch_records(const Tree& tree, const Directory& directory, const Pool& pool,
                      std::span<KeyRef> keys);

}  // namespace latchkey::storage::tree
