#include "tools/server/config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/assert.h"

namespace latchkey::server {
namespace {

constexpr Machine kMachine = {.memory_bytes = std::uint64_t{8} << 30, .processor_count = 6};

GivenValue value(const std::string& name, const std::string& text, const std::string& origin) {
  return {name, text, origin};
}

Result<Configuration> with_flag(const std::string& name, const std::string& text) {
  GivenValues given;
  given.flags = {value(name, text, "flag")};
  return configure(given, kMachine);
}

std::string mistake(const std::string& name, const std::string& text) {
  const auto result = with_flag(name, text);
  if (result) return "accepted";
  EXPECT_EQ(result.error().code(), ErrorCode::ConfigInvalid);
  return result.error().message();
}

const EffectiveValue& effective(const Configuration& configuration, std::string_view name) {
  for (const EffectiveValue& candidate : configuration.values) {
    if (candidate.setting->name == name) return candidate;
  }
  LK_ASSERT(false);
  return configuration.values.front();
}

TEST(Configure, DefaultsAreValidAndFitTheMachine) {
  const auto result = configure({}, kMachine);

  ASSERT_TRUE(result) << result.error().message();
  const Config& config = result->config;
  EXPECT_EQ(config.bind, "127.0.0.1");
  EXPECT_EQ(config.resp_port, 7379u);
  EXPECT_EQ(config.postgres_port, 0u);
  EXPECT_EQ(config.http_port, 0u);
  EXPECT_EQ(config.worker_count, 6u);
  EXPECT_EQ(config.client_count_max, 10'000u);
  EXPECT_EQ(config.data_directory, "./data");
  EXPECT_EQ(config.durability, storage::Durability::Sync);
  EXPECT_EQ(config.log_interval_ms, 100u);
  EXPECT_EQ(config.log_segment_bytes, std::uint64_t{64} << 20);
  EXPECT_EQ(config.key_bytes_max, 65'536u);
  EXPECT_EQ(config.value_bytes_max, std::uint64_t{512} << 20);
  EXPECT_EQ(config.memory_limit_bytes, std::uint64_t{6} << 30);
  EXPECT_EQ(effective(*result, "server.bind").origin, "default");
}

TEST(Configure, FlagsWinOverEnvironmentOverFileOverDefaults) {
  GivenValues given;
  given.file = {value("server.ports.resp", "1", "file"), value("server.workers", "1", "file"),
                value("log.level", "debug", "file")};
  given.environment = {value("server.ports.resp", "2", "environment"),
                       value("server.workers", "2", "environment")};
  given.flags = {value("server.ports.resp", "3", "flag")};

  const auto result = configure(given, kMachine);

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->config.resp_port, 3u);
  EXPECT_EQ(result->config.worker_count, 2u);
  EXPECT_EQ(result->config.log_level, LogLevel::Debug);
  EXPECT_EQ(effective(*result, "server.ports.resp").origin, "flag");
  EXPECT_EQ(effective(*result, "server.workers").origin, "environment");
  EXPECT_EQ(effective(*result, "log.level").origin, "file");
}

TEST(Configure, AWrongValueNamesItsOriginAndWhatWouldBeRight) {
  EXPECT_EQ(mistake("server.ports.resp", "65536"),
            "flag: server.ports.resp = 65536 is not accepted; it takes a port from 0 to 65535");
  EXPECT_EQ(mistake("storage.durability", "always"),
            "flag: storage.durability = always is not accepted; it takes sync, interval or none");
  for (const std::string text : {"", "-1", "x", "0x10", "1.5"}) {
    EXPECT_NE(mistake("server.workers", text), "accepted") << text;
  }
  EXPECT_NE(mistake("memory.limit", "1kb"), "accepted");
  EXPECT_NE(mistake("memory.limit", "101%"), "accepted");
  EXPECT_NE(mistake("storage.log_interval", "100"), "accepted");
  EXPECT_NE(mistake("storage.directory", ""), "accepted");
  EXPECT_NE(mistake("server.bind", "example.com"), "accepted");
  EXPECT_NE(mistake("server.unixsocket", std::string(108, 'a')), "accepted");
}

TEST(Configure, DoorsThatDoNotExistTakeOnlyZero) {
  EXPECT_EQ(mistake("server.ports.http", "0"), "accepted");
  EXPECT_EQ(
      mistake("server.ports.http", "7480"),
      "flag: server.ports.http = 7480 is not accepted; it takes 0, because this door does not "
      "exist yet");
  EXPECT_EQ(mistake("server.ports.postgres", "7432"), "accepted");
  EXPECT_NE(mistake("server.ports.postgres", "70000"), "accepted");
}

TEST(Configure, AnUnknownNameSuggestsTheNearest) {
  EXPECT_EQ(mistake("server.port.resp", "1"),
            "flag: there is no setting server.port.resp; did you mean server.ports.resp?");
  EXPECT_EQ(mistake("nothing.like.it", "1"), "flag: there is no setting nothing.like.it");
}

TEST(Configure, EveryMistakeIsReportedAtOnce) {
  GivenValues given;
  given.flags = {value("server.workers", "many", "flag"), value("log.level", "loud", "flag")};
  const auto result = configure(given, kMachine);

  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("server.workers"), std::string::npos);
  EXPECT_NE(result.error().message().find("log.level"), std::string::npos);
}

TEST(Configure, TheNetworkNeedsAPassword) {
  for (const std::string address : {"0.0.0.0", "::", "192.168.1.5", "::ffff:10.0.0.1"}) {
    const std::string message = mistake("server.bind", address);
    EXPECT_NE(message.find("LATCHKEY_PASSWORD="), std::string::npos) << address;
    EXPECT_NE(message.find("--bind 127.0.0.1"), std::string::npos) << address;
  }
  for (const std::string address : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    EXPECT_EQ(mistake("server.bind", address), "accepted") << address;
  }

  GivenValues given;
  given.flags = {value("server.bind", "0.0.0.0", "flag")};
  given.environment = {value("server.password", "secret", "environment LATCHKEY_PASSWORD")};
  EXPECT_TRUE(configure(given, kMachine));
}

TEST(Configure, ADoorWithoutPasswordsStandsOpenHereAlone) {
  GivenValues given;
  given.flags = {value("server.ports.postgres", "7432", "flag")};
  EXPECT_TRUE(configure(given, kMachine));
  given.environment = {value("server.password", "secret", "environment LATCHKEY_PASSWORD")};
  EXPECT_FALSE(configure(given, kMachine));
  given.flags.push_back(value("server.bind", "0.0.0.0", "flag"));
  EXPECT_FALSE(configure(given, kMachine));
}

TEST(Configure, SomethingMustListen) {
  EXPECT_NE(mistake("server.ports.resp", "0").find("every door is off"), std::string::npos);
  GivenValues given;
  given.flags = {value("server.ports.resp", "0", "flag"),
                 value("server.unixsocket", "/run/s", "flag")};
  EXPECT_TRUE(configure(given, kMachine));
}

TEST(Configure, ASecretIsNotShownInErrors) {
  EXPECT_EQ(mistake("server.password", std::string(600, 's')).find("sss"), std::string::npos);
}

TEST(ReadEnvironment, TakesKnownVariablesOnly) {
  const std::vector<std::string> variables = {"PATH=/bin", "LATCHKEY_PORT_RESP=7000",
                                              "LATCHKEY_DATA=a=b",
                                              "LATCHKEY_WORKERS=", "LATCHKEY_CONFIG=x.toml"};
  const auto values = read_environment(variables);

  ASSERT_TRUE(values) << values.error().message();
  ASSERT_EQ(values->size(), 2u);
  EXPECT_EQ(values->at(0).name, "server.ports.resp");
  EXPECT_EQ(values->at(0).origin, "environment LATCHKEY_PORT_RESP");
  EXPECT_EQ(values->at(1).text, "a=b");
}

TEST(ReadEnvironment, AnUnknownVariableSuggestsTheNearest) {
  const std::vector<std::string> variables = {"LATCHKEY_PORT_REPS=7000"};
  const auto values = read_environment(variables);

  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().message(),
            "environment LATCHKEY_PORT_REPS: there is no such variable; did you mean "
            "LATCHKEY_PORT_RESP?");
}

}  // namespace
}  // namespace latchkey::server
