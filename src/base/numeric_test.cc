#include "base/numeric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace latchkey {
namespace {

Numeric number(Bytes text) { return Numeric::parse(text).value(); }

/// The text of the number, or the message of the error.
std::string shown(const Result<Numeric>& result) {
  return result ? result->text() : result.error().message();
}

std::string int64_shown(Bytes text) {
  const Result<std::int64_t> result = number(text).to_int64();
  return result ? std::to_string(*result) : result.error().message();
}

struct Unary {
  Bytes argument;
  Bytes result;
};

struct Binary {
  Bytes left;
  Bytes right;
  Bytes result;
};

// The results in all tables are what PostgreSQL 15.18 answered when it was asked the same.

TEST(Numeric, AddsInTheLargerScale) {
  const Binary rows[] = {
      {"1.5", "2.25", "3.75"},
      {"0.00", "0", "0.00"},
      {"9999", "1", "10000"},
      {"9999.9999", "0.0001", "10000.0000"},
      {"-1", "1.000", "0.000"},
      {"1e20", "1e-20", "100000000000000000000.00000000000000000001"},
      {"99999999999999999999", "1", "100000000000000000000"},
      {"9223372036854775807", "9223372036854775807", "18446744073709551614"},
      {"NaN", "Infinity", "NaN"},
      {"Infinity", "-Infinity", "NaN"},
      {"Infinity", "-1", "Infinity"},
      {"-Infinity", "-Infinity", "-Infinity"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).add(number(row.right))), row.result) << row.left;
    EXPECT_EQ(shown(number(row.right).add(number(row.left))), row.result) << row.left;
  }
}

TEST(Numeric, SubtractsInTheLargerScale) {
  const Binary rows[] = {
      {"1", "2.25", "-1.25"},
      {"1.00", "1", "0.00"},
      {"10000", "0.0001", "9999.9999"},
      {"-9999", "1", "-10000"},
      {"1e16", "9999999999999999", "1"},
      {"-9223372036854775808", "9223372036854775807", "-18446744073709551615"},
      {"Infinity", "Infinity", "NaN"},
      {"Infinity", "-Infinity", "Infinity"},
      {"1", "-Infinity", "Infinity"},
      {"NaN", "1", "NaN"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).subtract(number(row.right))), row.result) << row.left;
  }
}

TEST(Numeric, MultipliesExactly) {
  const Binary rows[] = {
      {"1.5", "2.25", "3.375"},
      {"-0.5", "0.00", "0.000"},
      {"99999999", "99999999", "9999999800000001"},
      {"0.0001", "0.0001", "0.00000001"},
      {"123456789012345678901234567890", "-987654321.987654321",
       "-121932631246761163237311385323609205901.126352690"},
      {"Infinity", "-2", "-Infinity"},
      {"Infinity", "0", "NaN"},
      {"NaN", "0", "NaN"},
      {"-Infinity", "-Infinity", "Infinity"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).multiply(number(row.right))), row.result) << row.left;
    EXPECT_EQ(shown(number(row.right).multiply(number(row.left))), row.result) << row.left;
  }
}

TEST(Numeric, DividesToSixteenDigitsThatCount) {
  const Binary rows[] = {
      {"1", "3", "0.33333333333333333333"},
      {"2", "3", "0.66666666666666666667"},
      {"10", "2", "5.0000000000000000"},
      {"1", "7.00000000000000000000000001", "0.14285714285714285714285714"},
      {"10000", "3", "3333.3333333333333333"},
      {"1e10", "7e-10", "14285714285714285714.2857142857"},
      {"1", "1e20", "0.0000000000000000000100000000000000000000"},
      {"0.00", "5", "0.00000000000000000000"},
      {"-22", "7", "-3.1428571428571429"},
      {"5555", "5555", "1.00000000000000000000"},
      {"1", "99999999999999999999", "0.000000000000000000010000000000000000"},
      {"123456789012345678901234567890", "987654321098765432109876", "124999.998860937500"},
      {"1", "0", "division by zero"},
      {"1", "0.00", "division by zero"},
      {"NaN", "0", "NaN"},
      {"Infinity", "0", "division by zero"},
      {"Infinity", "-5", "-Infinity"},
      {"Infinity", "Infinity", "NaN"},
      {"5", "-Infinity", "0"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).divide(number(row.right))), row.result)
        << row.left << " / " << row.right;
  }
}

TEST(Numeric, DividesByNothingButZero) {
  const Numeric one = Numeric::from_int64(1);

  EXPECT_EQ(one.divide(Numeric()).error().code(), ErrorCode::DivisionByZero);
  EXPECT_EQ(one.quotient(Numeric()).error().code(), ErrorCode::DivisionByZero);
  EXPECT_EQ(one.modulo(Numeric()).error().code(), ErrorCode::DivisionByZero);
}

TEST(Numeric, CutsTheIntegerQuotient) {
  const Binary rows[] = {
      {"7", "2", "3"},
      {"-7", "2", "-3"},
      {"7.5", "0.7", "10"},
      {"1e30", "7", "142857142857142857142857142857"},
      {"1", "0", "division by zero"},
      {"-Infinity", "3", "-Infinity"},
      {"3", "Infinity", "0"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).quotient(number(row.right))), row.result) << row.left;
  }
}

TEST(Numeric, GivesTheRestTheSignOfTheDividend) {
  const Binary rows[] = {
      {"7", "2", "1"},
      {"-7", "2", "-1"},
      {"7", "-2", "1"},
      {"7.5", "0.7", "0.5"},
      {"1.000", "1", "0.000"},
      {"1e30", "7", "1"},
      {"5", "0", "division by zero"},
      {"5.5", "Infinity", "5.5"},
      {"Infinity", "5", "NaN"},
      {"Infinity", "0", "division by zero"},
      {"NaN", "0", "NaN"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).modulo(number(row.right))), row.result) << row.left;
  }
}

TEST(Numeric, RefusesResultsThatAreTooLarge) {
  const Numeric largest = number("1e131071");

  EXPECT_EQ(shown(largest.multiply(Numeric::from_int64(10))), "value overflows numeric format");
  EXPECT_EQ(shown(number(std::string(131'072, '9')).add(Numeric::from_int64(1))),
            "value overflows numeric format");
  EXPECT_EQ(shown(number(std::string(131'072, '9') + ".5").round(0)),
            "value overflows numeric format");
  EXPECT_EQ(largest.divide(number("1e-16383")).error().code(), ErrorCode::NumberOverflow);
  EXPECT_EQ(largest.text().size(), 131'072u);
}

TEST(Numeric, CutsTheScaleOfProductsAtItsLimit) {
  const Result<Numeric> product = number("2e-10000").multiply(number("3e-10000"));

  EXPECT_EQ(product->scale(), 16'383);
  EXPECT_EQ(*product, Numeric());
}

TEST(Numeric, RoundsHalvesAwayFromZero) {
  const struct {
    Bytes argument;
    int scale;
    Bytes result;
  } rows[] = {
      {"2.5", 0, "3"},
      {"-2.5", 0, "-3"},
      {"2.4999", 0, "2"},
      {"1.005", 2, "1.01"},
      {"9999.5", 0, "10000"},
      {"0.00005", 4, "0.0001"},
      {"0.00004999", 4, "0.0000"},
      {"12345", -2, "12300"},
      {"15", -1, "20"},
      {"5", -1, "10"},
      {"4", -1, "0"},
      {"50", -2, "100"},
      {"50", -3, "0"},
      {"99995", -1, "100000"},
      {"1.5", 6, "1.500000"},
      {"0.5", 0, "1"},
      {"NaN", 2, "NaN"},
      {"-Infinity", -2, "-Infinity"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(shown(number(row.argument).round(row.scale)), row.result) << row.argument;
  }
  EXPECT_EQ(number("1.5").round(std::numeric_limits<int>::max())->scale(), 16'383);
  EXPECT_EQ(shown(number("1e131071").round(std::numeric_limits<int>::min())), "0");
}

TEST(Numeric, TruncatesTowardsZero) {
  const struct {
    Bytes argument;
    int scale;
    Bytes result;
  } rows[] = {
      {"2.9", 0, "2"},       {"-2.9", 0, "-2"},
      {"1.9999", 2, "1.99"}, {"12999", -3, "12000"},
      {"999", -3, "0"},      {"0.99999999", 5, "0.99999"},
      {"1", 3, "1.000"},     {"Infinity", 0, "Infinity"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(shown(number(row.argument).trunc(row.scale)), row.result) << row.argument;
  }
}

TEST(Numeric, FindsTheNextIntegers) {
  for (const Unary& row : std::initializer_list<Unary>{
           {"1.1", "2"},
           {"-1.1", "-1"},
           {"1.00", "1"},
           {"0.0001", "1"},
           {"-0.5", "0"},
           {"9999.5", "10000"},
           {"NaN", "NaN"},
       }) {
    EXPECT_EQ(shown(number(row.argument).ceil()), row.result) << row.argument;
  }
  for (const Unary& row : std::initializer_list<Unary>{
           {"1.1", "1"},
           {"-1.1", "-2"},
           {"-1.00", "-1"},
           {"-0.0001", "-1"},
           {"0.5", "0"},
           {"-9999.5", "-10000"},
           {"-Infinity", "-Infinity"},
       }) {
    EXPECT_EQ(shown(number(row.argument).floor()), row.result) << row.argument;
  }
}

TEST(Numeric, KnowsItsSign) {
  for (const Unary& row : std::initializer_list<Unary>{
           {"-2.50", "-1"},
           {"0.00", "0"},
           {"1e-100", "1"},
           {"-Infinity", "-1"},
           {"NaN", "NaN"},
       }) {
    EXPECT_EQ(number(row.argument).sign().text(), row.result) << row.argument;
  }
  for (const Unary& row : std::initializer_list<Unary>{
           {"1.50", "-1.50"},
           {"-3", "3"},
           {"0.00", "0.00"},
           {"Infinity", "-Infinity"},
           {"NaN", "NaN"},
       }) {
    EXPECT_EQ(number(row.argument).negate().text(), row.result) << row.argument;
  }
  for (const Unary& row : std::initializer_list<Unary>{
           {"-1.50", "1.50"},
           {"2", "2"},
           {"-Infinity", "Infinity"},
           {"NaN", "NaN"},
       }) {
    EXPECT_EQ(number(row.argument).abs().text(), row.result) << row.argument;
  }
}

TEST(Numeric, KeepsTheScaleItWasWrittenWith) {
  const struct {
    Bytes argument;
    std::optional<int> scale;
  } rows[] = {
      {"1.00", 2},           {"100", 0},
      {"1e-7", 7},           {"1.5e3", 0},
      {"NaN", std::nullopt}, {"Infinity", std::nullopt},
  };
  for (const auto& row : rows) EXPECT_EQ(number(row.argument).scale(), row.scale) << row.argument;
}

TEST(Numeric, DropsZerosThatDoNotCount) {
  const struct {
    Bytes argument;
    std::optional<int> scale;
  } needed[] = {
      {"1.00", 0},       {"100.00", 0},  {"0.0100", 2},
      {"1.23450000", 4}, {"0.00000", 0}, {"NaN", std::nullopt},
  };
  for (const auto& row : needed) EXPECT_EQ(number(row.argument).min_scale(), row.scale);
  for (const Unary& row : std::initializer_list<Unary>{
           {"1.00", "1"},
           {"100.00", "100"},
           {"0.0100", "0.01"},
           {"-1.23450000", "-1.2345"},
           {"0.00", "0"},
           {"Infinity", "Infinity"},
       }) {
    EXPECT_EQ(number(row.argument).trim_scale().text(), row.result) << row.argument;
  }
}

TEST(Numeric, FitsItselfIntoTheTypeOfAColumn) {
  const struct {
    Bytes argument;
    NumericType type;
    Bytes result;
  } rows[] = {
      {"123.456", {5, 2}, "123.46"},
      {"123.4", {6, 3}, "123.400"},
      {"999.995",
       {5, 2},
       "numeric field overflow: A field with precision 5, scale 2 must round to an absolute value "
       "less than 10^3."},
      {"1000",
       {5, 2},
       "numeric field overflow: A field with precision 5, scale 2 must round to an absolute value "
       "less than 10^3."},
      {"0.999",
       {2, 2},
       "numeric field overflow: A field with precision 2, scale 2 must round to an absolute value "
       "less than 1."},
      {"0.996",
       {2, 2},
       "numeric field overflow: A field with precision 2, scale 2 must round to an absolute value "
       "less than 1."},
      {"12345", {3, -2}, "12300"},
      {"99999",
       {3, -2},
       "numeric field overflow: A field with precision 3, scale -2 must round to an absolute value "
       "less than 10^5."},
      {"99949", {3, -2}, "99900"},
      {"0.00123", {3, 5}, "0.00123"},
      {"0.0123",
       {3, 5},
       "numeric field overflow: A field with precision 3, scale 5 must round to an absolute value "
       "less than 10^-2."},
      {"-0.5", {1, 0}, "-1"},
      {"10",
       {1, 0},
       "numeric field overflow: A field with precision 1, scale 0 must round to an absolute value "
       "less than 10^1."},
      {"0", {1, 5}, "0.00000"},
      {"NaN", {3, 1}, "NaN"},
      {"Infinity",
       {3, 1},
       "numeric field overflow: A field with precision 3, scale 1 cannot hold an infinite value."},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(shown(number(row.argument).apply_typmod(row.type)), row.result) << row.argument;
  }
  EXPECT_EQ(number("10").apply_typmod({1, 0}).error().code(), ErrorCode::NumberOverflow);
}

TEST(Numeric, ConvertsToTheNearestInteger) {
  for (const Unary& row : std::initializer_list<Unary>{
           {"0.5", "1"},
           {"0.4999999999999999999", "0"},
           {"-0.5", "-1"},
           {"-1.5", "-2"},
           {"99999999.5", "100000000"},
           {"9223372036854775807.4", "9223372036854775807"},
           {"9223372036854775807.5", "bigint out of range"},
           {"-9223372036854775808.4", "-9223372036854775808"},
           {"-9223372036854775808.5", "bigint out of range"},
           {"1e30", "bigint out of range"},
           {"1e-30", "0"},
           {"NaN", "cannot convert NaN to bigint"},
           {"-Infinity", "cannot convert infinity to bigint"},
       }) {
    EXPECT_EQ(int64_shown(row.argument), row.result) << row.argument;
  }
  EXPECT_EQ(number("1e19").to_int64().error().code(), ErrorCode::NumberOverflow);
  EXPECT_EQ(number("NaN").to_int64().error().code(), ErrorCode::NotSupported);
}

TEST(Numeric, HoldsEveryInt64) {
  std::mt19937_64 bits(11);
  std::vector<std::int64_t> values = {0,
                                      1,
                                      -1,
                                      9'999,
                                      10'000,
                                      99'999'999,
                                      100'000'000,
                                      std::numeric_limits<std::int64_t>::max(),
                                      std::numeric_limits<std::int64_t>::min()};
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::int64_t>(bits()) >> (bits() % 64));
  }
  for (const std::int64_t value : values) {
    const Numeric held = Numeric::from_int64(value);
    ASSERT_EQ(held.text(), std::to_string(value));
    ASSERT_EQ(*held.to_int64(), value);
  }
}

TEST(Numeric, OrdersNanAboveInfinity) {
  const std::array ascending = {"-Infinity", "-1e100", "-10000", "-9999.9999", "-1", "-1e-100",
                                "0",         "1e-100", "0.5",    "0.50001",    "1",  "1.0001",
                                "9999",      "10000",  "1e100",  "Infinity",   "NaN"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      EXPECT_EQ(number(ascending[i]) <=> number(ascending[k]), i <=> k)
          << ascending[i] << " and " << ascending[k];
    }
  }
}

TEST(Numeric, DoesNotCompareScales) {
  EXPECT_EQ(number("1.0"), number("1.00"));
  EXPECT_EQ(number("0"), number("-0.000"));
  EXPECT_NE(number("1.0"), number("1.01"));
  EXPECT_EQ(number("1.0").hash(), number("1.00").hash());
  EXPECT_EQ(number("100").hash(), number("1e2").hash());
  EXPECT_NE(number("1").hash(), number("10000").hash());
  EXPECT_NE(number("1").hash(), number("-1").hash());
  EXPECT_NE(number("Infinity").hash(), number("-Infinity").hash());
}

/// Mostly runs of nines and zeros, which make every carry that there is.
std::string random_text(std::mt19937_64& bits) {
  const auto digits = [&] {
    std::string run;
    for (std::uint64_t left = bits() % 12; left > 0; --left) {
      const std::array pieces = {"0", "9", "0000", "9999", "5", "37"};
      run += pieces[bits() % pieces.size()];
    }
    return run;
  };
  return (bits() % 2 == 0 ? "-" : "") + digits() + "1." + digits();
}

TEST(Numeric, UndoesWhatItDid) {
  std::mt19937_64 bits(12);
  for (int i = 0; i < 20'000; ++i) {
    const Numeric left = number(random_text(bits));
    const Numeric right = number(random_text(bits));
    const std::string context = left.text() + " and " + right.text();
    ASSERT_EQ(*left.add(right)->subtract(right), left) << context;
    ASSERT_EQ(*left.subtract(right), right.subtract(left)->negate()) << context;
    ASSERT_EQ(*left.multiply(right)->quotient(right), *left.trunc(0)) << context;
    const Numeric rest = *left.modulo(right);
    ASSERT_EQ(*left.quotient(right)->multiply(right)->add(rest), left) << context;
    ASSERT_TRUE(rest.abs() < right.abs()) << context;
  }
}

}  // namespace
}  // namespace latchkey
