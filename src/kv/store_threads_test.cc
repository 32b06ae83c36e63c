// Clients on several threads, on our engine; each test states what no interleaving may break.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

constexpr int kThreads = 4;

/// Runs `work(thread_index, session)` on each thread at once.
template <typename Work>
void on_threads(Work work) {
  std::vector<std::thread> threads;
  for (int index = 0; index < kThreads; ++index) {
    threads.emplace_back([&work, index] {
      Session session;
      work(index, session);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// As a door does it: in a Turn, but for what walks or needs everything.
std::string in_turn(TestStore& db, Session& session, const std::string& line) {
  const storage::Engine::Turn turn(*db.engine);
  return db.run(session, line);
}

TestStore tree_store() { return TestStore({4096, 1 << 20}, EngineKind::Tree); }

TEST(StoreThreads, CountersLoseNoStep) {
  TestStore db = tree_store();
  constexpr int kSteps = 2000;

  on_threads([&](int, Session& session) {
    for (int step = 0; step < kSteps; ++step) in_turn(db, session, "INCR n");
  });

  EXPECT_EQ(db.run("GET n"), fmt::format("\"{}\"", kThreads * kSteps));
}

TEST(StoreThreads, ExecWithWatchLosesNoStep) {
  TestStore db = tree_store();
  constexpr int kSteps = 200;
  db.run("SET n 0");

  on_threads([&](int, Session& session) {
    for (int done = 0; done < kSteps;) {
      const std::vector<Bytes> keys = {"n"};
      ASSERT_TRUE(db.store->watch(session, keys).has_value());
      const std::string seen = in_turn(db, session, "GET n");
      const int next = std::stoi(seen.substr(1)) + 1;
      if (db.run_all(session, {fmt::format("SET n {}", next)}) == "[OK]") ++done;
    }
  });

  EXPECT_EQ(db.run("GET n"), fmt::format("\"{}\"", kThreads * kSteps));
}

// MSET and MGET see each other whole or not at all; so do EXECs over the same keys.
TEST(StoreThreads, SeveralKeysChangeAtOneMoment) {
  TestStore db = tree_store();
  db.run("MSET a 0 b 0");
  std::atomic<bool> torn{false};

  on_threads([&](int index, Session& session) {
    for (int step = 0; step < 1000; ++step) {
      if (index == 0) in_turn(db, session, fmt::format("MSET a {0} b {0}", step));
      if (index == 1)
        db.run_all(session, {fmt::format("SET a x{}", step), fmt::format("SET b x{}", step)});
      if (index >= 2) {
        const std::string seen = in_turn(db, session, "MGET a b");
        const std::size_t comma = seen.find(", ");
        if (seen.substr(1, comma - 1) != seen.substr(comma + 2, seen.size() - comma - 3))
          torn = true;
      }
    }
  });

  EXPECT_FALSE(torn);
}

TEST(StoreThreads, FlushesWalksAndWritesGetAlong) {
  TestStore db = tree_store();
  std::atomic<int> errors{0};

  on_threads([&](int index, Session& session) {
    const auto check = [&](const std::string& reply) {
      if (reply.starts_with("-")) ++errors;
    };
    for (int step = 0; step < 300; ++step) {
      if (index == 0 && step % 10 == 0) check(db.run(session, "FLUSHDB"));
      if (index == 1) check(db.run(session, "KEYS *"));
      if (index == 2) check(db.run_all(session, {"SET a 1", "DEL a", "SET b 2"}));
      check(in_turn(db, session, fmt::format("SET k{} v", step % 50)));
      check(in_turn(db, session, fmt::format("HSET h f{} v", step)));
      check(in_turn(db, session, fmt::format("RENAME k{} l", step % 50)).substr(0, 0));
      if (index == 3) db.store->collect_garbage(50);
    }
  });

  EXPECT_EQ(errors, 0);
  db.run("FLUSHDB");
  EXPECT_EQ(db.run("DBSIZE"), ":0");
}

TEST(StoreThreads, ACollectionIsBornOnce) {
  TestStore db = tree_store();

  on_threads([&](int index, Session& session) {
    for (int step = 0; step < 20; ++step) {
      session.collection_name = fmt::format("c{}", step);
      session.collection = nullptr;
      EXPECT_EQ(in_turn(db, session, fmt::format("SET k{} v", index)), "OK");
    }
  });

  EXPECT_EQ(db.store->collections().size(), 21u);
  Session session;
  session.collection_name = "c7";
  EXPECT_EQ(db.run(session, "DBSIZE"), fmt::format(":{}", kThreads));
}

// Whoever overwrites, erases or expires a key with members, the members go exactly once.
TEST(StoreThreads, MembersOfKeysThatGoAreAllCollected) {
  TestStore db = tree_store();

  on_threads([&](int index, Session& session) {
    for (int step = 0; step < 100; ++step) {
      const std::string key = fmt::format("z{}", (step + index) % 5);
      in_turn(db, session, "ZADD " + key + " 1 a 2 b 3 c");
      if (step % 3 == 0) in_turn(db, session, "SET " + key + " v");
      if (step % 3 == 1) in_turn(db, session, "DEL " + key);
      if (step % 7 == 0) db.run(session, "COPY " + key + " copy REPLACE");
      if (index == 0) db.store->collect_garbage(10);
    }
  });
  db.run("DEL z0 z1 z2 z3 z4 copy");
  while (db.store->collect_garbage(1000)) {
  }

  EXPECT_EQ(db.member_counts(), std::make_pair(std::uint64_t{0}, std::uint64_t{0}));
}

}  // namespace
}  // namespace latchkey::kv::test
