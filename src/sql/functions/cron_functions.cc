#include <array>

#include "sql/cron/schedule.h"
#include "sql/functions/families.h"
#include "sql/functions/function.h"

namespace latchkey::sql {

namespace {

Value schedule_is_valid(const Call& call) {
  return Value::of_bool(cron::Schedule::parse(call.bytes(0)).has_value());
}

constexpr auto kFunctions = std::to_array<Function>({
    {"cron_schedule_is_valid", takes(oid::kText).gives(oid::kBool), 0, schedule_is_valid,
     "cron_schedule_is_valid('*/5 * * * *')", "t"},
});

}  // namespace

std::span<const Function> cron_functions() { return kFunctions; }

}  // namespace latchkey::sql
