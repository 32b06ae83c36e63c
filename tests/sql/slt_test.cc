// Runs every .slt file of this folder, each on a database of its own, on the model engine and on
// ours.
//
//   statement ok            the statement below succeeds
//   statement error STATE   it fails with this SQLSTATE; what follows STATE stands in its message
//   statement count N       it says that it changed N rows
//   query [rowsort]         its rows are those behind ----, a line each, columns between bars
//
// A statement ends with an empty line or with ----. Lines that begin with # are comments.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "sql/test_support/test_session.h"

namespace latchkey::sql {
namespace {

using test::TestDatabase;

struct Record {
  int line = 0;
  std::string directive;
  std::string sql;
  std::vector<std::string> rows;
};

std::vector<Record> read_records(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Record> records;
  std::string line;
  int number = 0;
  enum class In { Nothing, Sql, Rows } in = In::Nothing;
  while (std::getline(file, line)) {
    ++number;
    if (in == In::Nothing) {
      if (line.empty() || line[0] == '#') continue;
      records.push_back({number, line, "", {}});
      in = In::Sql;
    } else if (line.empty()) {
      in = In::Nothing;
    } else if (in == In::Sql && line == "----") {
      in = In::Rows;
    } else if (in == In::Sql) {
      Record& record = records.back();
      record.sql += (record.sql.empty() ? "" : "\n") + line;
    } else {
      records.back().rows.push_back(line);
    }
  }
  return records;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void check(const Record& record, const std::string& answer) {
  const std::string& wanted = record.directive;
  if (wanted == "statement ok") {
    const bool failed = answer.size() > 6 && answer[5] == ':' && answer[6] == ' ';
    EXPECT_FALSE(failed) << answer;
  } else if (wanted.starts_with("statement error ")) {
    const std::string state = wanted.substr(16, 5);
    const std::string words = wanted.size() > 22 ? wanted.substr(22) : "";
    EXPECT_EQ(answer.substr(0, 5), state) << answer;
    EXPECT_NE(answer.find(words), std::string::npos) << answer;
  } else if (wanted.starts_with("statement count ")) {
    EXPECT_EQ(answer.substr(answer.rfind(' ') + 1), wanted.substr(16)) << answer;
  } else if (wanted == "query" || wanted == "query rowsort") {
    std::vector<std::string> rows = lines_of(answer);
    std::vector<std::string> expected = record.rows;
    if (wanted == "query rowsort") {
      std::sort(rows.begin(), rows.end());
      std::sort(expected.begin(), expected.end());
    }
    EXPECT_EQ(rows, expected);
  } else {
    ADD_FAILURE() << "no such directive: " << wanted;
  }
}

/// Whether a statement gives the same answer when it is run again. Then it is, so that its plan
/// comes from the cache of plans at last.
bool may_run_again(const std::string& file, const Record& record) {
  // There functions change rows.
  constexpr std::string_view kChangingFiles[] = {"function", "plpgsql",  "trigger", "sequence",
                                                 "cursor",   "settings", "cron"};
  for (const std::string_view begin : kChangingFiles) {
    if (file.starts_with(begin)) return false;
  }
  if (!record.directive.starts_with("query")) return false;
  std::string text = record.sql;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!text.starts_with("select")) return false;
  constexpr std::string_view kChanging[] = {"nextval", "setval", "random",    "advisory",  "notify",
                                            "clock_",  "kv_",    "timeofday", "set_config"};
  return std::none_of(std::begin(kChanging), std::end(kChanging),
                      [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

class Slt : public testing::TestWithParam<TestDatabase::EngineKind> {};

TEST_P(Slt, AnswersAsWritten) {
  const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path();
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".slt") continue;
    TestDatabase db(GetParam());
    for (const Record& record : read_records(entry.path())) {
      SCOPED_TRACE(entry.path().filename().string() + ":" + std::to_string(record.line) + "\n" +
                   record.sql);
      check(record, db.run(record.sql));
      for (int again = may_run_again(entry.path().filename().string(), record) ? 2 : 0; again > 0;
           --again) {
        check(record, db.run(record.sql));
      }
      ++count;
    }
  }
  EXPECT_GT(count, 100);
}

INSTANTIATE_TEST_SUITE_P(Engines, Slt,
                         testing::Values(TestDatabase::EngineKind::Model,
                                         TestDatabase::EngineKind::Tree));

}  // namespace
}  // namespace latchkey::sql
