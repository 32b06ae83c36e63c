#include <algorithm>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "base/text.h"
#include "kv/members_scan.h"
#include "kv/random_picks.h"
#include "kv/sorted_set_commands.h"

namespace latchkey::kv {

namespace {

using storage::Direction;

/// Answers one pick of ZRANDMEMBER.
Result<void> reply_at(Call& call, SortedSet& set, std::uint64_t rank, WithScores with_scores) {
  LK_TRY(const SortedSet::Scored picked, set.at(rank));
  reply_member(call.reply, with_scores, picked.member, picked.score);
  return {};
}

}  // namespace

Result<void> zrandmember(Call& call) {
  LK_TRY(const RandomRequest request, RandomRequest::read(call, "WITHSCORES"));
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  const WithScores with_scores = request.with_values ? WithScores::Yes : WithScores::No;
  RandomPicks random(*call.store.environment().random);
  if (request.form == RandomRequest::Form::One) {
    if (set.size() > 0) return reply_at(call, set, random.below(set.size()), with_scores);
    call.reply.null();
    return {};
  }
  if (set.size() == 0 || request.count == 0) {
    call.reply.array(0);
    return {};
  }
  if (request.form == RandomRequest::Form::Repeated) {
    announce_members(call.reply, with_scores, request.count);
    for (std::uint64_t i = 0; i < request.count; ++i) {
      LK_CHECK(reply_at(call, set, random.below(set.size()), with_scores));
    }
    return {};
  }
  const std::uint64_t count = std::min(request.count, set.size());
  announce_members(call.reply, with_scores, count);
  const auto picks = random.distinct(count, set.size());
  if (count < set.size() / 16) {
    for (const std::uint64_t rank : picks) LK_CHECK(reply_at(call, set, rank, with_scores));
    return {};
  }
  // So many that one walk past all is cheaper than a descent for each.
  std::uint64_t rank = 0;
  std::size_t next = 0;
  LK_CHECK(
      set.walk(set.all(), Direction::Forward, SortedSet::kNoLimit, [&](Bytes member, double score) {
        if (picks[next] == rank++) {
          reply_member(call.reply, with_scores, member, score);
          ++next;
        }
        return next < picks.size() ? SortedSet::Go::On : SortedSet::Go::Stop;
      }));
  if (next == picks.size()) return {};
  return Error(ErrorCode::Corruption, "a sorted set has fewer members than its record counts");
}

Result<void> zscan(Call& call) {
  // Sets up to this size come at once and in the order of their scores, as small ones do in Redis.
  constexpr std::uint64_t kAtOnceMax = 128;
  LK_TRY(MembersScan scan, MembersScan::begin(call));
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  if (set.size() > 0) LK_CHECK(scan.read_options());
  MembersScan::Cells cells;
  const auto take = [&](Bytes member, double score) {
    cells.emplace_back(std::string(member));
    std::string text;
    append_double(text, score);
    cells.emplace_back(std::move(text));
  };
  if (set.size() <= kAtOnceMax) {
    LK_CHECK(set.walk(set.all(), Direction::Forward, SortedSet::kNoLimit,
                      [&](Bytes member, double score) {
                        if (scan.matches(member)) take(member, score);
                        return SortedSet::Go::On;
                      }));
  } else {
    LK_CHECK(set.walk_by_member(scan.first(), [&](Bytes member, double score) {
      const MembersScan::Step step = scan.step(member);
      if (step == MembersScan::Step::Take) take(member, score);
      return step == MembersScan::Step::Take || step == MembersScan::Step::Skip
                 ? SortedSet::Go::On
                 : SortedSet::Go::Stop;
    }));
  }
  scan.reply(cells);
  return {};
}

}  // namespace latchkey::kv
