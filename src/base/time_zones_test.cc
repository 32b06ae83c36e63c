#include "base/time_zones.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/test_support/date_time_texts.h"

namespace latchkey {
namespace {

TEST(TimeZones, FindsFilesInAnyCase) {
  TimeZones zones(test::machine_zones());
  for (const Bytes name : {"Europe/Berlin", "europe/berlin", "EUROPE/BERLIN", "eUrOpE/bErLiN"}) {
    const auto zone = zones.find(name);
    ASSERT_NE(zone, nullptr) << name;
    EXPECT_EQ(zone->name(), "Europe/Berlin");
  }
  EXPECT_EQ(zones.find("america/argentina/buenos_aires")->name(), "America/Argentina/Buenos_Aires");
  EXPECT_EQ(zones.find("gmt")->name(), "GMT");
  EXPECT_EQ(zones.find("utc")->name(), "UTC");
  EXPECT_EQ(zones.find(":europe/berlin")->name(), "Europe/Berlin");
  EXPECT_EQ(zones.find("etc/gmt+5")->only_offset(), -18'000);
}

TEST(TimeZones, FindsPosixTexts) {
  TimeZones zones(test::machine_zones());
  EXPECT_EQ(zones.find("utc+3")->name(), "UTC+3");
  EXPECT_EQ(zones.find("UTC+3")->only_offset(), -10'800);
  EXPECT_EQ(zones.find("+02")->only_offset(), -7'200);
  EXPECT_EQ(zones.find("<+05:30>-05:30")->only_offset(), 19'800);
  EXPECT_EQ(zones.find("a0b,j1/0,j1/1")->only_offset(), 3'600);
  EXPECT_NE(zones.find("cet-1cest,m3.5.0,m10.5.0/3"), nullptr);
}

TEST(TimeZones, FindsNothingElse) {
  TimeZones zones(test::machine_zones());
  for (const Bytes name : {"", "foo", "Europe", "America", "Europe/", "/Europe/Berlin",
                           "Europe//Berlin", "Europe/Berlin/", "Europe/Berlin/x", "zone.tab",
                           "tzdata.zi", ":UTC+3", "UTC ", "foo bar"}) {
    EXPECT_EQ(zones.find(name), nullptr) << name;
  }
  EXPECT_EQ(zones.find(std::string(256, 'x') + "5"), nullptr);
  EXPECT_EQ(zones.find(Bytes("UTC\0", 4)), nullptr);
}

// The directory of this loader has a secret beside it and lists what must not be followed.
TEST(TimeZones, NeverLeavesTheDirectory) {
  std::vector<std::string> asked;
  ZoneLoader loader;
  loader.read = [&](const std::string& path) -> Result<std::string> {
    asked.push_back(path);
    return Error(ErrorCode::FileMissing, path);
  };
  loader.list = [&](const std::string& path) -> Result<std::vector<std::string>> {
    asked.push_back(path);
    return std::vector<std::string>{".", "..", ".hidden", "folder", "etc"};
  };
  TimeZones zones(loader);
  for (const Bytes name : {"../secret", "..", ".", "folder/../../secret", "./folder", ".hidden",
                           "/etc", "folder/.hidden", "folder/./etc", "folder\\..\\etc"}) {
    EXPECT_EQ(zones.find(name), nullptr) << name;
  }
  for (const std::string& path : asked) {
    EXPECT_EQ(path.find(".."), std::string::npos) << path;
    EXPECT_FALSE(path.starts_with('/')) << path;
  }
}

TEST(TimeZones, TakesHoursForASession) {
  TimeZones zones(test::machine_zones());
  EXPECT_EQ(zones.find_for_session("-7")->name(), "<-07>+07");
  EXPECT_EQ(zones.find_for_session("-7")->only_offset(), -25'200);
  EXPECT_EQ(zones.find_for_session("+02")->only_offset(), 7'200);
  EXPECT_EQ(zones.find_for_session(" 2")->only_offset(), 7'200);
  EXPECT_EQ(zones.find_for_session("5.5")->name(), "<+05:30>-05:30");
  EXPECT_EQ(zones.find_for_session("0")->name(), "<+00>-00");
  EXPECT_EQ(zones.find_for_session("Europe/Berlin")->name(), "Europe/Berlin");
  EXPECT_EQ(zones.find_for_session("200"), nullptr);
  EXPECT_EQ(zones.find_for_session("nan"), nullptr);
  EXPECT_EQ(zones.fixed(-3'661)->name(), "<-01:01:01>+01:01:01");
  EXPECT_EQ(zones.fixed(400'000)->only_offset(), 400'000);
  EXPECT_EQ(zones.fixed(86'400 * 7), nullptr);
}

TEST(TimeZones, ForgetsRatherThanGrowsWithoutEnd) {
  TimeZones zones(test::machine_zones());
  const auto kept = zones.find("Europe/Berlin");
  for (int i = 0; i < 5'000; ++i) {
    const std::string name = "<zone " + std::to_string(i) + ">" + std::to_string(i % 24);
    ASSERT_NE(zones.find(name), nullptr);
  }
  EXPECT_EQ(kept->name(), "Europe/Berlin");
  EXPECT_EQ(zones.find("Europe/Berlin")->name(), "Europe/Berlin");
}

TEST(TimeZones, ServesManyThreads) {
  TimeZones zones(test::machine_zones());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&zones] {
      for (const Bytes name : {"Europe/Berlin", "Asia/Tokyo", "UTC+3", "foo", "America/New_York"}) {
        for (int round = 0; round < 50; ++round)
          EXPECT_EQ(zones.find(name) == nullptr, name == "foo");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace latchkey
