#include "kv/deadline.h"

#include <fmt/format.h>

#include <limits>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"
#include "kv/call.h"

namespace latchkey::kv {

Result<std::int64_t> parse_deadline(const Call& call, Bytes text, TimeSpec spec, PastTimes past) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  const auto invalid = [&] {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("invalid expire time in '{}' command", to_lower(call.command.name)));
  };
  const auto number = parse_int64(text);
  if (!number.has_value()) return Call::not_an_integer();
  std::int64_t time_ms = *number;
  if (past == PastTimes::Refused && time_ms <= 0) return invalid();
  if (spec.unit == TimeSpec::Unit::Seconds) {
    if (time_ms > kMax / 1000 || time_ms < kMin / 1000) return invalid();
    time_ms *= 1000;
  }
  if (spec.from == TimeSpec::From::Now) {
    LK_ASSERT(call.now_ms() >= 0);
    if (time_ms > kMax - call.now_ms()) return invalid();
    time_ms += call.now_ms();
  }
  return time_ms;
}

}  // namespace latchkey::kv
