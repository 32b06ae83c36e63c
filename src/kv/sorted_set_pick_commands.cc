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

/// Removes members from one end.
struct Popped {
  std::vector<SortedSet::Scored> members;
  bool key_removed = false;
};

Result<Popped> pop(Call& call, Bytes key, Direction direction, std::uint64_t count) {
  Popped popped;
  const auto edit = [&](SortedSet& set) -> Result<void> {
    LK_CHECK(set.walk(set.all(), direction, count, [&](Bytes member, double score) {
      popped.members.push_back({std::string(member), score});
      return SortedSet::Go::On;
    }));
    if (popped.members.size() == set.size()) {
      LK_CHECK(set.erase(set.all()));
      return {};
    }
    for (const auto& each : popped.members) LK_CHECK(set.erase(each.member, each.score));
    return {};
  };
  LK_TRY(const SortedSetEdit outcome, edit_sorted_set(call, key, edit));
  popped.key_removed = outcome.key_removed;
  if (outcome.changed) {
    call.notify('z', direction == Direction::Forward ? "zpopmin" : "zpopmax", key);
  }
  if (outcome.key_removed) call.notify('g', "del", key);
  return popped;
}

/// ZPOPMIN and ZPOPMAX. Without a count RESP3, too, gets one flat pair, as Redis has it.
Result<void> pop_and_reply(Call& call, Direction direction) {
  if (call.argument_count() > 3) return Call::syntax_error();
  const bool counted = call.argument_count() == 3;
  std::uint64_t count = 1;
  if (counted) {
    const auto number = parse_int64(call.argument(2));
    if (!number || *number < 0) {
      return Error(ErrorCode::InvalidArgument, "value is out of range, must be positive");
    }
    count = static_cast<std::uint64_t>(*number);
  }
  LK_TRY(const Popped popped, pop(call, call.argument(1), direction, count));
  if (!counted) {
    call.reply.array(2 * popped.members.size());
    for (const auto& [member, score] : popped.members) {
      call.reply.bulk(member);
      call.reply.number(score);
    }
    return {};
  }
  announce_members(call.reply, WithScores::Yes, popped.members.size());
  for (const auto& [member, score] : popped.members) {
    reply_member(call.reply, WithScores::Yes, member, score);
  }
  return {};
}

/// What follows the keys of a ZMPOP.
struct PopRequest {
  Direction direction = Direction::Forward;
  std::uint64_t count = 1;

  static Result<PopRequest> parse(const Call& call, std::size_t where) {
    PopRequest request;
    if (where >= call.argument_count()) return Call::syntax_error();
    if (equals_ignore_case(call.argument(where), "MAX")) {
      request.direction = Direction::Backward;
    } else if (!equals_ignore_case(call.argument(where), "MIN")) {
      return Call::syntax_error();
    }
    bool counted = false;
    for (std::size_t i = where + 1; i < call.argument_count(); i += 2) {
      if (counted || !equals_ignore_case(call.argument(i), "COUNT") ||
          i + 1 == call.argument_count()) {
        return Call::syntax_error();
      }
      counted = true;
      const auto number = parse_int64(call.argument(i + 1));
      if (!number || *number < 1) {
        return Error(ErrorCode::InvalidArgument, "count should be greater than 0");
      }
      request.count = static_cast<std::uint64_t>(*number);
    }
    return request;
  }
};

/// Answers one pick of ZRANDMEMBER.
Result<void> reply_at(Call& call, SortedSet& set, std::uint64_t rank, WithScores with_scores) {
  LK_TRY(const SortedSet::Scored picked, set.at(rank));
  reply_member(call.reply, with_scores, picked.member, picked.score);
  return {};
}

}  // namespace

Result<void> zpopmin(Call& call) { return pop_and_reply(call, Direction::Forward); }
Result<void> zpopmax(Call& call) { return pop_and_reply(call, Direction::Backward); }

Result<void> zmpop(Call& call) {
  constexpr std::size_t kCountArgument = 1;
  const auto key_count = parse_int64(call.argument(kCountArgument));
  if (!key_count || *key_count < 1) {
    return Error(ErrorCode::InvalidArgument, "numkeys should be greater than 0");
  }
  const std::size_t left = call.argument_count() - kCountArgument - 1;
  if (static_cast<std::uint64_t>(*key_count) >= left) return Call::syntax_error();
  const std::size_t keys_end = kCountArgument + 1 + static_cast<std::size_t>(*key_count);
  LK_TRY(const PopRequest request, PopRequest::parse(call, keys_end));

  for (std::size_t i = kCountArgument + 1; i < keys_end; ++i) {
    LK_TRY(const Popped popped, pop(call, call.argument(i), request.direction, request.count));
    if (popped.members.empty()) continue;
    call.reply.array(2);
    call.reply.bulk(call.argument(i));
    call.reply.array(popped.members.size());
    for (const auto& [member, score] : popped.members) {
      call.reply.array(2);
      call.reply.bulk(member);
      call.reply.number(score);
    }
    return {};
  }
  call.reply.null_array();
  return {};
}

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
