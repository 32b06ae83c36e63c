#include <cmath>

#include "sql/functions/numeric_value.h"

namespace latchkey::sql {

namespace {

Value give(const Call& call, Result<Numeric> result) {
  if (!result.has_value()) return call.fail(std::move(result).error());
  return value_of_numeric(*result, call.arena());
}

/// Argument `index` as a Numeric; on damage the call has failed.
Numeric argument(const Call& call, std::size_t index) {
  Result<Numeric> number = numeric_of(call[index]);
  if (number.has_value()) return std::move(*number);
  (void)call.fail(std::move(number).error());
  return {};
}

template <Result<Numeric> (Numeric::*kMethod)(const Numeric&) const>
Value binary(const Call& call) {
  return give(call, (argument(call, 0).*kMethod)(argument(call, 1)));
}
template <Result<Numeric> (Numeric::*kMethod)() const>
Value unary(const Call& call) {
  return give(call, (argument(call, 0).*kMethod)());
}
template <Numeric (Numeric::*kMethod)() const>
Value plain_unary(const Call& call) {
  return give(call, (argument(call, 0).*kMethod)());
}
Value same(const Call& call) { return call[0]; }
Value round_to(const Call& call) {
  return give(call, argument(call, 0).round(static_cast<int>(call.integer(1))));
}
Value round_whole(const Call& call) { return give(call, argument(call, 0).round(0)); }
Value trunc_to(const Call& call) {
  return give(call, argument(call, 0).trunc(static_cast<int>(call.integer(1))));
}
Value trunc_whole(const Call& call) { return give(call, argument(call, 0).trunc(0)); }
Value log_decimal(const Call& call) {
  return give(call, argument(call, 0).log(Numeric::from_int64(10)));
}
Value log_of(const Call& call) { return give(call, argument(call, 1).log(argument(call, 0))); }
Value gcd(const Call& call) { return give(call, argument(call, 0).gcd(argument(call, 1))); }
Value factorial(const Call& call) { return give(call, Numeric::factorial(call.integer(0))); }
Value scale(const Call& call) {
  const std::optional<int> found = argument(call, 0).scale();
  return found ? Value::of_integer(*found) : Value::null();
}
Value min_scale(const Call& call) {
  const std::optional<int> found = argument(call, 0).min_scale();
  return found ? Value::of_integer(*found) : Value::null();
}
Value width_bucket(const Call& call) {
  const Result<std::int32_t> bucket = argument(call, 0).width_bucket(
      {argument(call, 1), argument(call, 2), static_cast<std::int32_t>(call.integer(3))});
  return bucket.has_value() ? Value::of_integer(*bucket) : call.fail(bucket.error());
}

// Casts.

Value of_integer(const Call& call) {
  return value_of_numeric(Numeric::from_int64(call.integer(0)), call.arena());
}
Value of_double(const Call& call) {
  return value_of_numeric(Numeric::from_double(call.number(0)), call.arena());
}
Value of_single(const Call& call) {
  return value_of_numeric(Numeric::from_float(static_cast<float>(call.number(0))), call.arena());
}
template <std::int64_t kLow, std::int64_t kHigh>
Value to_integer(const Call& call, const char* name) {
  const Numeric number = argument(call, 0);
  if (!number.is_finite()) {
    return call.fail(
        ErrorCode::NotSupported,
        std::string("cannot convert ") + (number.is_nan() ? "NaN" : "infinity") + " to " + name);
  }
  const Result<std::int64_t> value = number.to_int64();
  if (!value.has_value() || *value < kLow || *value > kHigh) {
    return call.fail(ErrorCode::NumberOverflow, std::string(name) + " out of range");
  }
  return Value::of_integer(*value);
}
Value to_int2(const Call& call) { return to_integer<-32768, 32767>(call, "smallint"); }
Value to_int4(const Call& call) { return to_integer<-2147483648LL, 2147483647LL>(call, "integer"); }
Value to_int8(const Call& call) { return to_integer<INT64_MIN, INT64_MAX>(call, "bigint"); }
Value to_double(const Call& call) {
  const Result<double> value = argument(call, 0).to_double_checked();
  return value.has_value() ? Value::of_number(*value) : call.fail(value.error());
}
Value to_single(const Call& call) {
  const Result<float> value = argument(call, 0).to_float_checked();
  return value.has_value() ? Value::of_number(static_cast<double>(*value))
                           : call.fail(value.error());
}

}  // namespace

std::span<const Function> numeric_functions() {
  constexpr Oid kNumeric = oid::kNumeric;
  constexpr Oid kInt4 = oid::kInt4;
  static const Signature kOne = takes(kNumeric).gives(kNumeric);
  static const Signature kTwo = takes(kNumeric, kNumeric).gives(kNumeric);
  static const std::vector<Function> kRows = {
      {"+", kTwo, kOperator, &binary<&Numeric::add>, "1.5 + 2.25", "3.75"},
      {"-", kTwo, kOperator, &binary<&Numeric::subtract>, "1.5 - 2.25", "-0.75"},
      {"*", kTwo, kOperator, &binary<&Numeric::multiply>, "1.5 * 2.0", "3.00"},
      {"/", kTwo, kOperator, &binary<&Numeric::divide>, "1.0 / 3", "0.33333333333333333333"},
      {"%", kTwo, kOperator, &binary<&Numeric::modulo>, "7.5 % 2", "1.5"},
      {"^", kTwo, kOperator, &binary<&Numeric::power>, "2.0 ^ 3.0", "8.0000000000000000"},
      {"-", kOne, kOperator, &plain_unary<&Numeric::negate>, "- 1.50", "-1.50"},
      {"+", kOne, kOperator, &same, "+ 1.50", "1.50"},
      {"@", kOne, kOperator, &plain_unary<&Numeric::abs>, "@ -1.50", "1.50"},
      {"abs", kOne, 0, &plain_unary<&Numeric::abs>, "abs(-1.50)", "1.50"},
      {"ceil", kOne, 0, &unary<&Numeric::ceil>, "ceil(1.2)", "2"},
      {"ceiling", kOne, 0, &unary<&Numeric::ceil>, "ceiling(-1.2)", "-1"},
      {"div", kTwo, 0, &binary<&Numeric::quotient>, "div(9, 4)", "2"},
      {"exp", kOne, 0, &unary<&Numeric::exp>, "exp(1.0)", "2.7182818284590452"},
      {"factorial", takes(oid::kInt8).gives(kNumeric), 0, &factorial, "factorial(5)", "120"},
      {"floor", kOne, 0, &unary<&Numeric::floor>, "floor(-1.2)", "-2"},
      {"gcd", kTwo, 0, &gcd, "gcd(12.5, 2.5)", "2.5"},
      {"lcm", kTwo, 0, &binary<&Numeric::lcm>, "lcm(2.5, 2)", "10.0"},
      {"ln", kOne, 0, &unary<&Numeric::ln>, "ln(2.0)", "0.6931471805599453"},
      {"log", kOne, 0, &log_decimal, "log(100.0)", "2.0000000000000000"},
      {"log", kTwo, 0, &log_of, "log(2.0, 64.0)", "6.0000000000000000"},
      {"log10", kOne, 0, &log_decimal, "log10(100.0)", "2.0000000000000000"},
      {"min_scale", takes(kNumeric).gives(kInt4), 0, &min_scale, "min_scale(1.50)", "1"},
      {"mod", kTwo, 0, &binary<&Numeric::modulo>, "mod(7.5, 2)", "1.5"},
      {"pow", kTwo, 0, &binary<&Numeric::power>, "pow(2.0, 3.0)", "8.0000000000000000"},
      {"power", kTwo, 0, &binary<&Numeric::power>, "power(2.0, 3.0)", "8.0000000000000000"},
      {"round", kOne, 0, &round_whole, "round(2.5)", "3"},
      {"round", takes(kNumeric, kInt4).gives(kNumeric), 0, &round_to, "round(2.345, 2)", "2.35"},
      {"scale", takes(kNumeric).gives(kInt4), 0, &scale, "scale(1.50)", "2"},
      {"sign", kOne, 0, &plain_unary<&Numeric::sign>, "sign(-2.5)", "-1"},
      {"sqrt", kOne, 0, &unary<&Numeric::sqrt>, "sqrt(2.0)", "1.414213562373095"},
      {"trim_scale", kOne, 0, &plain_unary<&Numeric::trim_scale>, "trim_scale(1.500)", "1.5"},
      {"trunc", kOne, 0, &trunc_whole, "trunc(2.9)", "2"},
      {"trunc", takes(kNumeric, kInt4).gives(kNumeric), 0, &trunc_to, "trunc(2.349, 2)", "2.34"},
      {"width_bucket", takes(kNumeric, kNumeric, kNumeric, kInt4).gives(kInt4), 0, &width_bucket,
       "width_bucket(5.35, 0.024, 10.06, 5)", "3"},
  };
  return kRows;
}

std::span<const Cast> numeric_casts() {
  constexpr auto kFunction = CastMethod::Function;
  constexpr auto kImplicit = CastContext::Implicit;
  constexpr auto kAssignment = CastContext::Assignment;
  static const std::vector<Cast> kRows = {
      {oid::kInt2, oid::kNumeric, kImplicit, kFunction, &of_integer},
      {oid::kInt4, oid::kNumeric, kImplicit, kFunction, &of_integer},
      {oid::kInt8, oid::kNumeric, kImplicit, kFunction, &of_integer},
      {oid::kFloat4, oid::kNumeric, kAssignment, kFunction, &of_single},
      {oid::kFloat8, oid::kNumeric, kAssignment, kFunction, &of_double},
      {oid::kNumeric, oid::kInt2, kAssignment, kFunction, &to_int2},
      {oid::kNumeric, oid::kInt4, kAssignment, kFunction, &to_int4},
      {oid::kNumeric, oid::kInt8, kAssignment, kFunction, &to_int8},
      {oid::kNumeric, oid::kFloat4, kImplicit, kFunction, &to_single},
      {oid::kNumeric, oid::kFloat8, kImplicit, kFunction, &to_double},
  };
  return kRows;
}

}  // namespace latchkey::sql
