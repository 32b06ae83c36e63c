#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::ExprKind;

/// The rows of one call of a function; of a call that gives a single value, that one.
class RunningCall {
 public:
  RunningCall(const Expr& expr, int column_count)
      : expr_(expr), columns_(static_cast<std::size_t>(column_count)) {}

  /// Begins with the slots as they are. The arguments lie in the evaluation's arena until the end.
  Result<void> open(Evaluation& evaluation) {
    rows_.reset();
    single_.reset();
    if (expr_.kind != ExprKind::Call || !expr_.function->is(kReturnsSet)) {
      single_ = evaluate(expr_, evaluation);
      return failure_of(evaluation);
    }
    arguments_.clear();
    bool is_null = false;
    for (const Expr* const arg : expr_.args) {
      arguments_.push_back(evaluate(*arg, evaluation));
      is_null = is_null || arguments_.back().is_null;
    }
    LK_CHECK(failure_of(evaluation));
    if (is_null && !expr_.function->is(kTakesNull)) return {};
    rows_ = expr_.function->set_body(Call{evaluation, arguments_, expr_.types});
    return failure_of(evaluation);
  }

  /// Puts the next row into `to`, nulls behind the last one.
  Result<bool> next(Evaluation& evaluation, Value* to) {
    bool has_row = false;
    if (rows_ != nullptr) {
      has_row = rows_->next(evaluation, columns_);
      LK_CHECK(failure_of(evaluation));
      if (!has_row) rows_.reset();
    } else if (single_.has_value()) {
      has_row = true;
      columns_[0] = *std::exchange(single_, std::nullopt);
    }
    if (!has_row) std::fill(columns_.begin(), columns_.end(), Value::null());
    std::copy(columns_.begin(), columns_.end(), to);
    return has_row;
  }

 private:
  static Result<void> failure_of(Evaluation& evaluation) {
    if (!evaluation.failed()) return {};
    return *std::exchange(evaluation.error, std::nullopt);
  }

  const Expr& expr_;
  std::vector<Value> columns_;
  std::vector<Value> arguments_;
  std::unique_ptr<RowSource> rows_;
  std::optional<Value> single_;
};

/// Functions in FROM, side by side until the longest has ended.
class FunctionScan final : public Node {
 public:
  FunctionScan(const bind::RangeEntry& entry, Evaluation& evaluation)
      : entry_(entry), evaluation_(evaluation) {
    for (const bind::FunctionItem& item : entry.functions) {
      calls_.emplace_back(*item.call, item.column_count);
    }
  }

  Result<void> open() override {
    argument_arena_.reset();
    const ArenaScope scope(evaluation_, argument_arena_);
    row_number_ = 0;
    for (RunningCall& call : calls_) LK_CHECK(call.open(evaluation_));
    return {};
  }

  Result<bool> next() override {
    LK_CHECK(evaluation_.context->check_cancelled());
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    Value* to = evaluation_.slots + entry_.first_slot;
    bool has_row = false;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      LK_TRY(const bool more, calls_[i].next(evaluation_, to));
      has_row = has_row || more;
      to += entry_.functions[i].column_count;
    }
    if (entry_.has_ordinality) *to = Value::of_integer(++row_number_);
    return has_row;
  }

 private:
  const bind::RangeEntry& entry_;
  Evaluation& evaluation_;
  std::vector<RunningCall> calls_;
  Arena argument_arena_;
  Arena arena_;
  std::int64_t row_number_ = 0;
};

/// Sets among the targets: each row of the input once for each of their rows.
class SetResults final : public Node {
 public:
  SetResults(NodePtr input, std::vector<const bind::SetCall*> calls, Evaluation& evaluation)
      : input_(std::move(input)), sets_(std::move(calls)), evaluation_(evaluation) {
    for (const bind::SetCall* const set : sets_) calls_.emplace_back(*set->call, 1);
  }

  Result<void> open() override {
    has_input_ = false;
    return input_->open();
  }

  Result<bool> next() override {
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      if (!has_input_) {
        LK_TRY(has_input_, input_->next());
        if (!has_input_) return false;
        argument_arena_.reset();
        const ArenaScope scope(evaluation_, argument_arena_);
        for (RunningCall& call : calls_) LK_CHECK(call.open(evaluation_));
      }
      LK_TRY(has_input_, next_of_sets());
      if (has_input_) return true;
    }
  }

 private:
  Result<bool> next_of_sets() {
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    bool has_row = false;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      LK_TRY(const bool more, calls_[i].next(evaluation_, evaluation_.slots + sets_[i]->slot));
      has_row = has_row || more;
    }
    return has_row;
  }

  NodePtr input_;
  const std::vector<const bind::SetCall*> sets_;
  Evaluation& evaluation_;
  std::vector<RunningCall> calls_;
  bool has_input_ = false;
  Arena argument_arena_;
  Arena arena_;
};

}  // namespace

NodePtr make_function_scan(const bind::RangeEntry& entry, Evaluation& evaluation) {
  return std::make_unique<FunctionScan>(entry, evaluation);
}
NodePtr make_set_results(NodePtr input, std::vector<const bind::SetCall*> calls,
                         Evaluation& evaluation) {
  return std::make_unique<SetResults>(std::move(input), std::move(calls), evaluation);
}

}  // namespace latchkey::sql::exec
