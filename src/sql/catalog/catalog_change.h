#pragma once

#include <memory>
#include <string>

#include "sql/database.h"
#include "storage/engine.h"

namespace latchkey::sql {

/// A catalog that a transaction is changing, and the records of what it changes.
///
/// Threads:   the session's.
/// Ownership: borrows the database and the transaction.
class CatalogChange {
 public:
  /// Locks the catalog for changes, which waits for who changes it now.
  /// Errors: RowLocked and the engine's.
  static Result<std::unique_ptr<CatalogChange>> begin(Database& database,
                                                      storage::Transaction& transaction);

  const std::shared_ptr<Catalog>& catalog() const { return catalog_; }
  Database& database() { return database_; }
  storage::Transaction& transaction() { return transaction_; }

  Result<void> put(Table table);
  Result<void> put(Schema schema);
  Result<void> put(Routine routine);
  Result<void> drop_routine(Oid oid);
  Result<void> put(UserType type);
  /// An empty text takes the comment away.
  Result<void> put_comment(Oid oid, std::int16_t column, std::string text);
  Result<void> put_extension(std::string name, std::string version);
  Result<void> drop_table(Oid oid);
  Result<void> drop_schema(Oid oid);
  Result<void> drop_user_type(Oid oid);
  Result<void> drop_extension(const std::string& name);

  /// A place to come back to when the transaction rolls back to a savepoint.
  std::shared_ptr<Catalog> snapshot() const { return std::make_shared<Catalog>(*catalog_); }
  void restore(std::shared_ptr<Catalog> catalog) { catalog_ = std::move(catalog); }

 private:
  CatalogChange(Database& database, storage::Transaction& transaction)
      : database_(database), transaction_(transaction) {}
  Result<void> drop_comments(Oid oid);

  Database& database_;
  storage::Transaction& transaction_;
  std::shared_ptr<Catalog> catalog_;
};

}  // namespace latchkey::sql
