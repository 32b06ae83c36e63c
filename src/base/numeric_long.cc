#include "base/numeric_long.h"

#include <algorithm>
#include <vector>

#include "base/assert.h"

namespace latchkey::decimal {

namespace {

using Groups = Decimal::Groups;
using Limbs = std::vector<std::uint64_t>;

constexpr std::uint64_t kLimbBase = std::uint64_t{kGroupBase} * kGroupBase;

// Below this many groups packing costs more than it saves.
constexpr std::size_t kPackedGroupsMin = 24;

// A sum of so many products of limbs, each below 10^16, and a carry fit 64 bits.
constexpr std::size_t kProductsMax = 1'000;

// A remainder below 10000^3 can take in one more group without leaving 64 bits.
constexpr std::size_t kShortDivisorGroups = 3;

std::uint64_t group_or_zero(const Groups& groups, std::size_t index) {
  return index < groups.size() ? static_cast<std::uint64_t>(groups[index]) : 0;
}

Limbs packed(const Groups& groups) {
  Limbs limbs((groups.size() + 1) / 2);
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    limbs[i] = group_or_zero(groups, 2 * i) * kGroupBase + group_or_zero(groups, 2 * i + 1);
  }
  return limbs;
}

/// Brings all sums but the first below the base.
void carry(Limbs& sums) {
  std::uint64_t over = 0;
  for (std::size_t i = sums.size(); i-- > 1;) {
    const std::uint64_t sum = sums[i] + over;
    over = sum / kLimbBase;
    sums[i] = sum - over * kLimbBase;
  }
  sums[0] += over;
}

void multiply_groups(const Groups& left, const Groups& right, Sums& sums) {
  for (std::size_t i = 0; i < left.size() && i + 1 < sums.size(); ++i) {
    const auto factor = static_cast<std::uint32_t>(left[i]);
    std::uint64_t* const at = sums.data() + i + 1;
    const std::size_t count = std::min(right.size(), sums.size() - i - 1);
    for (std::size_t k = 0; k < count; ++k) at[k] += factor * static_cast<std::uint32_t>(right[k]);
  }
}

/// Sums of left[i] * right[k] at i + k + 1; the first takes the carry.
/// Requires: sum_count > 1.
Limbs multiply_limbs(const Limbs& left, const Limbs& right, std::size_t sum_count) {
  Limbs sums(sum_count, 0);
  for (std::size_t i = 0; i < left.size() && i + 1 < sum_count; ++i) {
    const std::uint64_t factor = left[i];
    std::uint64_t* const at = sums.data() + i + 1;
    const std::size_t count = std::min(right.size(), sum_count - i - 1);
    for (std::size_t k = 0; k < count; ++k) at[k] += factor * right[k];
    if ((i + 1) % kProductsMax == 0) carry(sums);
  }
  carry(sums);
  return sums;
}

/// The products of groups that have a sum, though not all four products of their limbs have one.
/// Those limbs stand at i and diagonal - i.
void multiply_edge(const Groups& left, const Groups& right, std::size_t diagonal, Sums& sums) {
  const auto add = [&](std::size_t i, std::size_t k) {
    if (i + k + 1 < sums.size()) {
      sums[i + k + 1] += group_or_zero(left, i) * group_or_zero(right, k);
    }
  };
  for (std::size_t i = 0; i <= diagonal && 2 * i < left.size(); ++i) {
    const std::size_t k = diagonal - i;
    add(2 * i, 2 * k);
    add(2 * i, 2 * k + 1);
    add(2 * i + 1, 2 * k);
  }
}

void divide_short(const Groups& dividend, const Groups& divisor, Groups& quotient) {
  std::uint64_t by = 0;
  for (const std::int16_t group : divisor) by = by * kGroupBase + static_cast<std::uint64_t>(group);

  // The first quotient group takes in as many groups of the dividend as the divisor has.
  std::uint64_t rest = 0;
  std::size_t next = 0;
  const auto take = [&] { rest = rest * kGroupBase + group_or_zero(dividend, next++); };
  for (std::size_t i = 1; i < divisor.size(); ++i) take();
  for (std::int16_t& group : quotient) {
    take();
    group = static_cast<std::int16_t>(rest / by);
    rest %= by;
  }
}

/// Writes limbs * factor into `out`, which begins one place higher. Missing limbs count as 0.
void scale(const Limbs& limbs, std::uint64_t factor, Limbs& out) {
  std::uint64_t over = 0;
  for (std::size_t i = out.size() - 1; i-- > 0;) {
    const std::uint64_t product = (i < limbs.size() ? limbs[i] * factor : 0) + over;
    over = product / kLimbBase;
    out[i + 1] = product - over * kLimbBase;
  }
  out[0] = over;
}

/// rest[0..n] -= digit * divisor[0..n]. Returns whether that was once too often; then rest[0] has
/// gone below zero, and the caller adds the divisor back.
bool subtract_multiple(std::uint64_t* rest, const Limbs& divisor, std::uint64_t digit) {
  // The products do not wait for each other: only the sums of what is carried do.
  std::uint64_t over = 0;
  for (std::size_t i = divisor.size(); i-- > 0;) {
    const std::uint64_t product = digit * divisor[i];
    const std::uint64_t high = product / kLimbBase;
    const std::uint64_t sum = product - high * kLimbBase + over;
    const std::uint64_t borrows = (rest[i] < sum ? 1 : 0) + (rest[i] + kLimbBase < sum ? 1 : 0);
    rest[i] += borrows * kLimbBase - sum;
    over = high + borrows;
  }
  return over != 0;
}

void add_back(std::uint64_t* rest, const Limbs& divisor) {
  std::uint64_t over = 0;
  for (std::size_t i = divisor.size(); i-- > 0;) {
    const std::uint64_t sum = rest[i] + divisor[i] + over;
    over = sum >= kLimbBase ? 1 : 0;
    rest[i] = sum - over * kLimbBase;
  }
  LK_ASSERT(over == 1);
}

/// The next limb of the quotient, subtracted from `rest`. Guessed from three limbs of the rest and
/// two of the divisor, of which the first is at least half the base, it is at most one too large.
std::uint64_t divide_step(std::uint64_t* rest, const Limbs& divisor) {
  const std::uint64_t leading = rest[0] * kLimbBase + rest[1];
  std::uint64_t digit = std::min(leading / divisor[1], kLimbBase - 1);
  std::uint64_t over = leading - digit * divisor[1];
  while (over < kLimbBase && digit * divisor[2] > over * kLimbBase + rest[2]) {
    --digit;
    over += divisor[1];
  }
  if (digit != 0 && subtract_multiple(rest, divisor, digit)) {
    --digit;
    add_back(rest, divisor);
  }
  LK_ASSERT(rest[0] == 0);
  return digit;
}

/// Knuth's algorithm D (The Art of Computer Programming, 4.3.1) on limbs.
void divide_limbs(const Groups& dividend, const Groups& divisor, Groups& quotient) {
  const Limbs unscaled = packed(divisor);
  const std::uint64_t factor = kLimbBase / (unscaled[0] + 1);
  Limbs by(unscaled.size() + 1);
  scale(unscaled, factor, by);
  LK_ASSERT(by[0] == 0);
  LK_ASSERT(by[1] >= kLimbBase / 2);

  // The first limb is the whole part and below 10000, as both sides are fractions that begin with
  // a group above 0; every other limb is two groups.
  const std::size_t limb_count = quotient.size() / 2 + 1;
  Limbs rest(limb_count + unscaled.size());
  scale(packed(dividend), factor, rest);
  for (std::size_t i = 0; i < limb_count; ++i) {
    const std::uint64_t digit = divide_step(rest.data() + i, by);
    LK_ASSERT(i != 0 || digit < kGroupBase);
    if (i != 0) quotient[2 * i - 1] = static_cast<std::int16_t>(digit / kGroupBase);
    if (2 * i < quotient.size()) quotient[2 * i] = static_cast<std::int16_t>(digit % kGroupBase);
  }
}

}  // namespace

void long_multiply(const Groups& left, const Groups& right, Sums& sums) {
  if (std::min(left.size(), right.size()) < kPackedGroupsMin || sums.size() < kPackedGroupsMin) {
    multiply_groups(left, right, sums);
    return;
  }
  // The limbs at i and k have a sum for each of their groups if i + k is below `diagonal`. Their
  // product lands in the limb i + k + 1, which is the sums at twice that and behind.
  const std::size_t diagonal = sums.size() / 2 - 1;
  const Limbs products = multiply_limbs(packed(left), packed(right), diagonal + 1);
  for (std::size_t i = 0; i < products.size(); ++i) {
    sums[2 * i] = products[i] / kGroupBase;
    sums[2 * i + 1] = products[i] % kGroupBase;
  }
  multiply_edge(left, right, diagonal, sums);
}

void long_divide(const Groups& dividend, const Groups& divisor, Groups& quotient) {
  LK_ASSERT(!divisor.empty() && divisor[0] != 0);
  if (divisor.size() <= kShortDivisorGroups) {
    divide_short(dividend, divisor, quotient);
  } else {
    divide_limbs(dividend, divisor, quotient);
  }
}

}  // namespace latchkey::decimal
