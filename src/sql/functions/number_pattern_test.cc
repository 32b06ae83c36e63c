#include "sql/functions/number_pattern.h"

#include <gtest/gtest.h>

namespace latchkey::sql {
namespace {

std::string shown(Bytes pattern, std::string digits, bool is_negative = false) {
  const Result<NumberPattern> parsed = NumberPattern::parse(pattern);
  if (!parsed.has_value()) return parsed.error().message();
  return parsed->format({std::move(digits), is_negative, parsed->digits_behind()});
}

TEST(NumberPattern, ShowsNumbersAsPostgresqlDoes) {
  EXPECT_EQ(shown("999", "12"), "  12");
  EXPECT_EQ(shown("FM999", "12"), "12");
  EXPECT_EQ(shown("9,999.99", "1234.50"), " 1,234.50");
  EXPECT_EQ(shown("FM990.99", "0.50"), "0.5");
  EXPECT_EQ(shown("999S", "12", true), " 12-");
  EXPECT_EQ(shown("999PR", "12", true), " <12>");
  EXPECT_EQ(shown("99", "123"), " ##");
}

TEST(NumberPattern, RefusesKeysThatDoNotGoTogether) {
  EXPECT_EQ(shown("9.9.9", "1"), "multiple decimal points");
  EXPECT_EQ(shown("S9S", "1"), "cannot use \"S\" twice");
  EXPECT_EQ(shown("9PR9", "1"), "\"9\" must be ahead of \"PR\"");
}

TEST(NumberPattern, ReadsWhatItShows) {
  const NumberPattern pattern = *NumberPattern::parse("9,999.99S");
  EXPECT_EQ(pattern.read("1,234.50-").text, "-1234.50");
  EXPECT_EQ(pattern.read("12").text, " 12");
}

TEST(NumberPattern, ShowsRomanNumbersUpTo3999) {
  const NumberPattern pattern = *NumberPattern::parse("FMRN");
  EXPECT_EQ(pattern.format_roman(1994), "MCMXCIV");
  EXPECT_EQ(pattern.format_roman(4000), "###############");
}

}  // namespace
}  // namespace latchkey::sql
