#include "storage/model/model_engine.h"

#include "storage/conformance.h"

namespace latchkey::storage {

INSTANTIATE_TEST_SUITE_P(Model, Conformance,
                         testing::Values(EngineUnderTest{"Model", &make_model_engine}),
                         name_of_engine);

}  // namespace latchkey::storage
