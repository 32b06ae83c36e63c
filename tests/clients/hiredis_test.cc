// hiredis, Redis' client for C: the jobs of the seeds, pipelines, transactions, channels, large
// values, passwords, and coming back to a server that was killed.
//
// This version of hiredis (Debian's 0.14) reads RESP2 only. For RESP3 it formats the requests, and
// the replies are compared as bytes.
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/clients/server_process.h"

namespace latchkey::test {
namespace {

using ReplyPtr = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

constexpr int kReplySecondsMax = 60;

/// A reply as one line: words, numbers, "nil", "(error) ..", and arrays in brackets.
std::string shown(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return std::string(reply.str, reply.len);
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "nil";
    case REDIS_REPLY_ERROR:
      return "(error) " + std::string(reply.str, reply.len);
    default:
      break;
  }
  std::string text = "[";
  for (std::size_t i = 0; i < reply.elements; ++i) {
    if (i > 0) text += ' ';
    text += shown(*reply.element[i]);
  }
  return text + "]";
}

class Client {
 public:
  explicit Client(const ServerProcess& server) { connect(server); }
  ~Client() {
    if (context_ != nullptr) redisFree(context_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void connect(const ServerProcess& server) {
    if (context_ != nullptr) redisFree(context_);
    context_ = redisConnect("127.0.0.1", server.port());
    ASSERT_NE(context_, nullptr);
    ASSERT_EQ(context_->err, 0) << context_->errstr;
    redisSetTimeout(context_, timeval{kReplySecondsMax, 0});
  }

  /// Sends the words of `line` and returns the reply as text; "lost" when the connection is.
  std::string ask(const std::string& line) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    return ask(words);
  }
  std::string ask(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    const ReplyPtr reply(static_cast<redisReply*>(redisCommandArgv(
                             context_, static_cast<int>(words.size()), texts.data(), sizes.data())),
                         &freeReplyObject);
    return reply == nullptr ? "lost" : shown(*reply);
  }
  /// The next reply or message.
  std::string next() {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK) return "lost";
    return shown(*ReplyPtr(static_cast<redisReply*>(reply), &freeReplyObject));
  }
  redisContext* context() { return context_; }

 private:
  redisContext* context_ = nullptr;
};

class Hiredis : public testing::Test {
 protected:
  ServerProcess server_;
  Client db_{server_};
};

TEST_F(Hiredis, Session) {
  EXPECT_EQ(db_.ask("SET session:abc {\"user_id\":123} EX 3600"), "OK");
  EXPECT_EQ(db_.ask("GET session:abc"), "{\"user_id\":123}");
  EXPECT_EQ(db_.ask("GETEX session:abc EX 7200"), "{\"user_id\":123}");
  EXPECT_GT(std::stoi(db_.ask("TTL session:abc")), 3600);
  EXPECT_EQ(db_.ask("HSET user:1 name Ada plan pro"), "2");
  EXPECT_EQ(db_.ask("HMGET user:1 name none"), "[Ada nil]");
  EXPECT_EQ(db_.ask("DEL session:abc user:1 none"), "2");
  EXPECT_EQ(db_.ask("GET session:abc"), "nil");
}

TEST_F(Hiredis, Cache) {
  EXPECT_EQ(db_.ask("MSET key1 val1 key2 val2"), "OK");
  EXPECT_EQ(db_.ask("MGET key1 key2 key3"), "[val1 val2 nil]");
  EXPECT_EQ(db_.ask("SET key1 other NX"), "nil");
  EXPECT_EQ(db_.ask("PEXPIRE key1 20"), "1");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kReplySecondsMax);
  while (db_.ask("GET key1") != "nil") ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  EXPECT_EQ(db_.ask("PTTL key1"), "-2");
}

TEST_F(Hiredis, Counter) {
  EXPECT_EQ(db_.ask("INCR hits"), "1");
  EXPECT_EQ(db_.ask("INCRBY hits 41"), "42");
  EXPECT_EQ(db_.ask("EXPIRE hits 60 NX"), "1");
  EXPECT_EQ(db_.ask("DECR hits"), "41");
  EXPECT_GT(std::stoi(db_.ask("TTL hits")), 0);
  EXPECT_EQ(db_.ask("INCRBYFLOAT damage 95.5"), "95.5");
  EXPECT_EQ(db_.ask("INCRBYFLOAT damage 95.5"), "191");
  EXPECT_EQ(db_.ask("SET word x"), "OK");
  EXPECT_EQ(db_.ask("INCR word"), "(error) ERR value is not an integer or out of range");
}

/// Deletes the lock if it still holds `token`, as one step.
bool release(Client& db, const std::string& token) {
  EXPECT_EQ(db.ask("WATCH lock"), "OK");
  if (db.ask("GET lock") != token) {
    EXPECT_EQ(db.ask("UNWATCH"), "OK");
    return false;
  }
  EXPECT_EQ(db.ask("MULTI"), "OK");
  EXPECT_EQ(db.ask("DEL lock"), "QUEUED");
  return db.ask("EXEC") == "[1]";
}

TEST_F(Hiredis, LockOfSeveralThreads) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      Client db(server_);
      for (int turn = 0; turn < kTurns; ++turn) {
        const std::string token = std::to_string(i) + ":" + std::to_string(turn);
        while (db.ask("SET lock " + token + " NX PX 60000") != "OK") std::this_thread::yield();
        const std::string value = db.ask("GET guarded");
        db.ask("SET guarded " + std::to_string(value == "nil" ? 1 : std::stoi(value) + 1));
        EXPECT_FALSE(release(db, "somebody else"));
        EXPECT_TRUE(release(db, token));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(db_.ask("GET guarded"), std::to_string(kThreads * kTurns));
}

TEST_F(Hiredis, Leaderboard) {
  EXPECT_EQ(db_.ask("ZADD board 100 ada 80 bob 120 cyd"), "3");
  EXPECT_EQ(db_.ask("ZINCRBY board 95.5 bob"), "175.5");
  EXPECT_EQ(db_.ask("ZREVRANGE board 0 1 WITHSCORES"), "[bob 175.5 cyd 120]");
  EXPECT_EQ(db_.ask("ZREVRANK board ada"), "2");
  EXPECT_EQ(db_.ask("ZRANK board nobody"), "nil");
  EXPECT_EQ(db_.ask("ZRANGE board 100 (175.5 BYSCORE"), "[ada cyd]");
}

TEST_F(Hiredis, PipelinesAndTransactions) {
  constexpr int kCount = 10'000;
  for (int i = 0; i < kCount; ++i) redisAppendCommand(db_.context(), "SET p:%d %d", i, i);
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(db_.next(), "OK");

  for (const char* command : {"MULTI", "SET a 1", "INCR a", "HGET a f", "EXEC"}) {
    redisAppendCommand(db_.context(), command);
  }
  std::string replies;
  for (int i = 0; i < 5; ++i) replies += db_.next() + "; ";

  EXPECT_EQ(replies,
            "OK; QUEUED; QUEUED; QUEUED; [OK 2 (error) WRONGTYPE Operation against a key "
            "holding the wrong kind of value]; ");
  Client other(server_);
  EXPECT_EQ(db_.ask("WATCH a"), "OK");
  EXPECT_EQ(other.ask("SET a 9"), "OK");
  EXPECT_EQ(db_.ask("MULTI"), "OK");
  EXPECT_EQ(db_.ask("SET a 3"), "QUEUED");
  EXPECT_EQ(db_.ask("EXEC"), "nil");
}

TEST_F(Hiredis, ChannelsAndKeyspaceEvents) {
  Client listener(server_);
  EXPECT_EQ(db_.ask("CONFIG SET notify-keyspace-events KEA"), "OK");
  EXPECT_EQ(listener.ask("SUBSCRIBE news"), "[subscribe news 1]");
  EXPECT_EQ(listener.ask("PSUBSCRIBE __keyevent@0__:*"), "[psubscribe __keyevent@0__:* 2]");

  EXPECT_EQ(db_.ask("PUBLISH news hello"), "1");
  EXPECT_EQ(db_.ask("SET k v PX 10"), "OK");

  EXPECT_EQ(listener.next(), "[message news hello]");
  EXPECT_EQ(listener.next(), "[pmessage __keyevent@0__:* __keyevent@0__:set k]");
  EXPECT_EQ(listener.next(), "[pmessage __keyevent@0__:* __keyevent@0__:expire k]");
  EXPECT_EQ(listener.next(), "[pmessage __keyevent@0__:* __keyevent@0__:expired k]");
  EXPECT_EQ(listener.ask("GET k"),
            "(error) ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
            "QUIT / RESET are allowed in this context");
}

TEST_F(Hiredis, LargeAndBinaryValues) {
  std::string value(10u << 20, 'x');
  for (std::size_t i = 0; i < value.size(); i += 4096) value[i] = static_cast<char>(i >> 12);

  EXPECT_EQ(db_.ask({"SET", "large", value}), "OK");
  EXPECT_TRUE(db_.ask("GET large") == value);
  EXPECT_EQ(db_.ask({"HSET", "h", std::string("\0\r\n", 3), value}), "1");
  EXPECT_TRUE(db_.ask({"HGET", "h", std::string("\0\r\n", 3)}) == value);
}

TEST_F(Hiredis, ComesBackToAServerThatWasKilled) {
  for (int i = 0; i < 100; ++i) db_.ask("INCR kept");

  server_.kill_and_start();

  EXPECT_EQ(db_.ask("GET kept"), "lost");
  db_.connect(server_);
  EXPECT_EQ(db_.ask("GET kept"), "100");
}

TEST_F(Hiredis, Passwords) {
  EXPECT_EQ(db_.ask("CONFIG SET requirepass secret"), "OK");
  Client other(server_);
  EXPECT_EQ(other.ask("GET k"), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(other.ask("AUTH wrong"),
            "(error) WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(other.ask("AUTH secret"), "OK");
  EXPECT_EQ(other.ask("SET k v"), "OK");
}

/// Sends what hiredis makes of `command` and returns as many bytes of reply as `expected` has.
std::string ask_in_bytes(Client& db, const char* command, std::size_t expected) {
  char* request = nullptr;
  const int size = redisFormatCommand(&request, command);
  EXPECT_EQ(::send(db.context()->fd, request, static_cast<std::size_t>(size), 0), size);
  redisFreeCommand(request);
  std::string reply(expected, '\0');
  std::size_t got = 0;
  while (got < expected) {
    const ssize_t more = ::recv(db.context()->fd, reply.data() + got, expected - got, 0);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  reply.resize(got);
  return reply;
}

TEST_F(Hiredis, Resp3InBytes) {
  db_.ask("HSET h f v");
  db_.ask("ZADD z 1.5 m");
  Client db(server_);
  const std::string greeting = ask_in_bytes(db, "HELLO 3", 21);
  EXPECT_EQ(greeting, "%7\r\n$6\r\nserver\r\n$5\r\nr");
  // The rest of the greeting ends with the list of modules, which is empty.
  std::string rest;
  while (!rest.ends_with("*0\r\n")) {
    char byte = 0;
    ASSERT_EQ(::recv(db.context()->fd, &byte, 1, 0), 1);
    rest += byte;
  }

  for (const auto& [command, reply] : std::vector<std::pair<const char*, std::string>>{
           {"GET none", "_\r\n"},
           {"HGETALL h", "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"},
           {"ZSCORE z m", ",1.5\r\n"},
           {"ZRANGE z 0 -1 WITHSCORES", "*1\r\n*2\r\n$1\r\nm\r\n,1.5\r\n"},
           {"SUBSCRIBE news", ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"},
           {"GET none", "_\r\n"},
           {"PUBLISH news x", ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n:1\r\n"},
       }) {
    EXPECT_EQ(ask_in_bytes(db, command, reply.size()), reply) << command;
  }
}

}  // namespace
}  // namespace latchkey::test
