#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "kv/call.h"
#include "kv/members.h"
#include "kv/sorted_set_range.h"

namespace latchkey::kv {

/// The members under one key in the order of their scores, equal scores in the order of their
/// bytes.
///
/// Two trees hold them (see CollectionTrees): by member, to find a score, and by score, counted, to
/// find a rank. The record holds their number.
///
/// Of the two zeros only +0 is kept: which of them a small set gives back in Redis is chance.
///
/// Threads:   the call's.
/// Ownership: borrows the call and its transaction.
/// Errors:    Corruption when the trees disagree; the engine's.
/// Invariant: a member stands in both trees with the same score, or in neither; the header counts
///            them.
class SortedSet {
 public:
  enum class Go : std::uint8_t { On, Stop };
  using Visit = FunctionRef<Go(Bytes member, double score)>;
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

  /// An empty set, until open or edit_sorted_set gives it a record.
  explicit SortedSet(Call& call) : call_(call), key_(0) {}

  /// Reads the record of `key` in the call's transaction. A missing key is an empty set.
  /// Errors: KeyWrongType.
  Result<void> open(Bytes key);

  std::uint64_t size() const { return header_.count; }

  Result<std::optional<double>> score(Bytes member);
  /// How many members stand before `member`, which has this score.
  Result<std::uint64_t> rank(Bytes member, double score);
  /// The member with `rank` others before it.
  /// Requires: rank < size().
  struct Scored {
    std::string member;
    double score;
  };
  Result<Scored> at(std::uint64_t rank);

  /// The part of the scores tree that a range of scores or of members means. For members all scores
  /// should be equal, as Redis asks for; if they are not, the order of scores is searched as though
  /// it were that of the members, as there, which is right when they agree.
  storage::KeyRange all() const { return members_range(header_.members_id); }
  storage::KeyRange between(const ScoreRange& scores);
  Result<storage::KeyRange> between(const MemberRange& members);

  Result<std::uint64_t> count(const storage::KeyRange& range);
  /// `range` without its first `offset` members as seen in `direction`. Cost: logarithmic.
  Result<storage::KeyRange> skip(storage::KeyRange range, std::uint64_t offset,
                                 storage::Direction direction);
  /// Visits at most `limit` members of `range`.
  Result<void> walk(const storage::KeyRange& range, storage::Direction direction,
                    std::uint64_t limit, Visit visit);
  /// Visits members from `first` on in the order of their bytes, whatever their scores.
  Result<void> walk_by_member(Bytes first, Visit visit);

  /// Changes, inside edit_sorted_set alone.
  ///
  /// Requires: the member is not there, or is there with the score given, as score() said.
  Result<void> insert(Bytes member, double score);
  Result<void> move(Bytes member, double old_score, double new_score);
  Result<void> erase(Bytes member, double score);
  /// Erases all members of `range`. Returns how many there were.
  Result<std::uint64_t> erase(const storage::KeyRange& range);
  bool changed() const { return changed_; }

 private:
  friend struct SortedSetAccess;

  Result<void> take_record(const storage::RecordView& record);
  bool has_members() const { return header_.members_id != 0; }
  Result<storage::KeyRange> between_by_rank(const MemberRange& members);
  Result<std::uint64_t> first_rank(FunctionRef<bool(Bytes member)> is_before);
  Result<void> take_members_id();
  Result<void> put(Bytes member, double score);
  Error disagreement(Bytes member) const;
  storage::Transaction& txn() { return call_.transaction(); }

  Call& call_;
  CollectionTrees trees_;
  MembersHeader header_;  // an id of 0: no members yet
  MembersKey key_;
  bool changed_ = false;
};

struct SortedSetEdit {
  bool changed = false;
  bool key_removed = false;  ///< the last member went, and the record with it
};

/// Lets `edit` change the sorted set under `key` and stores its record, in the call's transaction.
/// The deadline stays. A set without members is removed. `edit` runs once.
/// Errors: `edit`'s; KeyWrongType; Corruption; the engine's.
Result<SortedSetEdit> edit_sorted_set(Call& call, Bytes key,
                                      FunctionRef<Result<void>(SortedSet&)> edit);

/// Puts a new sorted set in the place of whatever is under `key`, or nothing if `fill` inserts
/// nothing. `fill` may read that very key.
/// Returns how many members it has, and whether a record went that none replaced.
struct SortedSetStored {
  std::uint64_t count = 0;
  bool key_removed = false;
};
Result<SortedSetStored> store_sorted_set(Call& call, Bytes key,
                                         FunctionRef<Result<void>(SortedSet&)> fill);

}  // namespace latchkey::kv
