#include "base/time_zone_file.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/test_support/zone_files.h"

namespace latchkey {
namespace {

void append_big32(std::string& out, std::uint32_t value) {
  char bytes[4];
  store_big32(bytes, value);
  out.append(bytes, sizeof bytes);
}

std::string header(char version, std::uint32_t leap_seconds, std::uint32_t changes,
                   std::uint32_t types, std::uint32_t abbreviation_bytes) {
  std::string bytes = "TZif";
  bytes += version;
  bytes.append(15, '\0');
  for (const std::uint32_t count : {0u, 0u, leap_seconds, changes, types, abbreviation_bytes})
    append_big32(bytes, count);
  return bytes;
}

/// Two types, LMT and CET, and one change between them in 1893.
std::string small_file(char version, Bytes footer) {
  std::string bytes = header(version, 0, 1, 2, 8);
  const auto append_data = [&bytes](int moment_bytes) {
    if (moment_bytes == 8) append_big32(bytes, 0xffffffff);
    append_big32(bytes, static_cast<std::uint32_t>(-2'422'054'408));
    bytes += '\1';
    append_big32(bytes, 3'208);
    bytes += Bytes("\0\0", 2);
    append_big32(bytes, 3'600);
    bytes += Bytes("\0\4", 2);
    bytes += Bytes("LMT\0CET\0", 8);
  };
  append_data(4);
  if (version == '\0') return bytes;
  bytes += header(version, 0, 1, 2, 8);
  append_data(8);
  bytes += footer;
  return bytes;
}

TEST(ParseZoneFile, ReadsBothVersions) {
  const auto old = parse_zone_file(small_file('\0', ""));
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->types.size(), 2u);
  EXPECT_EQ(old->types[1].abbreviation, "CET");
  EXPECT_EQ(old->types[1].utc_offset_seconds, 3'600);
  EXPECT_FALSE(old->rule.has_value());

  const auto zone = parse_zone_file(small_file('2', "\nCET-1CEST,M3.5.0,M10.5.0/3\n"));
  ASSERT_TRUE(zone.has_value());
  ASSERT_EQ(zone->changes.size(), 1u);
  EXPECT_EQ(zone->changes[0].at, -2'422'054'408);
  EXPECT_EQ(zone->types.size(), 4u);
  EXPECT_EQ(zone->types[3].abbreviation, "CEST");
  EXPECT_TRUE(zone->rule.has_value());
}

TEST(ParseZoneFile, HasNoRuleWhereTheLastLineHasNone) {
  for (const Bytes footer :
       {"", "\n", "\n\n", "\nCET-1\n", "\nCET-1CEST,M3.5.0,M10.5.0/3", "\nx\n"}) {
    const auto zone = parse_zone_file(small_file('2', footer));
    ASSERT_TRUE(zone.has_value());
    EXPECT_FALSE(zone->rule.has_value()) << footer;
  }
}

TEST(ParseZoneFile, RefusesWhatIsNoZone) {
  EXPECT_FALSE(parse_zone_file("").has_value());
  EXPECT_FALSE(parse_zone_file("TZif").has_value());
  EXPECT_FALSE(parse_zone_file(std::string(1'000, '\0')).has_value());
  EXPECT_FALSE(parse_zone_file(header('\0', 0, 0, 0, 0)).has_value());
  EXPECT_FALSE(parse_zone_file(header('\0', 0, 0xffffffff, 1, 4)).has_value());
  const std::string good = small_file('\0', "");
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_zone_file(Bytes(good).substr(0, size)).has_value()) << size;
  // A type that is not there, a name that does not end, an offset of a month.
  for (const auto& [offset, byte] :
       {std::pair{48, '\2'}, std::pair{68, 'x'}, std::pair{55, '\7'}}) {
    std::string bad = good;
    bad[static_cast<std::size_t>(offset)] = byte;
    if (offset == 55) bad[49] = '\1';
    EXPECT_FALSE(parse_zone_file(bad).has_value()) << offset;
  }
}

TEST(ParseZoneFile, RefusesZonesThatCountLeapSeconds) {
  const ZoneLoader loader = test::machine_zones();
  const auto right = loader.read("right/UTC");
  // Some systems do without these zones.
  if (right) {
    EXPECT_FALSE(parse_zone_file(*right).has_value());
  }
  EXPECT_TRUE(parse_zone_file(*loader.read("UTC")).has_value());
}

TEST(ParseZoneFile, SurvivesBrokenFiles) {
  std::mt19937 random(17);
  const std::string good = *test::machine_zones().read("Europe/Dublin");
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good.substr(0, random() % 4 == 0 ? random() % good.size() : good.size());
    for (std::uint32_t change = random() % 8; change > 0 && !bad.empty(); --change)
      bad[random() % bad.size()] = static_cast<char>(random());
    const auto zone = parse_zone_file(bad);
    if (!zone) continue;
    const TimeZone built("test", *zone);
    for (const std::int64_t moment : {INT64_MIN / 2, INT64_C(0), INT64_MAX / 2})
      EXPECT_FALSE(built.type_at(moment).abbreviation.size() > 512);
  }
}

}  // namespace
}  // namespace latchkey
