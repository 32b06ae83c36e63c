#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sql/catalog/catalog.h"
#include "sql/functions/function.h"
#include "sql/types/type.h"

namespace latchkey::sql::system {

/// Names of objects in a catalog as it is when they are asked for.
///
/// Threads:   the session's.
/// Ownership: what it is given must live as long.
class CatalogNames final : public ObjectNames {
 public:
  struct Source {
    std::function<std::shared_ptr<const Catalog>()> catalog;
    /// The schemas to look in, without pg_catalog unless it was named.
    std::function<std::vector<std::string>()> search_path;
    std::function<std::string()> user;
  };
  explicit CatalogNames(Source source) : source_(std::move(source)) {}

  Result<Oid> find(Oid reg_type, Bytes name) const override;
  std::string text(Oid reg_type, Oid object) const override;

 private:
  Source source_;
};

/// A table, view, sequence or index.
struct Relation {
  const Table* table = nullptr;
  const Index* index = nullptr;  ///< null: the table itself

  explicit operator bool() const { return table != nullptr; }
  const std::string& name() const { return index == nullptr ? table->name : index->name; }
  Oid oid() const { return index == nullptr ? table->oid : index->oid; }
};
Relation find_relation(const Catalog& catalog, Oid oid);
/// The first of that name on the path; pg_catalog comes first if it is not on it.
Relation find_relation(const Catalog& catalog, const std::vector<std::string>& path,
                       std::string_view name);
bool is_visible(const Catalog& catalog, const std::vector<std::string>& path,
                const Relation& relation);
/// Its name, with the schema if it would not be found without.
std::string relation_text(const Catalog& catalog, const std::vector<std::string>& path,
                          const Relation& relation);

/// The partitioned table that it is a part of, or null.
const Table* parent_of(const Catalog& catalog, const Table& table);

/// The parts of a written name: a.b, "A b".c. Errors: NameInvalid.
Result<std::vector<std::string>> split_name(Bytes text);

}  // namespace latchkey::sql::system
