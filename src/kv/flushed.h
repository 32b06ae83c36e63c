#pragma once

#include <vector>

#include "kv/collection.h"
#include "kv/watched_absences.h"
#include "storage/engine.h"

namespace latchkey::kv {

/// The collections that one transaction has emptied by giving them new trees, and the way back.
///
/// A collection shows its new trees before the commit, while nothing else runs: a thread that comes
/// next then never meets a tree that is gone. Should the commit fail, put_back undoes that.
///
/// Threads: the transaction's.
class Flushed {
 public:
  /// Tells those who watch keys of the collection, too. Costs the same for any number of records.
  /// Requires: `transaction` holds off everything else, and sees records past their deadline.
  Result<void> flush(storage::Transaction& transaction, Collection& collection,
                     WatchedAbsences& watched);
  /// Adds those of `later`, which leaves it empty.
  void take_over(Flushed& later);
  void put_back();

 private:
  struct Replaced {
    Collection* collection;
    CollectionTrees before;
  };
  std::vector<Replaced> replaced_;
};

}  // namespace latchkey::kv
