#include "storage/random_operations.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "storage/conformance.h"
#include "storage/model/model_engine.h"

namespace latchkey::storage {
namespace {

constexpr EngineLimits kSmallLimits{4096, std::uint64_t{1} << 20};
constexpr std::size_t kOperations = 2000;
constexpr std::uint64_t kSeeds = 10;

/// LATCHKEY_SEED=n runs that seed alone; LATCHKEY_SEEDS=n the first n.
std::vector<std::uint64_t> seeds_to_run() {
  if (const char* const one = std::getenv("LATCHKEY_SEED"))
    return {std::strtoull(one, nullptr, 10)};
  const char* const count = std::getenv("LATCHKEY_SEEDS");
  std::vector<std::uint64_t> seeds(count == nullptr ? kSeeds : std::strtoull(count, nullptr, 10));
  for (std::uint64_t at = 0; at < seeds.size(); ++at) seeds[at] = at + 1;
  return seeds;
}

TEST_P(Conformance, AgreesWithTheModelOnRandomOperations) {
  for (const std::uint64_t seed : seeds_to_run()) {
    env::SimulatedEnv machine(seed);
    const auto model = make_model_engine(machine.env(), kSmallLimits);
    const auto subject = GetParam().open(machine.env(), kSmallLimits);

    const auto difference = first_difference(*model, *subject, machine.clock,
                                             {.seed = seed, .operation_count = kOperations});

    ASSERT_EQ(difference, std::nullopt)
        << *difference << "\n  replay: LATCHKEY_SEED=" << seed
        << " latchkey_storage_test --gtest_filter='*AgreesWithTheModel*/" << GetParam().name << "'";
  }
}

// Two models of which one forgets something: the comparison must notice, or it is worth nothing.
TEST(RandomOperationsTest, AnEngineThatAnswersOtherwiseIsFound) {
  env::SimulatedEnv machine;
  const auto model = make_model_engine(machine.env(), kSmallLimits);
  const auto other = make_model_engine(machine.env(), {4096, 30});

  const auto difference = first_difference(*model, *other, machine.clock, {.seed = 1});

  ASSERT_TRUE(difference.has_value());
  EXPECT_NE(difference->find("error ValueTooLong"), std::string::npos) << *difference;
}

TEST(RandomOperationsTest, TheSameSeedGivesTheSameOperations) {
  std::vector<std::string> reports;
  for (int turn = 0; turn < 2; ++turn) {
    env::SimulatedEnv machine;
    const auto model = make_model_engine(machine.env(), kSmallLimits);
    const auto other = make_model_engine(machine.env(), {20, 1 << 20});
    reports.push_back(first_difference(*model, *other, machine.clock, {.seed = 7}).value());
  }

  EXPECT_EQ(reports[0], reports[1]);
}

}  // namespace
}  // namespace latchkey::storage
