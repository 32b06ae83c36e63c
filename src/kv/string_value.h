#pragma once

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::kv {

class Call;

/// GET of a key that holds no scalar: fields answer as JSON text, all else with WRONGTYPE.
Result<void> get_other_kind(Call& call, Bytes key);

}  // namespace latchkey::kv
