#include <algorithm>

#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_memory.h"
#include "sql/exec/row_sort.h"

namespace latchkey::sql::exec {

namespace {

using bind::Query;

/// Keeps the targets of all rows, and their order. Behind it only targets can be seen, and what
/// FOR UPDATE needs of the tables. When a LIMIT says how many rows are wanted it keeps no more
/// than twice as many.
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
    for (const bind::SortKey& key : query.sort) {
      const auto at = static_cast<std::size_t>(key.target);
      columns_.push_back({at, types_[at], key.is_descending, key.nulls_first});
    }
  }

  Result<void> open() override {
    rows_.clear();
    kept_.reset();
    memory_.give_back();
    at_ = 0;
    last_ = nullptr;
    LK_TRY(const std::size_t wanted, wanted_rows());
    LK_CHECK(input_->open());
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, input_->next());
      if (!more) break;
      if (is_behind_last(wanted)) continue;
      rows_.push_back(keep_row());
      LK_CHECK(memory_.use(kept_.used_bytes() + rows_.size() * kRowBytes));
      if (wanted < kAll && rows_.size() >= 2 * wanted + kSlack) cut(wanted);
    }
    sort_rows(rows_, columns_);
    if (rows_.size() > wanted) rows_.resize(wanted);
    return {};
  }

  Result<bool> next() override {
    if (at_ == rows_.size()) return false;
    const Value* const row = rows_[at_++];
    for (std::size_t i = 0; i < slots_.size(); ++i) evaluation_.slots[slots_[i]] = row[i];
    return true;
  }

 private:
  static constexpr std::size_t kAll = ~std::size_t{0};
  static constexpr std::size_t kSlack = 64;
  static constexpr std::size_t kRowBytes = 3 * sizeof(Value*);  ///< also while it is sorted

  /// How many rows LIMIT and OFFSET let pass together.
  Result<std::size_t> wanted_rows() {
    constexpr std::int64_t kFew = 10'000;
    const bool cuts = query_.limit != nullptr && !query_.with_ties && query_.distinct_on.empty() &&
                      query_.lock == parse::LockStrength::None;
    if (!cuts) return kAll;
    std::int64_t wanted = 0;
    for (const bind::Expr* const part : {query_.limit, query_.offset}) {
      if (part == nullptr) continue;
      const Value value = evaluate(*part, evaluation_);
      LK_CHECK(failure_of(evaluation_));
      if (value.is_null && part == query_.limit) return kAll;
      if (value.is_null) continue;
      if (value.integer < 0 || value.integer > kFew) return kAll;
      wanted += value.integer;
    }
    return static_cast<std::size_t>(wanted);
  }

  Value* keep_row() {
    auto* const row = reinterpret_cast<Value*>(kept_.allocate(slots_.size() * sizeof(Value)));
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      new (&row[i]) Value(keep_value(types_[i], evaluation_.slots[slots_[i]], kept_));
    }
    return row;
  }

  /// Whether enough rows are known that come before the one in the slots.
  bool is_behind_last(std::size_t wanted) const {
    if (last_ == nullptr || wanted == kAll) return false;
    for (const SortColumn& column : columns_) {
      const Value& value = evaluation_.slots[slots_[column.at]];
      const int order = order_of(column, value, last_[column.at]);
      if (order != 0) return order > 0;
    }
    return true;
  }

  /// Keeps the first rows alone.
  void cut(std::size_t wanted) {
    sort_rows(rows_, columns_);
    rows_.resize(wanted);
    last_ = wanted == 0 ? nullptr : rows_.back();
  }

  NodePtr input_;
  const Query& query_;
  Evaluation& evaluation_;
  RowMemory memory_;
  std::vector<int> slots_;
  std::vector<Oid> types_;
  std::vector<SortColumn> columns_;
  std::vector<Value*> rows_;
  const Value* last_ = nullptr;
  Arena kept_;
  std::size_t at_ = 0;
};

}  // namespace

NodePtr make_sort(NodePtr input, const Query& query, Evaluation& evaluation) {
  return std::make_unique<Sort>(std::move(input), query, evaluation);
}

}  // namespace latchkey::sql::exec
