#pragma once

#include <bit>
#include <cstdint>

namespace latchkey::sql {

/// Numbers that follow from a seed: what random() gives after setseed().
///
/// Threads: one at a time.
/// Source:  SplitMix64 (Steele, Lea and Flood 2014).
class SeededRandom {
 public:
  explicit SeededRandom(double seed) : state_(std::bit_cast<std::uint64_t>(seed)) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace latchkey::sql
