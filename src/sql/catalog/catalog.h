#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "latchkey/result.h"
#include "sql/catalog/routine.h"
#include "sql/types/type.h"
#include "sql/types/user_types.h"
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
  Oid sequence = Oid::None;       ///< of an identity column: where its numbers come from
  Oid domain = Oid::None;         ///< the domain it was declared with; `type` is what that is of
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
  std::string operator_class = {};  ///< as written: text_pattern_ops
  Oid type = Oid::None;             ///< of an expression
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
  std::vector<std::int16_t> included = {};
  bool nulls_equal = false;  ///< NULLS NOT DISTINCT
  std::string method = {};   ///< as written; empty: btree
  Oid parent = Oid::None;    ///< the index of the partitioned table that it is a part of
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
  bool is_validated = true;
  bool is_inherited = false;  ///< by a partition, from its table
};

struct ForeignKey {
  Oid oid = Oid::None;
  std::string name;
  std::vector<std::int16_t> columns;
  Oid table = Oid::None;  ///< the one referred to
  std::vector<std::int16_t> referred_columns;
  ForeignAction on_update = ForeignAction::NoAction;
  ForeignAction on_delete = ForeignAction::NoAction;
  Oid index = Oid::None;  ///< the unique index that the referred columns have
  bool is_match_full = false;
  bool is_deferrable = false;
  bool is_deferred = false;  ///< INITIALLY DEFERRED
  bool is_validated = true;
  std::vector<std::int16_t> set_columns = {};  ///< of ON DELETE SET ..(columns); none: all
};

enum class TableKind : char {
  Table = 'r',
  View = 'v',
  Sequence = 'S',
  KeyValue = 'k',
  Partitioned = 'p'
};

/// How a sequence counts. Where it stands is not here: see Sequences.
struct SequenceOptions {
  Oid type = Oid{20};
  std::int64_t start = 1;
  std::int64_t increment = 1;
  std::int64_t least = 1;
  std::int64_t greatest = 1;
  std::int64_t cache = 1;
  bool cycles = false;
  /// What its place is of: a new one begins at `first` again.
  std::int64_t generation = 0;
  std::int64_t first = 1;
  bool first_is_used = false;  ///< the next number is the one behind `first`
  Oid table = Oid::None;       ///< the column that owns it
  std::int16_t column = 0;
  bool is_identity = false;
};

/// What partitioned tables are divided by.
struct PartitionKey {
  char strategy = 0;  ///< 'r' range, 'l' list, 'h' hash; 0: it is not partitioned
  std::vector<std::int16_t> columns;
};

struct PartitionValue {
  char kind = 'v';  ///< 'v' a value, 'n' null, '<' MINVALUE, '>' MAXVALUE
  std::string text;
};

/// Which rows belong to a partition.
struct PartitionBound {
  bool is_default = false;
  std::vector<PartitionValue> low;  ///< of a list: its values
  std::vector<PartitionValue> high;
  std::int32_t modulus = 0;
  std::int32_t remainder = 0;
};

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
  std::string owner = {};
  /// Of a view: the tables that its query reads, and their columns; 0: the table alone.
  struct Use {
    Oid table = Oid::None;
    std::int16_t column = 0;
  };
  std::vector<Use> uses = {};
  std::string check_option = {};  ///< of a view: local, cascaded
  SequenceOptions sequence = {};
  std::int32_t temporary = 0;  ///< the process whose temporary table it is
  char on_commit = 0;          ///< of a temporary table: 'p' preserve, 'd' delete rows, 'x' drop
  PartitionKey partition_key = {};
  Oid parent = Oid::None;  ///< of a partition: its table
  PartitionBound bound = {};

  bool has_rows() const { return kind == TableKind::Table; }
  const Column* find_column(std::string_view name) const;
  const Column* column_of(std::int16_t number) const;
};

struct Schema {
  Oid oid = Oid::None;
  std::string name;
  std::string owner = {};
};

struct EnumLabel {
  Oid oid = Oid::None;
  std::string name;
  double order = 0;  ///< labels sort by it, and rows keep it
};

/// A type that somebody made: an enumeration or a domain.
struct UserType {
  Oid oid = Oid::None;
  Oid array = Oid::None;
  Oid schema = kSchemaPublic;
  std::string name;
  char kind = 'e';  ///< as pg_type has it: e enum, d domain
  std::string owner;
  std::vector<EnumLabel> labels;  ///< in their order
  // Of a domain.
  Oid base = Oid::None;
  std::int32_t typmod = -1;
  bool not_null = false;
  std::string default_text;
  std::vector<CheckConstraint> checks;  ///< over VALUE
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

  /// The tables with foreign keys that refer to this one, itself among them.
  std::vector<const Table*> referring_to(Oid table) const;
  /// In the order in which they were made.
  std::vector<const Table*> partitions_of(Oid table) const;
  const UserType* find_user_type(Oid oid) const;
  const UserType* find_user_type(Oid schema, std::string_view name) const;
  const std::map<std::uint32_t, std::shared_ptr<const UserType>>& user_types() const {
    return user_types_;
  }
  /// The enumerations among them, as types; null: there are none.
  const std::shared_ptr<const UserTypes>& value_types() const { return value_types_; }
  /// What COMMENT said of an object, or of a column of a table; by its number and the column's.
  using CommentKey = std::pair<std::uint32_t, std::int16_t>;
  const std::map<CommentKey, std::string>& comments() const { return comments_; }
  /// Extensions that somebody created, and their versions.
  const std::map<std::string, std::string>& extensions() const { return extensions_; }

  // For those who make the next one.
  void put(std::shared_ptr<const Table> table);
  void put(std::shared_ptr<const Schema> schema);
  void put(std::shared_ptr<const Routine> routine);
  void erase_routine(Oid oid);
  void erase_table(Oid oid);
  void erase_schema(Oid oid);
  void put(std::shared_ptr<const UserType> type);
  void erase_user_type(Oid oid);
  void put_comment(Oid oid, std::int16_t column, std::string text);
  void erase_comment(Oid oid, std::int16_t column) { comments_.erase({value_of(oid), column}); }
  void put_extension(const std::string& name, std::string version) {
    extensions_[name] = std::move(version);
  }
  void erase_extension(const std::string& name) { extensions_.erase(name); }

 private:
  std::map<std::uint32_t, std::shared_ptr<const Table>> tables_;
  std::map<std::uint32_t, std::shared_ptr<const Schema>> schemas_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t, std::less<>> tables_by_name_;
  std::map<std::uint32_t, std::shared_ptr<const Routine>> routines_;
  std::multimap<std::string, std::uint32_t, std::less<>> routines_by_name_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> referring_;   ///< table, who refers to it
  std::set<std::pair<std::uint32_t, std::uint32_t>> partitions_;  ///< table, its partition
  std::map<std::uint32_t, std::shared_ptr<const UserType>> user_types_;
  void make_value_types();
  std::shared_ptr<const UserTypes> value_types_;
  std::map<CommentKey, std::string> comments_;
  std::map<std::string, std::string> extensions_;
};

}  // namespace latchkey::sql
