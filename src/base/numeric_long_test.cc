#include "base/numeric_long.h"

#include <gtest/gtest.h>

#include <random>

namespace latchkey::decimal {
namespace {

using Groups = Decimal::Groups;

/// Groups of which many are 0 or 9999, so that carries and wrong guesses come often.
Groups random_groups(std::mt19937_64& bits, std::size_t count) {
  Groups groups;
  const bool is_edge = bits() % 2 == 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto group = static_cast<std::int16_t>(bits() % 10'000);
    groups.push_back(!is_edge || bits() % 8 == 0 ? group : (bits() % 2 == 0 ? 0 : 9'999));
  }
  if (groups[0] == 0) groups[0] = static_cast<std::int16_t>(1 + bits() % 9'999);
  return groups;
}

/// `sums` with all carries done.
Groups carried(const Sums& sums) {
  Groups groups(sums.size());
  std::uint64_t over = 0;
  for (std::size_t i = sums.size(); i-- > 0;) {
    groups[i] = static_cast<std::int16_t>((sums[i] + over) % 10'000);
    over = (sums[i] + over) / 10'000;
  }
  return groups;
}

Groups multiplied_by_hand(const Groups& left, const Groups& right, std::size_t sum_count) {
  Sums sums(sum_count, 0);
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t k = 0; k < right.size() && i + k + 1 < sum_count; ++k) {
      sums[i + k + 1] += static_cast<std::uint64_t>(left[i]) * static_cast<std::uint64_t>(right[k]);
    }
  }
  return carried(sums);
}

// Also where the product is cut: what is left out then is part of what PostgreSQL computes.
TEST(LongMultiply, AddsEveryProductThatHasASum) {
  std::mt19937_64 bits(51);
  for (int i = 0; i < 4'000; ++i) {
    const Groups left = random_groups(bits, 1 + bits() % 90);
    const Groups right = random_groups(bits, 1 + bits() % 90);
    const std::size_t full = left.size() + right.size();
    Sums sums(bits() % 2 == 0 ? full : 2 + bits() % (full - 1), 0);

    long_multiply(left, right, sums);

    ASSERT_EQ(carried(sums), multiplied_by_hand(left, right, sums.size()))
        << left.size() << " and " << right.size() << " groups, " << sums.size() << " sums";
  }
}

TEST(LongMultiply, DoesNotOverflowItsSums) {
  const Groups nines(9'000, 9'999);
  Sums sums(18'000, 0);

  long_multiply(nines, nines, sums);

  // (10^n - 1)^2 = 10^(2n) - 2 * 10^n + 1
  const Groups product = carried(sums);
  EXPECT_EQ(product[0], 9'999);
  EXPECT_EQ(product[8'999], 9'998);
  EXPECT_EQ(product[9'000], 0);
  EXPECT_EQ(product[17'999], 1);
}

TEST(LongDivide, LeavesLessThanTheDivisor) {
  std::mt19937_64 bits(52);
  for (int i = 0; i < 20'000; ++i) {
    const Groups divisor = random_groups(bits, 1 + bits() % 30);
    const Groups quotient = random_groups(bits, 1 + bits() % 30);
    // dividend = quotient * divisor + rest, with 0 <= rest < divisor
    Sums sums(divisor.size() + quotient.size(), 0);
    long_multiply(quotient, divisor, sums);
    const bool has_rest = bits() % 2 == 0;
    for (std::size_t k = 0; has_rest && k < divisor.size(); ++k) {
      const int rest = k == 0 ? divisor[k] - 1 : static_cast<int>(bits() % 10'000);
      sums[quotient.size() + k] += static_cast<std::uint64_t>(rest);
    }
    Groups dividend = carried(sums);
    // A product that is one group shorter begins with 0, which moves the quotient down by one.
    Groups divided(quotient.size() + 1);
    const bool is_short = dividend[0] == 0;
    if (is_short) {
      dividend.erase(dividend.begin());
      divided.pop_back();
    }

    long_divide(dividend, divisor, divided);

    Groups expected = quotient;
    if (!is_short) expected.insert(expected.begin(), std::int16_t{0});
    ASSERT_EQ(divided, expected) << divisor.size() << " groups";
  }
}

TEST(LongDivide, CutsWhatIsLeftOver) {
  Groups quotient(4);

  long_divide({1}, {3}, quotient);
  EXPECT_EQ(quotient, (Groups{0, 3'333, 3'333, 3'333}));

  long_divide({2}, {1, 0, 0, 0, 1}, quotient);
  EXPECT_EQ(quotient, (Groups{1, 9'999, 9'999, 9'999}));
}

}  // namespace
}  // namespace latchkey::decimal
