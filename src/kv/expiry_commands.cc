#include <fmt/format.h>

#include "base/text.h"
#include "kv/call.h"
#include "kv/commands.h"
#include "kv/deadline.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::kNoDeadline;
using storage::RecordView;

/// NX, XX, GT and LT of EXPIRE and its like.
struct Conditions {
  bool if_none = false;
  bool if_any = false;
  bool if_later = false;
  bool if_sooner = false;

  /// A record without a deadline counts as one that never ends.
  bool admit(std::int64_t before_ms, std::int64_t after_ms) const {
    const bool has_one = before_ms != kNoDeadline;
    if (if_none && has_one) return false;
    if (if_any && !has_one) return false;
    if (if_later && (!has_one || after_ms <= before_ms)) return false;
    return !(if_sooner && has_one && after_ms >= before_ms);
  }
};

Result<Conditions> parse_conditions(const Call& call) {
  Conditions conditions;
  for (std::size_t index = 3; index < call.argument_count(); ++index) {
    const Bytes word = call.argument(index);
    if (equals_ignore_case(word, "NX")) {
      conditions.if_none = true;
    } else if (equals_ignore_case(word, "XX")) {
      conditions.if_any = true;
    } else if (equals_ignore_case(word, "GT")) {
      conditions.if_later = true;
    } else if (equals_ignore_case(word, "LT")) {
      conditions.if_sooner = true;
    } else {
      return Error(ErrorCode::InvalidArgument, fmt::format("Unsupported option {}", word));
    }
  }
  if (conditions.if_none && (conditions.if_any || conditions.if_later || conditions.if_sooner)) {
    return Error(ErrorCode::InvalidArgument,
                 "NX and XX, GT or LT options at the same time are not compatible");
  }
  if (conditions.if_later && conditions.if_sooner) {
    return Error(ErrorCode::InvalidArgument,
                 "GT and LT options at the same time are not compatible");
  }
  return conditions;
}

Result<void> set_deadline(Call& call, TimeSpec spec) {
  LK_TRY(const Conditions conditions, parse_conditions(call));
  LK_TRY(const std::int64_t deadline_ms,
         parse_deadline(call, call.argument(2), spec, PastTimes::Allowed));
  const Bytes key = call.argument(1);
  const bool is_past = deadline_ms <= call.now_ms();
  bool done = false;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    done = live != nullptr && conditions.admit(live->deadline_ms, deadline_ms);
    if (!done) return Decision::keep();
    if (is_past) return Decision::erase();
    return Decision::put({live->value, deadline_ms, live->kind});
  };
  LK_CHECK(call.update_record(key, decide));
  if (done) call.notify('g', is_past ? "del" : "expire", key);
  call.reply.integer(done ? 1 : 0);
  return {};
}

Result<void> expire(Call& call) { return set_deadline(call, kSecondsFromNow); }
Result<void> expireat(Call& call) { return set_deadline(call, kSecondsFromEpoch); }
Result<void> pexpire(Call& call) { return set_deadline(call, kMillisecondsFromNow); }
Result<void> pexpireat(Call& call) { return set_deadline(call, kMillisecondsFromEpoch); }

/// -2 without the key, -1 without a deadline.
Result<void> tell_deadline(Call& call, TimeSpec spec) {
  std::int64_t told = -2;
  const auto look = [&](const RecordView& record) {
    told = -1;
    if (record.deadline_ms == kNoDeadline) return;
    told = record.deadline_ms - (spec.from == TimeSpec::From::Now ? call.now_ms() : 0);
    // To the nearest second, as Redis has it; written so that the largest deadline does not wrap.
    if (spec.unit == TimeSpec::Unit::Seconds) told = told / 1000 + (told % 1000 >= 500 ? 1 : 0);
  };
  LK_CHECK(call.read_record(call.argument(1), look));
  call.reply.integer(told);
  return {};
}

Result<void> ttl(Call& call) { return tell_deadline(call, kSecondsFromNow); }
Result<void> pttl(Call& call) { return tell_deadline(call, kMillisecondsFromNow); }
Result<void> expiretime(Call& call) { return tell_deadline(call, kSecondsFromEpoch); }
Result<void> pexpiretime(Call& call) { return tell_deadline(call, kMillisecondsFromEpoch); }

Result<void> persist(Call& call) {
  const Bytes key = call.argument(1);
  bool done = false;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    done = live != nullptr && live->deadline_ms != kNoDeadline;
    if (!done) return Decision::keep();
    return Decision::put({live->value, kNoDeadline, live->kind});
  };
  LK_CHECK(call.update_record(key, decide));
  if (done) call.notify('g', "persist", key);
  call.reply.integer(done ? 1 : 0);
  return {};
}

constexpr std::uint32_t kChange = kWrite | kFast | kOneKey;
constexpr std::uint32_t kLook = kRead | kFast | kOneKey;

constexpr Command kRows[] = {
    // name, arity, keys, flags, handler, group, cost, summary
    {"EXPIRE", at_least(3), kFirstKey, kChange, &expire, "generic", "1",
     "Sets the deadline of a key, in seconds from now."},
    {"EXPIREAT", at_least(3), kFirstKey, kChange, &expireat, "generic", "1",
     "Sets the deadline of a key, in seconds since 1970."},
    {"EXPIRETIME", exactly(2), kFirstKey, kLook, &expiretime, "generic", "1",
     "Returns the deadline of a key, in seconds since 1970."},
    {"PERSIST", exactly(2), kFirstKey, kChange, &persist, "generic", "1",
     "Takes the deadline from a key."},
    {"PEXPIRE", at_least(3), kFirstKey, kChange, &pexpire, "generic", "1",
     "Sets the deadline of a key, in milliseconds from now."},
    {"PEXPIREAT", at_least(3), kFirstKey, kChange, &pexpireat, "generic", "1",
     "Sets the deadline of a key, in milliseconds since 1970."},
    {"PEXPIRETIME", exactly(2), kFirstKey, kLook, &pexpiretime, "generic", "1",
     "Returns the deadline of a key, in milliseconds since 1970."},
    {"PTTL", exactly(2), kFirstKey, kLook, &pttl, "generic", "1",
     "Returns how many milliseconds a key has left."},
    {"TTL", exactly(2), kFirstKey, kLook, &ttl, "generic", "1",
     "Returns how many seconds a key has left."},
};
static_assert(is_sorted_by_name(kRows));

}  // namespace

void add_expiry_commands(CommandTable& table) { table.add(kRows); }

}  // namespace latchkey::kv
