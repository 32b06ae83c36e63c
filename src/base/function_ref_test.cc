#include "base/function_ref.h"

#include <gtest/gtest.h>

#include <memory>

namespace latchkey {
namespace {

int apply(FunctionRef<int(int)> function, int argument) { return function(argument); }

TEST(FunctionRef, BorrowsTheCallersState) {
  int calls = 0;
  EXPECT_EQ(apply([&](int value) { return value + ++calls; }, 10), 11);
  EXPECT_EQ(calls, 1);
}

TEST(FunctionRef, PassesValuesThatOnlyMove) {
  const auto take = [](std::unique_ptr<int> value) { return *value; };
  FunctionRef<int(std::unique_ptr<int>)> reference = take;
  EXPECT_EQ(reference(std::make_unique<int>(7)), 7);
}

}  // namespace
}  // namespace latchkey
