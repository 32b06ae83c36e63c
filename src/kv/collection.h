#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "storage/types.h"

namespace latchkey::kv {

/// What kind of record stands under a key. Numbers are on disk: never reuse one.
enum class RecordKind : std::uint8_t {
  Bytes = 0,       ///< untagged bytes
  Integer = 1,     ///< 8 bytes, little-endian; prints as canonical decimal text
  Text = 2,        ///< tagged as text by a typed door
  Float = 3,       ///< 8 bytes
  Boolean = 4,     ///< 1 byte
  Null = 5,        ///< empty
  JsonArray = 6,   ///< JSON text
  Fields = 8,      ///< fields in the record itself: see fields.h
  FieldsTree = 9,  ///< fields in the collection's members tree, the record holds MembersHeader
  SortedSet = 10,  ///< members in the collection's trees, the record holds MembersHeader
  // List, Set and Stream follow.
};

/// The trees of one collection.
///
///   tree      key                                    value
///   records   the key                                the record
///   members   members id (8, big-endian), member     field value, or score (8)
///   scores    members id (8), score (8), member      empty; counted: order and rank
///
/// A score is 8 bytes whose bytewise order is the order of numbers. A members id is never reused.
struct CollectionTrees {
  storage::TreeId records{};
  storage::TreeId members{};
  storage::TreeId scores{};
};

/// A named ordered set of records: a keyspace, later a table.
///
/// Threads: any. The trees change under FLUSHDB while nothing else runs; only a thread outside of a
///          Turn can meet the moment, and a tree that is gone answers it as an empty one.
class Collection {
 public:
  Collection(std::string name, CollectionTrees trees) : name_(std::move(name)) {
    replace_trees(trees);
  }
  const std::string& name() const { return name_; }
  CollectionTrees trees() const {
    return {records_.load(std::memory_order_relaxed), members_.load(std::memory_order_relaxed),
            scores_.load(std::memory_order_relaxed)};
  }
  storage::TreeId records() const { return records_.load(std::memory_order_relaxed); }
  void replace_trees(CollectionTrees trees) {
    records_.store(trees.records, std::memory_order_relaxed);
    members_.store(trees.members, std::memory_order_relaxed);
    scores_.store(trees.scores, std::memory_order_relaxed);
  }

 private:
  std::string name_;
  std::atomic<storage::TreeId> records_;
  std::atomic<storage::TreeId> members_;
  std::atomic<storage::TreeId> scores_;
};

}  // namespace latchkey::kv
