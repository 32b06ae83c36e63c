#pragma once

#include <cstddef>
#include <cstdint>

#include "kv/call.h"
#include "storage/types.h"

namespace latchkey::kv {

/// How many records a walk looks at before it lets others in.
inline constexpr std::size_t kWalkStepRecords = 256;

enum class Go : std::uint8_t { On, Stop };

/// Visits the records of the session's collection in `range`, in order of their keys, until `visit`
/// says Stop. Visits records past their deadline too, as null, so that a caller can bound its work.
///
/// Outside an EXEC it goes in steps, each in a Turn of its own that sees the newest commits: a key
/// that stays throughout is visited once, one that comes or goes meanwhile may be or not. `visit`
/// may be called inside a Turn and must not wait.
/// Requires: the caller's row has the flag kWalks, so that no Turn is open.
Result<void> walk_records(Call& call, storage::KeyRange range,
                          FunctionRef<Go(Bytes key, const storage::RecordView* live)> visit);

}  // namespace latchkey::kv
