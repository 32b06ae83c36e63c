#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/catalog/catalog.h"
#include "sql/functions/aggregate.h"
#include "sql/functions/function.h"
#include "sql/parse/enums.h"
#include "sql/types/type.h"

namespace latchkey::sql::bind {

struct Query;

enum class ExprKind : std::uint8_t {
  Constant,
  Parameter,  ///< index
  Column,     ///< slot, level
  Call,       ///< function, types, args
  Relabel,    ///< args[0] as another type that is kept in the same way
  ByText,     ///< args[0] through its text
  Fit,        ///< args[0] cut or rounded to typmod
  And,
  Or,
  Not,
  Case,  ///< args: pairs of condition and result, then the else
  Coalesce,
  NullIf,  ///< args: a, b, a = b
  Greatest,
  Least,
  IsNull,
  IsNotNull,
  BoolTest,  ///< bool_test
  Distinct,  ///< args: a, b, a = b
  NotDistinct,
  AnyOf,  ///< args: the test of `left` against slot `element_slot`; the array
  AllOf,
  Array,  ///< args: elements
  Row,
  Element,    ///< args: array, subscripts
  Exists,     ///< query
  Scalar,     ///< query
  InQuery,    ///< query, args: the test of each row
  ArrayOf,    ///< query
  Aggregate,  ///< index, of the query's aggregates; stands for a Column once grouped
  Default,
};

/// An expression whose types and functions are known.
///
/// Ownership: belongs to a Bound.
struct Expr {
  ExprKind kind = ExprKind::Constant;
  Oid type = Oid::None;
  std::int32_t typmod = -1;
  std::int32_t location = -1;
  std::vector<Expr*> args;

  Value constant;
  int slot = -1;
  int level = 0;  ///< how many queries further out the column stands
  int index = -1;
  const Function* function = nullptr;
  CallTypes types;
  parse::BoolTestKind bool_test{};
  Query* query = nullptr;
  bool is_all = false;           ///< of InQuery: ALL instead of ANY
  bool is_explicit = false;      ///< of Fit: asked for by a cast, which cuts instead of refusing
  Oid origin_table = Oid::None;  ///< of a Column of a table
  std::int16_t origin_number = 0;
};

/// One call of a function in FROM.
struct FunctionItem {
  Expr* call = nullptr;
  int column_count = 0;
};

/// A call in the list of targets whose rows multiply those of the query.
struct SetCall {
  Expr* call = nullptr;
  int slot = -1;            ///< where its value of the row stands
  int depth = 0;            ///< greater than those of the calls among its arguments
  bool is_grouped = false;  ///< GROUP BY looks at it: it runs before the grouping
};

/// What stands in FROM.
struct RangeEntry {
  enum class Kind : std::uint8_t { Table, Query, Values, Function };
  Kind kind = Kind::Table;
  std::string alias;
  const Table* table = nullptr;
  Query* query = nullptr;
  std::vector<std::vector<Expr*>> values;
  std::vector<FunctionItem> functions;  ///< side by side, as ROWS FROM has them
  bool has_ordinality = false;          ///< the last column counts the rows
  bool is_lateral = false;
  int first_slot = 0;
  int key_slot = -1;      ///< where a scan puts the key of its row, if somebody wants it
  int version_slot = -1;  ///< and the row's version
  std::vector<std::string> names;
  std::vector<Oid> types;
  std::vector<std::int32_t> typmods;
};

struct FromNode {
  int entry = -1;  ///< or a join of these two
  parse::JoinKind join{};
  FromNode* left = nullptr;
  FromNode* right = nullptr;
  Expr* condition = nullptr;
};

struct Target {
  Expr* expr = nullptr;
  std::string name;
  bool is_hidden = false;  ///< for ORDER BY or DISTINCT ON alone
  int slot = -1;           ///< where the result stands
};

struct SortKey {
  int target = 0;
  bool is_descending = false;
  bool nulls_first = false;
};

struct AggregateCall {
  const AggregateFunction* function = nullptr;
  std::vector<Expr*> args;
  CallTypes types;
  Expr* filter = nullptr;
  bool is_distinct = false;
  std::vector<Expr*> order;
  std::vector<SortKey> order_keys;  ///< target: an index into `order`
  int slot = -1;
  Oid type = Oid::None;
};

enum class QueryKind : std::uint8_t { Select, SetOperation, Insert, Update, Delete, Call };

/// One column that an INSERT or UPDATE sets.
struct Assignment {
  int column = 0;  ///< index into Table::columns
  Expr* expr = nullptr;
};

struct OnConflict {
  parse::ConflictAction action = parse::ConflictAction::None;
  const Index* index = nullptr;  ///< none: any, for DO NOTHING
  std::vector<Assignment> assignments;
  Expr* where = nullptr;
};

/// A query whose names are resolved.
///
/// All its columns stand in one row of slots: those of the entries of FROM, then what grouping
/// gives, then the targets.
struct Query {
  QueryKind kind = QueryKind::Select;
  std::vector<RangeEntry> entries;
  FromNode* from = nullptr;
  Expr* where = nullptr;
  bool is_grouped = false;
  std::vector<Expr*> group_keys;
  std::vector<int> group_slots;
  std::vector<AggregateCall> aggregates;
  Expr* having = nullptr;
  std::vector<SetCall> set_calls;
  std::vector<Target> targets;
  bool is_distinct = false;
  std::vector<int> distinct_on;  ///< targets
  std::vector<SortKey> sort;
  Expr* limit = nullptr;
  Expr* offset = nullptr;
  parse::LockStrength lock = parse::LockStrength::None;
  parse::LockWait lock_wait = parse::LockWait::Block;

  // SetOperation
  parse::SetKind set_kind = parse::SetKind::None;
  bool is_all = false;
  Query* left = nullptr;
  Query* right = nullptr;

  // Insert, Update, Delete
  const Table* table = nullptr;
  int table_entry = -1;             ///< where its columns stand
  int excluded_entry = -1;          ///< where the row stands that met a conflict
  Query* source = nullptr;          ///< of INSERT: the rows; null: one row of defaults
  std::vector<int> source_columns;  ///< which column each value of a row is for
  /// Of each column: its default, or null. Over the columns of table_entry if it is generated.
  std::vector<Expr*> defaults;
  std::vector<Assignment> assignments;
  OnConflict conflict;
  std::vector<Expr*> checks;  ///< of the table, over its entry's columns
  bool returns_rows = true;

  Expr* call = nullptr;  ///< of CALL

  int slot_count = 0;
  int parent_levels = 0;  ///< whether it looks out of itself: the farthest level
};

/// A bound statement and all it is made of.
struct Bound {
  std::deque<Expr> exprs;
  std::deque<Query> queries;
  std::deque<FromNode> from_nodes;
  Arena arena;
  std::shared_ptr<const Catalog> catalog;
  std::vector<Oid> parameter_types;
  Query* query = nullptr;
  /// Whether it calls a volatile routine, which may write and so may have to start over.
  bool calls_routines = false;
};

/// Whether both are the same expression, written twice.
bool same(const Expr& a, const Expr& b);

}  // namespace latchkey::sql::bind
