#include "sql/types/json_number.h"
#include "sql/types/jsonpath_run.h"

namespace latchkey::sql {

namespace {

bool holds(JsonPathKind comparison, int order) {
  switch (comparison) {
    case JsonPathKind::Equal:
      return order == 0;
    case JsonPathKind::NotEqual:
      return order != 0;
    case JsonPathKind::Less:
      return order < 0;
    case JsonPathKind::LessOrEqual:
      return order <= 0;
    case JsonPathKind::Greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

/// Of two scalars of one kind, where true and false are one kind.
int compare_scalars(JsonbReader left, JsonbReader right) {
  if (left.is_number()) return compare_json_numbers(left.text(), right.text());
  if (left.is_string()) return left.text().compare(right.text());
  return static_cast<int>(left.kind()) - static_cast<int>(right.kind());
}

bool are_comparable(JsonbReader left, JsonbReader right) {
  if (left.is_boolean()) return right.is_boolean();
  return left.kind() == right.kind() && left.is_scalar();
}

}  // namespace

JsonPathRun::Truth JsonPathRun::evaluate_predicate(const JsonPathNode& node, JsonbReader item) {
  if (!may_step()) return Truth::Unknown;
  switch (node.kind) {
    case JsonPathKind::And: {
      const Truth left = evaluate_predicate(path_.node(node.left), item);
      if (left == Truth::False) return left;
      const Truth right = evaluate_predicate(path_.node(node.right), item);
      return right == Truth::True ? left : right;
    }
    case JsonPathKind::Or: {
      const Truth left = evaluate_predicate(path_.node(node.left), item);
      if (left == Truth::True) return left;
      const Truth right = evaluate_predicate(path_.node(node.right), item);
      return right == Truth::False ? left : right;
    }
    case JsonPathKind::Not: {
      const Truth inner = evaluate_predicate(path_.node(node.left), item);
      if (inner == Truth::Unknown) return inner;
      return inner == Truth::True ? Truth::False : Truth::True;
    }
    case JsonPathKind::IsUnknown:
      return evaluate_predicate(path_.node(node.left), item) == Truth::Unknown ? Truth::True
                                                                               : Truth::False;
    case JsonPathKind::Exists:
      return evaluate_exists(node, item);
    default:
      return evaluate_pairs(node, item);
  }
}

JsonPathRun::Truth JsonPathRun::evaluate_exists(const JsonPathNode& node, JsonbReader item) {
  // Strict mode finds everything, as an error may follow.
  Items all;
  const Outcome outcome = evaluate_quietly(node.left, item, Unwrap::No, is_lax() ? nullptr : &all);
  if (outcome == Outcome::Failed) return Truth::Unknown;
  const bool exists = is_lax() ? outcome == Outcome::Found : !all.empty();
  return exists ? Truth::True : Truth::False;
}

JsonPathRun::Truth JsonPathRun::evaluate_pairs(const JsonPathNode& node, JsonbReader item) {
  Items left;
  Items right;
  if (evaluate_quietly(node.left, item, Unwrap::Yes, &left) == Outcome::Failed) {
    return Truth::Unknown;
  }
  if (node.right == 0) {
    right.emplace_back();  // one round for each item on the left
  } else {
    const Unwrap unwrap = node.kind == JsonPathKind::StartsWith ? Unwrap::No : Unwrap::Yes;
    if (evaluate_quietly(node.right, item, unwrap, &right) == Outcome::Failed) {
      return Truth::Unknown;
    }
  }
  bool is_true = false;
  bool is_unknown = false;
  for (const JsonbReader& left_item : left) {
    for (const JsonbReader& right_item : right) {
      const Truth truth = decide(node, left_item, right_item);
      // Lax mode takes the first pair that is true, strict mode the first that is unknown.
      if (truth == (is_lax() ? Truth::True : Truth::Unknown)) return truth;
      is_true = is_true || truth == Truth::True;
      is_unknown = is_unknown || truth == Truth::Unknown;
    }
  }
  return is_true ? Truth::True : is_unknown ? Truth::Unknown : Truth::False;
}

JsonPathRun::Truth JsonPathRun::decide(const JsonPathNode& node, JsonbReader left,
                                       JsonbReader right) {
  const auto truth_of = [](bool flag) { return flag ? Truth::True : Truth::False; };
  const JsonDateTime* const left_date_time = date_time_of(left);
  const JsonDateTime* const right_date_time = date_time_of(right);
  if (left_date_time != nullptr || right_date_time != nullptr) {
    const bool is_comparison =
        node.kind != JsonPathKind::StartsWith && node.kind != JsonPathKind::LikeRegex;
    if (is_comparison && left_date_time != nullptr && right_date_time != nullptr) {
      return compare_date_times(node, *left_date_time, *right_date_time);
    }
    // Strings are something else.
    if (!is_comparison || left.kind() == right.kind()) return Truth::Unknown;
  }
  if (node.kind == JsonPathKind::StartsWith) {
    if (!left.is_string() || !right.is_string()) return Truth::Unknown;
    return truth_of(left.text().starts_with(right.text()));
  }
  if (node.kind == JsonPathKind::LikeRegex) {
    return left.is_string() ? truth_of(node.regex.matches(left.text())) : Truth::Unknown;
  }
  if (are_comparable(left, right)) return truth_of(holds(node.kind, compare_scalars(left, right)));
  // Null differs from everything else and is neither above nor below it.
  const bool is_with_null = left.is_null() || right.is_null();
  return is_with_null ? truth_of(node.kind == JsonPathKind::NotEqual) : Truth::Unknown;
}

JsonPathRun::Truth JsonPathRun::compare_date_times(const JsonPathNode& node,
                                                   const JsonDateTime& left,
                                                   const JsonDateTime& right) {
  const JsonDateTimeOrder compared = compare(left, right, arguments_.session);
  if (compared.needs_zone()) {
    abort(Error(ErrorCode::NotSupported,
                "cannot convert value from " + std::string(compared.from_type) + " to " +
                    std::string(compared.to_type) + " without time zone usage")
              .with_hint("Use *_tz() function for time zone support."));
    return Truth::Unknown;
  }
  if (!compared.order.has_value()) return Truth::Unknown;
  const int order = *compared.order < 0 ? -1 : *compared.order > 0 ? 1 : 0;
  return holds(node.kind, order) ? Truth::True : Truth::False;
}

JsonPathRun::Outcome JsonPathRun::add_truth(const JsonPathNode& node, JsonbReader item,
                                            Items* found) {
  const Truth truth = evaluate_predicate(node, item);
  if (is_enough(node, found)) return Outcome::Found;
  const JsonbReader result =
      truth == Truth::Unknown ? JsonbReader() : JsonbReader::boolean(truth == Truth::True);
  return go_on(node, result, found);
}

}  // namespace latchkey::sql
