#include <algorithm>
#include <cmath>

#include "base/interval_arithmetic.h"
#include "sql/functions/aggregate.h"
#include "sql/functions/date_time_call.h"
#include "sql/types/array.h"

namespace latchkey::sql {

namespace {

// Aggregates behind which WITHIN GROUP (ORDER BY ..) stands. Values come in that order; what was
// given in front comes with each of them, behind the value.

struct Item {
  Value value;
  Item* next = nullptr;
};
struct Items {
  Item* first = nullptr;
  Item* last = nullptr;
  Value parameter;
};

Value kept(AggregateState& state, Oid type, const Value& value) {
  const Type* const found = find_type(type);
  const bool in_bytes = found == nullptr || found->kept == Kept::Bytes;
  return in_bytes ? state.arena->keep(value) : value;
}

void gather(AggregateState& state, const Call& call) {
  if (call[0].is_null) return;
  if (state.more == nullptr) {
    auto* const made = new (state.arena->allocate(sizeof(Items))) Items;
    if (call.values.size() > 1) made->parameter = kept(state, call.types.arguments[1], call[1]);
    state.more = made;
  }
  auto& items = *static_cast<Items*>(state.more);
  auto* const item = new (state.arena->allocate(sizeof(Item))) Item;
  item->value = kept(state, call.types.arguments[0], call[0]);
  (items.last == nullptr ? items.first : items.last->next) = item;
  items.last = item;
  ++state.count;
}

std::vector<Value> values_of(const AggregateState& state) {
  std::vector<Value> values;
  if (state.more == nullptr) return values;
  for (const Item* item = static_cast<Items*>(state.more)->first; item != nullptr;
       item = item->next) {
    values.push_back(item->value);
  }
  return values;
}

bool is_fraction(const Call& call, double fraction) {
  if (fraction >= 0 && fraction <= 1) return true;
  std::string shown;
  append_text(oid::kFloat8, Value::of_number(fraction), call.settings(), shown);
  call.fail(ErrorCode::NumberOverflow, "percentile value " + shown + " is not between 0 and 1");
  return false;
}

Value between(const Call& call, const Value& low, const Value& high, double part) {
  if (call.types.arguments[0] == oid::kInterval) {
    const Interval from = argument<Interval>(Call{call.evaluation, {&low, 1}, call.types}, 0);
    const Interval to = argument<Interval>(Call{call.evaluation, {&high, 1}, call.types}, 0);
    const auto way = subtract(to, from);
    if (!way.has_value()) return call.fail(way.error().to_error());
    const auto step = multiply(*way, part);
    if (!step.has_value()) return call.fail(step.error().to_error());
    return give(call, add(*step, from));
  }
  return Value::of_number(low.number + (part * (high.number - low.number)));
}

enum class Kind : std::uint8_t { Discrete, Continuous };

template <Kind kKind>
Value percentile_at(const Call& call, const std::vector<Value>& values, double fraction) {
  if (!is_fraction(call, fraction)) return Value::null();
  const auto count = static_cast<double>(values.size());
  if (kKind == Kind::Discrete) {
    const double place = std::max(std::ceil(fraction * count), 1.0);
    return values[static_cast<std::size_t>(place) - 1];
  }
  const double place = fraction * (count - 1);
  const auto low = static_cast<std::size_t>(std::floor(place));
  const auto high = static_cast<std::size_t>(std::ceil(place));
  if (low == high) return values[low];
  return between(call, values[low], values[high], place - static_cast<double>(low));
}

template <Kind kKind>
Value percentile(AggregateState& state, const Call& call) {
  const std::vector<Value> values = values_of(state);
  if (values.empty()) return Value::null();
  const Value& parameter = static_cast<Items*>(state.more)->parameter;
  if (parameter.is_null) return Value::null();
  return percentile_at<kKind>(call, values, parameter.number);
}

/// One result for each fraction of an array.
template <Kind kKind>
Value percentiles(AggregateState& state, const Call& call) {
  const std::vector<Value> values = values_of(state);
  if (values.empty()) return Value::null();
  const Value& parameter = static_cast<Items*>(state.more)->parameter;
  if (parameter.is_null) return Value::null();
  ArrayReader fractions(parameter.bytes());
  ArrayWriter results(call.types.arguments[0]);
  Value fraction;
  while (fractions.next(fraction)) {
    results.add(fraction.is_null ? fraction : percentile_at<kKind>(call, values, fraction.number));
    if (call.evaluation.failed()) return Value::null();
  }
  std::vector<ArrayDimension> dimensions;
  for (int i = 0; i < fractions.dimension_count(); ++i) {
    dimensions.push_back(fractions.dimension(i));
  }
  return results.finish(call.arena(), dimensions);
}

/// The value that is there most often; of several the one that comes first.
Value most_frequent(AggregateState& state, const Call& call) {
  const std::vector<Value> values = values_of(state);
  Value best;
  std::size_t best_count = 0;
  for (std::size_t begin = 0; begin < values.size();) {
    std::size_t end = begin + 1;
    while (end < values.size() &&
           compare(call.types.arguments[0], values[begin], values[end]) == 0) {
      ++end;
    }
    if (end - begin > best_count) {
      best = values[begin];
      best_count = end - begin;
    }
    begin = end;
  }
  return best;
}

}  // namespace

std::span<const AggregateFunction> ordered_aggregates() {
  constexpr Oid kFloat8 = oid::kFloat8;
  constexpr Oid kInterval = oid::kInterval;
  constexpr Oid kFractions = oid::kFloat8Array;
  constexpr Oid kAny = oid::kAnyElement;
  // The value that is put in order comes first.
  static const AggregateFunction kRows[] = {
      {"mode", takes(kAny).gives(kAny), true, &gather, &most_frequent, true},
      {"percentile_cont", takes(kFloat8, kFloat8).gives(kFloat8), true, &gather,
       &percentile<Kind::Continuous>, true},
      {"percentile_cont", takes(kInterval, kFloat8).gives(kInterval), true, &gather,
       &percentile<Kind::Continuous>, true},
      {"percentile_cont", takes(kFloat8, kFractions).gives(kFractions), true, &gather,
       &percentiles<Kind::Continuous>, true},
      {"percentile_cont", takes(kInterval, kFractions).gives(oid::kIntervalArray), true, &gather,
       &percentiles<Kind::Continuous>, true},
      {"percentile_disc", takes(kAny, kFloat8).gives(kAny), true, &gather,
       &percentile<Kind::Discrete>, true},
      {"percentile_disc", takes(kAny, kFractions).gives(oid::kAnyArray), true, &gather,
       &percentiles<Kind::Discrete>, true},
  };
  return kRows;
}

}  // namespace latchkey::sql
