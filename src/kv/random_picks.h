#pragma once

#include <cstdint>
#include <vector>

#include "env/env.h"
#include "kv/call.h"
#include "latchkey/result.h"

namespace latchkey::kv {

/// Numbers for one command, from one seed of the environment's: a system call a number is too dear.
///
/// Source: SplitMix64 (Steele, Lea, Flood 2014); bounds by Lemire 2019, without his last
/// correction,
///         whose bias is below 2^-32 for the sizes here.
class RandomPicks {
 public:
  explicit RandomPicks(env::Random& random) : state_(random.next()) {}

  /// Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound);

  /// `count` different numbers below `bound`, ascending; each set of them is as probable as any
  /// other. Cost: count log count.
  /// Requires: count <= bound.
  std::vector<std::uint64_t> distinct(std::uint64_t count, std::uint64_t bound);

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

/// What HRANDFIELD and ZRANDMEMBER are asked for after their key.
struct RandomRequest {
  enum class Form : std::uint8_t { One, Distinct, Repeated };
  Form form = Form::One;
  std::uint64_t count = 1;
  bool with_values = false;

  /// `with_values_word` is the command's word for it.
  /// Errors: Redis' own texts; also when repeated picks pass kRepeatedMax, where Redis would fill
  ///         the memory.
  static Result<RandomRequest> read(const Call& call, Bytes with_values_word);
  static constexpr std::uint64_t kRepeatedMax = 1'000'000;
};

}  // namespace latchkey::kv
