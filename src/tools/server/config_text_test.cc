#include "tools/server/config_text.h"

#include <gtest/gtest.h>

#include <string>

#include "tools/server/config_file.h"

namespace latchkey::server {
namespace {

constexpr Machine kMachine = {.memory_bytes = std::uint64_t{8} << 30, .processor_count = 6};

TEST(ShowConfiguration, PrintsAFileThatGivesTheSameConfiguration) {
  GivenValues given;
  given.flags = {{"storage.directory", "odd \"name\"\\\x01", "flag --data"},
                 {"server.ports.resp", "7000", "flag --resp-port"}};
  const auto first = configure(given, kMachine);
  ASSERT_TRUE(first);

  const std::string page = show_configuration(*first, ShowOrigin::Yes);
  const auto read_back = parse_config_text(page, "page");
  ASSERT_TRUE(read_back) << read_back.error().message() << page;
  GivenValues again;
  again.file = *read_back;
  const auto second = configure(again, kMachine);

  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->config.data_directory, first->config.data_directory);
  EXPECT_EQ(second->config.resp_port, 7000u);
}

TEST(ShowConfiguration, NamesOriginsOnRequest) {
  GivenValues given;
  given.environment = {{"log.level", "debug", "environment LATCHKEY_LOG_LEVEL"}};
  const auto configuration = configure(given, kMachine);
  ASSERT_TRUE(configuration);

  const std::string with = show_configuration(*configuration, ShowOrigin::Yes);
  EXPECT_NE(with.find("# environment LATCHKEY_LOG_LEVEL\n"), std::string::npos);
  EXPECT_NE(with.find("# default\n"), std::string::npos);
  EXPECT_EQ(show_configuration(*configuration, ShowOrigin::No).find("# default"),
            std::string::npos);
}

TEST(ShowConfiguration, KeepsSecrets) {
  GivenValues given;
  given.file = {{"server.password", "hunter2", "latchkey.toml:1"}};
  const auto configuration = configure(given, kMachine);
  ASSERT_TRUE(configuration);

  const std::string page = show_configuration(*configuration, ShowOrigin::Yes);
  EXPECT_EQ(page.find("hunter2"), std::string::npos);
  EXPECT_NE(page.find("password is set and not shown"), std::string::npos);
}

TEST(SettingsReference, HasARowAndASentenceForEachSetting) {
  const std::string page = settings_reference();
  for (const Setting& setting : settings()) {
    EXPECT_NE(page.find("| `" + std::string(setting.name) + "` |"), std::string::npos)
        << setting.name;
    EXPECT_NE(page.find("- `" + std::string(setting.name) + "`: "), std::string::npos)
        << setting.name;
  }
}

}  // namespace
}  // namespace latchkey::server
