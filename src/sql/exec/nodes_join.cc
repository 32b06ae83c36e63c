#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

namespace {

void set_null(std::span<const SlotRange> ranges, Value* slots) {
  for (const auto& [first, count] : ranges) {
    for (int i = 0; i < count; ++i) slots[first + i] = Value::null();
  }
}

class NestedLoop final : public Node {
 public:
  NestedLoop(JoinType type, NodePtr left, NodePtr right, std::vector<const bind::Expr*> conditions,
             std::vector<SlotRange> right_slots, Evaluation& evaluation)
      : type_(type),
        left_(std::move(left)),
        right_(std::move(right)),
        conditions_(std::move(conditions)),
        right_slots_(std::move(right_slots)),
        evaluation_(evaluation) {}

  Result<void> open() override {
    has_left_ = false;
    return left_->open();
  }

  Result<bool> next() override {
    for (;;) {
      if (!has_left_) {
        LK_TRY(has_left_, left_->next());
        if (!has_left_) return false;
        matched_ = false;
        LK_CHECK(right_->open());
      }
      LK_TRY(const bool more, right_->next());
      if (!more) {
        has_left_ = false;
        if (type_ == JoinType::Left && !matched_) {
          set_null(right_slots_, evaluation_.slots);
          return true;
        }
        continue;
      }
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      bool fits = true;
      for (const bind::Expr* const each : conditions_) fits = fits && holds(*each, evaluation_);
      if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
      if (!fits) continue;
      matched_ = true;
      return true;
    }
  }

 private:
  const JoinType type_;
  NodePtr left_;
  NodePtr right_;
  const std::vector<const bind::Expr*> conditions_;
  const std::vector<SlotRange> right_slots_;
  Evaluation& evaluation_;
  Arena arena_;
  bool has_left_ = false;
  bool matched_ = false;
};

}  // namespace

NodePtr make_nested_loop(JoinType type, NodePtr left, NodePtr right,
                         std::vector<const bind::Expr*> conditions,
                         std::vector<SlotRange> right_slots, Evaluation& evaluation) {
  return std::make_unique<NestedLoop>(type, std::move(left), std::move(right),
                                      std::move(conditions), std::move(right_slots), evaluation);
}

}  // namespace latchkey::sql::exec
