#include "sql/exec/context.h"
#include "sql/functions/function.h"

namespace latchkey::sql {

namespace {

SequenceServices& sequences(const Call& call) {
  return call.evaluation.context->services.sequences();
}

Oid oid_at(const Call& call, std::size_t index) {
  return Oid{static_cast<std::uint32_t>(call.integer(index))};
}

Value number(const Call& call, Result<std::int64_t> result) {
  return result.has_value() ? Value::of_integer(*result) : call.fail(std::move(result).error());
}

Value next(const Call& call) { return number(call, sequences(call).next(oid_at(call, 0))); }

Value current(const Call& call) { return number(call, sequences(call).current(oid_at(call, 0))); }

Value last(const Call& call) { return number(call, sequences(call).last()); }

Value set(const Call& call) {
  const bool is_called = call.values.size() < 3 || call[2].boolean();
  Result<void> done = sequences(call).set(oid_at(call, 0), call.integer(1), is_called);
  return done.has_value() ? call[1] : call.fail(std::move(done).error());
}

/// The columns of SELECT * FROM a sequence, by their place.
Value state(const Call& call) {
  const Result<SequenceServices::State> found = sequences(call).state(oid_at(call, 0));
  if (!found.has_value()) return call.fail(found.error());
  switch (call.integer(1)) {
    case 0:
      return Value::of_integer(found->last);
    case 1:
      return Value::of_integer(found->left);
    default:
      return Value::of_integer(found->is_called ? 1 : 0);
  }
}

/// pg_sequence_last_value: null as long as nothing was taken.
Value last_value(const Call& call) {
  const Result<SequenceServices::State> found = sequences(call).state(oid_at(call, 0));
  if (!found.has_value()) return call.fail(found.error());
  return found->is_called ? Value::of_integer(found->last) : Value::null();
}

Value serial_sequence(const Call& call) {
  const auto found = sequences(call).owned(call.bytes(0), call.bytes(1));
  if (!found.has_value()) return call.fail(found.error());
  return found->has_value() ? call.text(**found) : Value::null();
}

}  // namespace

std::span<const Function> sequence_functions() {
  constexpr Oid kText = oid::kText;
  constexpr Oid kClass = oid::kRegclass;
  constexpr Oid kLong = oid::kInt8;
  static const std::vector<Function> kRows = {
      {"currval", takes(kClass).gives(kLong), kVolatile, &current, {}, {}},
      {"lastval", takes().gives(kLong), kVolatile, &last, {}, {}},
      {"latchkey_sequence_state",
       takes(oid::kOid, oid::kInt4).gives(kLong),
       kVolatile,
       &state,
       {},
       {}},
      {"nextval", takes(kClass).gives(kLong), kVolatile, &next, {}, {}},
      {"pg_get_serial_sequence",
       takes(kText, kText).gives(kText),
       kStable,
       &serial_sequence,
       {},
       {}},
      {"pg_sequence_last_value", takes(kClass).gives(kLong), kVolatile, &last_value, {}, {}},
      {"setval", takes(kClass, kLong).gives(kLong), kVolatile, &set, {}, {}},
      {"setval", takes(kClass, kLong, oid::kBool).gives(kLong), kVolatile, &set, {}, {}},
  };
  return kRows;
}

}  // namespace latchkey::sql
