#include "base/time_zone_name.h"

#include <gtest/gtest.h>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::timestamptz;

std::int32_t offset_at(Bytes name, Bytes moment) {
  return NamedZone::find(name, test::zones())->offset_at(timestamptz(moment));
}

TEST(NamedZone, IsAnAbbreviationFirst) {
  // There is a zone EST5EDT, and one named EST, which has summers.
  EXPECT_EQ(offset_at("EST", "2020-07-01 UTC"), -18'000);
  EXPECT_EQ(offset_at("est5edt", "2020-07-01 UTC"), -14'400);
  EXPECT_EQ(offset_at("CEST", "2020-01-01 UTC"), 7'200);
}

TEST(NamedZone, KnowsAbbreviationsThatChangedTheirMeaning) {
  EXPECT_EQ(offset_at("msk", "2013-01-01 UTC"), 14'400);
  EXPECT_EQ(offset_at("MSK", "2020-01-01 UTC"), 10'800);
  const auto moscow = NamedZone::find("MSK", test::zones());
  EXPECT_EQ(moscow->offset_of_clock({{2013, 1, 1}, {}}), 14'400);
  EXPECT_EQ(moscow->offset_of_clock({{2020, 1, 1}, {}}), 10'800);
}

TEST(NamedZone, IsAZoneOfTheDatabaseOrAPosixText) {
  EXPECT_EQ(offset_at("Europe/Berlin", "2020-07-01 UTC"), 7'200);
  EXPECT_EQ(offset_at("UTC+3", "2020-07-01 UTC"), -10'800);
  EXPECT_EQ(NamedZone::fixed(1'234).offset_at(timestamptz("2020-07-01 UTC")), 1'234);
}

TEST(NamedZone, IsUnknownByTheNameThatWasAsked) {
  const auto zone = NamedZone::find("Foo", test::zones());
  ASSERT_FALSE(zone.has_value());
  EXPECT_EQ(zone.error().fault(), DateTimeFault::BadArgument);
  EXPECT_EQ(zone.error().message(), "time zone \"Foo\" not recognized");
}

TEST(NamedZone, HasAWholeZoneToTruncateIn) {
  const auto est = NamedZone::find("EST", test::zones())->whole_zone(test::zones());
  EXPECT_EQ(est->only_offset(), -18'000);
  const auto msk = NamedZone::find("MSK", test::zones())->whole_zone(test::zones());
  EXPECT_EQ(msk->name(), "Europe/Moscow");
}

}  // namespace
}  // namespace latchkey
