#include "kv/sorted_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.h"
#include "base/score_key.h"
#include "base/text.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::Direction;
using storage::KeyRange;
using storage::NewRecord;
using storage::RecordView;

constexpr std::size_t kScoreValueBytes = 8;

// Members erased between two looks at the tree, so that what is remembered stays small.
constexpr std::size_t kEraseStep = 256;

}  // namespace

Error SortedSet::disagreement(Bytes member) const {
  return Error(ErrorCode::Corruption,
               fmt::format("the trees of the sorted set with id {} disagree on member {}",
                           header_.members_id, escape_for_log(member)));
}

Result<void> SortedSet::take_record(const RecordView& record) {
  if (static_cast<RecordKind>(record.kind) != RecordKind::SortedSet) return Call::wrong_type();
  LK_TRY(header_, MembersHeader::decode(record.value));
  key_.set_members_id(header_.members_id);
  return {};
}

Result<void> SortedSet::open(Bytes key) {
  LK_ASSERT(!has_members());
  LK_TRY(const Collection* const collection, call_.collection_to_read());
  if (collection == nullptr) return {};
  trees_ = collection->trees();
  (void)call_.transaction();
  Result<void> taken;
  LK_CHECK(call_.read_record(key, [&](const RecordView& record) { taken = take_record(record); }));
  return taken;
}

Result<std::optional<double>> SortedSet::score(Bytes member) {
  std::optional<double> score;
  if (!has_members()) return score;
  bool sound = true;
  const auto look = [&](const RecordView& record) {
    sound = record.value.size() == kScoreValueBytes;
    if (sound) score = load<double>(record.value.data());
  };
  LK_CHECK(txn().read(trees_.members, key_.of_member(member), look));
  if (!sound || (score && std::isnan(*score))) return disagreement(member);
  return score;
}

Result<std::uint64_t> SortedSet::rank(Bytes member, double score) {
  LK_ASSERT(has_members());
  const std::string first(key_.of_member({}));
  LK_TRY(const std::uint64_t place,
         txn().rank(trees_.scores, key_.of_score(score_order(score), member), first));
  if (place >= size()) return disagreement(member);
  return place;
}

Result<SortedSet::Scored> SortedSet::at(std::uint64_t rank) {
  LK_ASSERT(rank < size());
  LK_TRY(const auto key, txn().select(trees_.scores, rank, key_.of_member({})));
  if (!key || key->size() < MembersKey::kScoredMemberOffset ||
      load_big64(key->data()) != header_.members_id) {
    return disagreement({});
  }
  Scored scored{key->substr(MembersKey::kScoredMemberOffset),
                load_score(key->data() + MembersKey::kMemberOffset)};
  if (std::isnan(scored.score)) return disagreement(scored.member);
  return scored;
}

KeyRange SortedSet::between(const ScoreRange& scores) {
  return has_members() ? scores.keys(header_.members_id) : KeyRange{};
}

Result<KeyRange> SortedSet::between(const MemberRange& members) {
  if (!has_members()) return KeyRange{};
  double ends[2] = {0, 0};
  for (const Direction direction : {Direction::Forward, Direction::Backward}) {
    LK_CHECK(walk(all(), direction, 1, [&](Bytes, double score) {
      ends[direction == Direction::Forward ? 0 : 1] = score;
      return Go::Stop;
    }));
  }
  if (ends[0] != ends[1]) return between_by_rank(members);
  return members.keys(header_.members_id, ends[0]);
}

/// The rank of the first member that is not before a place, if those before it come first.
Result<std::uint64_t> SortedSet::first_rank(FunctionRef<bool(Bytes)> is_before) {
  std::uint64_t low = 0;
  std::uint64_t high = size();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    LK_TRY(const Scored scored, at(middle));
    if (is_before(scored.member))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

Result<KeyRange> SortedSet::between_by_rank(const MemberRange& members) {
  LK_TRY(const std::uint64_t begin,
         first_rank([&](Bytes member) { return members.begins_after(member); }));
  LK_TRY(const std::uint64_t end,
         first_rank([&](Bytes member) { return !members.ends_before(member); }));
  KeyRange range = all();
  const auto key_at = [&](std::uint64_t rank) -> Result<std::string> {
    LK_TRY(const Scored scored, at(rank));
    return std::string(key_.of_score(score_order(scored.score), scored.member));
  };
  if (begin >= end) return KeyRange{range.end, range.end};
  LK_TRY(range.begin, key_at(begin));
  if (end < size()) {
    LK_TRY(range.end, key_at(end));
  }
  return range;
}

Result<std::uint64_t> SortedSet::count(const KeyRange& range) {
  if (!has_members()) return std::uint64_t{0};
  return txn().rank(trees_.scores, range.end, range.begin);
}

Result<KeyRange> SortedSet::skip(KeyRange range, std::uint64_t offset, Direction direction) {
  if (offset == 0 || !has_members()) return range;
  const KeyRange nothing{range.end, range.end};
  if (offset >= size()) return nothing;
  if (direction == Direction::Forward) {
    LK_TRY(auto key, txn().select(trees_.scores, offset, range.begin));
    if (!key || *key >= range.end) return nothing;
    range.begin = *std::move(key);
  } else {
    LK_TRY(const std::uint64_t total, txn().rank(trees_.scores, range.end, range.begin));
    if (total <= offset) return nothing;
    LK_TRY(auto key, txn().select(trees_.scores, total - offset, range.begin));
    if (!key) return nothing;
    range.end = *std::move(key);
  }
  return range;
}

Result<void> SortedSet::walk(const KeyRange& range, Direction direction, std::uint64_t limit,
                             Visit visit) {
  if (!has_members() || limit == 0 || range.begin >= range.end) return {};
  const auto cursor = txn().scan(trees_.scores, range, direction, limit);
  for (; limit > 0; --limit) {
    LK_TRY(const bool more, cursor->next());
    if (!more) return {};
    const Bytes key = cursor->key();
    if (key.size() < MembersKey::kScoredMemberOffset) return disagreement({});
    const Bytes member = key.substr(MembersKey::kScoredMemberOffset);
    const double score = load_score(key.data() + MembersKey::kMemberOffset);
    if (std::isnan(score)) return disagreement(member);
    if (visit(member, score) == Go::Stop) return {};
  }
  return {};
}

Result<void> SortedSet::walk_by_member(Bytes first, Visit visit) {
  if (!has_members()) return {};
  KeyRange range = all();
  range.begin.append(first);
  const auto cursor = txn().scan(trees_.members, range, Direction::Forward);
  while (true) {
    LK_TRY(const bool more, cursor->next());
    if (!more) return {};
    const Bytes member = cursor->key().substr(MembersKey::kMemberOffset);
    const Bytes value = cursor->record().value;
    if (value.size() != kScoreValueBytes) return disagreement(member);
    if (visit(member, load<double>(value.data())) == Go::Stop) return {};
  }
}

Result<void> SortedSet::take_members_id() {
  LK_ASSERT(!has_members());
  LK_TRY(const Collection* const collection, call_.collection_to_read());
  LK_ASSERT(collection != nullptr);
  trees_ = collection->trees();
  LK_TRY(header_.members_id, call_.store.members_ids().next());
  key_.set_members_id(header_.members_id);
  return {};
}

Result<void> SortedSet::put(Bytes member, double score) {
  LK_ASSERT(!std::isnan(score));
  char value[kScoreValueBytes];
  store(value, score + 0.0);  // the one zero that the scores tree knows: -0 + 0 is +0
  changed_ = true;
  LK_CHECK(txn().put(trees_.scores, key_.of_score(score_order(score), member), {}));
  LK_CHECK(
      txn().put(trees_.members, key_.of_member(member), {.value = Bytes(value, sizeof value)}));
  return {};
}

Result<void> SortedSet::insert(Bytes member, double score) {
  if (!has_members()) LK_CHECK(take_members_id());
  LK_CHECK(put(member, score));
  ++header_.count;
  return {};
}

Result<void> SortedSet::move(Bytes member, double old_score, double new_score) {
  LK_ASSERT(old_score != new_score);
  changed_ = true;
  LK_TRY(const bool erased,
         txn().erase(trees_.scores, key_.of_score(score_order(old_score), member)));
  if (!erased) return disagreement(member);
  return put(member, new_score);
}

Result<void> SortedSet::erase(Bytes member, double score) {
  changed_ = true;
  LK_TRY(const bool in_scores,
         txn().erase(trees_.scores, key_.of_score(score_order(score), member)));
  LK_TRY(const bool in_members, txn().erase(trees_.members, key_.of_member(member)));
  if (!in_scores || !in_members || header_.count == 0) return disagreement(member);
  --header_.count;
  return {};
}

Result<std::uint64_t> SortedSet::erase(const KeyRange& range) {
  LK_TRY(const std::uint64_t total, count(range));
  if (total == 0) return total;
  changed_ = true;
  if (total == size()) {
    header_.count = 0;  // the record goes, and its members are collected later
    return total;
  }
  std::vector<Scored> step;
  for (std::uint64_t left = total; left > 0; left -= step.size()) {
    step.clear();
    LK_CHECK(walk(range, Direction::Forward, std::min<std::uint64_t>(left, kEraseStep),
                  [&](Bytes member, double score) {
                    step.push_back({std::string(member), score});
                    return Go::On;
                  }));
    if (step.empty()) return disagreement({});
    for (const Scored& each : step) LK_CHECK(erase(each.member, each.score));
  }
  return total;
}

/// What edit_sorted_set and store_sorted_set may do with a set and its commands may not.
struct SortedSetAccess {
  static Result<void> take(SortedSet& set, const RecordView& live) {
    LK_TRY(const Collection* const collection, set.call_.collection_to_read());
    LK_ASSERT(collection != nullptr);
    set.trees_ = collection->trees();
    return set.take_record(live);
  }
  static const MembersHeader& header(const SortedSet& set) { return set.header_; }
};

namespace {

/// Keeps the bytes of a header where a Decision can point at them.
struct StoredHeader {
  std::array<char, MembersHeader::kBytes> bytes;

  Decision put(const MembersHeader& header, std::int64_t deadline_ms) {
    bytes = header.encode();
    return Decision::put({.value = Bytes(bytes.data(), bytes.size()),
                          .deadline_ms = deadline_ms,
                          .kind = static_cast<std::uint8_t>(RecordKind::SortedSet)});
  }
};

}  // namespace

Result<SortedSetEdit> edit_sorted_set(Call& call, Bytes key,
                                      FunctionRef<Result<void>(SortedSet&)> edit) {
  (void)call.transaction();
  SortedSet set(call);
  StoredHeader stored;
  SortedSetEdit outcome;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    if (live != nullptr) LK_CHECK(SortedSetAccess::take(set, *live));
    LK_CHECK(edit(set));
    outcome.changed = set.changed();
    if (!set.changed()) return Decision::keep();
    if (set.size() == 0) {
      outcome.key_removed = live != nullptr;
      return live != nullptr ? Decision::erase() : Decision::keep();
    }
    return stored.put(SortedSetAccess::header(set),
                      live != nullptr ? live->deadline_ms : storage::kNoDeadline);
  };
  LK_CHECK(call.update_record(key, decide));
  return outcome;
}

Result<SortedSetStored> store_sorted_set(Call& call, Bytes key,
                                         FunctionRef<Result<void>(SortedSet&)> fill) {
  (void)call.transaction();
  SortedSet set(call);
  LK_CHECK(fill(set));
  StoredHeader stored;
  SortedSetStored outcome{.count = set.size()};
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    if (set.size() > 0) return stored.put(SortedSetAccess::header(set), storage::kNoDeadline);
    outcome.key_removed = live != nullptr;
    return live != nullptr ? Decision::erase() : Decision::keep();
  };
  LK_CHECK(call.update_record(key, decide));
  return outcome;
}

}  // namespace latchkey::kv
