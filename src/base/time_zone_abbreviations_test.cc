#include "base/time_zone_abbreviations.h"

#include <gtest/gtest.h>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

TEST(ZoneAbbreviation, MeansWhatPostgresqlTakesItFor) {
  const struct {
    Bytes name;
    std::int32_t hours;
    bool is_daylight;
  } rows[] = {
      {"utc", 0, false},  {"z", 0, false},   {"zulu", 0, false},  {"gmt", 0, false},
      {"est", -5, false}, {"edt", -4, true}, {"cst", -6, false},  {"cdt", -5, true},
      {"mst", -7, false}, {"mdt", -6, true}, {"pst", -8, false},  {"pdt", -7, true},
      {"cet", 1, false},  {"cest", 2, true}, {"eet", 2, false},   {"bst", 1, true},
      {"ist", 2, false},  {"jst", 9, false}, {"aest", 10, false}, {"hst", -10, false},
  };
  for (const auto& row : rows) {
    const auto found = find_zone_abbreviation(row.name);
    ASSERT_TRUE(found.has_value()) << row.name;
    EXPECT_EQ(found->utc_offset_seconds, row.hours * 3'600) << row.name;
    EXPECT_EQ(found->is_daylight, row.is_daylight) << row.name;
    EXPECT_TRUE(found->zone.empty());
  }
  EXPECT_EQ(find_zone_abbreviation("nst")->utc_offset_seconds, -12'600);
  EXPECT_EQ(find_zone_abbreviation("acst")->utc_offset_seconds, 34'200);
  EXPECT_EQ(find_zone_abbreviation("npt")->utc_offset_seconds, 20'700);
}

TEST(ZoneAbbreviation, NamesAZoneWhereItsMeaningHasChanged) {
  EXPECT_EQ(find_zone_abbreviation("msk")->zone, "Europe/Moscow");
  EXPECT_EQ(find_zone_abbreviation("irkt")->zone, "Asia/Irkutsk");
  for (const Bytes name : {"art", "azt", "clt", "get", "krat", "msk", "pyt", "vet", "yakt"}) {
    const auto found = find_zone_abbreviation(name);
    ASSERT_TRUE(found.has_value()) << name;
    EXPECT_NE(test::zones().find(found->zone), nullptr) << name;
  }
}

TEST(ZoneAbbreviation, HasNoRegardForCase) {
  EXPECT_TRUE(find_zone_abbreviation("PST").has_value());
  EXPECT_TRUE(find_zone_abbreviation("Pst").has_value());
  for (const Bytes name : {"", "ps", "psts", "foo", "europe/berlin"})
    EXPECT_FALSE(find_zone_abbreviation(name).has_value()) << name;
}

}  // namespace
}  // namespace latchkey
