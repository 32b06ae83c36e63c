#include <cmath>
#include <map>
#include <memory>

#include "sql/functions/aggregate.h"
#include "sql/functions/numeric_value.h"
#include "sql/types/array.h"

namespace latchkey::sql {

namespace {

/// What an aggregate keeps beside its state, made when it is first needed and ended with its arena.
template <typename T>
T& more(AggregateState& state) {
  // Not destroyed: such a T must hold nothing but what lies in the arena, or be small and bounded.
  if (state.more == nullptr) {
    // The arena knows no alignment beyond that of a Value; 128 bits want more.
    void* place = state.arena->allocate(sizeof(T) + alignof(T));
    std::size_t room = sizeof(T) + alignof(T);
    state.more = new (std::align(alignof(T), sizeof(T), place, room)) T;
  }
  return *static_cast<T*>(state.more);
}

bool in_bytes(Oid type) {
  const Type* const found = find_type(type);
  return found == nullptr || found->kept == Kept::Bytes;
}

Value keep(AggregateState& state, Oid type, const Value& value) {
  return in_bytes(type) ? state.arena->keep(value) : value;
}

void count_step(AggregateState& state, const Call& call) {
  if (call.values.empty() || !call[0].is_null) ++state.count;
}
Value count_of(AggregateState& state, const Call&) { return Value::of_integer(state.count); }

template <bool kGreatest>
void extreme_step(AggregateState& state, const Call& call) {
  const Oid type = call.types.arguments[0];
  if (!state.value.is_null) {
    const int order = compare(type, call[0], state.value);
    if (kGreatest ? order <= 0 : order >= 0) return;
  }
  state.value = keep(state, type, call[0]);
}
Value value_of_state(AggregateState& state, const Call&) { return state.value; }

void integer_sum_step(AggregateState& state, const Call& call) {
  std::int64_t sum = state.value.is_null ? 0 : state.value.integer;
  if (__builtin_add_overflow(sum, call.integer(0), &sum)) {
    (void)call.fail(ErrorCode::NumberOverflow, "bigint out of range");
    return;
  }
  state.value = Value::of_integer(sum);
}

/// A sum of integers that cannot overflow: 128 bits hold 2^64 of them.
struct WideSum {
  __int128 sum = 0;
};
void wide_sum_step(AggregateState& state, const Call& call) {
  more<WideSum>(state).sum += call.integer(0);
  ++state.count;
}
Numeric numeric_of_wide(__int128 value) {
  constexpr std::int64_t kBase = 1'000'000'000'000'000'000;
  const auto high = static_cast<std::int64_t>(value / kBase);
  const auto low = static_cast<std::int64_t>(value % kBase);
  const Numeric scaled = *Numeric::from_int64(high).multiply(Numeric::from_int64(kBase));
  return *scaled.add(Numeric::from_int64(low));
}
Value wide_sum(AggregateState& state, const Call& call) {
  if (state.count == 0) return Value::null();
  return value_of_numeric(numeric_of_wide(more<WideSum>(state).sum), call.arena());
}
Value divided(const Call& call, const Numeric& sum, std::int64_t count) {
  Result<Numeric> mean = sum.divide(Numeric::from_int64(count));
  if (!mean.has_value()) return call.fail(std::move(mean).error());
  return value_of_numeric(*mean, call.arena());
}
Value wide_average(AggregateState& state, const Call& call) {
  if (state.count == 0) return Value::null();
  return divided(call, numeric_of_wide(more<WideSum>(state).sum), state.count);
}

void numeric_sum_step(AggregateState& state, const Call& call) {
  Result<Numeric> next = numeric_of(call[0]);
  if (next.has_value() && !state.value.is_null) {
    Result<Numeric> sum = numeric_of(state.value);
    next = sum.has_value() ? sum->add(*next) : std::move(sum);
  }
  if (!next.has_value()) {
    (void)call.fail(std::move(next).error());
    return;
  }
  ++state.count;
  // The arena would grow with every row: the sum stays in one place while it fits there.
  std::string packed;
  next->append_packed(packed);
  constexpr std::size_t kRoom = 64;
  if (state.more == nullptr || packed.size() > kRoom) {
    state.more = state.arena->allocate(std::max(packed.size(), kRoom));
  }
  std::memcpy(state.more, packed.data(), packed.size());
  state.value = Value::of_bytes({static_cast<const char*>(state.more), packed.size()});
}
Value numeric_average(AggregateState& state, const Call& call) {
  if (state.count == 0) return Value::null();
  const Result<Numeric> sum = numeric_of(state.value);
  return sum.has_value() ? divided(call, *sum, state.count) : call.fail(sum.error());
}

/// Sums by the algorithm of Youngs and Cramer, as PostgreSQL: exact where it can be.
struct FloatSums {
  double count = 0;
  double sum = 0;
  double squares = 0;  ///< of the differences from the mean
};
void float_step(AggregateState& state, const Call& call) {
  FloatSums& sums = more<FloatSums>(state);
  const double value = call.number(0);
  const double before = sums.sum;
  sums.count += 1;
  sums.sum += value;
  if (sums.count > 1) {
    const double difference = value * sums.count - sums.sum;
    sums.squares += difference * difference / (sums.count * (sums.count - 1));
    if (std::isinf(sums.sum) && !std::isinf(before) && !std::isinf(value)) {
      (void)call.fail(ErrorCode::NumberOverflow, "value out of range: overflow");
    }
  }
}
Value float_sum(AggregateState& state, const Call&) {
  return state.more == nullptr ? Value::null() : Value::of_number(more<FloatSums>(state).sum);
}
Value single_sum(AggregateState& state, const Call&) {
  if (state.more == nullptr) return Value::null();
  return Value::of_number(static_cast<double>(static_cast<float>(more<FloatSums>(state).sum)));
}
Value float_average(AggregateState& state, const Call&) {
  if (state.more == nullptr) return Value::null();
  const FloatSums& sums = more<FloatSums>(state);
  return Value::of_number(sums.sum / sums.count);
}
template <bool kSample, bool kRoot>
Value float_spread(AggregateState& state, const Call&) {
  if (state.more == nullptr) return Value::null();
  const FloatSums& sums = more<FloatSums>(state);
  const double divisor = kSample ? sums.count - 1 : sums.count;
  if (divisor <= 0) return Value::null();
  const double variance = sums.squares / divisor;
  return Value::of_number(kRoot ? std::sqrt(variance) : variance);
}

template <bool kAll>
void bool_step(AggregateState& state, const Call& call) {
  const bool before = state.value.is_null ? kAll : state.value.boolean();
  const bool now = call[0].boolean();
  state.value = Value::of_bool(kAll ? before && now : before || now);
}
template <char kOperator>
void bits_step(AggregateState& state, const Call& call) {
  if (state.value.is_null) {
    state.value = call[0];
    return;
  }
  const std::int64_t a = state.value.integer;
  const std::int64_t b = call.integer(0);
  state.value = Value::of_integer(kOperator == '&' ? a & b : kOperator == '|' ? a | b : a ^ b);
}

/// Pieces of text in the arena, one after another.
struct Piece {
  Bytes bytes;
  Piece* next;
};
struct Pieces {
  Piece* first = nullptr;
  Piece* last = nullptr;
  std::size_t bytes = 0;
  void add(Arena& arena, Bytes text) {
    auto* const piece = new (arena.allocate(sizeof(Piece))) Piece{arena.copy(text), nullptr};
    (last == nullptr ? first : last->next) = piece;
    last = piece;
    bytes += text.size();
  }
};
void string_step(AggregateState& state, const Call& call) {
  if (call[0].is_null) return;
  Pieces& pieces = more<Pieces>(state);
  if (pieces.first != nullptr && !call[1].is_null) pieces.add(*state.arena, call.bytes(1));
  pieces.add(*state.arena, call.bytes(0));
}
Value string_of(AggregateState& state, const Call& call) {
  if (state.more == nullptr) return Value::null();
  const Pieces& pieces = more<Pieces>(state);
  char* const out = call.arena().allocate(pieces.bytes + 1);
  std::size_t at = 0;
  for (const Piece* piece = pieces.first; piece != nullptr; piece = piece->next) {
    std::memcpy(out + at, piece->bytes.data(), piece->bytes.size());
    at += piece->bytes.size();
  }
  return Value::of_bytes({out, at});
}

struct Element {
  Value value;
  Element* next;
};
struct Elements {
  Element* first = nullptr;
  Element* last = nullptr;
};
void array_step(AggregateState& state, const Call& call) {
  Elements& elements = more<Elements>(state);
  const Value value = keep(state, call.types.arguments[0], call[0]);
  auto* const element = new (state.arena->allocate(sizeof(Element))) Element{value, nullptr};
  (elements.last == nullptr ? elements.first : elements.last->next) = element;
  elements.last = element;
}
Value array_of(AggregateState& state, const Call& call) {
  if (state.more == nullptr) return Value::null();
  ArrayWriter writer(call.types.arguments[0]);
  for (const Element* each = more<Elements>(state).first; each != nullptr; each = each->next) {
    writer.add(each->value);
  }
  return writer.finish(call.arena());
}

std::vector<AggregateFunction> make_rows() {
  std::vector<AggregateFunction> rows = {
      {"count", takes().gives(oid::kInt8), true, &count_step, &count_of},
      {"count", takes(oid::kAny).gives(oid::kInt8), true, &count_step, &count_of},
      {"sum", takes(oid::kInt2).gives(oid::kInt8), false, &integer_sum_step, &value_of_state},
      {"sum", takes(oid::kInt4).gives(oid::kInt8), false, &integer_sum_step, &value_of_state},
      {"sum", takes(oid::kInt8).gives(oid::kNumeric), false, &wide_sum_step, &wide_sum},
      {"sum", takes(oid::kNumeric).gives(oid::kNumeric), false, &numeric_sum_step, &value_of_state},
      {"sum", takes(oid::kFloat4).gives(oid::kFloat4), false, &float_step, &single_sum},
      {"sum", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step, &float_sum},
      {"avg", takes(oid::kInt2).gives(oid::kNumeric), false, &wide_sum_step, &wide_average},
      {"avg", takes(oid::kInt4).gives(oid::kNumeric), false, &wide_sum_step, &wide_average},
      {"avg", takes(oid::kInt8).gives(oid::kNumeric), false, &wide_sum_step, &wide_average},
      {"avg", takes(oid::kNumeric).gives(oid::kNumeric), false, &numeric_sum_step,
       &numeric_average},
      {"avg", takes(oid::kFloat4).gives(oid::kFloat8), false, &float_step, &float_average},
      {"avg", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step, &float_average},
      {"variance", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step,
       &float_spread<true, false>},
      {"var_samp", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step,
       &float_spread<true, false>},
      {"var_pop", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step,
       &float_spread<false, false>},
      {"stddev", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step,
       &float_spread<true, true>},
      {"stddev_samp", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step,
       &float_spread<true, true>},
      {"stddev_pop", takes(oid::kFloat8).gives(oid::kFloat8), false, &float_step,
       &float_spread<false, true>},
      {"bool_and", takes(oid::kBool).gives(oid::kBool), false, &bool_step<true>, &value_of_state},
      {"every", takes(oid::kBool).gives(oid::kBool), false, &bool_step<true>, &value_of_state},
      {"bool_or", takes(oid::kBool).gives(oid::kBool), false, &bool_step<false>, &value_of_state},
      {"string_agg", takes(oid::kText, oid::kText).gives(oid::kText), true, &string_step,
       &string_of},
      {"string_agg", takes(oid::kBytea, oid::kBytea).gives(oid::kBytea), true, &string_step,
       &string_of},
      {"array_agg", takes(oid::kAnyNonArray).gives(oid::kAnyArray), true, &array_step, &array_of},
  };
  for (const Oid type : {oid::kInt2, oid::kInt4, oid::kInt8}) {
    rows.push_back({"bit_and", takes(type).gives(type), false, &bits_step<'&'>, &value_of_state});
    rows.push_back({"bit_or", takes(type).gives(type), false, &bits_step<'|'>, &value_of_state});
    rows.push_back({"bit_xor", takes(type).gives(type), false, &bits_step<'#'>, &value_of_state});
  }
  for (const Oid type :
       {oid::kInt2, oid::kInt4, oid::kInt8, oid::kFloat4, oid::kFloat8, oid::kNumeric, oid::kText,
        oid::kBpchar, oid::kDate, oid::kTime, oid::kTimetz, oid::kTimestamp, oid::kTimestamptz,
        oid::kInterval, oid::kOid, oid::kAnyArray, oid::kAnyEnum}) {
    rows.push_back({"max", takes(type).gives(type), false, &extreme_step<true>, &value_of_state});
    rows.push_back({"min", takes(type).gives(type), false, &extreme_step<false>, &value_of_state});
  }
  const auto json = json_aggregates();
  rows.insert(rows.end(), json.begin(), json.end());
  return rows;
}

}  // namespace

std::span<const AggregateFunction> all_aggregates() {
  static const std::vector<AggregateFunction> kRows = [] {
    std::vector<AggregateFunction> rows = make_rows();
    for (const auto family :
         {array_aggregates(), date_aggregates(), ordered_aggregates(), statistics_aggregates()}) {
      rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
  }();
  return kRows;
}

std::vector<const AggregateFunction*> find_aggregates(std::string_view name) {
  static const std::multimap<std::string_view, const AggregateFunction*> kByName = [] {
    std::multimap<std::string_view, const AggregateFunction*> rows;
    for (const AggregateFunction& row : all_aggregates()) rows.emplace(row.name, &row);
    return rows;
  }();
  std::vector<const AggregateFunction*> found;
  const auto [begin, end] = kByName.equal_range(name);
  for (auto row = begin; row != end; ++row) found.push_back(row->second);
  return found;
}

}  // namespace latchkey::sql
