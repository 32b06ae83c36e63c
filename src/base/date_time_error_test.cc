#include "base/date_time_error.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

DateTimeResult<int> half(int value) {
  if (value % 2 != 0) return DateTimeError(DateTimeFault::OutOfRange, "odd");
  return value / 2;
}

DateTimeResult<int> quarter(int value) {
  LK_TRY(const int once, half(value));
  return half(once);
}

TEST(DateTimeResult, HoldsAValueOrAnError) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message(), "odd");
  EXPECT_EQ(half(3).transform([](int value) { return value + 1; }).error().message(), "odd");
  EXPECT_EQ(*half(4).transform([](int value) { return value + 1; }), 3);
}

TEST(DateTimeError, CarriesTheClassOfItsSqlstate) {
  EXPECT_EQ(sqlstate_of(DateTimeFault::BadFormat), "22007");
  EXPECT_EQ(sqlstate_of(DateTimeFault::OutOfRange), "22008");
  EXPECT_EQ(sqlstate_of(DateTimeFault::BadDisplacement), "22009");
  EXPECT_EQ(sqlstate_of(DateTimeFault::IntervalField), "22015");
  EXPECT_EQ(sqlstate_of(DateTimeFault::DivisionByZero), "22012");
  EXPECT_EQ(sqlstate_of(DateTimeFault::BadArgument), "22023");
  EXPECT_EQ(sqlstate_of(DateTimeFault::NotSupported), "0A000");
}

TEST(DateTimeError, BecomesAnErrorOfTheTable) {
  const DateTimeError error =
      DateTimeError(DateTimeFault::BadFormat, "message").with_detail("detail").with_hint("hint");
  DateTimeError copy = timestamp_out_of_range();
  copy = error;
  EXPECT_EQ(copy.detail(), "detail");
  EXPECT_EQ(copy.hint(), "hint");
  EXPECT_EQ(copy.to_error().code(), ErrorCode::BadDateTime);
  EXPECT_EQ(copy.to_error().details().hint, "hint");
  EXPECT_EQ(copy.to_error().message(), "message");
  EXPECT_EQ(DateTimeError(DateTimeFault::NotSupported, "unit").to_error().code(),
            ErrorCode::NotSupported);
  for (const auto fault :
       {DateTimeFault::BadFormat, DateTimeFault::OutOfRange, DateTimeFault::BadDisplacement,
        DateTimeFault::IntervalField, DateTimeFault::DivisionByZero, DateTimeFault::BadArgument,
        DateTimeFault::NotANumber, DateTimeFault::NotSupported}) {
    EXPECT_EQ(DateTimeError(fault, "").to_error().sqlstate(), sqlstate_of(fault));
  }
}

TEST(DateTimeError, HasTheTextsOfPostgresql) {
  EXPECT_EQ(invalid_input({"date", "x"}).message(), "invalid input syntax for type date: \"x\"");
  EXPECT_EQ(field_out_of_range({"date", "x"}).message(),
            "date/time field value out of range: \"x\"");
  EXPECT_EQ(unknown_time_zone("x").message(), "time zone \"x\" not recognized");
  EXPECT_EQ(date_out_of_range().message(), "date out of range");
  EXPECT_EQ(interval_out_of_range().message(), "interval out of range");
}

TEST(CutForMessage, KeepsWholeCharacters) {
  EXPECT_EQ(cut_for_message("abc", 5), "abc");
  EXPECT_EQ(cut_for_message("abc", 2), "ab");
  EXPECT_EQ(cut_for_message("a\xc3\xa9", 2), "a");
  EXPECT_EQ(cut_for_message("a\xc3\xa9z", 3), "a\xc3\xa9");
  EXPECT_EQ(cut_for_message("\xe6\x97\xa5\xe6\x9c\xac", 4), "\xe6\x97\xa5");
  EXPECT_EQ(cut_for_message("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace latchkey
