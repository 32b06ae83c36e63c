// What goes on when the memory budget is spent.
#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

constexpr std::uint64_t kLimitBytes = std::uint64_t{8} << 20;

/// A store with one key of each kind that has been filled until it took no more.
class MemoryLimit : public testing::Test {
 protected:
  MemoryLimit() {
    db_.run("ZADD scores 1 a 2 b");
    db_.run("HSET small f v");
    for (int i = 0; i < 600; ++i) db_.run({"HSET", "big", "f" + std::to_string(i), "v"});
    db_.run("SET counter 1000000");
    fill("filler", std::string(800, 'x'));
    fill("grain", "1");
  }

  void fill(const std::string& prefix, const std::string& value) {
    constexpr int kEnough = 100'000;
    for (int i = 0; i < kEnough; ++i) {
      const std::string reply = db_.run({"SET", prefix + std::to_string(i), value});
      if (reply == "OK") continue;
      EXPECT_EQ(reply.substr(0, 5), "-OOM ");
      return;
    }
    FAIL() << "the limit was never met";
  }

  TestStore db_{{4096, 1 << 20}, EngineKind::Tree, kLimitBytes};
};

TEST_F(MemoryLimit, RefusesWhatGrowsAndLeavesItAsItWas) {
  for (const char* line : {"SET new 1", "HSET big new v", "ZADD scores 3 new",
                           "APPEND filler0 more", "COPY small other"}) {
    EXPECT_EQ(db_.run(line).substr(0, 5), "-OOM ") << line;
  }

  EXPECT_EQ(db_.run("EXISTS new other"), ":0");
  EXPECT_EQ(db_.run("HEXISTS big new"), ":0");
  EXPECT_EQ(db_.run("ZCARD scores"), ":2");
  EXPECT_EQ(db_.run("STRLEN filler0"), ":800");
}

TEST_F(MemoryLimit, CanBeLoweredButNotRaisedPastTheFirst) {
  EXPECT_FALSE(db_.engine->set_memory_limit(kLimitBytes + 1).has_value());
  EXPECT_EQ(db_.run("FLUSHALL"), "OK");
  while (db_.store->collect_garbage(1000)) {
  }
  ASSERT_TRUE(db_.engine->set_memory_limit(1).has_value());
  EXPECT_EQ(db_.run("SET a 1").substr(0, 5), "-OOM ");
  EXPECT_EQ(db_.run("GET a"), "nil");
  ASSERT_TRUE(db_.engine->set_memory_limit(0).has_value());
}

TEST_F(MemoryLimit, LetsReadsGoOn) {
  EXPECT_EQ(db_.run("STRLEN filler0"), ":800");
  EXPECT_EQ(db_.run("HLEN big"), ":600");
  EXPECT_EQ(db_.run("ZSCORE scores a"), "\"1\"");
}

TEST_F(MemoryLimit, LetsDeletesOfEveryKindGoOn) {
  EXPECT_EQ(db_.run("ZREM scores a"), ":1");
  EXPECT_EQ(db_.run("HDEL small f"), ":1");
  EXPECT_EQ(db_.run("HDEL big f1"), ":1");
  EXPECT_EQ(db_.run("DEL filler0 filler1"), ":2");
  EXPECT_EQ(db_.run("DEL scores"), ":1");
  EXPECT_EQ(db_.run("UNLINK big"), ":1");
  EXPECT_EQ(db_.run("EXISTS scores big small filler0"), ":0");
}

TEST_F(MemoryLimit, LetsEverythingBeFlushed) {
  EXPECT_EQ(db_.run("FLUSHALL"), "OK");
  EXPECT_EQ(db_.run("DBSIZE"), ":0");
}

TEST_F(MemoryLimit, TakesWritesAgainOnceRoomIsMade) {
  ASSERT_EQ(db_.run("FLUSHALL"), "OK");
  auto& engine = static_cast<storage::tree::TreeEngine&>(*db_.engine);
  while (engine.clean_up(256)) {
  }

  EXPECT_EQ(db_.run("SET new 1"), "OK");
}

}  // namespace
}  // namespace latchkey::kv::test
