#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"

namespace latchkey {

/// Eight bytes whose bytewise order is the order of the numbers they stand for.
///
///   value                   bits stored, big-endian
///   double, sign clear      its bits with the sign bit set
///   double, sign set        all its bits inverted
///   int64                   its bits with the sign bit inverted
///
/// -0 is stored as +0, because the two compare equal; everything else decodes exactly.
inline constexpr std::size_t kScoreBytes = 8;
inline constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

/// Requires: `score` is not NaN, which has no place in an order.
inline std::uint64_t score_order(double score) {
  LK_ASSERT(!std::isnan(score));
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);  // -0 + 0 is +0
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

/// The inverse of score_order. Bits that no score has may decode to NaN: who reads bytes from disk
/// checks for it.
inline double score_from_order(std::uint64_t order) {
  return std::bit_cast<double>((order & kSignBit) != 0 ? order & ~kSignBit : ~order);
}

inline void store_score(void* to, double score) { store_big64(to, score_order(score)); }
inline double load_score(const void* from) { return score_from_order(load_big64(from)); }

inline void store_ordered_int64(void* to, std::int64_t value) {
  store_big64(to, static_cast<std::uint64_t>(value) ^ kSignBit);
}
inline std::int64_t load_ordered_int64(const void* from) {
  return static_cast<std::int64_t>(load_big64(from) ^ kSignBit);
}

}  // namespace latchkey
