#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/text.h"
#include "env/simulated.h"
#include "kv/store.h"
#include "kv/test_support/test_reply.h"
#include "storage/model/model_engine.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::kv::test {

/// The same bytes in every run.
class SeededRandom final : public env::Random {
 public:
  void fill(std::span<std::byte> out) override { random_.fill(out); }

 private:
  env::SimulatedRandom random_{7};
};

enum class EngineKind : std::uint8_t { Model, Tree };

/// The model engine, unless LK_TEST_ENGINE=tree in the environment asks for all tests on
/// ours.
inline EngineKind default_engine_kind() {
  const char* const wanted = std::getenv("LK_TEST_ENGINE");
  return wanted != nullptr && Bytes(wanted) == "tree" ? EngineKind::Tree : EngineKind::Model;
}

inline std::unique_ptr<storage::Engine> make_test_engine(env::Env environment,
                                                         storage::EngineLimits limits,
                                                         EngineKind kind,
                                                         std::uint64_t memory_limit_bytes) {
  if (kind == EngineKind::Model) return storage::make_model_engine(environment, limits);
  storage::tree::TreeEngineOptions options;
  options.memory_limit_bytes = memory_limit_bytes;
  options.directory = "/data";
  options.durability = storage::Durability::Interval;
  options.log_segment_bytes = 4 << 20;
  options.log_ring_bytes = 1 << 20;
  options.limits = limits;
  auto opened = storage::tree::TreeEngine::open(environment, options);
  LK_ASSERT(opened.has_value());
  return std::move(opened).value();
}

/// A store on an engine whose disk and clock are simulated, driven by command lines.
///
///   TestStore db;
///   EXPECT_EQ(db.run("SET k v"), "OK");
///   db.clock.advance_ms(1000);
class TestStore {
 public:
  using Words = std::vector<std::string>;

  env::SimulatedEnv machine{7};
  env::SimulatedClock& clock = machine.clock;
  env::Env environment = machine.env();
  std::unique_ptr<storage::Engine> engine;
  std::unique_ptr<Store> store;
  Session session;
  TestReply::Typed typed = TestReply::Typed::No;

  explicit TestStore(storage::EngineLimits limits = {4096, 512u << 20},
                     EngineKind kind = default_engine_kind(),
                     std::uint64_t memory_limit_bytes = std::uint64_t{1} << 30)
      : engine(make_test_engine(environment, limits, kind, memory_limit_bytes)) {
    reopen();
  }

  /// A new store on the same engine, as after a restart.
  void reopen() {
    store.reset();
    Result<std::unique_ptr<Store>> opened = Store::open(*engine, environment);
    LK_ASSERT(opened.has_value());
    store = std::move(opened).value();
    session.collection = nullptr;
  }

  Collection& collection(std::string_view name = "default") {
    const auto found = store->collection(name, Store::Create::Yes);
    LK_ASSERT(found.has_value());
    return **found;
  }

  /// Puts a key of kind SortedSet with `count` members m0, m1 .. straight into the trees, for tests
  /// of what happens to members whatever command made them.
  void put_members(Bytes key, std::uint64_t count, std::int64_t deadline_ms = 0,
                   std::string_view collection_name = "default") {
    const CollectionTrees trees = collection(collection_name).trees();
    const auto members_id = store->members_ids().next();
    LK_ASSERT(members_id.has_value());
    const auto transaction = engine->begin_atomic({}, engine->now_ms());
    for (std::uint64_t index = 0; index < count; ++index) {
      const std::string member = fmt::format("m{}", index);
      MembersKey members_key(*members_id);
      char score[8];
      store_big64(score, index);
      put(*transaction, trees.members, members_key.of_member(member), Bytes(score, 8));
      put(*transaction, trees.scores, members_key.of_score(index, member), {});
    }
    const auto header = MembersHeader{*members_id, count}.encode();
    LK_ASSERT(transaction
                  ->put(trees.records, key,
                        {Bytes(header.data(), header.size()), deadline_ms,
                         static_cast<std::uint8_t>(RecordKind::SortedSet)})
                  .has_value());
    LK_ASSERT(transaction->commit().has_value());
  }

  /// How many members there are in all, whoever owns them, in the members and in the scores tree.
  std::pair<std::uint64_t, std::uint64_t> member_counts(
      std::string_view collection_name = "default") {
    const CollectionTrees trees = collection(collection_name).trees();
    const auto transaction = engine->begin_atomic({}, engine->now_ms());
    return {*transaction->count(trees.members), *transaction->count(trees.scores)};
  }

  /// Words stand between single spaces; "" is an empty argument. See run(words) for other bytes.
  std::string run(std::string_view line) { return run(session, split(line)); }
  std::string run(const Words& words) { return run(session, words); }
  std::string run(Session& from, std::string_view line) { return run(from, split(line)); }

  std::string run(Session& from, const Words& words) {
    LK_ASSERT(!words.empty());
    TestReply reply(typed);
    const Command* const command = store->commands().find(words[0]);
    if (command == nullptr) return fmt::format("-ERR unknown command '{}'", words[0]);
    if (!command->arity.admits(words.size())) {
      return fmt::format("-ERR wrong number of arguments for '{}' command",
                         to_lower(command->name));
    }
    const std::vector<Bytes> arguments(words.begin(), words.end());
    const Outcome outcome = store->execute(from, *command, arguments, reply);
    if (outcome == Outcome::Waits) return "(waits)";
    return outcome == Outcome::Blocked ? "(blocked)" : reply.text();
  }

  /// Lets the command of `line` wait, as a door does with one that says so. Calls `wake` when it is
  /// answered.
  std::shared_ptr<WaitingCommand> wait(
      std::string_view line, std::function<void()> wake = [] {}) {
    const Words words = split(line);
    const std::vector<Bytes> arguments(words.begin(), words.end());
    const auto recorded =
        typed == TestReply::Typed::Yes ? RecordedReply::Typed::Yes : RecordedReply::Typed::No;
    auto waiting = std::make_shared<WaitingCommand>(session, *store->commands().find(words[0]),
                                                    arguments, recorded, std::move(wake));
    store->wait(*waiting);
    return waiting;
  }
  /// What it was answered, or "(waits)".
  std::string answer_of(const WaitingCommand& waiting) const {
    if (!waiting.answered()) return "(waits)";
    TestReply reply(typed);
    waiting.reply().replay(reply);
    return reply.text();
  }

  /// MULTI, the lines, EXEC.
  std::string run_all(Session& from, const std::vector<std::string>& lines) {
    std::vector<QueuedCommand> queue;
    for (const std::string& line : lines) {
      Words words = split(line);
      const Command* const command = store->commands().find(words[0]);
      LK_ASSERT(command != nullptr);
      queue.push_back({command, std::move(words)});
    }
    TestReply reply(typed);
    const Outcome outcome = store->execute_all(from, queue, reply);
    return outcome == Outcome::Blocked ? "(blocked)" : reply.text();
  }
  std::string run_all(const std::vector<std::string>& lines) { return run_all(session, lines); }

  static void put(storage::Transaction& transaction, storage::TreeId tree, Bytes key, Bytes value) {
    LK_ASSERT(transaction.put(tree, key, {.value = value}).has_value());
  }

  static Words split(std::string_view line) {
    Words words;
    for (;;) {
      const std::size_t space = line.find(' ');
      const std::string_view word = line.substr(0, space);
      words.emplace_back(word == "\"\"" ? std::string_view() : word);
      if (space == std::string_view::npos) return words;
      line.remove_prefix(space + 1);
    }
  }
};

/// Collects what is published, as "channel payload" or "pattern channel payload".
class TestSubscriber final : public Subscriber {
 public:
  void deliver(const std::shared_ptr<const Message>& message, const std::string& pattern) override {
    std::string line = pattern.empty() ? "" : pattern + " ";
    received.push_back(line + message->channel + " " + message->payload);
  }
  std::vector<std::string> received;
};

}  // namespace latchkey::kv::test
