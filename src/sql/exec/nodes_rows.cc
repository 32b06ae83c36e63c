#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/subplan.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::Query;

/// Memory of rows that wait, asked for from the one budget in steps.
class RowMemory {
 public:
  explicit RowMemory(ExecutionContext& context) : context_(context) {}
  ~RowMemory() { give_back(); }
  RowMemory(const RowMemory&) = delete;
  RowMemory& operator=(const RowMemory&) = delete;
  Result<void> use(std::size_t bytes) {
    constexpr std::int64_t kStep = 1 << 20;
    const auto used = static_cast<std::int64_t>(bytes);
    if (used < reserved_ + kStep) return {};
    if (!context_.engine.reserve_memory(used - reserved_)) {
      return Error(ErrorCode::MemoryExhausted, "out of memory")
          .with_detail("The rows to be sorted or grouped do not fit the memory limit.");
    }
    reserved_ = used;
    return {};
  }
  void give_back() {
    if (reserved_ > 0) context_.engine.reserve_memory(-reserved_);
    reserved_ = 0;
  }

 private:
  ExecutionContext& context_;
  std::int64_t reserved_ = 0;
};

Result<void> failure_of(Evaluation& evaluation) {
  if (!evaluation.failed()) return {};
  Error error = *std::move(evaluation.error);
  evaluation.error.reset();
  return error;
}

class Filter final : public Node {
 public:
  Filter(NodePtr input, std::vector<const Expr*> conditions, Evaluation& evaluation)
      : input_(std::move(input)), conditions_(std::move(conditions)), evaluation_(evaluation) {}
  Result<void> open() override { return input_->open(); }
  Result<bool> next() override {
    for (;;) {
      LK_TRY(const bool more, input_->next());
      if (!more) return false;
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      bool fits = true;
      for (const Expr* const each : conditions_) {
        fits = holds(*each, evaluation_);
        LK_CHECK(failure_of(evaluation_));
        if (!fits) break;
      }
      if (fits) return true;
    }
  }

 private:
  NodePtr input_;
  const std::vector<const Expr*> conditions_;
  Evaluation& evaluation_;
  Arena arena_;
};

/// Groups in memory, by the bytes of their keys.
class Aggregate final : public Node {
 public:
  Aggregate(NodePtr input, const Query& query, Evaluation& evaluation)
      : input_(std::move(input)),
        query_(query),
        evaluation_(evaluation),
        memory_(*evaluation.context) {}

  Result<void> open() override {
    groups_.clear();
    by_key_.clear();
    kept_.reset();
    memory_.give_back();
    LK_CHECK(input_->open());
    LK_CHECK(read_all());
    at_ = 0;
    return {};
  }

  Result<bool> next() override {
    if (at_ == groups_.size()) return false;
    Group& group = groups_[at_++];
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    for (std::size_t i = 0; i < query_.group_slots.size(); ++i) {
      evaluation_.slots[query_.group_slots[i]] = group.keys[i];
    }
    for (std::size_t i = 0; i < query_.aggregates.size(); ++i) {
      LK_TRY(evaluation_.slots[query_.aggregates[i].slot], finish(group.states[i], i));
    }
    return true;
  }

 private:
  /// The arguments of one call that must be put in order first.
  struct Waiting {
    std::vector<Value> values;  ///< arguments, then the order keys
  };
  struct State {
    AggregateState gathered;
    std::unordered_set<std::string> seen;  ///< of DISTINCT
    std::vector<Waiting> waiting;          ///< of ORDER BY
  };
  struct Group {
    std::vector<Value> keys;
    std::vector<State> states;
  };

  Group& new_group() {
    Group& group = groups_.emplace_back();
    group.states.resize(query_.aggregates.size());
    for (State& state : group.states) state.gathered.arena = &kept_;
    return group;
  }

  Result<Group*> group_of_row() {
    key_.clear();
    values_.clear();
    for (const Expr* const expr : query_.group_keys) {
      values_.push_back(evaluate(*expr, evaluation_));
      append_group_key(expr->type, values_.back(), key_);
    }
    LK_CHECK(failure_of(evaluation_));
    const auto found = by_key_.find(key_);
    if (found != by_key_.end()) return &groups_[found->second];
    by_key_.emplace(key_, groups_.size());
    Group& group = new_group();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      group.keys.push_back(keep_value(query_.group_keys[i]->type, values_[i], kept_));
    }
    constexpr std::size_t kGroupBytes = 200;
    key_bytes_ += key_.size() + kGroupBytes + query_.aggregates.size() * sizeof(State);
    LK_CHECK(memory_.use(kept_.used_bytes() + key_bytes_));
    return &group;
  }

  Result<void> read_all() {
    key_bytes_ = 0;
    // Without GROUP BY there is one group, of no rows maybe.
    Group* const only = query_.group_keys.empty() ? &new_group() : nullptr;
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, input_->next());
      if (!more) return {};
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      Group* group = only;
      if (group == nullptr) {
        LK_TRY(group, group_of_row());
      }
      for (std::size_t i = 0; i < query_.aggregates.size(); ++i)
        LK_CHECK(step(group->states[i], i));
    }
  }

  Result<void> step(State& state, std::size_t index) {
    const bind::AggregateCall& call = query_.aggregates[index];
    if (call.filter != nullptr) {
      const bool wanted = holds(*call.filter, evaluation_);
      LK_CHECK(failure_of(evaluation_));
      if (!wanted) return {};
    }
    args_.clear();
    for (const Expr* const arg : call.args) {
      args_.push_back(evaluate(*arg, evaluation_));
      if (args_.back().is_null && !call.function->takes_null) return failure_of(evaluation_);
    }
    LK_CHECK(failure_of(evaluation_));
    if (call.is_distinct) {
      std::string key;
      for (std::size_t i = 0; i < args_.size(); ++i)
        append_group_key(call.args[i]->type, args_[i], key);
      if (!state.seen.insert(std::move(key)).second) return {};
    }
    if (!call.order.empty()) return wait(state, call);
    call.function->step(state.gathered, Call{evaluation_, args_, call.types});
    return failure_of(evaluation_);
  }

  Result<void> wait(State& state, const bind::AggregateCall& call) {
    Waiting waiting;
    for (std::size_t i = 0; i < args_.size(); ++i) {
      waiting.values.push_back(keep_value(call.args[i]->type, args_[i], kept_));
    }
    for (const Expr* const key : call.order) {
      waiting.values.push_back(keep_value(key->type, evaluate(*key, evaluation_), kept_));
    }
    LK_CHECK(failure_of(evaluation_));
    state.waiting.push_back(std::move(waiting));
    key_bytes_ += sizeof(Waiting) + (args_.size() + call.order.size()) * sizeof(Value);
    return memory_.use(kept_.used_bytes() + key_bytes_);
  }

  Result<Value> finish(State& state, std::size_t index) {
    const bind::AggregateCall& call = query_.aggregates[index];
    if (!state.waiting.empty()) {
      const std::size_t argument_count = call.args.size();
      std::stable_sort(state.waiting.begin(), state.waiting.end(),
                       [&](const Waiting& a, const Waiting& b) {
                         for (std::size_t i = 0; i < call.order.size(); ++i) {
                           const int order =
                               order_of(call.order_keys[i], call.order[i]->type,
                                        a.values[argument_count + i], b.values[argument_count + i]);
                           if (order != 0) return order < 0;
                         }
                         return false;
                       });
      for (const Waiting& each : state.waiting) {
        call.function->step(state.gathered,
                            Call{evaluation_, {each.values.data(), argument_count}, call.types});
        LK_CHECK(failure_of(evaluation_));
      }
      state.waiting.clear();
    }
    const Value value = call.function->finish(state.gathered, Call{evaluation_, {}, call.types});
    LK_CHECK(failure_of(evaluation_));
    return value;
  }

 public:
  static int order_of(const bind::SortKey& key, Oid type, const Value& a, const Value& b) {
    if (a.is_null || b.is_null) {
      if (a.is_null == b.is_null) return 0;
      return a.is_null == key.nulls_first ? -1 : 1;
    }
    const int order = compare(type, a, b);
    return key.is_descending ? -order : order;
  }

 private:
  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  RowMemory memory_;
  std::deque<Group> groups_;
  std::unordered_map<std::string, std::size_t> by_key_;
  Arena kept_;
  Arena arena_;
  std::string key_;
  std::vector<Value> values_;
  std::vector<Value> args_;
  std::size_t key_bytes_ = 0;
  std::size_t at_ = 0;
};

class Project final : public Node {
 public:
  Project(NodePtr input, const Query& query, Evaluation& evaluation)
      : input_(std::move(input)), query_(query), evaluation_(evaluation) {}
  Result<void> open() override { return input_->open(); }
  Result<bool> next() override {
    LK_TRY(const bool more, input_->next());
    if (!more) return false;
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    for (const bind::Target& target : query_.targets) {
      evaluation_.slots[target.slot] = evaluate(*target.expr, evaluation_);
    }
    LK_CHECK(failure_of(evaluation_));
    return true;
  }

 private:
  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  Arena arena_;
};

/// Keeps the targets of all rows, and their order. Behind it only targets can be seen, and what
/// FOR UPDATE needs of the tables.
class Sort final : public Node {
 public:
  Sort(NodePtr input, const Query& query, Evaluation& evaluation)
      : input_(std::move(input)),
        query_(query),
        evaluation_(evaluation),
        memory_(*evaluation.context) {
    for (const bind::Target& target : query.targets) {
      slots_.push_back(target.slot);
      types_.push_back(target.expr->type);
    }
    for (const bind::RangeEntry& entry : query.entries) {
      if (entry.key_slot < 0) continue;
      slots_.push_back(entry.key_slot);
      types_.push_back(oid::kBytea);
      slots_.push_back(entry.version_slot);
      types_.push_back(oid::kInt8);
    }
  }

  Result<void> open() override {
    rows_.clear();
    kept_.reset();
    memory_.give_back();
    LK_CHECK(input_->open());
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, input_->next());
      if (!more) break;
      auto* const row = reinterpret_cast<Value*>(kept_.allocate(slots_.size() * sizeof(Value)));
      for (std::size_t i = 0; i < slots_.size(); ++i) {
        new (&row[i]) Value(keep_value(types_[i], evaluation_.slots[slots_[i]], kept_));
      }
      rows_.push_back(row);
      LK_CHECK(memory_.use(kept_.used_bytes() + rows_.size() * sizeof(Value*)));
    }
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Value* a, const Value* b) {
      for (const bind::SortKey& key : query_.sort) {
        const auto at = static_cast<std::size_t>(key.target);
        const int order = Aggregate::order_of(key, types_[at], a[at], b[at]);
        if (order != 0) return order < 0;
      }
      return false;
    });
    at_ = 0;
    return {};
  }

  Result<bool> next() override {
    if (at_ == rows_.size()) return false;
    const Value* const row = rows_[at_++];
    for (std::size_t i = 0; i < slots_.size(); ++i) evaluation_.slots[slots_[i]] = row[i];
    return true;
  }

 private:
  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  RowMemory memory_;
  std::vector<int> slots_;
  std::vector<Oid> types_;
  std::vector<Value*> rows_;
  Arena kept_;
  std::size_t at_ = 0;
};

class Distinct final : public Node {
 public:
  Distinct(NodePtr input, const Query& query, std::vector<int> targets, Evaluation& evaluation)
      : input_(std::move(input)),
        query_(query),
        targets_(std::move(targets)),
        evaluation_(evaluation),
        memory_(*evaluation.context) {
    if (!targets_.empty()) return;
    for (std::size_t i = 0; i < query.targets.size(); ++i) {
      if (!query.targets[i].is_hidden) targets_.push_back(static_cast<int>(i));
    }
  }
  Result<void> open() override {
    seen_.clear();
    bytes_ = 0;
    memory_.give_back();
    return input_->open();
  }
  Result<bool> next() override {
    for (;;) {
      LK_TRY(const bool more, input_->next());
      if (!more) return false;
      std::string key;
      for (const int each : targets_) {
        const bind::Target& target = query_.targets[static_cast<std::size_t>(each)];
        append_group_key(target.expr->type, evaluation_.slots[target.slot], key);
      }
      constexpr std::size_t kEntryBytes = 64;
      bytes_ += key.size() + kEntryBytes;
      if (!seen_.insert(std::move(key)).second) continue;
      LK_CHECK(memory_.use(bytes_));
      return true;
    }
  }

 private:
  NodePtr input_;
  const Query& query_;
  std::vector<int> targets_;
  Evaluation& evaluation_;
  RowMemory memory_;
  std::unordered_set<std::string> seen_;
  std::size_t bytes_ = 0;
};

class Limit final : public Node {
 public:
  Limit(NodePtr input, const Query& query, Evaluation& evaluation)
      : input_(std::move(input)), query_(query), evaluation_(evaluation) {}
  Result<void> open() override {
    left_ = kAll;
    std::int64_t skipped = 0;
    if (query_.limit != nullptr) {
      const Value limit = evaluate(*query_.limit, evaluation_);
      LK_CHECK(failure_of(evaluation_));
      if (!limit.is_null) left_ = limit.integer;
      if (left_ < 0) return Error(ErrorCode::LimitInvalid, "LIMIT must not be negative");
      if (limit.is_null) left_ = kAll;
    }
    if (query_.offset != nullptr) {
      const Value offset = evaluate(*query_.offset, evaluation_);
      LK_CHECK(failure_of(evaluation_));
      if (!offset.is_null) skipped = offset.integer;
      if (skipped < 0) return Error(ErrorCode::OffsetInvalid, "OFFSET must not be negative");
    }
    LK_CHECK(input_->open());
    for (; skipped > 0 && left_ > 0; --skipped) {
      LK_TRY(const bool more, input_->next());
      if (!more) left_ = 0;
    }
    return {};
  }
  Result<bool> next() override {
    if (left_ == 0) return false;
    --left_;
    return input_->next();
  }

 private:
  static constexpr std::int64_t kAll = 0x7fffffffffffffff;
  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  std::int64_t left_ = 0;
};

class SetOperation final : public Node {
 public:
  SetOperation(const Query& query, Evaluation& evaluation)
      : query_(query),
        evaluation_(evaluation),
        left_(*query.left, *evaluation.context, evaluation.outer, evaluation.parameters,
              *evaluation.settings),
        right_(*query.right, *evaluation.context, evaluation.outer, evaluation.parameters,
               *evaluation.settings),
        memory_(*evaluation.context) {
    left_shown_ = shown(*query.left);
    right_shown_ = shown(*query.right);
  }

  Result<void> open() override {
    counts_.clear();
    bytes_ = 0;
    on_right_ = false;
    memory_.give_back();
    LK_CHECK(left_.open());
    LK_CHECK(right_.open());
    if (query_.set_kind == parse::SetKind::Union) return {};
    for (;;) {
      LK_TRY(const bool more, right_.next());
      if (!more) return {};
      const std::string key = key_of(right_, right_shown_);
      bytes_ += key.size() + kEntryBytes;
      ++counts_[key];
      LK_CHECK(memory_.use(bytes_));
    }
  }

  Result<bool> next() override {
    if (query_.set_kind == parse::SetKind::Union) return next_of_union();
    for (;;) {
      LK_TRY(const bool more, left_.next());
      if (!more) return false;
      if (!wanted(key_of(left_, left_shown_))) continue;
      show(left_, left_shown_);
      return true;
    }
  }

 private:
  static constexpr std::size_t kEntryBytes = 64;
  static std::vector<std::size_t> shown(const Query& query) {
    std::vector<std::size_t> targets;
    for (std::size_t i = 0; i < query.targets.size(); ++i) {
      if (!query.targets[i].is_hidden) targets.push_back(i);
    }
    return targets;
  }
  std::string key_of(QueryRun& run, const std::vector<std::size_t>& targets) {
    std::string key;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      append_group_key(query_.targets[i].expr->type, run.target(targets[i]), key);
    }
    return key;
  }
  void show(QueryRun& run, const std::vector<std::size_t>& targets) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      evaluation_.slots[i] = run.target(targets[i]);
    }
  }
  /// INTERSECT gives what is on both sides, EXCEPT what is on the left alone; with ALL each row of
  /// the right stands for one of the left.
  bool wanted(const std::string& key) {
    const auto found = counts_.find(key);
    const bool on_right = found != counts_.end() && found->second > 0;
    const bool intersects = query_.set_kind == parse::SetKind::Intersect;
    if (query_.is_all) {
      if (on_right) --found->second;
      return on_right == intersects;
    }
    return on_right == intersects && given_.insert(key).second;
  }
  Result<bool> next_of_union() {
    for (;;) {
      QueryRun& run = on_right_ ? right_ : left_;
      const auto& targets = on_right_ ? right_shown_ : left_shown_;
      LK_TRY(const bool more, run.next());
      if (!more) {
        if (on_right_) return false;
        on_right_ = true;
        continue;
      }
      if (!query_.is_all) {
        std::string key = key_of(run, targets);
        bytes_ += key.size() + kEntryBytes;
        if (!given_.insert(std::move(key)).second) continue;
        LK_CHECK(memory_.use(bytes_));
      }
      show(run, targets);
      return true;
    }
  }

  const Query& query_;
  Evaluation& evaluation_;
  QueryRun left_;
  QueryRun right_;
  RowMemory memory_;
  std::vector<std::size_t> left_shown_;
  std::vector<std::size_t> right_shown_;
  std::unordered_map<std::string, std::int64_t> counts_;
  std::unordered_set<std::string> given_;
  std::size_t bytes_ = 0;
  bool on_right_ = false;
};

}  // namespace

Value keep_value(Oid type, const Value& value, Arena& arena) {
  const Type* const found = find_type(type);
  return found == nullptr || found->kept == Kept::Bytes ? arena.keep(value) : value;
}

void append_group_key(Oid type, const Value& value, std::string& out) {
  append_index_part({type, false, false}, value, out);
}

NodePtr make_filter(NodePtr input, std::vector<const Expr*> conditions, Evaluation& evaluation) {
  return std::make_unique<Filter>(std::move(input), std::move(conditions), evaluation);
}
NodePtr make_aggregate(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Aggregate>(std::move(input), query, evaluation);
}
NodePtr make_project(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Project>(std::move(input), query, evaluation);
}
NodePtr make_sort(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Sort>(std::move(input), query, evaluation);
}
NodePtr make_distinct(NodePtr input, const Query& query, std::vector<int> targets,
                      Evaluation& evaluation) {
  return std::make_unique<Distinct>(std::move(input), query, std::move(targets), evaluation);
}
NodePtr make_limit(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Limit>(std::move(input), query, evaluation);
}
NodePtr make_set_operation(const Query& query, Evaluation& evaluation) {
  return std::make_unique<SetOperation>(query, evaluation);
}

}  // namespace latchkey::sql::exec
