#include "kv/sorted_set_range.h"

#include <limits>
#include <optional>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/score_key.h"

namespace latchkey::kv {

namespace {

struct ScoreBound {
  double score;
  bool open;
};

/// Redis reads a bound with less care than a score, and clients get the same here: nothing at all
/// is 0, spaces may stand before a number, what is too large is infinite and what follows a zero
/// byte is not looked at.
std::optional<double> parse_bound(Bytes text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0.0;
  while (!text.empty() && (text.front() == ' ' || (text.front() >= '\t' && text.front() <= '\r')))
    text.remove_prefix(1);
  if (const auto exact = parse_double(text)) return exact;
  const auto wide = parse_long_double(text);
  if (!wide) return std::nullopt;
  constexpr double kLargest = std::numeric_limits<double>::max();
  if (*wide > kLargest) return std::numeric_limits<double>::infinity();
  if (*wide < -kLargest) return -std::numeric_limits<double>::infinity();
  return static_cast<double>(*wide);
}

std::optional<ScoreBound> parse_score(Bytes text) {
  const bool open = !text.empty() && text.front() == '(';
  if (open) text.remove_prefix(1);
  const auto score = parse_bound(text);
  if (!score) return std::nullopt;
  return ScoreBound{*score, open};
}

std::optional<MemberRange::Bound> parse_member(Bytes& text) {
  if (text == "-") return MemberRange::Bound::Lowest;
  if (text == "+") return MemberRange::Bound::Highest;
  if (text.empty() || (text.front() != '[' && text.front() != '(')) return std::nullopt;
  const bool open = text.front() == '(';
  text.remove_prefix(1);
  return open ? MemberRange::Bound::Open : MemberRange::Bound::Closed;
}

/// The first place in the scores tree after `key`.
std::string after(Bytes key) {
  std::string place(key);
  place.push_back('\0');
  return place;
}

}  // namespace

Result<ScoreRange> ScoreRange::parse(Bytes min, Bytes max) {
  const auto low = parse_score(min);
  const auto high = parse_score(max);
  if (!low || !high) return Error(ErrorCode::InvalidArgument, "min or max is not a float");
  return ScoreRange{low->score, high->score, low->open, high->open};
}

storage::KeyRange ScoreRange::keys(std::uint64_t members_id) const {
  LK_ASSERT(members_id != 0);
  // The order of no score is the highest there is, so one more is still a place behind it.
  const std::uint64_t begin = score_order(min) + (min_open ? 1 : 0);
  const std::uint64_t end = score_order(max) + (max_open ? 0 : 1);
  MembersKey key(members_id);
  storage::KeyRange range;
  range.begin = key.of_score(begin, {});
  range.end = key.of_score(end, {});
  return range;
}

Result<MemberRange> MemberRange::parse(Bytes min, Bytes max) {
  const auto low = parse_member(min);
  const auto high = parse_member(max);
  if (!low || !high) {
    return Error(ErrorCode::InvalidArgument, "min or max not valid string range item");
  }
  return MemberRange{*low, *high, min, max};
}

bool MemberRange::begins_after(Bytes member) const {
  switch (min_bound) {
    case Bound::Lowest:
      return false;
    case Bound::Highest:
      return true;
    case Bound::Closed:
      return member < min;
    case Bound::Open:
      return member <= min;
  }
  return false;
}

bool MemberRange::ends_before(Bytes member) const {
  switch (max_bound) {
    case Bound::Lowest:
      return true;
    case Bound::Highest:
      return false;
    case Bound::Closed:
      return member > max;
    case Bound::Open:
      return member >= max;
  }
  return false;
}

storage::KeyRange MemberRange::keys(std::uint64_t members_id, double score) const {
  LK_ASSERT(members_id != 0);
  storage::KeyRange range = members_range(members_id);
  const std::uint64_t order = score_order(score);
  MembersKey key(members_id);
  switch (min_bound) {
    case Bound::Lowest:
      break;
    case Bound::Highest:
      range.begin = range.end;
      break;
    case Bound::Closed:
      range.begin = key.of_score(order, min);
      break;
    case Bound::Open:
      range.begin = after(key.of_score(order, min));
      break;
  }
  switch (max_bound) {
    case Bound::Lowest:
      range.end = members_range(members_id).begin;
      break;
    case Bound::Highest:
      break;
    case Bound::Closed:
      range.end = after(key.of_score(order, max));
      break;
    case Bound::Open:
      range.end = key.of_score(order, max);
      break;
  }
  return range;
}

}  // namespace latchkey::kv
