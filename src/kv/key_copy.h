#pragma once

#include "base/bytes.h"
#include "kv/collection.h"
#include "latchkey/result.h"

namespace latchkey::kv {

class Call;

/// COPY and MOVE: another key, perhaps in another collection, with the same value and deadline.
struct KeyCopy {
  Bytes from;
  Bytes to;
  Collection* target;
  enum class Existing : bool { Stays, Replaced } existing = Existing::Stays;
  enum class Source : bool { Stays, Goes } source = Source::Stays;
};

/// Returns whether it was done: not when there is no source, or the target is there and stays.
///
/// Few members are copied with their record. Many are copied first, in short steps that hold
/// nobody off, and given to the key at the end if the source has not changed meanwhile. A source
/// that changes all the time is at last copied in one step, as is any inside an EXEC. Requires: no
/// Turn is open: the caller's row has the flag kWalks.
Result<bool> copy_key(Call& call, const KeyCopy& copy);

}  // namespace latchkey::kv
