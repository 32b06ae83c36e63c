#include "env/sparse_image.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>

namespace latchkey::env {
namespace {

std::string contents(const SparseImage& image) {
  std::string out(image.size(), '?');
  EXPECT_EQ(image.read(0, out), out.size());
  return out;
}

TEST(SparseImage, HolesReadAsZeroAndTakeNoMemory) {
  SparseImage image;

  image.resize(std::uint64_t{64} << 20);
  image.write(10'000'000, "x");

  EXPECT_EQ(image.block_count(), 1U);
  std::string around(3, '?');
  EXPECT_EQ(image.read(9'999'999, around), 3U);
  EXPECT_EQ(around, (std::string("\0x\0", 3)));
}

TEST(SparseImage, AReadStopsAtTheEnd) {
  SparseImage image;
  image.write(5, "abc");
  std::string out(10, '?');

  EXPECT_EQ(image.read(6, out), 2U);
  EXPECT_EQ(image.read(8, out), 0U);
  EXPECT_EQ(image.read(1000, out), 0U);
}

TEST(SparseImage, WhatIsCutOffNeverComesBack) {
  SparseImage image;
  image.write(0, std::string(1'000'000, 'x'));

  image.resize(5000);
  image.resize(1'000'000);

  EXPECT_EQ(contents(image), std::string(5000, 'x') + std::string(995'000, '\0'));
}

TEST(SparseImage, CopiesDoNotSeeEachOthersChanges) {
  SparseImage first;
  first.write(0, "aaaa");
  SparseImage second = first;
  SparseImage third;
  third = second;

  first.write(0, "b");
  second.write(1, "c");
  third.resize(1);
  first.write(0, "d");

  EXPECT_EQ(contents(first), "daaa");
  EXPECT_EQ(contents(second), "acaa");
  EXPECT_EQ(contents(third), "a");
}

// The oracle is a plain string for each copy, so any byte shared by mistake shows.
TEST(SparseImage, AgreesWithStringsOverRandomWritesCutsAndCopies) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  std::vector<SparseImage> images(4);
  std::vector<std::string> models(4);

  for (int step = 0; step < 4000; ++step) {
    const std::size_t which = below(images.size());
    if (below(10) == 0) {
      const std::size_t from = below(images.size());
      images[which] = images[from];
      models[which] = models[from];
    } else if (below(4) == 0) {
      const std::size_t size = below(600'000);
      images[which].resize(size);
      models[which].resize(size);
    } else {
      const std::size_t offset = below(600'000);
      const std::string bytes(1 + below(20'000), static_cast<char>('a' + below(26)));
      images[which].write(offset, bytes);
      if (models[which].size() < offset + bytes.size()) models[which].resize(offset + bytes.size());
      models[which].replace(offset, bytes.size(), bytes);
    }
    if (step % 40 == 0) {
      for (std::size_t i = 0; i < images.size(); ++i) ASSERT_EQ(contents(images[i]), models[i]);
    }
  }
}

// Run under the thread sanitizer: the explorer draws from one snapshot on several threads while
// the engine goes on writing.
TEST(SparseImage, OneThatNobodyChangesIsCopiedByManyThreads) {
  SparseImage live;
  live.write(0, std::string(100'000, 'x'));
  const SparseImage snapshot = live;
  const auto draw = [&snapshot] {
    for (int i = 0; i < 200; ++i) {
      SparseImage copy = snapshot;
      copy.write(50, "y");
      EXPECT_EQ(contents(copy)[50], 'y');
      EXPECT_EQ(contents(copy)[51], 'x');
    }
  };

  std::thread first(draw);
  std::thread second(draw);
  for (int i = 0; i < 200; ++i) live.write(static_cast<std::uint64_t>(i), "z");
  first.join();
  second.join();

  EXPECT_EQ(contents(snapshot), std::string(100'000, 'x'));
}

}  // namespace
}  // namespace latchkey::env
