#include <gtest/gtest.h>

#include <chrono>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

TEST(DiagnosisCommands, TheSlowLogNotesWhatTookLong) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SLOWLOG LEN|CONFIG SET slowlog-log-slower-than 0|GET abc|",
                   ":0|+OK|$-1|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET slowlog-log-slower-than -1|", "+OK|");

  EXPECT_EQ(wire.line("SLOWLOG LEN"), ":2");
  EXPECT_EQ(wire.line("SLOWLOG GET 2"), "*2");
  const std::string entries = wire.receive_soon();
  EXPECT_NE(entries.find(crlf("*2|$3|GET|$3|abc|")), std::string::npos) << entries;
  EXPECT_TRUE(entries.starts_with("*6\r\n:1\r\n:")) << entries;
  LK_EXPECT_ANSWER(wire, "SLOWLOG RESET|SLOWLOG LEN|SLOWLOG GET|", "+OK|:0|*0|");
  LK_EXPECT_ANSWER(wire, "SLOWLOG GET -2|", "-ERR count should be greater than or equal to -1|");
}

TEST(DiagnosisCommands, TheSlowLogShowsNoPasswords) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(
      wire,
      "CONFIG SET slowlog-log-slower-than 0|AUTH default hunter2|CONFIG SET requirepass hunter2|",
      "+OK|+OK|+OK|");
  EXPECT_EQ(wire.line("HELLO 2 AUTH default hunter2"), "*14");
  wire.receive_soon(50);

  EXPECT_NE(wire.line("SLOWLOG GET -1"), "*0");

  EXPECT_EQ(wire.receive_soon().find("hunter2"), std::string::npos);
}

TEST(DiagnosisCommands, ASleepDelaysOnlyTheClientThatAsked) {
  TestDoor door({}, {.worker_count = 1});
  Wire sleeper(door), other(door);
  const auto began = std::chrono::steady_clock::now();

  sleeper.send("DEBUG SLEEP 1\r\nPING\r\n");
  LK_EXPECT_ANSWER(other, "PING|", "+PONG|");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));

  EXPECT_EQ(sleeper.receive(12), crlf("+OK|+PONG|"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(1000));
}

TEST(DiagnosisCommands, WhatIsAnsweredLateIsNotedToo) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire,
                   "CONFIG SET slowlog-log-slower-than 100000 latency-monitor-threshold 100|"
                   "DEBUG SLEEP 0.15|SLOWLOG LEN|",
                   "+OK|+OK|:1|");
  EXPECT_EQ(wire.line("LATENCY HISTORY command"), "*1");
}

TEST(DiagnosisCommands, TheSlowLogNotesWhatExecRanButNotTheExec) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "MULTI|GET abc|INCR n|", "+OK|+QUEUED|+QUEUED|");
  LK_EXPECT_ANSWER(wire, "CONFIG SET slowlog-log-slower-than 0|EXEC|", "+QUEUED|*3|$-1|:1|+OK|");
  LK_EXPECT_ANSWER(wire, "MULTI|GET abc|EXEC|CONFIG SET slowlog-log-slower-than -1|",
                   "+OK|+QUEUED|*1|$-1|+OK|");

  EXPECT_EQ(wire.line("SLOWLOG GET -1"), "*3");  // CONFIG, MULTI and GET
  const std::string entries = wire.receive_soon();
  EXPECT_NE(entries.find(crlf("*2|$3|GET|$3|abc|")), std::string::npos) << entries;
  EXPECT_EQ(entries.find("EXEC"), std::string::npos) << entries;
}

TEST(DiagnosisCommands, DebugKnowsLittleAndSaysSo) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(
      wire, "DEBUG SET-ACTIVE-EXPIRE 0|DEBUG SLEEP x|DEBUG JMAP|",
      "+OK|-ERR value is not a valid float|-ERR unknown subcommand 'JMAP'. Try DEBUG HELP.|");
}

TEST(DiagnosisCommands, LatencyIsNotedWhenAskedFor) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "LATENCY LATEST|LATENCY HISTORY command|LATENCY RESET|", "*0|*0|:0|");
  LK_EXPECT_ANSWER(wire, "GET k|", "$-1|");
  EXPECT_EQ(wire.line("LATENCY HISTOGRAM get nosuch"), "*2");
  EXPECT_TRUE(
      wire.receive_soon().starts_with(crlf("$3|get|*4|$5|calls|:1|$14|histogram_usec|*2|:")));
}

TEST(DiagnosisCommands, MemoryUsageOfAKey) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SET k v|SET long " + std::string(1000, 'v') + "|", "+OK|+OK|");

  LK_EXPECT_ANSWER(wire, "MEMORY USAGE none|", "$-1|");
  EXPECT_LT(std::stol(wire.line("MEMORY USAGE k").substr(1)), 100);
  EXPECT_GT(std::stol(wire.line("MEMORY USAGE long SAMPLES 5").substr(1)), 1000);
  LK_EXPECT_ANSWER(wire, "MEMORY USAGE k FOO|MEMORY PURGE|", "-ERR syntax error|+OK|");
  LK_EXPECT_ANSWER(wire, "MEMORY USAGE k SAMPLES x|MEMORY USAGE k SAMPLES -1|",
                   "-ERR value is not an integer or out of range|-ERR syntax error|");
}

}  // namespace
}  // namespace latchkey::resp
