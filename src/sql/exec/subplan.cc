#include "sql/exec/subplan.h"

#include "base/assert.h"
#include "sql/exec/build.h"
#include "sql/exec/common_rows.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/hashed_rows.h"
#include "sql/types/array.h"
#include "sql/types/record.h"

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

exec::ForeignKeys& ExecutionContext::foreign_keys(const TextSettings& settings) {
  if (foreign_keys_ == nullptr)
    foreign_keys_ = std::make_unique<exec::ForeignKeys>(*this, settings);
  return *foreign_keys_;
}

exec::CommonRows& ExecutionContext::common(const bind::CommonTable& table) {
  const auto found = commons_.find(&table);
  LK_ASSERT(found != commons_.end());
  return *found->second;
}

void ExecutionContext::put_common(const bind::CommonTable& table,
                                  std::unique_ptr<exec::CommonRows> rows) {
  commons_[&table] = std::move(rows);
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
  begin_commons(query, evaluation_);
  root_ = build(query, evaluation_);
}

Result<void> QueryRun::open() {
  reset_commons(query_, *evaluation_.context);
  return root_->open();
}

SubPlan::SubPlan(const bind::Expr& expr, ExecutionContext& context, const Evaluation& outer)
    : query_(*expr.query),
      run_(*expr.query, context, &outer, outer.parameters, *outer.settings),
      memory_(context) {
  for (std::size_t i = 0; i < query_.targets.size(); ++i) {
    if (!query_.targets[i].is_hidden) shown_.push_back(i);
  }
  if (expr.kind == bind::ExprKind::Exists) hashed_ = HashedExists::make(expr, context, outer);
  if (expr.kind == bind::ExprKind::InQuery && query_.parent_levels == 0) plan_hash(expr);
}

SubPlan::~SubPlan() = default;

void SubPlan::plan_hash(const bind::Expr& expr) {
  if (expr.is_all) return;
  std::vector<const bind::Expr*> parts = {expr.args[0]};
  if (expr.args[0]->kind == bind::ExprKind::And) {
    parts.assign(expr.args[0]->args.begin(), expr.args[0]->args.end());
  }
  for (const bind::Expr* const part : parts) {
    const bool is_equality = part->kind == bind::ExprKind::Call && part->args.size() == 2 &&
                             part->function->is(kOperator) && part->function->name == "=" &&
                             hash_alike(part->args[0]->type, part->args[1]->type);
    if (!is_equality) return;
    left_keys_.push_back(part->args[0]);
    right_keys_.push_back(part->args[1]);
  }
  set_ = std::make_unique<KeySet>(right_keys_, *run_.evaluation().context);
}

Result<Value> SubPlan::exists(const bind::Expr& expr, Evaluation& outer) {
  if (hashed_ != nullptr && hashed_->is_due()) {
    LK_TRY(const bool found, hashed_->contains(outer));
    return Value::of_bool(found);
  }
  return compute(expr, outer);
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
  LK_TRY(value_, expr.kind == bind::ExprKind::Exists ? exists(expr, outer) : compute(expr, outer));
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
    const Type* const element = find_type(type);
    if (element != nullptr && element->is_array()) {
      // Arrays become the rows of one.
      std::vector<Value> arrays;
      for (;;) {
        LK_TRY(const bool more, run_.next());
        if (!more) return stack_arrays(element->element, arrays, arena_);
        arrays.push_back(keep(type, run_.target(target)));
      }
    }
    ArrayWriter writer(type);
    for (;;) {
      LK_TRY(const bool more, run_.next());
      if (!more) return writer.finish(arena_);
      writer.add(run_.target(target));
    }
  }
  LK_TRY(const bool found, run_.next());
  if (!found) return Value::null();
  const Value value =
      expr.kind == bind::ExprKind::ScalarRow ? whole_row() : keep(type, run_.target(target));
  LK_TRY(const bool more, run_.next());
  if (more) {
    return Error(ErrorCode::CardinalityViolation,
                 "more than one row returned by a subquery used as an expression");
  }
  return value;
}

Value SubPlan::whole_row() {
  RecordWriter writer;
  for (const std::size_t target : shown_) {
    writer.add({}, query_.targets[target].expr->type, run_.target(target));
  }
  return writer.finish(arena_);
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
    LK_CHECK(memory_.use(arena_.used_bytes() + rows_.size() * 2 * sizeof(Value)));
  }
  has_rows_ = true;
  return {};
}

Result<Value> SubPlan::test_rows(const bind::Expr& expr, Evaluation& outer) {
  const bool is_new = !has_rows_ || query_.parent_levels > 0;
  if (is_new) LK_CHECK(collect_rows());
  if (set_ == nullptr) return test_range(expr, outer, rows_);
  for (std::size_t row = 0; is_new && row < rows_.size(); row += shown_.size()) {
    std::vector<Value> values;
    bool has_null = false;
    for (std::size_t i = 0; i < shown_.size(); ++i) {
      outer.slots[expr.slot + static_cast<int>(i)] = rows_[row + i];
    }
    for (const bind::Expr* const key : right_keys_) {
      values.push_back(evaluate(*key, outer));
      has_null = has_null || values.back().is_null;
    }
    LK_CHECK(failure_of(outer));
    if (!has_null) {
      LK_CHECK(set_->add(values, right_keys_));
      continue;
    }
    for (std::size_t i = 0; i < shown_.size(); ++i) null_rows_.push_back(rows_[row + i]);
  }
  return look_up(expr, outer);
}

/// A value that is in the set is found; one that is not may still be equal to a null.
Result<Value> SubPlan::look_up(const bind::Expr& expr, Evaluation& outer) {
  if (rows_.empty()) return Value::of_bool(false);
  std::vector<Value> values;
  bool has_null = false;
  for (const bind::Expr* const key : left_keys_) {
    values.push_back(evaluate(*key, outer));
    has_null = has_null || values.back().is_null;
  }
  LK_CHECK(failure_of(outer));
  if (has_null) {
    return values.size() == 1 ? Result<Value>(Value::null()) : test_range(expr, outer, rows_);
  }
  if (set_->contains(values)) return Value::of_bool(true);
  return test_range(expr, outer, null_rows_);
}

Result<Value> SubPlan::test_range(const bind::Expr& expr, Evaluation& outer,
                                  std::span<const Value> rows) {
  bool has_null = false;
  for (std::size_t row = 0; row + shown_.size() <= rows.size(); row += shown_.size()) {
    LK_CHECK(outer.context->check_cancelled());
    for (std::size_t i = 0; i < shown_.size(); ++i) {
      outer.slots[expr.slot + static_cast<int>(i)] = rows[row + i];
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
