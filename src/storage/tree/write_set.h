#pragma once

#include <boost/container/deque.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// What a transaction has put or erased and not yet committed: the newest intent for each key.
///
/// Threads:   one at a time.
/// Invariant: at most one live entry per tree and key.
class WriteSet {
 public:
  enum class Action : std::uint8_t { Put, Erase };
  struct Write {
    TreeId tree{};
    std::string key;
    std::uint64_t hash = 0;
    Action action = Action::Erase;
    Record record;  ///< for Put
  };
  /// Entries stay where they are while others come; an empty one owns no memory.
  using Writes = boost::container::deque<Write>;

  const Write* find(TreeId tree, Bytes key) const;
  void put(TreeId tree, Bytes key, std::uint64_t hash, const NewRecord& record);
  void erase(TreeId tree, Bytes key, std::uint64_t hash);

  bool empty() const { return writes_.empty(); }
  std::size_t size() const { return writes_.size(); }
  /// In the order of the first write to each key.
  const Writes& writes() const { return writes_; }

  /// The first write of `tree` at or after `key` (after it, if not `inclusive`), in key order.
  const Write* next(TreeId tree, Bytes key, bool inclusive) const;
  /// The last write of `tree` before `key`; without a key, the last of the tree.
  const Write* previous(TreeId tree, const std::optional<std::string>& key) const;
  bool touches(TreeId tree) const;

  std::size_t savepoint() {
    journaling_ = true;
    return journal_.size();
  }
  void rollback_to(std::size_t savepoint);
  void clear();

 private:
  struct Key {
    TreeId tree;
    std::string bytes;
  };
  struct KeyView {
    TreeId tree;
    Bytes bytes;
  };
  struct Less {
    using is_transparent = void;
    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
      if (left.tree != right.tree) return left.tree < right.tree;
      return Bytes(left.bytes) < Bytes(right.bytes);
    }
  };
  /// How a write looked before: nothing if it was not there.
  struct Change {
    std::size_t index;
    std::optional<Write> before;
  };

  Write& entry(TreeId tree, Bytes key, std::uint64_t hash);
  void build_index() const;
  std::size_t index_of(TreeId tree, Bytes key) const;

  Writes writes_;
  mutable std::map<Key, std::size_t, Less> index_;
  mutable bool indexed_ = false;
  bool journaling_ = false;
  std::vector<Change> journal_;
};

}  // namespace latchkey::storage::tree
