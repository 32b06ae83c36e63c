#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kv/call.h"

namespace latchkey::resp {

struct CollectionCount {
  std::string name;
  std::uint64_t keys;
};

/// How many keys each collection has, in the order of names; within an EXEC, as it sees them.
std::vector<CollectionCount> count_collections(kv::Call& call);

/// Memory of this process that is in use, as the kernel sees it; 0 if it does not say.
std::uint64_t resident_bytes();

}  // namespace latchkey::resp
