#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "latchkey/result.h"
#include "sql/catalog/routine.h"
#include "sql/types/type.h"
#include "storage/types.h"

namespace latchkey::sql {

/// Numbers of schemas that are always there; the same as PostgreSQL's.
inline constexpr Oid kSchemaPgCatalog{11};
inline constexpr Oid kSchemaPublic{2200};
inline constexpr Oid kSchemaInformation{13000};
/// What users make has numbers from here on.
inline constexpr std::uint32_t kFirstUserOid = 16'384;

struct Column {
  std::string name;
  std::int16_t number = 0;  ///< from 1, never used twice in a table
  Oid type = Oid::None;
  std::int32_t typmod = -1;
  bool not_null = false;
  bool is_dropped = false;
  char identity = 0;              ///< 'a' always, 'd' by default, 0 none
  bool is_generated = false;      ///< its default is computed from the other columns
  std::string default_text = {};  ///< as written; empty: null
  std::string missing_text =
      {};  ///< what rows stored before the column was added show; its type's text
  bool has_missing = false;
};

/// One part of an index: a column or an expression.
struct IndexColumn {
  std::int16_t column = 0;  ///< 0: the expression
  std::string expression = {};
  bool is_descending = false;
  bool nulls_first = false;
};

struct Index {
  Oid oid = Oid::None;
  std::string name;
  storage::TreeId tree{};  ///< of a primary key: none, the table is in its order
  std::vector<IndexColumn> columns;
  bool is_unique = false;
  bool is_primary = false;
  bool is_constraint = false;  ///< made by PRIMARY KEY or UNIQUE
  std::string predicate = {};  ///< of a partial index
};

enum class ForeignAction : char {
  NoAction = 'a',
  Restrict = 'r',
  Cascade = 'c',
  SetNull = 'n',
  SetDefault = 'd'
};

struct CheckConstraint {
  Oid oid = Oid::None;
  std::string name;
  std::string expression;
};

struct ForeignKey {
  Oid oid = Oid::None;
  std::string name;
  std::vector<std::int16_t> columns;
  Oid table = Oid::None;  ///< the one referred to
  std::vector<std::int16_t> referred_columns;
  ForeignAction on_update = ForeignAction::NoAction;
  ForeignAction on_delete = ForeignAction::NoAction;
};

enum class TableKind : char { Table = 'r', View = 'v', Sequence = 'S', KeyValue = 'k' };

/// A table, a view, or a sequence.
///
/// Invariant: immutable once it is in a Catalog.
struct Table {
  Oid oid = Oid::None;
  Oid schema = kSchemaPublic;
  std::string name;
  TableKind kind = TableKind::Table;
  bool is_unlogged = false;
  storage::TreeId tree{};
  std::vector<Column> columns;
  /// The columns that the tree is ordered by; none: rows have numbers of their own.
  std::vector<std::int16_t> key_columns;
  std::vector<Index> indexes;
  std::vector<CheckConstraint> checks;
  std::vector<ForeignKey> foreign_keys;
  std::vector<Trigger> triggers;  ///< by name
  std::int16_t ttl_column = 0;    ///< of WITH (ttl = '..')
  std::string view_text = {};
  std::string comment = {};
  std::string owner = {};

  const Column* find_column(std::string_view name) const;
  const Column* column_of(std::int16_t number) const;
};

struct Schema {
  Oid oid = Oid::None;
  std::string name;
  std::string owner = {};
};

/// All objects at one moment.
///
/// Threads:   any may read; a change makes a new Catalog.
/// Ownership: shares its objects with the catalogs before and after it.
class Catalog {
 public:
  Catalog();

  const Table* find_table(Oid oid) const;
  const Table* find_table(Oid schema, std::string_view name) const;
  const Schema* find_schema(std::string_view name) const;
  const Schema* find_schema(Oid oid) const;
  /// The table that has this index, and the index.
  std::pair<const Table*, const Index*> find_index(Oid schema, std::string_view name) const;
  /// Whether a table, an index, a view or a sequence has the name.
  bool is_name_taken(Oid schema, std::string_view name) const;

  /// The routines of a name, in any schema.
  std::vector<std::shared_ptr<const Routine>> find_routines(std::string_view name) const;
  std::shared_ptr<const Routine> find_routine(Oid oid) const;
  const std::map<std::uint32_t, std::shared_ptr<const Routine>>& routines() const {
    return routines_;
  }

  const std::map<std::uint32_t, std::shared_ptr<const Table>>& tables() const { return tables_; }
  const std::map<std::uint32_t, std::shared_ptr<const Schema>>& schemas() const { return schemas_; }

  // For those who make the next one.
  void put(std::shared_ptr<const Table> table);
  void put(std::shared_ptr<const Schema> schema);
  void put(std::shared_ptr<const Routine> routine);
  void erase_routine(Oid oid);
  void erase_table(Oid oid);
  void erase_schema(Oid oid);

 private:
  std::map<std::uint32_t, std::shared_ptr<const Table>> tables_;
  std::map<std::uint32_t, std::shared_ptr<const Schema>> schemas_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t, std::less<>> tables_by_name_;
  std::map<std::uint32_t, std::shared_ptr<const Routine>> routines_;
  std::multimap<std::string, std::uint32_t, std::less<>> routines_by_name_;
};

}  // namespace latchkey::sql
