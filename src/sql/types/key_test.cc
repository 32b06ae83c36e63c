#include "sql/types/key.h"

#include <gtest/gtest.h>

#include <vector>

namespace latchkey::sql {
namespace {

// Each is parsed, and the order of keys compared with that of values, pair by pair.
void expect_keys_in_order(Oid type, const std::vector<const char*>& texts) {
  Arena arena;
  const TextSettings settings;
  std::vector<Value> values;
  std::vector<std::string> keys;
  for (const char* const text : texts) {
    values.push_back(*parse_text(type, -1, text, settings, arena));
    append_key_part(type, values.back(), KeyPart::Inner, keys.emplace_back());
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      const int by_value = compare(type, values[i], values[j]);
      const int by_key = keys[i].compare(keys[j]);
      EXPECT_EQ(by_value < 0, by_key < 0) << texts[i] << " and " << texts[j];
      EXPECT_EQ(by_value == 0, by_key == 0) << texts[i] << " and " << texts[j];
      if (by_value == 0) {
        EXPECT_EQ(hash(type, values[i]), hash(type, values[j])) << texts[i] << " and " << texts[j];
      }
    }
    Bytes rest = keys[i];
    const Result<Value> back = take_key_part(type, KeyPart::Inner, rest, arena);
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(compare(type, *back, values[i]), 0) << texts[i];
  }
}

TEST(Key, SortsIntervalsByWhatTheyAreWorth) {
  expect_keys_in_order(oid::kInterval, {"1 mon", "30 days", "720 hours", "31 days", "0", "-1 day",
                                        "-1 year", "1000 years", "1 microsecond", "-29 days"});
}

TEST(Key, SortsTimesWithZonesByTheMoment) {
  expect_keys_in_order(oid::kTimetz,
                       {"10:00+02", "10:00+01", "09:00+01", "08:00+00", "24:00-12", "00:00+12"});
}

TEST(Key, SortsDatesWithInfinity) {
  expect_keys_in_order(oid::kDate, {"2020-01-01", "0044-03-15 BC", "infinity", "-infinity"});
  expect_keys_in_order(oid::kTimestamp, {"2020-01-01", "1970-01-01", "infinity", "-infinity"});
}

TEST(Key, SortsArraysElementByElement) {
  expect_keys_in_order(oid::kInt4Array, {"{}", "{1}", "{1,2}", "{2}", "{1,NULL}", "{NULL}",
                                         "{{1,2}}", "[0:1]={1,2}", "{-5}", "{1,2,3}"});
  expect_keys_in_order(oid::kTextArray, {"{}", "{a}", "{a,b}", "{ab}", "{\"\"}", "{a,NULL}"});
  expect_keys_in_order(oid::kNumericArray, {"{1.0}", "{1.00}", "{1.5}", "{NaN}", "{-2}"});
}

}  // namespace
}  // namespace latchkey::sql
