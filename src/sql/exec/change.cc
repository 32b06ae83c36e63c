#include "sql/exec/change.h"

#include <fmt/format.h>

#include <unordered_set>

#include "base/assert.h"
#include "sql/exec/build.h"
#include "sql/exec/common_rows.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/nodes.h"
#include "sql/exec/subplan.h"
#include "sql/exec/table_writer.h"
#include "sql/exec/triggers.h"

namespace latchkey::sql::exec {

namespace {

using bind::Query;
using bind::RangeEntry;

/// Who changed a row since it was looked at makes the statement start over.
Error row_changed() {
  return Error(ErrorCode::WriteConflict, "could not serialize access due to concurrent update");
}

class Change {
 public:
  Change(const Query& query, ExecutionContext& context, std::span<const Value> parameters,
         const TextSettings& settings, FunctionRef<Result<void>(Evaluation&)> returning)
      : query_(query),
        context_(context),
        returning_(returning),
        writer_(*query.table, context, settings),
        triggers_(*query.table, context,
                  query.kind == bind::QueryKind::Insert
                      ? std::span<const bind::Assignment>(query.conflict.assignments)
                      : std::span<const bind::Assignment>(query.assignments)),
        slots_(static_cast<std::size_t>(query.slot_count)) {
    evaluation_.arena = &arena_;
    evaluation_.context = &context;
    evaluation_.settings = &settings;
    evaluation_.parameters = parameters;
    evaluation_.slots = slots_.data();
    begin_commons(query, evaluation_);
    for (const bind::CommonTable* const common : query.commons) {
      follows_changes_ = follows_changes_ || common->changes_rows();
    }
  }

  /// From now on what is to be written waits until apply() does it.
  void wait() { waits_ = true; }
  Result<void> apply() {
    for (const auto& each : waiting_) LK_CHECK(each());
    waiting_.clear();
    return {};
  }

  /// The change, behind the triggers before it; those after it are fire_after's.
  Result<std::uint64_t> run() {
    LK_CHECK(triggers_.before_statement(event()));
    if (may_update()) LK_CHECK(triggers_.before_statement(kOnUpdate));
    return event() == kOnInsert ? insert() : event() == kOnUpdate ? update() : erase();
  }
  /// The triggers of the rows and of the statement, once all is written.
  Result<void> fire_after() {
    if (may_update()) LK_CHECK(triggers_.after_statement(kOnUpdate));
    return triggers_.after_statement(event());
  }

  Result<std::uint64_t> insert() {
    if (query_.source == nullptr) {
      LK_CHECK(apply_read_changes(query_, context_));
      LK_CHECK(insert_one({}));
      return count_;
    }
    QueryRun source(*query_.source, context_, nullptr, evaluation_.parameters,
                    *evaluation_.settings);
    LK_CHECK(source.open());
    const RangeEntry* const first =
        query_.source->entries.empty() ? nullptr : &query_.source->entries[0];
    const bool is_values = first != nullptr && first->kind == RangeEntry::Kind::Values;
    // A query may read the very table, and must not meet what is being added.
    std::vector<std::span<Value>> rows;
    for (;;) {
      LK_CHECK(context_.check_cancelled());
      LK_TRY(const bool more, source.next());
      if (!more) break;
      arena_.reset();
      if (is_values && !follows_changes_ && !waits_) {
        LK_CHECK(insert_one(shown_of(source)));
        continue;
      }
      rows.push_back(shown_of(source));
      for (std::size_t i = 0; i < rows.back().size(); ++i) {
        const auto column = static_cast<std::size_t>(query_.source_columns[i]);
        rows.back()[i] = keep_value(query_.table->columns[column].type, rows.back()[i], kept_);
      }
      LK_CHECK(reserve());
    }
    LK_CHECK(apply_read_changes(query_, context_));
    for (const std::span<Value> row : rows) {
      arena_.reset();
      LK_CHECK(insert_one(row));
    }
    return count_;
  }

  Result<std::uint64_t> update() {
    LK_CHECK(collect(true));
    claim_all();
    LK_CHECK(apply_read_changes(query_, context_));
    for (const Planned& each : planned_) {
      arena_.reset();
      if (!each.is_claimed) continue;
      LK_CHECK(lock_unchanged(each));
      LK_TRY(const bool goes_on, triggers_.before_row(kOnUpdate, each.before, each.after, kept_));
      if (!goes_on) continue;
      show(query_.table_entry, each.after);
      LK_CHECK(complete(each.after));
      keep_generated(each.after);
      LK_CHECK(write([this, each]() -> Result<void> {
        LK_TRY(const std::string key, writer_.update(each.key, each.before, each.after));
        done_.insert(key);
        return {};
      }));
      triggers_.note_row(kOnUpdate, each.before, each.after, kept_);
      LK_CHECK(give(each));
    }
    return count_;
  }

  Result<std::uint64_t> erase() {
    LK_CHECK(collect(false));
    claim_all();
    LK_CHECK(apply_read_changes(query_, context_));
    for (const Planned& each : planned_) {
      arena_.reset();
      if (!each.is_claimed) continue;
      LK_CHECK(lock_unchanged(each));
      LK_TRY(const bool goes_on, triggers_.before_row(kOnDelete, each.before, {}, kept_));
      if (!goes_on) continue;
      LK_CHECK(write([this, each] { return writer_.erase(each.key, each.before); }));
      triggers_.note_row(kOnDelete, each.before, {}, kept_);
      LK_CHECK(give(each));
    }
    return count_;
  }

 private:
  TriggerEvent event() const {
    return query_.kind == bind::QueryKind::Insert   ? kOnInsert
           : query_.kind == bind::QueryKind::Update ? kOnUpdate
                                                    : kOnDelete;
  }
  bool may_update() const { return query_.conflict.action == parse::ConflictAction::Update; }

  /// A row that will change: found first and changed afterwards, so that no scan meets a change.
  struct Planned {
    Bytes key;
    std::int64_t version;
    std::span<Value> before;
    std::span<Value> after;
    std::span<Value> slots;  ///< all of them, for RETURNING with other tables
    bool is_claimed = false;
  };

  /// Now, or when apply() is called.
  Result<void> write(std::function<Result<void>()> action) {
    if (!waits_) return action();
    waiting_.push_back(std::move(action));
    return {};
  }
  /// A row is changed once by a statement, whatever parts it has.
  bool claim(Bytes key) {
    if (!done_.insert(std::string(key)).second) return false;
    return (!waits_ && !follows_changes_) || context_.claim_row(query_.table->tree, key);
  }
  void claim_all() {
    for (Planned& each : planned_) each.is_claimed = claim(each.key);
  }
  /// What waits must outlive the row's own memory.
  void keep_generated(std::span<Value> values) {
    if (!waits_) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Column& column = query_.table->columns[i];
      if (column.is_generated) values[i] = keep_value(column.type, values[i], kept_);
    }
  }

  const RangeEntry& entry(int index) const {
    return query_.entries[static_cast<std::size_t>(index)];
  }
  std::span<Value> slots_of(int index) {
    const RangeEntry& range = entry(index);
    return {slots_.data() + range.first_slot, range.names.size()};
  }
  void show(int index, std::span<const Value> values) {
    std::copy(values.begin(), values.end(), slots_of(index).begin());
  }
  Result<void> failure() {
    if (!evaluation_.failed()) return {};
    Error error = *std::move(evaluation_.error);
    evaluation_.error.reset();
    return error;
  }

  /// Generated columns and the promises of the table, for the row that stands in its slots.
  Result<void> complete(std::span<Value> values) {
    const Table& table = *query_.table;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.columns[i].is_generated || table.columns[i].is_dropped) continue;
      values[i] = evaluate(*query_.defaults[i], evaluation_);
      LK_CHECK(failure());
      slots_of(query_.table_entry)[i] = values[i];
    }
    LK_CHECK(writer_.check_not_null(values));
    for (std::size_t i = 0; i < query_.checks.size(); ++i) {
      const Value fits = evaluate(*query_.checks[i], evaluation_);
      LK_CHECK(failure());
      if (fits.is_null || fits.boolean()) continue;
      return Error(ErrorCode::CheckViolation,
                   fmt::format("new row for relation \"{}\" violates check constraint \"{}\"",
                               table.name, table.checks[i].name))
          .with([&](ErrorDetails& details) {
            details.detail = "Failing row contains " + writer_.shown(values) + ".";
            details.schema = "public";
            details.table = table.name;
            details.constraint = table.checks[i].name;
          });
    }
    return {};
  }

  Result<void> give_row() {
    ++count_;
    if (!query_.returns_rows) return {};
    for (const bind::Target& target : query_.targets) {
      slots_[static_cast<std::size_t>(target.slot)] = evaluate(*target.expr, evaluation_);
    }
    LK_CHECK(failure());
    return returning_(evaluation_);
  }

  Result<void> give(const Planned& planned) {
    if (query_.returns_rows) {
      std::copy(planned.slots.begin(), planned.slots.end(), slots_.begin());
      if (!planned.after.empty()) show(query_.table_entry, planned.after);
    }
    return give_row();
  }

  /// The values of a row of the source, in memory that lasts as long as `kept_`.
  std::span<Value> shown_of(const QueryRun& source) {
    auto* const values =
        reinterpret_cast<Value*>(kept_.allocate(query_.source->targets.size() * sizeof(Value)));
    std::size_t count = 0;
    for (std::size_t i = 0; i < query_.source->targets.size(); ++i) {
      if (!query_.source->targets[i].is_hidden) new (&values[count++]) Value(source.target(i));
    }
    return {values, count};
  }

  Result<void> insert_one(std::span<const Value> row) {
    const Table& table = *query_.table;
    std::vector<Value> values(table.columns.size());
    std::vector<bool> given(table.columns.size(), false);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto column = static_cast<std::size_t>(query_.source_columns[i]);
      values[column] = row[i];
      given[column] = true;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (given[i] || query_.defaults[i] == nullptr || table.columns[i].is_generated) continue;
      values[i] = evaluate(*query_.defaults[i], evaluation_);
      LK_CHECK(failure());
    }
    LK_TRY(const bool goes_on, triggers_.before_row(kOnInsert, {}, values, arena_));
    if (!goes_on) return {};
    show(query_.table_entry, values);
    LK_CHECK(complete(values));
    LK_TRY(const auto conflict, writer_.find_conflict(values));
    if (conflict.has_value()) return resolve(*conflict, values);
    if (waits_ && query_.conflict.action == parse::ConflictAction::None) {
      LK_CHECK(insert_later(values));
      triggers_.note_row(kOnInsert, {}, values, kept_);
      return give_row();
    }
    LK_TRY(std::string key, writer_.insert(values));
    if (query_.conflict.action == parse::ConflictAction::Update) done_.insert(std::move(key));
    triggers_.note_row(kOnInsert, {}, values, kept_);
    return give_row();
  }

  Result<void> insert_later(std::vector<Value> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = keep_value(query_.table->columns[i].type, values[i], kept_);
    }
    LK_CHECK(reserve());
    return write([this, values]() -> Result<void> {
      LK_TRY(const auto conflict, writer_.find_conflict(values));
      if (conflict.has_value()) return writer_.duplicate(*conflict->index, values);
      LK_CHECK(writer_.insert(values));
      return {};
    });
  }

  Result<void> resolve(const TableWriter::Conflict& conflict, std::span<const Value> values) {
    const bind::OnConflict& wanted = query_.conflict;
    const bool applies = wanted.index == nullptr || wanted.index == conflict.index;
    if (wanted.action == parse::ConflictAction::None || !applies) {
      return writer_.duplicate(*conflict.index, values);
    }
    if (wanted.action == parse::ConflictAction::Nothing) return {};
    if (done_.contains(conflict.key)) {
      return Error(ErrorCode::CardinalityViolation,
                   "ON CONFLICT DO UPDATE command cannot affect row a second time")
          .with_hint(
              "Ensure that no rows proposed for insertion within the same command have "
              "duplicate constrained values.");
    }
    LK_TRY(const auto current, writer_.lock(conflict.key));
    if (!current.has_value()) return row_changed();
    std::vector<Value> before(values.size());
    const Bytes row = arena_.copy(current->row);
    LK_CHECK(writer_.layout().decode(conflict.key, row, before, arena_));
    show(query_.excluded_entry, values);
    show(query_.table_entry, before);
    if (wanted.where != nullptr) {
      const bool fits = holds(*wanted.where, evaluation_);
      LK_CHECK(failure());
      if (!fits) return {};
    }
    std::vector<Value> after = before;
    for (const bind::Assignment& each : wanted.assignments) {
      after[static_cast<std::size_t>(each.column)] = evaluate(*each.expr, evaluation_);
      LK_CHECK(failure());
    }
    LK_TRY(const bool goes_on, triggers_.before_row(kOnUpdate, before, after, arena_));
    if (!goes_on) return {};
    show(query_.table_entry, after);
    LK_CHECK(complete(after));
    LK_TRY(std::string key, writer_.update(conflict.key, before, after));
    done_.insert(std::move(key));
    triggers_.note_row(kOnUpdate, before, after, kept_);
    show(query_.table_entry, after);
    return give_row();
  }

  std::span<Value> keep_slots(int first, std::size_t count, const RangeEntry& types) {
    auto* const kept = reinterpret_cast<Value*>(kept_.allocate(count * sizeof(Value)));
    for (std::size_t i = 0; i < count; ++i) {
      new (&kept[i])
          Value(keep_value(types.types[i], slots_[static_cast<std::size_t>(first) + i], kept_));
    }
    return {kept, count};
  }

  std::span<Value> keep_all_slots() {
    if (!query_.returns_rows) return {};
    auto* const kept = reinterpret_cast<Value*>(kept_.allocate(slots_.size() * sizeof(Value)));
    for (std::size_t i = 0; i < slots_.size(); ++i) new (&kept[i]) Value();
    for (const RangeEntry& range : query_.entries) {
      for (std::size_t i = 0; i < range.names.size(); ++i) {
        const auto slot = static_cast<std::size_t>(range.first_slot) + i;
        kept[slot] = keep_value(range.types[i], slots_[slot], kept_);
      }
      if (range.row_slot < 0) continue;
      const auto row_slot = static_cast<std::size_t>(range.row_slot);
      kept[row_slot] = slots_[row_slot];
    }
    return {kept, slots_.size()};
  }

  Result<void> collect(bool updates) {
    const NodePtr source = build_source(query_, evaluation_);
    const RangeEntry& target = entry(query_.table_entry);
    LK_CHECK(source->open());
    for (;;) {
      LK_CHECK(context_.check_cancelled());
      LK_TRY(const bool more, source->next());
      if (!more) return {};
      arena_.reset();
      Planned planned{};
      planned.key = kept_.copy(slots_[static_cast<std::size_t>(target.key_slot)].bytes());
      planned.version = slots_[static_cast<std::size_t>(target.version_slot)].integer;
      planned.before = keep_slots(target.first_slot, target.names.size(), target);
      planned.slots = keep_all_slots();
      if (updates) {
        auto* const after =
            reinterpret_cast<Value*>(kept_.allocate(planned.before.size() * sizeof(Value)));
        std::copy(planned.before.begin(), planned.before.end(), after);
        planned.after = {after, planned.before.size()};
        for (const bind::Assignment& each : query_.assignments) {
          const auto column = static_cast<std::size_t>(each.column);
          const Value value = evaluate(*each.expr, evaluation_);
          LK_CHECK(failure());
          planned.after[column] = keep_value(target.types[column], value, kept_);
        }
      }
      planned_.push_back(planned);
      LK_CHECK(reserve());
    }
  }

  Result<void> reserve() {
    constexpr std::int64_t kStep = 1 << 20;
    const auto used = static_cast<std::int64_t>(kept_.used_bytes());
    if (used < reserved_ + kStep) return {};
    if (!context_.engine.reserve_memory(used - reserved_)) {
      return Error(ErrorCode::MemoryExhausted, "out of memory")
          .with_detail("The rows to be changed do not fit the memory limit.");
    }
    reserved_ = used;
    return {};
  }

  Result<void> lock_unchanged(const Planned& planned) {
    LK_TRY(const auto current, writer_.lock(planned.key));
    const bool is_same = current.has_value() &&
                         static_cast<std::int64_t>(value_of(current->version)) == planned.version;
    if (!is_same) return row_changed();
    return {};
  }

 public:
  ~Change() {
    if (reserved_ > 0) context_.engine.reserve_memory(-reserved_);
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  const Query& query_;
  ExecutionContext& context_;
  const FunctionRef<Result<void>(Evaluation&)> returning_;
  TableWriter writer_;
  Triggers triggers_;
  std::vector<Value> slots_;
  Arena arena_;
  Arena kept_;
  Evaluation evaluation_;
  std::vector<Planned> planned_;
  std::unordered_set<std::string> done_;
  std::int64_t reserved_ = 0;
  std::uint64_t count_ = 0;
  bool waits_ = false;
  bool follows_changes_ = false;  ///< of its WITH
  std::vector<std::function<Result<void>()>> waiting_;
};

class ChangeOfWith final : public WaitingChange {
 public:
  ChangeOfWith(const Query& query, ExecutionContext& context, std::span<const Value> parameters,
               const TextSettings& settings, std::function<Result<void>(Evaluation&)> returning)
      : returning_(std::move(returning)),
        change_(query, context, parameters, settings, returning_) {
    change_.wait();
  }
  Result<void> find() override {
    LK_CHECK(change_.run());
    return {};
  }
  Result<void> apply() override {
    LK_CHECK(change_.apply());
    return change_.fire_after();
  }

 private:
  const std::function<Result<void>(Evaluation&)> returning_;
  Change change_;
};

}  // namespace

std::unique_ptr<WaitingChange> make_waiting_change(
    const Query& query, ExecutionContext& context, std::span<const Value> parameters,
    const TextSettings& settings, std::function<Result<void>(Evaluation&)> returning) {
  return std::make_unique<ChangeOfWith>(query, context, parameters, settings, std::move(returning));
}

Result<std::uint64_t> run_change(const Query& query, ExecutionContext& context,
                                 std::span<const Value> parameters, const TextSettings& settings,
                                 FunctionRef<Result<void>(Evaluation&)> returning) {
  Change change(query, context, parameters, settings, returning);
  return context.foreign_keys(settings).around([&]() -> Result<std::uint64_t> {
    LK_TRY(const std::uint64_t count, change.run());
    LK_CHECK(apply_other_changes(query, context));
    LK_CHECK(change.fire_after());
    return count;
  });
}

}  // namespace latchkey::sql::exec
