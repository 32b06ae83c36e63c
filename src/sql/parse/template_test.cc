#include "sql/parse/template.h"

#include <gtest/gtest.h>

namespace latchkey::sql::parse {
namespace {

std::string shown(Bytes text) {
  const auto made = make_template(text);
  return made.has_value() ? made->text + " " + made->kinds() : "none";
}

TEST(Template, PutsParametersInThePlaceOfConstants) {
  EXPECT_EQ(shown("SELECT a FROM t WHERE id = 42"), "SELECT a FROM t WHERE id = $1 i");
  EXPECT_EQ(shown("select 1, 'it''s', 2.5, .5, 99999999999 from t1;"),
            "select $1, $2, $3, $4, $5 from t1; isnnl");
  EXPECT_EQ(make_template("SELECT 'it''s'")->literals[0].text, "it's");
  EXPECT_EQ(shown("UPDATE t SET a=a-1 WHERE \"q 1\"=-5"),
            "UPDATE t SET a=a-$1 WHERE \"q 1\"=-$2 ii");
  EXPECT_EQ(shown("INSERT INTO t VALUES(1,'x')"), "INSERT INTO t VALUES($1,$2) is");
  EXPECT_EQ(shown("SELECT 99999999999999999999"), "SELECT $1 n");
}

TEST(Template, LeavesAloneWhatItDoesNotUnderstand) {
  for (const char* const text :
       {"BEGIN", "SELECT $1", "SELECT 1; SELECT 2", "SELECT E'a'", "SELECT 1e5", "SELECT U&'a'",
        "SELECT 1 -- a", "SELECT /* a */ 1", "SELECT a FROM t ORDER BY 1", "SELECT $$a$$",
        "SELECT a FROM t GROUP BY 1", "SELECT interval '1 day'", "SELECT 'a", "SELECT \"a",
        "SELECT 'a'\n'b'", "SELECT 1..2", "", "   "}) {
    EXPECT_EQ(shown(text), "none") << text;
  }
}

}  // namespace
}  // namespace latchkey::sql::parse
