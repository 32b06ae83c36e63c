#include "sql/exec/evaluate.h"

#include <boost/container/small_vector.hpp>

#include "base/assert.h"
#include "sql/exec/subplan.h"
#include "sql/types/array.h"
#include "sql/types/io.h"

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

Value make_array(const Expr& expr, Evaluation& evaluation) {
  const Type* const type = find_type(expr.type);
  LK_ASSERT(type != nullptr && type->is_array());
  ArrayWriter writer(type->element);
  for (const Expr* const arg : expr.args) {
    writer.add(evaluate(*arg, evaluation));
    if (evaluation.failed()) return Value::null();
  }
  return writer.finish(*evaluation.arena);
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

/// A value cut or rounded to what its column allows. A cast cuts a text that is too long; an
/// assignment refuses it.
Result<Value> fit_value(const Expr& expr, const Value& value, Arena& arena,
                        const TextSettings& settings) {
  const Oid type = expr.type;
  const std::int32_t typmod = expr.typmod;
  if (type == oid::kVarchar || type == oid::kBpchar) {
    if (!expr.is_explicit) return io::fit_text(type, typmod, value.bytes(), arena);
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
  return value;
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
      return call(expr, evaluation);
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
      return Value::of_bool(evaluate(*expr.args[0], evaluation).is_null);
    case ExprKind::IsNotNull:
      return Value::of_bool(!evaluate(*expr.args[0], evaluation).is_null);
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
    case ExprKind::Element:
      return element_of(expr, evaluation);
    case ExprKind::Exists:
    case ExprKind::Scalar:
    case ExprKind::InQuery:
    case ExprKind::ArrayOf:
      return from_subquery(expr, evaluation);
    case ExprKind::Row:
    case ExprKind::Aggregate:
    case ExprKind::Default:
      break;
  }
  evaluation.fail(Error(ErrorCode::NotSupported, "a row value is not supported here"));
  return Value::null();
}

}  // namespace latchkey::sql::exec
