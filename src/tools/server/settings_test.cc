#include "tools/server/settings.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/text.h"

namespace latchkey::server {
namespace {

TEST(Settings, NamesVariablesAndFlagsAreUnique) {
  std::set<std::string_view> words;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(words.insert(setting.name).second) << setting.name;
    EXPECT_TRUE(words.insert(setting.environment).second) << setting.name;
    EXPECT_TRUE(setting.flag.empty() || words.insert(setting.flag).second) << setting.name;
    EXPECT_TRUE(setting.environment.starts_with("LATCHKEY_")) << setting.name;
    EXPECT_NE(setting.name.find('.'), std::string_view::npos) << setting.name;
    EXPECT_EQ(find_setting(setting.name), &setting);
  }
}

// TOML lets a table be opened once only, and `config show` prints the rows in their order.
TEST(Settings, RowsOfOneTableStandTogether) {
  std::set<std::string_view> ended;
  std::string_view table;
  for (const Setting& setting : settings()) {
    const std::string_view its_table = setting.name.substr(0, setting.name.rfind('.'));
    if (its_table == table) continue;
    EXPECT_TRUE(ended.insert(its_table).second) << its_table << " is interrupted";
    table = its_table;
  }
}

TEST(Settings, ASecretHasNoFlag) {
  for (const Setting& setting : settings()) {
    if (setting.kind != SettingKind::Secret) continue;
    EXPECT_TRUE(setting.flag.empty()) << setting.name;
  }
}

// The words of a Choice are turned into its enum by their place.
TEST(Settings, ChoicesStandInTheOrderOfTheirEnums) {
  EXPECT_EQ(find_setting("storage.durability")->choices, "sync|interval|none");
  EXPECT_EQ(static_cast<int>(storage::Durability::Sync), 0);
  EXPECT_EQ(static_cast<int>(storage::Durability::Interval), 1);
  EXPECT_EQ(static_cast<int>(storage::Durability::None), 2);

  std::string levels;
  for (const LogLevel level :
       {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}) {
    if (!levels.empty()) levels += '|';
    levels += name_of(level);
  }
  EXPECT_EQ(find_setting("log.level")->choices, levels);
}

TEST(Settings, ValuesAreDescribedInWords) {
  EXPECT_EQ(describe_values(*find_setting("server.ports.resp")), "a port from 0 to 65535");
  EXPECT_EQ(describe_values(*find_setting("storage.durability")), "sync, interval or none");
  EXPECT_EQ(describe_values(*find_setting("storage.value_bytes_max")), "a size from 1 to 512mb");
}

}  // namespace
}  // namespace latchkey::server
