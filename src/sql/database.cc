#include "sql/database.h"

#include <algorithm>

#include "sql/catalog/catalog_record.h"
#include "sql/types/key.h"

namespace latchkey::sql {

namespace {

constexpr const char* kZoneDirectory = "/usr/share/zoneinfo/";

/// The files of the time zone database, read as they are asked for.
ZoneLoader zone_loader(env::FileSystem& files) {
  const auto read = [&files](const std::string& path) -> Result<std::string> {
    LK_TRY(const auto file, files.open(kZoneDirectory + path, env::OpenMode::ReadOnly));
    LK_TRY(const std::uint64_t size, file->size());
    // The largest zones have a few thousand bytes.
    constexpr std::uint64_t kZoneBytesMax = std::uint64_t{1} << 20;
    if (size > kZoneBytesMax) {
      return Error(ErrorCode::ValueTooLong, "the file of the time zone " + path + " is too large");
    }
    std::string bytes(size, '\0');
    LK_TRY(const std::size_t count, file->read_at(0, bytes));
    bytes.resize(count);
    return bytes;
  };
  const auto list = [&files](const std::string& path) { return files.list(kZoneDirectory + path); };
  return {read, list};
}

}  // namespace

Database::Database(kv::Store& store, env::Env env)
    : store_(store),
      engine_(store.engine()),
      env_(env),
      time_zones_(zone_loader(*env.files)),
      sequences_(store.engine()) {}

Result<std::unique_ptr<Database>> Database::open(kv::Store& store, env::Env env) {
  std::unique_ptr<Database> database(new Database(store, env));
  LK_CHECK(database->load());
  return database;
}

Result<void> Database::load() {
  auto catalog = std::make_shared<Catalog>();
  std::uint32_t next = kFirstUserOid;
  const auto note = [&](Oid oid) { next = std::max(next, value_of(oid) + 1); };
  const auto transaction = engine_.begin(storage::Isolation::RepeatableRead);
  const storage::KeyRange range{std::string(kCatalogPrefix), key_after_prefix(kCatalogPrefix)};
  const auto cursor =
      transaction->scan(storage::Engine::kCatalogTree, range, storage::Direction::Forward);
  for (;;) {
    LK_TRY(const bool more, cursor->next());
    if (!more) break;
    const Bytes key = cursor->key();
    const char kind = key.size() > kCatalogPrefix.size() ? key[kCatalogPrefix.size()] : '?';
    if (kind == 't') {
      LK_TRY(Table table, decode_table(cursor->record().value));
      note(table.oid);
      for (const Index& index : table.indexes) note(index.oid);
      for (const CheckConstraint& check : table.checks) note(check.oid);
      for (const ForeignKey& foreign : table.foreign_keys) note(foreign.oid);
      for (const Trigger& trigger : table.triggers) note(trigger.oid);
      catalog->put(std::make_shared<const Table>(std::move(table)));
    } else if (kind == 'r') {
      LK_TRY(Routine routine, decode_routine(cursor->record().value));
      note(routine.oid);
      catalog->put(std::make_shared<const Routine>(std::move(routine)));
    } else if (kind == 's') {
      LK_TRY(Schema schema, decode_schema(cursor->record().value));
      note(schema.oid);
      catalog->put(std::make_shared<const Schema>(std::move(schema)));
    } else if (kind == 'y') {
      LK_TRY(UserType type, decode_user_type(cursor->record().value));
      note(type.oid);
      note(type.array);
      for (const EnumLabel& label : type.labels) note(label.oid);
      for (const CheckConstraint& check : type.checks) note(check.oid);
      catalog->put(std::make_shared<const UserType>(std::move(type)));
    } else if (kind == 'c') {
      LK_TRY(CommentRecord comment, decode_comment(cursor->record().value));
      catalog->put_comment(comment.oid, comment.column, std::move(comment.text));
    } else if (kind == 'e') {
      LK_TRY(ExtensionRecord extension, decode_extension(cursor->record().value));
      catalog->put_extension(extension.name, std::move(extension.version));
    }
  }
  next_oid_.store(next, std::memory_order_relaxed);
  LK_CHECK(sweep(*catalog));
  catalog_ = std::move(catalog);
  return {};
}

Result<void> Database::sweep(Catalog& catalog) {
  constexpr storage::TreeId kCatalogTree = storage::Engine::kCatalogTree;
  const auto transaction = engine_.begin(storage::Isolation::ReadCommitted);
  std::vector<std::string> unused;
  const std::map<std::uint32_t, std::shared_ptr<const Table>> tables = catalog.tables();
  for (const auto& [oid, table] : tables) {
    if (table->temporary == 0) continue;
    if (table->has_rows()) {
      LK_CHECK(transaction->drop_tree(table->tree));
      for (const Index& index : table->indexes) {
        if (!index.is_primary) LK_CHECK(transaction->drop_tree(index.tree));
      }
    }
    unused.push_back(catalog_key('t', table->oid));
    catalog.erase_table(table->oid);
  }
  const std::map<std::uint32_t, std::shared_ptr<const Schema>> schemas = catalog.schemas();
  for (const auto& [oid, schema] : schemas) {
    if (!schema->name.starts_with("pg_temp_")) continue;
    unused.push_back(catalog_key('s', schema->oid));
    catalog.erase_schema(schema->oid);
  }
  const std::string prefix = std::string(kCatalogPrefix) + "q";
  const auto cursor = transaction->scan(kCatalogTree, {prefix, key_after_prefix(prefix)},
                                        storage::Direction::Forward);
  for (;;) {
    LK_TRY(const bool more, cursor->next());
    if (!more) break;
    if (!Sequences::belongs(cursor->key(), catalog)) unused.emplace_back(cursor->key());
  }
  if (unused.empty()) return {};
  for (const std::string& key : unused) LK_CHECK(transaction->erase(kCatalogTree, key));
  LK_TRY(const storage::Lsn done, transaction->commit());
  (void)done;
  return {};
}

std::shared_ptr<const Catalog> Database::catalog() const {
  const std::lock_guard lock(published_mutex_);
  return catalog_;
}

void Database::publish(std::shared_ptr<const Catalog> catalog) {
  const std::lock_guard lock(published_mutex_);
  catalog_ = std::move(catalog);
}

Result<std::int64_t> Database::next_row_number(storage::TreeId tree,
                                               FunctionRef<Result<std::int64_t>()> last) {
  const std::lock_guard lock(row_numbers_mutex_);
  const auto found = row_numbers_.find(value_of(tree));
  if (found != row_numbers_.end()) return ++found->second;
  LK_TRY(const std::int64_t greatest, last());
  row_numbers_.emplace(value_of(tree), greatest + 1);
  return greatest + 1;
}

}  // namespace latchkey::sql
