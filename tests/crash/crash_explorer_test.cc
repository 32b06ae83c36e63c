// The tree engine on a machine whose power goes at any file operation.
//
// Verified:     what a start shows is the state after a prefix of the commits that holds every
//               acknowledged one, with versions, deadlines, kinds, ranks and counts; unlogged trees
//               are whole after a clean stop and empty after any other; a crash in the middle of a
//               start, or behind it, changes nothing of that; the engine's clock does not go back.
// Not verified: threads (the engine's own threads are off), bit rot (file_corruption_test), failing
//               operations (fault_loop_test), a real kernel and disk (tests/kill).
//
//   --states N        at least N crash states in all (LK_CRASH_STATES does the same)
//   --seed N          other runs (LK_CRASH_SEED)
//   --replay R.M.D    one state: seed of the run, moment, draw; with --gtest_filter, as a failure
//   says

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "tests/crash/explorer.h"

namespace latchkey::crash {
namespace {

constexpr std::uint64_t kDefaultStates = 20'000;

struct Flags {
  std::uint64_t states = kDefaultStates;
  std::uint64_t seed = 1;
  std::optional<ExplorerOptions::Replay> replay;
} flags;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

bool read_flags(int count, char** arguments) {
  flags.states = from_environment("LK_CRASH_STATES", flags.states);
  flags.seed = from_environment("LK_CRASH_SEED", flags.seed);
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view flag = arguments[i];
    const char* const value = arguments[i + 1];
    unsigned long long run = 0;
    unsigned long long moment = 0;
    unsigned long long draw = 0;
    if (flag == "--states") {
      flags.states = std::strtoull(value, nullptr, 10);
    } else if (flag == "--seed") {
      flags.seed = std::strtoull(value, nullptr, 10);
    } else if (flag == "--replay" &&
               std::sscanf(value, "%llu.%llu.%llu", &run, &moment, &draw) == 3) {
      flags.replay = {run, moment, draw};
    } else {
      return false;
    }
  }
  return count % 2 == 1;
}

std::string name_of(const testing::TestParamInfo<Workload>& test) {
  return std::string(test.param.name);
}

void print(const Workload& workload, const Exploration& exploration) {
  std::printf("  %-24s %6llu states, %6llu starts, %5llu moments, seed %llu\n",
              workload.name.data(), static_cast<unsigned long long>(exploration.states),
              static_cast<unsigned long long>(exploration.recoveries),
              static_cast<unsigned long long>(exploration.moments),
              static_cast<unsigned long long>(flags.seed));
}

class CrashExplorer : public testing::TestWithParam<Workload> {};

TEST_P(CrashExplorer, AnyCrashLeavesAPrefixWithAllThatWasAcknowledged) {
  ExplorerOptions options;
  options.seed = flags.seed;
  options.states = flags.states / workloads().size() + 1;
  options.replay = flags.replay;

  const Exploration exploration = explore(GetParam(), options);

  print(GetParam(), exploration);
  EXPECT_FALSE(exploration.violation.has_value()) << *exploration.violation;
}

INSTANTIATE_TEST_SUITE_P(Workloads, CrashExplorer,
                         testing::ValuesIn(workloads().begin(), workloads().end()), name_of);

class EveryFate : public testing::TestWithParam<Workload> {};

TEST_P(EveryFate, OfEveryOperationLeavesAPrefix) {
  const Exploration exploration =
      explore_every_fate(GetParam(), {.seed = flags.seed, .states = 0, .replay = {}});

  print(GetParam(), exploration);
  EXPECT_FALSE(exploration.violation.has_value()) << *exploration.violation;
  EXPECT_LT(exploration.moments_drawn_only, exploration.moments / 10);
}

INSTANTIATE_TEST_SUITE_P(TinyWorkloads, EveryFate,
                         testing::ValuesIn(tiny_workloads().begin(), tiny_workloads().end()),
                         name_of);

}  // namespace
}  // namespace latchkey::crash

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (!latchkey::crash::read_flags(count, arguments)) {
    std::fprintf(stderr, "the flags are --states N, --seed N and --replay RUN.MOMENT.DRAW\n");
    return 2;
  }
  return RUN_ALL_TESTS();
}
