#include "kv/catalog.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace latchkey::kv::catalog {

namespace {

constexpr Bytes kCollectionPrefix = "collection/";
constexpr storage::TreeId kCatalog = storage::Engine::kCatalogTree;

// The value of a collection's row. Integers are little-endian.
//
//   offset  bytes  field       meaning
//        0      1  format      1
//        1      1  kind        0 = key-value; tables and documents follow
//        2      2  reserved    0
//        4      4  records     tree
//        8      4  members     tree
//       12      4  scores      tree
constexpr std::size_t kRowBytes = 16;
constexpr char kRowFormat = 1;

Result<CollectionTrees> decode_row(Bytes name, Bytes row) {
  if (row.size() != kRowBytes || row[0] != kRowFormat) {
    return Error(
        ErrorCode::Corruption,
        fmt::format("the catalog's row of collection '{}' is damaged: {} bytes", name, row.size()));
  }
  const CollectionTrees trees{storage::TreeId{load<std::uint32_t>(row.data() + 4)},
                              storage::TreeId{load<std::uint32_t>(row.data() + 8)},
                              storage::TreeId{load<std::uint32_t>(row.data() + 12)}};
  for (const storage::TreeId tree : {trees.records, trees.members, trees.scores}) {
    if (value_of(tree) <= value_of(kCatalog)) {
      return Error(
          ErrorCode::Corruption,
          fmt::format("the catalog names tree {} for collection '{}'", value_of(tree), name));
    }
  }
  return trees;
}

}  // namespace

std::string collection_key(Bytes name) {
  std::string key(kCollectionPrefix);
  key.append(name);
  return key;
}

Result<CollectionTrees> create_trees(storage::Transaction& transaction) {
  CollectionTrees trees;
  LK_TRY(trees.records, transaction.create_tree({.counted = false, .hashed = true}));
  LK_TRY(trees.members, transaction.create_tree({.counted = false, .hashed = true}));
  LK_TRY(trees.scores, transaction.create_tree({.counted = true, .hashed = false}));
  return trees;
}

Result<void> drop_trees(storage::Transaction& transaction, const CollectionTrees& trees) {
  LK_CHECK(transaction.drop_tree(trees.records));
  LK_CHECK(transaction.drop_tree(trees.members));
  return transaction.drop_tree(trees.scores);
}

Result<void> put_collection(storage::Transaction& transaction, Bytes name,
                            const CollectionTrees& trees) {
  LK_ASSERT(!name.empty());
  char row[kRowBytes] = {kRowFormat};
  store(row + 4, value_of(trees.records));
  store(row + 8, value_of(trees.members));
  store(row + 12, value_of(trees.scores));
  return transaction.put(kCatalog, collection_key(name), {.value = Bytes(row, sizeof row)});
}

Result<std::vector<std::pair<std::string, CollectionTrees>>> load_collections(
    storage::Engine& engine) {
  std::vector<std::pair<std::string, CollectionTrees>> collections;
  const auto transaction = engine.begin_atomic({}, engine.now_ms());
  const auto cursor =
      transaction->scan(kCatalog, prefix_range(kCollectionPrefix), storage::Direction::Forward);
  for (;;) {
    LK_TRY(const bool found, cursor->next());
    if (!found) return collections;
    const Bytes name = cursor->key().substr(kCollectionPrefix.size());
    LK_TRY(const CollectionTrees trees, decode_row(name, cursor->record().value));
    collections.emplace_back(std::string(name), trees);
  }
}

storage::KeyRange prefix_range(Bytes prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {std::string(prefix), std::move(end)};
}

}  // namespace latchkey::kv::catalog
