#include "kv/sorted_set_commands.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"
#include "kv/commands.h"

namespace latchkey::kv {

void announce_members(Reply& reply, WithScores with_scores, std::uint64_t count) {
  const bool flat = with_scores == WithScores::Yes && !reply.typed();
  reply.array(flat ? 2 * count : count);
}

void reply_member(Reply& reply, WithScores with_scores, Bytes member, double score) {
  if (with_scores == WithScores::Yes && reply.typed()) reply.array(2);
  reply.bulk(member);
  if (with_scores == WithScores::Yes) reply.number(score);
}

Result<std::size_t> read_key_count(const Call& call, std::size_t argument) {
  const auto count = parse_int64(call.argument(argument));
  if (!count) return Call::not_an_integer();
  if (*count < 1) {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("at least 1 input key is needed for '{}' command",
                             to_lower(call.command.name)));
  }
  const std::size_t left = call.argument_count() - argument - 1;
  if (static_cast<std::uint64_t>(*count) > left) return Call::syntax_error();
  return static_cast<std::size_t>(*count);
}

namespace {

struct ZaddOptions {
  bool only_new = false;       // NX
  bool only_existing = false;  // XX
  bool only_greater = false;   // GT
  bool only_less = false;      // LT
  bool count_changed = false;  // CH
  bool increment = false;      // INCR
  std::size_t pairs_begin = 2;

  static Result<ZaddOptions> parse(const Call& call) {
    ZaddOptions options;
    for (; options.pairs_begin < call.argument_count(); ++options.pairs_begin) {
      const Bytes word = call.argument(options.pairs_begin);
      if (equals_ignore_case(word, "NX")) {
        options.only_new = true;
      } else if (equals_ignore_case(word, "XX")) {
        options.only_existing = true;
      } else if (equals_ignore_case(word, "GT")) {
        options.only_greater = true;
      } else if (equals_ignore_case(word, "LT")) {
        options.only_less = true;
      } else if (equals_ignore_case(word, "CH")) {
        options.count_changed = true;
      } else if (equals_ignore_case(word, "INCR")) {
        options.increment = true;
      } else {
        break;
      }
    }
    LK_CHECK(options.check(call.argument_count() - options.pairs_begin));
    return options;
  }

 private:
  Result<void> check(std::size_t words_left) const {
    if (words_left == 0 || words_left % 2 != 0) return Call::syntax_error();
    if (only_new && only_existing) {
      return Error(ErrorCode::InvalidArgument,
                   "XX and NX options at the same time are not compatible");
    }
    if (static_cast<int>(only_new) + only_greater + only_less > 1) {
      return Error(ErrorCode::InvalidArgument,
                   "GT, LT, and/or NX options at the same time are not compatible");
    }
    if (increment && words_left > 2) {
      return Error(ErrorCode::InvalidArgument,
                   "INCR option supports a single increment-element pair");
    }
    return {};
  }
};

/// What became of one member.
enum class Added : std::uint8_t { Nothing, New, Moved, Unchanged };

/// Adds one member or changes its score, which is then in `score`. Unchanged and Nothing write
/// nothing; Nothing means that an option forbade it.
Result<Added> add(SortedSet& set, const ZaddOptions& options, Bytes member, double& score) {
  LK_TRY(const std::optional<double> old, set.score(member));
  if (!old) {
    if (options.only_existing) return Added::Nothing;
    LK_CHECK(set.insert(member, score));
    return Added::New;
  }
  if (options.only_new) return Added::Nothing;
  if (options.increment) {
    score += *old;
    if (std::isnan(score)) {
      return Error(ErrorCode::NotANumber, "resulting score is not a number (NaN)");
    }
  }
  if ((options.only_greater && score <= *old) || (options.only_less && score >= *old)) {
    return Added::Nothing;
  }
  if (score == *old) return Added::Unchanged;
  LK_CHECK(set.move(member, *old, score));
  return Added::Moved;
}

/// The scores of a ZADD. One of them, the usual number, needs no allocation.
class Scores {
 public:
  Result<void> parse(const Call& call, std::size_t pairs_begin) {
    for (std::size_t i = pairs_begin; i < call.argument_count(); i += 2) {
      const auto score = parse_double(call.argument(i));
      if (!score) return Call::not_a_float();
      if (i == pairs_begin) {
        first_ = *score;
      } else {
        others_.push_back(*score);
      }
    }
    return {};
  }
  double operator[](std::size_t i) const { return i == 0 ? first_ : others_[i - 1]; }

 private:
  double first_ = 0;
  std::vector<double> others_;
};

Result<void> add_all(Call& call, const ZaddOptions& options) {
  // Every score is checked before the first is written.
  Scores scores;
  LK_CHECK(scores.parse(call, options.pairs_begin));
  const std::size_t pair_count = (call.argument_count() - options.pairs_begin) / 2;
  std::int64_t added = 0;
  std::int64_t moved = 0;
  double last_score = 0;
  Added last = Added::Nothing;
  const Bytes key = call.argument(1);
  LK_CHECK(edit_sorted_set(call, key, [&](SortedSet& set) -> Result<void> {
    for (std::size_t i = 0; i < pair_count; ++i) {
      last_score = scores[i];
      LK_TRY(last, add(set, options, call.argument(options.pairs_begin + 2 * i + 1), last_score));
      added += last == Added::New ? 1 : 0;
      moved += last == Added::Moved ? 1 : 0;
    }
    return {};
  }));
  if (added + moved > 0) call.notify('z', options.increment ? "zincr" : "zadd", key);
  if (!options.increment) {
    call.reply.integer(options.count_changed ? added + moved : added);
  } else if (last == Added::Nothing) {
    call.reply.null();
  } else {
    call.reply.number(last_score);
  }
  return {};
}

Result<void> zadd(Call& call) {
  LK_TRY(const ZaddOptions options, ZaddOptions::parse(call));
  return add_all(call, options);
}

Result<void> zincrby(Call& call) {
  // As in Redis the words are read as ZADD's, so that an option in place of the number is told.
  LK_TRY(ZaddOptions options, ZaddOptions::parse(call));
  options.increment = true;
  return add_all(call, options);
}

Result<void> zrem(Call& call) {
  const Bytes key = call.argument(1);
  std::int64_t erased = 0;
  const auto edit = [&](SortedSet& set) -> Result<void> {
    for (std::size_t i = 2; i < call.argument_count() && set.size() > 0; ++i) {
      const Bytes member = call.argument(i);
      LK_TRY(const std::optional<double> score, set.score(member));
      if (!score) continue;
      LK_CHECK(set.erase(member, *score));
      ++erased;
    }
    return {};
  };
  LK_TRY(const SortedSetEdit outcome, edit_sorted_set(call, key, edit));
  if (outcome.changed) call.notify('z', "zrem", key);
  if (outcome.key_removed) call.notify('g', "del", key);
  call.reply.integer(erased);
  return {};
}

Result<void> zcard(Call& call) {
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  call.reply.integer(static_cast<std::int64_t>(set.size()));
  return {};
}

Result<void> reply_score(Call& call, SortedSet& set, Bytes member) {
  LK_TRY(const std::optional<double> score, set.score(member));
  if (score) {
    call.reply.number(*score);
  } else {
    call.reply.null();
  }
  return {};
}

Result<void> zscore(Call& call) {
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  return reply_score(call, set, call.argument(2));
}

Result<void> zmscore(Call& call) {
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  call.reply.array(call.argument_count() - 2);
  for (std::size_t i = 2; i < call.argument_count(); ++i) {
    LK_CHECK(reply_score(call, set, call.argument(i)));
  }
  return {};
}

enum class CountFrom : bool { Lowest, Highest };

Result<void> reply_rank(Call& call, CountFrom count_from) {
  if (call.argument_count() > 4) {
    return Error(
        ErrorCode::InvalidArgument,
        fmt::format("wrong number of arguments for '{}' command", to_lower(call.command.name)));
  }
  const bool with_score = call.argument_count() == 4;
  if (with_score && !equals_ignore_case(call.argument(3), "WITHSCORE")) {
    return Call::syntax_error();
  }
  SortedSet set(call);
  LK_CHECK(set.open(call.argument(1)));
  LK_TRY(const std::optional<double> score, set.score(call.argument(2)));
  if (!score) {
    if (with_score) {
      call.reply.null_array();
    } else {
      call.reply.null();
    }
    return {};
  }
  LK_TRY(std::uint64_t rank, set.rank(call.argument(2), *score));
  if (count_from == CountFrom::Highest) rank = set.size() - 1 - rank;
  if (with_score) call.reply.array(2);
  call.reply.integer(static_cast<std::int64_t>(rank));
  if (with_score) call.reply.number(*score);
  return {};
}

Result<void> zrank(Call& call) { return reply_rank(call, CountFrom::Lowest); }
Result<void> zrevrank(Call& call) { return reply_rank(call, CountFrom::Highest); }

constexpr Bytes kGroup = "sorted-set";
constexpr std::uint32_t kReads = kRead | kOneKey;
constexpr std::uint32_t kChanges = kWrite | kOneKey;
constexpr std::uint32_t kAdds = kWrite | kGrows | kOneKey | kFeeds;
constexpr std::uint32_t kStores = kWrite | kGrows | kFeeds;
constexpr std::uint32_t kWaits = kWrite | kBlocks;

constexpr KeySpec kAllKeysButTimeout{1, -2, 1, 0};
constexpr KeySpec kTimeoutAndCountedKeys{0, 0, 1, 2};

constexpr Command kSortedSetCommands[] = {
    {"BZMPOP", at_least(5), kTimeoutAndCountedKeys, kWaits, &bzmpop, kGroup,
     "k + m log n, m members removed",
     "Removes and returns members of the first set that has any, or waits for some."},
    {"BZPOPMAX", at_least(3), kAllKeysButTimeout, kWaits | kFast, &bzpopmax, kGroup, "k + log n",
     "Removes and returns the member with the highest score, or waits for one."},
    {"BZPOPMIN", at_least(3), kAllKeysButTimeout, kWaits | kFast, &bzpopmin, kGroup, "k + log n",
     "Removes and returns the member with the lowest score, or waits for one."},
    {"ZADD", at_least(4), kFirstKey, kAdds | kFast | kMemberThird | kRanked, &zadd, kGroup,
     "m log n, m members added",
     "Adds members with their scores, or changes the scores of those there are."},
    {"ZCARD", exactly(2), kFirstKey, kReads | kFast, &zcard, kGroup, "1",
     "Returns how many members there are."},
    {"ZCOUNT", exactly(4), kFirstKey, kReads | kFast, &zcount, kGroup, "log n",
     "Counts the members with scores in a range."},
    {"ZDIFF", at_least(3), kCountedKeys, kRead, &zdiff, kGroup, "k m + m log m, k sets, m members",
     "Returns the members of the first set that are in none of the others."},
    {"ZDIFFSTORE", at_least(4), kDestinationAndCountedKeys, kStores, &zdiffstore, kGroup,
     "k m + m log m, k sets, m members", "Stores what ZDIFF returns."},
    {"ZINCRBY", exactly(4), kFirstKey, kAdds | kFast | kMemberThird | kRanked, &zincrby, kGroup,
     "log n", "Adds to the score of a member, which counts as 0 when it is not there."},
    {"ZINTER", at_least(3), kCountedKeys, kRead, &zinter, kGroup,
     "k m + m log m, k sets, m members in the smallest",
     "Returns the members that are in all sets."},
    {"ZINTERCARD", at_least(3), kCountedKeys, kRead, &zintercard, kGroup,
     "k m, k sets, m members in the smallest", "Counts the members that are in all sets."},
    {"ZINTERSTORE", at_least(4), kDestinationAndCountedKeys, kStores, &zinterstore, kGroup,
     "k m + m log m, k sets, m members in the smallest", "Stores what ZINTER returns."},
    {"ZLEXCOUNT", exactly(4), kFirstKey, kReads | kFast, &zlexcount, kGroup, "log n",
     "Counts the members in a range of members."},
    {"ZMPOP", at_least(4), kCountedKeys, kWrite, &zmpop, kGroup, "k + m log n, m members removed",
     "Removes and returns members of the first set that has any."},
    {"ZMSCORE", at_least(3), kFirstKey, kReads | kFast, &zmscore, kGroup, "m, m members named",
     "Returns the scores of several members."},
    {"ZPOPMAX", at_least(2), kFirstKey, kChanges | kFast, &zpopmax, kGroup,
     "m log n, m members removed", "Removes and returns the members with the highest scores."},
    {"ZPOPMIN", at_least(2), kFirstKey, kChanges | kFast, &zpopmin, kGroup,
     "m log n, m members removed", "Removes and returns the members with the lowest scores."},
    {"ZRANDMEMBER", at_least(2), kFirstKey, kReads, &zrandmember, kGroup,
     "m log n, m members returned", "Returns members chosen at random."},
    {"ZRANGE", at_least(4), kFirstKey, kReads, &zrange, kGroup, "log n + m, m members returned",
     "Returns the members in a range of ranks, scores or members."},
    {"ZRANGEBYLEX", at_least(4), kFirstKey, kReads, &zrangebylex, kGroup,
     "log n + m, m members returned", "Returns the members in a range of members."},
    {"ZRANGEBYSCORE", at_least(4), kFirstKey, kReads, &zrangebyscore, kGroup,
     "log n + m, m members returned", "Returns the members with scores in a range."},
    {"ZRANGESTORE", at_least(5), kTwoKeys, kStores, &zrangestore, kGroup,
     "log n + m log m, m members stored", "Stores what ZRANGE returns."},
    {"ZRANK", at_least(3), kFirstKey, kReads | kFast | kMemberSecond | kRanked, &zrank, kGroup,
     "log n", "Returns the rank of a member, the lowest score first."},
    {"ZREM", at_least(3), kFirstKey, kChanges | kFast | kMemberSecond | kRanked, &zrem, kGroup,
     "m log n, m members named", "Removes members, and the key with the last of them."},
    {"ZREMRANGEBYLEX", exactly(4), kFirstKey, kChanges, &zremrangebylex, kGroup,
     "log n + m log n, m members removed", "Removes the members in a range of members."},
    {"ZREMRANGEBYRANK", exactly(4), kFirstKey, kChanges, &zremrangebyrank, kGroup,
     "log n + m log n, m members removed", "Removes the members in a range of ranks."},
    {"ZREMRANGEBYSCORE", exactly(4), kFirstKey, kChanges, &zremrangebyscore, kGroup,
     "log n + m log n, m members removed", "Removes the members with scores in a range."},
    {"ZREVRANGE", at_least(4), kFirstKey, kReads, &zrevrange, kGroup,
     "log n + m, m members returned",
     "Returns the members in a range of ranks, the highest score first."},
    {"ZREVRANGEBYLEX", at_least(4), kFirstKey, kReads, &zrevrangebylex, kGroup,
     "log n + m, m members returned",
     "Returns the members in a range of members, the last one first."},
    {"ZREVRANGEBYSCORE", at_least(4), kFirstKey, kReads, &zrevrangebyscore, kGroup,
     "log n + m, m members returned",
     "Returns the members with scores in a range, the highest score first."},
    {"ZREVRANK", at_least(3), kFirstKey, kReads | kFast | kMemberSecond | kRanked, &zrevrank,
     kGroup, "log n", "Returns the rank of a member, the highest score first."},
    {"ZSCAN", at_least(3), kFirstKey, kReads, &zscan, kGroup, "m, m members visited",
     "Walks over the members in steps."},
    {"ZSCORE", exactly(3), kFirstKey, kReads | kFast | kMemberSecond, &zscore, kGroup, "1",
     "Returns the score of a member."},
    {"ZUNION", at_least(3), kCountedKeys, kRead, &zunion, kGroup, "m log m, m members in all sets",
     "Returns the members that are in any set."},
    {"ZUNIONSTORE", at_least(4), kDestinationAndCountedKeys, kStores, &zunionstore, kGroup,
     "m log m, m members in all sets", "Stores what ZUNION returns."},
};
static_assert(is_sorted_by_name(kSortedSetCommands));

}  // namespace

void add_sorted_set_commands(CommandTable& table) { table.add(kSortedSetCommands); }

}  // namespace latchkey::kv
