#include "latchkey/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace latchkey {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error(ErrorCode::InvalidArgument, std::to_string(value) + " is odd");
  return value / 2;
}

Result<int> quarter(int value) {
  LK_TRY(const int once, half(value));
  LK_TRY(const int twice, half(once));
  return twice;
}

Result<void> require_quarter(int value) {
  LK_CHECK(quarter(value));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = half(4);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good, 2);

  const Result<int> bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(bad.error().message(), "3 is odd");
  EXPECT_EQ(bad.value_or(9), 9);
}

TEST(Result, TryAndCheckPassTheErrorOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message(), "3 is odd");
  EXPECT_TRUE(require_quarter(8).has_value());
  EXPECT_EQ(require_quarter(5).error().message(), "5 is odd");
}

TEST(Result, ChainsWithoutNamingTheSteps) {
  EXPECT_EQ(*half(8).and_then(half).transform([](int value) { return value + 1; }), 3);
  EXPECT_EQ(half(6).and_then(half).error().message(), "3 is odd");
  EXPECT_FALSE(half(1).transform([](int value) { return value + 1; }).has_value());
}

TEST(Result, CarriesValuesThatOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 5);
}

TEST(Error, IsOnePointerAndCopiesDeeply) {
  static_assert(sizeof(Error) == sizeof(void*));
  const Error first(ErrorCode::KeyTooLong, "5000 bytes");
  const Error second = Error(first).within("SET");
  EXPECT_EQ(first.message(), "5000 bytes");
  EXPECT_EQ(second.message(), "SET: 5000 bytes");
  EXPECT_EQ(second.code(), ErrorCode::KeyTooLong);
}

TEST(Error, SaysItsClassWhenNothingElseIsKnown) {
  EXPECT_EQ(Error(ErrorCode::MemoryExhausted).message(), "the memory budget is spent");
}

TEST(ErrorTable, EveryRowIsFitForEveryDoor) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
    const ErrorClass& row = error_class(static_cast<ErrorCode>(code));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.sqlstate.size(), 5u) << row.name;
    EXPECT_EQ(row.resp_prefix.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
              std::string_view::npos)
        << row.name;
    EXPECT_TRUE(row.http_status >= 400 && row.http_status < 600) << row.name;
    EXPECT_EQ(row.text.find_first_of("\r\n"), std::string_view::npos) << row.name;
  }
  EXPECT_EQ(names.count("Internal"), 1u);
}

}  // namespace
}  // namespace latchkey
