#include "storage/tree/log_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::storage::tree {
namespace {

constexpr std::uint32_t kRing = 4096;
constexpr std::uint32_t kSeed = 99;

/// Takes everything that is published out of a ring, checking each frame.
class Drain {
 public:
  explicit Drain(std::uint64_t origin) : position_(origin) {}

  void run(LogRing& ring) {
    for (;;) {
      const LogRing::Run run = ring.published(1u << 20);
      if (run.bytes.empty()) return;
      for (std::size_t at = 0; at < run.bytes.size();) take(run.bytes.data() + at, at);
      ring.release(run.bytes.size());
    }
  }
  std::map<std::uint64_t, std::string> records;  // by their end

 private:
  void take(const char* frame, std::size_t& at) {
    const auto word = load<std::uint32_t>(frame + 4);
    const std::uint32_t length = frame_body_bytes(word);
    EXPECT_EQ(load<std::uint32_t>(frame), frame_checksum(kSeed, position_, word, frame + 8));
    for (std::uint64_t i = 8 + length; i < frame_bytes(length); ++i) EXPECT_EQ(frame[i], 0);
    if (frame_kind_number(word) == static_cast<int>(FrameKind::Filler)) {
      EXPECT_EQ(Bytes(frame + 8, length).find_first_not_of('\0'), Bytes::npos);
    }
    position_ += frame_bytes(length);
    at += frame_bytes(length);
    if (frame_kind_number(word) == static_cast<int>(FrameKind::Record))
      records[position_] = std::string(frame + 8, length);
  }
  std::uint64_t position_;
};

void put(LogRing& ring, const Reservation& place, const std::string& body) {
  std::memcpy(place.data, body.data(), body.size());
  ring.publish(place);
}

TEST(LogRing, WhatIsNotPublishedHoldsBackWhatComesAfterIt) {
  LogRing ring(kRing, 800, kSeed, [](std::uint64_t) { FAIL(); });
  const Reservation first = ring.reserve(FrameKind::Record, 5);
  const Reservation second = ring.reserve(FrameKind::Record, 5);

  put(ring, second, "world");
  EXPECT_TRUE(ring.published(kRing).bytes.empty());
  put(ring, first, "hello");

  EXPECT_EQ(first.lsn, Lsn{816});
  EXPECT_EQ(second.lsn, Lsn{832});
  Drain drain(800);
  drain.run(ring);
  EXPECT_EQ(drain.records, (std::map<std::uint64_t, std::string>{{816, "hello"}, {832, "world"}}));
}

TEST(LogRing, AFrameNeverLiesAcrossTheRingsEnd) {
  Drain drain(0);
  LogRing* ring_now = nullptr;
  LogRing ring(kRing, 0, kSeed, [&](std::uint64_t) { drain.run(*ring_now); });
  ring_now = &ring;
  std::map<std::uint64_t, std::string> written;

  for (int i = 0; i < 5000; ++i) {
    const std::string body(1 + (i * 37) % 1000, static_cast<char>('a' + i % 26));
    const Reservation place =
        ring.reserve(FrameKind::Record, static_cast<std::uint32_t>(body.size()));
    ASSERT_LE(place.start % kRing + frame_bytes(place.body_bytes()), kRing);
    put(ring, place, body);
    written[value_of(place.lsn)] = body;
  }
  drain.run(ring);

  EXPECT_EQ(drain.records, written);
}

TEST(LogRing, ContentEndsAtTheLastFrameThatIsNeitherMarkNorFiller) {
  LogRing ring(kRing, 0, kSeed, [](std::uint64_t) {});
  put(ring, ring.reserve(FrameKind::Mark, kMarkBodyBytes), "");
  EXPECT_EQ(ring.published(kRing).content_end, 0u);

  put(ring, ring.reserve(FrameKind::Part, 16), "");
  put(ring, ring.reserve(FrameKind::Mark, kMarkBodyBytes), "");

  EXPECT_EQ(ring.published(kRing).content_end, 48u);
}

// Verified: every record of every thread arrives once, whole, at the Lsn its writer was given, and
// each thread's records in its own order. Run under tsan for the rest.
TEST(LogRing, ManyThreadsFillARingThatIsDrainedBesideThem) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 1000;
  LogRing* ring_now = nullptr;
  LogRing ring(kRing, 0, kSeed, [&](std::uint64_t end) {
    while (ring_now->released() + kRing < end) std::this_thread::yield();
  });
  ring_now = &ring;
  std::vector<std::map<std::uint64_t, std::string>> written(kThreads);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;

  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::uint64_t last = 0;
      for (int i = 0; i < kRecords; ++i) {
        const std::string body =
            std::to_string(t) + "/" + std::to_string(i) + std::string((i * 13) % 300, 'x');
        const Reservation place =
            ring.reserve(FrameKind::Record, static_cast<std::uint32_t>(body.size()));
        EXPECT_GT(value_of(place.lsn), last);
        last = value_of(place.lsn);
        put(ring, place, body);
        written[t][last] = body;
      }
      --running;
    });
  }
  Drain drain(0);
  while (running.load() > 0) drain.run(ring);
  for (std::thread& thread : threads) thread.join();
  drain.run(ring);

  std::map<std::uint64_t, std::string> all;
  for (const auto& part : written) all.insert(part.begin(), part.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kRecords));
  EXPECT_EQ(drain.records, all);
}

}  // namespace
}  // namespace latchkey::storage::tree
