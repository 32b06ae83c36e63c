#include "sql/exec/point_read.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <limits>
#include <utility>

#include "sql/catalog/system_tables.h"
#include "sql/exec/access_path.h"
#include "sql/exec/evaluate.h"
#include "sql/types/key.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::Query;
using bind::QueryKind;
using bind::RangeEntry;

constexpr std::size_t kQuickRowsMax = 16;

/// Nothing that asks the session, other tables or a clock, and no arrays to walk over.
bool is_simple(const Expr* expr, std::uint32_t refused_flags) {
  if (expr == nullptr) return true;
  if (expr->query != nullptr) return false;
  if (expr->kind == bind::ExprKind::AnyOf || expr->kind == bind::ExprKind::AllOf) return false;
  if (expr->kind == bind::ExprKind::Call) {
    if ((expr->function->flags & refused_flags) != 0) return false;
    if (expr->types.routine != Oid::None) return false;  // nobody knows what users have written
  }
  return std::all_of(expr->args.begin(), expr->args.end(),
                     [&](const Expr* arg) { return is_simple(arg, refused_flags); });
}

/// Functions that may wait are volatile.
constexpr std::uint32_t kMayWait = kVolatile | kReturnsSet;

bool is_plain_table(const RangeEntry& entry) {
  return entry.kind == RangeEntry::Kind::Table && entry.table->kind == TableKind::Table &&
         !is_system_table(*entry.table) && entry.table->partition_key.strategy == 0;
}

/// Whether the only table of FROM is read by a whole key or a whole unique index.
bool finds_one_row(const Query& query) {
  if (query.from == nullptr || query.from->entry != 0 || !is_plain_table(query.entries[0])) {
    return false;
  }
  std::vector<Expr*> conditions;
  split_conjunction(query.where, conditions);
  const AccessPath path = find_path(query, 0, conditions, {});
  return path.is_point && path.choices == nullptr;
}

bool has_quick_expressions(const Query& query) {
  const auto simple = [](const Expr* expr) { return is_simple(expr, kMayWait); };
  return simple(query.where) && simple(query.limit) && simple(query.offset) &&
         std::all_of(query.targets.begin(), query.targets.end(),
                     [&](const bind::Target& target) { return simple(target.expr); }) &&
         std::all_of(query.assignments.begin(), query.assignments.end(),
                     [&](const bind::Assignment& each) { return simple(each.expr); }) &&
         std::all_of(query.defaults.begin(), query.defaults.end(), simple) &&
         std::all_of(query.checks.begin(), query.checks.end(), simple);
}

bool is_quick_select(const Query& query) {
  const bool is_plain = !query.is_grouped && query.set_calls.empty() &&
                        query.window_calls.empty() && has_quick_expressions(query);
  return is_plain && (query.from == nullptr || finds_one_row(query));
}

bool is_quick_insert(const Query& query) {
  if (!has_quick_expressions(query)) return false;
  const bind::OnConflict& conflict = query.conflict;
  const bool quick_conflict =
      is_simple(conflict.where, kMayWait) &&
      std::all_of(conflict.assignments.begin(), conflict.assignments.end(),
                  [](const bind::Assignment& each) { return is_simple(each.expr, kMayWait); });
  if (!quick_conflict) return false;
  if (query.source == nullptr) return true;
  const Query& source = *query.source;
  if (source.kind != QueryKind::Select || source.is_grouped || !source.set_calls.empty() ||
      !source.sort.empty() || !has_quick_expressions(source)) {
    return false;
  }
  if (source.from == nullptr) return true;
  if (source.from->entry != 0 || source.entries[0].kind != RangeEntry::Kind::Values) return false;
  const auto& rows = source.entries[0].values;
  return rows.size() <= kQuickRowsMax &&
         std::all_of(rows.begin(), rows.end(), [](const std::vector<Expr*>& row) {
           return std::all_of(row.begin(), row.end(),
                              [](const Expr* value) { return is_simple(value, kMayWait); });
         });
}

Result<void> failure_of(Evaluation& evaluation) {
  if (!evaluation.failed()) return {};
  return *std::exchange(evaluation.error, std::nullopt);
}

/// Whether a key can hold the number at all: a bigint may be compared with an int column.
bool fits(Oid type, const Value& value) {
  if (type == oid::kInt2) return value.integer >= -32768 && value.integer <= 32767;
  if (type != oid::kInt4) return true;
  return value.integer >= std::numeric_limits<std::int32_t>::min() &&
         value.integer <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

bool is_quick(const Query& query) {
  if (!query.commons.empty()) return false;
  if (query.table != nullptr && !query.table->triggers.empty()) return false;
  switch (query.kind) {
    case QueryKind::Select:
      return is_quick_select(query);
    case QueryKind::Insert:
      return is_quick_insert(query);
    case QueryKind::Update:
    case QueryKind::Delete:
      return finds_one_row(query) && has_quick_expressions(query);
    case QueryKind::SetOperation:
      return false;
  }
  return false;
}

PointRead::PointRead(const Query& query) : query_(query), layout_(*query.entries[0].table) {}

std::unique_ptr<const PointRead> PointRead::make(const Query& query) {
  if (query.kind != QueryKind::Select || !is_quick_select(query) || query.from == nullptr)
    return {};
  if (query.limit != nullptr || query.offset != nullptr) return {};
  if (query.lock != parse::LockStrength::None || !query.commons.empty()) return {};
  const RangeEntry& entry = query.entries[0];
  if (entry.row_slot >= 0 || entry.table_oid_slot >= 0 || entry.inserted_by_slot >= 0) return {};
  std::vector<Expr*> conditions;
  split_conjunction(query.where, conditions);
  AccessPath path = find_path(query, 0, conditions, {});
  if (path.index != nullptr) return {};
  // What a function could ask of a session does not stand behind this evaluation.
  const auto stands_alone = [](const Expr* expr) { return is_simple(expr, kMayWait | kStable); };
  if (!std::all_of(conditions.begin(), conditions.end(), stands_alone)) return {};
  for (const bind::Target& target : query.targets) {
    if (!stands_alone(target.expr)) return {};
  }
  std::unique_ptr<PointRead> read(new PointRead(query));
  read->key_ = std::move(path.equal);
  read->conditions_.assign(conditions.begin(), conditions.end());
  return read;
}

Result<std::optional<storage::Lsn>> PointRead::run(storage::Engine& engine,
                                                   std::span<const Value> parameters,
                                                   const TextSettings& settings, Arena& arena,
                                                   std::span<Value> values) const {
  constexpr std::size_t kUsualSlots = 24;
  boost::container::small_vector<Value, kUsualSlots> slots(
      static_cast<std::size_t>(query_.slot_count));
  Evaluation evaluation;
  evaluation.arena = &arena;
  evaluation.settings = &settings;
  evaluation.parameters = parameters;
  evaluation.slots = slots.data();
  std::string key;
  for (std::size_t i = 0; i < key_.size(); ++i) {
    const Oid type = layout_.type_of(layout_.key_columns()[i]);
    const Value value = evaluate(*key_[i], evaluation);
    LK_CHECK(failure_of(evaluation));
    if (value.is_null || !fits(type, value)) return std::optional<storage::Lsn>();
    append_key_part(type, value, TableLayout::part_of(i, key_.size()), key);
  }
  const RangeEntry& entry = query_.entries[0];
  const storage::KeyRef place = engine.key_ref(entry.table->tree, key);
  Bytes row;
  storage::Lsn version{};
  LK_TRY(const bool found,
         engine.read(place, engine.now_ms(), [&](const storage::RecordView& record) {
           row = arena.copy(record.value);
           version = record.version;
         }));
  if (!found) return std::optional<storage::Lsn>();
  LK_CHECK(layout_.decode(arena.copy(key), row,
                          {slots.data() + entry.first_slot, entry.names.size()}, arena));
  for (const Expr* const condition : conditions_) {
    const bool holds_here = holds(*condition, evaluation);
    LK_CHECK(failure_of(evaluation));
    if (!holds_here) return std::optional<storage::Lsn>();
  }
  std::size_t next = 0;
  for (const bind::Target& target : query_.targets) {
    if (!target.is_hidden) values[next++] = evaluate(*target.expr, evaluation);
  }
  LK_CHECK(failure_of(evaluation));
  return std::optional(version);
}

}  // namespace latchkey::sql::exec
