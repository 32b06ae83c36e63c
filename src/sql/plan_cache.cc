#include "sql/plan_cache.h"

#include <functional>
#include <utility>

namespace latchkey::sql {

std::shared_ptr<const Prepared> PlanCache::find(const std::string& key, const Catalog* catalog,
                                                bool& is_wanted) {
  const std::size_t hash = std::hash<std::string>()(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.plans.find(key);
  if (found != shard.plans.end() && found->second.catalog == catalog) {
    is_wanted = false;
    return found->second.statement;
  }
  is_wanted = found != shard.plans.end() || shard.seen.contains(hash);
  if (!is_wanted) {
    if (shard.seen.size() >= kSeenMax) shard.seen.clear();
    shard.seen.insert(hash);
  }
  return nullptr;
}

void PlanCache::put(const std::string& key, const Catalog* catalog,
                    std::shared_ptr<const Prepared> plan) {
  const std::size_t hash = std::hash<std::string>()(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  if (shard.plans.size() >= kPlansMax && !shard.plans.contains(key)) {
    shard.plans.erase(shard.plans.begin());
  }
  shard.plans.insert_or_assign(key, Plan{catalog, std::move(plan)});
}

}  // namespace latchkey::sql
