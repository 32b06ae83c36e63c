#include "kv/members.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/score_key.h"
#include "kv/test_support/test_store.h"

namespace latchkey::kv {
namespace {

using test::TestStore;

TEST(MembersHeader, IsSixteenBytesAndReadsBack) {
  const auto bytes = MembersHeader{.members_id = 7, .count = 1'000'000}.encode();
  const auto header = MembersHeader::decode(Bytes(bytes.data(), bytes.size()));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->members_id, 7u);
  EXPECT_EQ(header->count, 1'000'000u);
}

TEST(MembersHeader, DamagedBytesAreCorruption) {
  auto bytes = MembersHeader{.members_id = 7, .count = 1}.encode();
  EXPECT_FALSE(MembersHeader::decode("").has_value());
  EXPECT_FALSE(MembersHeader::decode(Bytes(bytes.data(), 15)).has_value());
  bytes[7] = '\xff';  // an id past all that are ever given
  EXPECT_FALSE(MembersHeader::decode(Bytes(bytes.data(), 16)).has_value());
  EXPECT_FALSE(MembersHeader::decode(std::string(16, '\0')).has_value());
}

TEST(MembersKey, KeysOfAnIdLieInItsRange) {
  const storage::KeyRange range = members_range(0x1ff);
  for (const std::size_t length : {0u, 1u, 247u, 248u, 249u, 5000u}) {
    const std::string member(length, '\xff');
    MembersKey key(0x1ff);
    const std::string by_member(key.of_member(member));
    const std::string by_score(key.of_score(score_order(1.5), member));
    EXPECT_EQ(by_member.substr(MembersKey::kMemberOffset), member);
    EXPECT_EQ(by_score.substr(MembersKey::kScoredMemberOffset), member);
    for (const std::string& each : {by_member, by_score}) {
      EXPECT_LE(range.begin, each);
      EXPECT_LT(each, range.end);
    }
  }
}

TEST(MembersKey, OrdersByScoreThenByMember) {
  std::vector<std::string> keys;
  MembersKey key(1);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double score : {-kInfinity, -2.0, -0.5, 0.0, 1e-300, 3.0, kInfinity}) {
    for (const char* member : {"", "a", "aa", "b"}) {
      keys.emplace_back(key.of_score(score_order(score), member));
    }
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(MembersIds, AreGivenOnceOverRestarts) {
  TestStore db;
  std::set<std::uint64_t> given;
  for (int start = 0; start < 3; ++start) {
    const auto ids = MembersIds::open(*db.engine, 8);
    ASSERT_TRUE(ids.has_value());
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE((*ids)->refill_if_low().has_value());
      EXPECT_TRUE(given.insert((*ids)->next().value()).second);
    }
  }
  EXPECT_EQ(given.count(0), 0u);
}

TEST(MembersIds, AnEmptyChunkIsAnErrorUntilItIsRefilled) {
  TestStore db;
  const auto ids = MembersIds::open(*db.engine, 4);
  std::set<std::uint64_t> given;
  for (int i = 0; i < 4; ++i) given.insert((*ids)->next().value());
  EXPECT_FALSE((*ids)->next().has_value());
  ASSERT_TRUE((*ids)->refill_if_low().has_value());
  EXPECT_TRUE(given.insert((*ids)->next().value()).second);
}

TEST(MembersIds, ThreadsNeverShareOne) {
  TestStore db;
  const auto ids = MembersIds::open(*db.engine, 1000);
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  std::vector<std::vector<std::uint64_t>> given(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : given) {
    threads.emplace_back([&ids, &mine] {
      for (int i = 0; i < kEach; ++i) {
        ASSERT_TRUE((*ids)->refill_if_low().has_value());
        mine.push_back((*ids)->next().value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : given) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), std::size_t{kThreads * kEach});
}

}  // namespace
}  // namespace latchkey::kv
