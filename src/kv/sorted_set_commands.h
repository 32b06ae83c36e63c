#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kv/call.h"
#include "kv/sorted_set.h"
#include "latchkey/result.h"

namespace latchkey::kv {

/// Handlers of sorted set commands, in files by topic; their rows are in sorted_set_commands.cc.

// sorted_set_range_commands.cc
Result<void> zrange(Call& call);
Result<void> zrangestore(Call& call);
Result<void> zrangebylex(Call& call);
Result<void> zrangebyscore(Call& call);
Result<void> zrevrange(Call& call);
Result<void> zrevrangebylex(Call& call);
Result<void> zrevrangebyscore(Call& call);
Result<void> zcount(Call& call);
Result<void> zlexcount(Call& call);
Result<void> zremrangebylex(Call& call);
Result<void> zremrangebyrank(Call& call);
Result<void> zremrangebyscore(Call& call);

// sorted_set_algebra.cc
Result<void> zdiff(Call& call);
Result<void> zdiffstore(Call& call);
Result<void> zinter(Call& call);
Result<void> zintercard(Call& call);
Result<void> zinterstore(Call& call);
Result<void> zunion(Call& call);
Result<void> zunionstore(Call& call);

// sorted_set_pick_commands.cc
Result<void> zrandmember(Call& call);
Result<void> zscan(Call& call);

// sorted_set_pop_commands.cc
Result<void> bzmpop(Call& call);
Result<void> bzpopmax(Call& call);
Result<void> bzpopmin(Call& call);
Result<void> zmpop(Call& call);
Result<void> zpopmax(Call& call);
Result<void> zpopmin(Call& call);

/// How members are answered: alone, or each with its score, as a pair where the door keeps pairs.
enum class WithScores : bool { No, Yes };

/// Announces `count` members; each then follows with reply_member.
void announce_members(Reply& reply, WithScores with_scores, std::uint64_t count);
void reply_member(Reply& reply, WithScores with_scores, Bytes member, double score);

/// How many keys follow, as `argument` says it: at least one, and no more than there are arguments.
Result<std::size_t> read_key_count(const Call& call, std::size_t argument);

}  // namespace latchkey::kv
