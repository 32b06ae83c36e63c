#include "base/log.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace latchkey {
namespace {

class Log : public testing::Test {
 protected:
  void SetUp() override {
    set_log_sink([this](LogLevel, const std::string& line) { lines_.push_back(line); });
  }
  void TearDown() override {
    set_log_sink({});
    set_log_level(LogLevel::Info);
  }

  std::vector<std::string> lines_;
};

TEST_F(Log, WritesFieldsAfterTheMessage) {
  log(LogLevel::Info, "log opened", {{"path", "/data/a b"}, {"segments", 3}, {"reason", ""}});

  EXPECT_EQ(lines_,
            std::vector<std::string>{"log opened  path=\"/data/a b\" segments=3 reason=\"\""});
}

TEST_F(Log, DropsWhatIsBelowTheLevel) {
  log(LogLevel::Debug, "not shown");
  set_log_level(LogLevel::Debug);
  log(LogLevel::Debug, "shown");
  set_log_level(LogLevel::Error);
  log(LogLevel::Warning, "not shown");

  EXPECT_EQ(lines_, std::vector<std::string>{"shown"});
}

// A client must not be able to write lines of its own by naming its key cleverly.
TEST_F(Log, ControlBytesCannotForgeALine) {
  log(LogLevel::Warning, "odd\nkey", {{"key", "a\n2024-05-01 info \x1b[2J"}, {"quote", "a\"b=c"}});

  EXPECT_EQ(lines_, std::vector<std::string>{
                        "odd\\x0akey  key=\"a\\x0a2024-05-01 info \\x1b[2J\" quote=\"a\\\"b=c\""});
}

TEST_F(Log, CutsWhatIsTooLong) {
  log(LogLevel::Error, std::string(1'000'000, 'x'), {{"value", std::string(1'000'000, 'y')}});

  EXPECT_LT(lines_.at(0).size(), 4096u);
}

TEST(LogToStderr, BeginsWithTimeAndLevel) {
  testing::internal::CaptureStderr();
  log(LogLevel::Info, "ready {} %s", {{"port", 7379}});
  const std::string line = testing::internal::GetCapturedStderr();

  const std::regex form("[0-9-]+T[0-9:.]+Z info    ready \\{\\} %s  port=7379\n");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

}  // namespace
}  // namespace latchkey
