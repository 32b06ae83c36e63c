#include "sql/catalog/define_parts.h"
#include "sql/exec/table_writer.h"
#include "sql/session_impl.h"

// Temporary tables: what becomes of them at the end of a transaction and of the session.

namespace latchkey::sql {

std::vector<const Table*> SessionImpl::temporary_tables() {
  std::vector<const Table*> tables;
  current_catalog_ = current_catalog();
  for (const auto& [oid, table] : catalog().tables()) {
    if (table->temporary == process_id_) tables.push_back(table.get());
  }
  return tables;
}

/// The rows of a table that begins each transaction empty.
Result<void> SessionImpl::delete_rows_of(const Table& table) {
  std::vector<storage::TreeId> trees = {table.tree};
  for (const Index& index : table.indexes) {
    if (!index.is_primary) trees.push_back(index.tree);
  }
  ExecutionContext execution = make_context();
  for (const storage::TreeId tree : trees) {
    const auto cursor = transaction_->scan(tree, {}, storage::Direction::Forward, 256);
    std::vector<std::string> keys;
    for (;;) {
      LK_CHECK(execution.check_cancelled());
      LK_TRY(const bool more, cursor->next());
      if (!more) break;
      keys.emplace_back(cursor->key());
    }
    for (const std::string& key : keys) LK_CHECK(transaction_->erase(tree, key));
  }
  return {};
}

Result<void> SessionImpl::end_temporary_tables() {
  if (!has_temporary_) return {};
  const auto end = [&]() -> Result<std::string> {
    for (const Table* const table : temporary_tables()) {
      if (table->on_commit == 'd' && table->has_rows()) LK_CHECK(delete_rows_of(*table));
    }
    const std::shared_ptr<const Catalog> before = current_catalog_;
    for (const Table* const table : temporary_tables()) {
      if (table->on_commit != 'x') continue;
      if (change_ == nullptr) {
        LK_TRY(change_, CatalogChange::begin(database_, *transaction_));
      }
      LK_CHECK(definitions::drop_table_trees(*table, *transaction_));
      LK_CHECK(change_->drop_table(table->oid));
    }
    return std::string();
  };
  LK_TRY(const std::string done, with_retries(end));
  (void)done;
  return {};
}

Result<void> SessionImpl::drop_temporary_tables() {
  if (!has_temporary_) return {};
  const auto drop = [&]() -> Result<std::string> {
    if (change_ == nullptr) {
      LK_TRY(change_, CatalogChange::begin(database_, *transaction_));
    }
    const std::shared_ptr<const Catalog> kept = change_->catalog();
    for (const Table* const table : temporary_tables()) {
      LK_CHECK(definitions::drop_table_trees(*table, *transaction_));
      LK_CHECK(change_->drop_table(table->oid));
    }
    const Schema* const schema = kept->find_schema(definitions::temporary_schema_name(process_id_));
    if (schema != nullptr) LK_CHECK(change_->drop_schema(schema->oid));
    return std::string("DISCARD TEMP");
  };
  LK_TRY(const std::string done, with_retries(drop));
  (void)done;
  return {};
}

/// At the end of the session: in a transaction of its own. What fails stays until the next start.
void SessionImpl::leave_no_temporary_tables() {
  if (!has_temporary_) return;
  cancelled_.store(false, std::memory_order_relaxed);
  if (drop_temporary_tables().has_value()) (void)commit();
  rollback();
}

}  // namespace latchkey::sql
