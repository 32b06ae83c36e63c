#include "sql/catalog/catalog_change.h"

#include "sql/catalog/catalog_record.h"
#include "sql/catalog/system_tables.h"

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
  LK_CHECK(check_schema_is_open(table.schema, table.name));
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

Result<void> CatalogChange::put(UserType type) {
  const std::string record = encode(type);
  LK_CHECK(transaction_.put(kCatalog, catalog_key('y', type.oid), {.value = record}));
  catalog_ = snapshot();
  catalog_->put(std::make_shared<const UserType>(std::move(type)));
  return {};
}

Result<void> CatalogChange::put_comment(Oid oid, std::int16_t column, std::string text) {
  const std::string key = comment_key(oid, column);
  catalog_ = snapshot();
  if (text.empty()) {
    catalog_->erase_comment(oid, column);
    LK_CHECK(transaction_.erase(kCatalog, key));
    return {};
  }
  const std::string record = encode(CommentRecord{oid, column, text});
  catalog_->put_comment(oid, column, std::move(text));
  return transaction_.put(kCatalog, key, {.value = record});
}

Result<void> CatalogChange::put_extension(std::string name, std::string version) {
  const std::string record = encode(ExtensionRecord{name, version});
  LK_CHECK(transaction_.put(kCatalog, extension_key(name), {.value = record}));
  catalog_ = snapshot();
  catalog_->put_extension(name, std::move(version));
  return {};
}

Result<void> CatalogChange::drop_extension(const std::string& name) {
  LK_CHECK(transaction_.erase(kCatalog, extension_key(name)));
  catalog_ = snapshot();
  catalog_->erase_extension(name);
  return {};
}

Result<void> CatalogChange::drop_user_type(Oid oid) {
  LK_CHECK(transaction_.erase(kCatalog, catalog_key('y', oid)));
  LK_CHECK(drop_comments(oid));
  catalog_ = snapshot();
  catalog_->erase_user_type(oid);
  return {};
}

Result<void> CatalogChange::drop_comments(Oid oid) {
  std::vector<std::int16_t> columns;
  const auto& comments = catalog_->comments();
  for (auto each = comments.lower_bound({value_of(oid), INT16_MIN});
       each != comments.end() && each->first.first == value_of(oid); ++each) {
    columns.push_back(each->first.second);
  }
  for (const std::int16_t column : columns) LK_CHECK(put_comment(oid, column, {}));
  return {};
}

Result<void> CatalogChange::drop_table(Oid oid) {
  if (const Table* const table = catalog_->find_table(oid)) LK_CHECK(check_not_system(*table));
  LK_CHECK(drop_comments(oid));
  LK_CHECK(transaction_.erase(kCatalog, catalog_key('t', oid)));
  catalog_ = snapshot();
  catalog_->erase_table(oid);
  return {};
}

Result<void> CatalogChange::drop_schema(Oid oid) {
  LK_CHECK(drop_comments(oid));
  LK_CHECK(transaction_.erase(kCatalog, catalog_key('s', oid)));
  catalog_ = snapshot();
  catalog_->erase_schema(oid);
  return {};
}

}  // namespace latchkey::sql
