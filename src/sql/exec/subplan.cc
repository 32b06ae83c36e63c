#include "sql/exec/subplan.h"

#include "base/assert.h"
#include "sql/exec/build.h"
#include "sql/exec/evaluate.h"
#include "sql/types/array.h"

namespace latchkey::sql {

ExecutionContext::ExecutionContext(storage::Transaction& the_transaction,
                                   storage::Engine& the_engine, const Catalog& the_catalog,
                                   SessionServices& the_services, Limits limits)
    : transaction(the_transaction),
      engine(the_engine),
      catalog(the_catalog),
      services(the_services),
      limits_(limits) {}

ExecutionContext::~ExecutionContext() = default;

Result<void> ExecutionContext::look_at_limits() {
  if (limits_.cancelled.load(std::memory_order_relaxed)) {
    return Error(ErrorCode::QueryCanceled, "canceling statement due to user request");
  }
  if (limits_.deadline_us != 0 && limits_.clock.steady_us() >= limits_.deadline_us) {
    return Error(ErrorCode::QueryCanceled, "canceling statement due to statement timeout");
  }
  return {};
}

exec::SubPlan& ExecutionContext::subplan(const bind::Expr& expr, const Evaluation& outer) {
  std::unique_ptr<exec::SubPlan>& plan = subplans_[&expr];
  if (plan == nullptr) plan = std::make_unique<exec::SubPlan>(expr, *this, outer);
  return *plan;
}

namespace exec {

QueryRun::QueryRun(const bind::Query& query, ExecutionContext& context, const Evaluation* outer,
                   std::span<const Value> parameters, const TextSettings& settings)
    : query_(query), slots_(static_cast<std::size_t>(query.slot_count)) {
  evaluation_.arena = &arena_;
  evaluation_.context = &context;
  evaluation_.settings = &settings;
  evaluation_.parameters = parameters;
  evaluation_.slots = slots_.data();
  evaluation_.outer = outer;
  root_ = build(query, evaluation_);
}

SubPlan::SubPlan(const bind::Expr& expr, ExecutionContext& context, const Evaluation& outer)
    : query_(*expr.query), run_(*expr.query, context, &outer, outer.parameters, *outer.settings) {
  for (std::size_t i = 0; i < query_.targets.size(); ++i) {
    if (!query_.targets[i].is_hidden) shown_.push_back(i);
  }
}

Value SubPlan::keep(Oid type, const Value& value) {
  const Type* const found = find_type(type);
  const bool in_bytes = found == nullptr || found->kept == Kept::Bytes;
  return in_bytes ? arena_.keep(value) : value;
}

Result<Value> SubPlan::value(const bind::Expr& expr, Evaluation& outer) {
  if (expr.kind == bind::ExprKind::InQuery) return test_rows(expr, outer);
  if (has_value_ && query_.parent_levels == 0) return value_;
  arena_.reset();
  LK_TRY(value_, compute(expr, outer));
  has_value_ = true;
  return value_;
}

Result<Value> SubPlan::compute(const bind::Expr& expr, Evaluation&) {
  LK_CHECK(run_.open());
  if (expr.kind == bind::ExprKind::Exists) {
    LK_TRY(const bool found, run_.next());
    return Value::of_bool(found);
  }
  const std::size_t target = shown_[0];
  const Oid type = query_.targets[target].expr->type;
  if (expr.kind == bind::ExprKind::ArrayOf) {
    ArrayWriter writer(type);
    for (;;) {
      LK_TRY(const bool more, run_.next());
      if (!more) return writer.finish(arena_);
      writer.add(run_.target(target));
    }
  }
  LK_TRY(const bool found, run_.next());
  if (!found) return Value::null();
  const Value value = keep(type, run_.target(target));
  LK_TRY(const bool more, run_.next());
  if (more) {
    return Error(ErrorCode::CardinalityViolation,
                 "more than one row returned by a subquery used as an expression");
  }
  return value;
}

Result<void> SubPlan::collect_rows() {
  rows_.clear();
  arena_.reset();
  LK_CHECK(run_.open());
  for (;;) {
    LK_TRY(const bool more, run_.next());
    if (!more) break;
    for (const std::size_t target : shown_) {
      rows_.push_back(keep(query_.targets[target].expr->type, run_.target(target)));
    }
  }
  has_rows_ = true;
  return {};
}

Result<Value> SubPlan::test_rows(const bind::Expr& expr, Evaluation& outer) {
  if (!has_rows_ || query_.parent_levels > 0) LK_CHECK(collect_rows());
  bool has_null = false;
  for (std::size_t row = 0; row + shown_.size() <= rows_.size(); row += shown_.size()) {
    for (std::size_t i = 0; i < shown_.size(); ++i) {
      outer.slots[expr.slot + static_cast<int>(i)] = rows_[row + i];
    }
    const Value value = evaluate(*expr.args[0], outer);
    if (outer.failed()) return Value::null();
    if (value.is_null)
      has_null = true;
    else if (value.boolean() != expr.is_all)
      return Value::of_bool(!expr.is_all);
  }
  return has_null ? Value::null() : Value::of_bool(expr.is_all);
}

}  // namespace exec

}  // namespace latchkey::sql
