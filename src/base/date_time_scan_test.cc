#include "base/date_time_scan.h"

#include <gtest/gtest.h>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

ScannedFields scan(Bytes text, Bytes pattern) { return *scan_by_pattern(text, pattern); }

std::string error_of(Bytes text, Bytes pattern) {
  const auto scanned = scan_by_pattern(text, pattern);
  if (scanned) return "no error";
  const DateTimeError& error = scanned.error();
  return error.message() + " | " + error.detail() + " | " + error.hint();
}

// What the fields make together is tested in date_time_from_pattern_test.cc.
TEST(Scan, TakesAsManyDigitsAsTheNextKeyLeaves) {
  const ScannedFields run_together = scan("20200131", "YYYYMMDD");
  EXPECT_EQ(run_together.year, 2020);
  EXPECT_EQ(run_together.month, 1);
  EXPECT_EQ(run_together.day, 31);
  EXPECT_EQ(scan("12020-1", "YYYY-MM").year, 12'020);
  EXPECT_EQ(scan("2020131", "YYYYMMDD").day, 1);
  EXPECT_EQ(scan("2020131", "YYYYFMMMDD").month, 131);
}

TEST(Scan, PassesOverBlanksAndCharacters) {
  EXPECT_EQ(scan("  2020 - 01", "YYYY-MM").month, 1);
  EXPECT_EQ(scan("2020xx01", "YYYY\"ab\"MM").month, 1);
  EXPECT_EQ(scan("2020  01", "YYYY\"ab\"MM").month, 1);
  EXPECT_EQ(scan("2020\xc3\xa9"
                 "01",
                 "YYYYxMM")
                .month,
            1);
  EXPECT_EQ(scan("3rd5th", "DDthMMth").month, 5);
}

TEST(Scan, HasFixedWidthsAfterFx) {
  EXPECT_EQ(scan("2020-01", "FXYYYY-MM").month, 1);
  EXPECT_EQ(scan("2020x01", "FXYYYY-MM").month, 1);
  EXPECT_EQ(
      error_of("2020-  1", "FXYYYY-MMDD"),
      "source string too short for \"MM\" formatting field | Field requires 2 characters, but "
      "only 1 remain. | If your source string is not fixed-width, try using the \"FM\" "
      "modifier.");
}

TEST(Scan, ReadsFractionsFromTheLeft) {
  EXPECT_EQ(scan("5", "MS").milliseconds, 500);
  EXPECT_EQ(scan("05", "MS").milliseconds, 50);
  EXPECT_EQ(scan("25", "US").microseconds, 250'000);
  EXPECT_EQ(scan("12345", "FF2").microseconds, 123'450);
  EXPECT_EQ(scan("123", "FF2").fraction_digits, 2);
}

TEST(Scan, ReadsWordsInAnyCase) {
  EXPECT_EQ(scan("xii", "RM").month, 12);
  EXPECT_EQ(scan("VIIIx", "rm").month, 8);
  EXPECT_EQ(scan("SEPTEMBER", "month").month, 9);
  EXPECT_EQ(scan("sep", "MON").month, 9);
  EXPECT_EQ(scan("sunday", "DAY").day_of_week, 1);
  EXPECT_EQ(scan("7", "ID").day_of_week, 1);
  EXPECT_EQ(scan("p.m.", "A.M.").is_pm, 1);
  EXPECT_EQ(scan("Bc", "AD").is_before_christ, 1);
}

TEST(Scan, KeepsTheMinusOfAZone) {
  EXPECT_EQ(scan("10 -05:30", "HH24 TZH:TZM").zone_sign, -1);
  EXPECT_EQ(scan("10-05", "HH24TZH").zone_sign, -1);
  EXPECT_EQ(scan("10 05", "HH24TZH").zone_sign, 1);
  EXPECT_EQ(scan("10 30", "HH24 TZM").zone_sign, 1);
}

TEST(Scan, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("2020-2021", "YYYY-YYYY"),
            "conflicting values for \"YYYY\" field in formatting string | This value contradicts a "
            "previous setting for the same field type. | ");
  EXPECT_EQ(error_of("2020-01", "YYYY-IW"),
            "invalid combination of date conventions |  | Do not mix Gregorian and ISO week date "
            "conventions in a formatting template.");
  EXPECT_EQ(
      error_of("foo bar", "month"),
      "invalid value \"foo\" for \"month\" | The given value did not match any of the allowed "
      "values for this field. | ");
  EXPECT_EQ(
      error_of("2 20", "YYYYMM"),
      "invalid value \"2 20\" for \"YYYY\" | Field requires 4 characters, but only 1 could be "
      "parsed. | If your source string is not fixed-width, try using the \"FM\" modifier.");
  EXPECT_EQ(error_of("x", "DD"), "invalid value \"x\" for \"DD\" | Value must be an integer. | ");
  EXPECT_EQ(error_of("99999999999", "YYYY"),
            "value for \"YYYY\" in source string is out of range | Value must be in the range "
            "-2147483648 to 2147483647. | ");
  EXPECT_EQ(error_of("UTC", "tz"), "formatting field \"tz\" is only supported in to_char |  | ");
  EXPECT_EQ(error_of("2020", "Y,YYY"), "invalid input string for \"Y,YYY\" |  | ");
}

TEST(Scan, EndsWithTheTextOrThePattern) {
  EXPECT_EQ(scan("2020", "YYYY-MM-DD").month, 0);
  EXPECT_EQ(scan("2020-01-01 and more", "YYYY").year, 2020);
  EXPECT_EQ(scan("", "YYYY").year, 0);
  EXPECT_EQ(scan("2020", "").year, 0);
}

}  // namespace
}  // namespace latchkey
