#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "base/numbers.h"
#include "base/numeric.h"

namespace latchkey {
namespace {

Numeric number(Bytes text) { return Numeric::parse(text).value(); }

/// The text of the number, or the message of the error.
std::string shown(const Result<Numeric>& result) {
  return result ? result->text() : result.error().message();
}

struct Row {
  Bytes argument;
  Bytes result;
};

// The results in all tables are what PostgreSQL 15.18 answered when it was asked the same.

TEST(NumericText, ReadsWhatPostgresqlReads) {
  const Row rows[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.00", "0.00"},
      {"+5", "5"},
      {".5", "0.5"},
      {"5.", "5"},
      {"00012.3400", "12.3400"},
      {" 12 ", "12"},
      {"1e3", "1000"},
      {"1E+3", "1000"},
      {"1.5e-7", "0.00000015"},
      {"12.345e1", "123.45"},
      {"12.345e2", "1234.5"},
      {"12.345e5", "1234500"},
      {"1e 5", "100000"},
      {"0e1000000", "0"},
      {"0.00000000000000000001", "0.00000000000000000001"},
      {"123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"},
      {"9999.99990000", "9999.99990000"},
      {"10000", "10000"},
      {"nan", "NaN"},
      {" NaN ", "NaN"},
      {"inf", "Infinity"},
      {"+inf", "Infinity"},
      {"-INF", "-Infinity"},
      {"iNfInItY", "Infinity"},
      {"-Infinity", "-Infinity"},
  };
  for (const Row& row : rows) EXPECT_EQ(shown(Numeric::parse(row.argument)), row.result);
}

TEST(NumericText, RefusesWhatPostgresqlRefuses) {
  const Row rows[] = {
      {"", "invalid input syntax for type numeric: \"\""},
      {" ", "invalid input syntax for type numeric: \" \""},
      {".", "invalid input syntax for type numeric: \".\""},
      {"-", "invalid input syntax for type numeric: \"-\""},
      {"+-1", "invalid input syntax for type numeric: \"+-1\""},
      {"- 1", "invalid input syntax for type numeric: \"- 1\""},
      {"--1", "invalid input syntax for type numeric: \"--1\""},
      {"1..2", "invalid input syntax for type numeric: \"1..2\""},
      {"1.2.3", "invalid input syntax for type numeric: \"1.2.3\""},
      {"1e", "invalid input syntax for type numeric: \"1e\""},
      {"1e+", "invalid input syntax for type numeric: \"1e+\""},
      {"1e+ 4", "invalid input syntax for type numeric: \"1e+ 4\""},
      {"e5", "invalid input syntax for type numeric: \"e5\""},
      {"1_000", "invalid input syntax for type numeric: \"1_000\""},
      {"0x10", "invalid input syntax for type numeric: \"0x10\""},
      {"1,5", "invalid input syntax for type numeric: \"1,5\""},
      {"abc", "invalid input syntax for type numeric: \"abc\""},
      {"+nan", "invalid input syntax for type numeric: \"+nan\""},
      {"infinit", "invalid input syntax for type numeric: \"infinit\""},
      {"inf y", "invalid input syntax for type numeric: \"inf y\""},
      {"1e1000000000x", "invalid input syntax for type numeric: \"1e1000000000x\""},
      {"1e9999999999x", "value overflows numeric format"},
      {"1e1073741823", "value overflows numeric format"},
      {"1e131072", "value overflows numeric format"},
      {"0.1e-16383", "value overflows numeric format"},
      {"0e-16384", "value overflows numeric format"},
  };
  for (const Row& row : rows) EXPECT_EQ(shown(Numeric::parse(row.argument)), row.result);
  EXPECT_EQ(Numeric::parse("abc").error().code(), ErrorCode::InvalidText);
  EXPECT_EQ(Numeric::parse("1e131072").error().code(), ErrorCode::NumberOverflow);
  EXPECT_FALSE(Numeric::parse(Bytes("1\0", 2)).has_value());
}

TEST(NumericText, HoldsTheLongestNumbers) {
  const std::string longest = std::string(131'072, '9') + "." + std::string(16'383, '9');

  EXPECT_EQ(number(longest).text(), longest);
  EXPECT_EQ(shown(Numeric::parse("1" + longest)), "value overflows numeric format");
  EXPECT_EQ(shown(Numeric::parse(longest + "9")), "value overflows numeric format");
  EXPECT_EQ(number(std::string(1'000'000, '0') + "1").text(), "1");
}

TEST(NumericText, PrintsWhatItRead) {
  std::mt19937_64 bits(21);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = bits() % 2 == 0 ? "-" : "";
    text += std::to_string(1 + bits() % 9);
    for (std::uint64_t left = bits() % 30; left > 0; --left) text += std::to_string(bits() % 10);
    if (bits() % 2 == 0) text += ".";
    if (text.back() == '.') {
      for (std::uint64_t left = 1 + bits() % 30; left > 0; --left) {
        text += std::to_string(bits() % 10);
      }
    }
    ASSERT_EQ(number(text).text(), text);
    ASSERT_EQ(number(" " + text + "e0\t").text(), text);
  }
}

TEST(NumericText, TakesFifteenDigitsOfADouble) {
  const struct {
    double value;
    Bytes result;
  } rows[] = {
      {0.1, "0.1"},
      {-2.5, "-2.5"},
      {1e15, "1000000000000000"},
      {123456789012345678.0, "123456789012346000"},
      {1e22, "10000000000000000000000"},
      {1e-7, "0.0000001"},
      {0.30000000000000004, "0.3"},
      {3.0, "3"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Numeric::from_double(row.value).text(), row.result) << row.value;
  }
  EXPECT_TRUE(Numeric::from_double(std::numeric_limits<double>::quiet_NaN()).is_nan());
  EXPECT_EQ(Numeric::from_double(-INFINITY).text(), "-Infinity");
}

TEST(NumericText, TakesSixDigitsOfAFloat) {
  const struct {
    float value;
    Bytes result;
  } rows[] = {
      {0.1f, "0.1"},
      {-2.5f, "-2.5"},
      {16777216.0f, "16777200"},
      {3.4e38f, "340000000000000000000000000000000000000"},
      {1e-7f, "0.0000001"},
      {123456.7f, "123457"},
      {1234567.0f, "1234570"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Numeric::from_float(row.value).text(), row.result) << row.value;
  }
}

TEST(NumericText, GivesTheNearestDouble) {
  EXPECT_EQ(number("0.1").to_double(), 0.1);
  EXPECT_EQ(number("-123456789.123456789").to_double(), -123456789.123456789);
  EXPECT_EQ(number("9007199254740993").to_double(), 9007199254740992.0);
  EXPECT_EQ(number("9007199254740993.00000000000000000001").to_double(), 9007199254740994.0);
  EXPECT_EQ(number("1e22").to_double(), 1e22);
  EXPECT_EQ(number("1e23").to_double(), 1e23);
  EXPECT_EQ(number("0.00").to_double(), 0.0);
  EXPECT_EQ(number("5e-324").to_double(), 5e-324);
  EXPECT_EQ(number("1e400").to_double(), INFINITY);
  EXPECT_EQ(number("-1e400").to_double(), -INFINITY);
  EXPECT_EQ(number("1e-400").to_double(), 0.0);
  EXPECT_EQ(number("-Infinity").to_double(), -INFINITY);
  EXPECT_TRUE(std::isnan(number("NaN").to_double()));
}

TEST(NumericText, RefusesToCastWhatADoubleDoesNotHold) {
  EXPECT_EQ(*number("1.5").to_double_checked(), 1.5);
  EXPECT_EQ(*number("Infinity").to_double_checked(), INFINITY);
  EXPECT_EQ(*number("0.00").to_double_checked(), 0.0);
  EXPECT_EQ(*number("16777217").to_float_checked(), 16777216.0f);
  EXPECT_EQ(*number("16777217.00000000000000000001").to_float_checked(), 16777218.0f);
  EXPECT_EQ(number("1e400").to_double_checked().error().message(),
            "\"1" + std::string(400, '0') + "\" is out of range for type double precision");
  EXPECT_EQ(number("-1e39").to_float_checked().error().message(),
            "\"-1" + std::string(39, '0') + "\" is out of range for type real");
  EXPECT_EQ(number("1e-50").to_float_checked().error().code(), ErrorCode::NumberOverflow);
}

// What the C library makes of the same text is what PostgreSQL makes of it.
TEST(NumericText, ReadsDoublesAsTheLibraryDoes) {
  std::mt19937_64 bits(22);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = std::to_string(bits() >> (bits() % 60));
    text.insert(bits() % (text.size() + 1), ".");
    text += "e" + std::to_string(static_cast<int>(bits() % 60) - 30);
    ASSERT_EQ(number(text).to_double(), *parse_double(text)) << text;
  }
}

}  // namespace
}  // namespace latchkey
