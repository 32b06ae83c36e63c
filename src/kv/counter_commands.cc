#include <cmath>
#include <limits>
#include <string>

#include "base/numbers.h"
#include "kv/call.h"
#include "kv/commands.h"
#include "kv/scalar.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::kNoDeadline;
using storage::RecordView;

Error stored_is_no_integer() {
  return Error(ErrorCode::NotANumber, "value is not an integer or out of range");
}

Result<std::int64_t> stored_integer(const RecordView* live) {
  if (live == nullptr) return std::int64_t{0};
  ScalarText text;
  LK_TRY(const Bytes shown, text.of(*live));
  const auto value = parse_int64(shown);
  if (!value.has_value()) return stored_is_no_integer();
  return *value;
}

Result<void> add(Call& call, std::int64_t increment) {
  const Bytes key = call.argument(1);
  std::int64_t sum = 0;
  ScalarRecord scalar;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    if (live != nullptr && kind_of(*live) == RecordKind::Integer && live->value.size() == 8) {
      sum = load<std::int64_t>(live->value.data());
    } else {
      LK_TRY(sum, stored_integer(live));
    }
    if (__builtin_add_overflow(sum, increment, &sum)) {
      return Error(ErrorCode::NumberOverflow, "increment or decrement would overflow");
    }
    return Decision::put(scalar.of_integer(sum, live != nullptr ? live->deadline_ms : kNoDeadline));
  };
  LK_CHECK(call.update_record(key, decide));
  call.notify('$', "incrby", key);
  call.reply.integer(sum);
  return {};
}

Result<void> incr(Call& call) { return add(call, 1); }
Result<void> decr(Call& call) { return add(call, -1); }

Result<void> incrby(Call& call) {
  const auto increment = parse_int64(call.argument(2));
  if (!increment.has_value()) return Call::not_an_integer();
  return add(call, *increment);
}

Result<void> decrby(Call& call) {
  const auto decrement = parse_int64(call.argument(2));
  if (!decrement.has_value()) return Call::not_an_integer();
  if (*decrement == std::numeric_limits<std::int64_t>::min()) {
    return Error(ErrorCode::NumberOverflow, "decrement would overflow");
  }
  return add(call, -*decrement);
}

Result<void> incrbyfloat(Call& call) {
  const Bytes key = call.argument(1);
  std::string sum_text;
  ScalarRecord scalar;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    long double before = 0;
    if (live != nullptr) {
      ScalarText text;
      LK_TRY(const Bytes shown, text.of(*live));
      const auto number = parse_long_double(shown);
      if (!number.has_value()) return Error(ErrorCode::NotANumber, "value is not a valid float");
      before = *number;
    }
    const auto increment = parse_long_double(call.argument(2));
    if (!increment.has_value()) return Call::not_a_float();
    const long double sum = before + *increment;
    if (!std::isfinite(sum)) {
      return Error(ErrorCode::NumberOverflow, "increment would produce NaN or Infinity");
    }
    sum_text = format_long_double_human(sum);
    return Decision::put(scalar.of(sum_text, live != nullptr ? live->deadline_ms : kNoDeadline));
  };
  LK_CHECK(call.update_record(key, decide));
  call.notify('$', "incrbyfloat", key);
  call.reply.bulk(sum_text);
  return {};
}

constexpr std::uint32_t kCount = kWrite | kGrows | kFast | kOneKey;

constexpr Command kRows[] = {
    // name, arity, keys, flags, handler, group, cost, summary
    {"DECR", exactly(2), kFirstKey, kCount, &decr, "string", "1",
     "Takes one from the integer under a key; a missing key counts as 0."},
    {"DECRBY", exactly(3), kFirstKey, kCount, &decrby, "string", "1",
     "Takes a number from the integer under a key; a missing key counts as 0."},
    {"INCR", exactly(2), kFirstKey, kCount, &incr, "string", "1",
     "Adds one to the integer under a key; a missing key counts as 0."},
    {"INCRBY", exactly(3), kFirstKey, kCount, &incrby, "string", "1",
     "Adds a number to the integer under a key; a missing key counts as 0."},
    {"INCRBYFLOAT", exactly(3), kFirstKey, kCount, &incrbyfloat, "string", "1",
     "Adds a floating number to the number under a key; a missing key counts as 0."},
};
static_assert(is_sorted_by_name(kRows));

}  // namespace

void add_counter_commands(CommandTable& table) { table.add(kRows); }

}  // namespace latchkey::kv
