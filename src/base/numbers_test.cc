#include "base/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace latchkey {
namespace {

std::string int64_text(std::int64_t value) {
  std::string text;
  append_int64(text, value);
  return text;
}

std::string double_text(double value) {
  std::string text;
  append_double(text, value);
  return text;
}

TEST(ParseInt64, AcceptsOnlyTheCanonicalForm) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{7}, std::int64_t{-7}, std::int64_t{1'000'000'007},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(parse_int64(int64_text(value)), value);
  }
  for (const Bytes text : {"", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "0x10", "1e3",
                           "--1", "abc", "9223372036854775808", "-9223372036854775809",
                           "99999999999999999999", "100000000000000000000000000000"}) {
    EXPECT_EQ(parse_int64(text), std::nullopt) << text;
    EXPECT_FALSE(is_canonical_int64(text)) << text;
  }
  EXPECT_EQ(parse_int64(Bytes("1\0", 2)), std::nullopt);
}

TEST(ParseUint64, ReachesTheLargestUnsignedNumber) {
  EXPECT_EQ(parse_uint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_uint64("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_uint64("-1"), std::nullopt);
  EXPECT_EQ(parse_uint64("0"), 0u);
}

// Which texts ZADD of redis-server 7.0.15 takes as a score, asked of it once.
TEST(ParseDouble, AcceptsWhatRedisAccepts) {
  const struct {
    Bytes text;
    double value;
  } rows[] = {
      {"3", 3},
      {"3.5", 3.5},
      {"-3.5", -3.5},
      {"+5", 5},
      {".5", 0.5},
      {"5.", 5},
      {"1e+2", 100},
      {"1E2", 100},
      {"0x10", 16},
      {"-0x1p4", -16},
      {"5e-324", 5e-324},
      {"0.0e99", 0},
      {"1e308", 1e308},
      {"0", 0},
      {"00012", 12},
      {"inf", INFINITY},
      {"+inf", INFINITY},
      {"-inf", -INFINITY},
      {"INF", INFINITY},
      {"Infinity", INFINITY},
      {"-infinity", -INFINITY},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_double(row.text), row.value) << row.text;
  EXPECT_TRUE(std::signbit(*parse_double("-0")));
}

TEST(ParseDouble, RefusesWhatRedisRefuses) {
  for (const Bytes text :
       {"",      " ",      " 1",     "1 ",  "\t1", "nan", "-nan", "NAN",     "1e", "1e5x",
        "1e400", "-1e400", "1e-400", "abc", "--1", "1,5", "in",   "infinit", "0x", "1_000"}) {
    EXPECT_EQ(parse_double(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_double(Bytes("1\0", 2)), std::nullopt);
  EXPECT_EQ(parse_double(std::string(1'000'000, '+')), std::nullopt);
}

TEST(ParseDouble, ReadsLongDecimalsToTheNearestNumber) {
  EXPECT_EQ(parse_double("0.1000000000000000055511151231257827021181583404541015625"), 0.1);
  EXPECT_EQ(parse_double("1" + std::string(300, '0')), 1e300);
}

// As redis-server 7.2 shows a score.
TEST(FormatDouble, ShowsNumbersAsRedisDoes) {
  const struct {
    double value;
    Bytes text;
  } rows[] = {
      {0, "0"},
      {-0.0, "-0"},
      {3, "3"},
      {-3, "-3"},
      {3.5, "3.5"},
      {0.1, "0.1"},
      {-0.25, "-0.25"},
      {0.30000000000000004, "0.30000000000000004"},
      {3.14159265358979, "3.14159265358979"},
      {123456.789, "123456.789"},
      {1e15, "1000000000000000"},
      {1e17, "100000000000000000"},
      {1e18, "1000000000000000000"},
      {4611686018427387904.0, "4611686018427387904"},
      {9.2e18, "9.2e+18"},
      {1e20, "1e+20"},
      {-1e21, "-1e+21"},
      {1e100, "1e+100"},
      {1.5e300, "1.5e+300"},
      {0.0001, "0.0001"},
      {1e-5, "0.00001"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {2.5e-10, "2.5e-10"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {INFINITY, "inf"},
      {-INFINITY, "-inf"},
      {NAN, "nan"},
  };
  for (const auto& row : rows) EXPECT_EQ(double_text(row.value), row.text);
}

TEST(FormatDouble, RoundTripsEveryNumber) {
  std::mt19937_64 bits(7);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<double>(bits());
    if (std::isnan(value)) continue;
    const std::string text = double_text(value);
    ASSERT_LE(text.size(), kDoubleTextMax);
    ASSERT_EQ(parse_double(text), value) << text;
  }
}

// Sums that INCRBYFLOAT of redis-server 7.0.15 gave.
TEST(FormatLongDoubleHuman, ShowsSumsAsIncrByFloatDoes) {
  const struct {
    Bytes left;
    Bytes right;
    Bytes sum;
  } rows[] = {
      {"0", "3", "3"},
      {"3.0", "1.1", "4.1"},
      {"10.5", "0.1", "10.6"},
      {"5.0e3", "200", "5200"},
      {"1e17", "1", "100000000000000001"},
      {"0", "1e-17", "0.00000000000000001"},
      {"0", "1e-18", "0"},
      {"0", "-1e-20", "0"},
      {"0.1", "0.2", "0.3"},
      {"3.14159", "2.71828", "5.85987"},
      {"0", "0x10", "16"},
      {"-0", "0", "0"},
      {"-0.0", "-0", "0"},
      {"123456789012345678901", "0", "123456789012345678904"},
      {"95.5", "95.5", "191"},
  };
  for (const auto& row : rows) {
    const long double sum = *parse_long_double(row.left) + *parse_long_double(row.right);
    EXPECT_EQ(format_long_double_human(sum), row.sum);
  }
}

TEST(FormatLongDoubleHuman, HasRoomForTheLargestNumber) {
  const std::string text = format_long_double_human(std::numeric_limits<long double>::max());
  EXPECT_EQ(text.size(), 4933u);
  EXPECT_EQ(format_long_double_human(-INFINITY), "-inf");
}

TEST(ParseLongDouble, RefusesNanSpacesAndWhatIsTooLarge) {
  for (const Bytes text : {"", " 1", "1 ", "nan", "abc", "1e5000", "1e-5000"}) {
    EXPECT_FALSE(parse_long_double(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_long_double("1e4932").has_value());
  EXPECT_TRUE(std::isinf(*parse_long_double("inf")));
}

}  // namespace
}  // namespace latchkey
