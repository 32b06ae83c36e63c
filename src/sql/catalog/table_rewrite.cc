#include "sql/catalog/table_rewrite.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/exec/table_writer.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

Result<void> for_each_row(const Table& table, ChangeRow look, DefineContext& context) {
  const exec::TableLayout layout(table);
  const auto cursor =
      context.change.transaction().scan(table.tree, {}, storage::Direction::Forward, 256);
  Arena arena;
  std::vector<Value> values(table.columns.size());
  Evaluation evaluation;
  evaluation.arena = &arena;
  evaluation.context = &context.execution;
  evaluation.settings = &context.settings;
  for (;;) {
    LK_CHECK(context.execution.check_cancelled());
    LK_TRY(const bool more, cursor->next());
    if (!more) return {};
    arena.reset();
    const Bytes key = arena.copy(cursor->key());
    const Bytes row = arena.copy(cursor->record().value);
    LK_CHECK(layout.decode(key, row, values, arena));
    LK_CHECK(look(values, evaluation));
  }
}

Error not_unique(const Table& table, const Index& index, std::span<const Value> values,
                 const DefineContext& context) {
  const exec::TableWriter writer(table, context.execution, context.settings);
  std::string detail = writer.duplicate(index, values).details().detail;
  const std::size_t end = detail.rfind(" already exists.");
  if (end != std::string::npos) detail = detail.substr(0, end) + " is duplicated.";
  return Error(ErrorCode::UniqueViolation,
               fmt::format("could not create unique index \"{}\"", index.name))
      .with([&](ErrorDetails& details) {
        details.detail = detail;
        details.schema = context.change.catalog()->find_schema(table.schema)->name;
        details.table = table.name;
        details.constraint = index.name;
      });
}

Result<void> rewrite_table(const Table& before, Table& after, ChangeRow change,
                           DefineContext& context) {
  LK_CHECK(create_trees(after, context.change.transaction()));
  // Moving rows asks nothing of foreign keys.
  Table bare = after;
  bare.foreign_keys.clear();
  exec::TableWriter writer(bare, context.execution, context.settings);
  std::vector<Value> row(after.columns.size());
  const auto move_row = [&](std::span<Value> values, Evaluation& evaluation) -> Result<void> {
    std::fill(row.begin(), row.end(), Value::null());
    std::copy(values.begin(), values.end(), row.begin());
    LK_CHECK(change(row, evaluation));
    for (std::size_t i = 0; i < after.columns.size(); ++i) {
      if (!after.columns[i].not_null || after.columns[i].is_dropped || !row[i].is_null) continue;
      return Error(ErrorCode::NotNullViolation,
                   fmt::format("column \"{}\" of relation \"{}\" contains null values",
                               after.columns[i].name, after.name));
    }
    LK_TRY(const auto conflict, writer.find_conflict(row));
    if (conflict.has_value()) return not_unique(after, *conflict->index, row, context);
    LK_TRY(const std::string key, writer.insert(row));
    (void)key;
    return {};
  };
  LK_CHECK(for_each_row(before, move_row, context));
  return drop_table_trees(before, context.change.transaction());
}

Result<void> rewrite_table(const Table& before, Table& after, DefineContext& context) {
  return rewrite_table(
      before, after, [](std::span<Value>, Evaluation&) -> Result<void> { return {}; }, context);
}

}  // namespace latchkey::sql::definitions
