#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "sql/catalog/catalog.h"
#include "sql/functions/aggregate.h"
#include "sql/functions/function.h"
#include "sql/functions/window_function.h"
#include "sql/parse/enums.h"
#include "sql/types/type.h"

namespace latchkey::sql::bind {

struct Query;
struct CommonTable;

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
  Array,      ///< args: elements
  Row,        ///< args: the fields, `names`
  WholeRow,   ///< args: whether there is a row at all, then the fields, `names`
  Field,      ///< args: a record; index
  Element,    ///< args: array, subscripts
  Exists,     ///< query
  Scalar,     ///< query
  InQuery,    ///< query, args: the test of each row
  ArrayOf,    ///< query
  ScalarRow,  ///< query: its one row as a record, `names`
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
  bool spreads_last = false;       ///< of Call: the elements of the last argument are arguments
  std::vector<std::string> names;  ///< of the fields of a row
  parse::BoolTestKind bool_test{};
  Query* query = nullptr;
  bool is_all = false;           ///< of InQuery: ALL instead of ANY
  bool is_reserved = false;      ///< of Call: written as a word, CURRENT_DATE
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

/// The expressions of an index, over the columns of an entry of FROM.
struct IndexExprs {
  std::vector<Expr*> parts;  ///< null for a column
  Expr* predicate = nullptr;
};

/// Whether rows for which all the conditions hold are rows for which the predicate holds, as far as
/// that can be told from how they are written.
bool implies(std::span<const Expr* const> conditions, const Expr& predicate);

/// What stands in FROM.
struct RangeEntry {
  /// Common: what a query of WITH gives. Work: what the last round of a recursive one gave.
  enum class Kind : std::uint8_t { Table, Query, Values, Function, Common, Work };
  Kind kind = Kind::Table;
  std::string alias;
  const Table* table = nullptr;
  const Table* view = nullptr;  ///< the view or sequence that the query or values stand for
  Query* query = nullptr;
  CommonTable* common = nullptr;
  std::vector<std::vector<Expr*>> values;
  std::vector<FunctionItem> functions;  ///< side by side, as ROWS FROM has them
  bool has_ordinality = false;          ///< the last column counts the rows
  bool is_lateral = false;
  /// How many queries further out `query` looks, from the one this entry is of: 0 if it is lateral.
  int query_level = 1;
  int first_slot = 0;
  int key_slot = -1;      ///< where a scan puts the key of its row, if somebody wants it
  int version_slot = -1;  ///< and the row's version
  std::vector<IndexExprs> index_exprs;  ///< of each index of the table, if any has expressions
  int row_slot = -1;  ///< set when there is a row, null where an outer join has found none
  /// And what its system columns are, if somebody looks at them.
  int table_oid_slot = -1;
  int inserted_by_slot = -1;
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

enum class FrameMode : std::uint8_t { Range, Rows, Groups };
enum class FrameBound : std::uint8_t {
  UnboundedPreceding,
  Preceding,  ///< by an offset
  CurrentRow,
  Following,
  UnboundedFollowing,
};
enum class FrameExclusion : std::uint8_t { None, CurrentRow, Group, Ties };

/// Which rows a window function sees: their parts, their order, and of those around the current one
/// how many.
struct Window {
  std::string name;
  std::vector<Expr*> partition;
  std::vector<Expr*> order;
  std::vector<SortKey> order_keys;  ///< target: an index into `order`
  bool has_frame = false;           ///< one was written
  FrameMode mode = FrameMode::Range;
  FrameBound start = FrameBound::UnboundedPreceding;
  FrameBound end = FrameBound::CurrentRow;
  FrameExclusion exclusion = FrameExclusion::None;
  Expr* start_offset = nullptr;
  Expr* end_offset = nullptr;
  /// Of RANGE with an offset: whether the row whose key stands in `other_slot` is not before the
  /// start, or not behind the end, of the frame of the row whose key stands in `current_slot`, with
  /// the offset in `start_slot` or `end_slot`.
  Expr* start_test = nullptr;
  Expr* end_test = nullptr;
  int current_slot = -1;
  int other_slot = -1;
  int start_slot = -1;
  int end_slot = -1;
};

struct WindowCall {
  const WindowFunction* function = nullptr;  ///< or
  const AggregateFunction* aggregate = nullptr;
  std::vector<Expr*> args;
  CallTypes types;
  Expr* filter = nullptr;
  int window = 0;
  int slot = -1;
  Oid type = Oid::None;
};

/// GROUPING(..): a bit for each argument that the row's grouping set has not.
struct GroupingCall {
  std::vector<Expr*> args;
  std::vector<int> keys;  ///< indexes of the query's group keys
  int slot = -1;
};

enum class QueryKind : std::uint8_t { Select, SetOperation, Insert, Update, Delete, Call };

/// One column that an INSERT or UPDATE sets.
struct Assignment {
  int column = 0;  ///< index into Table::columns
  Expr* expr = nullptr;
  bool changes_part = false;  ///< an element of what the column is before
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
  /// Which of the keys each set groups by; none: all of them, once.
  std::vector<std::vector<int>> grouping_sets;
  std::vector<GroupingCall> groupings;
  std::vector<AggregateCall> aggregates;
  Expr* having = nullptr;
  std::vector<SetCall> set_calls;
  std::vector<Window> windows;
  std::vector<WindowCall> window_calls;
  std::vector<Target> targets;
  bool is_distinct = false;
  std::vector<int> distinct_on;  ///< targets
  std::vector<SortKey> sort;
  Expr* limit = nullptr;
  Expr* offset = nullptr;
  bool with_ties = false;
  std::vector<CommonTable*> commons;  ///< of its WITH
  parse::LockStrength lock = parse::LockStrength::None;
  parse::LockWait lock_wait = parse::LockWait::Block;

  // SetOperation
  parse::SetKind set_kind = parse::SetKind::None;
  bool is_all = false;
  Query* left = nullptr;
  Query* right = nullptr;

  // Insert, Update, Delete
  const Table* table = nullptr;
  const Table* view = nullptr;      ///< the view that it is written through
  std::vector<int> view_columns;    ///< of the view, in the table; -1: it is computed
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

/// A query of WITH, whose rows are found once however often they are read.
///
/// What changes rows runs once whether it is read or not, and nothing else in the statement sees
/// what it did.
struct CommonTable {
  std::string name;
  Query* query = nullptr;  ///< of a recursive one: the rows it begins with
  Query* step = nullptr;   ///< of a recursive one: what each round finds from the one before it
  bool keeps_duplicates = false;  ///< of a recursive one: UNION ALL
  bool must_keep_rows = false;    ///< MATERIALIZED
  std::vector<std::string> names;
  std::vector<Oid> types;
  std::vector<std::int32_t> typmods;
  /// The entries that read it.
  struct Use {
    Query* query;
    int entry;
  };
  std::vector<Use> uses;

  bool changes_rows() const {
    return query->kind != QueryKind::Select && query->kind != QueryKind::SetOperation;
  }
};

/// A bound statement and all it is made of.
struct Bound {
  std::deque<Expr> exprs;
  std::deque<Query> queries;
  std::deque<FromNode> from_nodes;
  std::deque<CommonTable> commons;
  Arena arena;
  std::shared_ptr<const Catalog> catalog;
  std::vector<Oid> parameter_types;
  Query* query = nullptr;
  /// Whether it calls a volatile routine, which may write, or locks rows, and so may have to start
  /// over.
  bool may_start_over = false;
  bool changes_rows = false;  ///< in WITH
};

/// The same expression, written twice.
bool same(const Expr& a, const Expr& b);
/// Whether running it twice may give different rows, or do something twice.
bool is_volatile(const Query& query);

/// Calls `visit_expr` with every expression of the query itself, and `visit_query` with the queries
/// it is made of and how many levels deeper they look at what is around it.
void visit_slots(Query& query, FunctionRef<void(Expr*&)> visit_expr,
                 FunctionRef<void(Query&, int level)> visit_query);
void visit_parts(const Query& query, FunctionRef<void(const Expr&)> visit_expr,
                 FunctionRef<void(const Query&, int level)> visit_query);
/// Calls `visit` with every column of `query` that the expression looks at, out of its subqueries
/// too.
void visit_columns(const Expr& expr, FunctionRef<void(const Expr&)> visit);
/// How far out the nearest column stands that the expression looks at; negative: it looks at none.
int lowest_level(const Expr& expr);
/// The same for the farthest.
int highest_level(const Expr& expr);

}  // namespace latchkey::sql::bind
