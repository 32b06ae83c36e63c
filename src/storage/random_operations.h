#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "env/simulated.h"
#include "storage/engine.h"

namespace latchkey::storage {

struct RandomOperationsOptions {
  std::uint64_t seed = 0;
  std::size_t operation_count = 2000;
};

/// Gives both engines the same random operations and compares every answer, and from time to time
/// all that they hold. The same seed and options give the same operations.
///
/// The operations: single reads and updates, atomic steps, up to four interleaved transactions at
/// all levels with cursors and savepoints, trees that come and go, deadlines and a clock that
/// moves, bulk writes and erases that make pages split and merge, checkpoints, keys and values at
/// and past the limits.
///
/// Verified:     records, kinds, deadlines, order of versions, walks, counts, ranks, row locks met,
///               conflicts at REPEATABLE READ, what is due, all contents.
/// Not verified: waiting for row locks, threads, crashes. At SERIALIZABLE the subject may refuse a
///               commit that the reference would accept, not the other way round.
///
/// Requires: both engines are empty, read `clock`, and have the same limits.
/// Returns:  nothing if they agree; else the first difference with the operations that led to it.
std::optional<std::string> first_difference(Engine& reference, Engine& subject,
                                            env::SimulatedClock& clock,
                                            const RandomOperationsOptions& options);

}  // namespace latchkey::storage
