#include "base/date_time_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/interval_text.h"
#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::session;
using test::shown;

struct Row {
  Bytes text;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(ParseDate, AnswersAsPostgresqlDoes) {
  const Row rows[] = {
      {"1999-01-08", "1999-01-08"},
      {"January 8, 1999", "1999-01-08"},
      {"1/8/1999", "1999-01-08"},
      {"1/18/99", "1999-01-18"},
      {"12/31/69", "2069-12-31"},
      {"12/31/70", "1970-12-31"},
      {"Jan-08-1999", "1999-01-08"},
      {"1999-Jan-08", "1999-01-08"},
      {"08-Jan-99", "1999-01-08"},
      {"08-Jan-1999", "1999-01-08"},
      {"jan 8 1999", "1999-01-08"},
      {"8 jan 1999", "1999-01-08"},
      {"1999 jan 8", "1999-01-08"},
      {"19990108", "1999-01-08"},
      {"990108", "1999-01-08"},
      {"1999.008", "1999-01-08"},
      {"1999-008", "1999-01-08"},
      {"1999-366", "2000-01-01"},
      {"J2451187", "1999-01-08"},
      {"jd 2451187", "1999-01-08"},
      {"julian 2451187", "1999-01-08"},
      {"January 8, 99 BC", "0099-01-08 BC"},
      {"0044-03-15 BC", "0044-03-15 BC"},
      {"44-03-15 bc",
       "22008 date/time field value out of range: \"44-03-15 bc\" |  | Perhaps you need a "
       "different \"datestyle\" setting."},
      {"y2001m02d04", "2001-02-04"},
      {"1999-01-08 04:05:06", "1999-01-08"},
      {"1999-01-08 24:00:00", "1999-01-08"},
      {"Fri Jan 08 1999", "1999-01-08"},
      {"Saturday 1999-01-08", "22007 invalid input syntax for type date: \"Saturday 1999-01-08\""},
      {"epoch", "1970-01-01"},
      {"infinity", "infinity"},
      {"-infinity", "-infinity"},
      {"4714-11-24 BC", "4714-11-24 BC"},
      {"5874897-12-31", "5874897-12-31"},
      {"2000-02-29", "2000-02-29"},
      {"1/2/3", "2003-01-02"},
      {"  1999-01-08 ", "1999-01-08"},
      {"1999/01/08", "1999-01-08"},
      {"1999.01.08", "1999-01-08"},
      {"8.1.1999", "1999-08-01"},
      {"on 1999-01-08 at 10:00", "1999-01-08"},
      {"1999-01-08 BC AD", "22007 invalid input syntax for type date: \"1999-01-08 BC AD\""},
      {"20000-01-01", "20000-01-01"},
      {"12345678",
       "22008 date/time field value out of range: \"12345678\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"0001-01-01", "0001-01-01"},
      {"infinity bc", "infinity"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(parse_date(row.text, session())), row.answer) << row.text;
}

TEST(ParseDate, RefusesWhatPostgresqlRefuses) {
  const Row rows[] = {
      {"2001-02-29", "22008 date/time field value out of range: \"2001-02-29\""},
      {"1900-02-29", "22008 date/time field value out of range: \"1900-02-29\""},
      {"2020-13-01",
       "22008 date/time field value out of range: \"2020-13-01\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"2020-00-10",
       "22008 date/time field value out of range: \"2020-00-10\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"2020-01-00",
       "22008 date/time field value out of range: \"2020-01-00\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"13/13/2020",
       "22008 date/time field value out of range: \"13/13/2020\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"0000-01-01", "22008 date/time field value out of range: \"0000-01-01\""},
      {"4714-11-23 BC", "22008 date out of range: \"4714-11-23 BC\""},
      {"5874898-01-01", "22008 date out of range: \"5874898-01-01\""},
      {"1999-01", "22007 invalid input syntax for type date: \"1999-01\""},
      {"1999", "22007 invalid input syntax for type date: \"1999\""},
      {"99",
       "22008 date/time field value out of range: \"99\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"jan 1999", "22007 invalid input syntax for type date: \"jan 1999\""},
      {"foo", "22007 invalid input syntax for type date: \"foo\""},
      {"1999-foo-08", "22007 invalid input syntax for type date: \"1999-foo-08\""},
      {"1999-01-08 foo", "22007 invalid input syntax for type date: \"1999-01-08 foo\""},
      {"+infinity", "22007 invalid input syntax for type date: \"+infinity\""},
      {"infinity infinity", "22007 invalid input syntax for type date: \"infinity infinity\""},
      {"infinity 1999-01-08", "22007 invalid input syntax for type date: \"infinity 1999-01-08\""},
      {"1999-01-08 1999-01-08",
       "22007 invalid input syntax for type date: \"1999-01-08 1999-01-08\""},
      {"1999-01-08 25:00", "22008 date/time field value out of range: \"1999-01-08 25:00\""},
      {"1999-01-08 Foo/Bar", "22023 time zone \"foo/bar\" not recognized"},
      {"1999-01-08 +16", "22009 time zone displacement out of range: \"1999-01-08 +16\""},
      {"1999-01-08 MET DST", "1999-01-08"},
      {"8jan1999", "1999-01-08"},
      {"1-1-1-1", "22007 invalid input syntax for type date: \"1-1-1-1\""},
      {"--", "22007 invalid input syntax for type date: \"--\""},
      {"!", "22007 invalid input syntax for type date: \"!\""},
      {"é1999-01-08", "22007 invalid input syntax for type date: \"é1999-01-08\""},
      {"99999999999999",
       "22008 date/time field value out of range: \"99999999999999\" |  | Perhaps you need a "
       "different \"datestyle\" setting."},
      {"", "22007 invalid input syntax for type date: \"\""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(parse_date(row.text, session())), row.answer) << row.text;
}

TEST(ParseTime, AnswersAsPostgresqlDoes) {
  const Row rows[] = {
      {"04:05:06.789", "04:05:06.789"},
      {"04:05:06", "04:05:06"},
      {"04:05", "04:05:00"},
      {"040506", "04:05:06"},
      {"0405", "04:05:00"},
      {"04:05 AM", "04:05:00"},
      {"04:05 PM", "16:05:00"},
      {"12:00 am", "00:00:00"},
      {"12:00 pm", "12:00:00"},
      {"04:05:06.789-8", "04:05:06.789"},
      {"04:05:06-08:00", "04:05:06"},
      {"04:05-08:00", "04:05:00"},
      {"040506-08", "04:05:06"},
      {"040506.789", "04:05:06.789"},
      {"040506+0730", "04:05:06"},
      {"04:05:06 PST", "04:05:06"},
      {"2003-04-12 04:05:06 America/New_York", "04:05:06"},
      {"04:05:06 America/New_York",
       "22007 invalid input syntax for type time: \"04:05:06 America/New_York\""},
      {"04:05:06 UTC", "04:05:06"},
      {"allballs", "00:00:00"},
      {"24:00:00", "24:00:00"},
      {"23:59:60", "24:00:00"},
      {"23:59:59.9999999", "24:00:00"},
      {"h04mm05s06", "22007 invalid input syntax for type time: \"h04mm05s06\""},
      {"h04mm05s06.5", "04:05:06.5"},
      {"T04:05:06", "04:05:06"},
      {"t 040506", "04:05:06"},
      {"05.5:06", "22007 invalid input syntax for type time: \"05.5:06\""},
      {"10:20.5", "00:10:20.5"},
      {"13:00 PM", "22008 date/time field value out of range: \"13:00 PM\""},
      {"25:00", "22008 date/time field value out of range: \"25:00\""},
      {"24:00:01", "22008 date/time field value out of range: \"24:00:01\""},
      {"10:60", "22008 date/time field value out of range: \"10:60\""},
      {"23:59:60.5", "22008 date/time field value out of range: \"23:59:60.5\""},
      {"10", "22007 invalid input syntax for type time: \"10\""},
      {"10 am", "22007 invalid input syntax for type time: \"10 am\""},
      {"epoch", "22007 invalid input syntax for type time: \"epoch\""},
      {"2020-01-01", "22007 invalid input syntax for type time: \"2020-01-01\""},
      {"04:05:06 Foo/Bar", "22023 time zone \"foo/bar\" not recognized"},
      {"04:05:06 MET DST", "04:05:06"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(parse_time(row.text, session())), row.answer) << row.text;
}

TEST(ParseTimeTz, KeepsTheZoneOfTheText) {
  const Row rows[] = {
      {"04:05:06.789-8", "04:05:06.789-08"},
      {"04:05:06-08:30", "04:05:06-08:30"},
      {"04:05:06+05:30:15", "04:05:06+05:30:15"},
      {"040506-08", "04:05:06-08"},
      {"040506-", "04:05:06+00"},
      {"04:05:06 PST", "04:05:06-08"},
      {"04:05:06 EDT", "04:05:06-04"},
      {"04:05:06Z", "04:05:06+00"},
      {"2003-04-12 04:05:06 America/New_York", "04:05:06-04"},
      {"2003-12-12 04:05:06 America/New_York", "04:05:06-05"},
      {"2003-07-12 04:05:06", "04:05:06+02"},
      {"2003-07-12 04:05:06 MSK", "04:05:06+03"},
      {"04:05:06 UTC+3", "04:05:06-03"},
      {"04:05:06 Asia/Tokyo",
       "22007 invalid input syntax for type time with time zone: \"04:05:06 Asia/Tokyo\""},
      {"allballs", "00:00:00+00"},
      {"04:05:06 America/New_York",
       "22007 invalid input syntax for type time with time zone: \"04:05:06 America/New_York\""},
      {"04:05:06+16", "22009 time zone displacement out of range: \"04:05:06+16\""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(parse_timetz(row.text, session())), row.answer) << row.text;
}

TEST(ParseTimestamp, AnswersAsPostgresqlDoes) {
  const Row rows[] = {
      {"1999-01-08 04:05:06", "1999-01-08 04:05:06"},
      {"1999-01-08 04:05:06 -8:00", "1999-01-08 04:05:06"},
      {"1999-01-08T04:05:06.789Z", "1999-01-08 04:05:06.789"},
      {"1999-01-08t04:05:06", "1999-01-08 04:05:06"},
      {"2020-01-01T10:00:00.5Z", "2020-01-01 10:00:00.5"},
      {"January 8 04:05:06 1999 PST", "1999-01-08 04:05:06"},
      {"Jan 8 1999 4:05 pm", "1999-01-08 16:05:00"},
      {"20200101T101112", "2020-01-01 10:11:12"},
      {"20200101 101112.25", "2020-01-01 10:11:12.25"},
      {"2020-01-01 101112-08", "2020-01-01 10:11:12"},
      {"1999-01-08 24:00", "1999-01-09 00:00:00"},
      {"1999-12-31 23:59:59.9999999", "2000-01-01 00:00:00"},
      {"1999-01-08 04:05:06.1234565", "1999-01-08 04:05:06.123456"},
      {"1999-01-08 04:05:06.1234575", "1999-01-08 04:05:06.123458"},
      {"1999-01-08 04:05:06.", "1999-01-08 04:05:06"},
      {"infinity", "infinity"},
      {"-infinity", "-infinity"},
      {"epoch", "1970-01-01 00:00:00"},
      {"epoch 10:00", "1970-01-01 00:00:00"},
      {"J2451187.5", "1999-01-08 12:00:00"},
      {"2451187 j",
       "22008 date/time field value out of range: \"2451187 j\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999"},
      {"4714-11-24 00:00:00 BC", "4714-11-24 00:00:00 BC"},
      {"Wed Jul 17 07:37:16 1996 MET DST", "1996-07-17 07:37:16"},
      {"Feb 8.5 1999",
       "22008 date/time field value out of range: \"Feb 8.5 1999\" |  | Perhaps you need a "
       "different \"datestyle\" setting."},
      {"1999-01-08 10", "22007 invalid input syntax for type timestamp: \"1999-01-08 10\""},
      {"1999-01-08 1030", "1999-01-08 10:30:00"},
      {"99-01-08",
       "22008 date/time field value out of range: \"99-01-08\" |  | Perhaps you need a different "
       "\"datestyle\" setting."},
      {"y2001m02d04 h04mm05s06.789", "2001-02-04 04:05:06.789"},
      {"2001-02-04 BC 10:00", "2001-02-04 10:00:00 BC"},
      {"2020-01-01 10:00 pm am",
       "22007 invalid input syntax for type timestamp: \"2020-01-01 10:00 pm am\""},
      {"294277-01-01 00:00", "22008 timestamp out of range: \"294277-01-01 00:00\""},
      {"294276-12-31 24:00:00", "22008 timestamp out of range: \"294276-12-31 24:00:00\""},
      {"4714-11-23 23:59:59 BC", "22008 timestamp out of range: \"4714-11-23 23:59:59 BC\""},
      {"04:05:06 1999-01-08",
       "22007 invalid input syntax for type timestamp: \"04:05:06 1999-01-08\""},
      {"1999-01-08 04:05:06 04:05:06",
       "22007 invalid input syntax for type timestamp: \"1999-01-08 04:05:06 04:05:06\""},
      {"1999-01-08 J", "1999-01-08 00:00:00"},
      {"now epoch", "1970-01-01 00:00:00"},
      {"j2451187 infinity", "infinity"},
      {"infinity j2451187", "1999-01-08 00:00:00"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(parse_timestamp(row.text, session())), row.answer) << row.text;
}

TEST(ParseTimestampTz, KnowsZonesInEveryForm) {
  const Row rows[] = {
      {"1999-01-08 04:05:06", "1999-01-08 04:05:06+01"},
      {"1999-07-08 04:05:06", "1999-07-08 04:05:06+02"},
      {"1999-01-08 04:05:06 -8", "1999-01-08 13:05:06+01"},
      {"1999-01-08 04:05:06-08:30", "1999-01-08 13:35:06+01"},
      {"1999-01-08 04:05:06+05:30:15", "1999-01-07 23:34:51+01"},
      {"1999-01-08 04:05:06+0530", "1999-01-07 23:35:06+01"},
      {"1999-01-08 04:05:06 PST", "1999-01-08 13:05:06+01"},
      {"1999-01-08 04:05:06 pdt", "1999-01-08 12:05:06+01"},
      {"1999-01-08 04:05:06 America/New_York", "1999-01-08 10:05:06+01"},
      {"1999-07-08 04:05:06 AMERICA/NEW_YORK", "1999-07-08 10:05:06+02"},
      {"1999-07-08 04:05:06 america/argentina/buenos_aires", "1999-07-08 09:05:06+02"},
      {"1999-01-08 04:05:06 MSK", "1999-01-08 02:05:06+01"},
      {"2013-01-08 04:05:06 MSK", "2013-01-08 01:05:06+01"},
      {"2018-01-08 04:05:06 MSK", "2018-01-08 02:05:06+01"},
      {"1999-01-08 04:05:06 UTC+3", "1999-01-08 08:05:06+01"},
      {"1999-01-08 04:05:06 <+02>-02",
       "22007 invalid input syntax for type timestamp with time zone: \"1999-01-08 04:05:06 "
       "<+02>-02\""},
      {"1999-01-08 04:05:06 Etc/GMT-5", "1999-01-08 00:05:06+01"},
      {"1999-07-08 04:05:06 CET-1CEST,M3.5.0,M10.5.0/3",
       "22007 invalid input syntax for type timestamp with time zone: \"1999-07-08 04:05:06 "
       "CET-1CEST,M3.5.0,M10.5.0/3\""},
      {"1999-07-08 04:05:06 XYZ5ABC", "1999-07-08 10:05:06+02"},
      {"1999-01-08 04:05:06 EST5EDT", "1999-01-08 10:05:06+01"},
      {"1999-01-08 04:05:06Z", "1999-01-08 05:05:06+01"},
      {"1999-01-08 04:05:06 zulu", "1999-01-08 05:05:06+01"},
      {"Wed Jul 17 07:37:16 1996 MET DST", "1996-07-17 07:37:16+02"},
      {"J2451187-8", "1999-01-08 09:00:00+01"},
      {"J2451187.5 PST", "1999-01-08 21:00:00+01"},
      {"0001-01-01 00:00", "0001-01-01 00:00:00+00:53:28"},
      {"1850-01-01 00:00", "1850-01-01 00:00:00+00:53:28"},
      {"2020-03-29 02:30", "2020-03-29 03:30:00+02"},
      {"2020-10-25 02:30", "2020-10-25 02:30:00+01"},
      {"2020-03-29 01:59:59.999999", "2020-03-29 01:59:59.999999+01"},
      {"2020-03-29 03:00", "2020-03-29 03:00:00+02"},
      {"2100-07-01 12:00", "2100-07-01 12:00:00+02"},
      {"2100-12-01 12:00", "2100-12-01 12:00:00+01"},
      {"294276-12-31 23:59:59.999999 UTC", "294277-01-01 00:59:59.999999+01"},
      {"4714-11-24 00:00 BC UTC", "4714-11-24 00:53:28+00:53:28 BC"},
      {"infinity", "infinity"},
      {"-infinity", "-infinity"},
      {"epoch", "1970-01-01 01:00:00+01"},
      {"2020-01-01 00:00:00-00:00:59", "2020-01-01 01:00:59+01"},
      {"1999-01-08 04:05:06 Foo/Bar", "22023 time zone \"foo/bar\" not recognized"},
      {"1999-01-08 04:05:06 foo",
       "22007 invalid input syntax for type timestamp with time zone: \"1999-01-08 04:05:06 foo\""},
      {"1999-01-08 04:05:06 +16",
       "22009 time zone displacement out of range: \"1999-01-08 04:05:06 +16\""},
      {"1999-01-08 04:05:06 +15:60",
       "22009 time zone displacement out of range: \"1999-01-08 04:05:06 +15:60\""},
      {"1999-01-08 04:05:06 +99999999999",
       "22009 time zone displacement out of range: \"1999-01-08 04:05:06 +99999999999\""},
      {"1999-01-08 04:05:06 DST",
       "22007 invalid input syntax for type timestamp with time zone: \"1999-01-08 04:05:06 DST\""},
      {"1999-01-08 04:05:06 America/New_York DST",
       "22007 invalid input syntax for type timestamp with time zone: \"1999-01-08 04:05:06 "
       "America/New_York DST\""},
      {"1999-01-08 04:05:06 PST PST",
       "22007 invalid input syntax for type timestamp with time zone: \"1999-01-08 04:05:06 PST "
       "PST\""},
      {"294277-01-01 00:00:00 UTC", "22008 timestamp out of range: \"294277-01-01 00:00:00 UTC\""},
      {"4714-11-23 23:00 BC UTC", "22008 timestamp out of range: \"4714-11-23 23:00 BC UTC\""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(parse_timestamptz(row.text, session())), row.answer) << row.text;
}

// The transaction began on 2020-05-17 12:34:56.789 UTC, two hours later on the clocks of Berlin.
TEST(ParseTimestampTz, TakesTheMomentFromTheTransaction) {
  EXPECT_EQ(shown(parse_timestamptz("now", session())), "2020-05-17 14:34:56.789+02");
  EXPECT_EQ(shown(parse_timestamptz("today", session())), "2020-05-17 00:00:00+02");
  EXPECT_EQ(shown(parse_timestamptz("tomorrow 10:00", session())), "2020-05-18 10:00:00+02");
  EXPECT_EQ(shown(parse_timestamptz("yesterday UTC", session())), "2020-05-16 02:00:00+02");
  EXPECT_EQ(shown(parse_timestamp("now", session())), "2020-05-17 14:34:56.789");
  EXPECT_EQ(shown(parse_date("now", session())), "2020-05-17");
  EXPECT_EQ(shown(parse_time("now", session())), "14:34:56.789");
  EXPECT_EQ(shown(parse_timetz("now", session())), "14:34:56.789+02");
  EXPECT_EQ(shown(parse_timetz("10:00", session())), "10:00:00+02");

  const DateTimeSession tokyo{TimestampTz{643'071'600'000'000}, test::zone("Asia/Tokyo"),
                              test::zones()};
  EXPECT_EQ(shown(parse_date("today", tokyo)), "2020-05-18");
}

TEST(ParseTimestamp, RefusesTextsThatAreTooLong) {
  EXPECT_TRUE(parse_timestamp(std::string(10'000, ' ') + "1999-01-08", session()));
  EXPECT_FALSE(parse_timestamp("1999-01-08 10:00:00." + std::string(200, '0'), session()));
  EXPECT_FALSE(parse_timestamp(std::string(1'000'000, '1'), session()));
  EXPECT_FALSE(parse_timestamp(Bytes("1999-01-08\0", 11), session()));
  EXPECT_FALSE(parse_timestamp("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6", session()));
}

TEST(FormatTimestampTz, ShowsTheOffsetOfTheZone) {
  const struct {
    Bytes zone;
    Bytes text;
  } rows[] = {
      {"UTC", "2020-01-01 12:00:00+00"},
      {"Asia/Kolkata", "2020-01-01 17:30:00+05:30"},
      {"America/St_Johns", "2020-01-01 08:30:00-03:30"},
      {"<+05:30:15>-05:30:15", "2020-01-01 17:30:15+05:30:15"},
      {"Pacific/Apia", "2020-01-02 02:00:00+14"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(format_timestamptz(test::timestamptz("2020-01-01 12:00 UTC"), test::zone(row.zone)),
              row.text);
  }
}

TEST(FormatTimestamp, ShowsTheWholeRange) {
  EXPECT_EQ(format_timestamp({kTimestampMin}), "4714-11-24 00:00:00 BC");
  EXPECT_EQ(format_timestamp({kTimestampEnd - 1}), "294276-12-31 23:59:59.999999");
  EXPECT_EQ(format_timestamp({-1}), "1999-12-31 23:59:59.999999");
  EXPECT_EQ(format_timestamp({500'000}), "2000-01-01 00:00:00.5");
  EXPECT_EQ(format_date({kDateMin}), "4714-11-24 BC");
  EXPECT_EQ(format_date({kDateEnd - 1}), "5874897-12-31");
  EXPECT_EQ(format_time({kMicrosPerDay}), "24:00:00");
}

TEST(FormatTimestamp, IsReadBackAsTheSameMoment) {
  std::mt19937_64 random(11);
  std::uniform_int_distribution<std::int64_t> moments(kTimestampMin, kTimestampEnd - 1);
  std::uniform_int_distribution<std::int32_t> days(kDateMin, kDateEnd - 1);
  for (int i = 0; i < 5'000; ++i) {
    const Timestamp timestamp{moments(random)};
    const TimestampTz moment{moments(random)};
    const Date date{days(random)};
    ASSERT_EQ(*parse_timestamp(format_timestamp(timestamp), session()), timestamp);
    ASSERT_EQ(*parse_date(format_date(date), session()), date);
    ASSERT_EQ(*parse_timestamptz(shown(moment), session()), moment);
  }
}

// Verified: no text stops the process. Not verified: what is made of it.
TEST(ParseTimestamp, SurvivesAnyBytes) {
  std::mt19937 random(12);
  const Bytes likely = "0123456789:-+./ TZjanBCpm\t\0\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 40, ' ');
    for (char& c : text) {
      c = random() % 4 == 0 ? static_cast<char>(random() % 256) : likely[random() % likely.size()];
    }
    (void)parse_date(text, session()).has_value();
    (void)parse_time(text, session()).has_value();
    (void)parse_timetz(text, session()).has_value();
    (void)parse_timestamp(text, session()).has_value();
    (void)parse_timestamptz(text, session()).has_value();
    (void)parse_interval(text).has_value();
  }
}

}  // namespace
}  // namespace latchkey
