#include "doors/resp/collection_counts.h"

#include <sys/resource.h>

namespace latchkey::resp {

std::vector<CollectionCount> count_collections(kv::Call& call) {
  std::vector<CollectionCount> counts;
  storage::Engine& engine = call.store.engine();
  // An EXEC holds off everybody who would begin another transaction, itself too.
  std::unique_ptr<storage::Transaction> own;
  if (!call.in_transaction()) own = engine.begin_atomic({}, engine.now_ms());
  storage::Transaction& transaction = own != nullptr ? *own : call.transaction();
  for (const kv::Collection* collection : call.store.collections()) {
    const Result<std::uint64_t> keys = transaction.count(collection->records());
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
