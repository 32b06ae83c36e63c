#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "kv/test_support/test_store.h"

namespace latchkey::kv {
namespace {

using test::TestReply;
using test::TestStore;

constexpr const char* kWrongType =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";

/// A command and its answer; the expected texts were recorded from redis-server 7.0 but for what
/// only 7.2 has (WITHSCORE) or words differently (shortest numbers).
struct Exchange {
  const char* line;
  const char* reply;
};

void expect_all(TestStore& db, std::initializer_list<Exchange> exchanges) {
  for (const Exchange& each : exchanges) EXPECT_EQ(db.run(each.line), each.reply) << each.line;
}

TEST(SortedSetCommands, ZaddOptions) {
  TestStore db;
  expect_all(db, {{"ZADD z 1 a 2 b", ":2"},
                  {"ZADD z 3 a 4 c", ":1"},
                  {"ZADD z CH 5 a 4 c 6 d", ":2"},
                  {"ZADD z NX 9 a 9 e", ":1"},
                  {"ZADD z XX 1 a 9 nope", ":0"},
                  {"ZADD z GT CH 0 a 2 a", ":1"},
                  {"ZADD z LT CH 3 a 1 a", ":1"},
                  {"ZADD z GT CH 7 new", ":1"},
                  {"ZADD z GT XX 7 nope", ":0"},
                  {"ZADD nope XX 1 a", ":0"},
                  {"EXISTS nope", ":0"},
                  {"ZRANGE z 0 -1 WITHSCORES",
                   R"(["a", "1", "b", "2", "c", "4", "d", "6", "new", "7", "e", "9"])"}});
}

TEST(SortedSetCommands, ZaddIncr) {
  TestStore db;
  expect_all(db, {{"ZADD z INCR 5 a", "\"5\""},
                  {"ZADD z INCR 2.5 a", "\"7.5\""},
                  {"ZADD z INCR NX 1 a", "nil"},
                  {"ZADD z INCR XX 1 nope", "nil"},
                  {"ZADD z INCR GT -1 a", "nil"},
                  {"ZADD z INCR LT -1 a", "\"6.5\""},
                  {"ZADD z INCR 0 a", "\"6.5\""},
                  {"ZINCRBY z -6.5 a", "\"0\""},
                  {"ZINCRBY z 1 b", "\"1\""}});
}

TEST(SortedSetCommands, ZaddRefusesWhatRedisRefuses) {
  TestStore db;
  expect_all(
      db,
      {{"ZADD z 1", "-ERR wrong number of arguments for 'zadd' command"},
       {"ZADD z 1 a 2", "-ERR syntax error"},
       {"ZADD z NX XX", "-ERR syntax error"},
       {"ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible"},
       {"ZADD z NX GT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible"},
       {"ZADD z LT GT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible"},
       {"ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair"},
       {"ZADD z 1 a x b", "-ERR value is not a valid float"},
       {"ZADD z nan a", "-ERR value is not a valid float"},
       {"ZADD z 1e400 a", "-ERR value is not a valid float"},
       {"ZINCRBY z x a", "-ERR value is not a valid float"},
       {"EXISTS z", ":0"},
       {"ZADD z inf a -inf b", ":2"},
       {"ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)"},
       {"ZADD z INCR inf b", "-ERR resulting score is not a number (NaN)"},
       {"ZRANGE z 0 -1 WITHSCORES", R"(["b", "-inf", "a", "inf"])"}});
}

TEST(SortedSetCommands, NegativeZeroIsZero) {
  TestStore db;
  expect_all(db, {{"ZADD z -0 b 0 a 0 c", ":3"},
                  {"ZADD z CH 0 b", ":0"},
                  {"ZSCORE z b", "\"0\""},
                  {"ZCOUNT z -0 0", ":3"},
                  {"ZRANGE z 0 -1", R"(["a", "b", "c"])"}});
}

TEST(SortedSetCommands, ReadingOneMember) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 2.5 c");
  expect_all(db, {{"ZCARD z", ":3"},
                  {"ZCARD nope", ":0"},
                  {"ZSCORE z c", "\"2.5\""},
                  {"ZSCORE z x", "nil"},
                  {"ZSCORE nope x", "nil"},
                  {"ZMSCORE z a x c", R"(["1", nil, "2.5"])"},
                  {"ZMSCORE nope a x", "[nil, nil]"},
                  {"ZRANK z a", ":0"},
                  {"ZRANK z c", ":2"},
                  {"ZREVRANK z c", ":0"},
                  {"ZRANK z x", "nil"},
                  {"ZRANK nope x", "nil"},
                  {"ZRANK z b WITHSCORE", R"([:1, "2"])"},
                  {"ZREVRANK z b withscore", R"([:1, "2"])"},
                  {"ZRANK z x WITHSCORE", "nil-array"},
                  {"ZRANK z x FOO", "-ERR syntax error"},
                  {"ZRANK z x WITHSCORE y", "-ERR wrong number of arguments for 'zrank' command"}});
}

TEST(SortedSetCommands, RemovingMembers) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c");
  expect_all(
      db,
      {{"ZREM z a a x", ":1"}, {"ZREM nope a", ":0"}, {"ZREM z b c", ":2"}, {"EXISTS z", ":0"}});
}

TEST(SortedSetCommands, RangesByRank) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c 4 d");
  expect_all(db,
             {{"ZRANGE z 0 -1", R"(["a", "b", "c", "d"])"},
              {"ZRANGE z 1 2", R"(["b", "c"])"},
              {"ZRANGE z -2 -1", R"(["c", "d"])"},
              {"ZRANGE z -100 0", R"(["a"])"},
              {"ZRANGE z 2 1", "[]"},
              {"ZRANGE z 4 9", "[]"},
              {"ZRANGE nope 0 -1", "[]"},
              {"ZRANGE z 0 1 REV", R"(["d", "c"])"},
              {"ZRANGE z 1 -1 rev withscores", R"(["c", "3", "b", "2", "a", "1"])"},
              {"ZREVRANGE z 0 1", R"(["d", "c"])"},
              {"ZREVRANGE z 3 3 WITHSCORES", R"(["a", "1"])"},
              {"ZREVRANGE z 0 1 REV", "-ERR syntax error"},
              {"ZRANGE z x 1", "-ERR value is not an integer or out of range"},
              {"ZRANGE z 0 1 FOO", "-ERR syntax error"},
              {"ZRANGE z 0 1 LIMIT 0 1",
               "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
               "BYLEX"}});
}

TEST(SortedSetCommands, RangesByScore) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c 4 d");
  expect_all(db, {{"ZRANGEBYSCORE z 2 3", R"(["b", "c"])"},
                  {"ZRANGEBYSCORE z (2 +inf", R"(["c", "d"])"},
                  {"ZRANGEBYSCORE z -inf (2", R"(["a"])"},
                  {"ZRANGEBYSCORE z (2 (2", "[]"},
                  {"ZRANGEBYSCORE z 3 2", "[]"},
                  {"ZRANGEBYSCORE z -inf inf LIMIT 1 2", R"(["b", "c"])"},
                  {"ZRANGEBYSCORE z -inf inf LIMIT 1 -1", R"(["b", "c", "d"])"},
                  {"ZRANGEBYSCORE z -inf inf LIMIT 9 1", "[]"},
                  {"ZRANGEBYSCORE z -inf inf LIMIT -1 5", "[]"},
                  {"ZRANGEBYSCORE z -inf inf LIMIT 0 0", "[]"},
                  {"ZRANGEBYSCORE z 4 4 WITHSCORES", R"(["d", "4"])"},
                  {"ZREVRANGEBYSCORE z 3 2", R"(["c", "b"])"},
                  {"ZREVRANGEBYSCORE z +inf (1 LIMIT 1 1 WITHSCORES", R"(["c", "3"])"},
                  {"ZRANGE z 2 (4 BYSCORE", R"(["b", "c"])"},
                  {"ZRANGE z 3 2 BYSCORE REV", R"(["c", "b"])"},
                  {"ZRANGEBYSCORE z x 2", "-ERR min or max is not a float"},
                  {"ZRANGEBYSCORE z nan 2", "-ERR min or max is not a float"},
                  {"ZRANGEBYSCORE z 1 2 LIMIT x 1", "-ERR value is not an integer or out of range"},
                  {"ZRANGEBYSCORE z 1 2 LIMIT 1", "-ERR syntax error"},
                  {"ZCOUNT z -inf +inf", ":4"},
                  {"ZCOUNT z (1 3", ":2"},
                  {"ZCOUNT z 3 1", ":0"},
                  {"ZCOUNT nope 1 2", ":0"},
                  {"ZCOUNT z x 2", "-ERR min or max is not a float"}});
}

// Redis leaves open what this gives; where members and scores rise together it is what one expects.
TEST(SortedSetCommands, RangesOfMembersWhoseScoresRiseWithThem) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c 4 d");

  expect_all(db, {{"ZRANGE z [b [c BYLEX", R"(["b", "c"])"},
                  {"ZRANGEBYLEX z (b +", R"(["c", "d"])"},
                  {"ZREVRANGEBYLEX z (d -", R"(["c", "b", "a"])"},
                  {"ZRANGEBYLEX z [bb (c", "[]"},
                  {"ZRANGEBYLEX z - +", R"(["a", "b", "c", "d"])"},
                  {"ZRANGEBYLEX z + -", "[]"},
                  {"ZLEXCOUNT z [b [c", ":2"},
                  {"ZRANGESTORE other z [b [c BYLEX", ":2"},
                  {"ZREMRANGEBYLEX z [b [c", ":2"},
                  {"ZRANGE z 0 -1", R"(["a", "d"])"}});
}

TEST(SortedSetCommands, RangesByMember) {
  TestStore db;
  db.run("ZADD z 0 a 0 aa 0 b 0 c");
  expect_all(db, {{"ZRANGEBYLEX z - +", R"(["a", "aa", "b", "c"])"},
                  {"ZRANGEBYLEX z [a (b", R"(["a", "aa"])"},
                  {"ZRANGEBYLEX z (a [b", R"(["aa", "b"])"},
                  {"ZRANGEBYLEX z + -", "[]"},
                  {"ZRANGEBYLEX z [c [a", "[]"},
                  {"ZRANGEBYLEX z - + LIMIT 1 2", R"(["aa", "b"])"},
                  {"ZREVRANGEBYLEX z + [aa", R"(["c", "b", "aa"])"},
                  {"ZREVRANGEBYLEX z + - LIMIT 1 1", R"(["b"])"},
                  {"ZRANGE z [aa + BYLEX", R"(["aa", "b", "c"])"},
                  {"ZRANGE z + [b BYLEX REV", R"(["c", "b"])"},
                  {"ZRANGE z - + BYLEX WITHSCORES",
                   "-ERR syntax error, WITHSCORES not supported in combination with BYLEX"},
                  {"ZRANGEBYLEX z a b", "-ERR min or max not valid string range item"},
                  {"ZRANGEBYLEX z -a +", "-ERR min or max not valid string range item"},
                  {"ZLEXCOUNT z - +", ":4"},
                  {"ZLEXCOUNT z (a [c", ":3"},
                  {"ZLEXCOUNT z + -", ":0"},
                  {"ZLEXCOUNT nope - +", ":0"},
                  {"ZLEXCOUNT z x +", "-ERR min or max not valid string range item"}});
}

TEST(SortedSetCommands, Zrangestore) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c 4 d");
  db.run("SET out text");
  expect_all(db, {{"ZRANGESTORE out z 1 2", ":2"},
                  {"ZRANGE out 0 -1 WITHSCORES", R"(["b", "2", "c", "3"])"},
                  {"ZRANGESTORE z z (1 +inf BYSCORE LIMIT 1 2", ":2"},
                  {"ZRANGE z 0 -1", R"(["c", "d"])"},
                  {"ZRANGESTORE out nope 0 -1", ":0"},
                  {"EXISTS out", ":0"},
                  {"ZRANGESTORE out z 0 -1 WITHSCORES", "-ERR syntax error"}});
}

TEST(SortedSetCommands, RemovingRanges) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f");
  db.run("ZADD l 0 a 0 b 0 c");
  expect_all(db, {{"ZREMRANGEBYRANK z 0 0", ":1"},
                  {"ZREMRANGEBYRANK z -1 -1", ":1"},
                  {"ZREMRANGEBYRANK z 5 9", ":0"},
                  {"ZREMRANGEBYRANK z x 9", "-ERR value is not an integer or out of range"},
                  {"ZREMRANGEBYSCORE z (2 3", ":1"},
                  {"ZREMRANGEBYSCORE z x 3", "-ERR min or max is not a float"},
                  {"ZRANGE z 0 -1", R"(["b", "d", "e"])"},
                  {"ZREMRANGEBYSCORE z -inf +inf", ":3"},
                  {"EXISTS z", ":0"},
                  {"ZREMRANGEBYLEX l (a +", ":2"},
                  {"ZREMRANGEBYLEX l x +", "-ERR min or max not valid string range item"},
                  {"ZREMRANGEBYLEX l - +", ":1"},
                  {"ZREMRANGEBYLEX l - +", ":0"}});
}

TEST(SortedSetCommands, Popping) {
  TestStore db;
  db.run("ZADD z 1 a 2 b 3 c 4 d 5 e");
  expect_all(db, {{"ZPOPMIN z", R"(["a", "1"])"},
                  {"ZPOPMAX z", R"(["e", "5"])"},
                  {"ZPOPMIN z 0", "[]"},
                  {"ZPOPMIN z 2", R"(["b", "2", "c", "3"])"},
                  {"ZPOPMAX z 100", R"(["d", "4"])"},
                  {"ZPOPMIN z", "[]"},
                  {"ZPOPMIN z -1", "-ERR value is out of range, must be positive"},
                  {"ZPOPMIN z x", "-ERR value is out of range, must be positive"},
                  {"ZPOPMIN z 1 2", "-ERR syntax error"},
                  {"ZADD z 1 a 2 b 3 c", ":3"},
                  {"ZMPOP 2 nope z MIN", R"(["z", [["a", "1"]]])"},
                  {"ZMPOP 1 z MAX COUNT 9", R"(["z", [["c", "3"], ["b", "2"]]])"},
                  {"ZMPOP 1 z MIN", "nil-array"},
                  {"ZMPOP 0 z MIN", "-ERR numkeys should be greater than 0"},
                  {"ZMPOP 2 z MIN", "-ERR syntax error"},
                  {"ZMPOP 1 z FOO", "-ERR syntax error"},
                  {"ZMPOP 1 z MIN COUNT 0", "-ERR count should be greater than 0"},
                  {"ZMPOP 1 z MIN COUNT 1 COUNT 1", "-ERR syntax error"}});
}

TEST(SortedSetCommands, UnionIntersectionDifference) {
  TestStore db;
  db.run("ZADD x 1 a 2 b 3 c");
  db.run("ZADD y 10 b 20 c 30 d");
  expect_all(
      db,
      {{"ZUNION 2 x y", R"(["a", "b", "c", "d"])"},
       {"ZUNION 2 x y WITHSCORES", R"(["a", "1", "b", "12", "c", "23", "d", "30"])"},
       {"ZUNION 2 x y WEIGHTS 2 -1 WITHSCORES", R"(["d", "-30", "c", "-14", "b", "-6", "a", "2"])"},
       {"ZUNION 2 x x AGGREGATE MAX WITHSCORES", R"(["a", "1", "b", "2", "c", "3"])"},
       {"ZINTER 2 x y WITHSCORES", R"(["b", "12", "c", "23"])"},
       {"ZINTER 2 x y AGGREGATE MIN WITHSCORES", R"(["b", "2", "c", "3"])"},
       {"ZINTER 2 x nope", "[]"},
       {"ZDIFF 2 x y WITHSCORES", R"(["a", "1"])"},
       {"ZDIFF 1 nope", "[]"},
       {"ZINTERCARD 2 x y", ":2"},
       {"ZINTERCARD 2 x y LIMIT 1", ":1"},
       {"ZINTERCARD 2 x y LIMIT 0", ":2"},
       {"ZUNIONSTORE out 2 x y", ":4"},
       {"ZINTERSTORE out 2 x y WEIGHTS 1 0", ":2"},
       {"ZRANGE out 0 -1 WITHSCORES", R"(["b", "2", "c", "3"])"},
       {"ZDIFFSTORE x 2 x y", ":1"},
       {"ZRANGE x 0 -1", R"(["a"])"},
       {"ZINTERSTORE out 2 x y", ":0"},
       {"EXISTS out", ":0"},
       {"ZUNION 0 x", "-ERR at least 1 input key is needed for 'zunion' command"},
       {"ZUNIONSTORE o 0 x", "-ERR at least 1 input key is needed for 'zunionstore' command"},
       {"ZUNION x x", "-ERR value is not an integer or out of range"},
       {"ZUNION 3 x y", "-ERR syntax error"},
       {"ZUNION 2 x y WEIGHTS 1", "-ERR syntax error"},
       {"ZUNION 2 x y WEIGHTS 1 x", "-ERR weight value is not a float"},
       {"ZUNION 2 x y AGGREGATE FOO", "-ERR syntax error"},
       {"ZDIFF 2 x y WEIGHTS 1 2", "-ERR syntax error"},
       {"ZUNIONSTORE o 2 x y WITHSCORES", "-ERR syntax error"},
       {"ZINTERCARD 2 x y LIMIT -1", "-ERR LIMIT can't be negative"}});
}

TEST(SortedSetCommands, InfinitiesThatCancelAreZero) {
  TestStore db;
  db.run("ZADD x inf a");
  db.run("ZADD y -inf a");
  expect_all(db, {{"ZUNION 2 x y WITHSCORES", R"(["a", "0"])"},
                  {"ZINTER 2 x y WITHSCORES", R"(["a", "0"])"},
                  {"ZUNIONSTORE out 1 x WEIGHTS 0", ":1"},
                  {"ZSCORE out a", "\"0\""}});
}

TEST(SortedSetCommands, Resp3GivesNumbersAndPairs) {
  TestStore db;
  db.typed = TestReply::Typed::Yes;
  expect_all(db, {{"ZADD z 1 a 2.5 b", ":2"},
                  {"ZADD z INCR 1 a", ",2"},
                  {"ZSCORE z b", ",2.5"},
                  {"ZMSCORE z a x", "[,2, nil]"},
                  {"ZRANGE z 0 -1 WITHSCORES", R"([["a", ,2], ["b", ,2.5]])"},
                  {"ZRANGEBYSCORE z 2 2 WITHSCORES", R"([["a", ,2]])"},
                  {"ZRANGE z 0 -1", R"(["a", "b"])"},
                  {"ZRANK z b WITHSCORE", "[:1, ,2.5]"},
                  {"ZUNION 1 z WITHSCORES", R"([["a", ,2], ["b", ,2.5]])"},
                  {"ZRANDMEMBER z 5 WITHSCORES", R"([["a", ,2], ["b", ,2.5]])"},
                  {"ZSCAN z 0", R"(["0", ["a", "2", "b", "2.5"]])"},
                  {"ZPOPMIN z", R"(["a", ,2])"},
                  {"ZPOPMIN z 1", R"([["b", ,2.5]])"},
                  {"ZADD z 1 a", ":1"},
                  {"ZMPOP 1 z MIN", R"(["z", [["a", ,1]]])"}});
}

TEST(SortedSetCommands, AnotherKindOfValueIsRefusedByEachCommand) {
  TestStore db;
  db.run("SET s {}");
  db.run("HSET h a 1");
  db.run("ZADD z 1 a");
  for (const std::string key : {"s", "h"}) {
    for (const std::string line : {"ZADD ? 1 a",
                                   "ZINCRBY ? 1 a",
                                   "ZREM ? a",
                                   "ZCARD ?",
                                   "ZSCORE ? a",
                                   "ZMSCORE ? a",
                                   "ZRANK ? a",
                                   "ZREVRANK ? a",
                                   "ZRANGE ? 0 -1",
                                   "ZREVRANGE ? 0 -1",
                                   "ZRANGEBYSCORE ? 0 1",
                                   "ZRANGEBYLEX ? - +",
                                   "ZRANGESTORE out ? 0 -1",
                                   "ZCOUNT ? 0 1",
                                   "ZLEXCOUNT ? - +",
                                   "ZPOPMIN ?",
                                   "ZPOPMAX ? 2",
                                   "ZMPOP 1 ? MIN",
                                   "ZRANDMEMBER ?",
                                   "ZRANDMEMBER ? 2",
                                   "ZUNION 2 z ?",
                                   "ZINTER 2 z ?",
                                   "ZDIFF 2 z ?",
                                   "ZINTERCARD 2 z ?",
                                   "ZUNIONSTORE out 2 z ?",
                                   "ZREMRANGEBYRANK ? 0 -1",
                                   "ZREMRANGEBYSCORE ? 0 1",
                                   "ZREMRANGEBYLEX ? - +",
                                   "ZSCAN ? 0"}) {
      std::string with_key = line;
      with_key.replace(with_key.find('?'), 1, key);
      EXPECT_EQ(db.run(with_key), kWrongType) << with_key;
    }
  }
}

TEST(SortedSetCommands, ZrandmemberPicksOfAllSizes) {
  TestStore db;
  for (int i = 0; i < 400; ++i) db.run({"ZADD", "z", std::to_string(i), "m" + std::to_string(i)});
  const auto commas = [](const std::string& text) {
    return std::count(text.begin(), text.end(), ',');
  };
  expect_all(db, {{"ZRANDMEMBER nope", "nil"},
                  {"ZRANDMEMBER nope 2", "[]"},
                  {"ZRANDMEMBER z 0", "[]"},
                  {"ZRANDMEMBER z x", "-ERR value is not an integer or out of range"},
                  {"ZRANDMEMBER z 1 FOO", "-ERR syntax error"}});
  EXPECT_EQ(db.run("ZRANDMEMBER z").substr(0, 2), "\"m");
  EXPECT_EQ(commas(db.run("ZRANDMEMBER z 5")), 4);
  EXPECT_EQ(commas(db.run("ZRANDMEMBER z 100")), 99);
  EXPECT_EQ(db.run("ZRANDMEMBER z 1000"), db.run("ZRANGE z 0 -1"));
  EXPECT_EQ(commas(db.run("ZRANDMEMBER z -60 WITHSCORES")), 119);
  const auto words = TestStore::split(db.run("ZRANDMEMBER z 200"));
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), 200u);
}

TEST(SortedSetCommands, ZscanWalksManyMembersInSteps) {
  TestStore db;
  for (int i = 0; i < 300; ++i) db.run({"ZADD", "z", std::to_string(i), "m" + std::to_string(i)});
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const std::string reply = db.run({"ZSCAN", "z", cursor, "COUNT", "7"});
    cursor = reply.substr(2, reply.find('"', 2) - 2);
    for (const std::string& word : TestStore::split(reply)) {
      const std::size_t begin = word.find("\"m");
      if (begin != std::string::npos) seen.insert(word.substr(begin, word.find('"', begin + 1)));
    }
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 300u);
  EXPECT_EQ(db.run("ZSCAN nope 0"), "[\"0\", []]");
  EXPECT_EQ(db.run("ZSCAN z x"), "-ERR invalid cursor");
  EXPECT_EQ(db.run("ZSCAN z 0 MATCH m299"), R"(["0", ["m299", "299"]])");
}

// Redis reads bounds with less care than scores: nothing is 0, too much is infinite.
TEST(SortedSetCommands, BoundsAreReadMoreLenientlyThanScores) {
  TestStore db;
  db.run("ZADD z -1 a 0 b 1 c inf d");

  EXPECT_EQ(db.run({"ZRANGEBYSCORE", "z", "", " 1"}), R"(["b", "c"])");
  EXPECT_EQ(db.run({"ZRANGEBYSCORE", "z", "(", "1e400"}), R"(["c", "d"])");
  EXPECT_EQ(db.run({"ZCOUNT", "z", "-1e400", "1e-400"}), ":2");
  EXPECT_EQ(db.run({"ZCOUNT", "z", std::string("0\0x", 3), "+inf"}), ":3");
  for (const char* bound : {" ", "x", "1 ", "nan", "((1", "1e"}) {
    EXPECT_EQ(db.run({"ZCOUNT", "z", bound, "5"}), "-ERR min or max is not a float") << bound;
  }
}

// Infinity times nothing is not a number; Redis makes nothing of it where the smallest set has it,
// and leaves it out elsewhere.
TEST(SortedSetCommands, InfinityTimesNothingCountsAsAtRedis) {
  TestStore db;
  db.run("ZADD small inf a");
  db.run("ZADD large inf a 1 b");

  const std::string zinter = "ZINTER 2 small large WITHSCORES WEIGHTS ";
  EXPECT_EQ(db.run(zinter + "1 0"), R"(["a", "0"])");
  EXPECT_EQ(db.run(zinter + "0 1"), R"(["a", "inf"])");
  EXPECT_EQ(db.run(zinter + "1 0 AGGREGATE MIN"), R"(["a", "inf"])");
  EXPECT_EQ(db.run("ZUNION 2 small large WEIGHTS 1 0 WITHSCORES"), R"(["b", "0", "a", "inf"])");
}

TEST(SortedSetCommands, ZincrbyReadsTheOptionsOfZadd) {
  TestStore db;

  EXPECT_EQ(db.run("ZINCRBY z GT a"), "-ERR syntax error");
  EXPECT_EQ(db.run("ZINCRBY z x a"), "-ERR value is not a valid float");
  EXPECT_EQ(db.run("EXISTS z"), ":0");
}

TEST(SortedSetCommands, AFailingCommandInAnExecLeavesNothing) {
  TestStore db;
  db.run("ZADD z inf a");
  const std::string too_long(5000, 'k');  // the engine of the test takes keys to 4096 bytes
  std::vector<QueuedCommand> queue = {
      {db.store->commands().find("ZADD"), {"ZADD", "z", "1", "b", "2", too_long}},
      {db.store->commands().find("ZINCRBY"), {"ZINCRBY", "z", "-inf", "a"}},
      {db.store->commands().find("ZADD"), {"ZADD", "z", "3", "c"}}};
  TestReply reply;

  ASSERT_EQ(db.store->execute_all(db.session, queue, reply), Outcome::Done);

  EXPECT_EQ(db.run("ZRANGE z 0 -1"), R"(["c", "a"])");
  EXPECT_EQ(db.run("ZCARD z"), ":2");
}

TEST(SortedSetCommands, AnExecSeesItsOwnMembers) {
  TestStore db;
  EXPECT_EQ(db.run_all({"ZADD z 1 a 2 b 3 c", "ZRANK z c", "ZREMRANGEBYRANK z 0 1", "ZRANK z c",
                        "ZREM z c", "ZADD z 5 a", "ZRANGE z 0 -1 WITHSCORES"}),
            R"([:3, :2, :2, :0, :1, :1, ["a", "5"]])");
}

TEST(SortedSetCommands, TheDeadlineStaysAndEndsAll) {
  TestStore db;
  db.run("ZADD z 1 a 2 b");
  db.run("PEXPIRE z 1000");
  db.run("ZADD z 3 c");
  db.run("ZREM z a");
  EXPECT_EQ(db.run("PTTL z"), ":1000");
  db.clock.advance_ms(1000);
  EXPECT_EQ(db.run("ZCARD z"), ":0");
  EXPECT_EQ(db.run("ZADD z 1 x"), ":1");
  EXPECT_EQ(db.run("ZRANGE z 0 -1"), R"(["x"])");
  EXPECT_EQ(db.run("PTTL z"), ":-1");
  while (db.store->collect_garbage(64)) {
  }
  const auto txn = db.engine->begin(storage::Isolation::RepeatableRead);
  EXPECT_EQ(txn->count(db.session.collection->trees().members).value(), 1u);
}

TEST(SortedSetCommands, EventsTellWhatHappened) {
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
  EXPECT_EQ(events("ZADD z 1 a 2 b 3 c 4 d 5 e"), "zadd ");
  EXPECT_EQ(events("ZADD z 1 a"), "");
  EXPECT_EQ(events("ZINCRBY z 1 a"), "zincr ");
  EXPECT_EQ(events("ZREM z nope"), "");
  EXPECT_EQ(events("ZREM z a"), "zrem ");
  EXPECT_EQ(events("ZPOPMIN z"), "zpopmin ");
  EXPECT_EQ(events("ZREMRANGEBYRANK z 0 0"), "zremrangebyrank ");
  EXPECT_EQ(events("ZRANGESTORE out z 0 -1"), "zrangestore ");
  EXPECT_EQ(events("ZUNIONSTORE out 1 z"), "zunionstore ");
  EXPECT_EQ(events("ZDIFFSTORE out 2 z z"), "del ");
  EXPECT_EQ(events("ZREM z d e"), "zrem del ");
  db.store->hub().unsubscribe_all(subscriber);
}

}  // namespace
}  // namespace latchkey::kv
