#include "sql/catalog/catalog_change.h"

#include "sql/catalog/catalog_record.h"

namespace latchkey::sql {

namespace {

constexpr storage::TreeId kCatalog = storage::Engine::kCatalogTree;

}  // namespace

Result<std::unique_ptr<CatalogChange>> CatalogChange::begin(Database& database,
                                                            storage::Transaction& transaction) {
  LK_CHECK(transaction.read_for_update(kCatalog, Database::kCatalogLock,
                                       [](const storage::RecordView&) {}));
  std::unique_ptr<CatalogChange> change(new CatalogChange(database, transaction));
  // Who held the lock before us publishes under the mutex: behind it we see what it made.
  const std::lock_guard lock(database.catalog_mutex());
  change->catalog_ = std::make_shared<Catalog>(*database.catalog());
  return change;
}

Result<void> CatalogChange::put(Table table) {
  const std::string record = encode(table);
  LK_CHECK(transaction_.put(kCatalog, catalog_key('t', table.oid), {.value = record}));
  // A catalog that others may hold already is never changed.
  catalog_ = snapshot();
  catalog_->put(std::make_shared<const Table>(std::move(table)));
  return {};
}

Result<void> CatalogChange::put(Schema schema) {
  const std::string record = encode(schema);
  LK_CHECK(transaction_.put(kCatalog, catalog_key('s', schema.oid), {.value = record}));
  catalog_ = snapshot();
  catalog_->put(std::make_shared<const Schema>(std::move(schema)));
  return {};
}

Result<void> CatalogChange::put(Routine routine) {
  const std::string record = encode(routine);
  LK_CHECK(transaction_.put(kCatalog, catalog_key('r', routine.oid), {.value = record}));
  catalog_ = snapshot();
  catalog_->put(std::make_shared<const Routine>(std::move(routine)));
  return {};
}

Result<void> CatalogChange::drop_routine(Oid oid) {
  LK_CHECK(transaction_.erase(kCatalog, catalog_key('r', oid)));
  catalog_ = snapshot();
  catalog_->erase_routine(oid);
  return {};
}

Result<void> CatalogChange::drop_table(Oid oid) {
  LK_CHECK(transaction_.erase(kCatalog, catalog_key('t', oid)));
  catalog_ = snapshot();
  catalog_->erase_table(oid);
  return {};
}

Result<void> CatalogChange::drop_schema(Oid oid) {
  LK_CHECK(transaction_.erase(kCatalog, catalog_key('s', oid)));
  catalog_ = snapshot();
  catalog_->erase_schema(oid);
  return {};
}

}  // namespace latchkey::sql
