#include "kv/waiting_commands.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "kv/test_support/test_store.h"

namespace latchkey::kv {
namespace {

using test::TestReply;
using test::TestStore;

TEST(WaitingCommands, WhatIsThereIsTakenAtOnce) {
  TestStore db;
  db.run("ZADD b 1 x 2 y 3 z");

  EXPECT_EQ(db.run("BZPOPMIN a b 0"), R"(["b", "x", "1"])");
  EXPECT_EQ(db.run("BZPOPMAX b a 0"), R"(["b", "z", "3"])");
  EXPECT_EQ(db.run("BZMPOP 0 2 a b MAX COUNT 5"), R"(["b", [["y", "2"]]])");
  EXPECT_EQ(db.run("BZPOPMIN a b 0"), "(waits)");
  EXPECT_EQ(db.run("BZMPOP 1.5 2 a b MIN"), "(waits)");
  EXPECT_EQ(db.session.wait_ms, 1500);
}

TEST(WaitingCommands, RefusesWhatRedisRefuses) {
  TestStore db;
  db.run("SET s text");
  const std::pair<const char*, const char*> cases[] = {
      {"BZPOPMIN a x", "-ERR timeout is not a float or out of range"},
      {"BZPOPMIN a -0.1", "-ERR timeout is negative"},
      {"BZPOPMIN a 9223372036854775807", "-ERR timeout is out of range"},
      {"BZPOPMAX a inf", "-ERR timeout is out of range"},
      {"BZPOPMAX a s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
      {"BZPOPMAX s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
      {"BZMPOP x 1 a MIN", "-ERR timeout is not a float or out of range"},
      {"BZMPOP 0 0 a MIN", "-ERR numkeys should be greater than 0"},
      {"BZMPOP x 2 a MIN", "-ERR syntax error"},
      {"BZMPOP 0 1 a MINMAX", "-ERR syntax error"},
      {"BZMPOP 0 1 a MIN COUNT 0", "-ERR count should be greater than 0"},
  };
  for (const auto& [command, answer] : cases) EXPECT_EQ(db.run(command), answer) << command;
}

TEST(WaitingCommands, AreAnsweredByWhatBringsMembers) {
  const std::vector<std::vector<std::string>> feeds = {
      {"ZADD k 1 m"},
      {"ZADD k INCR 1 m"},
      {"ZINCRBY k 1 m"},
      {"ZADD o 1 m", "RENAME o k"},
      {"ZADD o 1 m", "RENAMENX o k"},
      {"ZADD o 1 m", "COPY o k"},
      {"ZADD o 1 m", "ZRANGESTORE k o 0 -1"},
      {"ZADD o 1 m", "ZUNIONSTORE k 1 o"},
      {"ZADD o 1 m", "ZINTERSTORE k 1 o"},
      {"ZADD o 1 m", "ZDIFFSTORE k 1 o"},
      {"SELECT other", "ZADD k 1 m", "MOVE k 0"},
      {"SELECT other", "ZADD o 1 m", "COPY o k DB 0"},
  };
  for (const auto& lines : feeds) {
    TestStore db;
    int woken = 0;
    const auto waiting = db.wait("BZPOPMIN j k 0", [&] { ++woken; });
    ASSERT_FALSE(waiting->answered());
    Session feeder;
    for (const std::string& line : lines) {
      if (line.starts_with("SELECT ")) {
        feeder.collection_name = line.substr(7);
      } else {
        EXPECT_EQ(db.run(feeder, line).find("ERR"), std::string::npos) << line;
      }
    }

    EXPECT_EQ(db.answer_of(*waiting), R"(["k", "m", "1"])") << lines.back();
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(db.run("EXISTS k"), ":0");
    EXPECT_EQ(db.store->awaited_key_count(), 0u);
    EXPECT_GE(waiting->depends_on(), storage::Lsn{1});
  }
}

TEST(WaitingCommands, TheFirstWhoCameIsServedFirst) {
  TestStore db;
  const auto first = db.wait("BZPOPMIN a k 0");
  const auto second = db.wait("BZPOPMAX k b 0");
  const auto third = db.wait("BZMPOP 0 1 k MIN COUNT 10");
  const auto fourth = db.wait("BZPOPMIN k 0");

  EXPECT_EQ(db.run("ZADD k 1 a 2 b 3 c 4 d"), ":4");

  EXPECT_EQ(db.answer_of(*first), R"(["k", "a", "1"])");
  EXPECT_EQ(db.answer_of(*second), R"(["k", "d", "4"])");
  EXPECT_EQ(db.answer_of(*third), R"(["k", [["b", "2"], ["c", "3"]]])");
  EXPECT_EQ(db.answer_of(*fourth), "(waits)");
  EXPECT_EQ(db.store->awaited_key_count(), 1u);
  EXPECT_TRUE(db.store->stop_waiting(*fourth));
  EXPECT_FALSE(db.store->stop_waiting(*fourth));
  EXPECT_FALSE(db.store->stop_waiting(*first));
}

TEST(WaitingCommands, TakeFromTheKeyThatWasFedFirst) {
  TestStore db;
  const auto waiting = db.wait("BZPOPMIN a b 0");

  db.run_all({"ZADD b 1 x", "ZADD a 1 y"});

  EXPECT_EQ(db.answer_of(*waiting), R"(["b", "x", "1"])");
  EXPECT_EQ(db.run("ZCARD a"), ":1");
}

TEST(WaitingCommands, SeeAnExecAsAWhole) {
  TestStore db;
  const auto waiting = db.wait("BZPOPMIN k 0");

  db.run_all({"ZADD k 1 a", "DEL k"});
  EXPECT_EQ(db.answer_of(*waiting), "(waits)");
  db.run_all({"ZADD k 1 a", "DEL k", "SET k text"});
  EXPECT_EQ(db.answer_of(*waiting), "(waits)");
  db.run("DEL k");
  db.run_all({"ZADD k 1 a", "ZADD k 0 b"});

  EXPECT_EQ(db.answer_of(*waiting), R"(["k", "b", "0"])");
}

TEST(WaitingCommands, NeverWaitInsideAnExec) {
  TestStore db;

  EXPECT_EQ(db.run_all({"BZPOPMIN k 0", "ZADD k 1 a", "BZPOPMAX k 0", "BZMPOP 0 1 k MIN"}),
            R"([nil-array, :1, ["k", "a", "1"], nil-array])");
  EXPECT_EQ(db.store->awaited_key_count(), 0u);
}

TEST(WaitingCommands, OtherKindsOfValuesAreNotForThem) {
  TestStore db;
  const auto waiting = db.wait("BZPOPMIN a b 0");
  db.run("SET o text");
  db.run("RENAME o a");
  EXPECT_EQ(db.answer_of(*waiting), "(waits)");

  db.run("ZADD b 1 x");

  EXPECT_EQ(db.answer_of(*waiting), R"(["b", "x", "1"])");
}

TEST(WaitingCommands, TheSameKeyInAnotherCollectionIsAnother) {
  TestStore db;
  const auto waiting = db.wait("BZPOPMIN k 0");
  Session other;
  other.collection_name = "other";

  db.run(other, "ZADD k 1 m");

  EXPECT_EQ(db.answer_of(*waiting), "(waits)");
  EXPECT_EQ(db.run(other, "ZCARD k"), ":1");
}

TEST(WaitingCommands, WaitInCollectionsThatAreYetToCome) {
  TestStore db;
  db.session.collection_name = "unborn";
  db.session.collection = nullptr;
  const auto waiting = db.wait("BZPOPMIN k 0");
  Session feeder;
  feeder.collection_name = "unborn";

  db.run(feeder, "ZADD k 1 m");

  EXPECT_EQ(db.answer_of(*waiting), R"(["k", "m", "1"])");
}

TEST(WaitingCommands, GoOnOverAFlush) {
  TestStore db;
  db.run("ZADD other 1 m");
  const auto waiting = db.wait("BZPOPMIN k 0");

  EXPECT_EQ(db.run("FLUSHALL"), "OK");
  db.run("ZADD k 1 m");

  EXPECT_EQ(db.answer_of(*waiting), R"(["k", "m", "1"])");
}

TEST(WaitingCommands, KeepTheShapesOfTheDoor) {
  TestStore db;
  db.typed = TestReply::Typed::Yes;
  const auto waiting = db.wait("BZPOPMIN k k 0");

  db.run("ZADD k 1.5 m");

  EXPECT_EQ(db.answer_of(*waiting), R"(["k", "m", ,1.5])");
}

TEST(WaitingCommands, TellTheirEvents) {
  TestStore db;
  test::TestSubscriber subscriber;
  db.store->hub().subscribe_pattern(subscriber, "__keyevent*");
  db.store->notify_flags = ~0u;
  const auto waiting = db.wait("BZPOPMIN k 0");

  db.run("ZADD k 1 m");

  const std::string before = "__keyevent* __keyevent@0__:";
  EXPECT_EQ(subscriber.received,
            (std::vector<std::string>{before + "new k", before + "zadd k", before + "zpopmin k",
                                      before + "del k"}));
  db.store->hub().unsubscribe_all(subscriber);
}

TEST(WaitingCommands, ARowThatIsLockedIsTriedAgain) {
  TestStore db;
  db.run("ZADD k 1 a 2 b");
  db.run("DEL k");
  const auto holder = db.engine->begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(
      holder->read_for_update(db.collection().records(), "k", [](const storage::RecordView&) {})
          .has_value());
  int woken = 0;
  const auto first = db.wait("BZPOPMIN k 0", [&] { ++woken; });
  const auto second = db.wait("BZPOPMIN k 0", [&] { ++woken; });
  EXPECT_FALSE(first->answered());

  holder->rollback();
  db.run("ZADD k 1 a 2 b");

  EXPECT_TRUE(first->take_must_retry());
  EXPECT_FALSE(first->take_must_retry());
  db.store->retry(*first);
  EXPECT_EQ(db.answer_of(*first), R"(["k", "a", "1"])");
  EXPECT_EQ(db.answer_of(*second), R"(["k", "b", "2"])");
  EXPECT_GE(woken, 2);
}

/// What comes between a try and the wait is not lost.
TEST(WaitingCommands, LoseNothingBetweenThreads) {
  constexpr int kMembers = 2000;
  TestStore db;
  std::atomic<int> popped{0};
  std::atomic<bool> stop{false};
  std::thread popper([&] {
    const std::string words[] = {"BZPOPMIN", "k", "0"};
    const std::vector<Bytes> arguments(std::begin(words), std::end(words));
    const Command& command = *db.store->commands().find("BZPOPMIN");
    while (!stop) {
      Session session;
      TestReply reply;
      Outcome outcome = Outcome::Done;
      {
        const storage::Engine::Turn turn(*db.engine);
        outcome = db.store->execute(session, command, arguments, reply);
      }
      if (outcome == Outcome::Done) {
        ++popped;
        continue;
      }
      const auto waiting = std::make_shared<WaitingCommand>(session, command, arguments,
                                                            RecordedReply::Typed::No, [] {});
      db.store->wait(*waiting);
      while (!waiting->answered() && !stop) std::this_thread::yield();
      if (!db.store->stop_waiting(*waiting)) ++popped;
    }
  });
  // One at a time: what is lost must not be made good by the next that comes.
  for (int i = 0; i < kMembers && popped == i; ++i) {
    db.run("ZADD k " + std::to_string(i) + " m" + std::to_string(i));
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (popped == i && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  }
  stop = true;
  popper.join();

  EXPECT_EQ(popped, kMembers);
  EXPECT_EQ(db.run("EXISTS k"), ":0");
}

}  // namespace
}  // namespace latchkey::kv
