#include "kv/random_picks.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"

namespace latchkey::kv {

std::uint64_t RandomPicks::next() {
  std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

std::uint64_t RandomPicks::below(std::uint64_t bound) {
  LK_ASSERT(bound > 0);
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(next()) * bound >> 64);
}

std::vector<std::uint64_t> RandomPicks::distinct(std::uint64_t count, std::uint64_t bound) {
  LK_ASSERT(count <= bound);
  std::vector<std::uint64_t> picks;
  picks.reserve(count);
  if (count > bound / 4) {
    // Many of few: look at each number once and take it with the chance that is left.
    for (std::uint64_t number = 0; picks.size() < count; ++number) {
      if (below(bound - number) < count - picks.size()) picks.push_back(number);
    }
    return picks;
  }
  // Few of many, by Floyd: a number already taken stands for the newest one that is not.
  std::unordered_set<std::uint64_t> taken;
  for (std::uint64_t number = bound - count; number < bound; ++number) {
    const std::uint64_t pick = below(number + 1);
    picks.push_back(taken.insert(pick).second ? pick : number);
    if (picks.back() == number) taken.insert(number);
  }
  std::sort(picks.begin(), picks.end());
  return picks;
}

Result<RandomRequest> RandomRequest::read(const Call& call, Bytes with_values_word) {
  RandomRequest request;
  if (call.argument_count() == 2) return request;
  const auto count = parse_int64(call.argument(2));
  if (!count) return Call::not_an_integer();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (*count < -kMax) {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("value is out of range, value must between {} and {}", -kMax, kMax));
  }
  request.with_values =
      call.argument_count() == 4 && equals_ignore_case(call.argument(3), with_values_word);
  if (call.argument_count() > 3 && !request.with_values) return Call::syntax_error();
  request.form = *count < 0 ? Form::Repeated : Form::Distinct;
  request.count = static_cast<std::uint64_t>(*count < 0 ? -*count : *count);
  const bool too_many = request.with_values && request.count > kMax / 2;
  if (too_many || (request.form == Form::Repeated && request.count > kRepeatedMax)) {
    return Error(ErrorCode::InvalidArgument, "value is out of range");
  }
  return request;
}

}  // namespace latchkey::kv
