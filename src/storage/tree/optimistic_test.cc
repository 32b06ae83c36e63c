#include "storage/tree/optimistic.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/tree/inner.h"

namespace latchkey::storage::tree {
namespace {

constexpr int kWords = 64;

std::unique_ptr<Page> zero_page() { return std::make_unique<Page>(); }

std::uint64_t word_at(const Page& page, int index) {
  return read_racing<std::uint64_t>(page.body + 8 * index);
}

void write_words(Page& page, std::uint64_t value) {
  for (int i = 0; i < kWords; ++i) store(page.body + 8 * i, value);
}

TEST(OptimisticRead, IsValidWhileNobodyChangesThePage) {
  const auto page = zero_page();
  write_words(*page, 7);

  const std::uint64_t version = begin_read(*page);
  const std::uint64_t word = word_at(*page, 3);

  EXPECT_EQ(word, 7u);
  EXPECT_TRUE(still_valid(*page, version));
}

TEST(OptimisticRead, IsInvalidAfterAChangeBeganAndAfterItEnded) {
  const auto page = zero_page();
  const std::uint64_t version = begin_read(*page);

  begin_change(*page);
  EXPECT_FALSE(still_valid(*page, version));
  end_change(*page);

  EXPECT_FALSE(still_valid(*page, version));
  EXPECT_TRUE(still_valid(*page, begin_read(*page)));
}

TEST(OptimisticRead, WaitsForAChangeToEnd) {
  const auto page = zero_page();
  begin_change(*page);
  std::atomic<bool> has_begun{false};
  std::thread reader([&] {
    static_cast<void>(begin_read(*page));
    has_begun = true;
  });
  for (int turn = 0; turn < 20; ++turn) std::this_thread::yield();
  EXPECT_FALSE(has_begun);

  end_change(*page);
  reader.join();

  EXPECT_TRUE(has_begun);
}

// The heart of it, and the one race that the thread sanitizer is not told of: readers see torn
// pages all the time, and never one that they are told to believe.
TEST(OptimisticRead, NoTornPageIsEverBelieved) {
  constexpr int kBelievedWanted = 20'000;
  const auto page = zero_page();
  std::atomic<int> readers_left{2};
  std::atomic<int> torn_believed{0};

  std::vector<std::thread> readers;
  for (int number = 0; number < 2; ++number) {
    readers.emplace_back([&] {
      for (int believed = 0; believed < kBelievedWanted;) {
        const std::uint64_t version = begin_read(*page);
        std::array<std::uint64_t, kWords> words;
        for (int i = 0; i < kWords; ++i) words[static_cast<std::size_t>(i)] = word_at(*page, i);
        if (!still_valid(*page, version)) continue;
        ++believed;
        for (const std::uint64_t word : words) {
          if (word != words[0]) ++torn_believed;
        }
      }
      --readers_left;
    });
  }
  for (std::uint64_t value = 1; readers_left > 0; ++value) {
    begin_change(*page);
    write_words(*page, value);
    end_change(*page);
    if (value % 8 == 0) std::this_thread::yield();
  }
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(torn_believed, 0);
}

// The same over the real thing: children are numbered by the separator before them, so a search
// that is believed must come to the child of its key, whatever is inserted and erased meanwhile.
TEST(OptimisticRead, ASearchThatIsBelievedComesToTheRightChild) {
  constexpr int kSearches = 20'000;
  constexpr std::uint32_t kSeparators = 100;
  const auto page = zero_page();
  std::vector<LongSeparator*> retired;
  const auto key_of = [](std::uint32_t number) {
    // Equal heads, so that the rests decide; each third is kept outside of the page.
    return "separator" + std::to_string(1000 + number) +
           std::string(number % 3 == 0 ? 100 : 0, 'x');
  };
  Inner inner(*page);
  Inner::format(*page, PageKind::Inner, TreeId{1}, 1, {});
  inner.set_child(0, PageId{1});
  for (std::uint32_t number = 0; number < kSeparators; number += 2) {
    ASSERT_TRUE(inner.has_room());
    inner.insert(inner.count(), key_of(number), PageId{number + 2}, 0, retired);
  }
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};

  std::thread reader([&] {
    std::uint32_t number = 0;
    for (int believed = 0; believed < kSearches;) {
      number = (number + 34) % kSeparators;
      const std::uint64_t version = begin_read(*page);
      const int index = Inner::search_optimistic(*page, key_of(number), Side::AtOrAfter, version);
      const PageId child = index < 0 ? kNoPage : Inner::child_optimistic(*page, index);
      if (index < 0 || !still_valid(*page, version)) continue;
      ++believed;
      if (value_of(child) != number + 2) ++wrong;
    }
    done = true;
  });
  while (!done) {
    // An odd separator comes and goes before each of the even ones.
    for (std::uint32_t number = 1; number < kSeparators && !done; number += 2) {
      const int at = inner.search(key_of(number), Side::AtOrAfter);
      begin_change(*page);
      inner.insert(at, key_of(number), PageId{number + 2}, 0, retired);
      end_change(*page);
      begin_change(*page);
      inner.erase(at, retired);
      end_change(*page);
    }
    std::this_thread::yield();
  }
  reader.join();

  EXPECT_EQ(wrong, 0);
  inner.retire_long_separators(retired);
  for (LongSeparator* separator : retired) delete separator;
}

}  // namespace
}  // namespace latchkey::storage::tree
