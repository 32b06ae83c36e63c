#include "tools/server/config_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace latchkey::server {
namespace {

std::string mistake(std::string_view text) {
  const auto values = parse_config_text(text, "x.toml");
  if (values) return "accepted";
  EXPECT_EQ(values.error().code(), ErrorCode::ConfigInvalid);
  return values.error().message();
}

TEST(ParseConfigText, NamesNestedKeysAndTheirLines) {
  const auto values = parse_config_text(
      "[server]\n"
      "bind = \"127.0.0.1\"\n"
      "[server.ports]\n"
      "resp = 7000\n",
      "x.toml");

  ASSERT_TRUE(values) << values.error().message();
  ASSERT_EQ(values->size(), 2u);
  EXPECT_EQ(values->at(0).name, "server.bind");
  EXPECT_EQ(values->at(0).text, "127.0.0.1");
  EXPECT_EQ(values->at(0).origin, "x.toml:2");
  EXPECT_EQ(values->at(1).name, "server.ports.resp");
  EXPECT_EQ(values->at(1).text, "7000");
  EXPECT_EQ(values->at(1).origin, "x.toml:4");
}

TEST(ParseConfigText, AnEmptyFileHasNoValues) {
  const auto values = parse_config_text("# nothing\n", "x.toml");
  ASSERT_TRUE(values);
  EXPECT_TRUE(values->empty());
}

TEST(ParseConfigText, WhatIsNotTomlIsRefusedWithItsPlace) {
  EXPECT_TRUE(mistake("a = 1\nb = [").starts_with("x.toml:2: column ")) << mistake("a = 1\nb = [");
  EXPECT_TRUE(mistake("a = 1\na = 2\n").starts_with("x.toml:2: ")) << mistake("a = 1\na = 2\n");
  EXPECT_NE(mistake("\xff\xfe"), "accepted");
}

TEST(ParseConfigText, OnlyStringsAndIntegersAreValues) {
  EXPECT_EQ(mistake("[log]\nlevel = true\n"),
            "x.toml:2: the value of log.level must be a string or an integer");
  EXPECT_NE(mistake("a = [1]"), "accepted");
  EXPECT_NE(mistake("a = 1.5"), "accepted");
}

TEST(ParseConfigText, DeepNestingIsRefusedNotFollowed) {
  EXPECT_NE(mistake("a = " + std::string(100'000, '[')), "accepted");
}

class ReadConfigFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "config_file_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern + "/latchkey.toml";
  }
  void TearDown() override {
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
  }
  void write(const std::string& text) { std::ofstream(path_) << text; }

  std::string path_;
};

TEST_F(ReadConfigFile, ReadsTheWholeFile) {
  write("[log]\nlevel = \"debug\"\n");
  const auto values = read_config_file(*env::posix().files, path_);

  ASSERT_TRUE(values) << values.error().message();
  EXPECT_EQ(values->at(0).origin, path_ + ":2");
}

TEST_F(ReadConfigFile, AMissingFileIsNamed) {
  const auto values = read_config_file(*env::posix().files, path_);

  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().code(), ErrorCode::FileMissing);
  EXPECT_NE(values.error().message().find(path_), std::string::npos);
}

TEST_F(ReadConfigFile, AFileWithoutEndIsRefused) {
  write(std::string((1 << 20) + 1, '\n'));
  const auto values = read_config_file(*env::posix().files, path_);

  ASSERT_FALSE(values);
  EXPECT_NE(values.error().message().find("longer than 1 MiB"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::server
