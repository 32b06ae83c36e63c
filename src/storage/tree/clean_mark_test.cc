#include "storage/tree/clean_mark.h"

#include <gtest/gtest.h>

#include "storage/tree/log_testing.h"

namespace latchkey::storage::tree {
namespace {

using namespace testing;

constexpr CleanMark kMark{Lsn{384}, Lsn{408}, 1'700'000'000'000};

TEST(CleanMark, ComesBackAsItWas) {
  const auto mark = parse_clean_mark(encode(kMark));

  ASSERT_TRUE(mark.has_value());
  EXPECT_EQ(mark->checkpoint, Lsn{384});
  EXPECT_EQ(mark->log_end, Lsn{408});
  EXPECT_EQ(mark->clock_ms, 1'700'000'000'000);
}

TEST(CleanMark, EveryFlippedBitAndEveryCutIsSeen) {
  const std::string text = encode(kMark);

  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(parse_clean_mark(changed).has_value()) << bit;
  }
  for (std::size_t bytes = 0; bytes < text.size(); ++bytes)
    ASSERT_FALSE(parse_clean_mark(text.substr(0, bytes)).has_value()) << bytes;
  EXPECT_FALSE(parse_clean_mark(text + "x").has_value());
}

TEST(CleanMark, IsThereAfterAPowerCutAndGoneAfterAnother) {
  env::SimulatedEnv sim(1);
  ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
  ASSERT_TRUE(sim.files.sync_directory("/").has_value());
  const auto found = [&] {
    sim.files.crash(sim.random);
    const auto text = read_clean_mark(sim.files, kDirectory);
    return text.has_value() && text->has_value();
  };

  ASSERT_TRUE(write_clean_mark(sim.files, kDirectory, kMark).has_value());
  EXPECT_TRUE(found());
  ASSERT_TRUE(remove_clean_mark(sim.files, kDirectory).has_value());
  EXPECT_FALSE(found());
}

// After a failed sync the kernel takes what was dirty for clean, so no later sync makes it durable.
TEST(CleanMark, DoesNotComeBackWhateverFailedInTheFirstRemoval) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    env::SimulatedEnv sim(seed);
    ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
    ASSERT_TRUE(sim.files.sync_directory("/").has_value());
    ASSERT_TRUE(write_clean_mark(sim.files, kDirectory, kMark).has_value());
    sim.files.inject({.effect = env::FaultEffect::IoError, .nth = 1 + seed % 10});
    const bool removed = remove_clean_mark(sim.files, kDirectory).has_value();
    ASSERT_EQ(removed, sim.files.faults_fired() == 0);
    sim.files.clear_faults();

    ASSERT_TRUE(remove_clean_mark(sim.files, kDirectory).has_value());

    sim.files.crash(sim.random);
    const auto text = read_clean_mark(sim.files, kDirectory);
    ASSERT_TRUE(text.has_value());
    ASSERT_TRUE(!text->has_value() || is_void_clean_mark(**text)) << seed;
  }
}

}  // namespace
}  // namespace latchkey::storage::tree
