#include "base/date_time_extract.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::shown;

struct Row {
  Bytes field;
  Bytes value;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(ExtractFromTimestamp, KnowsAllFields) {
  const Row rows[] = {
      {"microseconds", "2001-02-16 20:38:40.12", "40120000"},
      {"milliseconds", "2001-02-16 20:38:40.12", "40120.000"},
      {"second", "2001-02-16 20:38:40.12", "40.120000"},
      {"minute", "2001-02-16 20:38:40.12", "38"},
      {"hour", "2001-02-16 20:38:40.12", "20"},
      {"day", "2001-02-16 20:38:40.12", "16"},
      {"week", "2001-02-16 20:38:40.12", "7"},
      {"month", "2001-02-16 20:38:40.12", "2"},
      {"quarter", "2001-02-16 20:38:40.12", "1"},
      {"year", "2001-02-16 20:38:40.12", "2001"},
      {"decade", "2001-02-16 20:38:40.12", "200"},
      {"century", "2001-02-16 20:38:40.12", "21"},
      {"millennium", "2001-02-16 20:38:40.12", "3"},
      {"isoyear", "2001-01-01", "2001"},
      {"isoyear", "2006-01-01", "2005"},
      {"week", "2006-01-01", "52"},
      {"week", "2012-12-30", "52"},
      {"week", "2020-12-31", "53"},
      {"week", "2024-12-30", "1"},
      {"dow", "2001-02-18", "0"},
      {"isodow", "2001-02-18", "7"},
      {"doy", "2020-12-31", "366"},
      {"julian", "2001-02-16", "2451957.0000000000000000000000000000"},
      {"julian", "2001-02-16 12:00", "2451957.50000000000000000000"},
      {"julian", "2001-02-16 20:38:40.12", "2451957.86018657407407407407"},
      {"julian", "2001-02-16 00:00:00.000001", "2451957.0000000000115740740740740741"},
      {"julian", "2001-02-16 00:00:00.01", "2451957.000000115740740740740741"},
      {"julian", "2001-02-16 00:00:50", "2451957.00057870370370370370"},
      {"julian", "4714-11-24 23:59:59.999999 BC", "0.99999999998842592593"},
      {"julian", "294276-12-31 00:00:00.0009", "109203527.000000010416666666666667"},
      {"epoch", "2001-02-16 20:38:40.12", "982355920.120000"},
      {"epoch", "1969-12-31 23:59:59.999999", "-0.000001"},
      {"epoch", "294276-12-31 23:59:59.999999", "9224318016000.000000"},
      {"epoch", "4714-11-24 BC", "-210866803200.000000"},
      {"year", "0001-01-01 BC", "-1"},
      {"decade", "0001-01-01 BC", "0"},
      {"century", "0001-01-01 BC", "-1"},
      {"century", "0100-01-01 BC", "-1"},
      {"century", "0101-01-01 BC", "-2"},
      {"century", "2000-12-31", "20"},
      {"millennium", "0001-01-01 BC", "-1"},
      {"millennium", "1001-01-01 BC", "-2"},
      {"millennium", "2000-12-31", "2"},
      {"decade", "0011-01-01 BC", "-1"},
      {"isoyear", "0001-01-01 BC", "-2"},
      {"year", "infinity", "Infinity"},
      {"epoch", "-infinity", "-Infinity"},
      {"julian", "-infinity", "-Infinity"},
      {"hour", "infinity", "NULL"},
      {"dow", "-infinity", "NULL"},
      {"timezone", "infinity", "NULL"},
      {"now", "infinity", "0A000 unit \"now\" not supported for type timestamp without time zone"},
      {"foo", "infinity", "22023 unit \"foo\" not recognized for type timestamp without time zone"},
      {"timezone", "2001-02-16",
       "0A000 unit \"timezone\" not supported for type timestamp without time zone"},
      {"now", "2001-02-16",
       "0A000 unit \"now\" not supported for type timestamp without time zone"},
      {"foo", "2001-02-16",
       "22023 unit \"foo\" not recognized for type timestamp without time zone"},
      {"ago", "2001-02-16",
       "22023 unit \"ago\" not recognized for type timestamp without time zone"},
      {"BC", "2001-02-16", "22023 unit \"bc\" not recognized for type timestamp without time zone"},
      {"m", "2001-02-16 20:38:40.12", "38"},
      {"MON", "2001-02-16", "2"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(extract(row.field, test::timestamp(row.value))), row.answer)
        << row.field << ' ' << row.value;
}

TEST(ExtractFromTimestampTz, ReadsTheClocksOfTheZone) {
  const Row rows[] = {
      {"hour", "2020-07-01 12:00 UTC", "14"},
      {"day", "2020-07-01 22:00 UTC", "2"},
      {"timezone", "2020-07-01 12:00 UTC", "7200"},
      {"timezone_hour", "2020-07-01 12:00 UTC", "2"},
      {"timezone_minute", "1880-07-01 12:00 UTC", "53"},
      {"timezone", "1880-07-01 12:00 UTC", "3208"},
      {"epoch", "2020-07-01 12:00 UTC", "1593604800.000000"},
      {"julian", "2020-07-01 12:00 UTC", "2459032.58333333333333333333"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(extract(row.field, test::timestamptz(row.value), test::session().zone)),
              row.answer)
        << row.field << ' ' << row.value;
  }
}

TEST(ExtractFromDate, HasNoTimeOfDay) {
  const Row rows[] = {
      {"day", "2020-12-31", "31"},
      {"week", "2020-12-31", "53"},
      {"doy", "2020-12-31", "366"},
      {"julian", "2020-12-31", "2459215"},
      {"epoch", "2020-12-31", "1609372800"},
      {"epoch", "5874897-12-31", "185331706992000"},
      {"epoch", "4714-11-24 BC", "-210866803200"},
      {"century", "infinity", "Infinity"},
      {"day", "infinity", "NULL"},
      {"epoch", "-infinity", "-Infinity"},
      {"hour", "2020-12-31", "0A000 unit \"hour\" not supported for type date"},
      {"hour", "infinity", "0A000 unit \"hour\" not supported for type date"},
      {"timezone", "2020-12-31", "0A000 unit \"timezone\" not supported for type date"},
      {"timezone_m", "infinity", "0A000 unit \"timezone_m\" not supported for type date"},
      {"now", "2020-12-31", "0A000 unit \"now\" not supported for type date"},
      {"foo", "2020-12-31", "22023 unit \"foo\" not recognized for type date"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(extract(row.field, test::date(row.value))), row.answer)
        << row.field << ' ' << row.value;
}

TEST(ExtractFromTime, HasNoDate) {
  const Row rows[] = {
      {"hour", "20:38:40.12", "20"},
      {"second", "20:38:40.12", "40.120000"},
      {"milliseconds", "20:38:40.12", "40120.000"},
      {"epoch", "20:38:40.12", "74320.120000"},
      {"hour", "24:00", "24"},
      {"day", "20:38:40.12", "0A000 unit \"day\" not supported for type time without time zone"},
      {"timezone", "20:38:40.12",
       "0A000 unit \"timezone\" not supported for type time without time zone"},
      {"now", "20:38:40.12", "22023 unit \"now\" not recognized for type time without time zone"},
      {"foo", "20:38:40.12", "22023 unit \"foo\" not recognized for type time without time zone"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(extract(row.field, test::time_of_day(row.value))), row.answer) << row.field;
  const Row zoned[] = {
      {"minute", "20:38:40.12-08:30:15", "38"},
      {"timezone", "20:38:40.12-08:30:15", "-30615"},
      {"timezone_hour", "20:38:40.12-08:30:15", "-8"},
      {"timezone_minute", "20:38:40.12-08:30:15", "-30"},
      {"epoch", "20:38:40.12-08:30:15", "104935.120000"},
      {"dow", "20:38:40.12-08:30:15",
       "0A000 unit \"dow\" not supported for type time with time zone"},
  };
  for (const Row& row : zoned)
    EXPECT_EQ(shown(extract(row.field, test::timetz(row.value))), row.answer) << row.field;
}

TEST(ExtractFromInterval, ReadsTheParts) {
  const Row rows[] = {
      {"microseconds", "1234 years 5 mons 6 days 07:08:09.101112", "9101112"},
      {"milliseconds", "1234 years 5 mons 6 days 07:08:09.101112", "9101.112"},
      {"second", "1234 years 5 mons 6 days 07:08:09.101112", "9.101112"},
      {"minute", "1234 years 5 mons 6 days 07:08:09.101112", "8"},
      {"hour", "1234 years 5 mons 6 days 1007:08:09.101112", "1007"},
      {"day", "1234 years 5 mons 6 days 07:08:09.101112", "6"},
      {"month", "1234 years 5 mons 6 days 07:08:09.101112", "5"},
      {"quarter", "1234 years 5 mons 6 days 07:08:09.101112", "2"},
      {"year", "1234 years 5 mons 6 days 07:08:09.101112", "1234"},
      {"decade", "1234 years 5 mons 6 days 07:08:09.101112", "123"},
      {"century", "1234 years 5 mons 6 days 07:08:09.101112", "12"},
      {"millennium", "1234 years 5 mons 6 days 07:08:09.101112", "1"},
      {"epoch", "1234 years 5 mons 6 days 07:08:09.101112", "38955582489.101112"},
      {"second", "-00:00:01.5", "-1.500000"},
      {"quarter", "-5 mons", "0"},
      {"epoch", "-1 mons +1 day -00:00:00.5", "-2505600.500000"},
      {"epoch", "178956970 years 7 mons 2147483647 days 2562047788:00:54.775807",
       "5842218453753654.775807"},
      {"week", "1 mon", "0A000 unit \"week\" not supported for type interval"},
      {"julian", "1 mon", "0A000 unit \"julian\" not supported for type interval"},
      {"timezone", "1 mon", "0A000 unit \"timezone\" not supported for type interval"},
      {"now", "1 mon", "22023 unit \"now\" not recognized for type interval"},
      {"foo", "1 mon", "22023 unit \"foo\" not recognized for type interval"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(extract(row.field, test::interval(row.value))), row.answer)
        << row.field << ' ' << row.value;
}

TEST(DatePart, IsADouble) {
  const auto part = [](Bytes field, Bytes text) {
    return extract(field, test::timestamp(text))->approximate;
  };
  EXPECT_EQ(part("second", "2001-02-16 20:38:40.12"), 40.12);
  EXPECT_EQ(part("milliseconds", "2001-02-16 20:38:40.12"), 40120.0);
  EXPECT_EQ(part("julian", "2001-02-16 12:00"), 2451957.5);
  EXPECT_EQ(part("epoch", "1970-01-01 00:00:00.5"), 0.5);
  EXPECT_EQ(part("year", "2001-02-16"), 2001.0);
  EXPECT_EQ(extract("epoch", test::interval("1 year 1 mon 1 day 1 s"))->approximate, 34236001.0);
  EXPECT_EQ(extract("epoch", test::timetz("00:00:00.5+01"))->approximate, -3599.5);
}

}  // namespace
}  // namespace latchkey
