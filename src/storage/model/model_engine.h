#pragma once

#include <memory>

#include "env/env.h"
#include "storage/engine.h"

namespace latchkey::storage {

/// The whole contract of engine.h in its plainest form: ordered maps, one lock, every version in a
/// list. It is what the other engines are compared with, and what upper layers are tested on.
///
/// Threads:   any; one recursive lock serialises everything. A transaction from begin_atomic holds
///            that lock until it ends, and so must end on the thread that began it.
/// Ownership: borrows `env` (clock and random).
/// Errors:    as the contract says. It has no disk: what is committed is stable at once, and gone
///            when the engine is.
std::unique_ptr<Engine> make_model_engine(env::Env env, EngineLimits limits);

}  // namespace latchkey::storage
