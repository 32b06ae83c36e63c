#include "sql/types/jsonpath_parser.h"

#include "sql/types/json_testing.h"

namespace latchkey::sql {
namespace {

using json_testing::shown;

struct Row {
  std::string text;
  std::string answer;
};

std::string printed(Bytes text) {
  const Result<JsonPath> path = JsonPath::parse(text);
  if (!path.has_value()) return shown(path.error());
  std::string out;
  path->append_text(out);
  return out;
}

// The answers in all tables are those of PostgreSQL 15.18.

TEST(JsonPathParse, UnderstandsSteps) {
  const Row rows[] = {
      {"$", "$"},
      {"lax $.a.b", R"($."a"."b")"},
      {R"(Strict $."a b"."\"x")", R"(strict $."a b"."\"x")"},
      {"$.a.*[*][0][1, 2 to last]", R"($."a".*[*][0][1,2 to last])"},
      {"$[last - 1].**.**{2}.**{1 to 3}.**{last}.**{1 to last}.**{last to 2}",
       "$[last - 1].**.**{2}.**{1 to 3}.**{last}.**{1 to last}.**{last to 2}"},
      {"$.type().size().abs().floor().ceiling().double().keyvalue()",
       "$.type().size().abs().floor().ceiling().double().keyvalue()"},
      {"$.type.size.last.to.strict.true.null",
       R"($."type"."size"."last"."to"."strict"."true"."null")"},
      {R"($.datetime().datetime("HH24:MI"))", R"($.datetime().datetime("HH24:MI"))"},
      {"$ ? (@.a > 1).b ? (exists(@.c))", R"($?(@."a" > 1)."b"?(exists (@."c")))"},
      {R"($var."x")", R"($"var"."x")"},
      {R"($"a b")", R"($"a b")"},
      {"$ /* a comment */ . a", R"($."a")"},
      {"$.é.日本", R"($."é"."日本")"},
      {R"($.a\x41\u0042\u{43}b)", R"($."aABCb")"},
      {"$.$", R"(42601: syntax error at or near "$" of jsonpath input)"},
      {"$;", R"($";")"},
  };
  for (const Row& row : rows) EXPECT_EQ(printed(row.text), row.answer) << row.text;
}

TEST(JsonPathParse, UnderstandsLiterals) {
  const Row rows[] = {
      {"1", "1"},
      {"1.50", "1.50"},
      {".5", "0.5"},
      {"5.", "5"},
      {"1.5e3", "1500"},
      {"-1", "-1"},
      {"-(-1)", "1"},
      {"- 1 * 2", "(-1 * 2)"},
      {"(1).type()", "(1).type()"},
      {"1[0]", "(1)[0]"},
      {R"("a\"\\\/\b\f\n\r\t\v\u00e9\ud83d\ude00\x41\u{1f600}")",
       R"("a\"\\/\b\f\n\r\t\u000bé😀A😀")"},
      {"true", "true"},
      {"null", "null"},
      {"12345678901234567890123456789012345678901234567890",
       "12345678901234567890123456789012345678901234567890"},
  };
  for (const Row& row : rows) EXPECT_EQ(printed(row.text), row.answer) << row.text;
}

TEST(JsonPathParse, KnowsHowOperatorsBind) {
  const Row rows[] = {
      {"1 + 2 * 3", "(1 + 2 * 3)"},
      {"(1 + 2) * 3", "((1 + 2) * 3)"},
      {"1 - 2 - 3", "((1 - 2) - 3)"},
      {"1 - (2 - 3)", "(1 - (2 - 3))"},
      {"-$.a * 2", R"((-$."a" * 2))"},
      {"-($.a * 2)", R"((-($."a" * 2)))"},
      {"($.a + 1)[0]", R"(($."a" + 1)[0])"},
      {"(-$).a", R"((-$)."a")"},
      {"- - $", "(-(-$))"},
      {"1 % 2 / 3", "((1 % 2) / 3)"},
      {"$.a == 1 || $.b == 2 && $.c == 3", R"(($."a" == 1 || $."b" == 2 && $."c" == 3))"},
      {"($.a == 1 || $.b == 2) && $.c == 3", R"((($."a" == 1 || $."b" == 2) && $."c" == 3))"},
      {"1 + 1 == 2 * 3", "(1 + 1 == 2 * 3)"},
      {"!($.a == 1)", R"(!($."a" == 1))"},
      {"!exists($.a)", R"(!(exists ($."a")))"},
      {"($.a == 1) is unknown", R"(($."a" == 1) is unknown)"},
      {"($.a == 1).type()", R"(($."a" == 1).type())"},
      {"$ ? (@ <> 1 || @ != 2 && @ >= 3)", "$?(@ != 1 || @ != 2 && @ >= 3)"},
      {R"($ ? (@ starts with "a" || @ starts with $v))",
       R"($?(@ starts with "a" || @ starts with $"v"))"},
      {R"($ ? (@ like_regex "^a" flag "i" && @ like_regex "b" flag "xqsm"))",
       R"($?(@ like_regex "^a" flag "i" && @ like_regex "b" flag "smxq"))"},
  };
  for (const Row& row : rows) EXPECT_EQ(printed(row.text), row.answer) << row.text;
}

TEST(JsonPathParse, RefusesWhatIsWrong) {
  const Row rows[] = {
      {"", R"(22P02: invalid input syntax for type jsonpath: "")"},
      {" /* */", R"(22P02: invalid input syntax for type jsonpath: " /* */")"},
      {"$.", "42601: syntax error at end of jsonpath input"},
      {"$.a b", "42601: syntax error at end of jsonpath input"},
      {"$.a ]", R"(42601: syntax error at or near "]" of jsonpath input)"},
      {"$ $", R"(42601: syntax error at or near "$" of jsonpath input)"},
      {"$$", R"(42601: syntax error at or near "$" of jsonpath input)"},
      {"$#", R"(42601: syntax error at or near "#" of jsonpath input)"},
      {"abc", "42601: syntax error at end of jsonpath input"},
      {"strict", "42601: syntax error at end of jsonpath input"},
      {"$[1 to]", R"(42601: syntax error at or near "]" of jsonpath input)"},
      {"$[* to 2]", R"(42601: syntax error at or near " " of jsonpath input)"},
      {"$.foo()", R"(42601: syntax error at or near "(" of jsonpath input)"},
      {"$.**{1.5}", R"(42601: syntax error at or near "1.5" of jsonpath input)"},
      {"$.**{2147483648}", R"(22003: value "2147483648" is out of range for type integer)"},
      {"$ ? (1)", R"x(42601: syntax error at or near ")" of jsonpath input)x"},
      {"$ ? (@ = 1)", R"(42601: syntax error at or near "=" of jsonpath input)"},
      {"$ ? (@ == 1", "42601: syntax error at end of jsonpath input"},
      {"$ ? (@.a is unknown)", R"(42601: syntax error at or near " " of jsonpath input)"},
      {"1 == 1 && true", "42601: syntax error at end of jsonpath input"},
      {"1 == (1 == 2)", "42601: syntax error at end of jsonpath input"},
      {"1 == 2 == 3", R"(42601: syntax error at or near "==" of jsonpath input)"},
      {"! $.a", R"(42601: syntax error at or near "$" of jsonpath input)"},
      {"!($.a == 1).b", R"(42601: syntax error at or near "." of jsonpath input)"},
      {"@", "42601: @ is not allowed in root expressions"},
      {"$[@]", "42601: @ is not allowed in root expressions"},
      {"last", "42601: LAST is allowed only in array subscripts"},
      {"$ ? (last > 1)", "42601: LAST is allowed only in array subscripts"},
      {"1a", R"(42601: trailing junk after numeric literal at or near "1a" of jsonpath input)"},
      {"12ab", "42601: syntax error at end of jsonpath input"},
      {"01", R"(42601: trailing junk after numeric literal at or near "01" of jsonpath input)"},
      {"1.type()",
       R"(42601: trailing junk after numeric literal at or near "1.t" of jsonpath input)"},
      {"1e+", R"(42601: invalid numeric literal at or near "1e+" of jsonpath input)"},
      {R"("abc)", "42601: unexpected end of quoted string at end of jsonpath input"},
      {"$ /* c", "42601: unexpected end of comment at end of jsonpath input"},
      {"$.a/**/.b", R"(42601: syntax error at or near "." of jsonpath input)"},
      {R"($.a\)", R"(42601: unexpected end after backslash at or near "\" of jsonpath input)"},
      {R"("\x4")", R"(42601: invalid hex character sequence at or near "\x4" of jsonpath input)"},
      {R"("\u00")", R"(42601: invalid unicode sequence at or near "\u00" of jsonpath input)"},
      {R"("\u0041\u00")",
       R"(42601: invalid unicode sequence at or near "\u0041\u00" of jsonpath input)"},
      {R"("\u{110000}")", "42601: invalid Unicode code point"},
      {R"("\u0000")",
       R"(22P05: unsupported Unicode escape sequence|\u0000 cannot be converted to text.||)"},
      {R"("\ud83d")",
       "22P02: invalid input syntax for type jsonpath|Unicode low surrogate must "
       "follow a high surrogate.||"},
      {R"("\ude00")",
       "22P02: invalid input syntax for type jsonpath|Unicode low surrogate must "
       "follow a high surrogate.||"},
      {R"("\ud83d\ud83d")",
       "22P02: invalid input syntax for type jsonpath|Unicode high surrogate must "
       "not follow a high surrogate.||"},
      {R"($ ? (@ like_regex "["))", "2201B: invalid regular expression: brackets [] not balanced"},
      {R"($ ? (@ like_regex "("))",
       "2201B: invalid regular expression: parentheses () not balanced"},
      {R"($ ? (@ like_regex "*a"))",
       "2201B: invalid regular expression: quantifier operand invalid"},
      {R"($ ? (@ like_regex "a" flag "x"))",
       R"(0A000: XQuery "x" flag (expanded regular expressions) is not implemented)"},
      {R"($ ? (@ like_regex "a" flag "iw"))",
       "42601: invalid input syntax for type jsonpath|Unrecognized flag character "
       R"("w" in LIKE_REGEX predicate.||)"},
  };
  for (const Row& row : rows) EXPECT_EQ(printed(row.text), row.answer) << row.text;
}

TEST(JsonPathParse, RefusesToNestTooDeep) {
  const std::string error = "54001: stack depth limit exceeded";
  std::string brackets(100'000, '(');
  std::string sum = "1";
  for (int i = 0; i < 100'000; ++i) sum += "+1";

  EXPECT_EQ(printed(brackets), error);
  EXPECT_EQ(printed(sum), error);
  EXPECT_EQ(printed(std::string(100'000, '-') + "$"), error);
}

}  // namespace
}  // namespace latchkey::sql
