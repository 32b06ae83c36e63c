#include "sql/types/json_number.h"

#include <gtest/gtest.h>

#include <string>

#include "sql/types/json.h"

namespace latchkey::sql {
namespace {

std::string normalized(Bytes token) {
  Arena arena;
  const Result<Bytes> number = normalize_json_number(token, arena);
  return number.has_value() ? std::string(*number) : number.error().message();
}

// The answers are those of PostgreSQL 15.18.
TEST(NormalizeJsonNumber, WritesAsNumericDoes) {
  EXPECT_EQ(normalized("0"), "0");
  EXPECT_EQ(normalized("-0"), "0");
  EXPECT_EQ(normalized("-0.000"), "0.000");
  EXPECT_EQ(normalized("-0e-2"), "0.00");
  EXPECT_EQ(normalized("1.50"), "1.50");
  EXPECT_EQ(normalized("1e2"), "100");
  EXPECT_EQ(normalized("1.25e1"), "12.5");
  EXPECT_EQ(normalized("12E-1"), "1.2");
  EXPECT_EQ(normalized("-12E-4"), "-0.0012");
}

TEST(NormalizeJsonNumber, KeepsTheLimitsOfNumeric) {
  const std::string whole(131'072, '9');
  const std::string fraction = "0." + std::string(16'383, '1');

  EXPECT_EQ(normalized(whole), whole);
  EXPECT_EQ(normalized(whole + "9"), "value overflows numeric format");
  EXPECT_EQ(normalized(fraction), fraction);
  EXPECT_EQ(normalized(fraction + "1"), "value overflows numeric format");
  EXPECT_EQ(normalized("1e131071").size(), 131'072u);
  EXPECT_EQ(normalized("1e131072"), "value overflows numeric format");
  EXPECT_EQ(normalized("1e-16384"), "value overflows numeric format");
  EXPECT_EQ(normalized("1e99999999999999999999"), "value overflows numeric format");
}

TEST(CompareJsonNumbers, OrdersThem) {
  const char* const ascending[] = {"-100", "-10.5", "-10.25", "-1",  "-0.5", "-0.05", "0",   "0.05",
                                   "0.5",  "0.51",  "1",      "1.1", "9",    "10",    "10.9"};
  for (const char* const* left = std::begin(ascending); left != std::end(ascending); ++left) {
    for (const char* const* right = std::begin(ascending); right != std::end(ascending); ++right) {
      const int expected = left < right ? -1 : left > right ? 1 : 0;
      EXPECT_EQ(compare_json_numbers(*left, *right), expected) << *left << " " << *right;
    }
  }
}

TEST(CompareJsonNumbers, DoesNotCountZerosAtTheEnd) {
  EXPECT_EQ(compare_json_numbers("1", "1.00"), 0);
  EXPECT_EQ(compare_json_numbers("-1.10", "-1.1"), 0);
  EXPECT_EQ(compare_json_numbers("0", "0.000"), 0);
  EXPECT_EQ(compare_json_numbers("10", "1"), 1);
}

TEST(TrimJsonNumber, GivesEqualNumbersOneText) {
  EXPECT_EQ(trim_json_number("1.00"), "1");
  EXPECT_EQ(trim_json_number("1.10"), "1.1");
  EXPECT_EQ(trim_json_number("100"), "100");
  EXPECT_EQ(trim_json_number("0.0"), "0");
}

}  // namespace
}  // namespace latchkey::sql
