#include "base/interval_builder.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/interval_text.h"

namespace latchkey {
namespace {

TEST(IntervalBuilder, LetsFractionsGoOnIntoSmallerParts) {
  const struct {
    TimeUnit unit;
    IntervalNumber number;
    Bytes interval;
  } rows[] = {
      {TimeUnit::Microsecond, {1, 0.6}, "00:00:00.000002"},
      {TimeUnit::Millisecond, {1, 0.5}, "00:00:00.0015"},
      {TimeUnit::Second, {-1, -0.5}, "-00:00:01.5"},
      {TimeUnit::Minute, {1, 0.5}, "00:01:30"},
      {TimeUnit::Hour, {0, 0.25}, "00:15:00"},
      {TimeUnit::Day, {1, 0.5}, "1 day 12:00:00"},
      {TimeUnit::Week, {1, 0.5}, "10 days 12:00:00"},
      {TimeUnit::Month, {1, 0.55}, "1 mon 16 days 12:00:00"},
      {TimeUnit::Year, {1, 0.5}, "1 year 6 mons"},
      {TimeUnit::Year, {1, 0.01}, "1 year"},
      {TimeUnit::Decade, {0, 0.55}, "5 years 6 mons"},
      {TimeUnit::Century, {0, 0.5}, "50 years"},
      {TimeUnit::Millennium, {1, 0.0005}, "1000 years 6 mons"},
  };
  for (const auto& row : rows) {
    IntervalBuilder builder;
    EXPECT_TRUE(builder.add(row.unit, row.number));
    EXPECT_EQ(format_interval(*builder.build()), row.interval);
  }
}

TEST(IntervalBuilder, TellsWhenAPartOverflows) {
  const std::int64_t too_large = std::int64_t{1} << 31;
  for (const TimeUnit unit : {TimeUnit::Day, TimeUnit::Week, TimeUnit::Month, TimeUnit::Year})
    EXPECT_FALSE(IntervalBuilder().add(unit, {too_large, 0}));
  EXPECT_FALSE(IntervalBuilder().add(TimeUnit::Week, {too_large / 2, 0}));
  EXPECT_FALSE(IntervalBuilder().add(TimeUnit::Hour, {std::int64_t{1} << 33, 0}));
  IntervalBuilder full;
  EXPECT_TRUE(full.add(TimeUnit::Day, {too_large - 1, 0}));
  EXPECT_FALSE(full.add(TimeUnit::Month, {0, 0.5}));
}

TEST(IntervalBuilder, AddsYearsToMonthsAtTheEnd) {
  IntervalBuilder builder;
  EXPECT_TRUE(builder.add(TimeUnit::Year, {200'000'000, 0}));
  EXPECT_FALSE(builder.build().has_value());
  EXPECT_TRUE(builder.add(TimeUnit::Month, {-300'000'000, 0}));
  EXPECT_EQ(builder.build()->months, 2'100'000'000);
}

TEST(IntervalBuilder, NegatesAllParts) {
  IntervalBuilder builder;
  EXPECT_TRUE(builder.add(TimeUnit::Year, {1, 0.5}) && builder.add(TimeUnit::Day, {1, 0.5}));
  EXPECT_TRUE(builder.negate());
  EXPECT_EQ(format_interval(*builder.build()), "-1 years -6 mons -1 days -12:00:00");
  builder.set_microseconds(std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(builder.negate());
}

}  // namespace
}  // namespace latchkey
