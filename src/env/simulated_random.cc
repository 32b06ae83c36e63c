#include "env/simulated_random.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace latchkey::env {

std::uint64_t mix64(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::uint64_t below(Random& random, std::uint64_t bound) {
  LK_ASSERT(bound > 0);
  return random.next() % bound;
}

bool one_in(Random& random, std::uint64_t n) { return below(random, n) == 0; }

void SimulatedRandom::fill(std::span<std::byte> out) {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd: a full period
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t value = mix64(state_.fetch_add(kStep, std::memory_order_relaxed) + kStep);
    const std::size_t count = std::min(out.size() - done, sizeof value);
    std::memcpy(out.data() + done, &value, count);
    done += count;
  }
}

}  // namespace latchkey::env
