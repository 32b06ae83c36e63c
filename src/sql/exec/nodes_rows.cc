#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_memory.h"
#include "sql/exec/row_sort.h"
#include "sql/exec/subplan.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::Query;

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

class FirstValue final : public Node {
 public:
  FirstValue(NodePtr input, const Expr& expr, Evaluation& evaluation)
      : input_(std::move(input)), expr_(expr), evaluation_(evaluation) {}
  Result<void> open() override {
    is_done_ = false;
    return input_->open();
  }
  Result<bool> next() override {
    while (!is_done_) {
      LK_TRY(const bool more, input_->next());
      if (!more) return false;
      arena_.reset();
      const ArenaScope scope(evaluation_, arena_);
      is_done_ = !evaluate(expr_, evaluation_).is_null;
      LK_CHECK(failure_of(evaluation_));
      if (is_done_) return true;
    }
    return false;
  }

 private:
  NodePtr input_;
  const Expr& expr_;
  Evaluation& evaluation_;
  Arena arena_;
  bool is_done_ = false;
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
    has_last_ = false;
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
    if (left_ == 0) return query_.with_ties ? next_tie() : Result<bool>(false);
    --left_;
    LK_TRY(const bool more, input_->next());
    if (more && left_ == 0 && query_.with_ties) keep_last();
    has_last_ = has_last_ || (more && left_ == 0);
    return more;
  }

 private:
  static constexpr std::int64_t kAll = 0x7fffffffffffffff;
  const Value& sort_value(const bind::SortKey& key) const {
    return evaluation_.slots[query_.targets[static_cast<std::size_t>(key.target)].slot];
  }
  Oid sort_type(const bind::SortKey& key) const {
    return query_.targets[static_cast<std::size_t>(key.target)].expr->type;
  }
  void keep_last() {
    arena_.reset();
    last_.clear();
    for (const bind::SortKey& key : query_.sort) {
      last_.push_back(keep_value(sort_type(key), sort_value(key), arena_));
    }
  }
  /// A row more if it sorts like the last one that counted.
  Result<bool> next_tie() {
    if (!has_last_) return false;
    LK_TRY(const bool more, input_->next());
    has_last_ = more;
    for (std::size_t i = 0; has_last_ && i < query_.sort.size(); ++i) {
      const SortColumn column{0, sort_type(query_.sort[i]), false, false};
      has_last_ = order_of(column, last_[i], sort_value(query_.sort[i])) == 0;
    }
    return has_last_;
  }

  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  std::int64_t left_ = 0;
  bool has_last_ = false;
  std::vector<Value> last_;
  Arena arena_;
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
NodePtr make_first_value(NodePtr input, const Expr& expr, Evaluation& evaluation) {
  return std::make_unique<FirstValue>(std::move(input), expr, evaluation);
}
NodePtr make_project(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Project>(std::move(input), query, evaluation);
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
