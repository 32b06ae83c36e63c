#include "base/hash.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(Hash, DependsOnTheSeedAndTheSpace) {
  seed_hashes(1);
  const std::uint64_t first = hash_bytes("key");
  EXPECT_EQ(hash_bytes("key"), first);
  EXPECT_NE(hash_bytes("kez"), first);
  EXPECT_NE(hash_bytes("key", 1), hash_bytes("key", 2));

  seed_hashes(2);
  EXPECT_NE(hash_bytes("key"), first);
  seed_hashes(0);
}

}  // namespace
}  // namespace latchkey
