#include "base/date_time_decoder.h"

#include <gtest/gtest.h>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

using Special = DateTimeDecoder::Special;
using Wanted = DateTimeDecoder::Wanted;

struct Decoded {
  DecodeOutcome outcome;
  CivilDateTime civil;
  std::int32_t utc_offset_seconds;
  Special special;
  std::string unknown_zone;
};

Decoded decode(Bytes text, Wanted wanted = Wanted::DateTime) {
  FieldList fields;
  EXPECT_TRUE(fields.split(text, FieldBytesMax::Timestamp)) << text;
  DateTimeDecoder decoder(fields, test::session(), wanted);
  const DecodeOutcome outcome = decoder.run();
  return {outcome, decoder.civil(), decoder.utc_offset_seconds(), decoder.special(),
          decoder.unknown_zone()};
}

// What whole texts mean is tested in date_time_text_test.cc.
TEST(DateTimeDecoder, FindsTheOffsetOfTheTextOrOfTheSession) {
  EXPECT_EQ(decode("2020-07-01 10:00").utc_offset_seconds, 7'200);
  EXPECT_EQ(decode("2020-01-01 10:00").utc_offset_seconds, 3'600);
  EXPECT_EQ(decode("2020-07-01 10:00-08").utc_offset_seconds, -28'800);
  EXPECT_EQ(decode("2020-07-01 10:00 PST").utc_offset_seconds, -28'800);
  EXPECT_EQ(decode("2020-07-01 10:00 PST DST").utc_offset_seconds, -25'200);
  EXPECT_EQ(decode("2020-07-01 10:00 Asia/Tokyo").utc_offset_seconds, 32'400);
  EXPECT_EQ(decode("2013-07-01 10:00 MSK").utc_offset_seconds, 14'400);
}

TEST(DateTimeDecoder, LeavesSpecialMomentsToTheCaller) {
  EXPECT_EQ(decode("infinity").special, Special::Infinity);
  EXPECT_EQ(decode("-infinity").special, Special::MinusInfinity);
  EXPECT_EQ(decode("epoch").special, Special::Epoch);
  EXPECT_EQ(decode("now").special, Special::None);
}

TEST(DateTimeDecoder, NamesTheZoneThatIsUnknown) {
  const Decoded decoded = decode("2020-07-01 10:00 Foo/Bar");
  EXPECT_EQ(decoded.outcome, DecodeOutcome::UnknownZone);
  EXPECT_EQ(decoded.unknown_zone, "foo/bar");
}

TEST(DateTimeDecoder, NeedsAZoneFileForAnAbbreviation) {
  ZoneLoader nothing;
  nothing.read = [](const std::string& path) -> Result<std::string> {
    return Error(ErrorCode::FileMissing, path);
  };
  nothing.list = [](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{};
  };
  TimeZones none(nothing);
  const auto parsed = parse_timestamptz("2020-01-01 MSK", {TimestampTz{0}, TimeZone::utc(), none});
  EXPECT_EQ(test::shown(parsed),
            "22023 time zone \"Europe/Moscow\" not recognized | This time zone name appears in the "
            "configuration file for time zone abbreviation \"msk\". | ");
}

TEST(DateTimeDecoder, RefusesToBeToldTheSameTwice) {
  for (const Bytes text :
       {"2020-01-01 2020-01-01", "2020-01-01 10:00 10:00", "2020-01-01 +05 +05", "2020-01-01 am am",
        "2020-01-01 bc bc", "mon mon 2020-01-01", "2020-01-01 utc utc", "y2020 y2020"}) {
    EXPECT_EQ(decode(text).outcome, DecodeOutcome::BadFormat) << text;
  }
}

TEST(DateTimeDecoder, TakesADateBesideATimeOnlyForItsZone) {
  const Decoded winter = decode("2020-01-01 10:00 America/New_York", Wanted::TimeOfDay);
  EXPECT_EQ(winter.outcome, DecodeOutcome::Fine);
  EXPECT_EQ(winter.utc_offset_seconds, -18'000);
  EXPECT_EQ(decode("2020-07-01 10:00 America/New_York", Wanted::TimeOfDay).utc_offset_seconds,
            -14'400);
  EXPECT_EQ(decode("10:00 America/New_York", Wanted::TimeOfDay).outcome, DecodeOutcome::BadFormat);
  EXPECT_EQ(decode("10:00 jan", Wanted::TimeOfDay).outcome, DecodeOutcome::BadFormat);
  EXPECT_EQ(decode("10:00 today", Wanted::TimeOfDay).outcome, DecodeOutcome::BadFormat);
}

}  // namespace
}  // namespace latchkey
