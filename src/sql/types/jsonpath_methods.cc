#include <charconv>
#include <string>
#include <string_view>

#include "sql/types/io.h"
#include "sql/types/jsonb_access.h"
#include "sql/types/jsonpath_run.h"

namespace latchkey::sql {

namespace {

constexpr const char* kNotNumeric = "22036";
constexpr const char* kNotDateTime = "22031";
constexpr const char* kArrayNotFound = "22039";
constexpr const char* kNumberNotFound = "2203B";
constexpr const char* kObjectNotFound = "2203C";
constexpr const char* kSingletonRequired = "22038";

// Apart from each other by more than the bytes of any value, as ids of objects count bytes.
constexpr std::int64_t kIdsOfObject = 10'000'000'000;

std::string_view name_of(JsonPathKind kind) {
  switch (kind) {
    case JsonPathKind::Size:
      return "size";
    case JsonPathKind::Abs:
      return "abs";
    case JsonPathKind::Floor:
      return "floor";
    case JsonPathKind::Ceiling:
      return "ceiling";
    case JsonPathKind::Double:
      return "double";
    case JsonPathKind::KeyValue:
      return "keyvalue";
    case JsonPathKind::Add:
    case JsonPathKind::Plus:
      return "+";
    case JsonPathKind::Subtract:
    case JsonPathKind::Minus:
      return "-";
    case JsonPathKind::Multiply:
      return "*";
    case JsonPathKind::Divide:
      return "/";
    case JsonPathKind::Modulo:
      return "%";
    default:
      return {};
  }
}

std::string method_error(const char* before, JsonPathKind kind, const char* after) {
  return std::string(before) + " jsonpath item method ." + std::string(name_of(kind)) + "() " +
         after;
}

/// Requires: the text of a number that a jsonb value holds.
Numeric numeric_of(JsonbReader number) { return Numeric::parse(number.text()).value_or(Numeric()); }

Result<Numeric> compute(JsonPathKind kind, const Numeric& left, const Numeric& right) {
  const bool divides = kind == JsonPathKind::Divide || kind == JsonPathKind::Modulo;
  if (divides && right == Numeric()) return Error(ErrorCode::DivisionByZero, "division by zero");
  switch (kind) {
    case JsonPathKind::Add:
      return left.add(right);
    case JsonPathKind::Subtract:
      return left.subtract(right);
    case JsonPathKind::Multiply:
      return left.multiply(right);
    case JsonPathKind::Divide:
      return left.divide(right);
    default:
      return left.modulo(right);
  }
}

}  // namespace

JsonbReader JsonPathRun::number(const Numeric& value) {
  return {JsonKind::Number, arena_.copy(value.text())};
}

JsonbReader JsonPathRun::number(std::int64_t value) {
  return {JsonKind::Number, arena_.copy(std::to_string(value))};
}

JsonPathRun::Outcome JsonPathRun::evaluate_method(const JsonPathNode& node, JsonbReader item,
                                                  Items* found) {
  switch (node.kind) {
    case JsonPathKind::Type: {
      const JsonDateTime* const date_time = date_time_of(item);
      const std::string_view name =
          date_time != nullptr ? find_type(date_time->type)->sql_name : jsonb_typeof(item);
      return go_on(node, JsonbReader(JsonKind::String, name), found);
    }
    case JsonPathKind::Size:
      return evaluate_size(node, item, found);
    case JsonPathKind::Double:
      return evaluate_double(node, item, found);
    case JsonPathKind::KeyValue:
      return evaluate_key_value(node, item, found);
    case JsonPathKind::DateTime:
      return evaluate_date_time(node, item, found);
    default:
      return evaluate_number_method(node, item, found);
  }
}

JsonPathRun::Outcome JsonPathRun::evaluate_size(const JsonPathNode& node, JsonbReader item,
                                                Items* found) {
  if (item.is_array()) return go_on(node, number(static_cast<std::int64_t>(item.count())), found);
  if (is_lax()) return go_on(node, number(1), found);
  return fail_structure(kArrayNotFound,
                        "jsonpath item method .size() can only be applied to an array");
}

JsonPathRun::Outcome JsonPathRun::evaluate_number_method(const JsonPathNode& node, JsonbReader item,
                                                         Items* found) {
  if (!item.is_number()) {
    return fail(kNotNumeric, "jsonpath item method ." + std::string(name_of(node.kind)) +
                                 "() can only be applied to a numeric value");
  }
  const Numeric value = numeric_of(item);
  if (node.kind == JsonPathKind::Abs) return go_on(node, number(value.abs()), found);
  Result<Numeric> result = node.kind == JsonPathKind::Floor ? value.floor() : value.ceil();
  if (!result.has_value()) return abort(std::move(result).error());
  return go_on(node, number(*result), found);
}

JsonPathRun::Outcome JsonPathRun::evaluate_double(const JsonPathNode& node, JsonbReader item,
                                                  Items* found) {
  if (!item.is_number() && (!item.is_string() || date_time_of(item) != nullptr)) {
    return fail(kNotNumeric,
                "jsonpath item method .double() can only be applied to a string or numeric value");
  }
  const Result<double> value = io::parse_float(oid::kFloat8, item.text());
  const bool is_double = value.has_value() && *value - *value == 0;  // not for infinities, NaN
  if (!is_double) {
    return fail(kNotNumeric,
                item.is_number()
                    ? method_error("numeric argument of", node.kind,
                                   "is out of range for type double precision")
                    : method_error("string argument of", node.kind,
                                   "is not a valid representation of a double precision number"));
  }
  // A number that a double can hold stays as exact as it was.
  if (item.is_number()) return go_on(node, item, found);
  return go_on(node, number(Numeric::from_double(*value)), found);
}

JsonPathRun::Outcome JsonPathRun::evaluate_date_time(const JsonPathNode& node, JsonbReader item,
                                                     Items* found) {
  if (!item.is_string() || date_time_of(item) != nullptr) {
    return fail(kNotDateTime, "jsonpath item method .datetime() can only be applied to a string");
  }
  if (node.left != 0) {
    return abort(Error(ErrorCode::NotSupported,
                       "a template of jsonpath item method .datetime() is not supported"));
  }
  const std::optional<JsonDateTime> date_time = parse_json_date_time(item.text());
  if (!date_time.has_value()) {
    const Outcome outcome = fail(
        kNotDateTime, "datetime format is not recognized: \"" + std::string(item.text()) + "\"");
    if (error_.has_value()) {
      error_ = std::move(*error_).with_hint(
          "Use a datetime template argument to specify the input data format.");
    }
    return outcome;
  }
  const JsonbReader result(JsonKind::String, arena_.copy(date_time->text()));
  date_times_.emplace(result.text().data(), *date_time);
  return go_on(node, result, found);
}

JsonPathRun::Outcome JsonPathRun::evaluate_key_value(const JsonPathNode& node, JsonbReader item,
                                                     Items* found) {
  if (!item.is_object()) {
    return fail(kObjectNotFound,
                "jsonpath item method .keyvalue() can only be applied to an object");
  }
  const auto offset =
      static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(item.payload().data()) -
                                reinterpret_cast<std::uintptr_t>(base_.begin));
  const JsonbReader id = number(offset + base_.id * kIdsOfObject);
  Outcome outcome = Outcome::NotFound;
  for (std::size_t i = 0; i < item.count(); ++i) {
    outcome = Outcome::Found;
    if (is_enough(node, found)) break;
    JsonbBuilder builder;
    builder.begin_object();
    builder.add_key("key");
    builder.add_string(item.key(i));
    builder.add_key("value");
    builder.add(item.value(i));
    builder.add_key("id");
    builder.add(id);
    builder.end();
    Result<Value> object = builder.finish(arena_);
    if (!object.has_value()) return abort(std::move(object).error());
    const JsonbReader pair(object->bytes());
    const BaseObject before =
        std::exchange(base_, BaseObject{pair.payload().data(), next_object_id_++});
    outcome = go_on(node, pair, found);
    base_ = before;
    if (outcome == Outcome::Failed || (outcome == Outcome::Found && found == nullptr)) break;
  }
  return outcome;
}

JsonPathRun::Outcome JsonPathRun::evaluate_arithmetic(const JsonPathNode& node, JsonbReader item,
                                                      Items* found) {
  return node.right == 0 ? evaluate_sign(node, item, found) : evaluate_pair(node, item, found);
}

JsonPathRun::Outcome JsonPathRun::evaluate_pair(const JsonPathNode& node, JsonbReader item,
                                                Items* found) {
  Items left;
  Items right;
  Outcome outcome = evaluate_operand(node.left, item, Unwrap::Yes, &left);
  if (outcome == Outcome::Failed) return outcome;
  outcome = evaluate_operand(node.right, item, Unwrap::Yes, &right);
  if (outcome == Outcome::Failed) return outcome;
  for (const Items* side : {&left, &right}) {
    if (side->size() == 1 && side->front().is_number()) continue;
    return fail(kSingletonRequired,
                std::string(side == &left ? "left" : "right") + " operand of jsonpath operator " +
                    std::string(name_of(node.kind)) + " is not a single numeric value");
  }
  Result<Numeric> result = compute(node.kind, numeric_of(left.front()), numeric_of(right.front()));
  if (!result.has_value()) {
    return tells_errors_ ? abort(std::move(result).error()) : Outcome::Failed;
  }
  if (is_enough(node, found)) return Outcome::Found;
  return go_on(node, number(*result), found);
}

JsonPathRun::Outcome JsonPathRun::evaluate_sign(const JsonPathNode& node, JsonbReader item,
                                                Items* found) {
  Items operands;
  Outcome outcome = evaluate_operand(node.left, item, Unwrap::Yes, &operands);
  if (outcome == Outcome::Failed) return outcome;
  outcome = Outcome::NotFound;
  for (const JsonbReader& operand : operands) {
    if (!operand.is_number()) {
      if (is_enough(node, found)) continue;
      return fail(kNumberNotFound, "operand of unary jsonpath operator " +
                                       std::string(name_of(node.kind)) + " is not a numeric value");
    }
    if (is_enough(node, found)) return Outcome::Found;
    const JsonbReader result =
        node.kind == JsonPathKind::Minus ? number(numeric_of(operand).negate()) : operand;
    const Outcome next = go_on(node, result, found);
    if (next == Outcome::Failed) return next;
    if (next == Outcome::Found) {
      if (found == nullptr) return next;
      outcome = next;
    }
  }
  return outcome;
}

}  // namespace latchkey::sql
