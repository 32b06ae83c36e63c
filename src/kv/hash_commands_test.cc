#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "kv/fields_of_key.h"
#include "kv/test_support/test_store.h"

namespace latchkey::kv {
namespace {

using test::TestReply;
using test::TestStore;

constexpr const char* kWrongType =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";

/// Sets f0 .. f(count - 1) to 0 .. count - 1.
void fill(TestStore& db, const std::string& key, int count) {
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(db.run({"HSET", key, "f" + std::to_string(i), std::to_string(i)}), ":1");
  }
}

RecordKind kind_at(TestStore& db, Bytes key) {
  auto kind = RecordKind::Null;
  const storage::KeyRef ref = db.engine->key_ref(db.session.collection->records(), key);
  const auto look = [&](const storage::RecordView& record) {
    kind = static_cast<RecordKind>(record.kind);
  };
  EXPECT_TRUE(db.engine->read(ref, db.engine->now_ms(), look).value());
  return kind;
}

/// How many records the members tree holds.
std::uint64_t members_count(TestStore& db) {
  const auto txn = db.engine->begin(storage::Isolation::RepeatableRead);
  return txn->count(db.session.collection->trees().members).value();
}

/// Names and values of a whole HSCAN, in the order they came.
std::vector<std::string> scanned(TestStore& db, const std::string& key,
                                 const std::vector<std::string>& options) {
  std::vector<std::string> cells;
  std::string cursor = "0";
  do {
    TestStore::Words words = {"HSCAN", key, cursor};
    words.insert(words.end(), options.begin(), options.end());
    const std::string reply = db.run(words);
    const std::size_t end = reply.find('"', 2);
    cursor = reply.substr(2, end - 2);
    for (std::size_t at = reply.find('"', end + 1); at != std::string::npos;) {
      const std::size_t close = reply.find('"', at + 1);
      cells.push_back(reply.substr(at + 1, close - at - 1));
      at = reply.find('"', close + 1);
    }
  } while (cursor != "0");
  return cells;
}

TEST(HashCommands, FieldsAreSetReadAndRemoved) {
  TestStore db;
  EXPECT_EQ(db.run("HSET h a 1 b two"), ":2");
  EXPECT_EQ(db.run("HSET h a 3 c 4 c 5"), ":1");
  EXPECT_EQ(db.run("HGET h a"), "\"3\"");
  EXPECT_EQ(db.run("HGET h nope"), "nil");
  EXPECT_EQ(db.run("HGET nope a"), "nil");
  EXPECT_EQ(db.run("HMGET h a nope b"), "[\"3\", nil, \"two\"]");
  EXPECT_EQ(db.run("HMGET nope a b"), "[nil, nil]");
  EXPECT_EQ(db.run("HLEN h"), ":3");
  EXPECT_EQ(db.run("HLEN nope"), ":0");
  EXPECT_EQ(db.run("HEXISTS h a"), ":1");
  EXPECT_EQ(db.run("HEXISTS h z"), ":0");
  EXPECT_EQ(db.run("HSTRLEN h b"), ":3");
  EXPECT_EQ(db.run("HSTRLEN h z"), ":0");
  EXPECT_EQ(db.run("HKEYS h"), "[\"a\", \"b\", \"c\"]");
  EXPECT_EQ(db.run("HVALS h"), "[\"3\", \"two\", \"5\"]");
  EXPECT_EQ(db.run("HDEL h a a z"), ":1");
  EXPECT_EQ(db.run("HDEL nope a"), ":0");
  EXPECT_EQ(db.run("HGETALL h"), "[\"b\", \"two\", \"c\", \"5\"]");
  EXPECT_EQ(db.run("HGETALL nope"), "[]");
  EXPECT_EQ(db.run("HKEYS nope"), "[]");
  EXPECT_EQ(db.run("HVALS nope"), "[]");
}

TEST(HashCommands, Resp3GivesAMap) {
  TestStore db;
  db.typed = TestReply::Typed::Yes;
  db.run("HSET h a 1 b 2");
  EXPECT_EQ(db.run("HGETALL h"), "{\"a\": \"1\", \"b\": \"2\"}");
  EXPECT_EQ(db.run("HGETALL nope"), "{}");
}

TEST(HashCommands, HmsetAndHsetnx) {
  TestStore db;
  EXPECT_EQ(db.run("HMSET h a 1 b 2"), "OK");
  EXPECT_EQ(db.run("HSETNX h a 9"), ":0");
  EXPECT_EQ(db.run("HSETNX h c 9"), ":1");
  EXPECT_EQ(db.run("HMGET h a b c"), "[\"1\", \"2\", \"9\"]");
  EXPECT_EQ(db.run("HSET h a 1 b"), "-ERR wrong number of arguments for 'hset' command");
  EXPECT_EQ(db.run("HMSET h a 1 b"), "-ERR wrong number of arguments for 'hmset' command");
}

TEST(HashCommands, TheKeyGoesWithItsLastField) {
  TestStore db;
  db.run("HSET h a 1 b 2");
  EXPECT_EQ(db.run("HDEL h a b"), ":2");
  EXPECT_EQ(db.run("EXISTS h"), ":0");
}

TEST(HashCommands, EmptyNamesAndValuesAndAllBytesAreFields) {
  TestStore db;
  const std::string bytes("\0\xff\r\n", 4);
  EXPECT_EQ(db.run({"HSET", "h", "", "", bytes, bytes}), ":2");
  EXPECT_EQ(db.run({"HGET", "h", ""}), "\"\"");
  EXPECT_EQ(db.run({"HGET", "h", bytes}), "\"" + bytes + "\"");
}

TEST(HashCommands, NumbersPrintAsTheyWereWritten) {
  TestStore db;
  for (const char* text : {"007", "-0", "1.50", "1e3", "+5", "9223372036854775808", " 1", "12"}) {
    db.run({"HSET", "h", "f", text});
    EXPECT_EQ(db.run({"HGET", "h", "f"}), "\"" + std::string(text) + "\"");
  }
}

TEST(HashCommands, IntegersAreIncremented) {
  TestStore db;
  EXPECT_EQ(db.run("HINCRBY h n 5"), ":5");
  EXPECT_EQ(db.run("HINCRBY h n -7"), ":-2");
  EXPECT_EQ(db.run("HINCRBY h n x"), "-ERR value is not an integer or out of range");
  db.run("HSET h s abc z 007 m 9223372036854775807");
  EXPECT_EQ(db.run("HINCRBY h s 1"), "-ERR hash value is not an integer");
  EXPECT_EQ(db.run("HINCRBY h z 1"), "-ERR hash value is not an integer");
  EXPECT_EQ(db.run("HINCRBY h m 1"), "-ERR increment or decrement would overflow");
  EXPECT_EQ(db.run("HGET h m"), "\"9223372036854775807\"");
}

TEST(HashCommands, FloatsAreIncremented) {
  TestStore db;
  EXPECT_EQ(db.run("HINCRBYFLOAT h f 10.50"), "\"10.5\"");
  EXPECT_EQ(db.run("HINCRBYFLOAT h f 0.1"), "\"10.6\"");
  EXPECT_EQ(db.run("HINCRBYFLOAT h f -10.6"), "\"0\"");
  EXPECT_EQ(db.run("HINCRBY h f 2"), ":2");
  db.run("HSET h e 5.0e3 s abc");
  EXPECT_EQ(db.run("HINCRBYFLOAT h e 2.0e2"), "\"5200\"");
  EXPECT_EQ(db.run("HINCRBYFLOAT h s 1"), "-ERR hash value is not a float");
  EXPECT_EQ(db.run("HINCRBYFLOAT h f x"), "-ERR value is not a valid float");
  EXPECT_EQ(db.run("HINCRBYFLOAT h f inf"), "-ERR value is NaN or Infinity");
}

TEST(HashCommands, AnotherKindOfValueIsRefusedByEachCommand) {
  TestStore db;
  db.run("SET s text");
  db.run("ZADD z 1 a");
  for (const std::string key : {"s", "z"}) {
    for (const std::string line :
         {"HSET ? a 1", "HMSET ? a 1", "HSETNX ? a 1", "HGET ? a", "HMGET ? a", "HGETALL ?",
          "HDEL ? a", "HLEN ?", "HEXISTS ? a", "HKEYS ?", "HVALS ?", "HSTRLEN ? a", "HINCRBY ? a 1",
          "HINCRBYFLOAT ? a 1", "HSCAN ? 0", "HRANDFIELD ?", "HRANDFIELD ? 2"}) {
      std::string with_key = line;
      with_key.replace(with_key.find('?'), 1, key);
      EXPECT_EQ(db.run(with_key), kWrongType) << with_key;
    }
  }
  EXPECT_EQ(db.run("GET s"), "\"text\"");
}

TEST(HashCommands, BytesThatAreAJsonObjectAreFields) {
  TestStore db;
  const std::string json = R"({"role":"admin","visits":3,"tags":["a"],"zip":"01","none":null})";
  db.run({"SET", "s", json});

  EXPECT_EQ(db.run("HGET s role"), "\"admin\"");
  EXPECT_EQ(db.run("HGET s tags"), "\"[\"a\"]\"");
  EXPECT_EQ(db.run("HGET s none"), "nil");
  EXPECT_EQ(db.run("HEXISTS s none"), ":1");
  EXPECT_EQ(db.run("HLEN s"), ":5");
  EXPECT_EQ(db.run("HDEL s nope"), ":0");
  EXPECT_EQ(db.run("GET s"), "\"" + json + "\"")
      << "a command that changes nothing converts nothing";

  EXPECT_EQ(db.run("HINCRBY s visits 1"), ":4");
  EXPECT_EQ(db.run("HSET s zip 02 role 7 fresh 7"), ":1");
  EXPECT_EQ(db.run("GET s"),
            R"("{"role":"7","visits":4,"tags":["a"],"zip":"02","none":null,"fresh":7}")");
}

TEST(HashCommands, AnEmptyJsonObjectTakesFields) {
  TestStore db;
  db.run("SET s {}");
  EXPECT_EQ(db.run("HLEN s"), ":0");
  EXPECT_EQ(db.run("HGETALL s"), "[]");
  EXPECT_EQ(db.run("HSET s a 1"), ":1");
  EXPECT_EQ(db.run("GET s"), "\"{\"a\":1}\"");
}

TEST(HashCommands, ALongJsonObjectIsReadAndChanged) {
  TestStore db;
  std::string json = "{";
  for (int i = 0; i < 500; ++i) {
    json += "\"f" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  }
  json.back() = '}';
  db.run({"SET", "s", json});

  EXPECT_EQ(db.run("HGET s f499"), "\"499\"");
  EXPECT_EQ(db.run("HDEL s nope"), ":0");
  EXPECT_EQ(kind_at(db, "s"), RecordKind::Bytes);
  EXPECT_EQ(members_count(db), 0u);
  EXPECT_EQ(db.run("HSET s f3 x"), ":0");
  EXPECT_EQ(kind_at(db, "s"), RecordKind::FieldsTree);
  EXPECT_EQ(db.run("HLEN s"), ":500");
  EXPECT_EQ(db.run("HMGET s f3 f4"), "[\"x\", \"4\"]");
}

TEST(HashCommands, ManyFieldsMoveToTheMembersTree) {
  TestStore db;
  constexpr int kCount = static_cast<int>(kInlineFieldsMax);
  fill(db, "h", kCount);
  const RecordKind before = kind_at(db, "h");
  EXPECT_EQ(db.run("HSET h more 1 f0 zero"), ":1");

  EXPECT_EQ(before, RecordKind::Fields);
  EXPECT_EQ(kind_at(db, "h"), RecordKind::FieldsTree);
  EXPECT_EQ(members_count(db), kInlineFieldsMax + 1);
  EXPECT_EQ(db.run("HLEN h"), ":" + std::to_string(kCount + 1));
  EXPECT_EQ(db.run("HMGET h f0 f1 more nope"), "[\"zero\", \"1\", \"1\", nil]");
  EXPECT_EQ(db.run("HSET h f1 one new 2"), ":1");
  EXPECT_EQ(db.run("HINCRBY h f2 5"), ":7");
  EXPECT_EQ(db.run("HINCRBY h f1 5"), "-ERR hash value is not an integer");
  EXPECT_EQ(db.run("HINCRBYFLOAT h f2 0.5"), "\"7.5\"");
  EXPECT_EQ(db.run("HSETNX h f3 x"), ":0");
  EXPECT_EQ(db.run("HEXISTS h f3"), ":1");
  EXPECT_EQ(db.run("HSTRLEN h f100"), ":3");
  EXPECT_EQ(db.run("HDEL h f3 f3 nope"), ":1");
  EXPECT_EQ(db.run("HEXISTS h f3"), ":0");
  EXPECT_EQ(members_count(db), kInlineFieldsMax + 1);
}

TEST(HashCommands, AlongValueMovesToTheMembersTree) {
  TestStore db;
  const std::string value(5000, 'v');
  EXPECT_EQ(db.run({"HSET", "h", "a", "1", "b", value}), ":2");
  EXPECT_EQ(kind_at(db, "h"), RecordKind::FieldsTree);
  EXPECT_EQ(db.run("HGET h b"), "\"" + value + "\"");
  EXPECT_EQ(db.run("HGETALL h"), "[\"a\", \"1\", \"b\", \"" + value + "\"]");
}

TEST(HashCommands, TheKeyGoesWithItsLastFieldInTheTreeToo) {
  TestStore db;
  fill(db, "h", 200);
  for (int i = 0; i < 200; ++i) db.run({"HDEL", "h", "f" + std::to_string(i)});
  EXPECT_EQ(db.run("EXISTS h"), ":0");
  EXPECT_EQ(members_count(db), 0u);
  EXPECT_EQ(db.run("HSET h a 1"), ":1");
  EXPECT_EQ(kind_at(db, "h"), RecordKind::Fields);
}

TEST(HashCommands, TheFieldsOfADeletedKeyNeverComeBack) {
  TestStore db;
  fill(db, "h", 200);
  db.run("DEL h");
  fill(db, "h", 150);
  EXPECT_EQ(db.run("HLEN h"), ":150");
  EXPECT_EQ(db.run("HEXISTS h f150"), ":0");
  while (db.store->collect_garbage(64)) {
  }
  EXPECT_EQ(members_count(db), 150u);
}

TEST(HashCommands, FieldUpdatesKeepTheDeadline) {
  TestStore db;
  db.run("HSET h a 1");
  db.run("PEXPIRE h 1000");
  db.run("HSET h b 2");
  db.run({"HSET", "h", "long", std::string(2000, 'x')});
  db.run("HSET h c 3");
  EXPECT_EQ(db.run("PTTL h"), ":1000");
  db.clock.advance_ms(1000);
  EXPECT_EQ(db.run("HLEN h"), ":0");
  EXPECT_EQ(db.run("HSET h a 1"), ":1");
  EXPECT_EQ(db.run("HLEN h"), ":1");
  EXPECT_EQ(db.run("PTTL h"), ":-1");
}

TEST(HashCommands, AFailingCommandInAnExecLeavesNothing) {
  TestStore db;
  db.run("HSET h a x");
  const std::string too_long(5000, 'k');  // the engine of the test takes keys to 4096 bytes
  std::vector<QueuedCommand> queue = {
      {db.store->commands().find("HSET"), {"HSET", "h", "b", "1", too_long, "1"}},
      {db.store->commands().find("HINCRBY"), {"HINCRBY", "h", "a", "1"}},
      {db.store->commands().find("HLEN"), {"HLEN", "h"}}};
  TestReply reply;

  ASSERT_EQ(db.store->execute_all(db.session, queue, reply), Outcome::Done);

  EXPECT_EQ(reply.text().substr(0, 5), "[-ERR");
  EXPECT_EQ(db.run("HGETALL h"), "[\"a\", \"x\"]");
  EXPECT_EQ(kind_at(db, "h"), RecordKind::Fields);
  EXPECT_EQ(members_count(db), 0u);
}

TEST(HashCommands, AnExecSeesItsOwnFields) {
  TestStore db;
  fill(db, "h", 127);
  EXPECT_EQ(db.run_all({"HSET h x 1", "HSET h y 2", "HSET h z 3", "HMGET h f0 x y z", "HLEN h"}),
            "[:1, :1, :1, [\"0\", \"1\", \"2\", \"3\"], :130]");
  EXPECT_EQ(db.run("HLEN h"), ":130");
}

TEST(HashCommands, HgetallOfManyGoesByName) {
  TestStore db;
  fill(db, "h", 300);
  std::set<std::string> names;
  for (int i = 0; i < 300; ++i) names.insert("f" + std::to_string(i));
  std::string expected = "[";
  for (const std::string& name : names) expected += "\"" + name + "\", ";
  expected.replace(expected.size() - 2, 2, "]");
  EXPECT_EQ(db.run("HKEYS h"), expected);
}

TEST(HashCommands, HscanGivesFewFieldsAtOnce) {
  TestStore db;
  db.run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(db.run("HSCAN h 0 COUNT 1"), "[\"0\", [\"a\", \"1\", \"b\", \"2\", \"c\", \"3\"]]");
  EXPECT_EQ(db.run("HSCAN h 0 MATCH [bc]"), "[\"0\", [\"b\", \"2\", \"c\", \"3\"]]");
  EXPECT_EQ(db.run("HSCAN nope 0"), "[\"0\", []]");
  EXPECT_EQ(db.run("HSCAN h x"), "-ERR invalid cursor");
  EXPECT_EQ(db.run("HSCAN h 0 COUNT x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(db.run("HSCAN h 0 COUNT 0"), "-ERR syntax error");
  EXPECT_EQ(db.run("HSCAN h 0 MATCH"), "-ERR syntax error");
  EXPECT_EQ(db.run("HSCAN h 0 FOO 1"), "-ERR syntax error");
}

TEST(HashCommands, HscanWalksManyFieldsInSteps) {
  TestStore db;
  fill(db, "h", 500);
  const std::vector<std::string> all = scanned(db, "h", {"COUNT", "7"});
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 1000u);
  EXPECT_EQ(scanned(db, "h", {"MATCH", "f4?", "COUNT", "3"}).size(), 20u);
  EXPECT_EQ(scanned(db, "h", {"MATCH", "*99"}).size(), 10u);
  EXPECT_EQ(scanned(db, "h", {"MATCH", "g*"}).size(), 0u);
  // A step looks at ten fields, so of those that begin so the third step sees the last.
  EXPECT_EQ(scanned(db, "h", {"MATCH", "f49*"}).size(), 22u);
}

TEST(HashCommands, HscanPassesAllFieldsThatStay) {
  TestStore db;
  fill(db, "h", 300);
  std::set<std::string> seen;
  std::string cursor = "0";
  int step = 0;
  do {
    const std::string reply = db.run({"HSCAN", "h", cursor, "COUNT", "5"});
    cursor = reply.substr(2, reply.find('"', 2) - 2);
    for (int i = 0; i < 300; i += 2) {
      const std::string name = "f" + std::to_string(i);
      if (reply.find("\"" + name + "\"") != std::string::npos) seen.insert(name);
    }
    ++step;
    db.run({"HDEL", "h", "f" + std::to_string((2 * step + 1) % 300)});
    db.run({"HSET", "h", "g" + std::to_string(step), "1"});
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 150u);
}

TEST(HashCommands, HrandfieldOfFewAndOfMany) {
  for (const int count : {10, 400}) {
    TestStore db;
    fill(db, "h", count);
    EXPECT_EQ(db.run("HRANDFIELD nope"), "nil");
    EXPECT_EQ(db.run("HRANDFIELD nope 3"), "[]");
    EXPECT_EQ(db.run("HRANDFIELD h 0"), "[]");
    EXPECT_EQ(db.run("HRANDFIELD h").substr(0, 2), "\"f");
    EXPECT_EQ(db.run("HRANDFIELD h 1000"), db.run("HKEYS h"));
    EXPECT_EQ(db.run("HRANDFIELD h 1000 WITHVALUES"), db.run("HGETALL h"));
    const auto commas = [](const std::string& text) {
      return std::count(text.begin(), text.end(), ',');
    };
    EXPECT_EQ(commas(db.run("HRANDFIELD h 5")), 4);
    EXPECT_EQ(commas(db.run("HRANDFIELD h 5 WITHVALUES")), 9);
    EXPECT_EQ(commas(db.run("HRANDFIELD h -1000")), 999);
    EXPECT_EQ(commas(db.run("HRANDFIELD h -1000 WITHVALUES")), 1999);
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) seen.insert(db.run("HRANDFIELD h"));
    EXPECT_GT(seen.size(), 9u);
  }
}

TEST(HashCommands, HrandfieldRefusesWhatRedisRefuses) {
  TestStore db;
  db.run("HSET h a 1");
  EXPECT_EQ(db.run("HRANDFIELD h x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(db.run("HRANDFIELD h 1 FOO"), "-ERR syntax error");
  EXPECT_EQ(db.run("HRANDFIELD h 1 WITHVALUES x"), "-ERR syntax error");
  EXPECT_EQ(db.run("HRANDFIELD h 9223372036854775807 WITHVALUES"), "-ERR value is out of range");
  EXPECT_EQ(db.run("HRANDFIELD h -9223372036854775808"),
            "-ERR value is out of range, value must between -9223372036854775807 and "
            "9223372036854775807");
  db.typed = TestReply::Typed::Yes;
  EXPECT_EQ(db.run("HRANDFIELD h 2 WITHVALUES"), "[[\"a\", \"1\"]]");
}

TEST(HashCommands, EventsTellWhatHappened) {
  TestStore db;
  test::TestSubscriber subscriber;
  db.store->hub().subscribe_pattern(subscriber, "__keyevent@*");
  db.store->notify_flags = ~std::uint32_t{0};
  const auto events = [&](const std::string& line) {
    subscriber.received.clear();
    db.run(line);
    std::string names;
    for (const std::string& event : subscriber.received) {
      const std::size_t begin = event.find("__:") + 3;
      const std::string name = event.substr(begin, event.find(' ', begin) - begin);
      if (name != "new" && name != "keymiss") names += name + " ";
    }
    return names;
  };
  EXPECT_EQ(events("HSET h a 1 b 2"), "hset ");
  EXPECT_EQ(events("HSETNX h a 1"), "");
  EXPECT_EQ(events("HSETNX h c 1"), "hset ");
  EXPECT_EQ(events("HINCRBY h a 1"), "hincrby ");
  EXPECT_EQ(events("HINCRBYFLOAT h a 1"), "hincrbyfloat ");
  EXPECT_EQ(events("HDEL h nope"), "");
  EXPECT_EQ(events("HDEL h a"), "hdel ");
  EXPECT_EQ(events("HDEL h b c"), "hdel del ");
  db.store->hub().unsubscribe_all(subscriber);
}

}  // namespace
}  // namespace latchkey::kv
