#include <gtest/gtest.h>

#include "storage/conformance.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::storage::tree {
namespace {

/// On the simulated disk. What a crash leaves is the business of the crash tests.
std::unique_ptr<Engine> make_tree_engine(env::Env env, EngineLimits limits) {
  TreeEngineOptions options;
  options.directory = "/data";
  options.durability = Durability::Interval;
  options.log_segment_bytes = 4 << 20;
  options.log_ring_bytes = 1 << 20;
  options.limits = limits;
  options.memory_limit_bytes = std::uint64_t{2} << 30;
  auto engine = TreeEngine::open(env, options);
  return engine ? std::move(*engine) : nullptr;
}

}  // namespace
}  // namespace latchkey::storage::tree

namespace latchkey::storage {

INSTANTIATE_TEST_SUITE_P(Tree, Conformance,
                         testing::Values(EngineUnderTest{"Tree", &tree::make_tree_engine}),
                         name_of_engine);

}  // namespace latchkey::storage
