#include "kv/sorted_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "kv/test_support/test_store.h"

namespace latchkey::kv {
namespace {

using test::TestStore;

/// A sorted set as one would write it without a database.
class Model {
 public:
  using Place = std::pair<double, std::string>;

  bool add(const std::string& member, double score) {
    const auto found = scores_.find(member);
    const bool is_new = found == scores_.end();
    if (!is_new) order_.erase({found->second, member});
    scores_[member] = score;
    order_.insert({score, member});
    return is_new;
  }
  bool erase(const std::string& member) {
    const auto found = scores_.find(member);
    if (found == scores_.end()) return false;
    order_.erase({found->second, member});
    scores_.erase(found);
    return true;
  }
  std::size_t size() const { return scores_.size(); }
  std::vector<Place> places() const { return {order_.begin(), order_.end()}; }
  const std::map<std::string, double>& scores() const { return scores_; }

 private:
  std::map<std::string, double> scores_;
  std::set<Place> order_;
};

std::string text_of(double score) {
  std::string text;
  append_double(text, score);
  return text;
}

std::string listed(const std::vector<Model::Place>& places, std::size_t begin, std::size_t end) {
  std::string out = "[";
  for (std::size_t i = begin; i < end && i < places.size(); ++i) {
    if (out.size() > 1) out += ", ";
    out += "\"" + places[i].second + "\", \"" + text_of(places[i].first) + "\"";
  }
  return out + "]";
}

/// Drives one key of the store and one model side by side.
class Pair {
 public:
  Pair(TestStore& db, std::string key, std::mt19937_64& random)
      : db_(db), key_(std::move(key)), random_(random) {}

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return add();
      case 3:
        return erase();
      case 4:
        return rank();
      case 5:
        return slice();
      case 6:
        return by_score();
      case 7:
        return count();
      case 8:
        return pop();
      case 9:
        return erase_ranks();
      case 10:
        return increment();
      default:
        return score();
    }
  }

  void check() {
    const auto places = model_.places();
    EXPECT_EQ(run({"ZRANGE", key_, "0", "-1", "WITHSCORES"}), listed(places, 0, places.size()));
    EXPECT_EQ(run({"ZCARD", key_}), number(places.size()));
    for (std::size_t i = 0; i < places.size(); ++i) {
      ASSERT_EQ(run({"ZRANK", key_, places[i].second}), number(i));
    }
    EXPECT_EQ(run({"EXISTS", key_}), number(places.empty() ? 0 : 1));
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string member() { return "m" + std::to_string(below(300)); }
  double random_score() {
    static constexpr double kSpecial[] = {0, -1, 1e300, -1e300, 0.1, 5e-324, -INFINITY, INFINITY};
    if (below(8) == 0) return kSpecial[below(8)];
    return static_cast<double>(below(40)) / 4 - 3;  // so that many share one
  }
  static std::string number(std::uint64_t value) { return ":" + std::to_string(value); }
  std::string run(const TestStore::Words& words) { return db_.run(words); }

  void add() {
    const std::string name = member();
    const double score = random_score();
    EXPECT_EQ(run({"ZADD", key_, text_of(score), name}), number(model_.add(name, score)));
  }
  void erase() {
    const std::string name = member();
    EXPECT_EQ(run({"ZREM", key_, name}), number(model_.erase(name)));
  }
  void increment() {
    const std::string name = member();
    const auto found = model_.scores().find(name);
    const double before = found == model_.scores().end() ? 0 : found->second;
    model_.add(name, before + 1.5);
    EXPECT_EQ(run({"ZINCRBY", key_, "1.5", name}), "\"" + text_of(before + 1.5) + "\"");
  }
  void score() {
    const std::string name = member();
    const auto found = model_.scores().find(name);
    EXPECT_EQ(run({"ZSCORE", key_, name}),
              found == model_.scores().end() ? "nil" : "\"" + text_of(found->second) + "\"");
  }
  void rank() {
    const std::string name = member();
    const auto places = model_.places();
    std::string forward = "nil";
    std::string backward = "nil";
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i].second != name) continue;
      forward = number(i);
      backward = number(places.size() - 1 - i);
    }
    EXPECT_EQ(run({"ZRANK", key_, name}), forward);
    EXPECT_EQ(run({"ZREVRANK", key_, name}), backward);
  }
  void slice() {
    auto places = model_.places();
    const std::uint64_t begin = below(places.size() + 3);
    const std::uint64_t length = below(20) + 1;
    const TestStore::Words bounds = {std::to_string(begin), std::to_string(begin + length - 1)};
    EXPECT_EQ(run({"ZRANGE", key_, bounds[0], bounds[1], "WITHSCORES"}),
              listed(places, begin, begin + length));
    std::reverse(places.begin(), places.end());
    EXPECT_EQ(run({"ZREVRANGE", key_, bounds[0], bounds[1], "WITHSCORES"}),
              listed(places, begin, begin + length));
  }
  void by_score() {
    const double low = random_score();
    const double high = random_score();
    const bool open = below(2) == 0;
    std::vector<Model::Place> inside;
    for (const auto& place : model_.places()) {
      if ((open ? place.first > low : place.first >= low) && place.first <= high) {
        inside.push_back(place);
      }
    }
    const std::string min = (open ? "(" : "") + text_of(low);
    const std::uint64_t offset = below(5);
    const std::uint64_t limit = below(30);
    const TestStore::Words tail = {"LIMIT", std::to_string(offset), std::to_string(limit),
                                   "WITHSCORES"};
    TestStore::Words forward = {"ZRANGEBYSCORE", key_, min, text_of(high)};
    TestStore::Words backward = {"ZREVRANGEBYSCORE", key_, text_of(high), min};
    forward.insert(forward.end(), tail.begin(), tail.end());
    backward.insert(backward.end(), tail.begin(), tail.end());
    EXPECT_EQ(run(forward), listed(inside, offset, offset + limit));
    std::reverse(inside.begin(), inside.end());
    EXPECT_EQ(run(backward), listed(inside, offset, offset + limit));
  }
  void count() {
    const double low = random_score();
    const double high = random_score();
    std::uint64_t expected = 0;
    for (const auto& place : model_.places()) {
      expected += place.first > low && place.first < high ? 1 : 0;
    }
    EXPECT_EQ(run({"ZCOUNT", key_, "(" + text_of(low), "(" + text_of(high)}), number(expected));
  }
  void pop() {
    auto places = model_.places();
    const bool lowest = below(2) == 0;
    if (!lowest) std::reverse(places.begin(), places.end());
    const std::uint64_t many = below(4) == 0 ? below(40) : 2;
    EXPECT_EQ(run({lowest ? "ZPOPMIN" : "ZPOPMAX", key_, std::to_string(many)}),
              listed(places, 0, many));
    for (std::size_t i = 0; i < many && i < places.size(); ++i) model_.erase(places[i].second);
  }
  void erase_ranks() {
    const auto places = model_.places();
    const std::uint64_t begin = below(places.size() + 2);
    const std::uint64_t end = below(40) == 0 ? places.size() : begin + below(4);
    std::uint64_t erased = 0;
    for (std::size_t i = begin; i < end && i < places.size(); ++i) {
      erased += model_.erase(places[i].second) ? 1 : 0;
    }
    if (end == begin) return;
    EXPECT_EQ(run({"ZREMRANGEBYRANK", key_, std::to_string(begin), std::to_string(end - 1)}),
              number(erased));
  }

  TestStore& db_;
  const std::string key_;
  std::mt19937_64& random_;
  Model model_;
};

// Two keys and a std::set each receive the same random commands, in one collection, so that each
// set has the other's members as neighbours in the trees. Verified: every answer, all ranks, and
// that nothing is left in the trees at the end. Not verified: concurrency, other engines.
TEST(SortedSetVersusModel, AgreeOnEveryAnswer) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    TestStore db;
    Pair first(db, "first", random);
    Pair second(db, "second", random);
    for (int i = 0; i < 400; ++i) {
      first.step();
      second.step();
      if (i % 100 == 99) first.check();
      ASSERT_FALSE(testing::Test::HasFailure()) << "after step " << i;
    }
    second.check();

    db.run("DEL first");
    db.run("ZREMRANGEBYRANK second 0 -1");
    while (db.store->collect_garbage(100)) {
    }
    const auto txn = db.engine->begin(storage::Isolation::RepeatableRead);
    EXPECT_EQ(txn->count(db.session.collection->trees().members).value(), 0u);
    EXPECT_EQ(txn->count(db.session.collection->trees().scores).value(), 0u);
  }
}

TEST(SortedSet, AMemberWithTheSameScoreWritesNothing) {
  TestStore db;
  db.run("ZADD z 1 a");
  const storage::Lsn before = db.engine->appended_lsn();
  EXPECT_EQ(db.run("ZADD z 1 a"), ":0");
  EXPECT_EQ(db.engine->appended_lsn(), before);
  EXPECT_EQ(db.run("ZADD z 2 a"), ":0");
  EXPECT_NE(db.engine->appended_lsn(), before);
}

TEST(SortedSet, EveryChangeIsSeenByWatch) {
  TestStore db;
  db.run("ZADD z 1 a 2 b");
  const std::vector<Bytes> keys = {"z"};
  for (const std::string change : {"ZADD z 3 a", "ZINCRBY z 1 b", "ZREM z b", "ZADD z 9 c"}) {
    ASSERT_TRUE(db.store->watch(db.session, keys).has_value());
    Session other;
    db.run(other, change);
    EXPECT_EQ(db.run_all({"ZCARD z"}), "nil-array") << change;
  }
  ASSERT_TRUE(db.store->watch(db.session, keys).has_value());
  Session other;
  db.run(other, "ZADD z 9 c");
  EXPECT_EQ(db.run_all({"ZCARD z"}), "[:2]") << "nothing has changed";
}

TEST(SortedSet, TreesThatDisagreeAreCorruption) {
  TestStore db;
  db.run("ZADD z 1 a 2 b");
  // Damage: the member loses its place in the order.
  const CollectionTrees trees = db.session.collection->trees();
  {
    const auto txn = db.engine->begin(storage::Isolation::ReadCommitted);
    const auto first = txn->select(trees.scores, 0).value();
    ASSERT_TRUE(txn->erase(trees.scores, *first).value());
    ASSERT_TRUE(txn->commit().has_value());
  }
  EXPECT_EQ(db.run("ZREM z a").substr(0, 40), "-ERR the trees of the sorted set with id");
  EXPECT_EQ(db.run("ZADD z 5 a").substr(0, 40), "-ERR the trees of the sorted set with id");
  EXPECT_EQ(db.run("ZRANGE z 0 -1"), "-ERR a sorted set has fewer members than its record counts");
  EXPECT_EQ(db.run("ZSCORE z a"), "\"1\"") << "a failed command changes nothing";
}

}  // namespace
}  // namespace latchkey::kv
