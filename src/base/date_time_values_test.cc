#include "base/date_time_values.h"

#include <gtest/gtest.h>

#include <limits>

namespace latchkey {
namespace {

TEST(LeadingInteger, StopsWhereTheDigitsDo) {
  const struct {
    Bytes text;
    std::int64_t value;
    Bytes rest;
  } rows[] = {
      {"12", 12, ""},
      {"12.5", 12, ".5"},
      {"-12-3", -12, "-3"},
      {"+5", 5, ""},
      {"  7 ", 7, " "},
      {"", 0, ""},
      {"-", 0, "-"},
      {"x1", 0, "x1"},
      {" x", 0, " x"},
      {"007", 7, ""},
      {"2147483647", 2'147'483'647, ""},
      {"-2147483648", -2'147'483'648, ""},
  };
  for (const auto& row : rows) {
    const LeadingInteger number = read_leading_integer(row.text);
    EXPECT_EQ(number.value, row.value) << row.text;
    EXPECT_EQ(number.rest, row.rest) << row.text;
    EXPECT_FALSE(number.out_of_range) << row.text;
  }
  EXPECT_TRUE(read_leading_integer("2147483648").out_of_range);
  EXPECT_TRUE(read_leading_integer("-2147483649").out_of_range);
}

TEST(LeadingInteger64, KnowsItsLimits) {
  EXPECT_EQ(read_leading_integer64("9223372036854775807").value,
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read_leading_integer64("-9223372036854775808").value,
            std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(read_leading_integer64("-9223372036854775808").out_of_range);
  EXPECT_TRUE(read_leading_integer64("9223372036854775808").out_of_range);
  EXPECT_TRUE(read_leading_integer64("-9223372036854775809").out_of_range);
  const LeadingInteger64 long_one = read_leading_integer64("99999999999999999999999999x");
  EXPECT_TRUE(long_one.out_of_range);
  EXPECT_EQ(long_one.rest, "x");
}

TEST(Fraction, IsDigitsAfterAPoint) {
  EXPECT_EQ(parse_fraction(".5"), 0.5);
  EXPECT_EQ(parse_fraction("."), 0.0);
  EXPECT_EQ(parse_fraction(".123456789"), 0.123456789);
  for (const Bytes text : {"", "5", ".5.", ".x", ".-5", ".5e3", ".e5"})
    EXPECT_EQ(parse_fraction(text), std::nullopt) << text;
  EXPECT_EQ(micros_of_fraction(0.1234565), 123'456);
  EXPECT_EQ(micros_of_fraction(0.9999999), 1'000'000);
}

TEST(DecodeClock, TakesTwoOrThreeParts) {
  const struct {
    Bytes text;
    ClockTime time;
  } rows[] = {
      {"10:30", {10, 30, 0, 0}},        {"10:30:05.5", {10, 30, 5, 500'000}},
      {"30:05.5", {0, 30, 5, 500'000}}, {"10:", {10, 0, 0, 0}},
      {"10:30:", {10, 30, 0, 0}},       {"1000000:00:00", {1'000'000, 0, 0, 0}},
      {"23:59:60", {23, 59, 60, 0}},
  };
  for (const auto& row : rows) {
    ClockTime time;
    EXPECT_EQ(decode_clock(row.text, time), DecodeOutcome::Fine) << row.text;
    EXPECT_EQ(time, row.time) << row.text;
  }
  ClockTime time;
  EXPECT_EQ(decode_clock("10", time), DecodeOutcome::BadFormat);
  EXPECT_EQ(decode_clock("10:20:30:40", time), DecodeOutcome::BadFormat);
  EXPECT_EQ(decode_clock("10:60", time), DecodeOutcome::FieldOutOfRange);
  EXPECT_EQ(decode_clock("10:00:61", time), DecodeOutcome::FieldOutOfRange);
  EXPECT_EQ(decode_clock("99999999999999999999:00", time), DecodeOutcome::FieldOutOfRange);
}

TEST(TimeOfDay, EndsAtMidnight) {
  EXPECT_TRUE(is_time_of_day({24, 0, 0, 0}));
  EXPECT_TRUE(is_time_of_day({23, 59, 60, 0}));
  EXPECT_FALSE(is_time_of_day({24, 0, 0, 1}));
  EXPECT_FALSE(is_time_of_day({23, 59, 60, 1}));
  EXPECT_FALSE(is_time_of_day({-1, 0, 0, 0}));
  EXPECT_FALSE(is_time_of_day({1'000'000, 0, 0, 0}));
}

TEST(DecodeDisplacement, IsAheadOfUtc) {
  const struct {
    Bytes text;
    std::int32_t seconds;
  } rows[] = {
      {"+05:30", 19'800},     {"-8", -28'800}, {"+0530", 19'800},
      {"-530", -19'800},      {"+05", 18'000}, {"+5:30:15", 19'815},
      {"-15:59:59", -57'599}, {"+", 0},        {"+05:", 18'000},
  };
  for (const auto& row : rows) {
    std::int32_t seconds = 0;
    EXPECT_EQ(decode_displacement(row.text, seconds), DecodeOutcome::Fine) << row.text;
    EXPECT_EQ(seconds, row.seconds) << row.text;
  }
  std::int32_t seconds = 0;
  for (const Bytes text : {"+16", "+1:60", "+1:00:60", "+1600", "-99999999999"})
    EXPECT_EQ(decode_displacement(text, seconds), DecodeOutcome::DisplacementOutOfRange) << text;
  for (const Bytes text : {"", "5", "+5x", "+5:3x", "x"})
    EXPECT_EQ(decode_displacement(text, seconds), DecodeOutcome::BadFormat) << text;
}

TEST(DecodeDate, TakesMonthDayYearOrYearsFirst) {
  const struct {
    Bytes text;
    CivilDate date;
    bool two_digits;
  } rows[] = {
      {"1999-01-08", {1999, 1, 8}, false}, {"1/8/1999", {1999, 1, 8}, false},
      {"1/8/99", {99, 1, 8}, true},        {"8-jan-1999", {1999, 1, 8}, false},
      {"jan-8-99", {99, 1, 8}, true},      {"1999.1.8.", {1999, 1, 8}, false},
  };
  for (const auto& row : rows) {
    DateTimeParts parts;
    FieldSet found = 0;
    EXPECT_EQ(decode_date(row.text, {}, parts, found), DecodeOutcome::Fine) << row.text;
    EXPECT_EQ(parts.date, row.date) << row.text;
    EXPECT_EQ(parts.year_has_two_digits, row.two_digits) << row.text;
    EXPECT_EQ(found, field::kDate) << row.text;
  }
  DateTimeParts parts;
  FieldSet found = 0;
  for (const Bytes text : {"1999-01", "1999-foo-08", "jan-feb-1999", "1999-01-08-5", "-"})
    EXPECT_EQ(decode_date(text, {}, parts, found), DecodeOutcome::BadFormat) << text;
}

TEST(DecodeRunTogether, IsADateUntilThereIsOne) {
  DateTimeParts parts;
  FieldSet found = 0;
  EXPECT_EQ(decode_run_together("19990108", {}, parts, found), DecodeOutcome::Fine);
  EXPECT_EQ(parts.date, (CivilDate{1999, 1, 8}));
  EXPECT_EQ(decode_run_together("040506.789", {field::kDate, false}, parts, found),
            DecodeOutcome::Fine);
  EXPECT_EQ(parts.time, (ClockTime{4, 5, 6, 789'000}));
  EXPECT_EQ(found, field::kTime);
  EXPECT_EQ(decode_run_together("0405", {field::kDate, false}, parts, found), DecodeOutcome::Fine);
  EXPECT_EQ(decode_run_together("0405", {field::kDate | field::kTime, false}, parts, found),
            DecodeOutcome::BadFormat);
  EXPECT_EQ(decode_run_together("04056", {field::kDate, false}, parts, found),
            DecodeOutcome::BadFormat);
}

TEST(ValidateDate, UnderstandsTheYear) {
  const auto year = [](std::int32_t given, YearForm form) {
    DateTimeParts parts;
    parts.date = {given, 1, 1};
    const DecodeOutcome outcome = validate_date(field::kDate, form, parts);
    return outcome == DecodeOutcome::Fine ? parts.date.year : -9'999;
  };
  EXPECT_EQ(year(69, YearForm::TwoDigits), 2069);
  EXPECT_EQ(year(70, YearForm::TwoDigits), 1970);
  EXPECT_EQ(year(0, YearForm::TwoDigits), 2000);
  EXPECT_EQ(year(44, YearForm::BeforeChrist), -43);
  EXPECT_EQ(year(0, YearForm::BeforeChrist), -9'999);
  EXPECT_EQ(year(0, YearForm::Plain), -9'999);
  EXPECT_EQ(year(-5, YearForm::Counted), -5);
  DateTimeParts parts;
  parts.date = {2019, 2, 29};
  EXPECT_EQ(validate_date(field::kDate, YearForm::Plain, parts), DecodeOutcome::FieldOutOfRange);
  parts.date = {2019, 13, 29};
  EXPECT_EQ(validate_date(field::kDate, YearForm::Plain, parts),
            DecodeOutcome::MonthOrDayOutOfRange);
}

}  // namespace
}  // namespace latchkey
