#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/numeric.h"
#include "base/numeric_decimal.h"

namespace latchkey::decimal {
namespace {

std::string shown(const Decimal& number) {
  std::string text;
  append_text(text, number);
  return text;
}

std::string shown(const Result<Decimal>& result) {
  return result ? shown(*result) : result.error().message();
}

// The constants are from tables, not from another program of ours.
TEST(DecimalFunctions, KnowTheirConstantsToFiftyDigits) {
  EXPECT_EQ(shown(square_root(from_int64(2), 50)),
            "1.41421356237309504880168872420969807856967187537695");
  EXPECT_EQ(shown(exponential(from_int64(1), 50)),
            "2.71828182845904523536028747135266249775724709369996");
  EXPECT_EQ(shown(logarithm(from_int64(2), 50)),
            "0.69314718055994530941723212145817656807550013436026");
  EXPECT_EQ(shown(logarithm(from_int64(10), 50)),
            "2.30258509299404568401799145468436420760110148862877");
}

TEST(SquareRoot, IsExactToTheLastDigit) {
  std::mt19937_64 bits(41);
  for (int i = 0; i < 2'000; ++i) {
    Decimal root;
    for (std::uint64_t left = 1 + bits() % 40; left > 0; --left) {
      const bool is_edge = bits() % 2 == 0;
      root.groups.push_back(is_edge ? (bits() % 2 == 0 ? 0 : 9999)
                                    : static_cast<std::int16_t>(bits() % 10'000));
    }
    root.groups.push_back(2);
    root.weight = static_cast<int>(root.groups.size()) - 1;
    strip(root);

    const Decimal square = multiply(root, root, 0);
    ASSERT_EQ(shown(square_root(square, 0)), shown(root));
    ASSERT_EQ(shown(square_root(add(square, from_int64(1)), 0)), shown(root));
    ASSERT_EQ(shown(square_root(shifted(square, -2), 3)), shown([&] {
                Decimal rounded = shifted(root, -1);
                round(rounded, 3);
                return rounded;
              }()));
    // One below root^2, the root is just below the integer and rounds up to it.
    ASSERT_EQ(shown(square_root(subtract(square, from_int64(1)), 0)), shown(root));
  }
}

TEST(SquareRoot, RoundsBeforeThePointToo) {
  EXPECT_EQ(shown(square_root(from_int64(152'399'025), -2)), "12300");  // of 12345
  EXPECT_EQ(shown(square_root(from_int64(152'399'025), -4)), "10000");
  EXPECT_EQ(shown(square_root(from_int64(152'399'025), -5)), "0");
  EXPECT_EQ(shown(square_root(from_int64(0), 3)), "0.000");
}

TEST(Logarithm, UndoesTheExponential) {
  std::mt19937_64 bits(42);
  for (int i = 0; i < 60; ++i) {
    Decimal number = from_int64(static_cast<std::int64_t>(bits() % 100'000'000) - 50'000'000);
    number = shifted(std::move(number), -1);
    number.scale = 4;
    const Result<Decimal> power = exponential(number, 2'300);
    ASSERT_TRUE(power.has_value());
    ASSERT_EQ(shown(logarithm(*power, 30)), shown(divide(number, from_int64(1), 30)));
  }
}

TEST(Logarithm, RefusesZeroAndBelow) {
  EXPECT_EQ(shown(logarithm(from_int64(0), 5)), "cannot take logarithm of zero");
  EXPECT_EQ(shown(logarithm(from_int64(-1), 5)), "cannot take logarithm of a negative number");
}

TEST(LogarithmMagnitude, IsThatOfTheLogarithm) {
  EXPECT_EQ(logarithm_magnitude(from_int64(1)), 0);
  EXPECT_EQ(logarithm_magnitude(from_int64(0)), 0);
  EXPECT_EQ(logarithm_magnitude(from_int64(-5)), 0);
  EXPECT_EQ(logarithm_magnitude(from_int64(100)), 0);                        // 4.6
  EXPECT_EQ(logarithm_magnitude(shifted(from_int64(1), 10)), 1);             // 92
  EXPECT_EQ(logarithm_magnitude(shifted(from_int64(1), 1'000)), 3);          // 9210
  EXPECT_EQ(logarithm_magnitude(shifted(from_int64(100'000'001), -2)), -8);  // 1.00000001
}

TEST(Exponential, OverflowsAndUnderflows) {
  EXPECT_EQ(shown(exponential(from_int64(6'000), 0)), "value overflows numeric format");
  EXPECT_EQ(shown(exponential(from_int64(-6'000), 3)), "0.000");
  EXPECT_EQ(shown(exponential(from_int64(0), 3)), "1.000");
}

}  // namespace
}  // namespace latchkey::decimal
