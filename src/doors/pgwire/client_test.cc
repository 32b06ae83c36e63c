// The worker's side of a connection, over real sockets.

#include "doors/pgwire/client.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "doors/pgwire/test_support/test_door.h"

namespace latchkey::pgwire {
namespace {

using test::Lines;
using test::query;
using test::soon;
using test::startup;
using test::TestDoor;
using test::Wire;

TEST(Client, TalksOverASocket) {
  TestDoor door;
  Wire wire(door);
  EXPECT_EQ(wire.ask(startup()),
            (Lines{"R 0", "S server_version=15.1", "S TimeZone=UTC", "K 1000", "Z I"}));
  EXPECT_EQ(wire.ask(query("say hello")), (Lines{"T word:25", "D hello", "C SELECT 1", "Z I"}));
}

TEST(Client, AnswersRequestsForEncryptionByOneByte) {
  TestDoor door;
  Wire wire(door);
  wire.send(test::ssl_request());
  EXPECT_EQ(wire.receive(1), "N");
  wire.send(test::gss_request());
  EXPECT_EQ(wire.receive(1), "N");
  EXPECT_EQ(wire.ask(startup()).back(), "Z I");
}

const std::string kSession =
    startup() + query("say hello") + test::parse("s", "say $1", {25}) + test::describe('S', "s") +
    test::bind({.statement = "s", .parameters = {"x"}}) + test::execute() + test::sync() +
    test::parse("", "badparse") + test::bind() + test::sync() + query("copyin") +
    test::copy_data("a\n") + test::copy_done() + query("set a b") + test::terminate();

const Lines kSessionReplies = {"R 0",
                               "S server_version=15.1",
                               "S TimeZone=UTC",
                               "K 1000",
                               "Z I",
                               "T word:25",
                               "D hello",
                               "C SELECT 1",
                               "Z I",
                               "1",
                               "t 25",
                               "T word:25",
                               "2",
                               "D x",
                               "C SELECT 1",
                               "Z I",
                               "E ERROR 42601 no such word",
                               "Z I",
                               "G 0:2",
                               "C COPY 1",
                               "Z I",
                               "C SET",
                               "S a=b",
                               "Z I"};

// A client may send all at once, before it has been let in.
TEST(Client, AnswersAWholeSessionThatCameAtOnce) {
  TestDoor door;
  Wire wire(door);
  wire.send(kSession);
  EXPECT_EQ(test::describe_replies(wire.receive_to_end()), kSessionReplies);
}

TEST(Client, AnswersASessionHoweverItsBytesAreCut) {
  TestDoor door;
  for (std::size_t cut = 1; cut < kSession.size(); ++cut) {
    Wire wire(door);
    wire.send(kSession.substr(0, cut));
    if (cut % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    wire.send(kSession.substr(cut));
    Lines lines = test::describe_replies(wire.receive_to_end());
    ASSERT_GT(lines.size(), 3u);
    lines[3] = "K 1000";
    ASSERT_EQ(lines, kSessionReplies) << cut;
  }
}

TEST(Client, AnswersASessionThatComesByteByByte) {
  TestDoor door;
  Wire wire(door);
  for (const char byte : kSession) ASSERT_TRUE(wire.send({&byte, 1}));
  EXPECT_EQ(test::describe_replies(wire.receive_to_end()), kSessionReplies);
}

TEST(Client, GarbageIsRefusedInWordsAndLogged) {
  std::mutex mutex;
  std::string log;
  TestDoor door({.log = [&](net::LogLevel, const std::string& line) {
    const std::lock_guard lock(mutex);
    log += line + "\n";
  }});
  const auto answer = [&](const std::string& bytes) {
    Wire wire(door);
    wire.send(bytes);
    return test::describe_replies(wire.receive_to_end());
  };
  EXPECT_EQ(answer("GET / HTTP/1.1\r\n\r\n"),
            (Lines{"E FATAL 08P01 invalid length of startup packet"}));
  EXPECT_EQ(answer("*1\r\n$4\r\nPING\r\n"),
            (Lines{"E FATAL 08P01 invalid length of startup packet"}));
  EXPECT_EQ(answer(test::big32(8) + test::big32(2 << 16)),
            (Lines{"E FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.0"}));
  EXPECT_EQ(answer(startup() + "garbage").back(),
            "E FATAL 08P01 invalid frontend message type 103");
  EXPECT_EQ(answer(startup() + "Q" + test::big32(3)).back(),
            "E FATAL 08P01 invalid message length");
  const std::lock_guard lock(mutex);
  EXPECT_NE(log.find("its next bytes are \"GET / HTTP/1.1\\x0d\\x0a"), std::string::npos) << log;
}

TEST(Client, AFaultIsToldBehindTheAnswersToWhatCameBeforeIt) {
  TestDoor door;
  Wire wire(door);
  wire.send(startup() + query("insert") + "Y" + test::big32(4));
  const Lines lines = test::describe_replies(wire.receive_to_end());
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(Lines(lines.end() - 3, lines.end()),
            (Lines{"C INSERT 0 1", "Z I", "E FATAL 08P01 invalid frontend message type 89"}));
}

TEST(Client, WhoDoesNotAuthenticateInTimeIsDropped) {
  TestDoor door({.authentication_patience = std::chrono::milliseconds(50)});
  Wire silent(door);
  Wire halfway(door);
  halfway.send(test::ssl_request());
  Wire inside = Wire::ready(door);

  EXPECT_TRUE(silent.sees_end());
  EXPECT_EQ(halfway.receive_to_end(), "N");
  EXPECT_EQ(inside.ask(query("insert")), (Lines{"C INSERT 0 1", "Z I"}));
}

TEST(Client, PipelinesOfManyMessagesAreAnsweredInOrder) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  std::string bytes;
  Lines expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string word = std::to_string(i);
    bytes += test::parse("", i % 10 == 7 ? "error x" : "say " + word) + test::bind() +
             test::execute() + test::sync();
    if (i % 10 == 7) {
      expected.insert(expected.end(), {"1", "2", "E ERROR 42601 x", "Z I"});
    } else {
      expected.insert(expected.end(), {"1", "2", "D " + word, "C SELECT 1", "Z I"});
    }
  }
  std::thread sender([&] { wire.send(bytes); });
  EXPECT_EQ(wire.until_ready(2000), expected);
  sender.join();
}

// The client writes on and on and reads nothing: neither side may grow.
TEST(Client, InputIsNotReadBeyondABoundWhileMessagesWait) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("sleep"));
  ASSERT_TRUE(soon([&] { return door.database.sleeping == 1; }));
  wire.set_patience_ms(300);
  const std::string piece = query("insert " + std::string(100'000, 'x'));
  std::size_t sent = 0;
  while (sent < (std::size_t{64} << 20) && wire.send(piece)) sent += piece.size();

  EXPECT_LT(sent, std::size_t{16} << 20);
  EXPECT_LT(door.server->stats().bytes_received, std::size_t{4} << 20);
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

TEST(Client, AResultOf100MegabytesIsSentToASlowReaderWithinBounds) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  [[maybe_unused]] const std::size_t before = resident_bytes();
  wire.send(query("rows 100000 1000"));
  // It stands still when the buffers between us are full.
  std::size_t told = 0;
  ASSERT_TRUE(soon([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return std::exchange(told, door.database.rows_told.load()) == door.database.rows_told;
  }));
  EXPECT_LT(door.database.rows_told, 20'000u);
  EXPECT_LT(door.server->stats().buffer_bytes, std::size_t{4} << 20);

  std::string part(std::size_t{1} << 20, '\0');
  std::string tail;
  std::size_t received = 0;
  std::size_t most = 0;
  while (!tail.ends_with(test::message('Z', "I"))) {
    const ssize_t got = ::recv(wire.socket(), part.data(), part.size(), 0);
    ASSERT_GT(got, 0);
    tail = (tail + part.substr(0, static_cast<std::size_t>(got)));
    tail.erase(0, tail.size() - std::min<std::size_t>(tail.size(), 6));
    received += static_cast<std::size_t>(got);
    most = std::max(most, resident_bytes());
  }

  EXPECT_EQ(door.database.rows_told, 100'000u);
  EXPECT_GT(received, 100'000u * 1000);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(most - before, std::size_t{32} << 20);
#endif
}

TEST(Client, OneLargeRowIsSentInParts) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("rows 2 30000000"));
  EXPECT_EQ(wire.next(), "T n:23 t:25");
  EXPECT_EQ(wire.next().size(), 4 + 30'000'000u);
  EXPECT_EQ(wire.next().size(), 4 + 30'000'000u);
  EXPECT_EQ(wire.until_ready(), (Lines{"C SELECT 2", "Z I"}));
}

TEST(Client, LargeMessagesArrive) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  const std::string large(20'000'000, 'x');
  std::thread sender([&] { wire.send(query("say " + large)); });
  EXPECT_EQ(wire.next(), "T word:25");
  EXPECT_EQ(wire.next(), "D " + large);
  EXPECT_EQ(wire.until_ready(), (Lines{"C SELECT 1", "Z I"}));
  sender.join();
}

TEST(Client, ManyPiecesAreCopiedIn) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  wire.send(query("copyin"));
  EXPECT_EQ(wire.next(), "G 0:2");
  const std::string piece(50'000, 'x');
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(wire.send(test::copy_data(piece)));
  EXPECT_EQ(wire.ask(test::copy_done()), (Lines{"C COPY 400", "Z I"}));
  EXPECT_EQ(door.database.copied_bytes, 400 * piece.size());
}

TEST(Client, ManyPiecesAreCopiedOut) {
  TestDoor door;
  Wire wire = Wire::ready(door);
  const Lines lines = wire.ask(query("copyout 3000 1000"));
  ASSERT_EQ(lines.size(), 3004u);
  EXPECT_EQ(lines[0], "H 1:1");
  EXPECT_EQ(lines[3000], "d " + std::string(1000, 'c'));
  EXPECT_EQ(lines[3001], "c");
}

TEST(Client, RepliesWaitUntilWhatTheyShowIsStable) {
  TestDoor door;
  Wire writer = Wire::ready(door);
  Wire reader = Wire::ready(door);
  door.engine.hold();
  door.database.version = 5;

  writer.send(query("insert"));
  EXPECT_EQ(reader.ask(query("say x")).back(), "Z I");
  EXPECT_EQ(writer.receive_soon(100), "");
  door.engine.release(storage::Lsn{4});
  EXPECT_EQ(writer.receive_soon(50), "");
  door.engine.release(storage::Lsn{5});

  EXPECT_EQ(writer.until_ready(), (Lines{"C INSERT 0 1", "Z I"}));
}

TEST(Client, ManyClientsTalkAtOnce) {
  TestDoor door;
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&door, i] {
      Wire wire = Wire::ready(door);
      for (int n = 0; n < 100; ++n) {
        const std::string word = std::to_string(i * 1000 + n);
        EXPECT_EQ(wire.ask(query("say " + word))[1], "D " + word);
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace latchkey::pgwire
