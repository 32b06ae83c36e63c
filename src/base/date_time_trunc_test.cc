#include "base/date_time_trunc.h"

#include <gtest/gtest.h>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::interval;
using test::shown;
using test::timestamp;
using test::timestamptz;

struct Row {
  Bytes unit;
  Bytes value;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(TruncateTimestamp, KnowsAllUnits) {
  const Row rows[] = {
      {"microseconds", "2019-08-15 13:14:15.123456", "2019-08-15 13:14:15.123456"},
      {"milliseconds", "2019-08-15 13:14:15.123456", "2019-08-15 13:14:15.123"},
      {"second", "2019-08-15 13:14:15.123456", "2019-08-15 13:14:15"},
      {"minute", "2019-08-15 13:14:15.123456", "2019-08-15 13:14:00"},
      {"hour", "2019-08-15 13:14:15.123456", "2019-08-15 13:00:00"},
      {"day", "2019-08-15 13:14:15.123456", "2019-08-15 00:00:00"},
      {"week", "2019-08-15 13:14:15.123456", "2019-08-12 00:00:00"},
      {"month", "2019-08-15 13:14:15.123456", "2019-08-01 00:00:00"},
      {"quarter", "2019-08-15 13:14:15.123456", "2019-07-01 00:00:00"},
      {"year", "2019-08-15 13:14:15.123456", "2019-01-01 00:00:00"},
      {"decade", "2019-08-15 13:14:15.123456", "2010-01-01 00:00:00"},
      {"century", "2019-08-15 13:14:15.123456", "2001-01-01 00:00:00"},
      {"millennium", "2019-08-15 13:14:15.123456", "2001-01-01 00:00:00"},
      {"week", "2021-01-03", "2020-12-28 00:00:00"},
      {"week", "2024-12-31", "2024-12-30 00:00:00"},
      {"century", "2000-12-31", "1901-01-01 00:00:00"},
      {"century", "0001-01-01", "0001-01-01 00:00:00"},
      {"century", "0001-01-01 BC", "0100-01-01 00:00:00 BC"},
      {"century", "0100-01-01 BC", "0100-01-01 00:00:00 BC"},
      {"century", "0101-01-01 BC", "0200-01-01 00:00:00 BC"},
      {"decade", "0001-01-01 BC", "0001-01-01 00:00:00 BC"},
      {"decade", "0010-01-01 BC", "0011-01-01 00:00:00 BC"},
      {"decade", "0011-01-01 BC", "0011-01-01 00:00:00 BC"},
      {"millennium", "0500-01-01 BC", "1000-01-01 00:00:00 BC"},
      {"millennium", "1001-01-01 BC", "2000-01-01 00:00:00 BC"},
      {"WEEKS", "2019-08-15", "2019-08-12 00:00:00"},
      {"c", "2019-08-15", "2001-01-01 00:00:00"},
      {"m", "2019-08-15 13:14:15", "2019-08-15 13:14:00"},
      {"millisecondsxyz", "2019-08-15 13:14:15.1239", "2019-08-15 13:14:15.123"},
      {"infinity", "infinity", "infinity"},
      {"foo", "infinity", "infinity"},
      {"week", "-infinity", "-infinity"},
      {"foo", "2019-08-15",
       "22023 unit \"foo\" not recognized for type timestamp without time zone"},
      {"dow", "2019-08-15",
       "22023 unit \"dow\" not recognized for type timestamp without time zone"},
      {"timezone", "2019-08-15",
       "0A000 unit \"timezone\" not supported for type timestamp without time zone"},
      {"Timezone_Hour", "2019-08-15",
       "0A000 unit \"timezone_hour\" not supported for type timestamp without time zone"},
      {"ago", "2019-08-15",
       "22023 unit \"ago\" not recognized for type timestamp without time zone"},
      {"millennium", "4714-11-24 BC", "22008 timestamp out of range"},
      {"week", "4714-11-24 BC", "4714-11-24 00:00:00 BC"},
      {"week", "4714-11-25 BC", "4714-11-24 00:00:00 BC"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(truncate(row.unit, timestamp(row.value))), row.answer)
        << row.unit << ' ' << row.value;
}

TEST(TruncateTimestampTz, TakesTheOffsetOfTheDayOrKeepsItsOwn) {
  const Row rows[] = {
      {"day", "2020-03-29 12:00", "2020-03-29 00:00:00+01"},
      {"hour", "2020-10-25 02:30+02", "2020-10-25 02:00:00+02"},
      {"hour", "2020-10-25 02:30+01", "2020-10-25 02:00:00+01"},
      {"month", "2020-10-26 12:00", "2020-10-01 00:00:00+02"},
      {"year", "2020-07-01 12:00", "2020-01-01 00:00:00+01"},
      {"week", "2020-03-30 00:00", "2020-03-30 00:00:00+02"},
      {"day", "1893-04-01 00:03", "1893-04-01 00:06:32+01"},
      {"hour", "1850-01-01 12:30 UTC", "1850-01-01 13:00:00+00:53:28"},
      {"foo", "2020-01-01", "22023 unit \"foo\" not recognized for type timestamp with time zone"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(truncate(row.unit, timestamptz(row.value), test::session().zone)), row.answer)
        << row.unit << ' ' << row.value;
  }
  EXPECT_EQ(shown(truncate("day", timestamptz("2020-01-01 12:00"), test::zone("Asia/Tokyo"))),
            "2019-12-31 16:00:00+01");
}

TEST(TruncateInterval, CutsEachPart) {
  const Row rows[] = {
      {"millennium", "3456 years 7 mons 8 days 09:10:11.121314", "3000 years"},
      {"century", "3456 years 7 mons 8 days 09:10:11.121314", "3400 years"},
      {"decade", "3456 years 7 mons 8 days 09:10:11.121314", "3450 years"},
      {"year", "3456 years 7 mons 8 days 09:10:11.121314", "3456 years"},
      {"quarter", "3456 years 8 mons 8 days 09:10:11.121314", "3456 years 6 mons"},
      {"month", "3456 years 7 mons 8 days 09:10:11.121314", "3456 years 7 mons"},
      {"day", "3456 years 7 mons 8 days 09:10:11.121314", "3456 years 7 mons 8 days"},
      {"hour", "3456 years 7 mons 8 days 09:10:11.121314", "3456 years 7 mons 8 days 09:00:00"},
      {"minute", "1 mon -09:10:11.121314", "1 mon -09:10:00"},
      {"second", "-09:10:11.121314", "-09:10:11"},
      {"milliseconds", "-09:10:11.121314", "-09:10:11.121"},
      {"microseconds", "-09:10:11.121314", "-09:10:11.121314"},
      {"quarter", "-5 mons", "-3 mons"},
      {"decade", "-15 years", "-10 years"},
      {"week", "1 mon 8 days",
       "0A000 unit \"week\" not supported for type interval | Months usually have fractional "
       "weeks. | "},
      {"foo", "1 mon", "22023 unit \"foo\" not recognized for type interval"},
      {"timezone", "1 mon", "0A000 unit \"timezone\" not supported for type interval"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(truncate(row.unit, interval(row.value))), row.answer)
        << row.unit << ' ' << row.value;
}

TEST(Bin, IsTheStretchThatHoldsTheMoment) {
  const struct {
    Bytes stride;
    Bytes value;
    Bytes origin;
    Bytes answer;
  } rows[] = {
      {"15 minutes", "2020-02-11 15:44:17", "2001-01-01", "2020-02-11 15:30:00"},
      {"15 minutes", "2020-02-11 15:44:17", "2001-01-01 00:02:30", "2020-02-11 15:32:30"},
      {"1 day", "2020-02-11 15:44:17", "2001-01-01 12:00", "2020-02-11 12:00:00"},
      {"15 minutes", "2000-12-31 23:50", "2001-01-01", "2000-12-31 23:45:00"},
      {"15 minutes", "2000-12-31 23:45", "2001-01-01", "2000-12-31 23:45:00"},
      {"1 day 1 hour", "2020-02-11", "2020-02-01", "2020-02-10 09:00:00"},
      {"7 us", "2020-02-11 15:44:17.000010", "2020-02-11 15:44:17", "2020-02-11 15:44:17.000007"},
      {"1 day", "infinity", "2020-02-01", "infinity"},
      {"1 day", "2020-02-11", "infinity", "22008 origin out of range"},
      {"1 month", "2020-02-11", "2001-01-01",
       "0A000 timestamps cannot be binned into intervals containing months or years"},
      {"-1 day", "2020-02-11", "2001-01-01", "22008 stride must be greater than zero"},
      {"0", "2020-02-11", "2001-01-01", "22008 stride must be greater than zero"},
      {"2147483647 days", "2020-02-11", "2001-01-01", "22008 interval out of range"},
      {"1 day", "294276-12-31", "4714-11-24 BC", "22008 interval out of range"},
      {"100 days", "4714-11-24 BC", "4714-12-24 BC", "22008 timestamp out of range"},
  };
  for (const auto& row : rows) {
    const Bins<Timestamp> bins{timestamp(row.origin), interval(row.stride)};
    EXPECT_EQ(shown(bin(timestamp(row.value), bins)), row.answer) << row.stride << ' ' << row.value;
  }
  const Bins<TimestampTz> hours{timestamptz("2020-01-01"), interval("1 hour")};
  EXPECT_EQ(shown(bin(timestamptz("2020-07-01 12:34"), hours)), "2020-07-01 12:00:00+02");
}

TEST(UnitErrors, ShowTheNameInLowerCaseAndCutIt) {
  EXPECT_EQ(unknown_unit({"FOO", "date"}).message(), "unit \"foo\" not recognized for type date");
  const std::string cut = unsupported_unit({std::string(100, 'X'), "date"}).message();
  EXPECT_EQ(cut, "unit \"" + std::string(63, 'x') + "\" not supported for type date");
}

}  // namespace
}  // namespace latchkey
