#include "sql/types/jsonpath_run.h"

#include <limits>
#include <string>
#include <utility>

#include "sql/types/jsonb_access.h"

namespace latchkey::sql {

namespace {

// What a path may find at once, and in how many steps. Repeated .** multiply, so there must be an
// end.
constexpr std::size_t kItemsMax = std::size_t{1} << 24;
constexpr std::uint64_t kStepsMax = std::uint64_t{1} << 30;

constexpr const char* kMemberNotFound = "2203A";
constexpr const char* kArrayNotFound = "22039";
constexpr const char* kObjectNotFound = "2203C";
constexpr const char* kSubscriptInvalid = "22033";

bool is_method(JsonPathKind kind) {
  return kind >= JsonPathKind::Type && kind <= JsonPathKind::DateTime;
}

bool is_arithmetic(JsonPathKind kind) {
  return kind >= JsonPathKind::Add && kind <= JsonPathKind::Minus;
}

/// Whether the step means the elements of an array in lax mode, and not the array.
bool looks_into_arrays(JsonPathKind kind) {
  if (is_method(kind)) return kind != JsonPathKind::Type && kind != JsonPathKind::Size;
  return kind == JsonPathKind::Key || kind == JsonPathKind::AnyKey || kind == JsonPathKind::Filter;
}

}  // namespace

JsonPathRun::JsonPathRun(const JsonPath& path, const JsonPathArguments& arguments)
    : path_(path),
      arguments_(arguments),
      current_(arguments.target),
      next_object_id_(arguments.variables.has_value() ? 2 : 1),
      ignores_structure_(is_lax()),
      tells_errors_(arguments.errors == JsonPathErrors::Told) {}

JsonPathRun::Outcome JsonPathRun::fail(const char* sqlstate, std::string message) {
  if (tells_errors_ && !error_.has_value()) {
    error_ = Error(ErrorCode::JsonMissing, std::move(message)).with([&](ErrorDetails& to) {
      to.sqlstate = sqlstate;
    });
  }
  return Outcome::Failed;
}

JsonPathRun::Outcome JsonPathRun::fail_structure(const char* sqlstate, const char* message) {
  return ignores_structure_ ? Outcome::NotFound : fail(sqlstate, message);
}

JsonPathRun::Outcome JsonPathRun::abort(Error error) {
  if (!error_.has_value()) error_ = std::move(error);
  return Outcome::Failed;
}

JsonPathRun::Outcome JsonPathRun::run(Items* found) {
  if (arguments_.variables.has_value() && !arguments_.variables->is_object()) {
    return abort(
        Error(ErrorCode::InvalidArgument, "\"vars\" argument is not an object")
            .with_detail(
                "Jsonpath parameters should be encoded as key-value pairs of \"vars\" object."));
  }
  if (is_lax() || found != nullptr) return evaluate(path_.root(), arguments_.target, found);
  // Strict mode finds everything before it says that there is something: an error may follow.
  Items all;
  const Outcome outcome = evaluate(path_.root(), arguments_.target, &all);
  if (outcome == Outcome::Failed) return outcome;
  return all.empty() ? Outcome::NotFound : Outcome::Found;
}

JsonPathRun::Outcome JsonPathRun::evaluate(JsonPathIndex index, JsonbReader item, Items* found) {
  return evaluate(index, item, found, unwrap_if_lax());
}

JsonPathRun::Outcome JsonPathRun::evaluate(JsonPathIndex index, JsonbReader item, Items* found,
                                           Unwrap unwrap) {
  if (!may_step()) return Outcome::Failed;
  const JsonPathNode& node = path_.node(index);
  if (unwrap == Unwrap::Yes && item.is_array() && looks_into_arrays(node.kind)) {
    return walk_elements(index, item, found, Unwrap::No);
  }
  return evaluate_step(node, item, found);
}

bool JsonPathRun::may_step() {
  if (error_.has_value()) return false;
  if (!stack_.is_spent() && ++steps_ <= kStepsMax) return true;
  abort(Error(ErrorCode::TooComplex, "stack depth limit exceeded"));
  return false;
}

JsonPathRun::Outcome JsonPathRun::evaluate_step(const JsonPathNode& node, JsonbReader item,
                                                Items* found) {
  switch (node.kind) {
    case JsonPathKind::Null:
    case JsonPathKind::True:
    case JsonPathKind::False:
    case JsonPathKind::Number:
    case JsonPathKind::String:
      return evaluate_literal(node, found);
    case JsonPathKind::Variable:
      return evaluate_variable(node, found);
    case JsonPathKind::Root:
      return evaluate_root(node, found);
    case JsonPathKind::Current:
      return go_on(node, current_, found);
    case JsonPathKind::Last:
      return evaluate_last(node, found);
    case JsonPathKind::Key:
      return evaluate_key(node, item, found);
    case JsonPathKind::AnyKey:
      return evaluate_any_key(node, item, found);
    case JsonPathKind::AnyElement:
      return evaluate_any_element(node, item, found);
    case JsonPathKind::AnyLevel:
      return evaluate_any_level(node, item, found);
    case JsonPathKind::Subscript:
      return evaluate_subscript(node, item, found);
    case JsonPathKind::Filter:
      return evaluate_filter(node, item, found);
    default:
      break;
  }
  if (is_method(node.kind)) return evaluate_method(node, item, found);
  if (is_arithmetic(node.kind)) return evaluate_arithmetic(node, item, found);
  return add_truth(node, item, found);
}

JsonPathRun::Outcome JsonPathRun::go_on(const JsonPathNode& node, JsonbReader item, Items* found) {
  return go_on_with(node.next, item, found);
}

JsonPathRun::Outcome JsonPathRun::go_on_with(JsonPathIndex next, JsonbReader item, Items* found) {
  if (next != 0) return evaluate(next, item, found);
  if (found != nullptr) {
    if (found->size() >= kItemsMax) {
      return abort(Error(ErrorCode::LimitExceeded, "too many items for a jsonpath to find"));
    }
    found->push_back(item);
  }
  return Outcome::Found;
}

JsonPathRun::Outcome JsonPathRun::evaluate_literal(const JsonPathNode& node, Items* found) {
  switch (node.kind) {
    case JsonPathKind::Number:
      return go_on(node, JsonbReader(JsonKind::Number, node.text), found);
    case JsonPathKind::String:
      return go_on(node, JsonbReader(JsonKind::String, node.text), found);
    case JsonPathKind::True:
    case JsonPathKind::False:
      return go_on(node, JsonbReader::boolean(node.kind == JsonPathKind::True), found);
    default:
      return go_on(node, JsonbReader(), found);
  }
}

JsonPathRun::Outcome JsonPathRun::evaluate_root(const JsonPathNode& node, Items* found) {
  const BaseObject before = std::exchange(base_, BaseObject{arguments_.target.payload().data(), 0});
  const Outcome outcome = go_on(node, arguments_.target, found);
  base_ = before;
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::evaluate_variable(const JsonPathNode& node, Items* found) {
  if (!arguments_.variables.has_value()) return go_on(node, JsonbReader(), found);
  const auto value = arguments_.variables->find(node.text);
  if (!value.has_value()) {
    return abort(
        Error(ErrorCode::ObjectMissing, "could not find jsonpath variable \"" + node.text + "\""));
  }
  const BaseObject before =
      std::exchange(base_, BaseObject{arguments_.variables->payload().data(), 1});
  const Outcome outcome = go_on(node, *value, found);
  base_ = before;
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::evaluate_key(const JsonPathNode& node, JsonbReader item,
                                               Items* found) {
  if (!item.is_object()) {
    return fail_structure(kMemberNotFound,
                          "jsonpath member accessor can only be applied to an object");
  }
  const auto value = item.find(node.text);
  if (value.has_value()) return go_on(node, *value, found);
  if (ignores_structure_) return Outcome::NotFound;
  return fail(kMemberNotFound, "JSON object does not contain key \"" + node.text + "\"");
}

JsonPathRun::Outcome JsonPathRun::evaluate_any_key(const JsonPathNode& node, JsonbReader item,
                                                   Items* found) {
  if (item.is_object()) return walk_elements(node.next, item, found, unwrap_if_lax());
  return fail_structure(kObjectNotFound,
                        "jsonpath wildcard member accessor can only be applied to an object");
}

JsonPathRun::Outcome JsonPathRun::evaluate_any_element(const JsonPathNode& node, JsonbReader item,
                                                       Items* found) {
  if (item.is_array()) return walk_elements(node.next, item, found, unwrap_if_lax());
  if (is_lax()) return go_on(node, item, found);
  return fail_structure(kArrayNotFound,
                        "jsonpath wildcard array accessor can only be applied to an array");
}

JsonPathRun::Outcome JsonPathRun::evaluate_filter(const JsonPathNode& node, JsonbReader item,
                                                  Items* found) {
  const JsonbReader before = std::exchange(current_, item);
  const Truth truth = evaluate_predicate(path_.node(node.left), item);
  current_ = before;
  return truth == Truth::True ? go_on(node, item, found) : Outcome::NotFound;
}

JsonPathRun::Outcome JsonPathRun::evaluate_any_level(const JsonPathNode& node, JsonbReader item,
                                                     Items* found) {
  Outcome outcome = Outcome::NotFound;
  if (node.first_level == 0) {
    const bool before = std::exchange(ignores_structure_, true);
    outcome = go_on(node, item, found);
    ignores_structure_ = before;
    if (outcome == Outcome::Found && found == nullptr) return outcome;
  }
  if (item.is_scalar()) return outcome;
  return walk_levels({node.next, node.first_level, node.last_level, true, unwrap_if_lax()}, item, 1,
                     found);
}

JsonPathRun::Outcome JsonPathRun::walk_elements(JsonPathIndex step, JsonbReader container,
                                                Items* found, Unwrap unwrap) {
  return walk_levels({step, 1, 1, false, unwrap}, container, 1, found);
}

JsonPathRun::Outcome JsonPathRun::walk_levels(const Levels& levels, JsonbReader container,
                                              std::uint32_t level, Items* found) {
  Outcome outcome = Outcome::NotFound;
  if (level > levels.last) return outcome;
  if (!may_step()) return Outcome::Failed;
  const std::size_t count = container.count();
  for (std::size_t i = 0; i < count; ++i) {
    const JsonbReader item = container.is_array() ? container.element(i) : container.value(i);
    const bool is_leaf_wanted =
        levels.first == kJsonPathLevelLast && levels.last == kJsonPathLevelLast && item.is_scalar();
    if (level >= levels.first || is_leaf_wanted) {
      outcome = visit_level(levels, item, found);
      if (outcome == Outcome::Failed || (outcome == Outcome::Found && found == nullptr)) break;
    }
    if (level < levels.last && !item.is_scalar()) {
      outcome = walk_levels(levels, item, level + 1, found);
      if (outcome == Outcome::Failed || (outcome == Outcome::Found && found == nullptr)) break;
    }
  }
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::visit_level(const Levels& levels, JsonbReader item,
                                              Items* found) {
  if (levels.next == 0) return go_on_with(0, item, found);
  const bool before = ignores_structure_;
  if (levels.ignores_structure) ignores_structure_ = true;
  const Outcome outcome = evaluate(levels.next, item, found, levels.unwrap);
  ignores_structure_ = before;
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::evaluate_last(const JsonPathNode& node, Items* found) {
  if (is_enough(node, found)) return Outcome::Found;
  return go_on(node, number(array_size_ - 1), found);
}

JsonPathRun::Outcome JsonPathRun::find_index(JsonPathIndex index, JsonbReader item,
                                             std::int64_t& number) {
  Items found;
  const Outcome outcome = evaluate(index, item, &found);
  if (outcome == Outcome::Failed) return outcome;
  if (found.size() != 1 || !found[0].is_number()) {
    return fail(kSubscriptInvalid, "jsonpath array subscript is not a single numeric value");
  }
  const Result<Numeric> value =
      Numeric::parse(found[0].text()).and_then([](Numeric parsed) { return parsed.trunc(0); });
  const Result<std::int64_t> whole =
      value.has_value() ? value->to_int64() : Result<std::int64_t>(value.error());
  const bool fits = whole.has_value() && *whole >= std::numeric_limits<std::int32_t>::min() &&
                    *whole <= std::numeric_limits<std::int32_t>::max();
  if (!fits) return fail(kSubscriptInvalid, "jsonpath array subscript is out of integer range");
  number = *whole;
  return Outcome::Found;
}

JsonPathRun::Outcome JsonPathRun::evaluate_subscript(const JsonPathNode& node, JsonbReader item,
                                                     Items* found) {
  if (!item.is_array() && !is_lax()) {
    return fail_structure(kArrayNotFound,
                          "jsonpath array accessor can only be applied to an array");
  }
  const std::int64_t before = array_size_;
  array_size_ = item.is_array() ? static_cast<std::int64_t>(item.count()) : 1;
  Outcome outcome = Outcome::NotFound;
  bool has_enough = false;
  for (const JsonPathNode::Range& range : node.ranges) {
    outcome = evaluate_range(node, range, item, found, has_enough);
    if (outcome == Outcome::Failed || has_enough) break;
  }
  array_size_ = before;
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::evaluate_range(const JsonPathNode& node,
                                                 const JsonPathNode::Range& range, JsonbReader item,
                                                 Items* found, bool& has_enough) {
  std::int64_t from = 0;
  Outcome outcome = find_index(range.from, item, from);
  if (outcome == Outcome::Failed) return outcome;
  std::int64_t to = from;
  if (range.to != 0) outcome = find_index(range.to, item, to);
  if (outcome == Outcome::Failed) return outcome;
  const std::int64_t size = array_size_;
  if (!ignores_structure_ && (from < 0 || from > to || to >= size)) {
    return fail(kSubscriptInvalid, "jsonpath array subscript is out of bounds");
  }
  from = std::max(from, std::int64_t{0});
  to = std::min(to, size - 1);
  outcome = Outcome::NotFound;
  for (std::int64_t i = from; i <= to; ++i) {
    const JsonbReader element = item.is_array() ? item.element(static_cast<std::size_t>(i)) : item;
    outcome = go_on(node, element, found);
    has_enough = outcome == Outcome::Found && found == nullptr;
    if (outcome == Outcome::Failed || has_enough) break;
  }
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::evaluate_operand(JsonPathIndex index, JsonbReader item,
                                                   Unwrap unwrap, Items* found) {
  if (unwrap == Unwrap::No || !is_lax()) return evaluate(index, item, found);
  Items results;
  const Outcome outcome = evaluate(index, item, &results);
  if (outcome == Outcome::Failed) return outcome;
  for (const JsonbReader& result : results) {
    if (result.is_array()) {
      walk_elements(0, result, found, Unwrap::No);
    } else {
      go_on_with(0, result, found);
    }
  }
  return error_.has_value() ? Outcome::Failed : Outcome::Found;
}

JsonPathRun::Outcome JsonPathRun::evaluate_quietly(JsonPathIndex index, JsonbReader item,
                                                   Unwrap unwrap, Items* found) {
  const bool before = std::exchange(tells_errors_, false);
  const Outcome outcome = evaluate_operand(index, item, unwrap, found);
  tells_errors_ = before;
  return outcome;
}

}  // namespace latchkey::sql
