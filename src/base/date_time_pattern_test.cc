#include "base/date_time_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey {
namespace {

/// The nodes of a pattern: keys in brackets with their marks, other characters as they are, with a
/// sign of their kind in front.
std::string shown(Bytes pattern) {
  std::string text;
  for (const PatternNode& node : parse_pattern(pattern)) {
    switch (node.kind) {
      case PatternNode::Kind::Space:
        text += '_';
        break;
      case PatternNode::Kind::Separator:
        text += std::string("~").append(node.text);
        break;
      case PatternNode::Kind::Text:
        text += std::string("'").append(node.text);
        break;
      case PatternNode::Kind::Key:
        text += '[';
        if (node.fill_mode) text += "fm ";
        if (node.translated) text += "tm ";
        text += node.text;
        if (node.ordinal != Ordinal::None) text += node.ordinal == Ordinal::Upper ? " TH" : " th";
        text += ']';
    }
  }
  return text;
}

TEST(Pattern, IsKeysAndCharacters) {
  const struct {
    Bytes pattern;
    Bytes nodes;
  } rows[] = {
      {"YYYY-MM-DD", "[YYYY]~-[MM]~-[DD]"},
      {"HH24:MI:SS.US", "[HH24]~:[MI]~:[SS]~.[US]"},
      {"yyyymmdd", "[yyyy][mm][dd]"},
      {"YYYYYY", "[YYYY][YY]"},
      {"DDDDD", "[DDD][DD]"},
      {"Y,YYY y,yyy", "[Y,YYY]_[y,yyy]"},
      {"Month MONTH month Mon", "[Month]_[MONTH]_[month]_[Mon]"},
      {"Yyyy Dd hH24 mM", "[Y][yyy]_[D][d]_'h'H'2'4_'m'M"},
      {"FMDDth fmMM TMMonth DDTH", "[fm DD th]_[fm MM]_[tm Month]_[DD TH]"},
      {"FMTMDay", "'T'M[Day]"},
      {"DDSP DDthSP", "[DD]_[DD th]'S'P"},
      {"FM", ""},
      {"FM-", "~-"},
      {"A.M.am a.D.", "[A.M.][am]_'a~.[D]~."},
      {"FF6ff1FF7", "[FF6][ff1]'F'F'7"},
      {"\"a b\"x", "'a' 'b'x"},
      {"\"a\\\"\\\\\"", "'a'\"'\\"},
      {"\\\"\\x", "~\"~\\'x"},
      {"\"open", "'o'p'e'n"},
      {"\xc3\xa9\xe6\x97\xa5", "'\xc3\xa9'\xe6\x97\xa5"},
      {"\xff\xc3", "'\xff\xc3"},
      {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(shown(row.pattern), row.nodes) << row.pattern;
}

TEST(Pattern, KnowsWhatEachKeyIs) {
  const PatternNode month = parse_pattern("Month").front();
  EXPECT_EQ(month.key, PatternKey::MonthName);
  EXPECT_EQ(month.letters, LetterCase::Capitalized);
  EXPECT_EQ(month.convention, DateConvention::Gregorian);
  EXPECT_FALSE(month.is_digits);
  const PatternNode week = parse_pattern("iw").front();
  EXPECT_EQ(week.key, PatternKey::IsoWeek);
  EXPECT_EQ(week.convention, DateConvention::IsoWeek);
  EXPECT_TRUE(week.is_digits);
  EXPECT_EQ(parse_pattern("HH12").front().key, parse_pattern("HH").front().key);
}

TEST(Characters, AreCountedInUtf8) {
  EXPECT_EQ(character_bytes("a"), 1u);
  EXPECT_EQ(character_bytes("\xc3\xa9x"), 2u);
  EXPECT_EQ(character_bytes("\xe6\x97\xa5x"), 3u);
  EXPECT_EQ(character_bytes("\xf0\x9f\x98\x80x"), 4u);
  EXPECT_EQ(character_bytes("\xf0\x9f"), 2u);
  EXPECT_TRUE(is_separator('-'));
  EXPECT_FALSE(is_separator(' '));
  EXPECT_FALSE(is_separator('a'));
  EXPECT_FALSE(is_separator('\xc3'));
}

}  // namespace
}  // namespace latchkey
