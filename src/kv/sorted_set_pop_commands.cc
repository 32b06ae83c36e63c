#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "base/text.h"
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

/// How long a command may wait, in milliseconds; 0 is for ever.
Result<std::int64_t> read_timeout(const Call& call, std::size_t argument) {
  const auto seconds = parse_long_double(call.argument(argument));
  if (!seconds) {
    return Error(ErrorCode::InvalidArgument, "timeout is not a float or out of range");
  }
  const long double timeout_ms = std::ceil(*seconds * 1000);
  if (timeout_ms < 0) return Error(ErrorCode::InvalidArgument, "timeout is negative");
  if (timeout_ms >= static_cast<long double>(std::numeric_limits<std::int64_t>::max())) {
    return Error(ErrorCode::InvalidArgument, "timeout is out of range");
  }
  const auto whole_ms = static_cast<std::int64_t>(timeout_ms);
  if (whole_ms > std::numeric_limits<std::int64_t>::max() - call.now_ms()) {
    return Error(ErrorCode::InvalidArgument, "timeout is out of range");
  }
  return whole_ms;
}

/// Pops from the first of the keys in these arguments that has members and may be taken from.
/// Returns which argument that was, or 0.
Result<std::size_t> pop_first(Call& call, std::size_t begin, std::size_t end,
                              const PopRequest& request, Popped& popped) {
  for (std::size_t i = begin; i < end; ++i) {
    if (!call.may_take_from(call.argument(i))) continue;
    LK_TRY(popped, pop(call, call.argument(i), request.direction, request.count));
    if (!popped.members.empty()) return i;
  }
  return std::size_t{0};
}

/// As it was when it began to wait, a command that waits sees to sorted sets alone: what else comes
/// to its key is not for it.
bool is_not_for_it(const Call& call, const Error& error) {
  return call.session.ready_key != nullptr && error.code() == ErrorCode::KeyWrongType;
}

void wait_in_vain(Call& call, std::int64_t timeout_ms) {
  call.reply.null_array();
  call.wait_for_keys(timeout_ms);
}

/// BZPOPMIN and BZPOPMAX.
Result<void> pop_or_wait(Call& call, Direction direction) {
  const std::size_t last = call.argument_count() - 1;
  LK_TRY(const std::int64_t timeout_ms, read_timeout(call, last));
  Popped popped;
  const Result<std::size_t> from = pop_first(call, 1, last, {direction, 1}, popped);
  if (!from.has_value() && !is_not_for_it(call, from.error())) return from.error();
  if (!from.has_value() || *from == 0) {
    wait_in_vain(call, timeout_ms);
    return {};
  }
  call.reply.array(3);
  call.reply.bulk(call.argument(*from));
  call.reply.bulk(popped.members[0].member);
  call.reply.number(popped.members[0].score);
  return {};
}

void reply_popped_from(Call& call, Bytes key, const Popped& popped) {
  call.reply.array(2);
  call.reply.bulk(key);
  call.reply.array(popped.members.size());
  for (const auto& [member, score] : popped.members) {
    call.reply.array(2);
    call.reply.bulk(member);
    call.reply.number(score);
  }
}

/// What ZMPOP says, from the argument that counts the keys on.
struct MultiPop {
  std::size_t keys_begin = 0;
  std::size_t keys_end = 0;
  PopRequest request;

  static Result<MultiPop> parse(const Call& call, std::size_t count_argument) {
    const auto key_count = parse_int64(call.argument(count_argument));
    if (!key_count || *key_count < 1) {
      return Error(ErrorCode::InvalidArgument, "numkeys should be greater than 0");
    }
    const std::size_t left = call.argument_count() - count_argument - 1;
    if (static_cast<std::uint64_t>(*key_count) >= left) return Call::syntax_error();
    MultiPop wanted;
    wanted.keys_begin = count_argument + 1;
    wanted.keys_end = wanted.keys_begin + static_cast<std::size_t>(*key_count);
    LK_TRY(wanted.request, PopRequest::parse(call, wanted.keys_end));
    return wanted;
  }
};

}  // namespace

Result<void> zpopmin(Call& call) { return pop_and_reply(call, Direction::Forward); }
Result<void> zpopmax(Call& call) { return pop_and_reply(call, Direction::Backward); }
Result<void> bzpopmin(Call& call) { return pop_or_wait(call, Direction::Forward); }
Result<void> bzpopmax(Call& call) { return pop_or_wait(call, Direction::Backward); }

Result<void> zmpop(Call& call) {
  LK_TRY(const MultiPop wanted, MultiPop::parse(call, 1));
  Popped popped;
  LK_TRY(const std::size_t from,
         pop_first(call, wanted.keys_begin, wanted.keys_end, wanted.request, popped));
  if (from == 0) {
    call.reply.null_array();
  } else {
    reply_popped_from(call, call.argument(from), popped);
  }
  return {};
}

Result<void> bzmpop(Call& call) {
  LK_TRY(const MultiPop wanted, MultiPop::parse(call, 2));
  LK_TRY(const std::int64_t timeout_ms, read_timeout(call, 1));
  Popped popped;
  const Result<std::size_t> from =
      pop_first(call, wanted.keys_begin, wanted.keys_end, wanted.request, popped);
  if (!from.has_value() && !is_not_for_it(call, from.error())) return from.error();
  if (!from.has_value() || *from == 0) {
    wait_in_vain(call, timeout_ms);
  } else {
    reply_popped_from(call, call.argument(*from), popped);
  }
  return {};
}

}  // namespace latchkey::kv
