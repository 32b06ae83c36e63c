#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_sequence.h"
#include "sql/exec/triggers.h"

namespace latchkey::sql::definitions {

using parse::Node;

namespace {

/// The tables that must be emptied with these, or the error that says so.
Result<void> add_referring(std::vector<Oid>& tables, bool cascade, DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (const Table* const referring : catalog.referring_to(tables[i])) {
      if (std::find(tables.begin(), tables.end(), referring->oid) != tables.end()) continue;
      if (!cascade) {
        return Error(ErrorCode::NotSupported,
                     "cannot truncate a table referenced in a foreign key constraint")
            .with_detail(fmt::format("Table \"{}\" references \"{}\".", referring->name,
                                     catalog.find_table(tables[i])->name))
            .with_hint(
                fmt::format("Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                            referring->name));
      }
      context.notice(Error(ErrorCode::DependentObjects,
                           fmt::format("truncate cascades to table \"{}\"", referring->name)));
      tables.push_back(referring->oid);
    }
  }
  return {};
}

Result<void> restart_sequences(Oid table, DefineContext& context) {
  std::vector<Table> restarted;
  for (const auto& [oid, each] : context.change.catalog()->tables()) {
    if (each->kind != TableKind::Sequence || each->sequence.table != table) continue;
    restarted.push_back(*each);
  }
  for (Table& sequence : restarted) {
    restart_sequence(sequence.sequence, sequence.sequence.start, context);
    LK_CHECK(context.change.put(std::move(sequence)));
  }
  return {};
}

}  // namespace

Result<std::string> truncate(const Node& statement, DefineContext& context) {
  const bool cascade = statement.as<parse::DropKind>("behavior") == parse::DropKind::Cascade;
  std::vector<Oid> tables;
  for (const Node* const relation : statement.list("relations")) {
    LK_TRY(const Table* const found, find_table(*relation, context));
    if (found->kind == TableKind::View || found->kind == TableKind::Sequence) {
      return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a table", found->name));
    }
    tables.push_back(found->oid);
    for (const Table* const partition : context.change.catalog()->partitions_of(found->oid)) {
      tables.push_back(partition->oid);
    }
  }
  LK_CHECK(add_referring(tables, cascade, context));
  for (const Oid oid : tables) {
    const Table before = *context.change.catalog()->find_table(oid);
    exec::Triggers triggers(before, context.execution);
    LK_CHECK(triggers.before_statement(kOnTruncate));
    Table table = before;
    LK_CHECK(drop_table_trees(table, context.change.transaction()));
    LK_CHECK(create_trees(table, context.change.transaction()));
    LK_CHECK(context.change.put(std::move(table)));
    if (statement.flag("restart_seqs")) LK_CHECK(restart_sequences(oid, context));
    LK_CHECK(triggers.after_statement(kOnTruncate));
  }
  return std::string("TRUNCATE TABLE");
}

}  // namespace latchkey::sql::definitions
