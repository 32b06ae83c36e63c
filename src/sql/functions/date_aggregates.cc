#include "base/interval_arithmetic.h"
#include "sql/functions/aggregate.h"
#include "sql/functions/date_time_call.h"

namespace latchkey::sql {

namespace {

void interval_step(AggregateState& state, const Call& call) {
  // The sum lies in one place, so that the arena does not grow with every row.
  if (state.more == nullptr) {
    state.more = new (state.arena->allocate(sizeof(Interval))) Interval;
  }
  auto& sum = *static_cast<Interval*>(state.more);
  const DateTimeResult<Interval> next = add(sum, argument<Interval>(call, 0));
  if (!next.has_value()) {
    (void)call.fail(next.error().to_error());
    return;
  }
  sum = *next;
  ++state.count;
}

Value interval_sum(AggregateState& state, const Call& call) {
  if (state.count == 0) return Value::null();
  return give(call, *static_cast<const Interval*>(state.more));
}

Value interval_average(AggregateState& state, const Call& call) {
  if (state.count == 0) return Value::null();
  return give(call,
              divide(*static_cast<const Interval*>(state.more), static_cast<double>(state.count)));
}

}  // namespace

std::span<const AggregateFunction> date_aggregates() {
  static const AggregateFunction kRows[] = {
      {"sum", takes(oid::kInterval).gives(oid::kInterval), false, &interval_step, &interval_sum},
      {"avg", takes(oid::kInterval).gives(oid::kInterval), false, &interval_step,
       &interval_average},
  };
  return kRows;
}

}  // namespace latchkey::sql
