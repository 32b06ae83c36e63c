#include "env/simulated.h"

#include "base/assert.h"

namespace latchkey::env {

void SimulatedClock::advance_us(std::int64_t us) {
  LK_ASSERT(us >= 0);
  // The wall shows whole milliseconds, so what is left of one must not be lost between calls.
  const std::int64_t before_us = steady_us_.fetch_add(us);
  wall_ms_.fetch_add((before_us + us) / 1000 - before_us / 1000);
}

}  // namespace latchkey::env
