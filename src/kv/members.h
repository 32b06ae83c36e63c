#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/bytes.h"
#include "kv/collection.h"
#include "latchkey/result.h"
#include "storage/engine.h"

namespace latchkey::kv {

/// The value of a record whose members live in trees of their own. Integers are little-endian.
///
///   offset  bytes  field       meaning
///        0      8  members_id  which members are this key's: see CollectionTrees
///        8      8  count       how many there are, never 0 in a stored record
struct MembersHeader {
  std::uint64_t members_id = 0;
  std::uint64_t count = 0;

  static constexpr std::size_t kBytes = 16;
  std::array<char, kBytes> encode() const;
  /// Errors: Corruption when `value` is no header.
  static Result<MembersHeader> decode(Bytes value);
};

/// Whether records of this kind hold a MembersHeader.
constexpr bool has_members(RecordKind kind) {
  return kind == RecordKind::FieldsTree || kind == RecordKind::SortedSet;
}

/// All keys that belong to one members id, in the members tree and in the scores tree alike.
storage::KeyRange members_range(std::uint64_t members_id);

/// Builds keys of the members and scores trees without allocating for members of usual length.
///
/// Ownership: the key returned is a view that the next call ends.
class MembersKey {
 public:
  explicit MembersKey(std::uint64_t members_id) { set_members_id(members_id); }
  MembersKey(const MembersKey&) = delete;
  MembersKey& operator=(const MembersKey&) = delete;

  void set_members_id(std::uint64_t members_id) { store_big64(inline_, members_id); }
  /// Members tree: members id, member.
  Bytes of_member(Bytes member);
  /// Scores tree: members id, score key, member. An empty member is the first place of that score.
  Bytes of_score(std::uint64_t score_key, Bytes member);

  static constexpr std::size_t kMemberOffset = 8;
  static constexpr std::size_t kScoredMemberOffset = 16;

 private:
  Bytes append(std::size_t prefix_bytes, Bytes member);

  static constexpr std::size_t kInlineBytes = 256;
  char inline_[kInlineBytes];
  std::string long_;
};

/// Hands out members ids, each once for ever, restarts and rollbacks included.
///
/// A counter in the catalog stands at or past every id ever given. It is raised by a whole chunk,
/// by an atomic step of its own and never inside a caller's transaction: a rolled-back caller
/// then cannot take a raise back on which another's ids already rest.
///
/// Threads:   any.
/// Ownership: borrows the engine.
/// Invariant: every id below limit_ and none at or above it may be given; limit_ <= the counter.
class MembersIds {
 public:
  /// Large, so that a process seldom needs a second one, yet small against 2^64 over all restarts.
  static constexpr std::uint64_t kChunk = std::uint64_t{1} << 32;

  /// Requires: no transaction of this thread is open.
  static Result<std::unique_ptr<MembersIds>> open(storage::Engine& engine,
                                                  std::uint64_t chunk = kChunk);

  /// Whether less than half a chunk is left.
  bool low() const {
    const std::uint64_t limit = limit_.load(std::memory_order_acquire);
    const std::uint64_t next = next_.load(std::memory_order_relaxed);
    return next >= limit || limit - next <= chunk_ / 2;
  }
  /// Makes sure that at least half a chunk is left.
  /// Requires: no transaction of this thread is open.
  Result<void> refill_if_low();

  /// Errors: Internal when a caller that cannot refill has spent the whole chunk.
  Result<std::uint64_t> next();

 private:
  MembersIds(storage::Engine& engine, std::uint64_t chunk) : engine_(engine), chunk_(chunk) {}
  Result<void> raise_counter();

  storage::Engine& engine_;
  const std::uint64_t chunk_;
  std::mutex refill_mutex_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> limit_{0};
};

}  // namespace latchkey::kv
