#include "base/assert.h"
#include "sql/bind/binder.h"

namespace latchkey::sql::bind {

using parse::Node;

namespace {

/// The function that gives it, for those that are functions as well.
std::string_view function_of(parse::ValueFunction function) {
  using parse::ValueFunction;
  switch (function) {
    case ValueFunction::SessionUser:
      return "session_user";
    case ValueFunction::CurrentCatalog:
      return "current_database";
    case ValueFunction::CurrentSchema:
      return "current_schema";
    default:
      return "current_user";
  }
}

/// What it gives if it is a date or a time, else none.
Oid moment_type(parse::ValueFunction function) {
  using parse::ValueFunction;
  switch (function) {
    case ValueFunction::CurrentDate:
      return oid::kDate;
    case ValueFunction::CurrentTime:
    case ValueFunction::CurrentTimePrecise:
      return oid::kTimetz;
    case ValueFunction::CurrentTimestamp:
    case ValueFunction::CurrentTimestampPrecise:
      return oid::kTimestamptz;
    case ValueFunction::LocalTime:
    case ValueFunction::LocalTimePrecise:
      return oid::kTime;
    case ValueFunction::LocalTimestamp:
    case ValueFunction::LocalTimestampPrecise:
      return oid::kTimestamp;
    default:
      return Oid::None;
  }
}

}  // namespace

// Words that stand for a function without parentheses: CURRENT_USER, CURRENT_TIMESTAMP(3).
Result<Expr*> Binder::bind_value_function(const Node& node) {
  using parse::ValueFunction;
  const auto function = node.as<ValueFunction>("op");
  const Oid type = moment_type(function);
  if (type == Oid::None) {
    LK_TRY(Expr* const word, coercion_.call_function(function_of(function), {}, node.location));
    word->is_reserved = true;
    return word;
  }
  Expr* const call = coercion_.make(ExprKind::Call, type, node.location);
  call->function = &current_moment(type);
  call->types.result = type;
  call->is_reserved = true;
  const bool has_digits = function == ValueFunction::CurrentTimePrecise ||
                          function == ValueFunction::CurrentTimestampPrecise ||
                          function == ValueFunction::LocalTimePrecise ||
                          function == ValueFunction::LocalTimestampPrecise;
  if (!has_digits) return call;
  constexpr std::int64_t kDigitsMax = 6;
  const auto digits =
      static_cast<std::int32_t>(std::min<std::int64_t>(node.number("typmod"), kDigitsMax));
  return coercion_.coerce(call, type, digits, CastContext::Explicit);
}

}  // namespace latchkey::sql::bind
