#include "tools/server/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace latchkey::server {
namespace {

std::variant<Order, Ending> parse(std::vector<std::string> arguments) {
  return parse_command_line(arguments);
}

Order order(std::vector<std::string> arguments) {
  const auto parsed = parse(std::move(arguments));
  if (const auto* const ending = std::get_if<Ending>(&parsed)) ADD_FAILURE() << ending->text;
  return std::get<Order>(parsed);
}

std::string usage_error(std::vector<std::string> arguments) {
  const auto parsed = parse(std::move(arguments));
  const auto* const ending = std::get_if<Ending>(&parsed);
  if (ending == nullptr) return "accepted";
  EXPECT_EQ(ending->exit_code, kExitUsage);
  return ending->text;
}

TEST(CommandLine, FlagsOfServeBecomeSettings) {
  const Order serve = order({"serve", "--resp-port", "7000", "--data=/var/lib/latchkey", "--bind",
                             "::1", "--durability", "interval", "--config", "x.toml"});

  EXPECT_EQ(serve.action, Action::Serve);
  EXPECT_EQ(serve.config_path, "x.toml");
  std::vector<std::string> given;
  for (const GivenValue& flag : serve.flags)
    given.push_back(flag.name + "=" + flag.text + " " + flag.origin);
  EXPECT_EQ(given, (std::vector<std::string>{"server.bind=::1 flag --bind",
                                             "server.ports.resp=7000 flag --resp-port",
                                             "storage.directory=/var/lib/latchkey flag --data",
                                             "storage.durability=interval flag --durability"}));
}

TEST(CommandLine, EveryCommandHasItsAction) {
  EXPECT_EQ(order({"version"}).action, Action::Version);
  EXPECT_EQ(order({"--version"}).action, Action::Version);
  EXPECT_EQ(order({"config", "check"}).action, Action::ConfigCheck);
  EXPECT_EQ(order({"config", "reference"}).action, Action::ConfigReference);
  EXPECT_EQ(order({"config", "show"}).show_origin, ShowOrigin::No);
  const Order show = order({"config", "show", "--origin", "--workers", "2"});
  EXPECT_EQ(show.action, Action::ConfigShow);
  EXPECT_EQ(show.show_origin, ShowOrigin::Yes);
  EXPECT_EQ(show.flags.size(), 1u);
}

TEST(CommandLine, HelpNamesEveryFlagAndEndsWell) {
  const auto parsed = parse({"serve", "--help"});
  const auto* const ending = std::get_if<Ending>(&parsed);

  ASSERT_NE(ending, nullptr);
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_NE(ending->text.find("latchkey serve"), std::string::npos) << ending->text;
  for (const Setting& setting : settings()) {
    if (!setting.flag.empty()) {
      EXPECT_NE(ending->text.find("--" + std::string(setting.flag)), std::string::npos)
          << setting.flag;
    }
  }
}

TEST(CommandLine, WhatIsNotUnderstoodSuggestsTheNearest) {
  EXPECT_NE(usage_error({"serve", "--resp-prot", "1"}).find("did you mean --resp-port?"),
            std::string::npos);
  EXPECT_NE(usage_error({"serve", "--bnid=1.2.3.4"}).find("did you mean --bind?"),
            std::string::npos);
  EXPECT_NE(usage_error({"sevre"}).find("did you mean serve?"), std::string::npos);
  EXPECT_NE(usage_error({}), "accepted");
  EXPECT_NE(usage_error({"config"}), "accepted");
  EXPECT_NE(usage_error({"serve", "extra"}), "accepted");
  EXPECT_NE(usage_error({"serve", "--bind"}), "accepted");
  EXPECT_NE(usage_error({"serve", "--password", "x"}), "accepted");
}

TEST(CommandLine, ControlBytesAreNotEchoed) {
  EXPECT_EQ(usage_error({"serve", "\x1b[2J"}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace latchkey::server
