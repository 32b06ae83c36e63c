#include <algorithm>
#include <optional>

#include "base/numbers.h"
#include "base/text.h"
#include "kv/sorted_set_commands.h"

namespace latchkey::kv {

namespace {

using storage::Direction;

enum class By : std::uint8_t { Rank, Score, Member };

/// What a command of the ZRANGE family asks for. Those with a name of their own fix `by` and
/// `direction`; ZRANGE and ZRANGESTORE read them from their options.
struct RangeRequest {
  std::optional<By> by;
  std::optional<Direction> direction;
  WithScores with_scores = WithScores::No;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // negative: no limit

  // One of the three, as `by` says.
  std::int64_t first = 0;
  std::int64_t last = 0;
  ScoreRange scores{};
  MemberRange members{};

  /// `bounds` is the index of the first of the two bounds; the options follow them.
  Result<void> parse(const Call& call, std::size_t bounds, bool may_have_scores);

 private:
  Result<void> parse_options(const Call& call, std::size_t begin, bool may_have_scores);
  Result<void> parse_bounds(Bytes low, Bytes high);
};

Result<void> RangeRequest::parse(const Call& call, std::size_t bounds, bool may_have_scores) {
  LK_CHECK(parse_options(call, bounds + 2, may_have_scores));
  by = by.value_or(By::Rank);
  direction = direction.value_or(Direction::Forward);
  if (limit != -1 && by == By::Rank) {
    return Error(ErrorCode::InvalidArgument,
                 "syntax error, LIMIT is only supported in combination with either BYSCORE or "
                 "BYLEX");
  }
  if (with_scores == WithScores::Yes && by == By::Member) {
    return Error(ErrorCode::InvalidArgument,
                 "syntax error, WITHSCORES not supported in combination with BYLEX");
  }
  // Backwards the higher bound comes first, but for ranks, which are themselves counted backwards.
  const bool swapped = direction == Direction::Backward && by != By::Rank;
  return parse_bounds(call.argument(bounds + (swapped ? 1 : 0)),
                      call.argument(bounds + (swapped ? 0 : 1)));
}

Result<void> RangeRequest::parse_options(const Call& call, std::size_t begin,
                                         bool may_have_scores) {
  for (std::size_t i = begin; i < call.argument_count(); ++i) {
    const Bytes word = call.argument(i);
    if (may_have_scores && equals_ignore_case(word, "WITHSCORES")) {
      with_scores = WithScores::Yes;
    } else if (equals_ignore_case(word, "LIMIT") && i + 2 < call.argument_count()) {
      const auto new_offset = parse_int64(call.argument(i + 1));
      const auto new_limit = parse_int64(call.argument(i + 2));
      if (!new_offset || !new_limit) return Call::not_an_integer();
      offset = *new_offset;
      limit = *new_limit;
      i += 2;
    } else if (!direction && equals_ignore_case(word, "REV")) {
      direction = Direction::Backward;
    } else if (!by && equals_ignore_case(word, "BYLEX")) {
      by = By::Member;
    } else if (!by && equals_ignore_case(word, "BYSCORE")) {
      by = By::Score;
    } else {
      return Call::syntax_error();
    }
  }
  return {};
}

Result<void> RangeRequest::parse_bounds(Bytes low, Bytes high) {
  if (by == By::Score) {
    LK_TRY(scores, ScoreRange::parse(low, high));
  } else if (by == By::Member) {
    LK_TRY(members, MemberRange::parse(low, high));
  } else {
    const auto from = parse_int64(low);
    const auto to = parse_int64(high);
    if (!from || !to) return Call::not_an_integer();
    first = *from;
    last = *to;
  }
  return {};
}

/// Ranks as ZRANGE counts them, from the end when negative, as offset and number.
struct RankSlice {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;

  RankSlice(std::int64_t first, std::int64_t last, std::uint64_t size) {
    const auto total = static_cast<std::int64_t>(size);
    if (first < 0) first = std::max<std::int64_t>(first + total, 0);
    if (last < 0) last += total;
    last = std::min(last, total - 1);
    if (first > last) return;
    offset = static_cast<std::uint64_t>(first);
    count = static_cast<std::uint64_t>(last - first) + 1;
  }
};

/// A stretch of a set, ready to be walked.
struct Stretch {
  storage::KeyRange range;
  std::uint64_t limit = 0;
  bool limit_is_count = false;  ///< there are exactly `limit` members
};

Result<Stretch> resolve(SortedSet& set, const RangeRequest& request) {
  Stretch stretch;
  if (set.size() == 0) return stretch;
  if (request.by == By::Rank) {
    const RankSlice slice(request.first, request.last, set.size());
    stretch.limit = slice.count;
    stretch.limit_is_count = true;
    if (slice.count == 0) return stretch;
    LK_TRY(stretch.range, set.skip(set.all(), slice.offset, *request.direction));
    return stretch;
  }
  if (request.offset < 0 || request.limit == 0) return stretch;
  stretch.limit =
      request.limit < 0 ? SortedSet::kNoLimit : static_cast<std::uint64_t>(request.limit);
  if (request.by == By::Score) {
    stretch.range = set.between(request.scores);
  } else {
    LK_TRY(stretch.range, set.between(request.members));
  }
  LK_TRY(stretch.range, set.skip(std::move(stretch.range),
                                 static_cast<std::uint64_t>(request.offset), *request.direction));
  return stretch;
}

Result<void> reply_range(Call& call, RangeRequest request) {
  LK_CHECK(request.parse(call, 2, true));
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  LK_TRY(const Stretch stretch, resolve(set, request));
  std::uint64_t count = 0;
  const auto reply = [&](Bytes member, double score) {
    reply_member(call.reply, request.with_scores, member, score);
    ++count;
    return SortedSet::Go::On;
  };
  if (stretch.limit_is_count) {
    announce_members(call.reply, request.with_scores, stretch.limit);
    LK_CHECK(set.walk(stretch.range, *request.direction, stretch.limit, reply));
    if (count == stretch.limit) return {};
    return Error(ErrorCode::Corruption, "a sorted set has fewer members than its record counts");
  }
  const std::size_t mark = call.reply.open_array();
  LK_CHECK(set.walk(stretch.range, *request.direction, stretch.limit, reply));
  const bool flat = request.with_scores == WithScores::Yes && !call.reply.typed();
  call.reply.close_array(mark, flat ? 2 * count : count);
  return {};
}

Result<void> remove_range(Call& call, RangeRequest request, const char* event) {
  const Bytes key = call.argument(1);
  LK_CHECK(request.parse(call, 2, false));
  std::uint64_t erased = 0;
  const auto edit = [&](SortedSet& set) -> Result<void> {
    LK_TRY(Stretch stretch, resolve(set, request));
    if (stretch.limit == 0) return {};
    if (stretch.limit_is_count && stretch.limit < set.size()) {
      // erase knows no limit: what lies behind the last one is cut off.
      LK_TRY(const storage::KeyRange behind,
             set.skip(stretch.range, stretch.limit, Direction::Forward));
      if (behind.begin < behind.end) stretch.range.end = behind.begin;
    }
    LK_TRY(erased, set.erase(stretch.range));
    return {};
  };
  LK_TRY(const SortedSetEdit outcome, edit_sorted_set(call, key, edit));
  if (outcome.changed) call.notify('z', event, key);
  if (outcome.key_removed) call.notify('g', "del", key);
  call.reply.integer(static_cast<std::int64_t>(erased));
  return {};
}

RangeRequest request_of(By by, Direction direction) {
  RangeRequest request;
  request.by = by;
  request.direction = direction;
  return request;
}

}  // namespace

Result<void> zrange(Call& call) { return reply_range(call, {}); }
Result<void> zrevrange(Call& call) {
  return reply_range(call, request_of(By::Rank, Direction::Backward));
}
Result<void> zrangebyscore(Call& call) {
  return reply_range(call, request_of(By::Score, Direction::Forward));
}
Result<void> zrevrangebyscore(Call& call) {
  return reply_range(call, request_of(By::Score, Direction::Backward));
}
Result<void> zrangebylex(Call& call) {
  return reply_range(call, request_of(By::Member, Direction::Forward));
}
Result<void> zrevrangebylex(Call& call) {
  return reply_range(call, request_of(By::Member, Direction::Backward));
}

Result<void> zrangestore(Call& call) {
  const Bytes destination = call.argument(1);
  RangeRequest request;
  LK_CHECK(request.parse(call, 3, false));
  const auto fill = [&](SortedSet& result) -> Result<void> {
    SortedSet source(call);
    LK_CHECK(source.open(call.argument(2)));
    LK_TRY(const Stretch stretch, resolve(source, request));
    Result<void> inserted;
    LK_CHECK(source.walk(stretch.range, *request.direction, stretch.limit,
                         [&](Bytes member, double score) {
                           inserted = result.insert(member, score);
                           return inserted ? SortedSet::Go::On : SortedSet::Go::Stop;
                         }));
    return inserted;
  };
  LK_TRY(const SortedSetStored stored, store_sorted_set(call, destination, fill));
  if (stored.count > 0) call.notify('z', "zrangestore", destination);
  if (stored.key_removed) call.notify('g', "del", destination);
  call.reply.integer(static_cast<std::int64_t>(stored.count));
  return {};
}

Result<void> zcount(Call& call) {
  LK_TRY(const ScoreRange scores, ScoreRange::parse(call.argument(2), call.argument(3)));
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  LK_TRY(const std::uint64_t count, set.count(set.between(scores)));
  call.reply.integer(static_cast<std::int64_t>(count));
  return {};
}

Result<void> zlexcount(Call& call) {
  LK_TRY(const MemberRange members, MemberRange::parse(call.argument(2), call.argument(3)));
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  LK_TRY(const storage::KeyRange range, set.between(members));
  LK_TRY(const std::uint64_t count, set.count(range));
  call.reply.integer(static_cast<std::int64_t>(count));
  return {};
}

Result<void> zremrangebyrank(Call& call) {
  return remove_range(call, request_of(By::Rank, Direction::Forward), "zremrangebyrank");
}
Result<void> zremrangebyscore(Call& call) {
  return remove_range(call, request_of(By::Score, Direction::Forward), "zremrangebyscore");
}
Result<void> zremrangebylex(Call& call) {
  return remove_range(call, request_of(By::Member, Direction::Forward), "zremrangebylex");
}

}  // namespace latchkey::kv
