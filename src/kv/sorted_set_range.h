#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "kv/members.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::kv {

/// Scores from `min` to `max`, as ZRANGEBYSCORE writes them: 1.5 (1.5 -inf +inf.
struct ScoreRange {
  double min;
  double max;
  bool min_open = false;  ///< `min` itself is outside
  bool max_open = false;

  /// Errors: "min or max is not a float".
  static Result<ScoreRange> parse(Bytes min, Bytes max);
  /// The keys of the scores tree with such scores. Inverted when there can be none.
  storage::KeyRange keys(std::uint64_t members_id) const;
};

/// Members from `min` to `max`, as ZRANGEBYLEX writes them: [a (a - +.
///
/// Ownership: borrows the bounds.
struct MemberRange {
  enum class Bound : std::uint8_t { Lowest, Highest, Closed, Open };
  Bound min_bound;
  Bound max_bound;
  Bytes min;
  Bytes max;

  /// Errors: "min or max not valid string range item".
  static Result<MemberRange> parse(Bytes min, Bytes max);
  /// Whether `member` sorts before all of the range, or behind all of it.
  bool begins_after(Bytes member) const;
  bool ends_before(Bytes member) const;
  /// The keys of the scores tree with such members, if every member has `score`.
  storage::KeyRange keys(std::uint64_t members_id, double score) const;
};

}  // namespace latchkey::kv
