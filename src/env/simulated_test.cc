#include "env/simulated.h"

#include <gtest/gtest.h>

#include <array>

namespace latchkey::env {
namespace {

TEST(SimulatedClock, StandsStillUntilMoved) {
  SimulatedClock clock(1000);

  EXPECT_EQ(clock.wall_ms(), 1000);
  clock.advance_ms(5);
  EXPECT_EQ(clock.wall_ms(), 1005);
  EXPECT_EQ(clock.steady_us(), 5000);
}

TEST(SimulatedClock, CarriesMicrosecondsOverToTheWall) {
  SimulatedClock clock(0);

  for (int i = 0; i < 5; ++i) clock.advance_us(700);

  EXPECT_EQ(clock.steady_us(), 3500);
  EXPECT_EQ(clock.wall_ms(), 3);
}

TEST(SimulatedClock, ASteppedWallLeavesSteadyTimeAlone) {
  SimulatedClock clock(1000);

  clock.step_wall_ms(-400);
  EXPECT_EQ(clock.wall_ms(), 600);
  clock.set_wall_ms(5000);
  EXPECT_EQ(clock.wall_ms(), 5000);
  EXPECT_EQ(clock.steady_us(), 0);
}

TEST(SimulatedRandom, RepeatsForASeedAndDiffersBetweenSeeds) {
  SimulatedRandom first(7);
  SimulatedRandom second(7);
  SimulatedRandom third(8);

  for (int i = 0; i < 100; ++i) {
    const std::uint64_t value = first.next();
    EXPECT_EQ(value, second.next());
    EXPECT_NE(value, third.next());
  }
}

TEST(SimulatedRandom, FillsEveryByte) {
  SimulatedRandom random(1);
  std::array<std::byte, 13> bytes{};
  std::array<bool, 13> touched{};

  for (int round = 0; round < 16; ++round) {
    random.fill(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) touched[i] |= bytes[i] != std::byte{0};
  }

  for (const bool was_touched : touched) EXPECT_TRUE(was_touched);
}

TEST(SimulatedRandom, BelowReachesEveryNumberAboutEvenly) {
  SimulatedRandom random(2);
  std::array<int, 10> counts{};

  for (int i = 0; i < 10'000; ++i) ++counts[below(random, counts.size())];

  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(SimulatedEnv, IsTheSameForTheSameSeed) {
  SimulatedEnv first(3);
  SimulatedEnv second(3);

  EXPECT_EQ(first.env().random->next(), second.env().random->next());
  EXPECT_EQ(first.env().clock->wall_ms(), second.env().clock->wall_ms());
  EXPECT_FALSE(first.env().files->exists("f").value());
}

}  // namespace
}  // namespace latchkey::env
