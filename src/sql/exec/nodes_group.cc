#include <algorithm>
#include <deque>
#include <unordered_set>

#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_keys.h"
#include "sql/exec/row_memory.h"
#include "sql/exec/row_sort.h"

namespace latchkey::sql::exec {

using bind::Expr;
using bind::Query;

bool is_order_free(const AggregateFunction& function) {
  for (const std::string_view name : {"count", "sum", "avg", "min", "max", "bool_and", "bool_or",
                                      "every", "bit_and", "bit_or", "bit_xor"}) {
    if (function.name == name) return true;
  }
  return false;
}

namespace {

/// Groups in memory: a table of hashes over groups that lie in an arena.
class Aggregate final : public Node {
 public:
  Aggregate(NodePtr input, const Query& query, Evaluation& evaluation)
      : input_(std::move(input)),
        query_(query),
        evaluation_(evaluation),
        memory_(*evaluation.context),
        keys_({query.group_keys.data(), query.group_keys.size()}) {
    if (query.grouping_sets.empty()) sets_.emplace_back(keys_.size(), true);
    for (const std::vector<int>& set : query.grouping_sets) {
      std::vector<bool> has(keys_.size(), false);
      for (const int key : set) has[static_cast<std::size_t>(key)] = true;
      sets_.push_back(std::move(has));
    }
    for (const bind::AggregateCall& call : query.aggregates) {
      waits_.push_back(!call.order.empty() && !(call.is_distinct && is_order_free(*call.function)));
    }
  }

  Result<void> open() override {
    groups_.clear();
    extras_.clear();
    table_.assign(kTableSlotsMin, kNone);
    kept_.reset();
    more_bytes_ = 0;
    memory_.give_back();
    at_ = 0;
    LK_CHECK(input_->open());
    return read_all();
  }

  Result<bool> next() override {
    if (at_ == groups_.size()) return false;
    const Group& group = *groups_[at_++];
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    for (std::size_t i = 0; i < query_.group_slots.size(); ++i) {
      evaluation_.slots[query_.group_slots[i]] = group.keys[i];
    }
    for (const bind::GroupingCall& call : query_.groupings) {
      std::int64_t bits = 0;
      for (const int key : call.keys) {
        bits = bits << 1 | (sets_[group.set][static_cast<std::size_t>(key)] ? 0 : 1);
      }
      evaluation_.slots[call.slot] = Value::of_integer(bits);
    }
    for (std::size_t i = 0; i < query_.aggregates.size(); ++i) {
      LK_TRY(evaluation_.slots[query_.aggregates[i].slot], finish(group.states[i], i));
    }
    return true;
  }

 private:
  /// The arguments of one call that must be put in order first: arguments, then the order keys.
  struct Extra {
    std::unordered_set<std::string> seen;  ///< of DISTINCT
    std::vector<Value*> waiting;           ///< of ORDER BY
  };
  struct State {
    AggregateState gathered;
    Extra* extra = nullptr;
  };
  struct Group {
    std::uint64_t hash;
    std::uint32_t set;
    Value* keys;
    Value* codes;  ///< of keys that are told apart by bytes
    State* states;
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::size_t kTableSlotsMin = 64;

  template <typename T>
  T* allocate(std::size_t count) {
    auto* const first = reinterpret_cast<T*>(kept_.allocate(count * sizeof(T)));
    for (std::size_t i = 0; i < count; ++i) new (&first[i]) T();
    return first;
  }

  Extra& extra_of(State& state) {
    if (state.extra == nullptr) state.extra = &extras_.emplace_back();
    return *state.extra;
  }

  Group& add_group(std::uint64_t hash, std::uint32_t set) {
    Group& group = *allocate<Group>(1);
    group.hash = hash;
    group.set = set;
    group.keys = allocate<Value>(values_.size());
    group.codes = nullptr;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      group.keys[i] = keep_value(query_.group_keys[i]->type, values_[i], kept_);
    }
    if (keys_.has_codes()) {
      group.codes = allocate<Value>(values_.size());
      for (std::size_t i = 0; i < values_.size(); ++i) group.codes[i] = kept_.keep(codes_[i]);
    }
    group.states = allocate<State>(query_.aggregates.size());
    for (std::size_t i = 0; i < query_.aggregates.size(); ++i) {
      group.states[i].gathered.arena = &kept_;
    }
    groups_.push_back(&group);
    return group;
  }

  void grow_table() {
    table_.assign(table_.size() * 2, kNone);
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      std::size_t at = groups_[i]->hash & mask;
      while (table_[at] != kNone) at = (at + 1) & mask;
      table_[at] = static_cast<std::uint32_t>(i);
    }
  }

  /// The group of the keys in `values_`.
  Result<Group*> group_of(std::uint32_t set) {
    const std::uint64_t hash = keys_.hash(values_.data(), codes_.data(), set);
    const std::size_t mask = table_.size() - 1;
    std::size_t at = hash & mask;
    for (; table_[at] != kNone; at = (at + 1) & mask) {
      Group& group = *groups_[table_[at]];
      if (group.hash != hash || group.set != set) continue;
      const bool is_same = keys_.same(group.keys, group.codes, values_.data(), codes_.data());
      if (is_same) return &group;
    }
    table_[at] = static_cast<std::uint32_t>(groups_.size());
    Group& group = add_group(hash, set);
    if (groups_.size() * 2 > table_.size()) grow_table();
    LK_CHECK(use_memory());
    return &group;
  }

  Result<void> use_memory() {
    return memory_.use(kept_.used_bytes() + more_bytes_ + table_.size() * sizeof(std::uint32_t) +
                       groups_.size() * sizeof(Group*));
  }

  /// The values of all keys in this row.
  Result<void> read_keys() {
    row_values_.clear();
    row_codes_.clear();
    for (std::size_t i = 0; i < query_.group_keys.size(); ++i) {
      const Expr& key = *query_.group_keys[i];
      row_values_.push_back(evaluate(key, evaluation_));
      row_codes_.push_back(keys_.code_of(i, row_values_.back(), arena_));
    }
    return failure_of(evaluation_);
  }

  Result<void> read_all() {
    // A set of nothing is one group, of no rows maybe.
    std::vector<Group*> whole(sets_.size(), nullptr);
    values_.assign(keys_.size(), Value::null());
    codes_.assign(keys_.size(), Value::null());
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      if (std::find(sets_[set].begin(), sets_[set].end(), true) != sets_[set].end()) continue;
      whole[set] = &add_group(0, static_cast<std::uint32_t>(set));
    }
    // Those groups are found without the table.
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, input_->next());
      if (!more) return {};
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      LK_CHECK(read_keys());
      for (std::size_t set = 0; set < sets_.size(); ++set) {
        Group* group = whole[set];
        if (group == nullptr) {
          for (std::size_t i = 0; i < keys_.size(); ++i) {
            const bool is_in = sets_[set][i];
            values_[i] = is_in ? row_values_[i] : Value::null();
            codes_[i] = is_in ? row_codes_[i] : Value::null();
          }
          LK_TRY(group, group_of(static_cast<std::uint32_t>(set)));
        }
        for (std::size_t i = 0; i < query_.aggregates.size(); ++i) {
          LK_CHECK(step(group->states[i], i));
        }
      }
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
      code_.clear();
      for (std::size_t i = 0; i < args_.size(); ++i) {
        append_group_key(call.args[i]->type, args_[i], code_);
      }
      if (!extra_of(state).seen.insert(code_).second) return {};
      constexpr std::size_t kEntryBytes = 64;
      more_bytes_ += code_.size() + kEntryBytes;
      LK_CHECK(use_memory());
    }
    if (waits_[index]) return wait(state, call);
    call.function->step(state.gathered, Call{evaluation_, args_, call.types});
    LK_CHECK(failure_of(evaluation_));
    return use_memory();
  }

  Result<void> wait(State& state, const bind::AggregateCall& call) {
    auto* const values = allocate<Value>(args_.size() + call.order.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < args_.size(); ++i) {
      values[at++] = keep_value(call.args[i]->type, args_[i], kept_);
    }
    for (const Expr* const key : call.order) {
      values[at++] = keep_value(key->type, evaluate(*key, evaluation_), kept_);
    }
    LK_CHECK(failure_of(evaluation_));
    extra_of(state).waiting.push_back(values);
    more_bytes_ += sizeof(Value*);
    return use_memory();
  }

  Result<Value> finish(State& state, std::size_t index) {
    const bind::AggregateCall& call = query_.aggregates[index];
    if (state.extra != nullptr && !state.extra->waiting.empty()) {
      std::vector<SortColumn> columns;
      for (std::size_t i = 0; i < call.order.size(); ++i) {
        const bind::SortKey& key = call.order_keys[i];
        columns.push_back(
            {call.args.size() + i, call.order[i]->type, key.is_descending, key.nulls_first});
      }
      sort_rows(state.extra->waiting, columns);
      for (const Value* const each : state.extra->waiting) {
        call.function->step(state.gathered,
                            Call{evaluation_, {each, call.args.size()}, call.types});
        LK_CHECK(failure_of(evaluation_));
      }
      state.extra->waiting.clear();
    }
    const Value value = call.function->finish(state.gathered, Call{evaluation_, {}, call.types});
    LK_CHECK(failure_of(evaluation_));
    return value;
  }

  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  RowMemory memory_;
  RowKeys keys_;
  std::vector<std::vector<bool>> sets_;
  std::vector<bool> waits_;  ///< by aggregate: its values are put in order first
  std::vector<Group*> groups_;
  std::vector<std::uint32_t> table_;
  std::deque<Extra> extras_;
  Arena kept_;
  Arena arena_;
  std::vector<Value> row_values_;
  std::vector<Value> row_codes_;
  std::vector<Value> values_;
  std::vector<Value> codes_;
  std::vector<Value> args_;
  std::string code_;
  std::size_t more_bytes_ = 0;
  std::size_t at_ = 0;
};

}  // namespace

NodePtr make_aggregate(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Aggregate>(std::move(input), query, evaluation);
}

}  // namespace latchkey::sql::exec
