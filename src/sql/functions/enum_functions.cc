#include <fmt/format.h>

#include "sql/functions/function.h"
#include "sql/types/array.h"
#include "sql/types/user_types.h"

namespace latchkey::sql {

namespace {

/// The labels of the enumeration that the first argument is of, or null after a failure.
const std::vector<UserTypes::Label>* labels_of(const Call& call) {
  const UserTypes* const types = seen_user_types();
  const auto* const labels = types == nullptr ? nullptr : types->labels_of(call.types.arguments[0]);
  if (labels == nullptr) {
    call.evaluation.fail(Error(ErrorCode::NotSupported, "could not determine actual enum type"));
  }
  return labels;
}

Value of_end(const Call& call, bool is_last) {
  const auto* const labels = labels_of(call);
  if (labels == nullptr) return Value::null();
  if (labels->empty()) {
    return call.fail(ErrorCode::ObjectState,
                     fmt::format("enum {} contains no values", type_text(call.types.arguments[0])));
  }
  return Value::of_number(is_last ? labels->back().order : labels->front().order);
}

Value first(const Call& call) { return of_end(call, false); }
Value last(const Call& call) { return of_end(call, true); }

/// All labels, or those between two; null stands for an end.
Value range(const Call& call) {
  const auto* const labels = labels_of(call);
  if (labels == nullptr) return Value::null();
  const bool has_ends = call.values.size() == 2;
  ArrayWriter writer(call.types.arguments[0]);
  for (const UserTypes::Label& label : *labels) {
    if (has_ends && !call[0].is_null && label.order < call.number(0)) continue;
    if (has_ends && !call[1].is_null && label.order > call.number(1)) continue;
    writer.add(Value::of_number(label.order));
  }
  return writer.finish(call.arena());
}

/// The value of a domain whose check holds; see Binder::fit_domain.
Value checked_domain(const Call& call) {
  if (call[1].is_null || call[1].boolean()) return call[0];
  const bool is_null_check = call[3].is_null;
  if (is_null_check) {
    return call.fail(ErrorCode::NotNullViolation,
                     fmt::format("domain {} does not allow null values", call.bytes(2)));
  }
  return call.fail(Error(ErrorCode::CheckViolation,
                         fmt::format("value for domain {} violates check constraint \"{}\"",
                                     call.bytes(2), call.bytes(3)))
                       .with([&](ErrorDetails& details) {
                         details.data_type = call.bytes(2);
                         details.constraint = call.bytes(3);
                       }));
}

}  // namespace

std::span<const Function> enum_functions() {
  constexpr Oid kEnum = oid::kAnyEnum;
  static const std::vector<Function> kRows = {
      {"enum_first", takes(kEnum).gives(kEnum), kTakesNull, &first, {}, {}},
      {"enum_last", takes(kEnum).gives(kEnum), kTakesNull, &last, {}, {}},
      {"enum_range", takes(kEnum).gives(oid::kAnyArray), kTakesNull, &range, {}, {}},
      {"enum_range", takes(kEnum, kEnum).gives(oid::kAnyArray), kTakesNull, &range, {}, {}},
      {"latchkey_checked_domain",
       takes(oid::kAnyElement, oid::kBool, oid::kText, oid::kText).gives(oid::kAnyElement),
       kTakesNull,
       &checked_domain,
       {},
       {}},
  };
  return kRows;
}

}  // namespace latchkey::sql
