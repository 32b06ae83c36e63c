#pragma once

#include "latchkey/result.h"
#include "tools/server/config.h"

namespace latchkey::server {

/// Opens the data directory and the doors and serves until a StopSignal; then closes the
/// doors, writes what is left to write and returns. A second signal ends the process at once, which
/// loses nothing that was acknowledged.
///
/// Threads: from the main thread, before any other thread was started.
Result<void> serve(const Configuration& configuration);

}  // namespace latchkey::server
