#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/numeric.h"

namespace latchkey {
namespace {

Numeric number(Bytes text) { return Numeric::parse(text).value(); }

/// The text of the number, or the message of the error.
std::string shown(const Result<Numeric>& result) {
  return result ? result->text() : result.error().message();
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

TEST(NumericMath, TakesRoots) {
  const Unary rows[] = {
      {"2", "1.414213562373095"},
      {"4", "2.000000000000000"},
      {"0", "0.000000000000000"},
      {"0.000", "0.000000000000000"},
      {"1e-20", "0.0000000001000000000000000"},
      {"12345678901234567890", "3513641828.8201443"},
      {"0.00000000000000000000000000000002", "0.00000000000000014142135623730950"},
      {"99999999", "9999.9999499999999"},
      {"1e21", "31622776601.68379"},
      {"152415787532388367501905199875019052100", "12345678901234567890"},
      {"1.0000000000000000000000000000000000000000001",
       "1.0000000000000000000000000000000000000000000"},
      {"-1", "cannot take square root of a negative number"},
      {"-Infinity", "cannot take square root of a negative number"},
      {"Infinity", "Infinity"},
      {"NaN", "NaN"},
  };
  for (const Unary& row : rows) EXPECT_EQ(shown(number(row.argument).sqrt()), row.result);
}

TEST(NumericMath, RaisesE) {
  const Unary rows[] = {
      {"0", "1.0000000000000000"},
      {"1", "2.7182818284590452"},
      {"1.0000000000000000000000000000000", "2.7182818284590452353602874713527"},
      {"-1", "0.3678794411714423"},
      {"0.0001", "1.0001000050001667"},
      {"10", "22026.465794806717"},
      {"-10.5", "0.00002753644934974716"},
      {"100", "26881171418161354484126255515800135873611119"},
      {"-50", "0.0000000000000000000001928749847963918"},
      {"32.999", "214429043492155.053"},
      {"6000", "value overflows numeric format"},
      {"-Infinity", "0"},
      {"Infinity", "Infinity"},
      {"NaN", "NaN"},
  };
  for (const Unary& row : rows) EXPECT_EQ(shown(number(row.argument).exp()), row.result);
  EXPECT_EQ(number("5999.99").exp()->text().size(), 2609u);  // 2606 digits and two more
}

TEST(NumericMath, TakesNaturalLogarithms) {
  const Unary rows[] = {
      {"1", "0.0000000000000000"},
      {"2", "0.6931471805599453"},
      {"10.00", "2.3025850929940457"},
      {"0.5", "-0.6931471805599453"},
      {"1.0000001", "0.00000009999999500000033"},
      {"0.99999999999999999999", "-0.000000000000000000010000000000000000"},
      {"2.718281828459045235360287471352662497757", "1.000000000000000000000000000000000000000"},
      {"1e100", "230.25850929940457"},
      {"1e-100",
       "-230."
       "2585092994045684017991454684364207601101488628772976033327900967572609677352480235997205089"
       "598298342"},
      {"123456789012345678901234567890", "66.985688719142977"},
      {"0", "cannot take logarithm of zero"},
      {"-1", "cannot take logarithm of a negative number"},
      {"Infinity", "Infinity"},
      {"-Infinity", "cannot take logarithm of a negative number"},
      {"NaN", "NaN"},
  };
  for (const Unary& row : rows) EXPECT_EQ(shown(number(row.argument).ln()), row.result);
}

TEST(NumericMath, TakesLogarithmsToAnyBase) {
  const Binary rows[] = {
      {"10", "100", "2.0000000000000000"},
      {"10", "0.001", "-3.0000000000000000"},
      {"2", "1024", "10.0000000000000000"},
      {"2", "3", "1.5849625007211562"},
      {"0.5", "8", "-3.0000000000000000"},
      {"1.0001", "1e30", "690810.06609899112"},
      {"3", "1.00000000000000000000000001", "0.000000000000000000000000009102392266268374"},
      {"1", "5", "division by zero"},
      {"0", "5", "cannot take logarithm of zero"},
      {"5", "0", "cannot take logarithm of zero"},
      {"-2", "8", "cannot take logarithm of a negative number"},
      {"0", "-1", "cannot take logarithm of zero"},
      {"Infinity", "5", "0"},
      {"5", "Infinity", "Infinity"},
      {"Infinity", "Infinity", "NaN"},
      {"Infinity", "0", "cannot take logarithm of zero"},
      {"NaN", "0", "NaN"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.right).log(number(row.left))), row.result)
        << row.left << " and " << row.right;
  }
}

TEST(NumericMath, RaisesToIntegers) {
  const Binary rows[] = {
      {"2", "10", "1024.0000000000000000"},
      {"2", "-10", "0.0009765625000000"},
      {"2.50", "3", "15.6250000000000000"},
      {"-2", "3", "-8.0000000000000000"},
      {"-2", "-3", "-0.1250000000000000"},
      {"0", "0", "1.0000000000000000"},
      {"0.00", "5", "0.0000000000000000"},
      {"7", "1", "7.0000000000000000"},
      {"3.14159265358979323846", "2", "9.86960440108935861882"},
      {"3", "-1", "0.3333333333333333"},
      {"0.4", "-17", "5820766.0913467407226563"},
      {"1.000000001", "1000000000", "2.7182818270999043"},
      {"10", "30", "1000000000000000000000000000000.0000000000000000"},
      {"10", "-30", "0.0000000000000000"},
      {"99", "-8", "0.0000000000000001"},
      {"1.1", "2147483648", "value overflows numeric format"},
      {"0", "-1", "zero raised to a negative power is undefined"},
      {"12345678901234567890.123456789", "5",
       "2867971861733704037813816270841549639248697656451325047518479002888679833781161671359445374"
       "82406.2938365748320950"},
      {"10", "131072", "value overflows numeric format"},
      {"0.0000001", "1000000", "0.0000000000000000"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).power(number(row.right))), row.result)
        << row.left << " and " << row.right;
  }
}

TEST(NumericMath, RaisesToFractions) {
  const Binary rows[] = {
      {"2", "0.5", "1.4142135623730950"},
      {"2", "-0.5", "0.7071067811865475"},
      {"10", "2.5", "316.22776601683793"},
      {"1.5", "1.50", "1.8371173070873836"},
      {"0", "0.5", "0.0000000000000000"},
      {"0", "2.00", "0.0000000000000000"},
      {"1", "0.123", "1.0000000000000000"},
      {"-8", "0.333", "a negative number raised to a non-integer power yields a complex result"},
      {"123.456", "7.89", "31771028258180977.309"},
      {"0.001", "3.5", "0.00000000003162277660168379"},
      {"99.99", "-12.34", "0.0000000000000000000000002091876042755504"},
      {"1.0000000000001", "12345678901.5", "1.0012353302827972"},
      {"-1", "12345678901234567891", "-1.0000000000000000"},
      {"-1", "12345678901234567890", "1.0000000000000000"},
      {"2", "10000.5", "value overflows numeric format"},
      {"1e10", "1000.5", "value overflows numeric format"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).power(number(row.right))), row.result)
        << row.left << " and " << row.right;
  }
}

TEST(NumericMath, ShowsZeroWithAThousandDigitsForWhatIsTooSmall) {
  const std::string zero = "0." + std::string(1'000, '0');

  EXPECT_EQ(shown(number("-6000.5").exp()), zero);
  EXPECT_EQ(shown(number("0.1").power(number("2147483648"))), zero);
  EXPECT_EQ(shown(number("1e10").power(number("-1000.5"))), zero);
}

TEST(NumericMath, RaisesInfinitiesByTheRulesOfPosix) {
  const Binary rows[] = {
      {"NaN", "0", "1"},
      {"NaN", "1", "NaN"},
      {"1", "NaN", "1"},
      {"2", "NaN", "NaN"},
      {"1", "Infinity", "1"},
      {"-1", "Infinity", "1"},
      {"-1", "-Infinity", "1"},
      {"0.5", "Infinity", "0"},
      {"0.5", "-Infinity", "Infinity"},
      {"-2", "Infinity", "Infinity"},
      {"2", "-Infinity", "0"},
      {"0", "Infinity", "0"},
      {"0", "-Infinity", "zero raised to a negative power is undefined"},
      {"Infinity", "0", "1"},
      {"Infinity", "2.5", "Infinity"},
      {"Infinity", "-2.5", "0"},
      {"Infinity", "Infinity", "Infinity"},
      {"-Infinity", "3", "-Infinity"},
      {"-Infinity", "4", "Infinity"},
      {"-Infinity", "-3", "0"},
      {"-Infinity", "0.5",
       "a negative number raised to a non-integer power yields a complex result"},
      {"-Infinity", "Infinity", "Infinity"},
      {"-Infinity", "-Infinity", "0"},
      {"Infinity", "NaN", "NaN"},
  };
  for (const Binary& row : rows) {
    EXPECT_EQ(shown(number(row.left).power(number(row.right))), row.result)
        << row.left << " and " << row.right;
  }
}

TEST(NumericMath, NamesTheClassesOfItsErrors) {
  const Numeric zero;
  const Numeric one = Numeric::from_int64(1);
  const Numeric minus_one = Numeric::from_int64(-1);

  EXPECT_EQ(minus_one.sqrt().error().code(), ErrorCode::PowerInvalid);
  EXPECT_EQ(zero.power(minus_one).error().code(), ErrorCode::PowerInvalid);
  EXPECT_EQ(minus_one.power(number("0.5")).error().code(), ErrorCode::PowerInvalid);
  EXPECT_EQ(zero.ln().error().code(), ErrorCode::LogarithmInvalid);
  EXPECT_EQ(Numeric::negative_infinity().ln().error().code(), ErrorCode::LogarithmInvalid);
  EXPECT_EQ(number("5").log(one).error().code(), ErrorCode::DivisionByZero);
  EXPECT_EQ(number("7000").exp().error().code(), ErrorCode::NumberOverflow);
  EXPECT_EQ(Numeric::factorial(-1).error().code(), ErrorCode::NumberOverflow);
  EXPECT_EQ(one.width_bucket({one, one, 1}).error().code(), ErrorCode::InvalidArgument);
}

TEST(NumericMath, MultipliesFactorials) {
  const struct {
    std::int64_t argument;
    Bytes result;
  } rows[] = {
      {0, "1"},
      {1, "1"},
      {5, "120"},
      {20, "2432902008176640000"},
      {21, "51090942171709440000"},
      {50, "30414093201713378043612608166064768844377641568960512000000000000"},
      {-1, "factorial of a negative number is undefined"},
      {32178, "value overflows numeric format"},
  };
  for (const auto& row : rows) EXPECT_EQ(shown(Numeric::factorial(row.argument)), row.result);
  EXPECT_EQ(Numeric::factorial(32'177)->text().size(), 131'068u);
}

TEST(NumericMath, FindsCommonDivisorsAndMultiples) {
  for (const Binary& row : std::initializer_list<Binary>{
           {"12", "18", "6"},
           {"-12", "18", "6"},
           {"0", "5.00", "5.00"},
           {"0", "0.0", "0.0"},
           {"1.5", "0.35", "0.05"},
           {"123456789012345678901234567890", "987654321098765432109876543210",
            "9000000000900000000090"},
           {"NaN", "5", "NaN"},
           {"Infinity", "5", "NaN"},
       }) {
    EXPECT_EQ(number(row.left).gcd(number(row.right)).text(), row.result) << row.left;
    EXPECT_EQ(number(row.right).gcd(number(row.left)).text(), row.result) << row.left;
  }
  for (const Binary& row : std::initializer_list<Binary>{
           {"12", "18", "36"},
           {"-4", "6.0", "12.0"},
           {"0", "5.00", "0.00"},
           {"1.5", "0.35", "10.50"},
           {"330.3", "462", "508662.0"},
           {"1e131071", "9.9", "value overflows numeric format"},
           {"Infinity", "5", "NaN"},
       }) {
    EXPECT_EQ(shown(number(row.left).lcm(number(row.right))), row.result) << row.left;
  }
}

std::string bucket_shown(Bytes argument, const Numeric::Histogram& histogram) {
  const auto bucket = number(argument).width_bucket(histogram);
  return bucket ? std::to_string(*bucket) : bucket.error().message();
}

TEST(NumericMath, SortsIntoBuckets) {
  const struct {
    Bytes argument;
    Bytes first;
    Bytes last;
    std::int32_t bucket_count;
    Bytes result;
  } rows[] = {
      {"5.35", "0.024", "10.06", 5, "3"},
      {"0", "0", "10", 5, "1"},
      {"10", "0", "10", 5, "6"},
      {"9.9999", "0", "10", 5, "5"},
      {"-1", "0", "10", 5, "0"},
      {"2", "10", "0", 5, "5"},
      {"10", "10", "0", 5, "1"},
      {"0", "10", "0", 5, "6"},
      {"11", "10", "0", 5, "0"},
      {"Infinity", "0", "10", 5, "6"},
      {"-Infinity", "0", "10", 5, "0"},
      {"333333333333333333333333333333", "0", "1e30", 3, "2"},
      {"10", "0", "10", 2147483647, "integer out of range"},
      {"5", "0", "10", 0, "count must be greater than zero"},
      {"5", "10", "10.0", 3, "lower bound cannot equal upper bound"},
      {"NaN", "0", "10", 3, "operand, lower bound, and upper bound cannot be NaN"},
      {"5", "0", "Infinity", 3, "lower and upper bounds must be finite"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(bucket_shown(row.argument, {number(row.first), number(row.last), row.bucket_count}),
              row.result)
        << row.argument;
  }
}

}  // namespace
}  // namespace latchkey
