#include "sql/types/io.h"
#include "sql/types/json.h"
#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::shown;

struct Row {
  std::string text;
  std::string answer;
};

struct Refusal {
  std::string text;
  std::string detail;
  std::string context;
  std::string error() const {
    return "22P02: invalid input syntax for type json|" + detail + "||JSON data, " + context;
  }
};

// The answers in all tables are those of PostgreSQL 15.18.

TEST(NormalizeJson, PrintsAsPostgresqlDoes) {
  const Row rows[] = {
      {"1", "1"},
      {" -0 ", "0"},
      {"-0.00", "0.00"},
      {"1.50", "1.50"},
      {"1e2", "100"},
      {"1.5E+1", "15"},
      {"10e-1", "1.0"},
      {"1e-5", "0.00001"},
      {"0e5", "0"},
      {"0e-5", "0.00000"},
      {"123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"},
      {R"("a\"\\\/\b\f\n\r\tb")", R"("a\"\\/\b\f\n\r\tb")"},
      {R"("\u0041\u00e9\u20ac\ud83d\ude00")", R"("Aé€😀")"},
      {R"("\u001f\u007f/")", "\"\\u001f\177/\""},
      {"null", "null"},
      {"true", "true"},
      {"[]", "[]"},
      {"{}", "{}"},
      {R"([1,"2",[null,{}]])", R"([1, "2", [null, {}]])"},
      {R"({"bb":1,"a":2,"aa":3,"":4,"b":5})", R"({"": 4, "a": 2, "b": 5, "aa": 3, "bb": 1})"},
      {R"({"a":1,"b":2,"a":{"c":3},"\u0061":4})", R"({"a": 4, "b": 2})"},
      {R"({"é":1,"z":2,"zz":3})", R"({"z": 2, "zz": 3, "é": 1})"},
      {"\t[ 1 ,\n{ \"a\" : [ ] } ] ", R"([1, {"a": []}])"},
  };
  for (const Row& row : rows) {
    Arena arena;
    EXPECT_EQ(shown(io::normalize_json(row.text, arena)), row.answer) << row.text;
  }
}

TEST(NormalizeJson, RefusesAsPostgresqlDoes) {
  const Refusal rows[] = {
      {"", "The input string ended unexpectedly.", "line 1: "},
      {"{x", R"(Token "x" is invalid.)", "line 1: {x"},
      {R"({"a" })", R"(Expected ":", but found "}".)", R"(line 1: {"a" })"},
      {R"({"a":1,})", R"(Expected string, but found "}".)", R"(line 1: {"a":1,})"},
      {R"({"a":1 "b")", R"(Expected "," or "}", but found ""b"".)", R"(line 1: {"a":1 "b")"},
      {"{1:2}", R"(Expected string or "}", but found "1".)", "line 1: {1..."},
      {"{,}", R"(Expected string or "}", but found ",".)", "line 1: {,..."},
      {"{", "The input string ended unexpectedly.", "line 1: {"},
      {"[1,]", R"(Expected JSON value, but found "]".)", "line 1: [1,]"},
      {"[,", R"(Expected JSON value, but found ",".)", "line 1: [,"},
      {"[1 2]", R"(Expected "," or "]", but found "2".)", "line 1: [1 2..."},
      {"[1", "The input string ended unexpectedly.", "line 1: [1"},
      {"1 2", R"(Expected end of input, but found "2".)", "line 1: 1 2"},
      {"]", R"(Expected JSON value, but found "]".)", "line 1: ]"},
      {"tru", R"(Token "tru" is invalid.)", "line 1: tru"},
      {"true1", R"(Token "true1" is invalid.)", "line 1: true1"},
      {"01", R"(Token "01" is invalid.)", "line 1: 01"},
      {"1.", R"(Token "1." is invalid.)", "line 1: 1."},
      {"-.5e", R"(Token "-.5e" is invalid.)", "line 1: -.5e"},
      {"1.e+", R"(Token "1.e+" is invalid.)", "line 1: 1.e+"},
      {"+1", R"(Token "+" is invalid.)", "line 1: +..."},
      {"'a'", R"(Token "'" is invalid.)", "line 1: '..."},
      {R"("abc)", R"(Token ""abc" is invalid.)", R"(line 1: "abc)"},
      {R"("a\)", R"(Token ""a\" is invalid.)", R"(line 1: "a\)"},
      {R"("\q")", R"(Escape sequence "\q" is invalid.)", R"(line 1: "\q...)"},
      {R"("\é")", R"(Escape sequence "\é" is invalid.)", R"(line 1: "\é...)"},
      {R"("\u00")", R"("\u" must be followed by four hexadecimal digits.)", R"(line 1: "\u00")"},
      {R"("\u00é0")", R"("\u" must be followed by four hexadecimal digits.)",
       R"(line 1: "\u00é...)"},
      {R"("\u12)", R"(Token ""\u12" is invalid.)", R"(line 1: "\u12)"},
      {"\"a\nb\"", "Character with value 0x0a must be escaped.", R"(line 1: "a)"},
      {R"("\ud800")", "Unicode low surrogate must follow a high surrogate.", R"(line 1: "\ud800")"},
      {R"("\ud800é")", "Unicode low surrogate must follow a high surrogate.",
       R"(line 1: "\ud800é...)"},
      {R"("\ud800\n")", "Unicode low surrogate must follow a high surrogate.",
       R"(line 1: "\ud800\n...)"},
      {R"("\ud800\ud800")", "Unicode high surrogate must not follow a high surrogate.",
       R"(line 1: "\ud800\ud800...)"},
      {R"("\ud800\u0041")", "Unicode low surrogate must follow a high surrogate.",
       R"(line 1: "\ud800\u0041...)"},
      {R"("\udc00")", "Unicode low surrogate must follow a high surrogate.",
       R"(line 1: "\udc00...)"},
      {"\"\\ud800\n\"", "Character with value 0x0a must be escaped.", R"(line 1: "\ud800)"},
      {"{\"a\": 1,\n \"b\": [1, 2, x]}", R"(Token "x" is invalid.)",
       R"(line 2:  "b": [1, 2, x...)"},
      {R"({"a long key that leads past fifty characters": 1, "and another one": 2, x)",
       R"(Token "x" is invalid.)",
       R"(line 1: ...ast fifty characters": 1, "and another one": 2, x)"},
      {"[1e131072 x]", R"(Token "x" is invalid.)", "line 1: [1e131072 x..."},
      {R"(["äöüäöüäöüäöüäöüäöüäöüäöüäöü", x)", R"(Token "x" is invalid.)",
       R"(line 1: ...üäöüäöüäöüäöüäöüäöüäöü", x)"},
      {"[1,\nx\n]", R"(Token "x" is invalid.)", "line 2: x"},
  };
  for (const Refusal& row : rows) {
    Arena arena;
    EXPECT_EQ(shown(io::normalize_json(row.text, arena)), row.error()) << row.text;
  }
}

TEST(NormalizeJson, RefusesNumbersThatNumericRefuses) {
  const std::string refused[] = {"[1e131072 2]", "-1e-16384", "1e99999999999"};
  for (const std::string& text : refused) {
    Arena arena;
    EXPECT_EQ(shown(io::normalize_json(text, arena)), "22003: value overflows numeric format");
  }
}

TEST(NormalizeJson, RefusesZeroCharacters) {
  Arena arena;

  const Result<Value> value = io::normalize_json(R"({"\u0000": 1})", arena);

  EXPECT_EQ(shown(value),
            R"(22P05: unsupported Unicode escape sequence|\u0000 cannot be converted to text.||)"
            R"(JSON data, line 1: {"\u0000...)");
}

// The type json keeps its text and looks less closely at strings.
TEST(CheckJson, LetsPassWhatPostgresqlLetsPass) {
  const std::string passed[] = {R"({"a" : [1, 2 ] })", R"("\u0000\ud800")", "1e999999",
                                R"( {"a":1,"a":2} )"};
  for (const std::string& text : passed) EXPECT_EQ(shown(io::check_json(text)), "") << text;
}

TEST(CheckJson, RefusesAsPostgresqlDoes) {
  const Refusal rows[] = {
      {R"("\u00")", R"("\u" must be followed by four hexadecimal digits.)", R"(line 1: "\u00")"},
      {R"("\q")", R"(Escape sequence "\q" is invalid.)", R"(line 1: "\q...)"},
      {"[nul]", R"(Token "nul" is invalid.)", "line 1: [nul..."},
      {"\"a\tb\"", "Character with value 0x09 must be escaped.", R"(line 1: "a...)"},
  };
  for (const Refusal& row : rows) EXPECT_EQ(shown(io::check_json(row.text)), row.error());
}

TEST(NormalizeJson, NestsAsDeepAsTheLimitAndNoDeeper) {
  const std::string deep(kJsonDepthMax, '[');
  const std::string closed(kJsonDepthMax, ']');
  Arena arena;

  const Result<Value> fits = io::normalize_json(deep + closed, arena);
  const Result<Value> exceeds = io::normalize_json("[" + deep + closed + "]", arena);

  ASSERT_TRUE(fits.has_value());
  EXPECT_EQ(JsonbReader(fits->bytes()).depth(), kJsonDepthMax);
  EXPECT_EQ(shown(exceeds), "54001: stack depth limit exceeded");
  EXPECT_EQ(shown(io::check_json("[" + deep)), "54001: stack depth limit exceeded");
}

// Text of nine bytes may spell a number of 131,072 digits.
TEST(NormalizeJson, ShortTextOfLongNumbersMeetsTheLimit) {
  std::string text = "[";
  for (int i = 0; i < 3'000; ++i) text += "1e131071,";
  text += "1]";
  Arena arena;

  EXPECT_EQ(shown(io::normalize_json(text, arena)),
            "54000: total size of jsonb elements exceeds the maximum of 268435455 bytes");
}

TEST(AppendJsonb, PrintsTheBytesOfAValue) {
  Arena arena;
  const Result<Value> value = io::normalize_json("[1,2]", arena);
  std::string text;

  io::append_jsonb(value->bytes(), text);

  EXPECT_EQ(text, "[1, 2]");
  EXPECT_EQ(io::hash_jsonb(value->bytes()), hash_jsonb(JsonbReader(value->bytes())));
  EXPECT_EQ(io::compare_jsonb(value->bytes(), value->bytes()), 0);
}

// A byte that tells the version stands before the text of what PostgreSQL keeps in binary.
TEST(JsonOnTheWire, ReadsWhatItSends) {
  const std::pair<Oid, std::string> rows[] = {
      {oid::kJson, "{\"a\":  1}"},
      {oid::kJsonb, "\x01{\"a\": [1, 2.50]}"},
      {oid::kJsonpath, "\x01$.\"a\"[*]"},
  };
  Arena arena;
  for (const auto& [type, bytes] : rows) {
    const Result<Value> value = parse_binary(type, -1, bytes, arena);
    ASSERT_TRUE(value.has_value()) << bytes;

    std::string sent;
    append_binary(type, *value, sent);

    EXPECT_EQ(sent, bytes);
  }
}

TEST(JsonOnTheWire, RefusesOtherVersions) {
  Arena arena;

  const Result<Value> other = parse_binary(oid::kJsonb, -1, "\x02{}", arena);
  const Result<Value> nothing = parse_binary(oid::kJsonb, -1, "", arena);
  const Result<Value> broken = parse_binary(oid::kJsonb, -1, "\x01{", arena);

  EXPECT_EQ(shown(other), "XX000: unsupported jsonb version number 2");
  EXPECT_FALSE(nothing.has_value());
  EXPECT_EQ(broken.error().sqlstate(), "22P02");
}

}  // namespace
}  // namespace latchkey::sql
