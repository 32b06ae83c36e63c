#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "storage/types.h"

namespace latchkey::kv {

/// One watch on a key that did not exist.
struct WatchedAbsence {
  storage::Lsn since;  ///< records past their deadline with a greater version were born after it
  std::atomic<bool> touched{false};
};

/// Keys that did not exist when somebody watched them.
///
/// A key that exists is watched by its version, which never comes back. One that does not exist has
/// none, so its birth and death between WATCH and EXEC would go unseen; whoever erases a record
/// asks here first. With nobody watching that costs one load.
///
/// Threads:   any.
/// Invariant: at most kKeysMax keys; past that a watch counts as touched at once, and EXEC fails.
class WatchedAbsences {
 public:
  static constexpr std::size_t kKeysMax = 65'536;

  /// To be called before the key is read and found absent, so that no erasure falls in between.
  std::shared_ptr<const WatchedAbsence> watch(storage::TreeId records, Bytes key,
                                              storage::Lsn since);

  /// A live record of `key` is about to be erased. Called before the erasure can be seen; should it
  /// fail after all, a watcher has been told too much, never too little.
  void note_erased(storage::TreeId records, Bytes key) {
    if (key_count_.load(std::memory_order_seq_cst) != 0) touch(records, key, kAnyVersion);
  }
  /// The same for a record past its deadline, which a watcher may have known to be there.
  void note_swept(storage::TreeId records, Bytes key, storage::Lsn version) {
    if (key_count_.load(std::memory_order_seq_cst) != 0) touch(records, key, version);
  }
  /// All records of a tree are about to go. `version_of` tells of each watched key the version of
  /// its record, past its deadline or not, or Lsn{0}.
  void note_flush(storage::TreeId records, FunctionRef<storage::Lsn(Bytes key)> version_of);
  /// Another tree has taken the place of `from`: who watches a key there watches it in `to` as
  /// well, since the change may yet be taken back.
  void follow(storage::TreeId from, storage::TreeId to);

 private:
  using Flag = std::weak_ptr<WatchedAbsence>;
  static constexpr storage::Lsn kAnyVersion{~std::uint64_t{0}};
  static std::string name_of(storage::TreeId records, Bytes key);
  void touch(storage::TreeId records, Bytes key, storage::Lsn version);
  void forget_ended();

  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<Flag>> watchers_;
  std::size_t forget_at_ = 64;
  std::atomic<std::size_t> key_count_{0};
};

}  // namespace latchkey::kv
