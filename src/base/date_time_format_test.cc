#include "base/date_time_format.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using test::shown;

struct Row {
  Bytes value;
  Bytes pattern;
  Bytes answer;
};

// The answers in all tables are those of PostgreSQL 15.18 with the time zone Europe/Berlin.

TEST(ToCharOfTimestamp, KnowsAllPatterns) {
  const Row rows[] = {
      {"2020-07-05 14:05:06.789012", "YYYY-MM-DD HH24:MI:SS.US", "2020-07-05 14:05:06.789012"},
      {"2020-07-05 14:05:06.789012", "HH HH12 HH24 MI SS MS US SSSS SSSSS",
       "02 02 14 05 06 789 789012 50706 50706"},
      {"2020-07-05 14:05:06.789012", "FF1 FF2 FF3 FF4 FF5 FF6", "7 78 789 7890 78901 789012"},
      {"2020-07-05 14:05:06.789012", "AM am A.M. a.m. PM pm P.M. p.m.",
       "PM pm P.M. p.m. PM pm P.M. p.m."},
      {"2020-07-05 04:05:06.789012", "AM am A.M. a.m. PM pm P.M. p.m.",
       "AM am A.M. a.m. AM am A.M. a.m."},
      {"2020-07-05 14:05:06.789012", "Y,YYY YYYY YYY YY Y IYYY IYY IY I",
       "2,020 2020 020 20 0 2020 020 20 0"},
      {"2020-07-05 14:05:06.789012", "BC bc B.C. b.c. AD ad A.D. a.d.",
       "AD ad A.D. a.d. AD ad A.D. a.d."},
      {"2020-07-05 14:05:06.789012", "MONTH|Month|month|MON|Mon|mon|MM|",
       "JULY     |July     |july     |JUL|Jul|jul|07|"},
      {"2020-07-05 14:05:06.789012", "DAY|Day|day|DY|Dy|dy|DDD|IDDD|DD|D|ID|",
       "SUNDAY   |Sunday   |sunday   |SUN|Sun|sun|187|189|05|1|7|"},
      {"2020-07-05 14:05:06.789012", "W WW IW CC J Q RM|rm|", "1 27 27 21 2459036 3 VII |vii |"},
      {"2020-07-05 14:05:06.789012", "TZ|tz|TZH|TZM|OF", "||+00|00|+00"},
      {"2020-07-05 14:05:06.789012", "FMMonth FMDay FMDD FMMM FMHH24 FMMI FMSS FMDDD FMRM FMWW|",
       "July Sunday 5 7 14 5 6 187 VII 27|"},
      {"2020-07-05 14:05:06.789012", "TMMonth|TMDay|TMMon|TMDy|TMMM|", "July|Sunday|Jul|Sun|07|"},
      {"2020-07-05 14:05:06.789012", "FMTMMonth|TMFMMonth|", "T07onth|F07onth|"},
      {"2020-07-05 14:05:06.789012", "DDth DDTH Dth YYYYth HH12th MIth FF3th DDSP DDthSP",
       "05th 05TH 1st 2020th 02nd 05th 789th 05 05thSP"},
      {"2020-07-05 14:05:06.789012", "\"Year: \"YYYY, \"quoted \\\" \\\\ \"DD \\\"x\\\" \\y",
       "Year: 2020, quoted \" \\ 05 \"x\" \\0"},
      {"2020-07-05 14:05:06.789012", "Dd Yyyy mM Hh24 Mi FX fx", "11 0020 mM Hh24 M0  "},
      {"2020-07-05 14:05:06.789012", "\"open YYYY", "open YYYY"},
      {"2020-07-05 14:05:06.789012", "é YYYY ¬ 日本 DD", "é 2020 ¬ 日本 05"},
      {"0044-03-15 00:00 BC", "YYYY YYY YY Y Y,YYY CC BC IYYY IW J",
       "0044 044 44 4 0,044 -01 BC 0044 11 1705428"},
      {"0001-01-01", "YYYY YYY YY Y Y,YYY CC BC IYYY IW J",
       "0001 001 01 1 0,001 01 AD 0001 01 1721426"},
      {"12020-03-15", "YYYY YYY YY Y Y,YYY CC BC IYYY FMYYYY FMY,YYY",
       "12020 020 20 0 12,020 121 AD 12020 12020 12,020"},
      {"2000-12-31", "CC YY", "20 00"},
      {"2001-01-01", "CC YY", "21 01"},
      {"2021-01-03", "IYYY-IW-ID IDDD", "2020-53-7 371"},
      {"2024-12-30", "IYYY-IW-ID IDDD", "2025-01-1 001"},
      {"2020-01-01", "DDth", "01st"},
      {"2020-01-02", "DDth", "02nd"},
      {"2020-01-03", "DDth", "03rd"},
      {"2020-01-04", "DDth", "04th"},
      {"2020-01-11", "DDth", "11th"},
      {"2020-01-12", "DDTH", "12TH"},
      {"2020-01-13", "DDth", "13th"},
      {"2020-01-21", "DDTH", "21ST"},
      {"2020-01-22", "FMDDTH", "22ND"},
      {"2020-01-01 00:00", "HH12 HH24 HH AM", "12 00 12 AM"},
      {"2020-01-01 12:00", "HH12 HH24 HH AM", "12 12 12 PM"},
      {"infinity", "YYYY", "NULL"},
      {"2020-01-01", "", "NULL"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(to_char(test::timestamp(row.value), row.pattern)), row.answer) << row.pattern;
}

TEST(ToCharOfTimestampTz, ShowsTheZone) {
  const Row rows[] = {
      {"2020-07-05 12:00 UTC", "YYYY-MM-DD HH24:MI TZ tz TZH:TZM OF FMOF",
       "2020-07-05 14:00 CEST cest +02:00 +02 +2"},
      {"2020-01-05 12:00 UTC", "YYYY-MM-DD HH24:MI TZ tz TZH:TZM OF",
       "2020-01-05 13:00 CET cet +01:00 +01"},
      {"1880-01-05 12:00 UTC", "HH24:MI:SS TZ TZH:TZM OF", "12:53:28 LMT +00:53 +00:53"},
      {"-infinity", "YYYY", "NULL"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(to_char(test::timestamptz(row.value), row.pattern, test::session().zone)),
              row.answer)
        << row.pattern;
  }
  EXPECT_EQ(shown(to_char(test::timestamptz("2020-07-05 12:00 UTC"), "TZ OF TZH TZM",
                          test::zone("America/St_Johns"))),
            "NDT -02:30 -02 30");
}

TEST(ToCharOfInterval, ShowsPartsWithTheirSigns) {
  const Row rows[] = {
      {"1 year 2 mons 3 days 04:05:06.789", "YYYY MM DD HH24:MI:SS.MS", "0001 02 03 04:05:06.789"},
      {"-1 year -2 mons -3 days -04:05:06.789", "YYYY MM DD HH24:MI:SS.MS",
       "-0001 -02 -3 -04:-05:-06.-789"},
      {"100:05:06", "HH24 HH12 HH FMHH24 AM SSSS", "100 04 04 100 AM 360306"},
      {"-100:05:06", "HH24 HH12 HH FMHH24 AM SSSS", "-100 -04 -04 -100 AM -360306"},
      {"5 mons", "Q RM rm FMRM|", "2 V    v    V|"},
      {"-5 mons", "Q RM rm FMRM|", "-1 VIII viii VIII|"},
      {"1 year", "Q|RM|", "|XII |"},
      {"-1 year", "Q|RM|", "|I   |"},
      {"1 day", "Q|RM|", "||"},
      {"1000 years 5 days", "J IW IDDD DDD WW W CC IYYY IYY IY I YYY Y,YYY",
       "2086276 49 340 360005 51430 1 10 0999 999 99 9 000 1,000"},
      {"-12 years 5 days", "YYYY YYY YY Y Y,YYY CC DDD", "-0012 -012 -12 -2 0,-12 00 -4315"},
      {"1 mon 11 days", "DDth DDDTH MMth", "11th 041ST 01st"},
      {"1 day", "Day",
       "22007 invalid format specification for an interval value |  | Intervals are not tied to "
       "specific calendar dates."},
      {"1 day", "Month",
       "22007 invalid format specification for an interval value |  | Intervals are not tied to "
       "specific calendar dates."},
      {"1 day", "YYYY TZ",
       "22007 invalid format specification for an interval value |  | Intervals are not tied to "
       "specific calendar dates."},
      {"1 day", "D",
       "22007 invalid format specification for an interval value |  | Intervals are not tied to "
       "specific calendar dates."},
      {"1 day", "BC",
       "22007 invalid format specification for an interval value |  | Intervals are not tied to "
       "specific calendar dates."},
      {"1 day", "OF",
       "22007 invalid format specification for an interval value |  | Intervals are not tied to "
       "specific calendar dates."},
      {"1 day", "", "NULL"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(shown(to_char(test::interval(row.value), row.pattern)), row.answer) << row.pattern;
}

// Verified: no pattern stops the process and each adds a bounded number of bytes.
TEST(ToChar, SurvivesAnyPattern) {
  std::mt19937 random(14);
  const Bytes likely = "YMDHSWQIJACPFTOUZymdhsijcptXxth24123.,\"\\ \xc3\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string pattern(random() % 30, ' ');
    for (char& c : pattern) c = likely[random() % likely.size()];
    const Timestamp value{static_cast<std::int64_t>(random()) * 1'000'000'007};
    const auto text = to_char(value, pattern);
    EXPECT_LE(text.value_or("").size(), pattern.size() * 12) << pattern;
    const Interval span{static_cast<std::int64_t>(random()) << 31, static_cast<int>(random()),
                        static_cast<int>(random())};
    (void)to_char(span, pattern).has_value();
  }
}

}  // namespace
}  // namespace latchkey
