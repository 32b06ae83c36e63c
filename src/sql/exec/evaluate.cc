#include "sql/exec/evaluate.h"

#include <boost/container/small_vector.hpp>

#include "base/assert.h"
#include "sql/exec/subplan.h"
#include "sql/types/array.h"
#include "sql/types/io.h"
#include "sql/types/record.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::ExprKind;

const Evaluation& evaluation_at(const Evaluation& evaluation, int level) {
  const Evaluation* at = &evaluation;
  for (; level > 0; --level) {
    LK_ASSERT(at->outer != nullptr);
    at = at->outer;
  }
  return *at;
}

Value call(const Expr& expr, Evaluation& evaluation) {
  constexpr std::size_t kUsualArguments = 4;
  boost::container::small_vector<Value, kUsualArguments> values(expr.args.size());
  const bool takes_null = expr.function->is(kTakesNull);
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    values[i] = evaluate(*expr.args[i], evaluation);
    if (values[i].is_null && !takes_null) return Value::null();
  }
  if (evaluation.failed()) return Value::null();
  return expr.function->body(Call{evaluation, {values.data(), values.size()}, expr.types});
}

/// A call whose last argument is an array of arguments. One that is null makes the result null.
Value call_with_elements(const Expr& expr, Evaluation& evaluation) {
  std::vector<Value> values;
  const bool takes_null = expr.function->is(kTakesNull);
  for (const Expr* const arg : expr.args) {
    values.push_back(evaluate(*arg, evaluation));
    const bool is_last = arg == expr.args.back();
    if (evaluation.failed() || (values.back().is_null && (is_last || !takes_null))) {
      return Value::null();
    }
  }
  ArrayReader reader(values.back().bytes());
  values.pop_back();
  CallTypes types = expr.types;
  types.arguments.pop_back();
  for (Value element; reader.next(element);) {
    values.push_back(element);
    types.arguments.push_back(reader.element_type());
  }
  return expr.function->body(Call{evaluation, values, types});
}

Value by_text(const Expr& expr, Evaluation& evaluation) {
  const Value value = evaluate(*expr.args[0], evaluation);
  if (value.is_null || evaluation.failed()) return Value::null();
  std::string text;
  append_text(expr.args[0]->type, value, *evaluation.settings, text);
  Result<Value> read =
      parse_text(expr.type, expr.typmod, text, *evaluation.settings, *evaluation.arena);
  if (read.has_value()) return *read;
  evaluation.fail(std::move(read).error());
  return Value::null();
}

Value conjunction(const Expr& expr, Evaluation& evaluation, bool settles) {
  bool has_null = false;
  for (const Expr* const arg : expr.args) {
    const Value value = evaluate(*arg, evaluation);
    if (evaluation.failed()) return Value::null();
    if (value.is_null)
      has_null = true;
    else if (value.boolean() == settles)
      return Value::of_bool(settles);
  }
  return has_null ? Value::null() : Value::of_bool(!settles);
}

Value choose_case(const Expr& expr, Evaluation& evaluation) {
  std::size_t i = 0;
  for (; i + 1 < expr.args.size(); i += 2) {
    if (holds(*expr.args[i], evaluation)) return evaluate(*expr.args[i + 1], evaluation);
    if (evaluation.failed()) return Value::null();
  }
  return evaluate(*expr.args[i], evaluation);
}

Value extreme(const Expr& expr, Evaluation& evaluation, bool greatest) {
  Value best;
  for (const Expr* const arg : expr.args) {
    const Value value = evaluate(*arg, evaluation);
    if (evaluation.failed()) return Value::null();
    if (value.is_null) continue;
    if (best.is_null) {
      best = value;
      continue;
    }
    const int order = compare(expr.type, value, best);
    if (greatest ? order > 0 : order < 0) best = value;
  }
  return best;
}

Value bool_test(const Expr& expr, Evaluation& evaluation) {
  const Value value = evaluate(*expr.args[0], evaluation);
  const bool is_true = !value.is_null && value.boolean();
  const bool is_false = !value.is_null && !value.boolean();
  switch (expr.bool_test) {
    case parse::BoolTestKind::IsTrue:
      return Value::of_bool(is_true);
    case parse::BoolTestKind::IsNotTrue:
      return Value::of_bool(!is_true);
    case parse::BoolTestKind::IsFalse:
      return Value::of_bool(is_false);
    case parse::BoolTestKind::IsNotFalse:
      return Value::of_bool(!is_false);
    case parse::BoolTestKind::IsUnknown:
      return Value::of_bool(value.is_null);
    case parse::BoolTestKind::IsNotUnknown:
      return Value::of_bool(!value.is_null);
  }
  return Value::null();
}

Value distinct(const Expr& expr, Evaluation& evaluation, bool wanted) {
  const Value left = evaluate(*expr.args[0], evaluation);
  const Value right = evaluate(*expr.args[1], evaluation);
  if (left.is_null || right.is_null) {
    return Value::of_bool((left.is_null != right.is_null) == wanted);
  }
  const Value equal = evaluate(*expr.args[2], evaluation);
  return Value::of_bool((equal.is_null || !equal.boolean()) == wanted);
}

Value over_elements(const Expr& expr, Evaluation& evaluation) {
  const Value array = evaluate(*expr.args[1], evaluation);
  if (array.is_null || evaluation.failed()) return Value::null();
  const bool is_all = expr.kind == ExprKind::AllOf;
  bool has_null = false;
  ArrayReader reader(array.bytes());
  Value element;
  while (reader.next(element)) {
    evaluation.slots[expr.slot] = element;
    const Value value = evaluate(*expr.args[0], evaluation);
    if (evaluation.failed()) return Value::null();
    if (value.is_null)
      has_null = true;
    else if (value.boolean() != is_all)
      return Value::of_bool(!is_all);
  }
  return has_null ? Value::null() : Value::of_bool(is_all);
}

/// ARRAY[ARRAY[..], ..].
Value nested_array(const Expr& expr, Evaluation& evaluation) {
  std::vector<Value> rows;
  for (const Expr* const arg : expr.args) {
    rows.push_back(evaluate(*arg, evaluation));
    if (evaluation.failed()) return Value::null();
  }
  Result<Value> whole = stack_arrays(find_type(expr.type)->element, rows, *evaluation.arena);
  if (whole.has_value()) return *whole;
  evaluation.fail(std::move(whole).error());
  return Value::null();
}

Value make_array(const Expr& expr, Evaluation& evaluation) {
  const Type* const type = find_type(expr.type);
  LK_ASSERT(type != nullptr && type->is_array());
  if (!expr.args.empty() && expr.args[0]->type == expr.type) return nested_array(expr, evaluation);
  ArrayWriter writer(type->element);
  for (const Expr* const arg : expr.args) {
    writer.add(evaluate(*arg, evaluation));
    if (evaluation.failed()) return Value::null();
  }
  return writer.finish(*evaluation.arena);
}

Value make_record(const Expr& expr, Evaluation& evaluation) {
  const bool is_whole = expr.kind == ExprKind::WholeRow;
  if (is_whole && evaluate(*expr.args[0], evaluation).is_null) return Value::null();
  RecordWriter writer;
  for (std::size_t i = 0; i < expr.names.size(); ++i) {
    const Expr& field = *expr.args[i + (is_whole ? 1 : 0)];
    const Value value = evaluate(field, evaluation);
    if (evaluation.failed()) return Value::null();
    writer.add(expr.names[i], field.type == oid::kUnknown ? oid::kText : field.type, value);
  }
  return writer.finish(*evaluation.arena);
}

Value field_of(const Expr& expr, Evaluation& evaluation) {
  const Value record = evaluate(*expr.args[0], evaluation);
  if (record.is_null || evaluation.failed()) return Value::null();
  RecordReader reader(record.bytes());
  RecordReader::Field field;
  for (int i = 0; i <= expr.index; ++i) {
    if (!reader.next(field)) return Value::null();
  }
  return field.value;
}

/// A row is null when all its fields are, and not null when none of them is.
Value null_test(const Expr& expr, Evaluation& evaluation) {
  const bool wants_null = expr.kind == ExprKind::IsNull;
  const Value value = evaluate(*expr.args[0], evaluation);
  if (value.is_null || expr.args[0]->type != oid::kRecord) {
    return Value::of_bool(value.is_null == wants_null);
  }
  RecordReader reader(value.bytes());
  RecordReader::Field field;
  while (reader.next(field)) {
    if (field.value.is_null != wants_null) return Value::of_bool(false);
  }
  return Value::of_bool(true);
}

Value element_of(const Expr& expr, Evaluation& evaluation) {
  const Value array = evaluate(*expr.args[0], evaluation);
  const Value index = evaluate(*expr.args[1], evaluation);
  if (array.is_null || index.is_null || evaluation.failed()) return Value::null();
  ArrayReader reader(array.bytes());
  if (reader.dimension_count() != 1) return Value::null();
  const std::int64_t at = index.integer - reader.dimension(0).lower_bound;
  if (at < 0 || at >= reader.dimension(0).length) return Value::null();
  Value element;
  for (std::int64_t i = 0; i <= at; ++i) (void)reader.next(element);
  return element;
}

/// Over the rows of a subquery: EXISTS, a scalar, an array, or a test of each row.
Value from_subquery(const Expr& expr, Evaluation& evaluation) {
  SubPlan& plan = evaluation.context->subplan(expr, evaluation);
  Result<Value> value = plan.value(expr, evaluation);
  if (value.has_value()) return *value;
  evaluation.fail(std::move(value).error());
  return Value::null();
}

/// What a value is to be made to fit.
struct Fitting {
  Oid type;
  std::int32_t typmod;
  bool is_explicit;
};
Result<Value> fit_value_of(const Fitting& fitting, const Value& value, Arena& arena,
                           const TextSettings& settings);

/// A value cut or rounded to what its column allows. A cast cuts a text that is too long; an
/// assignment refuses it.
Result<Value> fit_value(const Expr& expr, const Value& value, Arena& arena,
                        const TextSettings& settings) {
  return fit_value_of({expr.type, expr.typmod, expr.is_explicit}, value, arena, settings);
}

Result<Value> fit_value_of(const Fitting& fitting, const Value& value, Arena& arena,
                           const TextSettings& settings) {
  const Oid type = fitting.type;
  const std::int32_t typmod = fitting.typmod;
  if (type == oid::kVarchar || type == oid::kBpchar) {
    if (!fitting.is_explicit) return io::fit_text(type, typmod, value.bytes(), arena);
    const auto most = static_cast<std::size_t>(typmod - 4);
    Bytes text = value.bytes();
    if (io::length_utf8(text) > most) {
      std::size_t at = 0;
      for (std::size_t count = 0; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
        if (begins && count++ == most) break;
      }
      text = text.substr(0, at);
    }
    return io::fit_text(type, typmod, text, arena);
  }
  if (type == oid::kNumeric && typmod >= 4) {
    // The text way is the short one; a cast to a column's own type is rare.
    std::string text;
    append_text(type, value, settings, text);
    return parse_text(type, typmod, text, settings, arena);
  }
  if (io::is_date_time(type)) return io::fit_date_time(type, typmod, value, arena);
  const Type* const found = find_type(type);
  if (found == nullptr || !found->is_array()) return value;
  // What is said of an array is said of its elements.
  ArrayReader reader(value.bytes());
  ArrayWriter writer(found->element);
  std::vector<ArrayDimension> dimensions;
  for (int i = 0; i < reader.dimension_count(); ++i) dimensions.push_back(reader.dimension(i));
  Value element;
  while (reader.next(element)) {
    if (!element.is_null) {
      LK_TRY(element,
             fit_value_of({found->element, typmod, fitting.is_explicit}, element, arena, settings));
    }
    writer.add(element);
  }
  return writer.finish(arena, dimensions);
}

}  // namespace

Value evaluate(const Expr& expr, Evaluation& evaluation) {
  switch (expr.kind) {
    case ExprKind::Constant:
      return expr.constant;
    case ExprKind::Parameter:
      LK_ASSERT(static_cast<std::size_t>(expr.index) < evaluation.parameters.size());
      return evaluation.parameters[static_cast<std::size_t>(expr.index)];
    case ExprKind::Column:
      return expr.level == 0 ? evaluation.slots[expr.slot]
                             : evaluation_at(evaluation, expr.level).slots[expr.slot];
    case ExprKind::Call:
      return expr.spreads_last ? call_with_elements(expr, evaluation) : call(expr, evaluation);
    case ExprKind::Relabel:
      return evaluate(*expr.args[0], evaluation);
    case ExprKind::ByText:
      return by_text(expr, evaluation);
    case ExprKind::Fit: {
      const Value value = evaluate(*expr.args[0], evaluation);
      if (value.is_null || evaluation.failed()) return Value::null();
      Result<Value> fitted = fit_value(expr, value, *evaluation.arena, *evaluation.settings);
      if (fitted.has_value()) return *fitted;
      evaluation.fail(std::move(fitted).error());
      return Value::null();
    }
    case ExprKind::And:
      return conjunction(expr, evaluation, false);
    case ExprKind::Or:
      return conjunction(expr, evaluation, true);
    case ExprKind::Not: {
      const Value value = evaluate(*expr.args[0], evaluation);
      return value.is_null ? value : Value::of_bool(!value.boolean());
    }
    case ExprKind::Case:
      return choose_case(expr, evaluation);
    case ExprKind::Coalesce:
      for (const Expr* const arg : expr.args) {
        const Value value = evaluate(*arg, evaluation);
        if (!value.is_null || evaluation.failed()) return value;
      }
      return Value::null();
    case ExprKind::NullIf: {
      const Value left = evaluate(*expr.args[0], evaluation);
      return holds(*expr.args[2], evaluation) ? Value::null() : left;
    }
    case ExprKind::Greatest:
      return extreme(expr, evaluation, true);
    case ExprKind::Least:
      return extreme(expr, evaluation, false);
    case ExprKind::IsNull:
    case ExprKind::IsNotNull:
      return null_test(expr, evaluation);
    case ExprKind::BoolTest:
      return bool_test(expr, evaluation);
    case ExprKind::Distinct:
      return distinct(expr, evaluation, true);
    case ExprKind::NotDistinct:
      return distinct(expr, evaluation, false);
    case ExprKind::AnyOf:
    case ExprKind::AllOf:
      return over_elements(expr, evaluation);
    case ExprKind::Array:
      return make_array(expr, evaluation);
    case ExprKind::Exists:
    case ExprKind::Scalar:
    case ExprKind::InQuery:
    case ExprKind::ArrayOf:
    case ExprKind::ScalarRow:
      return from_subquery(expr, evaluation);
    case ExprKind::Row:
    case ExprKind::WholeRow:
      return make_record(expr, evaluation);
    case ExprKind::Field:
      return field_of(expr, evaluation);
    case ExprKind::Aggregate:
    case ExprKind::Default:
      break;
  }
  evaluation.fail(Error(ErrorCode::NotSupported, "a row value is not supported here"));
  return Value::null();
}

}  // namespace latchkey::sql::exec
