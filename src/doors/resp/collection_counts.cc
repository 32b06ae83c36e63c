#include "doors/resp/collection_counts.h"

#include <sys/resource.h>

namespace latchkey::resp {

std::vector<CollectionCount> count_collections(kv::Store& store) {
  std::vector<CollectionCount> counts;
  storage::Engine& engine = store.engine();
  const auto transaction = engine.begin_atomic({}, engine.now_ms());
  for (const kv::Collection* collection : store.collections()) {
    const Result<std::uint64_t> keys = transaction->count(collection->records());
    if (keys.has_value()) counts.push_back({collection->name(), *keys});
  }
  return counts;
}

std::uint64_t resident_bytes() {
  // The peak, for the present figure stands in a file below /proc only.
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

}  // namespace latchkey::resp
