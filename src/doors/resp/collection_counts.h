#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kv/store.h"

namespace latchkey::resp {

struct CollectionCount {
  std::string name;
  std::uint64_t keys;
};

/// How many keys each collection has, in the order of names.
std::vector<CollectionCount> count_collections(kv::Store& store);

/// Memory of this process that is in use, as the kernel sees it; 0 if it does not say.
std::uint64_t resident_bytes();

}  // namespace latchkey::resp
