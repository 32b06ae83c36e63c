#include "kv/flushed.h"

#include "kv/catalog.h"

namespace latchkey::kv {

Result<void> Flushed::flush(storage::Transaction& transaction, Collection& collection,
                            WatchedAbsences& watched) {
  const CollectionTrees before = collection.trees();
  Result<void> looked;
  watched.note_flush(before.records, [&](Bytes key) {
    storage::Lsn version{};
    const auto look = [&](const storage::RecordView& record) { version = record.version; };
    if (const auto found = transaction.read(before.records, key, look); !found.has_value()) {
      looked = found.error();
    }
    return version;
  });
  LK_CHECK(looked);
  LK_CHECK(catalog::drop_trees(transaction, before));
  LK_TRY(const CollectionTrees after, catalog::create_trees(transaction));
  LK_CHECK(catalog::put_collection(transaction, collection.name(), after));
  replaced_.push_back({&collection, before});
  collection.replace_trees(after);
  watched.follow(before.records, after.records);
  return {};
}

void Flushed::take_over(Flushed& later) {
  replaced_.insert(replaced_.end(), later.replaced_.begin(), later.replaced_.end());
  later.replaced_.clear();
}

void Flushed::put_back() {
  // Backwards, for a collection that was emptied twice.
  for (auto replaced = replaced_.rbegin(); replaced != replaced_.rend(); ++replaced) {
    replaced->collection->replace_trees(replaced->before);
  }
  replaced_.clear();
}

}  // namespace latchkey::kv
