#include "base/numeric_decimal.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "base/numeric_long.h"

namespace latchkey::decimal {

namespace {

constexpr int kMultiplyGuardGroups = 2;

constexpr std::array kPowersOfTen = {1, 10, 100, 1'000, 10'000};

std::size_t size_from(int count) {
  LK_ASSERT(count >= 0);
  return static_cast<std::size_t>(count);
}

int group_count(const Decimal& number) { return static_cast<int>(number.groups.size()); }

/// The weight of the last stored group.
int lowest_weight(const Decimal& number) { return number.weight - group_count(number) + 1; }

/// Requires: digit_count >= 0.
int groups_for(int digit_count) { return (digit_count + kGroupDigits - 1) / kGroupDigits; }

/// Makes room for the groups from `top` down to `bottom`, which the caller fills.
void make_room(Decimal& number, int top, int bottom) {
  number.weight = top;
  number.groups.resize(size_from(std::max(top - bottom + 1, 0)), boost::container::default_init);
}

void add_magnitudes(const Decimal& left, const Decimal& right, Decimal& sum) {
  const int top = std::max(left.weight, right.weight);
  make_room(sum, top, std::min(lowest_weight(left), lowest_weight(right)));
  int carry = 0;
  for (std::size_t i = sum.groups.size(); i-- > 0;) {
    const int weight = top - static_cast<int>(i);
    const int group = group_at(left, weight) + group_at(right, weight) + carry;
    carry = group >= kGroupBase ? 1 : 0;
    sum.groups[i] = static_cast<std::int16_t>(group - carry * kGroupBase);
  }
  if (carry != 0) {
    sum.groups.insert(sum.groups.begin(), std::int16_t{1});
    ++sum.weight;
  }
}

/// Requires: the magnitude of `left` is not the smaller one.
void subtract_magnitudes(const Decimal& left, const Decimal& right, Decimal& rest) {
  const int top = left.weight;
  make_room(rest, top, std::min(lowest_weight(left), lowest_weight(right)));
  int borrow = 0;
  for (std::size_t i = rest.groups.size(); i-- > 0;) {
    const int weight = top - static_cast<int>(i);
    const int group = group_at(left, weight) - group_at(right, weight) - borrow;
    borrow = group < 0 ? 1 : 0;
    rest.groups[i] = static_cast<std::int16_t>(group + borrow * kGroupBase);
  }
  LK_ASSERT(borrow == 0);
}

/// left + right, or left - right if `right_negative` is the opposite of right's sign.
Decimal add_signed(const Decimal& left, const Decimal& right, bool right_negative) {
  Decimal sum;
  sum.negative = left.negative;
  sum.scale = std::max(left.scale, right.scale);
  if (left.negative == right_negative) {
    add_magnitudes(left, right, sum);
  } else if (compare_magnitudes(left, right) >= 0) {
    subtract_magnitudes(left, right, sum);
  } else {
    subtract_magnitudes(right, left, sum);
    sum.negative = right_negative;
  }
  strip(sum);
  return sum;
}

/// Adds one to the last group.
void increment_last(Decimal& number) {
  for (std::size_t i = number.groups.size(); i-- > 0;) {
    if (number.groups[i] < kGroupBase - 1) {
      ++number.groups[i];
      return;
    }
    number.groups[i] = 0;
  }
  number.groups.insert(number.groups.begin(), std::int16_t{1});
  ++number.weight;
}

void set_zero(Decimal& number) {
  number.groups.clear();
  number.weight = 0;
  number.negative = false;
}

}  // namespace

int quotient_scale(const Decimal& dividend, const Decimal& divisor) {
  LK_ASSERT(!divisor.is_zero());
  int weight = dividend.weight - divisor.weight;
  const int leading = dividend.is_zero() ? 0 : dividend.groups[0];
  if (leading <= divisor.groups[0]) --weight;
  const int scale = kSignificantDigitsMin - weight * kGroupDigits;
  return std::clamp(std::max({scale, dividend.scale, divisor.scale}), 0, kComputedScaleMax);
}

Error overflow() { return Error(ErrorCode::NumberOverflow, "value overflows numeric format"); }

Decimal from_int64(std::int64_t value) {
  Decimal number;
  number.negative = value < 0;
  // Negating in unsigned arithmetic also holds the smallest number.
  auto magnitude = static_cast<std::uint64_t>(value);
  if (number.negative) magnitude = 0 - magnitude;

  for (; magnitude != 0; magnitude /= kGroupBase) {
    number.groups.push_back(static_cast<std::int16_t>(magnitude % kGroupBase));
  }
  std::reverse(number.groups.begin(), number.groups.end());
  number.weight = std::max(group_count(number) - 1, 0);
  strip(number);
  return number;
}

void strip(Decimal& number) {
  Decimal::Groups& groups = number.groups;
  while (!groups.empty() && groups.back() == 0) groups.pop_back();
  if (groups.empty()) {
    set_zero(number);
    return;
  }
  const auto first =
      std::find_if(groups.begin(), groups.end(), [](int group) { return group != 0; });
  number.weight -= static_cast<int>(first - groups.begin());
  if (first != groups.begin()) groups.erase(groups.begin(), first);
}

std::optional<std::int64_t> to_int64(const Decimal& number) {
  // Counted below zero, where the range is one larger.
  std::int64_t negated = 0;
  for (int weight = number.weight; weight >= 0; --weight) {
    if (__builtin_mul_overflow(negated, kGroupBase, &negated) ||
        __builtin_sub_overflow(negated, group_at(number, weight), &negated)) {
      return std::nullopt;
    }
  }
  const bool up = group_at(number, -1) >= kGroupBase / 2;
  if (up && __builtin_sub_overflow(negated, 1, &negated)) return std::nullopt;
  if (number.negative) return negated;
  if (negated == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return -negated;
}

Decimal shifted(Decimal number, int group_count) {
  if (!number.is_zero()) number.weight += group_count;
  return number;
}

std::strong_ordering compare_magnitudes(const Decimal& left, const Decimal& right) {
  if (left.is_zero() || right.is_zero()) return left.groups.size() <=> right.groups.size();
  if (left.weight != right.weight) return left.weight <=> right.weight;
  const std::size_t shared = std::min(left.groups.size(), right.groups.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (left.groups[i] != right.groups[i]) return left.groups[i] <=> right.groups[i];
  }
  return left.groups.size() <=> right.groups.size();
}

std::strong_ordering compare(const Decimal& left, const Decimal& right) {
  if (left.negative != right.negative) {
    return left.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left.negative ? compare_magnitudes(right, left) : compare_magnitudes(left, right);
}

Decimal add(const Decimal& left, const Decimal& right) {
  return add_signed(left, right, right.negative);
}

Decimal subtract(const Decimal& left, const Decimal& right) {
  return add_signed(left, right, !right.negative);
}

Decimal multiply(const Decimal& left, const Decimal& right, int scale) {
  LK_ASSERT(scale >= 0);
  Decimal product;
  product.scale = scale;
  if (left.is_zero() || right.is_zero()) return product;

  // left[i] * right[k] lands in the sum i + k + 1; the sum 0 takes the carry.
  const int top = left.weight + right.weight + 1;
  const int wanted = top + 1 + groups_for(scale) + kMultiplyGuardGroups;
  const int size = std::min(group_count(left) + group_count(right), wanted);
  if (size < 2) return product;

  Sums sums(size_from(size), 0);
  long_multiply(left.groups, right.groups, sums);
  product.weight = top;
  product.negative = left.negative != right.negative;
  product.groups.resize(sums.size(), boost::container::default_init);
  std::uint64_t carry = 0;
  for (std::size_t i = sums.size(); i-- > 0;) {
    const std::uint64_t sum = sums[i] + carry;
    carry = sum / kGroupBase;
    product.groups[i] = static_cast<std::int16_t>(sum % kGroupBase);
  }
  LK_ASSERT(carry == 0);
  round(product, scale);
  return product;
}

Decimal divide(const Decimal& dividend, const Decimal& divisor, int scale, Rounding rounding) {
  LK_ASSERT(!divisor.is_zero());
  LK_ASSERT(scale >= 0);
  // One digit more than asked for decides how to round.
  const int top = dividend.weight - divisor.weight;
  const int bottom = -(scale / kGroupDigits + 1);
  if (dividend.is_zero() || top < bottom) {
    Decimal zero;
    zero.scale = scale;
    return zero;
  }
  Decimal quotient;
  make_room(quotient, top, bottom);
  quotient.negative = dividend.negative != divisor.negative;
  long_divide(dividend.groups, divisor.groups, quotient.groups);
  if (rounding == Rounding::HalfAwayFromZero) {
    round(quotient, scale);
  } else {
    truncate(quotient, scale);
  }
  return quotient;
}

Decimal modulo(const Decimal& dividend, const Decimal& divisor) {
  const Decimal times = divide(dividend, divisor, 0, Rounding::TowardsZero);
  return subtract(dividend, multiply(divisor, times, divisor.scale));
}

void round(Decimal& number, int scale) {
  number.scale = scale;
  const int kept_digits = (number.weight + 1) * kGroupDigits + scale;
  if (kept_digits < 0) {
    set_zero(number);
    return;
  }
  const std::size_t kept_groups = size_from(groups_for(kept_digits));
  const int digits_in_last = kept_digits % kGroupDigits;
  if (kept_groups < number.groups.size() && digits_in_last == 0) {
    const bool up = number.groups[kept_groups] >= kGroupBase / 2;
    number.groups.resize(kept_groups);
    if (up) increment_last(number);
  } else if (kept_groups <= number.groups.size() && digits_in_last != 0) {
    number.groups.resize(kept_groups);
    const int unit = kPowersOfTen[size_from(kGroupDigits - digits_in_last)];
    const int cut = number.groups.back() % unit;
    const int kept = number.groups.back() - cut + (cut >= unit / 2 ? unit : 0);
    number.groups.back() = static_cast<std::int16_t>(kept % kGroupBase);
    if (kept == kGroupBase) {
      number.groups.pop_back();
      increment_last(number);
    }
  }
  strip(number);
}

void truncate(Decimal& number, int scale) {
  number.scale = scale;
  const int kept_digits = (number.weight + 1) * kGroupDigits + scale;
  if (kept_digits <= 0) {
    set_zero(number);
    return;
  }
  const std::size_t kept_groups = size_from(groups_for(kept_digits));
  if (kept_groups <= number.groups.size()) {
    number.groups.resize(kept_groups);
    const int digits_in_last = kept_digits % kGroupDigits;
    if (digits_in_last != 0) {
      const int unit = kPowersOfTen[size_from(kGroupDigits - digits_in_last)];
      number.groups.back() =
          static_cast<std::int16_t>(number.groups.back() - number.groups.back() % unit);
    }
  }
  strip(number);
}

}  // namespace latchkey::decimal
