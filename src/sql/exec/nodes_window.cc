#include <algorithm>
#include <map>

#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_memory.h"
#include "sql/exec/window.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::FrameBound;
using bind::FrameExclusion;
using bind::Query;
using bind::WindowCall;

/// Which columns a row that waits has, and in which order each window wants the rows.
///
/// A row holds the slots that are looked at behind it, then what windows divide and sort by.
class WindowPlan {
 public:
  explicit WindowPlan(const Query& query) : query_(query) {
    for (const bind::Target& target : query.targets) keep_columns(*target.expr);
    for (const bind::SetCall& set : query.set_calls) {
      if (!set.is_grouped) keep_columns(*set.call);
    }
    for (const WindowCall& call : query.window_calls) {
      for (const Expr* const arg : call.args) keep_columns(*arg);
      if (call.filter != nullptr) keep_columns(*call.filter);
      keep_slot(call.slot, call.type);
    }
    shown_ = slots_.size();
    for (const bind::Window& window : query.windows) {
      std::vector<SortColumn> part;
      for (const Expr* const expr : window.partition) part.push_back(column_of(*expr));
      std::vector<SortColumn> order;
      for (std::size_t i = 0; i < window.order.size(); ++i) {
        SortColumn column = column_of(*window.order[i]);
        column.is_descending = window.order_keys[i].is_descending;
        column.nulls_first = window.order_keys[i].nulls_first;
        order.push_back(column);
      }
      parts_.push_back(std::move(part));
      orders_.push_back(std::move(order));
    }
    choose_turns();
  }

  std::size_t width() const { return slots_.size() + computed_.size(); }
  std::size_t shown() const { return shown_; }
  const std::vector<int>& slots() const { return slots_; }
  const std::vector<Oid>& types() const { return types_; }
  const std::vector<const Expr*>& computed() const { return computed_; }
  const std::vector<SortColumn>& part(std::size_t window) const { return parts_[window]; }
  const std::vector<SortColumn>& order(std::size_t window) const { return orders_[window]; }
  /// The windows that are used, those whose order others can go by first.
  const std::vector<std::size_t>& turns() const { return turns_; }
  std::size_t column_of_slot(int slot) const {
    const auto found = std::find(slots_.begin(), slots_.end(), slot);
    LK_ASSERT(found != slots_.end());
    return static_cast<std::size_t>(found - slots_.begin());
  }
  std::vector<SortColumn> wanted_order(std::size_t window) const {
    std::vector<SortColumn> wanted;
    for (const std::vector<SortColumn>* const list : {&parts_[window], &orders_[window]}) {
      for (const SortColumn& column : *list) {
        const bool is_known = std::any_of(wanted.begin(), wanted.end(),
                                          [&](const SortColumn& c) { return c.at == column.at; });
        if (!is_known) wanted.push_back(column);
      }
    }
    return wanted;
  }

 private:
  void keep_slot(int slot, Oid type) {
    if (std::find(slots_.begin(), slots_.end(), slot) != slots_.end()) return;
    slots_.push_back(slot);
    types_.push_back(type);
  }
  void keep_columns(const Expr& expr) {
    bind::visit_columns(expr, [&](const Expr& column) {
      // What sets give is not there yet.
      for (const bind::SetCall& set : query_.set_calls) {
        if (set.slot == column.slot && !set.is_grouped) return;
      }
      keep_slot(column.slot, column.type);
    });
  }
  SortColumn column_of(const Expr& expr) {
    for (std::size_t i = 0; i < computed_.size(); ++i) {
      if (bind::same(*computed_[i], expr)) return {shown_ + i, expr.type, false, false};
    }
    computed_.push_back(&expr);
    return {shown_ + computed_.size() - 1, expr.type, false, false};
  }

  /// PostgreSQL's order of windows, which shows where rows are alike: columns that were named later
  /// come first, then longer lists. ORDER BY and GROUP BY name columns before windows do.
  void choose_turns() {
    std::map<std::size_t, std::size_t> rank;
    std::vector<const Expr*> named;
    const auto rank_of = [&](const Expr& expr) {
      for (std::size_t i = 0; i < named.size(); ++i) {
        if (bind::same(*named[i], expr)) return i;
      }
      named.push_back(&expr);
      return named.size() - 1;
    };
    for (const bind::SortKey& key : query_.sort) {
      rank_of(*query_.targets[static_cast<std::size_t>(key.target)].expr);
    }
    for (std::size_t window = 0; window < parts_.size(); ++window) {
      for (const SortColumn& column : wanted_order(window)) {
        rank[column.at] = rank_of(*computed_[column.at - shown_]);
      }
    }
    for (std::size_t window = 0; window < parts_.size(); ++window) {
      const auto is_used = [&](const WindowCall& call) {
        return static_cast<std::size_t>(call.window) == window;
      };
      if (std::any_of(query_.window_calls.begin(), query_.window_calls.end(), is_used)) {
        turns_.push_back(window);
      }
    }
    std::stable_sort(turns_.begin(), turns_.end(), [&](std::size_t a, std::size_t b) {
      const std::vector<SortColumn> left = wanted_order(a);
      const std::vector<SortColumn> right = wanted_order(b);
      for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        if (rank[left[i].at] != rank[right[i].at]) return rank[left[i].at] > rank[right[i].at];
        if (left[i].is_descending != right[i].is_descending) return left[i].is_descending;
        if (left[i].nulls_first != right[i].nulls_first) return left[i].nulls_first;
      }
      return left.size() > right.size();
    });
  }

  const Query& query_;
  std::vector<int> slots_;
  std::vector<Oid> types_;
  std::size_t shown_ = 0;
  std::vector<const Expr*> computed_;
  std::vector<std::vector<SortColumn>> parts_;
  std::vector<std::vector<SortColumn>> orders_;
  std::vector<std::size_t> turns_;
};

/// Keeps all rows, and computes for each what the functions find in its windows.
class WindowNode final : public Node {
 public:
  WindowNode(NodePtr input, const Query& query, Evaluation& evaluation)
      : input_(std::move(input)),
        query_(query),
        evaluation_(evaluation),
        plan_(query),
        memory_(*evaluation.context) {}

  Result<void> open() override {
    rows_.clear();
    kept_.reset();
    memory_.give_back();
    at_ = 0;
    LK_CHECK(input_->open());
    LK_CHECK(read_all());
    std::vector<SortColumn> sorted;
    for (const std::size_t window : plan_.turns()) {
      const std::vector<SortColumn> wanted = plan_.wanted_order(window);
      const bool is_sorted = wanted.size() <= sorted.size() &&
                             std::equal(wanted.begin(), wanted.end(), sorted.begin());
      if (!is_sorted) {
        sort_rows(rows_, wanted);
        sorted = wanted;
      }
      LK_CHECK(compute_window(window));
    }
    return {};
  }

  Result<bool> next() override {
    if (at_ == rows_.size()) return false;
    show(at_++);
    return true;
  }

 private:
  void show(std::size_t row) {
    const Value* const values = rows_[row];
    for (std::size_t i = 0; i < plan_.shown(); ++i) {
      evaluation_.slots[plan_.slots()[i]] = values[i];
    }
  }

  Result<void> use_memory() {
    return memory_.use(kept_.used_bytes() + rows_.size() * 3 * sizeof(Value*));
  }

  Result<void> read_all() {
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, input_->next());
      if (!more) return {};
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      auto* const row = reinterpret_cast<Value*>(kept_.allocate(plan_.width() * sizeof(Value)));
      for (std::size_t i = 0; i < plan_.shown(); ++i) {
        const Value& value = evaluation_.slots[plan_.slots()[i]];
        const bool is_result = is_result_slot(plan_.slots()[i]);
        new (&row[i]) Value(is_result ? Value() : keep_value(plan_.types()[i], value, kept_));
      }
      for (std::size_t i = 0; i < plan_.computed().size(); ++i) {
        const Expr& expr = *plan_.computed()[i];
        new (&row[plan_.shown() + i])
            Value(keep_value(expr.type, evaluate(expr, evaluation_), kept_));
      }
      LK_CHECK(failure_of(evaluation_));
      rows_.push_back(row);
      LK_CHECK(use_memory());
    }
  }

  bool is_result_slot(int slot) const {
    return std::any_of(query_.window_calls.begin(), query_.window_calls.end(),
                       [&](const WindowCall& call) { return call.slot == slot; });
  }

  Result<void> compute_window(std::size_t window) {
    FrameFinder frames(query_.windows[window], evaluation_);
    LK_CHECK(frames.begin_query());
    WindowPart part;
    while (part.end < rows_.size()) {
      find_part(window, part);
      for (const WindowCall& call : query_.window_calls) {
        if (static_cast<std::size_t>(call.window) != window) continue;
        const std::vector<SortColumn>& order = plan_.order(window);
        frames.begin_part(part, rows_, order.size() == 1 ? &order[0] : nullptr);
        LK_CHECK(call.aggregate != nullptr ? compute_aggregate(call, part, frames)
                                           : compute_function(call, part, frames));
      }
    }
    return {};
  }

  /// The part behind `part`.
  void find_part(std::size_t window, WindowPart& part) {
    part.begin = part.end;
    part.group_of.clear();
    part.group_begin.clear();
    for (std::size_t row = part.begin; row < rows_.size(); ++row) {
      if (row > part.begin && order_of(plan_.part(window), rows_[row - 1], rows_[row]) != 0) break;
      if (row == part.begin || order_of(plan_.order(window), rows_[row - 1], rows_[row]) != 0) {
        part.group_begin.push_back(row);
      }
      part.group_of.push_back(part.group_begin.size() - 1);
      part.end = row + 1;
    }
    part.group_begin.push_back(part.end);
  }

  Value& result_of(const WindowCall& call, std::size_t row) {
    return rows_[row][plan_.column_of_slot(call.slot)];
  }

  // Aggregates. A frame that only grows is gathered as it grows.

  Result<void> step(const WindowCall& call, AggregateState& state, std::size_t row) {
    LK_CHECK(evaluation_.context->check_cancelled());
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    show(row);
    if (call.filter != nullptr) {
      const bool wanted = holds(*call.filter, evaluation_);
      LK_CHECK(failure_of(evaluation_));
      if (!wanted) return {};
    }
    args_.clear();
    for (const Expr* const arg : call.args) {
      args_.push_back(evaluate(*arg, evaluation_));
      if (args_.back().is_null && !call.aggregate->takes_null) return failure_of(evaluation_);
    }
    LK_CHECK(failure_of(evaluation_));
    call.aggregate->step(state, Call{evaluation_, args_, call.types});
    return failure_of(evaluation_);
  }

  Result<Value> finish(const WindowCall& call, AggregateState& state) {
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    const Value value = call.aggregate->finish(state, Call{evaluation_, {}, call.types});
    LK_CHECK(failure_of(evaluation_));
    return keep_value(call.type, value, kept_);
  }

  /// Whether the frames of the part end with it, and the order of their rows makes no difference:
  /// then each grows out of the one behind it.
  bool grows_from_end(const WindowCall& call) const {
    const bind::Window& window = query_.windows[static_cast<std::size_t>(call.window)];
    if (window.end != FrameBound::UnboundedFollowing ||
        window.start == FrameBound::UnboundedPreceding ||
        window.exclusion != FrameExclusion::None) {
      return false;
    }
    for (const Oid type : call.types.arguments) {
      const Type* const found = find_type(type);
      if (found != nullptr && found->kept == Kept::Number) return false;
    }
    return is_order_free(*call.aggregate);
  }

  Result<void> compute_from_end(const WindowCall& call, const WindowPart& part,
                                FrameFinder& frames) {
    std::vector<std::size_t> begins;
    for (std::size_t row = part.begin; row < part.end; ++row) {
      LK_TRY(const Frame frame, frames.frame_of(row));
      begins.push_back(frame.begin);
    }
    Arena gathered;
    AggregateState state;
    state.arena = &gathered;
    std::size_t begin = part.end;
    LK_TRY(Value value, finish(call, state));
    for (std::size_t row = part.end; row-- > part.begin;) {
      const std::size_t wanted = begins[row - part.begin];
      const bool is_longer = wanted < begin;
      while (begin > wanted) LK_CHECK(step(call, state, --begin));
      if (is_longer) {
        LK_TRY(value, finish(call, state));
      }
      result_of(call, row) = value;
      LK_CHECK(use_memory());
    }
    return {};
  }

  Result<void> compute_aggregate(const WindowCall& call, const WindowPart& part,
                                 FrameFinder& frames) {
    if (grows_from_end(call)) return compute_from_end(call, part, frames);
    Arena gathered;
    AggregateState state;
    state.arena = &gathered;
    Frame before;
    before.begin = before.end = part.begin;
    bool has_value = false;
    Value value;
    for (std::size_t row = part.begin; row < part.end; ++row) {
      LK_TRY(const Frame frame, frames.frame_of(row));
      const bool grows = frame.begin == before.begin && frame.end >= before.end &&
                         !frame.has_exclusion() && !before.has_exclusion();
      if (!grows) {
        gathered.reset();
        state = AggregateState();
        state.arena = &gathered;
        before.begin = before.end = frame.begin;
        has_value = false;
      }
      for (std::size_t each = before.end; each < frame.end; ++each) {
        if (!frame.contains(each)) continue;
        LK_CHECK(step(call, state, each));
        has_value = false;
      }
      if (!has_value) {
        LK_TRY(value, finish(call, state));
        has_value = true;
      }
      before = frame;
      result_of(call, row) = value;
      LK_CHECK(use_memory());
    }
    return {};
  }

  // The functions that need OVER.

  Result<Value> argument(const WindowCall& call, std::size_t index, std::size_t row) {
    show(row);
    const Value value = evaluate(*call.args[index], evaluation_);
    LK_CHECK(failure_of(evaluation_));
    return value;
  }

  Result<void> compute_function(const WindowCall& call, const WindowPart& part,
                                FrameFinder& frames) {
    const std::size_t column = plan_.column_of_slot(call.slot);
    for (std::size_t row = part.begin; row < part.end; ++row) {
      LK_CHECK(evaluation_.context->check_cancelled());
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      LK_TRY(const Value value, function_value(call, part, frames, row));
      rows_[row][column] = keep_value(call.type, value, kept_);
      LK_CHECK(use_memory());
    }
    return {};
  }

  Result<Value> function_value(const WindowCall& call, const WindowPart& part, FrameFinder& frames,
                               std::size_t row) {
    const auto whole = [](std::size_t number) {
      return Value::of_integer(static_cast<std::int64_t>(number));
    };
    const std::size_t rank = part.peers_begin(row) - part.begin;
    switch (call.function->kind) {
      case WindowKind::RowNumber:
        return whole(row - part.begin + 1);
      case WindowKind::Rank:
        return whole(rank + 1);
      case WindowKind::DenseRank:
        return whole(part.group_of[row - part.begin] + 1);
      case WindowKind::PercentRank:
        return Value::of_number(part.size() <= 1 ? 0
                                                 : static_cast<double>(rank) /
                                                       static_cast<double>(part.size() - 1));
      case WindowKind::CumeDist:
        return Value::of_number(static_cast<double>(part.peers_end(row) - part.begin) /
                                static_cast<double>(part.size()));
      case WindowKind::Ntile:
        return tile(call, part, row);
      case WindowKind::Lag:
        return neighbour(call, part, row, -1);
      case WindowKind::Lead:
        return neighbour(call, part, row, 1);
      default:
        return of_frame(call, frames, row);
    }
  }

  Result<Value> tile(const WindowCall& call, const WindowPart& part, std::size_t row) {
    LK_TRY(const Value wanted, argument(call, 0, part.begin));
    if (wanted.is_null) return Value::null();
    if (wanted.integer <= 0) {
      return Error(ErrorCode::InvalidArgument, "argument of ntile must be greater than zero")
          .with([](ErrorDetails& details) { details.sqlstate = "22014"; });
    }
    const auto tiles = static_cast<std::size_t>(wanted.integer);
    const std::size_t small = part.size() / tiles;
    const std::size_t large_count = part.size() % tiles;
    const std::size_t in_large = large_count * (small + 1);
    const std::size_t at = row - part.begin;
    const std::size_t number =
        at < in_large ? at / (small + 1) : large_count + (at - in_large) / small;
    return Value::of_integer(static_cast<std::int64_t>(number + 1));
  }

  Result<Value> neighbour(const WindowCall& call, const WindowPart& part, std::size_t row,
                          std::int64_t direction) {
    std::int64_t distance = 1;
    if (call.args.size() > 1) {
      LK_TRY(const Value wanted, argument(call, 1, row));
      if (wanted.is_null) return Value::null();
      distance = wanted.integer;
    }
    const std::int64_t at = static_cast<std::int64_t>(row - part.begin) + direction * distance;
    if (at >= 0 && at < static_cast<std::int64_t>(part.size())) {
      return argument(call, 0, part.begin + static_cast<std::size_t>(at));
    }
    return call.args.size() > 2 ? argument(call, 2, row) : Result<Value>(Value::null());
  }

  Result<Value> of_frame(const WindowCall& call, FrameFinder& frames, std::size_t row) {
    LK_TRY(const Frame frame, frames.frame_of(row));
    std::int64_t wanted = 1;
    if (call.function->kind == WindowKind::NthValue) {
      LK_TRY(const Value number, argument(call, 1, row));
      if (number.is_null) return Value::null();
      wanted = number.integer;
      if (wanted <= 0) {
        return Error(ErrorCode::InvalidArgument, "argument of nth_value must be greater than zero")
            .with([](ErrorDetails& details) { details.sqlstate = "22016"; });
      }
    }
    if (call.function->kind == WindowKind::LastValue) {
      for (std::size_t each = frame.end; each-- > frame.begin;) {
        if (frame.contains(each)) return argument(call, 0, each);
      }
      return Value::null();
    }
    if (!frame.has_exclusion()) {
      const auto size = static_cast<std::int64_t>(frame.end - frame.begin);
      if (wanted > size) return Value::null();
      return argument(call, 0, frame.begin + static_cast<std::size_t>(wanted - 1));
    }
    for (std::size_t each = frame.begin; each < frame.end; ++each) {
      if (frame.contains(each) && --wanted == 0) return argument(call, 0, each);
    }
    return Value::null();
  }

  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  const WindowPlan plan_;
  RowMemory memory_;
  std::vector<Value*> rows_;
  Arena kept_;
  Arena arena_;
  std::vector<Value> args_;
  std::size_t at_ = 0;
};

}  // namespace

NodePtr make_window(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<WindowNode>(std::move(input), query, evaluation);
}

}  // namespace latchkey::sql::exec
