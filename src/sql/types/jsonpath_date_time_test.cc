#include "sql/types/jsonpath_date_time.h"

#include <gtest/gtest.h>

namespace latchkey::sql {
namespace {

std::string shown(Bytes text) {
  const std::optional<JsonDateTime> found = parse_json_date_time(text);
  return found.has_value() ? found->text() : "";
}

// The answers are those of PostgreSQL 15.18.
TEST(JsonDateTime, IsReadAsPostgresReadsIt) {
  const std::pair<Bytes, Bytes> rows[] = {
      {"2017-03-10", "2017-03-10"},
      {"2017-3-1", "2017-03-01"},
      {" 2017-01- 01 ", "2017-01-01"},
      {"2017-01-011", "2017-01-11"},
      {"017-01-01", "0017-01-01"},
      {"12017-01-01", "12017-01-01"},
      {"0000-02-03", "0001-02-03 BC"},
      {"-2017-03-10", "2017-03-10 BC"},
      {"2017-00-10", "2017-01-10"},
      {"2017-+1-01", "2017-01-01"},
      {"2017-03-10T12:34:56.789", "2017-03-10T12:34:56.789"},
      {"2017-03-10  12:34:56", "2017-03-10T12:34:56"},
      {"2017-03-10 12:34:56 +3", "2017-03-10T12:34:56+03:00"},
      {"2017-03-10 12:34:56.5-01:30", "2017-03-10T12:34:56.5-01:30"},
      {"0000-01-01 00:00:00", "0001-01-01T00:00:00 BC"},
      {"1:2:3", "01:02:03"},
      {"12:34:56++3", "12:34:56+03:00"},
      {"12:34:56+03:5", "12:34:56+03:05"},
      {"12:34:56+15:59", "12:34:56+15:59"},
  };
  for (const auto& [text, answer] : rows) EXPECT_EQ(shown(text), answer) << text;
}

TEST(JsonDateTime, IsNothingElse) {
  for (const Bytes text : {"",
                           "x",
                           "12",
                           "20170101",
                           "2017/03/10",
                           "2017-13-01",
                           "2017-02-30",
                           "2017-01-32",
                           "2017--1-01",
                           "2017-03-1012:34:56",
                           "2017-03-10t12:34:56",
                           "2017-03-10 12:34",
                           "2017-03-10Z",
                           "24:00:00",
                           "23:60:00",
                           "23:50:60",
                           "12:34:563",
                           "12 :34:56",
                           "12:34:56.",
                           "12:34:56.1234567",
                           "12:34:56 .5",
                           "12:34:56+",
                           "12:34:56 -3",
                           "12:34:56+03:",
                           "12:34:56+0330",
                           "12:34:56+16",
                           "12:34:56+15:60",
                           "5874898-01-01",
                           "294277-01-01 00:00:00",
                           "99999999999-01-01"}) {
    EXPECT_EQ(shown(text), "") << text;
  }
}

TEST(JsonDateTime, ComparesWithItsKind) {
  const auto at = [](Bytes text) { return parse_json_date_time(text).value(); };
  const TextSettings utc;

  EXPECT_EQ(compare(at("2017-01-01"), at("2017-01-01 00:00:00"), nullptr).order,
            std::strong_ordering::equal);
  EXPECT_EQ(compare(at("2017-01-01 01:00:00+01"), at("2017-01-01 00:00:00+00"), nullptr).order,
            std::strong_ordering::equal);
  EXPECT_EQ(compare(at("2017-01-01"), at("12:00:00"), &utc).order, std::nullopt);
  EXPECT_EQ(compare(at("2017-01-01"), at("2017-01-01 00:00:00+01"), &utc).order,
            std::strong_ordering::greater);
  EXPECT_TRUE(compare(at("12:00:00"), at("12:00:00+01"), nullptr).needs_zone());
}

}  // namespace
}  // namespace latchkey::sql
