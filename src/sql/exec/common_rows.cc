#include "sql/exec/common_rows.h"

#include "base/assert.h"
#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

CommonRows::CommonRows(const bind::CommonTable& common, const Evaluation& owner)
    : common_(common), memory_(*owner.context) {
  evaluation_.context = owner.context;
  evaluation_.settings = owner.settings;
  evaluation_.parameters = owner.parameters;
  evaluation_.outer = owner.outer;
}

void CommonRows::reset() {
  if (change_ != nullptr) return;
  rows_.clear();
  known_.clear();
  known_bytes_ = 0;
  kept_.reset();
  memory_.give_back();
  has_begun_ = is_done_ = in_step_ = false;
  work_begin_ = work_end_ = 0;
}

Result<const Value*> CommonRows::row(std::size_t index) {
  while (rows_.size() <= index && !is_done_) LK_CHECK(find_next());
  return rows_.size() <= index ? nullptr : static_cast<const Value*>(rows_[index]);
}

/// Finds one more row, or that there is none.
Result<void> CommonRows::find_next() {
  if (common_.changes_rows()) return find_change();
  const auto make_run = [&](const bind::Query& query) {
    return std::make_unique<QueryRun>(query, *evaluation_.context, evaluation_.outer,
                                      evaluation_.parameters, *evaluation_.settings);
  };
  if (!has_begun_) {
    has_begun_ = true;
    if (run_ == nullptr) run_ = make_run(*common_.query);
    LK_CHECK(run_->open());
  }
  for (;;) {
    LK_CHECK(evaluation_.context->check_cancelled());
    QueryRun& run = in_step_ ? *step_ : *run_;
    LK_TRY(const bool more, run.next());
    if (more) {
      bool is_new = false;
      LK_CHECK(add(run.evaluation(), in_step_ ? *common_.step : *common_.query, is_new));
      if (is_new) return {};
      continue;
    }
    // A round that has found nothing is the last.
    is_done_ = common_.step == nullptr || rows_.size() == work_end_;
    if (is_done_) return {};
    if (step_ == nullptr) step_ = make_run(*common_.step);
    work_begin_ = work_end_;
    work_end_ = rows_.size();
    in_step_ = true;
    LK_CHECK(step_->open());
  }
}

Result<bool> CommonRows::is_known(const Value* values) {
  std::string key;
  for (std::size_t i = 0; i < common_.types.size(); ++i) {
    append_group_key(common_.types[i], values[i], key);
  }
  constexpr std::size_t kEntryBytes = 64;
  known_bytes_ += key.size() + kEntryBytes;
  return !known_.insert(std::move(key)).second;
}

Result<void> CommonRows::add(const Evaluation& from, const bind::Query& query, bool& is_new) {
  const std::size_t width = common_.types.size();
  auto* const values =
      reinterpret_cast<Value*>(kept_.allocate(std::max<std::size_t>(width, 1) * sizeof(Value)));
  std::size_t at = 0;
  for (const bind::Target& target : query.targets) {
    if (target.is_hidden) continue;
    new (&values[at]) Value(keep_value(common_.types[at], from.slots[target.slot], kept_));
    ++at;
  }
  LK_ASSERT(at == width);
  if (common_.step != nullptr && !common_.keeps_duplicates) {
    LK_TRY(const bool known, is_known(values));
    if (known) return {};
  }
  is_new = true;
  rows_.push_back(values);
  return memory_.use(kept_.used_bytes() + known_bytes_ + rows_.size() * sizeof(Value*));
}

Result<void> CommonRows::find_change() {
  if (change_ != nullptr) return {};
  const bool returns_rows = common_.query->returns_rows;
  change_ = make_waiting_change(
      *common_.query, *evaluation_.context, evaluation_.parameters, *evaluation_.settings,
      [this, returns_rows](Evaluation& row) -> Result<void> {
        bool is_new = false;
        return returns_rows ? add(row, *common_.query, is_new) : Result<void>();
      });
  LK_CHECK(change_->find());
  is_done_ = true;
  return {};
}

Result<void> CommonRows::apply_change() {
  LK_CHECK(find_change());
  return change_->apply();
}

void begin_commons(const bind::Query& query, const Evaluation& owner) {
  for (const bind::CommonTable* const common : query.commons) {
    owner.context->put_common(*common, std::make_unique<CommonRows>(*common, owner));
  }
}

void reset_commons(const bind::Query& query, ExecutionContext& context) {
  for (const bind::CommonTable* const common : query.commons) context.common(*common).reset();
}

Result<void> apply_read_changes(const bind::Query& query, ExecutionContext& context) {
  std::vector<CommonRows*> read;
  for (const bind::CommonTable* const common : query.commons) {
    if (!common->changes_rows()) continue;
    CommonRows& rows = context.common(*common);
    if (rows.has_found_change()) read.push_back(&rows);
  }
  for (const bind::CommonTable* const common : query.commons) {
    if (common->changes_rows()) LK_CHECK(context.common(*common).find_change());
  }
  for (CommonRows* const rows : read) LK_CHECK(rows->apply_change());
  return {};
}

Result<void> apply_other_changes(const bind::Query& query, ExecutionContext& context) {
  for (const bind::CommonTable* const common : query.commons) {
    if (common->changes_rows()) LK_CHECK(context.common(*common).apply_change());
  }
  return {};
}

}  // namespace latchkey::sql::exec
