#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/bytes.h"

namespace latchkey::sql {

class Catalog;
struct Prepared;

/// Statements that were parsed and bound, by their text, for all sessions.
///
/// A plan is good for the catalog it was bound with. Nothing in it changes any more, so several
/// sessions may run it at once. Keys are worth remembering only when they come again, so a key has
/// to be asked for twice before its plan is made.
///
/// Threads: any.
class PlanCache {
 public:
  /// The plan, or null: then `is_wanted` tells whether the caller should make it and put it.
  std::shared_ptr<const Prepared> find(const std::string& key, const Catalog* catalog,
                                       bool& is_wanted);
  /// Null: there is no plan for this key, so nobody need try again.
  void put(const std::string& key, const Catalog* catalog, std::shared_ptr<const Prepared> plan);

 private:
  static constexpr std::size_t kShards = 16;
  /// A plan is some ten thousand bytes; so they are some tens of megabytes at most.
  static constexpr std::size_t kPlansMax = 2048 / kShards;
  static constexpr std::size_t kSeenMax = 16384 / kShards;

  struct Plan {
    const Catalog* catalog = nullptr;
    std::shared_ptr<const Prepared> statement;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Plan> plans;
    std::unordered_set<std::size_t> seen;  ///< hashes of keys that were asked for once
  };

  Shard& shard_of(std::size_t hash) { return shards_[hash % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace latchkey::sql
