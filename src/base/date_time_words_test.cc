#include "base/date_time_words.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(DateWords, AreFoundByTheirFirstTenLetters) {
  EXPECT_EQ(find_date_word("jan")->kind, DateWordKind::Month);
  EXPECT_EQ(find_date_word("september")->value, 9);
  EXPECT_EQ(find_date_word("sept")->value, 9);
  EXPECT_EQ(find_date_word("thurs")->value, 4);
  EXPECT_EQ(find_date_word("-infinity")->kind, DateWordKind::MinusInfinity);
  EXPECT_EQ(find_date_word("m")->unit(), TimeUnit::Month);
  EXPECT_EQ(find_date_word("mm")->unit(), TimeUnit::Minute);
  for (const Bytes word : {"", "janu", "Jan", "thursd", "+infinity", "zzz", "pst"})
    EXPECT_FALSE(find_date_word(word).has_value()) << word;
}

TEST(IntervalWords, AreFoundByTheirFirstTenLetters) {
  EXPECT_EQ(find_interval_word("m")->unit, TimeUnit::Minute);
  EXPECT_EQ(find_interval_word("microseconds")->unit, TimeUnit::Microsecond);
  EXPECT_EQ(find_interval_word("millisecondish")->unit, TimeUnit::Millisecond);
  EXPECT_EQ(find_interval_word("millenniums")->unit, TimeUnit::Millennium);
  EXPECT_EQ(find_interval_word("ago")->kind, IntervalWordKind::Ago);
  EXPECT_EQ(find_interval_word("timezone_hour")->unit, TimeUnit::ZoneHour);
  for (const Bytes word : {"", "dayz", "fortnight", "DAY", "microseco"})
    EXPECT_FALSE(find_interval_word(word).has_value()) << word;
}

TEST(Units, OfDateTruncAreThoseOfIntervals) {
  EXPECT_EQ(find_unit_to_truncate("WEEK"), TimeUnit::Week);
  EXPECT_EQ(find_unit_to_truncate("qtr"), TimeUnit::Quarter);
  EXPECT_EQ(find_unit_to_truncate("dow"), std::nullopt);
  EXPECT_EQ(find_unit_to_truncate("ago"), std::nullopt);
}

TEST(Fields, OfExtractAreThoseAndSomeWordsOfDates) {
  EXPECT_EQ(find_field_to_extract("Hour"), TimeUnit::Hour);
  EXPECT_EQ(find_field_to_extract("m"), TimeUnit::Minute);
  EXPECT_EQ(find_field_to_extract("ISODOW"), TimeUnit::IsoDayOfWeek);
  EXPECT_EQ(find_field_to_extract("epoch"), TimeUnit::Epoch);
  EXPECT_EQ(find_field_to_extract("now"), TimeUnit::Special);
  EXPECT_EQ(find_field_to_extract("jan"), std::nullopt);
  EXPECT_EQ(find_field_to_extract("ago"), std::nullopt);
  EXPECT_EQ(find_field_to_extract(""), std::nullopt);
}

}  // namespace
}  // namespace latchkey
