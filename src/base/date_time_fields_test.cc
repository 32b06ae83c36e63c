#include "base/date_time_fields.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey {
namespace {

/// Every field as a letter for its kind and its text: "d:1999-01-08 t:04:05".
std::string split(Bytes text, FieldBytesMax bytes_max = FieldBytesMax::Timestamp) {
  FieldList fields;
  if (!fields.split(text, bytes_max)) return "bad";
  std::string shown;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) shown += ' ';
    shown += "ndtswS"[static_cast<int>(fields[i].kind)];
    shown += ':';
    shown += fields[i].text;
  }
  return shown;
}

TEST(FieldList, TellsFieldsByTheirCharacters) {
  const struct {
    Bytes text;
    Bytes fields;
  } rows[] = {
      {"1999-01-08 04:05:06.5", "d:1999-01-08 t:04:05:06.5"},
      {"1999-01-08T04:05Z", "d:1999-01-08 w:t t:04:05 w:z"},
      {"January 8, 1999", "w:january n:8 n:1999"},
      {"1/8/1999 8.1.1999 10.30", "d:1/8/1999 d:8.1.1999 n:10.30"},
      {"1-2 1.5", "d:1-2 n:1.5"},
      {"08-JAN-1999", "d:08-jan-1999"},
      {"jan-8-1999", "d:jan-8-1999"},
      {"America/New_York gmt+5 Etc/GMT-1", "d:america/new_york d:gmt+5 d:etc/gmt-1"},
      {"y2001 j2451187", "w:y n:2001 w:j n:2451187"},
      {"10:00+05:30 -8 + 5 -1-2", "t:10:00 s:+05:30 s:-8 s:+5 s:-1-2"},
      {"-infinity + infinity", "S:-infinity S:+infinity"},
      {".5 @ 1 ,;!", "n:.5 n:1"},
      {"40506-08", "d:40506-08"},
      {"1-x2y-", "d:1-x2y-"},
      {" \t\n\v\f\r ", ""},
      {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(split(row.text), row.fields) << row.text;
}

TEST(FieldList, RefusesWhatIsNoField) {
  for (const Bytes text : {"+", "1 -", "-/", "+.5", "\x80", "1\xc3\xa9", "\x01"})
    EXPECT_EQ(split(text), "bad") << text;
  EXPECT_EQ(split(Bytes("1\0", 2)), "bad");
}

TEST(FieldList, HasLimits) {
  EXPECT_EQ(split(std::string(128, '1'), FieldBytesMax::Date), "n:" + std::string(128, '1'));
  EXPECT_EQ(split(std::string(129, '1'), FieldBytesMax::Date), "bad");
  EXPECT_EQ(split(std::string(129, '1'), FieldBytesMax::Timestamp), "n:" + std::string(129, '1'));
  EXPECT_EQ(split(std::string(1'000'000, '1'), FieldBytesMax::Interval), "bad");
  std::string many;
  for (int i = 0; i < 25; ++i) many += "1 ";
  EXPECT_NE(split(many), "bad");
  EXPECT_EQ(split(many + "1"), "bad");
}

}  // namespace
}  // namespace latchkey
