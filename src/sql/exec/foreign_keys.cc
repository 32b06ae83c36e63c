#include "sql/exec/foreign_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/exec/change.h"
#include "sql/exec/subplan.h"
#include "sql/exec/table_layout.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::exec {

namespace {

using Side = ForeignCheck::Side;

const ForeignKey* find_key(const Table& table, Oid oid) {
  for (const ForeignKey& key : table.foreign_keys) {
    if (key.oid == oid) return &key;
  }
  return nullptr;
}

std::size_t position_of(const Table& table, std::int16_t number) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].number == number) return i;
  }
  LK_ASSERT(false);
  return 0;
}

std::vector<Value> pick(const Table& table, const std::vector<std::int16_t>& columns,
                        std::span<const Value> row) {
  std::vector<Value> values;
  for (const std::int16_t number : columns) values.push_back(row[position_of(table, number)]);
  return values;
}

RowShape shape_of(const Table& table, const std::vector<std::int16_t>& columns) {
  std::vector<RowShape::Column> shape;
  for (const std::int16_t number : columns) {
    shape.push_back({table.columns[position_of(table, number)].type, false});
  }
  return RowShape(std::move(shape));
}

bool are_equal(const Table& table, const std::vector<std::int16_t>& columns,
               std::span<const Value> a, std::span<const Value> b) {
  for (const std::int16_t number : columns) {
    const std::size_t at = position_of(table, number);
    if (a[at].is_null != b[at].is_null) return false;
    if (!a[at].is_null && compare(table.columns[at].type, a[at], b[at]) != 0) return false;
  }
  return true;
}

bool fits(Oid type, const Value& value) {
  if (type == oid::kInt2) return value.integer >= INT16_MIN && value.integer <= INT16_MAX;
  if (type == oid::kInt4) return value.integer >= INT32_MIN && value.integer <= INT32_MAX;
  return true;
}

std::string full_name(const Catalog& catalog, const Table& table) {
  return parse::quoted_name(catalog.find_schema(table.schema)->name) + "." +
         parse::quoted_name(table.name);
}

}  // namespace

void ForeignKeys::add(ForeignCheck check, const ForeignKey& key) {
  const bool acts = (check.side == Side::Deleted && key.on_delete != ForeignAction::NoAction) ||
                    (check.side == Side::Updated && key.on_update != ForeignAction::NoAction);
  // Only what looks can wait until the end; what acts does so at once.
  if (!acts && context_.services.is_deferred(key)) {
    context_.services.defer(std::move(check));
  } else {
    waiting_.push_back(std::move(check));
  }
}

void ForeignKeys::inserted(const Table& table, Bytes row_key) {
  for (const ForeignKey& key : table.foreign_keys) {
    add({Side::Referring, key.oid, table.oid, std::string(row_key), {}, {}}, key);
  }
}

void ForeignKeys::updated(const Table& table, Bytes row_key, std::span<const Value> before,
                          std::span<const Value> after) {
  for (const ForeignKey& key : table.foreign_keys) {
    if (are_equal(table, key.columns, before, after)) continue;
    add({Side::Referring, key.oid, table.oid, std::string(row_key), {}, {}}, key);
  }
  for (const Table* const referring : context_.catalog.referring_to(table.oid)) {
    for (const ForeignKey& key : referring->foreign_keys) {
      if (key.table != table.oid) continue;
      if (are_equal(table, key.referred_columns, before, after)) continue;
      ForeignCheck check{Side::Updated, key.oid, referring->oid, {}, {}, {}};
      const RowShape shape = shape_of(table, key.referred_columns);
      shape.encode(pick(table, key.referred_columns, before), check.before);
      shape.encode(pick(table, key.referred_columns, after), check.after);
      add(std::move(check), key);
    }
  }
}

void ForeignKeys::erased(const Table& table, std::span<const Value> before) {
  for (const Table* const referring : context_.catalog.referring_to(table.oid)) {
    for (const ForeignKey& key : referring->foreign_keys) {
      if (key.table != table.oid) continue;
      ForeignCheck check{Side::Deleted, key.oid, referring->oid, {}, {}, {}};
      shape_of(table, key.referred_columns)
          .encode(pick(table, key.referred_columns, before), check.before);
      add(std::move(check), key);
    }
  }
}

Result<std::uint64_t> ForeignKeys::around(FunctionRef<Result<std::uint64_t>()> change) {
  ++depth_;
  Result<std::uint64_t> count = change();
  if (count.has_value() && depth_ == 1 && !waiting_.empty()) {
    Result<void> looked = look();
    if (!looked.has_value()) count = std::move(looked).error();
  }
  if (--depth_ == 0) waiting_.clear();
  return count;
}

Result<void> ForeignKeys::look() {
  // What others have committed since the statement began counts too.
  context_.transaction.begin_statement();
  for (std::size_t next = 0; next < waiting_.size(); ++next) {
    LK_CHECK(context_.check_cancelled());
    const ForeignCheck check = std::move(waiting_[next]);
    LK_CHECK(run(check));
  }
  return {};
}

Result<void> ForeignKeys::run(const ForeignCheck& check) {
  if (check.side == Side::Referring) return check_referring(check);
  const Table* const referring = context_.catalog.find_table(check.table);
  const ForeignKey* const key = referring == nullptr ? nullptr : find_key(*referring, check.key);
  // It may have been dropped since.
  if (key == nullptr) return {};
  return check_referred(check, *referring, *key);
}

Result<void> ForeignKeys::check_referring(const ForeignCheck& check) {
  const Table* const table = context_.catalog.find_table(check.table);
  const ForeignKey* const key = table == nullptr ? nullptr : find_key(*table, check.key);
  if (key == nullptr) return {};
  const TableLayout layout(*table);
  Arena arena;
  std::vector<Value> values(table->columns.size());
  Result<void> decoded;
  LK_TRY(
      const bool found,
      context_.transaction.read(table->tree, check.row_key, [&](const storage::RecordView& record) {
        decoded = layout.decode(arena.copy(check.row_key), arena.copy(record.value), values, arena);
      }));
  if (!found) return {};  // gone again
  LK_CHECK(std::move(decoded));
  return check_row(*table, *key, values);
}

Result<void> ForeignKeys::check_row(const Table& table, const ForeignKey& key,
                                    std::span<const Value> row) {
  const std::vector<Value> values = pick(table, key.columns, row);
  const auto null_count =
      std::count_if(values.begin(), values.end(), [](const Value& value) { return value.is_null; });
  if (null_count > 0) {
    if (!key.is_match_full || static_cast<std::size_t>(null_count) == values.size()) return {};
    return Error(ErrorCode::ForeignKeyViolation,
                 fmt::format("insert or update on table \"{}\" violates foreign key constraint "
                             "\"{}\"",
                             table.name, key.name))
        .with([&](ErrorDetails& details) {
          details.detail = "MATCH FULL does not allow mixing of null and nonnull key values.";
          details.schema = context_.catalog.find_schema(table.schema)->name;
          details.table = table.name;
          details.constraint = key.name;
        });
  }
  const Table* const referred = context_.catalog.find_table(key.table);
  if (referred == nullptr) return Error(ErrorCode::Internal, "a foreign key refers to nothing");
  LK_TRY(const bool exists, referred_exists(*referred, key, values));
  if (exists) return {};
  return not_present(table, key, values);
}

/// Looks for the row that is referred to, and locks it, so that it stays until we have committed.
Result<bool> ForeignKeys::referred_exists(const Table& referred, const ForeignKey& key,
                                          std::span<const Value> values) {
  std::vector<Value> row(referred.columns.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t at = position_of(referred, key.referred_columns[i]);
    if (values[i].is_null || !fits(referred.columns[at].type, values[i])) return false;
    row[at] = values[i];
  }
  const Index* index = nullptr;
  for (const Index& each : referred.indexes) {
    if (each.oid == key.index) index = &each;
  }
  if (index == nullptr) return Error(ErrorCode::Internal, "a foreign key has lost its index");
  const TableLayout layout(referred);
  bool has_null = false;
  const storage::TreeId tree = index->is_primary ? referred.tree : index->tree;
  std::string entry =
      index->is_primary ? layout.key_of(row) : layout.index_key_of(*index, row, {}, has_null);
  std::string name = std::to_string(value_of(tree)) + ":" + entry;
  if (found_.contains(name)) {
    LK_TRY(const bool is_there,
           context_.transaction.read(tree, entry, [](const storage::RecordView&) {}));
    return is_there;
  }
  LK_TRY(const bool found,
         context_.transaction.read_for_update(tree, entry, [](const storage::RecordView&) {}));
  if (found) found_.insert(std::move(name));
  return found;
}

Result<void> ForeignKeys::check_referred(const ForeignCheck& check, const Table& referring,
                                         const ForeignKey& key) {
  const Table* const referred = context_.catalog.find_table(key.table);
  if (referred == nullptr) return {};
  const ForeignAction action = check.side == Side::Deleted ? key.on_delete : key.on_update;
  if (action != ForeignAction::NoAction && action != ForeignAction::Restrict) {
    LK_CHECK(act(referring, key, action, check));
    // The default may be the very key that has gone.
    if (action != ForeignAction::SetDefault) return {};
  }
  std::vector<Value> values(key.referred_columns.size());
  LK_TRY(const std::size_t count,
         shape_of(*referred, key.referred_columns).decode(check.before, values));
  (void)count;
  const bool has_null =
      std::any_of(values.begin(), values.end(), [](const Value& value) { return value.is_null; });
  if (has_null) return {};
  if (action != ForeignAction::Restrict) {
    // Another row may have taken its place.
    LK_TRY(const bool is_back, referred_exists(*referred, key, values));
    if (is_back) return {};
  }
  LK_TRY(const bool is_used, is_referred_to(referring, key, values));
  if (!is_used) return {};
  return still_referred(referring, key, values);
}

Result<bool> ForeignKeys::is_referred_to(const Table& referring, const ForeignKey& key,
                                         std::span<const Value> values) {
  LK_TRY(const bool found, look_for_referring(context_, referring, key, values));
  if (found || !context_.services.has_fixed_snapshot()) return found;
  // Rows that came after our snapshot began are not in it: those make us fail.
  const auto newest = context_.engine.begin(storage::Isolation::ReadCommitted);
  ExecutionContext context(*newest, context_.engine, context_.catalog, context_.services,
                           context_.limits());
  return look_for_referring(context, referring, key, values);
}

Result<bool> ForeignKeys::look_for_referring(ExecutionContext& context, const Table& referring,
                                             const ForeignKey& key, std::span<const Value> values) {
  std::string condition;
  std::vector<Oid> types;
  std::vector<Value> parameters;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Column& column = *referring.column_of(key.columns[i]);
    if (!fits(column.type, values[i])) return false;
    condition += (condition.empty() ? "" : " AND ") + parse::quoted_name(column.name) +
                 fmt::format(" = ${}", i + 1);
    types.push_back(column.type);
    parameters.push_back(values[i]);
  }
  const std::string text = "SELECT 1 FROM " + full_name(context_.catalog, referring) + " WHERE " +
                           condition + " FOR UPDATE";
  LK_TRY(const std::shared_ptr<bind::Bound> bound, plan(key, "look", text, types));
  // FOR UPDATE is for the keys of the rows, which are locked below by whoever asks.
  bound->query->lock = parse::LockStrength::None;
  const bind::Query& query = *bound->query;
  QueryRun run(query, context, nullptr, parameters, settings_);
  LK_CHECK(run.open());
  for (;;) {
    LK_CHECK(context.check_cancelled());
    LK_TRY(const bool more, run.next());
    if (!more) return false;
    const Value& row = run.slots()[query.entries[0].key_slot];
    // It may just be going: then we wait for who takes it.
    LK_TRY(const bool is_there,
           context_.transaction.read_for_update(referring.tree, std::string(row.bytes()),
                                                [](const storage::RecordView&) {}));
    if (is_there) return true;
  }
}

Result<std::shared_ptr<bind::Bound>> ForeignKeys::plan(const ForeignKey& key,
                                                       const std::string& name,
                                                       const std::string& text,
                                                       std::span<const Oid> types) {
  std::shared_ptr<bind::Bound>& known = plans_[{value_of(key.oid), name}];
  if (known != nullptr) return known;
  LK_TRY(const auto script, parse::parse(text));
  bind::BindContext bind;
  // The catalog outlives the execution, and so the plan.
  bind.catalog =
      std::shared_ptr<const Catalog>(std::shared_ptr<const Catalog>(), &context_.catalog);
  bind.settings = &settings_;
  bind::Binder binder(std::move(bind), types);
  LK_TRY(known, binder.bind(*script->statements[0].node));
  return known;
}

/// CASCADE, SET NULL and SET DEFAULT: a statement on the table that refers.
Result<void> ForeignKeys::act(const Table& referring, const ForeignKey& key, ForeignAction action,
                              const ForeignCheck& check) {
  const Table& referred = *context_.catalog.find_table(key.table);
  const RowShape shape = shape_of(referred, key.referred_columns);
  std::vector<Value> before(key.columns.size());
  std::vector<Value> after(key.columns.size());
  LK_TRY(const std::size_t before_count, shape.decode(check.before, before));
  (void)before_count;
  const bool has_null =
      std::any_of(before.begin(), before.end(), [](const Value& value) { return value.is_null; });
  if (has_null) return {};
  std::vector<Oid> types;
  std::vector<Value> parameters;
  std::string condition;
  const auto name_of = [&](std::size_t i) {
    return parse::quoted_name(referring.column_of(key.columns[i])->name);
  };
  for (std::size_t i = 0; i < before.size(); ++i) {
    condition += (i == 0 ? "" : " AND ") + name_of(i) + fmt::format(" = ${}", i + 1);
    const Oid type = referring.column_of(key.columns[i])->type;
    if (!fits(type, before[i])) return {};
    types.push_back(type);
    parameters.push_back(before[i]);
  }
  const std::string table = full_name(context_.catalog, referring);
  std::string text = "DELETE FROM " + table;
  if (check.side == Side::Updated || action != ForeignAction::Cascade) {
    std::string assignments;
    if (action == ForeignAction::Cascade) {
      LK_TRY(const std::size_t after_count, shape.decode(check.after, after));
      (void)after_count;
    }
    for (std::size_t i = 0; i < key.columns.size(); ++i) {
      const bool is_set = key.set_columns.empty() || check.side == Side::Updated ||
                          std::find(key.set_columns.begin(), key.set_columns.end(),
                                    key.columns[i]) != key.set_columns.end();
      if (!is_set) continue;
      assignments += (assignments.empty() ? "" : ", ") + name_of(i) + " = ";
      if (action == ForeignAction::Cascade) {
        assignments += fmt::format("${}", before.size() + i + 1);
        types.push_back(referred.column_of(key.referred_columns[i])->type);
        parameters.push_back(after[i]);
      } else {
        assignments += action == ForeignAction::SetNull ? "NULL" : "DEFAULT";
      }
    }
    text = "UPDATE " + table + " SET " + assignments;
  }
  text += " WHERE " + condition;
  const std::string name = check.side == Side::Deleted ? "delete" : "update";
  LK_TRY(const std::shared_ptr<bind::Bound> bound, plan(key, name, text, types));
  const auto nothing = [](Evaluation&) -> Result<void> { return {}; };
  LK_TRY(const std::uint64_t changed,
         run_change(*bound->query, context_, parameters, settings_, nothing));
  (void)changed;
  return {};
}

std::string ForeignKeys::shown(const Table& table, const std::vector<std::int16_t>& columns,
                               std::span<const Value> values) const {
  std::string names;
  std::string texts;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = *table.column_of(columns[i]);
    names += (i == 0 ? "" : ", ") + column.name;
    if (i > 0) texts += ", ";
    append_text(column.type, values[i], settings_, texts);
  }
  return fmt::format("Key ({})=({})", names, texts);
}

Error ForeignKeys::not_present(const Table& referring, const ForeignKey& key,
                               std::span<const Value> values) const {
  const Table& referred = *context_.catalog.find_table(key.table);
  return Error(ErrorCode::ForeignKeyViolation,
               fmt::format("insert or update on table \"{}\" violates foreign key constraint "
                           "\"{}\"",
                           referring.name, key.name))
      .with([&](ErrorDetails& details) {
        details.detail = shown(referring, key.columns, values) +
                         fmt::format(" is not present in table \"{}\".", referred.name);
        details.schema = context_.catalog.find_schema(referring.schema)->name;
        details.table = referring.name;
        details.constraint = key.name;
      });
}

Error ForeignKeys::still_referred(const Table& referring, const ForeignKey& key,
                                  std::span<const Value> values) const {
  const Table& referred = *context_.catalog.find_table(key.table);
  return Error(ErrorCode::ForeignKeyViolation,
               fmt::format("update or delete on table \"{}\" violates foreign key constraint "
                           "\"{}\" on table \"{}\"",
                           referred.name, key.name, referring.name))
      .with([&](ErrorDetails& details) {
        details.detail = shown(referred, key.referred_columns, values) +
                         fmt::format(" is still referenced from table \"{}\".", referring.name);
        details.schema = context_.catalog.find_schema(referring.schema)->name;
        details.table = referring.name;
        details.constraint = key.name;
      });
}

}  // namespace latchkey::sql::exec
