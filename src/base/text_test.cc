#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace latchkey {
namespace {

TEST(LetterCases, ChangeOnlyTheLettersOfAscii) {
  EXPECT_EQ(to_lower(Bytes("AZ[`\xc4")), "az[`\xc4");
  EXPECT_EQ(to_upper(Bytes("az{@\xe4")), "AZ{@\xe4");
  EXPECT_TRUE(equals_ignore_case("GeT", "gEt"));
  EXPECT_FALSE(equals_ignore_case("get", "gets"));
  EXPECT_FALSE(equals_ignore_case("get", "set"));
}

TEST(EditDistance, CountsLettersAddedRemovedReplacedAndSwapped) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("prot", "port"), 1u);
  EXPECT_EQ(edit_distance(std::string(100'000, 'a'), std::string(100'000, 'a')), 0u);
}

TEST(NearestWord, SuggestsWhatWasProbablyMeant) {
  constexpr std::array<std::string_view, 4> kWords = {"server.bind", "server.ports.resp",
                                                      "memory.limit", "log.level"};
  EXPECT_EQ(nearest_word("server.port.resp", kWords), "server.ports.resp");
  EXPECT_EQ(nearest_word("MEMORY.LIMT", kWords), "memory.limit");
  EXPECT_EQ(nearest_word("something else", kWords), std::nullopt);
  EXPECT_EQ(nearest_word("", kWords), std::nullopt);
}

TEST(ParseSize, KnowsRedisUnits) {
  EXPECT_EQ(parse_size("1024"), 1024u);
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("1k"), 1000u);
  EXPECT_EQ(parse_size("1kb"), 1024u);
  EXPECT_EQ(parse_size("512MB"), 512u << 20);
  EXPECT_EQ(parse_size("1g"), 1'000'000'000u);
  EXPECT_EQ(parse_size("2gb"), std::uint64_t{2} << 30);
  EXPECT_EQ(parse_size("1.5gib"), std::uint64_t{3} << 29);
  EXPECT_EQ(parse_size("4tb"), std::uint64_t{4} << 40);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const Bytes text :
       {"", "mb", "-1", "+1", "1 mb", "1mbb", "1e3", "1.5", "1.mb", ".5mb", "1.2.3mb", "nan",
        "9223372036854775808", "99999999999999999999", "9000000000gb", "9000000.5tb"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(ParseSize, TakesPercentOfTheWhole) {
  EXPECT_EQ(parse_size("75%", 1000), 750u);
  EXPECT_EQ(parse_size("12.5%", 1000), 125u);
  EXPECT_EQ(parse_size("101%", 1000), std::nullopt);
  EXPECT_EQ(parse_size("75%"), std::nullopt);
  EXPECT_EQ(parse_size("%", 1000), std::nullopt);
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(parse_duration_ms("100ms"), 100);
  EXPECT_EQ(parse_duration_ms("1s"), 1000);
  EXPECT_EQ(parse_duration_ms("1.5s"), 1500);
  EXPECT_EQ(parse_duration_ms("5m"), 300'000);
  EXPECT_EQ(parse_duration_ms("1H"), 3'600'000);
  EXPECT_EQ(parse_duration_ms("2d"), 172'800'000);
  EXPECT_EQ(parse_duration_ms("1w"), 604'800'000);
  EXPECT_EQ(parse_duration_ms("0"), 0);
  for (const Bytes text : {"", "10", "s", "-1s", "1 s", "1y", "99999999999999999w", "1h30m"}) {
    EXPECT_EQ(parse_duration_ms(text), std::nullopt) << text;
  }
}

TEST(EscapeForLog, LetsNoControlByteThrough) {
  EXPECT_EQ(escape_for_log("plain text"), "plain text");
  EXPECT_EQ(escape_for_log("a\r\nb\x1b[31m"), "a\\x0d\\x0ab\\x1b[31m");
  EXPECT_EQ(escape_for_log("back\\slash"), "back\\\\slash");
  EXPECT_EQ(escape_for_log("\xff\x7f"), "\\xff\\x7f");
  EXPECT_EQ(escape_for_log("abcdef", 3), "abc...(3 more bytes)");
}

}  // namespace
}  // namespace latchkey
