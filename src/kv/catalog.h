#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kv/collection.h"
#include "storage/engine.h"

namespace latchkey::kv::catalog {

/// What kv keeps in Engine::kCatalogTree:
///
///   key                                          value
///   collection/<name>                            trees and kind of the collection: see catalog.cc
///   members/next_id                              see MembersIds
///   members/garbage/<members, scores, id>        empty; members that no key owns: see graveyard.h
///   members/unborn/<members, scores, id>         empty; members whose key does not yet own them

std::string collection_key(Bytes name);

/// New, empty trees for a collection; they exist for others once `transaction` commits.
Result<CollectionTrees> create_trees(storage::Transaction& transaction);
Result<void> drop_trees(storage::Transaction& transaction, const CollectionTrees& trees);

Result<void> put_collection(storage::Transaction& transaction, Bytes name,
                            const CollectionTrees& trees);

/// Every collection stored, by name.
/// Errors: Corruption.
Result<std::vector<std::pair<std::string, CollectionTrees>>> load_collections(
    storage::Engine& engine);

/// All keys that begin with `prefix`.
storage::KeyRange prefix_range(Bytes prefix);

}  // namespace latchkey::kv::catalog
