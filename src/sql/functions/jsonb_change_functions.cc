#include <charconv>

#include "sql/functions/json_arguments.h"
#include "sql/functions/json_functions.h"
#include "sql/functions/numeric_value.h"
#include "sql/types/jsonb_change.h"

namespace latchkey::sql {

namespace {

Value concatenate(const Call& call) {
  return call.take(jsonb_concat(jsonb_argument(call, 0), jsonb_argument(call, 1), call.arena()));
}

/// The array argument at `index`, as a path or as a list of keys; on failure the call has failed.
TextArguments one_dimension(const Call& call, std::size_t index) {
  TextArguments texts = TextArguments::of_array(call, index);
  if (texts.dimension_count() > 1) {
    (void)call.fail(ErrorCode::SubscriptInvalid, "wrong number of array subscripts");
  }
  return texts;
}

Value delete_key(const Call& call) {
  return call.take(jsonb_delete(jsonb_argument(call, 0), call.bytes(1), call.arena()));
}
Value delete_keys(const Call& call) {
  const TextArguments keys = one_dimension(call, 1);
  return call.take(jsonb_delete(jsonb_argument(call, 0), keys.all(), call.arena()));
}
Value delete_each_key(const Call& call) {
  const TextArguments keys = TextArguments::from(call, 1);
  return call.take(jsonb_delete(jsonb_argument(call, 0), keys.all(), call.arena()));
}
Value delete_element(const Call& call) {
  const auto index = static_cast<std::int32_t>(call.integer(1));
  return call.take(jsonb_delete(jsonb_argument(call, 0), index, call.arena()));
}
Value delete_at_path(const Call& call) {
  const TextArguments path = one_dimension(call, 1);
  return call.take(jsonb_delete_path(jsonb_argument(call, 0), path.all(), call.arena()));
}

JsonbMissing missing_of(bool creates) {
  return creates ? JsonbMissing::Create : JsonbMissing::Ignore;
}
Value set(const Call& call) {
  const TextArguments path = one_dimension(call, 1);
  const bool creates = call.values.size() < 4 || call[3].boolean();
  return call.take(jsonb_set(jsonb_argument(call, 0), path.all(), jsonb_argument(call, 2),
                             missing_of(creates), call.arena()));
}
Value set_lax(const Call& call) {
  const std::size_t count = call.values.size();
  if (call[0].is_null || call[1].is_null || (count > 3 && call[3].is_null)) return Value::null();
  const bool creates = count < 4 || call[3].boolean();
  std::optional<Bytes> treatment = "use_json_null";
  if (count > 4) treatment = call[4].is_null ? std::nullopt : std::optional<Bytes>(call.bytes(4));
  const TextArguments path = one_dimension(call, 1);
  std::optional<JsonbReader> replacement;
  if (!call[2].is_null) replacement = jsonb_argument(call, 2);
  return call.take(jsonb_set_lax(jsonb_argument(call, 0), path.all(), replacement,
                                 missing_of(creates), treatment, call.arena()));
}
Value insert(const Call& call) {
  const TextArguments path = one_dimension(call, 1);
  const bool is_after = call.values.size() > 3 && call[3].boolean();
  return call.take(jsonb_insert(jsonb_argument(call, 0), path.all(), jsonb_argument(call, 2),
                                is_after ? JsonbSide::After : JsonbSide::Before, call.arena()));
}
/// Arguments: the value before, the part's new value, whether a value that is null becomes an
/// array, the subscripts as texts.
Value assign(const Call& call) {
  const TextArguments path = TextArguments::from(call, 3);
  for (const std::optional<Bytes>& step : path.all()) {
    if (step.has_value()) continue;
    return call.fail(ErrorCode::NullNotAllowed, "jsonb subscript in assignment must not be null");
  }
  const JsonKind fresh = call[2].boolean() ? JsonKind::Array : JsonKind::Object;
  constexpr Bytes kNothing("\0\0\0\0\1\0", 6);  // no items, one level
  const JsonbReader value =
      call[0].is_null ? JsonbReader(fresh, kNothing) : jsonb_argument(call, 0);
  const JsonbReader part = call[1].is_null ? JsonbReader() : jsonb_argument(call, 1);
  return call.take(jsonb_assign(value, path.all(), part, call.arena()));
}
Value strip_nulls(const Call& call) {
  return call.take(jsonb_strip_nulls(jsonb_argument(call, 0), call.arena()));
}

// Casts.

Value to_bool(const Call& call) {
  const Result<bool> flag = jsonb_boolean(jsonb_argument(call, 0));
  return flag.has_value() ? Value::of_bool(*flag) : call.fail(flag.error());
}

/// The number that the value is, for a cast to `type`.
Result<Numeric> number_for(const Call& call, std::string_view type) {
  LK_TRY(const Bytes text, jsonb_number(jsonb_argument(call, 0), type));
  return Numeric::parse(text);
}
Value to_numeric(const Call& call) {
  const Result<Numeric> number = number_for(call, "numeric");
  return number.has_value() ? value_of_numeric(*number, call.arena()) : call.fail(number.error());
}
template <std::int64_t kLow, std::int64_t kHigh>
Value to_integer(const Call& call, const char* name) {
  // Most are whole and small.
  if (const JsonbReader value = jsonb_argument(call, 0); value.is_number()) {
    const Bytes text = value.text();
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    if (is_whole && whole >= kLow && whole <= kHigh) return Value::of_integer(whole);
  }
  const Result<Numeric> number = number_for(call, name);
  if (!number.has_value()) return call.fail(number.error());
  const Result<std::int64_t> whole = number->to_int64();
  if (!whole.has_value() || *whole < kLow || *whole > kHigh) {
    return call.fail(ErrorCode::NumberOverflow, std::string(name) + " out of range");
  }
  return Value::of_integer(*whole);
}
Value to_int2(const Call& call) { return to_integer<-32768, 32767>(call, "smallint"); }
Value to_int4(const Call& call) { return to_integer<-2147483648LL, 2147483647LL>(call, "integer"); }
Value to_int8(const Call& call) { return to_integer<INT64_MIN, INT64_MAX>(call, "bigint"); }
Value to_float8(const Call& call) {
  const Result<Numeric> number = number_for(call, "double precision");
  if (!number.has_value()) return call.fail(number.error());
  const Result<double> value = number->to_double_checked();
  return value.has_value() ? Value::of_number(*value) : call.fail(value.error());
}
Value to_float4(const Call& call) {
  const Result<Numeric> number = number_for(call, "real");
  if (!number.has_value()) return call.fail(number.error());
  const Result<float> value = number->to_float_checked();
  return value.has_value() ? Value::of_number(static_cast<double>(*value))
                           : call.fail(value.error());
}

constexpr Oid kText = oid::kText;
constexpr Oid kBool = oid::kBool;
constexpr Oid kJsonb = oid::kJsonb;
constexpr Oid kTextArray = oid::kTextArray;

}  // namespace

std::span<const Function> jsonb_change_functions() {
  static const std::vector<Function> kRows = {
      {"||", takes(kJsonb, kJsonb).gives(kJsonb), kOperator, &concatenate,
       "jsonb '{\"a\": 1}' || '{\"b\": 2}'", "{\"a\": 1, \"b\": 2}"},
      {"-", takes(kJsonb, kText).gives(kJsonb), kOperator, &delete_key,
       "jsonb '{\"a\": 1, \"b\": 2}' - 'a'", "{\"b\": 2}"},
      {"-", takes(kJsonb, oid::kInt4).gives(kJsonb), kOperator, &delete_element,
       "jsonb '[1, 2, 3]' - 1", "[1, 3]"},
      {"-", takes(kJsonb, kTextArray).gives(kJsonb), kOperator, &delete_keys,
       "jsonb '{\"a\": 1, \"b\": 2}' - '{a,c}'::text[]", "{\"b\": 2}"},
      {"#-", takes(kJsonb, kTextArray).gives(kJsonb), kOperator, &delete_at_path,
       "jsonb '{\"a\": [1, 2]}' #- '{a,0}'", "{\"a\": [2]}"},
      {"jsonb_concat", takes(kJsonb, kJsonb).gives(kJsonb), 0, &concatenate,
       "jsonb_concat('[1]', '2')", "[1, 2]"},
      {"jsonb_delete", takes(kJsonb, kText).gives(kJsonb), 0, &delete_key,
       "jsonb_delete('{\"a\": 1}', 'a')", "{}"},
      {"jsonb_delete", takes(kJsonb, oid::kInt4).gives(kJsonb), 0, &delete_element,
       "jsonb_delete('[1, 2]', 0)", "[2]"},
      {"jsonb_delete", takes(kJsonb, kText).gives(kJsonb), kVariadic, &delete_each_key,
       "jsonb_delete('{\"a\": 1, \"b\": 2}', 'a', 'b')", "{}"},
      {"jsonb_delete_path", takes(kJsonb, kTextArray).gives(kJsonb), 0, &delete_at_path,
       "jsonb_delete_path('{\"a\": [1]}', '{a,0}')", "{\"a\": []}"},
      {"jsonb_insert", takes(kJsonb, kTextArray, kJsonb).gives(kJsonb), 0, &insert,
       "jsonb_insert('{\"a\": [1]}', '{a,0}', '2')", "{\"a\": [2, 1]}"},
      {"jsonb_insert", takes(kJsonb, kTextArray, kJsonb, kBool).gives(kJsonb), 0, &insert,
       "jsonb_insert('{\"a\": [1]}', '{a,0}', '2', true)", "{\"a\": [1, 2]}"},
      {"jsonb_set", takes(kJsonb, kTextArray, kJsonb).gives(kJsonb), 0, &set,
       "jsonb_set('{\"a\": 1}', '{b}', '2')", "{\"a\": 1, \"b\": 2}"},
      {"jsonb_set", takes(kJsonb, kTextArray, kJsonb, kBool).gives(kJsonb), 0, &set,
       "jsonb_set('{\"a\": 1}', '{b}', '2', false)", "{\"a\": 1}"},
      {"jsonb_set_lax", takes(kJsonb, kTextArray, kJsonb).gives(kJsonb), kTakesNull, &set_lax,
       "jsonb_set_lax('{\"a\": 1}', '{a}', null)", "{\"a\": null}"},
      {"jsonb_set_lax", takes(kJsonb, kTextArray, kJsonb, kBool).gives(kJsonb), kTakesNull,
       &set_lax, "jsonb_set_lax('{\"a\": 1}', '{b}', null, false)", "{\"a\": 1}"},
      {"jsonb_set_lax", takes(kJsonb, kTextArray, kJsonb, kBool, kText).gives(kJsonb), kTakesNull,
       &set_lax, "jsonb_set_lax('{\"a\": 1}', '{a}', null, true, 'delete_key')", "{}"},
      {"jsonb_strip_nulls", takes(kJsonb).gives(kJsonb), 0, &strip_nulls,
       "jsonb_strip_nulls('{\"a\": null, \"b\": [null]}')", "{\"b\": [null]}"},
  };
  return kRows;
}

const Function& jsonb_assignment() {
  static const Function kRow = {"jsonb_assign",
                                takes(kJsonb, kJsonb, kBool, kText).gives(kJsonb),
                                kTakesNull | kVariadic,
                                &assign,
                                {},
                                {}};
  return kRow;
}

std::span<const Cast> json_casts() {
  constexpr auto kExplicit = CastContext::Explicit;
  constexpr auto kAssignment = CastContext::Assignment;
  constexpr auto kFunction = CastMethod::Function;
  static const std::vector<Cast> kRows = {
      {kJsonb, kBool, kExplicit, kFunction, &to_bool},
      {kJsonb, oid::kNumeric, kExplicit, kFunction, &to_numeric},
      {kJsonb, oid::kInt2, kExplicit, kFunction, &to_int2},
      {kJsonb, oid::kInt4, kExplicit, kFunction, &to_int4},
      {kJsonb, oid::kInt8, kExplicit, kFunction, &to_int8},
      {kJsonb, oid::kFloat4, kExplicit, kFunction, &to_float4},
      {kJsonb, oid::kFloat8, kExplicit, kFunction, &to_float8},
      {oid::kJson, kJsonb, kAssignment, CastMethod::ByText, nullptr},
      {kJsonb, oid::kJson, kAssignment, CastMethod::ByText, nullptr},
  };
  return kRows;
}

}  // namespace latchkey::sql
