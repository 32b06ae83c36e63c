#include "base/numeric_decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/numeric.h"

namespace latchkey::decimal {
namespace {

/// The decimal of a number without a point, times 10000^shift.
Decimal integer(std::int64_t value, int shift = 0) { return shifted(from_int64(value), shift); }

std::string shown(const Decimal& number) {
  std::string text;
  append_text(text, number);
  return text;
}

void expect_stripped(const Decimal& number) {
  if (number.is_zero()) {
    EXPECT_EQ(number.weight, 0);
    EXPECT_FALSE(number.negative);
  } else {
    EXPECT_NE(number.groups.front(), 0);
    EXPECT_NE(number.groups.back(), 0);
  }
}

TEST(Decimal, HoldsAnInt64InFiveGroups) {
  const Decimal smallest = from_int64(std::numeric_limits<std::int64_t>::min());

  EXPECT_EQ(smallest.groups, (Decimal::Groups{922, 3372, 368, 5477, 5808}));
  EXPECT_EQ(smallest.weight, 4);
  EXPECT_TRUE(smallest.negative);
  EXPECT_EQ(to_int64(smallest), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(from_int64(120'000).groups, Decimal::Groups{12});
  EXPECT_TRUE(from_int64(0).is_zero());
}

TEST(Decimal, StripsZerosAtBothEnds) {
  Decimal number;
  number.groups = {0, 0, 12, 0, 3, 0};
  number.weight = 4;
  strip(number);
  EXPECT_EQ(number.groups, (Decimal::Groups{12, 0, 3}));
  EXPECT_EQ(number.weight, 2);

  number.groups = {0, 0};
  number.negative = true;
  strip(number);
  expect_stripped(number);
}

TEST(Decimal, KnowsIntegers) {
  EXPECT_TRUE(integer(0).is_integer());
  EXPECT_TRUE(integer(7).is_integer());
  EXPECT_TRUE(integer(7, 3).is_integer());
  EXPECT_FALSE(integer(7, -1).is_integer());
  EXPECT_FALSE(integer(70'001, -1).is_integer());
}

TEST(Decimal, RoundsAtAnyDigit) {
  const struct {
    std::int64_t ten_thousandths;
    int scale;
    const char* result;
  } rows[] = {
      {1'2345'6789, 4, "12345.6789"},
      {1'2345'6789, 3, "12345.679"},
      {1'2345'6789, 0, "12346"},
      {1'2345'6789, -1, "12350"},
      {1'2345'6789, -4, "10000"},
      {1'2345'6789, -5, "0"},
      {9999'9999, 3, "10000.000"},
      {9999'9999, -3, "10000"},
      {5'0000, -1, "10"},
      {4'9999, -1, "0"},
      {-9999'9500, 1, "-10000.0"},
      {-4, 3, "0.000"},
      {-5, 3, "-0.001"},
      {5'0000'0000, -5, "100000"},
      {0, 2, "0.00"},
  };
  for (const auto& row : rows) {
    Decimal number = integer(row.ten_thousandths, -1);
    round(number, row.scale);
    EXPECT_EQ(shown(number), row.result) << row.ten_thousandths << " at " << row.scale;
    expect_stripped(number);
  }
}

TEST(Decimal, CutsAtAnyDigit) {
  const struct {
    std::int64_t ten_thousandths;
    int scale;
    const char* result;
  } rows[] = {
      {1'2345'6789, 4, "12345.6789"}, {1'2345'6789, 2, "12345.67"},
      {1'2345'6789, -2, "12300"},     {1'2345'6789, -5, "0"},
      {-9999'9999, 0, "-9999"},       {-9, 3, "0.000"},
      {1'0000'0009, 3, "10000.000"},  {0, 1, "0.0"},
  };
  for (const auto& row : rows) {
    Decimal number = integer(row.ten_thousandths, -1);
    truncate(number, row.scale);
    EXPECT_EQ(shown(number), row.result) << row.ten_thousandths << " at " << row.scale;
    expect_stripped(number);
  }
}

TEST(Decimal, RoundsProductsItDoesNotNeedInFull) {
  EXPECT_EQ(shown(multiply(integer(1, -10), integer(1, -10), 5)), "0.00000");
  EXPECT_EQ(shown(multiply(integer(5, -1), integer(1, 0), 3)), "0.001");
  EXPECT_EQ(shown(multiply(integer(-12'345, -1), integer(2), 2)), "-2.47");
  EXPECT_EQ(shown(multiply(integer(0), integer(3), 4)), "0.0000");
}

TEST(Decimal, DividesToTheScaleAskedFor) {
  EXPECT_EQ(shown(divide(integer(2), integer(3), 5)), "0.66667");
  EXPECT_EQ(shown(divide(integer(2), integer(3), 5, Rounding::TowardsZero)), "0.66666");
  EXPECT_EQ(shown(divide(integer(-1), integer(8), 2)), "-0.13");
  EXPECT_EQ(shown(divide(integer(1), integer(1, 20), 3)), "0.000");
  EXPECT_EQ(shown(divide(integer(6), integer(10), 0)), "1");
  EXPECT_EQ(shown(modulo(integer(-7), integer(2))), "-1");
}

TEST(Decimal, RoundsToInt64AtBothEnds) {
  const auto converted = [](const char* text) {
    const Numeric number = *Numeric::parse(text);
    return number.to_int64().has_value();
  };
  EXPECT_TRUE(converted("9223372036854775807.4999"));
  EXPECT_FALSE(converted("9223372036854775807.5"));
  EXPECT_TRUE(converted("-9223372036854775808.4999"));
  EXPECT_FALSE(converted("-9223372036854775808.5"));
  EXPECT_EQ(to_int64(integer(5000, -1)), 1);
  EXPECT_EQ(to_int64(integer(-4999, -1)), 0);
  EXPECT_EQ(to_int64(integer(1, 100)), std::nullopt);
  EXPECT_EQ(to_int64(integer(9, -100)), 0);
}

TEST(DecimalDeathTest, DividesByNothingButZero) {
  EXPECT_DEATH(static_cast<void>(divide(integer(1), integer(0), 0)), "is_zero");
}

}  // namespace
}  // namespace latchkey::decimal
