#pragma once

#include <xxhash.h>

#include <cstdint>

#include "base/bytes.h"

namespace latchkey {

/// XXH3 of `bytes` under a secret seed, so that a client cannot choose keys that collide.
///
/// Threads: any, after seed_hashes().
/// Hashes never leave the process: not to disk, not to the wire. They change from start to start.
///
/// `hash_seed` is set once, before the first hash, from env::Random; tests may leave it at zero.
inline std::uint64_t hash_seed = 0;

inline void seed_hashes(std::uint64_t seed) { hash_seed = seed; }

inline std::uint64_t hash_bytes(Bytes bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_seed);
}

/// The hash of `bytes` within a numbered space: the same key in two trees hashes differently.
inline std::uint64_t hash_bytes(Bytes bytes, std::uint64_t space) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_seed + space * 0x9e3779b97f4a7c15u);
}

}  // namespace latchkey
