#pragma once

#include <cstdint>
#include <span>

#include "storage/tree/directory.h"
#include "storage/tree/pool.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// Starts the memory reads that point look-ups of `keys` will need, stage by stage over all of
/// them, so that their cache misses overlap: hint, head of the leaf, slot, record.
///
/// Notes in each key the page it was sent to, for Tree::locate.
///
/// Threads: any. Reads leaves that may be changing and believes nothing it reads.
void prefetch_records(const Directory& directory, const Pool& pool, std::span<KeyRef> keys);

}  // namespace latchkey::storage::tree
