#pragma once

#include <atomic>
#include <cstdint>

#include "env/env.h"
#include "env/simulated_file_system.h"
#include "env/simulated_random.h"

namespace latchkey::env {

/// Stands still until told to move.
///
/// Threads: any.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(std::int64_t wall_ms_at_start = 1'700'000'000'000)
      : wall_ms_(wall_ms_at_start) {}

  std::int64_t wall_ms() override { return wall_ms_.load(); }
  std::int64_t steady_us() override { return steady_us_.load(); }

  /// Time passes on both clocks. Requires: not negative.
  void advance_ms(std::int64_t ms) { advance_us(ms * 1000); }
  void advance_us(std::int64_t us);
  /// Somebody sets the machine's clock, forward or back; steady time goes on as it was.
  void set_wall_ms(std::int64_t ms) { wall_ms_.store(ms); }
  void step_wall_ms(std::int64_t ms) { wall_ms_.fetch_add(ms); }

 private:
  std::atomic<std::int64_t> wall_ms_;
  std::atomic<std::int64_t> steady_us_{0};
};

/// A machine of its own: the same seed and the same calls give the same answers.
///
/// Ownership: env() borrows from this object.
class SimulatedEnv {
 public:
  explicit SimulatedEnv(std::uint64_t seed = 0) : random(seed) {}
  /// The machine after its disk was found like this.
  SimulatedEnv(std::uint64_t seed, const SimulatedDisk& disk) : random(seed), files(disk) {}

  Env env() { return Env{&clock, &random, &files}; }

  SimulatedClock clock;
  SimulatedRandom random;
  SimulatedFileSystem files;
};

}  // namespace latchkey::env
