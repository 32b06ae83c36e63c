#include "kv/watched_absences.h"

#include <gtest/gtest.h>

namespace latchkey::kv {
namespace {

constexpr storage::TreeId kTree{5};
constexpr storage::TreeId kOtherTree{6};
constexpr storage::Lsn kNow{100};

TEST(WatchedAbsences, AreTouchedByAnErasureOfTheirKeyAlone) {
  WatchedAbsences absences;
  const auto a = absences.watch(kTree, "a", kNow);
  const auto b = absences.watch(kTree, "b", kNow);

  absences.note_erased(kTree, "a");
  absences.note_erased(kOtherTree, "b");

  EXPECT_TRUE(a->touched);
  EXPECT_FALSE(b->touched);
}

TEST(WatchedAbsences, AreNotTouchedBySweepingWhatWasThereBefore) {
  WatchedAbsences absences;
  const auto before = absences.watch(kTree, "a", kNow);
  absences.note_swept(kTree, "a", storage::Lsn{99});
  EXPECT_FALSE(before->touched);

  const auto after = absences.watch(kTree, "b", kNow);
  absences.note_swept(kTree, "b", storage::Lsn{101});
  EXPECT_TRUE(after->touched);
}

TEST(WatchedAbsences, AreTouchedByAFlushOfWhatWasBornSince) {
  WatchedAbsences absences;
  const auto born = absences.watch(kTree, "born", kNow);
  const auto stale = absences.watch(kTree, "stale", kNow);
  const auto absent = absences.watch(kTree, "absent", kNow);
  const auto other = absences.watch(kOtherTree, "born", kNow);

  absences.note_flush(kTree, [](Bytes key) {
    return storage::Lsn{key == "born" ? 101u : key == "stale" ? 99u : 0u};
  });

  EXPECT_TRUE(born->touched);
  EXPECT_FALSE(stale->touched);
  EXPECT_FALSE(absent->touched);
  EXPECT_FALSE(other->touched);
}

TEST(WatchedAbsences, FollowTheirKeysIntoAnotherTree) {
  WatchedAbsences absences;
  const auto a = absences.watch(kTree, "a", kNow);
  const auto b = absences.watch(kTree, "b", kNow);
  absences.follow(kTree, kOtherTree);

  absences.note_erased(kOtherTree, "a");
  absences.note_erased(kTree, "b");

  EXPECT_TRUE(a->touched);
  EXPECT_TRUE(b->touched);
}

TEST(WatchedAbsences, CountAsTouchedPastTheirBound) {
  WatchedAbsences absences;
  std::vector<std::shared_ptr<const WatchedAbsence>> held;
  for (std::size_t index = 0; index < WatchedAbsences::kKeysMax; ++index) {
    held.push_back(absences.watch(kTree, std::to_string(index), kNow));
    ASSERT_FALSE(held.back()->touched);
  }
  EXPECT_TRUE(absences.watch(kTree, "one more", kNow)->touched);

  held.clear();

  EXPECT_FALSE(absences.watch(kTree, "one more", kNow)->touched);
}

}  // namespace
}  // namespace latchkey::kv
