#pragma once

#include "latchkey/result.h"

namespace latchkey::kv {

class Call;

/// Handlers of hash commands that have a file of their own: hash_commands_walk.cc.
Result<void> hscan(Call& call);
Result<void> hrandfield(Call& call);

}  // namespace latchkey::kv
