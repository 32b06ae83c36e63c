#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::kv {

class Call;

/// What the number of EX, PX, EXAT, PXAT, EXPIRE, PEXPIREAT and their like counts, and from when.
struct TimeSpec {
  enum class Unit : std::uint8_t { Seconds, Milliseconds };
  enum class From : std::uint8_t { Now, Epoch };
  Unit unit;
  From from;

  bool operator==(const TimeSpec&) const = default;
};

inline constexpr TimeSpec kSecondsFromNow{TimeSpec::Unit::Seconds, TimeSpec::From::Now};
inline constexpr TimeSpec kMillisecondsFromNow{TimeSpec::Unit::Milliseconds, TimeSpec::From::Now};
inline constexpr TimeSpec kSecondsFromEpoch{TimeSpec::Unit::Seconds, TimeSpec::From::Epoch};
inline constexpr TimeSpec kMillisecondsFromEpoch{TimeSpec::Unit::Milliseconds,
                                                 TimeSpec::From::Epoch};

/// Whether zero and negative numbers are times in the past (EXPIRE) or errors (SET .. EX).
enum class PastTimes : bool { Refused, Allowed };

/// The moment that `text` means, in milliseconds since 1970. Never wraps: what would is an error.
Result<std::int64_t> parse_deadline(const Call& call, Bytes text, TimeSpec spec, PastTimes past);

}  // namespace latchkey::kv
