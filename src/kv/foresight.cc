#include "kv/foresight.h"

#include <cmath>
#include <optional>

#include "base/numbers.h"
#include "base/score_key.h"
#include "kv/collection.h"
#include "kv/members.h"
#include "kv/session.h"
#include "kv/store.h"

namespace latchkey::kv {

namespace {

using storage::KeyRef;
using storage::RecordView;

constexpr std::size_t kMemberBytesMax = 48;
constexpr std::size_t kScoreArgument = 2;  // of ZADD and ZINCRBY

/// A member, and the keys it has in the two trees of members.
struct Foreseen {
  const ForeseenCall* call;
  std::size_t key_bytes;
  char key[MembersKey::kScoredMemberOffset + kMemberBytesMax];

  Bytes key_view() const { return {key, key_bytes}; }
};

/// One key of the scores tree.
struct ScoredKey {
  std::size_t bytes;
  char text[MembersKey::kScoredMemberOffset + kMemberBytesMax];

  ScoredKey(const Foreseen& of, double score) {
    const Bytes member = of.key_view().substr(MembersKey::kMemberOffset);
    std::memcpy(text, of.key, MembersKey::kMemberOffset);
    store_score(text + MembersKey::kMemberOffset, score);
    copy_bytes(text + MembersKey::kScoredMemberOffset, member);
    bytes = MembersKey::kScoredMemberOffset + member.size();
  }
  ScoredKey() = default;
  Bytes view() const { return {text, bytes}; }
};

std::size_t member_argument(const Command& command) {
  if ((command.flags & kMemberSecond) != 0) return 2;
  return (command.flags & kMemberThird) != 0 ? 3 : 0;
}

/// Finds out which members id each set has; calls on one set after the other read it once.
class SetFinder {
 public:
  SetFinder(storage::Engine& engine, std::int64_t now_ms) : engine_(engine), now_ms_(now_ms) {}

  /// 0: no sorted set is there.
  std::uint64_t members_id(const KeyRef& key) {
    if (last_ != nullptr && last_->hash == key.hash && last_->key == key.key) return members_id_;
    last_ = &key;
    members_id_ = 0;
    const auto look = [&](const RecordView& record) {
      if (static_cast<RecordKind>(record.kind) != RecordKind::SortedSet) return;
      const Result<MembersHeader> header = MembersHeader::decode(record.value);
      if (header.has_value()) members_id_ = header->members_id;
    };
    (void)engine_.read(key, now_ms_, look);
    return members_id_;
  }

 private:
  storage::Engine& engine_;
  const std::int64_t now_ms_;
  const KeyRef* last_ = nullptr;
  std::uint64_t members_id_ = 0;
};

std::optional<double> score_of(storage::Engine& engine, const KeyRef& member, std::int64_t now_ms) {
  std::optional<double> score;
  const auto look = [&](const RecordView& record) {
    if (record.value.size() != sizeof(double)) return;
    const auto stored = load<double>(record.value.data());
    if (!std::isnan(stored)) score = stored;
  };
  (void)engine.read(member, now_ms, look);
  return score;
}

}  // namespace

void foresee_members(Store& store, const Session& session, std::span<const ForeseenCall> calls) {
  if (session.collection == nullptr || calls.size() > kForeseenMembersMax) return;
  storage::Engine& engine = store.engine();
  const CollectionTrees trees = session.collection->trees();
  const std::int64_t now_ms = session.now_ms != 0 ? session.now_ms : engine.now_ms();
  SetFinder sets(engine, now_ms);
  Foreseen members[kForeseenMembersMax];
  KeyRef refs[kForeseenMembersMax];
  std::size_t count = 0;
  for (const ForeseenCall& call : calls) {
    const std::size_t at = member_argument(*call.command);
    if (at == 0 || at >= call.arguments.size()) continue;
    const Bytes member = call.arguments[at];
    if (member.size() > kMemberBytesMax) continue;
    const std::uint64_t members_id = sets.members_id(*call.key);
    if (members_id == 0) continue;
    Foreseen& foreseen = members[count];
    foreseen.call = &call;
    store_big64(foreseen.key, members_id);
    copy_bytes(foreseen.key + MembersKey::kMemberOffset, member);
    foreseen.key_bytes = MembersKey::kMemberOffset + member.size();
    refs[count++] = engine.key_ref(trees.members, foreseen.key_view());
  }
  if (count < 2) return;
  engine.prefetch({refs, count});

  ScoredKey scored[2 * kForeseenMembersMax];
  KeyRef scored_refs[2 * kForeseenMembersMax];
  std::size_t scored_count = 0;
  const auto add = [&](const Foreseen& of, double score) {
    ScoredKey& key = scored[scored_count] = ScoredKey(of, score);
    scored_refs[scored_count++] = KeyRef{trees.scores, key.view(), 0};
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Command& command = *members[i].call->command;
    if ((command.flags & kRanked) == 0) continue;
    const std::optional<double> score = score_of(engine, refs[i], now_ms);
    if (score) add(members[i], *score);
    if ((command.flags & kGrows) == 0) continue;
    const auto given = parse_double(members[i].call->arguments[kScoreArgument]);
    if (given) add(members[i], *given);
  }
  engine.prefetch({scored_refs, scored_count});
}

}  // namespace latchkey::kv
