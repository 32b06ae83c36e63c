#pragma once

#include <atomic>
#include <cstdint>

#include "env/env.h"

namespace latchkey::env {

/// Spreads the bits of `value`; a bijection.
std::uint64_t mix64(std::uint64_t value);

/// A number in [0, bound), evenly but for a bias below bound / 2^64. Requires: bound > 0.
std::uint64_t below(Random& random, std::uint64_t bound);

/// True once in `n` calls on average. Requires: n > 0.
bool one_in(Random& random, std::uint64_t n);

/// The same numbers for the same seed on every machine.
///
/// Threads: any; which thread gets which number is then up to the scheduler.
/// Source:  splitmix64 (Steele, Lea, Flood 2014): a counter whose value is mixed, hence lock-free.
class SimulatedRandom final : public Random {
 public:
  explicit SimulatedRandom(std::uint64_t seed) : state_(mix64(seed)) {}
  void fill(std::span<std::byte> out) override;

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace latchkey::env
