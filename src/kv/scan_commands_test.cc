#include <gtest/gtest.h>

#include <set>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

/// The elements of ["cursor", ["key", ..]].
std::pair<std::string, std::vector<std::string>> parse_scan(const std::string& reply) {
  std::vector<std::string> words;
  for (std::size_t begin = reply.find('"'); begin != std::string::npos;) {
    const std::size_t end = reply.find('"', begin + 1);
    words.push_back(reply.substr(begin + 1, end - begin - 1));
    begin = reply.find('"', end + 1);
  }
  std::string cursor = words.at(0);
  words.erase(words.begin());
  return {cursor, words};
}

std::set<std::string> scan_all(TestStore& db, const std::string& options) {
  std::set<std::string> found;
  std::string cursor = "0";
  do {
    auto [next, keys] = parse_scan(db.run("SCAN " + cursor + options));
    for (const std::string& key : keys) EXPECT_TRUE(found.insert(key).second) << key;
    cursor = next;
  } while (cursor != "0");
  return found;
}

std::set<std::string> fill(TestStore& db, const std::string& prefix, int count) {
  std::set<std::string> keys;
  for (int index = 0; index < count; ++index) {
    const std::string key = prefix + std::to_string(index);
    db.run("SET " + key + " v");
    keys.insert(key);
  }
  return keys;
}

// The seed's source answered every cursor with 0, so keys past COUNT were lost (promises 5.2).
TEST(ScanCommands, ScanFindsEveryKeyOnce) {
  TestStore db;
  const std::set<std::string> keys = fill(db, "k", 300);

  EXPECT_EQ(scan_all(db, ""), keys);
  EXPECT_EQ(scan_all(db, " COUNT 1"), keys);
  EXPECT_EQ(scan_all(db, " COUNT 7"), keys);
  EXPECT_EQ(scan_all(db, " COUNT 300"), keys);
  EXPECT_EQ(scan_all(db, " COUNT 9223372036854775807"), keys);
}

TEST(ScanCommands, ScanOfAnEmptyCollectionEndsAtOnce) {
  TestStore db;
  Session other;
  other.collection_name = "none yet";

  EXPECT_EQ(db.run("SCAN 0"), "[\"0\", []]");
  EXPECT_EQ(db.run(other, "SCAN 0"), "[\"0\", []]");
  EXPECT_EQ(db.run(other, "KEYS *"), "[]");
}

TEST(ScanCommands, ScanKeepsKeysThatStayWhileOthersComeAndGo) {
  TestStore db;
  const std::set<std::string> staying = fill(db, "stay", 200);
  const std::set<std::string> leaving = fill(db, "leave", 200);
  std::set<std::string> found;
  std::string cursor = "0";
  int step = 0;

  do {
    auto [next, keys] = parse_scan(db.run("SCAN " + cursor + " COUNT 5"));
    found.insert(keys.begin(), keys.end());
    cursor = next;
    db.run("DEL leave" + std::to_string(step));
    db.run("SET new" + std::to_string(++step) + " v");
  } while (cursor != "0");

  for (const std::string& key : staying) EXPECT_TRUE(found.contains(key)) << key;
}

TEST(ScanCommands, ACursorMayBeUsedAgain) {
  TestStore db;
  fill(db, "k", 30);
  const std::string cursor = parse_scan(db.run("SCAN 0")).first;

  const auto once = parse_scan(db.run("SCAN " + cursor)).second;
  const auto twice = parse_scan(db.run("SCAN " + cursor)).second;

  EXPECT_EQ(once, twice);
  EXPECT_EQ(once.size(), 10u);
}

TEST(ScanCommands, AnUnknownCursorStartsOverSoThatNoKeyIsLost) {
  TestStore db;
  fill(db, "k", 30);
  const std::string cursor = parse_scan(db.run("SCAN 0")).first;
  const auto first = parse_scan(db.run("SCAN 0")).second;

  EXPECT_EQ(parse_scan(db.run("SCAN 12345")).second, first);
  db.reopen();
  EXPECT_EQ(parse_scan(db.run("SCAN " + cursor)).second, first);
}

TEST(ScanCommands, ACursorOfAnotherCollectionStartsOver) {
  TestStore db;
  fill(db, "k", 30);
  Session other;
  other.collection_name = "other";
  db.run(other, "SET a v");

  const std::string cursor = parse_scan(db.run("SCAN 0")).first;

  EXPECT_EQ(db.run(other, "SCAN " + cursor), "[\"0\", [\"a\"]]");
}

TEST(ScanCommands, MatchAndTypeFilterWhatIsReturned) {
  TestStore db;
  const std::set<std::string> users = fill(db, "user:", 50);
  fill(db, "session:", 50);
  db.put_members("user:z", 2);

  EXPECT_EQ(scan_all(db, " MATCH user:* TYPE string"), users);
  EXPECT_EQ(scan_all(db, " TYPE zset COUNT 3"), std::set<std::string>{"user:z"});
  EXPECT_EQ(scan_all(db, " MATCH ?ser:1"), std::set<std::string>{"user:1"});
  EXPECT_EQ(scan_all(db, " TYPE nothing"), std::set<std::string>{});
  EXPECT_EQ(db.run("SCAN 0 MATCH user:1 COUNT 10"), "[\"0\", [\"user:1\"]]");
}

TEST(ScanCommands, ScanRefusesWhatRedisRefuses) {
  TestStore db;

  EXPECT_EQ(db.run("SCAN x"), "-ERR invalid cursor");
  EXPECT_EQ(db.run("SCAN 18446744073709551616"), "-ERR invalid cursor");
  EXPECT_EQ(db.run("SCAN 0 COUNT 0"), "-ERR syntax error");
  EXPECT_EQ(db.run("SCAN 0 COUNT x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(db.run("SCAN 0 MATCH"), "-ERR syntax error");
  EXPECT_EQ(db.run("SCAN 0 WHAT x"), "-ERR syntax error");
}

// The seed's source cut KEYS at 100,000 (promises 5.2); here nothing cuts, which 3,000 keys and
// steps of 256 show as well.
TEST(ScanCommands, KeysReturnsAllThatMatchInOrder) {
  TestStore db;
  fill(db, "k", 3000);
  db.run("MSET a 1 ab 2 b 3 a* 4");

  EXPECT_EQ(db.run("KEYS a*"), "[\"a\", \"a*\", \"ab\"]");
  EXPECT_EQ(db.run("KEYS a\\*"), "[\"a*\"]");
  EXPECT_EQ(db.run("KEYS ab"), "[\"ab\"]");
  EXPECT_EQ(db.run("KEYS [b-c]"), "[\"b\"]");
  EXPECT_EQ(db.run("KEYS zzz*"), "[]");
  EXPECT_EQ(parse_scan(db.run("KEYS *")).second.size(), 3003u);
}

// Where a step ends, the next begins with the very next key: here each is the one before and a
// byte.
TEST(ScanCommands, NoKeyIsLostBetweenSteps) {
  TestStore db;
  std::set<std::string> keys;
  for (std::size_t length = 1; length <= 600; ++length) {
    keys.insert(std::string(length, 'a'));
    db.run({"SET", std::string(length, 'a'), "v"});
  }

  EXPECT_EQ(parse_scan(db.run("KEYS *")).second.size(), keys.size() - 1);
  EXPECT_EQ(scan_all(db, " COUNT 1"), keys);
  EXPECT_EQ(scan_all(db, " COUNT 300"), keys);
}

TEST(ScanCommands, KeysThatAreAllHighBytesAreFound) {
  TestStore db;
  const std::string high(3, '\xff');
  db.run({"SET", high, "v"});

  EXPECT_EQ(db.run({"KEYS", std::string(2, '\xff') + "*"}), "[\"" + high + "\"]");
}

TEST(ScanCommands, WalksInsideExecSeeItsOwnWrites) {
  TestStore db;
  fill(db, "k", 300);

  EXPECT_EQ(db.run_all({"SET a 1", "KEYS a*", "DEL k0", "SCAN 0 MATCH k0"}),
            "[OK, [\"a\"], :1, [\"0\", []]]");
}

}  // namespace
}  // namespace latchkey::kv::test
