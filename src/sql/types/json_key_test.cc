#include <random>

#include "sql/types/json.h"
#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::Values;

std::string key(JsonbReader value) {
  std::string bytes;
  append_jsonb_key(value, bytes);
  return bytes;
}

/// A small value, so that equal ones and near ones are common.
void add_random(JsonbBuilder& builder, std::mt19937& random, int depth) {
  static constexpr Bytes kNumbers[] = {"0", "0.0", "-1", "1", "1.00", "10", "9.5", "-0.5"};
  static constexpr Bytes kStrings[] = {"", "a", "b", "aa", "ab", {"\0", 1}, {"a\0", 2}};
  switch (random() % (depth > 2 ? 5 : 8)) {
    case 0:
      return builder.add_null();
    case 1:
      return builder.add_boolean(random() % 2 == 0);
    case 2:
    case 3:
      return builder.add_number(kNumbers[random() % std::size(kNumbers)]);
    case 4:
      return builder.add_string(kStrings[random() % std::size(kStrings)]);
    default:
      break;
  }
  const bool is_object = random() % 2 == 0;
  is_object ? builder.begin_object() : builder.begin_array();
  for (auto left = random() % 3; left > 0; --left) {
    if (is_object) builder.add_key(kStrings[random() % std::size(kStrings)]);
    add_random(builder, random, depth + 1);
  }
  builder.end();
}

// Verified: order and equality of keys are those of values, equal values have equal hashes, and no
// key begins another. Not verified: that compare_jsonb is right; see json_compare_test.cc.
TEST(AppendJsonbKey, SortsAsValuesDo) {
  std::mt19937 random(7);
  Arena arena;
  for (int i = 0; i < 20'000; ++i) {
    JsonbReader values[2];
    for (JsonbReader& value : values) {
      JsonbBuilder builder;
      add_random(builder, random, 0);
      value = JsonbReader(builder.finish(arena)->bytes());
    }
    const std::string left = key(values[0]);
    const std::string right = key(values[1]);
    const int order = compare_jsonb(values[0], values[1]);

    ASSERT_EQ(order < 0, left < right);
    ASSERT_EQ(order == 0, left == right);
    ASSERT_EQ(order == 0, equal_jsonb(values[0], values[1]));
    if (order == 0) {
      ASSERT_EQ(hash_jsonb(values[0]), hash_jsonb(values[1]));
    } else {
      ASSERT_FALSE(left.starts_with(right) || right.starts_with(left));
    }
    if (i % 1'000 == 0) arena.reset();
  }
}

TEST(AppendJsonbKey, PutsTheEmptyArrayFirst) {
  Values value;

  EXPECT_LT(key(value("[]")), key(value("null")));
  EXPECT_LT(key(value("null")), key(value("[null]")));
  EXPECT_LT(key(value("[1, 2]")), key(value("{}")));
}

}  // namespace
}  // namespace latchkey::sql
