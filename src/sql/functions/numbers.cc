#include <cmath>
#include <limits>
#include <numeric>

#include "sql/functions/function.h"

namespace latchkey::sql {

namespace {

// Integers of all sizes are kept as int64; `Type` says which range a result must keep to.

template <Oid kType>
constexpr bool fits(std::int64_t value) {
  if (kType == oid::kInt2) return value >= -32768 && value <= 32767;
  if (kType == oid::kInt4) {
    return value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
  }
  return true;
}

template <Oid kType>
Value overflow(const Call& call) {
  return call.fail(ErrorCode::NumberOverflow, kType == oid::kInt2   ? "smallint out of range"
                                              : kType == oid::kInt4 ? "integer out of range"
                                                                    : "bigint out of range");
}

template <Oid kType>
Value checked(const Call& call, bool overflowed, std::int64_t value) {
  return overflowed || !fits<kType>(value) ? overflow<kType>(call) : Value::of_integer(value);
}

Value division_by_zero(const Call& call) {
  return call.fail(ErrorCode::DivisionByZero, "division by zero");
}

template <Oid kType>
Value add(const Call& call) {
  std::int64_t result = 0;
  const bool overflowed = __builtin_add_overflow(call.integer(0), call.integer(1), &result);
  return checked<kType>(call, overflowed, result);
}
template <Oid kType>
Value subtract(const Call& call) {
  std::int64_t result = 0;
  const bool overflowed = __builtin_sub_overflow(call.integer(0), call.integer(1), &result);
  return checked<kType>(call, overflowed, result);
}
template <Oid kType>
Value multiply(const Call& call) {
  std::int64_t result = 0;
  const bool overflowed = __builtin_mul_overflow(call.integer(0), call.integer(1), &result);
  return checked<kType>(call, overflowed, result);
}
template <Oid kType>
Value divide(const Call& call) {
  if (call.integer(1) == 0) return division_by_zero(call);
  const bool overflowed =
      call.integer(1) == -1 && call.integer(0) == std::numeric_limits<std::int64_t>::min();
  return overflowed ? overflow<kType>(call)
                    : checked<kType>(call, false, call.integer(0) / call.integer(1));
}
Value remainder(const Call& call) {
  if (call.integer(1) == 0) return division_by_zero(call);
  return Value::of_integer(call.integer(1) == -1 ? 0 : call.integer(0) % call.integer(1));
}
template <Oid kType>
Value negate(const Call& call) {
  std::int64_t result = 0;
  const bool overflowed = __builtin_sub_overflow(std::int64_t{0}, call.integer(0), &result);
  return checked<kType>(call, overflowed, result);
}
template <Oid kType>
Value absolute(const Call& call) {
  return call.integer(0) < 0 ? negate<kType>(call) : call[0];
}
Value same(const Call& call) { return call[0]; }
Value bit_and(const Call& call) { return Value::of_integer(call.integer(0) & call.integer(1)); }
Value bit_or(const Call& call) { return Value::of_integer(call.integer(0) | call.integer(1)); }
Value bit_xor(const Call& call) { return Value::of_integer(call.integer(0) ^ call.integer(1)); }
Value bit_not(const Call& call) { return Value::of_integer(~call.integer(0)); }
template <Oid kType>
Value shift_left(const Call& call) {
  constexpr int kBits = kType == oid::kInt2 ? 16 : kType == oid::kInt4 ? 32 : 64;
  const auto count = static_cast<unsigned>(call.integer(1)) % kBits;
  const auto shifted = static_cast<std::uint64_t>(call.integer(0)) << count;
  if (kBits == 16) return Value::of_integer(static_cast<std::int16_t>(shifted));
  if (kBits == 32) return Value::of_integer(static_cast<std::int32_t>(shifted));
  return Value::of_integer(static_cast<std::int64_t>(shifted));
}
template <Oid kType>
Value shift_right(const Call& call) {
  constexpr int kBits = kType == oid::kInt2 ? 16 : kType == oid::kInt4 ? 32 : 64;
  return Value::of_integer(call.integer(0) >> (static_cast<unsigned>(call.integer(1)) % kBits));
}
template <Oid kType>
Value greatest_divisor(const Call& call) {
  const auto magnitude = [](std::int64_t value) {
    return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                     : static_cast<std::uint64_t>(value);
  };
  const std::uint64_t divisor = std::gcd(magnitude(call.integer(0)), magnitude(call.integer(1)));
  const bool overflowed =
      divisor > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return checked<kType>(call, overflowed, static_cast<std::int64_t>(divisor));
}
template <Oid kType>
Value least_multiple(const Call& call) {
  if (call.integer(0) == 0 || call.integer(1) == 0) return Value::of_integer(0);
  const Value divisor = greatest_divisor<kType>(call);
  if (divisor.is_null) return divisor;
  std::int64_t result = 0;
  const bool overflowed =
      __builtin_mul_overflow(call.integer(0) / divisor.integer, call.integer(1), &result);
  if (overflowed || result == std::numeric_limits<std::int64_t>::min())
    return overflow<kType>(call);
  return checked<kType>(call, false, result < 0 ? -result : result);
}

// Floating numbers. A result of infinity from finite arguments is an overflow, as in PostgreSQL.

Value float_overflow(const Call& call) {
  return call.fail(ErrorCode::NumberOverflow, "value out of range: overflow");
}
Value float_underflow(const Call& call) {
  return call.fail(ErrorCode::NumberOverflow, "value out of range: underflow");
}
template <bool kSingle>
Value settled(const Call& call, double result, bool may_be_infinite, bool may_be_zero) {
  if (kSingle) result = static_cast<double>(static_cast<float>(result));
  if (std::isinf(result) && !may_be_infinite) return float_overflow(call);
  if (result == 0 && !may_be_zero) return float_underflow(call);
  return Value::of_number(result);
}
template <bool kSingle>
Value float_add(const Call& call) {
  const bool infinite = std::isinf(call.number(0)) || std::isinf(call.number(1));
  return settled<kSingle>(call, call.number(0) + call.number(1), infinite, true);
}
template <bool kSingle>
Value float_subtract(const Call& call) {
  const bool infinite = std::isinf(call.number(0)) || std::isinf(call.number(1));
  return settled<kSingle>(call, call.number(0) - call.number(1), infinite, true);
}
template <bool kSingle>
Value float_multiply(const Call& call) {
  const bool infinite = std::isinf(call.number(0)) || std::isinf(call.number(1));
  return settled<kSingle>(call, call.number(0) * call.number(1), infinite,
                          call.number(0) == 0 || call.number(1) == 0);
}
template <bool kSingle>
Value float_divide(const Call& call) {
  if (call.number(1) == 0 && !std::isnan(call.number(0))) return division_by_zero(call);
  return settled<kSingle>(call, call.number(0) / call.number(1), std::isinf(call.number(0)),
                          call.number(0) == 0 || std::isinf(call.number(1)));
}
Value float_negate(const Call& call) { return Value::of_number(-call.number(0)); }
Value float_absolute(const Call& call) { return Value::of_number(std::fabs(call.number(0))); }

template <double (*kFunction)(double)>
Value apply(const Call& call) {
  return Value::of_number(kFunction(call.number(0)));
}
Value square_root(const Call& call) {
  if (call.number(0) < 0) {
    return call.fail(ErrorCode::PowerInvalid, "cannot take square root of a negative number");
  }
  return Value::of_number(std::sqrt(call.number(0)));
}
Value logarithm(const Call& call, double (*function)(double)) {
  if (call.number(0) == 0) {
    return call.fail(ErrorCode::LogarithmInvalid, "cannot take logarithm of zero");
  }
  if (call.number(0) < 0) {
    return call.fail(ErrorCode::LogarithmInvalid, "cannot take logarithm of a negative number");
  }
  return Value::of_number(function(call.number(0)));
}
Value natural_logarithm(const Call& call) { return logarithm(call, &std::log); }
Value decimal_logarithm(const Call& call) { return logarithm(call, &std::log10); }
Value exponential(const Call& call) {
  const double result = std::exp(call.number(0));
  return settled<false>(call, result, std::isinf(call.number(0)), std::isinf(call.number(0)));
}
Value power(const Call& call) {
  const double base = call.number(0);
  const double exponent = call.number(1);
  if (base == 0 && exponent < 0) {
    return call.fail(ErrorCode::PowerInvalid, "zero raised to a negative power is undefined");
  }
  if (base < 0 && std::isfinite(exponent) && std::floor(exponent) != exponent) {
    return call.fail(ErrorCode::PowerInvalid,
                     "a negative number raised to a non-integer power yields a complex result");
  }
  const bool finite = std::isfinite(base) && std::isfinite(exponent);
  return settled<false>(call, std::pow(base, exponent), !finite, !finite || base == 0);
}
Value float_sign(const Call& call) {
  const double value = call.number(0);
  return Value::of_number(value > 0 ? 1 : value < 0 ? -1 : 0);
}
Value pi(const Call&) { return Value::of_number(3.141592653589793); }
Value degrees(const Call& call) {
  return Value::of_number(call.number(0) * (180 / 3.141592653589793));
}
Value radians(const Call& call) {
  return Value::of_number(call.number(0) * (3.141592653589793 / 180));
}
Value arc_tangent_2(const Call& call) {
  return Value::of_number(std::atan2(call.number(0), call.number(1)));
}

// Casts.

template <Oid kType>
Value narrow(const Call& call) {
  return checked<kType>(call, false, call.integer(0));
}
template <Oid kType>
Value integer_of_float(const Call& call) {
  const double rounded = std::nearbyint(call.number(0));
  // 2^63 itself is a double and does not fit.
  if (std::isnan(rounded) || rounded < -9223372036854775808.0 || rounded >= 9223372036854775808.0) {
    return overflow<kType>(call);
  }
  return checked<kType>(call, false, static_cast<std::int64_t>(rounded));
}
Value double_of_integer(const Call& call) {
  return Value::of_number(static_cast<double>(call.integer(0)));
}
Value single_of_integer(const Call& call) {
  return Value::of_number(static_cast<double>(static_cast<float>(call.integer(0))));
}
Value single_of_double(const Call& call) {
  return settled<true>(call, call.number(0), std::isinf(call.number(0)), call.number(0) == 0);
}
Value bool_of_integer(const Call& call) { return Value::of_bool(call.integer(0) != 0); }

template <Oid kType>
void add_integer_rows(std::vector<Function>& rows) {
  const Signature both = takes(kType, kType).gives(kType);
  const Signature one = takes(kType).gives(kType);
  const Signature shift = takes(kType, oid::kInt4).gives(kType);
  rows.insert(rows.end(), {
                              {"+", both, kOperator, &add<kType>, "2 + 3", "5"},
                              {"-", both, kOperator, &subtract<kType>, "2 - 3", "-1"},
                              {"*", both, kOperator, &multiply<kType>, "2 * 3", "6"},
                              {"/", both, kOperator, &divide<kType>, "7 / 2", "3"},
                              {"%", both, kOperator, &remainder, "-7 % 2", "-1"},
                              {"mod", both, 0, &remainder, "mod(7, 2)", "1"},
                              {"-", one, kOperator, &negate<kType>, "- 3", "-3"},
                              {"+", one, kOperator, &same, "+ 3", "3"},
                              {"abs", one, 0, &absolute<kType>, "abs(-3)", "3"},
                              {"@", one, kOperator, &absolute<kType>, "@ -3", "3"},
                              {"&", both, kOperator, &bit_and, "6 & 3", "2"},
                              {"|", both, kOperator, &bit_or, "6 | 3", "7"},
                              {"#", both, kOperator, &bit_xor, "6 # 3", "5"},
                              {"~", one, kOperator, &bit_not, "~ 1", "-2"},
                              {"<<", shift, kOperator, &shift_left<kType>, "1 << 4", "16"},
                              {">>", shift, kOperator, &shift_right<kType>, "16 >> 4", "1"},
                          });
  if (kType == oid::kInt2) return;
  rows.insert(rows.end(), {
                              {"gcd", both, 0, &greatest_divisor<kType>, "gcd(12, 18)", "6"},
                              {"lcm", both, 0, &least_multiple<kType>, "lcm(4, 6)", "12"},
                          });
}

template <bool kSingle>
void add_float_rows(std::vector<Function>& rows) {
  constexpr Oid kType = kSingle ? oid::kFloat4 : oid::kFloat8;
  const Signature both = takes(kType, kType).gives(kType);
  const Signature one = takes(kType).gives(kType);
  rows.insert(rows.end(),
              {
                  {"+", both, kOperator, &float_add<kSingle>, "1.5::float8 + 2", "3.5"},
                  {"-", both, kOperator, &float_subtract<kSingle>, "1.5::float8 - 2", "-0.5"},
                  {"*", both, kOperator, &float_multiply<kSingle>, "1.5::float8 * 2", "3"},
                  {"/", both, kOperator, &float_divide<kSingle>, "1::float8 / 2", "0.5"},
                  {"-", one, kOperator, &float_negate, "- 1.5::float8", "-1.5"},
                  {"+", one, kOperator, &same, "+ 1.5::float8", "1.5"},
                  {"abs", one, 0, &float_absolute, "abs(-1.5::float8)", "1.5"},
                  {"@", one, kOperator, &float_absolute, "@ -1.5::float8", "1.5"},
              });
}

std::vector<Function> make_rows() {
  std::vector<Function> rows;
  add_integer_rows<oid::kInt2>(rows);
  add_integer_rows<oid::kInt4>(rows);
  add_integer_rows<oid::kInt8>(rows);
  add_float_rows<true>(rows);
  add_float_rows<false>(rows);
  const Signature one = takes(oid::kFloat8).gives(oid::kFloat8);
  const Signature two = takes(oid::kFloat8, oid::kFloat8).gives(oid::kFloat8);
  rows.insert(rows.end(),
              {
                  {"^", two, kOperator, &power, "2::float8 ^ 10", "1024"},
                  {"|/", one, kOperator, &square_root, "|/ 25::float8", "5"},
                  {"||/", one, kOperator, &apply<std::cbrt>, "||/ 8::float8", "2"},
                  {"atan", one, 0, &apply<std::atan>, "atan(0)", "0"},
                  {"atan2", two, 0, &arc_tangent_2, "atan2(0, 1)", "0"},
                  {"cbrt", one, 0, &apply<std::cbrt>, "cbrt(8)", "2"},
                  {"ceil", one, 0, &apply<std::ceil>, "ceil(1.2::float8)", "2"},
                  {"ceiling", one, 0, &apply<std::ceil>, "ceiling(1.2::float8)", "2"},
                  {"degrees", one, 0, &degrees, "degrees(pi())", "180"},
                  {"exp", one, 0, &exponential, "exp(0::float8)", "1"},
                  {"floor", one, 0, &apply<std::floor>, "floor(-1.2::float8)", "-2"},
                  {"ln", one, 0, &natural_logarithm, "ln(1::float8)", "0"},
                  {"log", one, 0, &decimal_logarithm, "log(1000::float8)", "3"},
                  {"log10", one, 0, &decimal_logarithm, "log10(1000::float8)", "3"},
                  {"pi", takes().gives(oid::kFloat8), 0, &pi, "pi()", "3.141592653589793"},
                  {"pow", two, 0, &power, "pow(2::float8, 3)", "8"},
                  {"power", two, 0, &power, "power(2::float8, 3)", "8"},
                  {"radians", one, 0, &radians, "radians(180)", "3.141592653589793"},
                  {"round", one, 0, &apply<std::nearbyint>, "round(2.5::float8)", "2"},
                  {"sign", one, 0, &float_sign, "sign(-2::float8)", "-1"},
                  {"sqrt", one, 0, &square_root, "sqrt(2::float8)", "1.4142135623730951"},
                  {"trunc", one, 0, &apply<std::trunc>, "trunc(-1.7::float8)", "-1"},
              });
  return rows;
}

constexpr auto E = CastContext::Explicit;
constexpr auto A = CastContext::Assignment;
constexpr auto Im = CastContext::Implicit;

}  // namespace

std::span<const Function> number_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

std::span<const Cast> number_casts() {
  static const std::vector<Cast> kRows = {
      {oid::kInt2, oid::kInt4, Im, CastMethod::Relabel, nullptr},
      {oid::kInt2, oid::kInt8, Im, CastMethod::Relabel, nullptr},
      {oid::kInt4, oid::kInt8, Im, CastMethod::Relabel, nullptr},
      {oid::kInt4, oid::kInt2, A, CastMethod::Function, &narrow<oid::kInt2>},
      {oid::kInt8, oid::kInt2, A, CastMethod::Function, &narrow<oid::kInt2>},
      {oid::kInt8, oid::kInt4, A, CastMethod::Function, &narrow<oid::kInt4>},
      {oid::kInt2, oid::kFloat4, Im, CastMethod::Function, &single_of_integer},
      {oid::kInt4, oid::kFloat4, Im, CastMethod::Function, &single_of_integer},
      {oid::kInt8, oid::kFloat4, Im, CastMethod::Function, &single_of_integer},
      {oid::kInt2, oid::kFloat8, Im, CastMethod::Function, &double_of_integer},
      {oid::kInt4, oid::kFloat8, Im, CastMethod::Function, &double_of_integer},
      {oid::kInt8, oid::kFloat8, Im, CastMethod::Function, &double_of_integer},
      {oid::kFloat4, oid::kFloat8, Im, CastMethod::Relabel, nullptr},
      {oid::kFloat8, oid::kFloat4, A, CastMethod::Function, &single_of_double},
      {oid::kFloat4, oid::kInt2, A, CastMethod::Function, &integer_of_float<oid::kInt2>},
      {oid::kFloat4, oid::kInt4, A, CastMethod::Function, &integer_of_float<oid::kInt4>},
      {oid::kFloat4, oid::kInt8, A, CastMethod::Function, &integer_of_float<oid::kInt8>},
      {oid::kFloat8, oid::kInt2, A, CastMethod::Function, &integer_of_float<oid::kInt2>},
      {oid::kFloat8, oid::kInt4, A, CastMethod::Function, &integer_of_float<oid::kInt4>},
      {oid::kFloat8, oid::kInt8, A, CastMethod::Function, &integer_of_float<oid::kInt8>},
      {oid::kInt4, oid::kBool, E, CastMethod::Function, &bool_of_integer},
      {oid::kBool, oid::kInt4, E, CastMethod::Relabel, nullptr},
      {oid::kInt2, oid::kOid, Im, CastMethod::Relabel, nullptr},
      {oid::kInt4, oid::kOid, Im, CastMethod::Relabel, nullptr},
      {oid::kInt8, oid::kOid, Im, CastMethod::Relabel, nullptr},
      {oid::kOid, oid::kInt4, A, CastMethod::Relabel, nullptr},
      {oid::kOid, oid::kInt8, A, CastMethod::Relabel, nullptr},
  };
  return kRows;
}

}  // namespace latchkey::sql
