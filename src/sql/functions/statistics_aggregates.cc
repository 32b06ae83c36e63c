#include <algorithm>
#include <cmath>

#include "sql/functions/aggregate.h"
#include "sql/functions/numeric_value.h"

namespace latchkey::sql {

namespace {

/// What an aggregate keeps beside its state. Not destroyed: it holds nothing but numbers.
template <typename T>
T& more(AggregateState& state) {
  if (state.more == nullptr) state.more = new (state.arena->allocate(sizeof(T))) T;
  return *static_cast<T*>(state.more);
}

// Variance of exact numbers: from the sums of the numbers and of their squares.

/// Both sums packed, each in a place of its own that is made anew when it gets too small.
struct PackedSum {
  char* bytes = nullptr;
  std::size_t size = 0;
  std::size_t room = 0;

  Result<Numeric> get() const {
    return size == 0 ? Result<Numeric>(Numeric()) : Numeric::unpack({bytes, size});
  }
  void set(const Numeric& number, Arena& arena) {
    std::string packed;
    number.append_packed(packed);
    if (packed.size() > room) {
      room = packed.size() * 2;
      bytes = arena.allocate(room);
    }
    std::copy(packed.begin(), packed.end(), bytes);
    size = packed.size();
  }
};
struct ExactSums {
  PackedSum sum;
  PackedSum squares;
};

Result<void> add_exact(AggregateState& state, const Numeric& number) {
  ExactSums& sums = more<ExactSums>(state);
  LK_TRY(const Numeric sum, sums.sum.get());
  LK_TRY(const Numeric squares, sums.squares.get());
  LK_TRY(const Numeric square, number.multiply(number));
  LK_TRY(const Numeric next_sum, sum.add(number));
  LK_TRY(const Numeric next_squares, squares.add(square));
  sums.sum.set(next_sum, *state.arena);
  sums.squares.set(next_squares, *state.arena);
  ++state.count;
  return {};
}
void numeric_step(AggregateState& state, const Call& call) {
  Result<Numeric> number = numeric_of(call[0]);
  Result<void> added =
      number.has_value() ? add_exact(state, *number) : Result<void>(std::move(number).error());
  if (!added.has_value()) (void)call.fail(std::move(added).error());
}
void integer_step(AggregateState& state, const Call& call) {
  Result<void> added = add_exact(state, Numeric::from_int64(call.integer(0)));
  if (!added.has_value()) (void)call.fail(std::move(added).error());
}

enum class Of : std::uint8_t { Sample, Population };
enum class Spread : std::uint8_t { Variance, Deviation };

template <Of kOf, Spread kSpread>
Result<Numeric> exact_spread(AggregateState& state) {
  const ExactSums& sums = more<ExactSums>(state);
  LK_TRY(const Numeric sum, sums.sum.get());
  LK_TRY(const Numeric squares, sums.squares.get());
  if (!sum.is_finite()) return Numeric::nan();
  const Numeric count = Numeric::from_int64(state.count);
  const Numeric other = Numeric::from_int64(kOf == Of::Sample ? state.count - 1 : state.count);
  LK_TRY(const Numeric many_squares, count.multiply(squares));
  LK_TRY(const Numeric square_of_sum, sum.multiply(sum));
  LK_TRY(const Numeric difference, many_squares.subtract(square_of_sum));
  if (difference <= Numeric()) return Numeric();
  LK_TRY(const Numeric divisor, count.multiply(other));
  LK_TRY(const Numeric variance, difference.divide(divisor));
  if (kSpread == Spread::Variance) return variance;
  LK_TRY(const Numeric root, variance.sqrt());
  return root.round(variance.scale().value_or(0));
}
template <Of kOf, Spread kSpread>
Value spread(AggregateState& state, const Call& call) {
  const std::int64_t least = kOf == Of::Sample ? 2 : 1;
  if (state.count < least) return Value::null();
  Result<Numeric> result = exact_spread<kOf, kSpread>(state);
  if (!result.has_value()) return call.fail(std::move(result).error());
  return value_of_numeric(*result, call.arena());
}

// Regression: sums of two numbers by the algorithm of Youngs and Cramer, as PostgreSQL.

struct PairSums {
  double count = 0;
  double x = 0;
  double xx = 0;
  double y = 0;
  double yy = 0;
  double xy = 0;
};

/// The first argument is Y, the second X.
void pair_step(AggregateState& state, const Call& call) {
  PairSums& sums = more<PairSums>(state);
  const double y = call.number(0);
  const double x = call.number(1);
  sums.count += 1;
  sums.x += x;
  sums.y += y;
  if (sums.count > 1) {
    const double from_x = x * sums.count - sums.x;
    const double from_y = y * sums.count - sums.y;
    const double scale = 1.0 / (sums.count * (sums.count - 1));
    sums.xx += from_x * from_x * scale;
    sums.yy += from_y * from_y * scale;
    sums.xy += from_x * from_y * scale;
  } else {
    // Of one number that is none, nothing is known.
    if (!std::isfinite(x)) sums.xx = sums.xy = std::nan("");
    if (!std::isfinite(y)) sums.yy = sums.xy = std::nan("");
  }
}

Value pair_count(AggregateState& state, const Call&) {
  return Value::of_integer(
      state.more == nullptr ? 0 : static_cast<std::int64_t>(more<PairSums>(state).count));
}

/// A result that needs at least `kLeast` pairs.
template <double (*kResult)(const PairSums&), int kLeast>
Value of_pairs(AggregateState& state, const Call&) {
  if (state.more == nullptr || more<PairSums>(state).count < kLeast) return Value::null();
  return Value::of_number(kResult(more<PairSums>(state)));
}
double sum_xx(const PairSums& sums) { return sums.xx; }
double sum_yy(const PairSums& sums) { return sums.yy; }
double sum_xy(const PairSums& sums) { return sums.xy; }
double mean_x(const PairSums& sums) { return sums.x / sums.count; }
double mean_y(const PairSums& sums) { return sums.y / sums.count; }
double covariance_of_all(const PairSums& sums) { return sums.xy / sums.count; }
double covariance_of_sample(const PairSums& sums) { return sums.xy / (sums.count - 1); }

Value correlation(AggregateState& state, const Call&) {
  if (state.more == nullptr) return Value::null();
  const PairSums& sums = more<PairSums>(state);
  if (sums.xx == 0 || sums.yy == 0) return Value::null();
  return Value::of_number(sums.xy / std::sqrt(sums.xx * sums.yy));
}
Value determination(AggregateState& state, const Call&) {
  if (state.more == nullptr) return Value::null();
  const PairSums& sums = more<PairSums>(state);
  if (sums.xx == 0) return Value::null();
  if (sums.yy == 0) return Value::of_number(1);
  return Value::of_number((sums.xy * sums.xy) / (sums.xx * sums.yy));
}
Value slope(AggregateState& state, const Call&) {
  if (state.more == nullptr || more<PairSums>(state).xx == 0) return Value::null();
  const PairSums& sums = more<PairSums>(state);
  return Value::of_number(sums.xy / sums.xx);
}
Value intercept(AggregateState& state, const Call&) {
  if (state.more == nullptr || more<PairSums>(state).xx == 0) return Value::null();
  const PairSums& sums = more<PairSums>(state);
  return Value::of_number((sums.y - sums.x * sums.xy / sums.xx) / sums.count);
}

std::vector<AggregateFunction> make_rows() {
  constexpr Oid kFloat8 = oid::kFloat8;
  const Signature pair = takes(kFloat8, kFloat8).gives(kFloat8);
  std::vector<AggregateFunction> rows = {
      {"corr", pair, false, &pair_step, &correlation},
      {"covar_pop", pair, false, &pair_step, &of_pairs<covariance_of_all, 1>},
      {"covar_samp", pair, false, &pair_step, &of_pairs<covariance_of_sample, 2>},
      {"regr_avgx", pair, false, &pair_step, &of_pairs<mean_x, 1>},
      {"regr_avgy", pair, false, &pair_step, &of_pairs<mean_y, 1>},
      {"regr_count", takes(kFloat8, kFloat8).gives(oid::kInt8), false, &pair_step, &pair_count},
      {"regr_intercept", pair, false, &pair_step, &intercept},
      {"regr_r2", pair, false, &pair_step, &determination},
      {"regr_slope", pair, false, &pair_step, &slope},
      {"regr_sxx", pair, false, &pair_step, &of_pairs<sum_xx, 1>},
      {"regr_sxy", pair, false, &pair_step, &of_pairs<sum_xy, 1>},
      {"regr_syy", pair, false, &pair_step, &of_pairs<sum_yy, 1>},
  };
  for (const Oid type : {oid::kInt2, oid::kInt4, oid::kInt8, oid::kNumeric}) {
    const Signature one = takes(type).gives(oid::kNumeric);
    const auto step = type == oid::kNumeric ? &numeric_step : &integer_step;
    const auto add = [&](std::string_view name, auto finish) {
      rows.push_back({name, one, false, step, finish});
    };
    add("variance", &spread<Of::Sample, Spread::Variance>);
    add("var_samp", &spread<Of::Sample, Spread::Variance>);
    add("var_pop", &spread<Of::Population, Spread::Variance>);
    add("stddev", &spread<Of::Sample, Spread::Deviation>);
    add("stddev_samp", &spread<Of::Sample, Spread::Deviation>);
    add("stddev_pop", &spread<Of::Population, Spread::Deviation>);
  }
  return rows;
}

}  // namespace

std::span<const AggregateFunction> statistics_aggregates() {
  static const std::vector<AggregateFunction> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
