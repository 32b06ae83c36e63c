#include <deque>
#include <unordered_map>

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

/// Keeps the right side in memory, by its keys.
class HashJoin final : public Node {
 public:
  HashJoin(JoinType type, bool is_full, NodePtr left, NodePtr right, HashKeys keys,
           std::vector<const bind::Expr*> conditions, std::vector<SlotRange> left_slots,
           std::vector<SlotRange> right_slots, const bind::Query& query, Evaluation& evaluation)
      : type_(type),
        is_full_(is_full),
        left_(std::move(left)),
        right_(std::move(right)),
        keys_(std::move(keys)),
        conditions_(std::move(conditions)),
        left_slots_(std::move(left_slots)),
        right_slots_(std::move(right_slots)),
        evaluation_(evaluation) {
    for (const auto& [first, count] : right_slots_) {
      for (const bind::RangeEntry& entry : query.entries) {
        if (entry.key_slot == first) types_.push_back(oid::kBytea);
        if (entry.version_slot == first) types_.push_back(oid::kInt8);
        if (entry.first_slot != first || entry.types.empty()) continue;
        types_.insert(types_.end(), entry.types.begin(), entry.types.end());
      }
    }
  }
  ~HashJoin() override { give_back(); }

  Result<void> open() override {
    LK_CHECK(read_right());
    has_left_ = false;
    left_done_ = false;
    unmatched_ = 0;
    return left_->open();
  }

  Result<bool> next() override {
    for (;;) {
      if (left_done_) return is_full_ ? next_unmatched() : Result<bool>(false);
      if (!has_left_) {
        LK_TRY(has_left_, left_->next());
        if (!has_left_) {
          left_done_ = true;
          continue;
        }
        matched_ = false;
        LK_CHECK(find_left());
      }
      while (at_ != kNone) {
        Row& row = rows_[at_];
        at_ = row.next;
        show(row);
        LK_TRY(const bool fits, conditions_hold());
        if (!fits) continue;
        matched_ = true;
        row.matched = true;
        return true;
      }
      has_left_ = false;
      if (type_ == JoinType::Left && !matched_) {
        set_null(right_slots_, evaluation_.slots);
        return true;
      }
    }
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  struct Row {
    Value* values;
    std::size_t next;
    bool matched = false;
  };

  void give_back() {
    if (reserved_ > 0) evaluation_.context->engine.reserve_memory(-reserved_);
    reserved_ = 0;
  }
  Result<void> reserve() {
    const auto used = static_cast<std::int64_t>(kept_.used_bytes() + rows_.size() * sizeof(Row));
    constexpr std::int64_t kStep = 1 << 20;
    if (used < reserved_ + kStep) return {};
    if (!evaluation_.context->engine.reserve_memory(used - reserved_)) {
      return Error(ErrorCode::MemoryExhausted, "out of memory")
          .with_detail("The rows of a join do not fit the memory limit.");
    }
    reserved_ = used;
    return {};
  }

  /// Nothing when a key is null: it is equal to no other.
  Result<bool> key_of(const std::vector<const bind::Expr*>& exprs,
                      const std::vector<const bind::Expr*>& others, std::string& key) {
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    key.clear();
    for (std::size_t i = 0; i < exprs.size(); ++i) {
      const Value value = evaluate(*exprs[i], evaluation_);
      if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
      if (value.is_null) return false;
      // Integers of all sizes meet as the widest.
      const Type* const type = find_type(exprs[i]->type);
      const bool is_integer = type != nullptr && type->kept == Kept::Integer;
      append_group_key(is_integer ? oid::kInt8 : exprs[i]->type, value, key);
      (void)others;
    }
    return true;
  }

  Result<void> read_right() {
    rows_.clear();
    heads_.clear();
    kept_.reset();
    LK_CHECK(right_->open());
    std::string key;
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, right_->next());
      if (!more) return {};
      LK_TRY(const bool has_key, key_of(keys_.right, keys_.left, key));
      if (!has_key && !is_full_) continue;
      auto* const values = reinterpret_cast<Value*>(kept_.allocate(types_.size() * sizeof(Value)));
      std::size_t at = 0;
      for (const auto& [first, count] : right_slots_) {
        for (int i = 0; i < count; ++i, ++at) {
          new (&values[at]) Value(keep_value(types_[at], evaluation_.slots[first + i], kept_));
        }
      }
      if (!has_key) {
        rows_.push_back({values, kNone});
        continue;
      }
      const auto [head, is_new] = heads_.try_emplace(key, Chain{rows_.size(), rows_.size()});
      rows_.push_back({values, kNone});
      if (!is_new) {
        rows_[head->second.last].next = rows_.size() - 1;
        head->second.last = rows_.size() - 1;
      }
      LK_CHECK(reserve());
    }
  }

  Result<void> find_left() {
    LK_TRY(const bool has_key, key_of(keys_.left, keys_.right, key_));
    const auto found = has_key ? heads_.find(key_) : heads_.end();
    at_ = found == heads_.end() ? kNone : found->second.first;
    return {};
  }

  void show(const Row& row) {
    std::size_t at = 0;
    for (const auto& [first, count] : right_slots_) {
      for (int i = 0; i < count; ++i) evaluation_.slots[first + i] = row.values[at++];
    }
  }

  Result<bool> conditions_hold() {
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    for (const bind::Expr* const each : conditions_) {
      const bool held = holds(*each, evaluation_);
      if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
      if (!held) return false;
    }
    return true;
  }

  Result<bool> next_unmatched() {
    while (unmatched_ < rows_.size() && rows_[unmatched_].matched) ++unmatched_;
    if (unmatched_ == rows_.size()) return false;
    show(rows_[unmatched_++]);
    set_null(left_slots_, evaluation_.slots);
    return true;
  }

  struct Chain {
    std::size_t first;
    std::size_t last;
  };

  const JoinType type_;
  const bool is_full_;
  NodePtr left_;
  NodePtr right_;
  const HashKeys keys_;
  const std::vector<const bind::Expr*> conditions_;
  const std::vector<SlotRange> left_slots_;
  const std::vector<SlotRange> right_slots_;
  Evaluation& evaluation_;
  std::vector<Oid> types_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, Chain> heads_;
  Arena kept_;
  Arena arena_;
  std::string key_;
  std::int64_t reserved_ = 0;
  std::size_t at_ = kNone;
  std::size_t unmatched_ = 0;
  bool has_left_ = false;
  bool left_done_ = false;
  bool matched_ = false;
};

}  // namespace

NodePtr make_nested_loop(JoinType type, NodePtr left, NodePtr right,
                         std::vector<const bind::Expr*> conditions,
                         std::vector<SlotRange> right_slots, Evaluation& evaluation) {
  return std::make_unique<NestedLoop>(type, std::move(left), std::move(right),
                                      std::move(conditions), std::move(right_slots), evaluation);
}

NodePtr make_hash_join(JoinType type, bool is_full, NodePtr left, NodePtr right, HashKeys keys,
                       std::vector<const bind::Expr*> conditions, std::vector<SlotRange> left_slots,
                       std::vector<SlotRange> right_slots, const bind::Query& query,
                       Evaluation& evaluation) {
  return std::make_unique<HashJoin>(type, is_full, std::move(left), std::move(right),
                                    std::move(keys), std::move(conditions), std::move(left_slots),
                                    std::move(right_slots), query, evaluation);
}

}  // namespace latchkey::sql::exec
