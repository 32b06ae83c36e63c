#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/bind/coerce.h"
#include "sql/bind/name_source.h"
#include "sql/parse/node.h"

namespace latchkey::sql {
enum class Subscripting : std::uint8_t;
}

namespace latchkey::sql::bind {

/// What the names of a text were found to mean, for those who keep the text: views.
struct NamesUsed {
  /// A table's name in FROM.
  struct TableName {
    std::int32_t location;
    Oid table;
    std::size_t parts;
    bool has_alias;
  };
  /// A column's name; or, without a location, a column that is used by other means.
  struct ColumnName {
    std::int32_t location;
    Oid table;
    std::int16_t column;
    std::size_t parts;
    bool in_using;  ///< it is a name that two tables share
  };
  /// A star, and the columns that it stands for.
  struct Star {
    std::int32_t location;
    std::size_t parts;
    std::string columns;
  };
  std::vector<TableName> tables;
  std::vector<ColumnName> columns;
  std::vector<Star> stars;
};

/// What names mean to whoever asks: settings, schemas, the catalog.
struct BindContext {
  std::shared_ptr<const Catalog> catalog;
  std::vector<std::string> search_path = {"public"};
  const TextSettings* settings = nullptr;
  std::string user;
  std::string database;
  NameSource* names = nullptr;      ///< of the routine that the statement is of
  NamesUsed* names_used = nullptr;  ///< filled in if somebody wants to know
};

/// Resolves the names and types of one statement that reads or writes rows.
///
/// Threads: one at a time. Recursive, as deep as the statement; see parse::check_depth.
/// Errors:  with the place in the text, as byte + 1.
class Binder {
 public:
  Binder(BindContext context, std::span<const Oid> parameter_types);

  /// SELECT, VALUES, INSERT, UPDATE, DELETE.
  Result<std::unique_ptr<Bound>> bind(const parse::Node& statement);
  /// An expression over the columns of `table`: a default, a check, an index.
  Result<std::unique_ptr<Bound>> bind_expression(const parse::Node& node, const Table* table);

  /// The value of a column's default, as the column takes it; `table` if it may see the others.
  Result<std::unique_ptr<Bound>> bind_default(const parse::Node& node, const Column& column,
                                              const Table* table);

  /// The type that a TypeName names.
  struct NamedType {
    Oid type = Oid::None;
    std::int32_t typmod = -1;
    Oid domain = Oid::None;
  };
  /// Types that users made too, where the search path finds them.
  Result<NamedType> named_type(const parse::Node& type_name) const;
  static Result<NamedType> type_of(const parse::Node& type_name);
  /// The table of a RangeVar. Errors: TableMissing, SchemaMissing.
  Result<const Table*> table_of(const parse::Node& range_var) const;

 private:
  /// A column that a name may mean.
  struct ScopeColumn {
    std::string table;  ///< alias of its entry; empty for what USING merged
    std::string name;
    Expr* expr = nullptr;
    bool only_qualified = false;  ///< USING has merged it: its bare name means the other
  };
  struct Scope {
    Query* query = nullptr;
    Scope* outer = nullptr;
    std::vector<ScopeColumn> columns;
    bool may_aggregate = false;
    std::string_view place = "";   ///< where aggregates are refused: "WHERE"
    bool may_return_sets = false;  ///< the list of targets is being bound
    /// What a set must not stand in, though it may stand around it: "CASE".
    std::string_view no_sets_in = "";
    const parse::Node* from_call = nullptr;  ///< the call in FROM that is being bound
    bool may_window = false;                 ///< window functions may stand here
    enum class CteState : std::uint8_t { Named, Binding, Recursing, Bound };
    struct Cte {
      std::string name;
      const parse::Node* node;
      CommonTable* common = nullptr;  ///< once it is looked at
      CteState state = CteState::Named;
      bool is_hidden = false;
    };
    std::vector<Cte> ctes;
    std::vector<CommonTable*> commons;  ///< of `ctes`, each behind those it reads
  };

  // binder_with.cc
  Result<Query*> bind_query(const parse::Node& node, Scope* outer);
  Result<Query*> bind_statement(const parse::Node& node, Scope* outer);
  Result<void> bind_with(const parse::Node& with, Scope& scope);
  Result<void> bind_cte(Scope& scope, std::size_t index);
  Result<void> describe(const parse::Node& cte, CommonTable& common);
  Result<void> bind_recursive(const parse::Node& cte, CommonTable& common, Scope& scope,
                              std::size_t index);
  Result<FromNode*> find_common(const parse::Node& range_var, Scope& scope,
                                std::vector<ScopeColumn>& columns);
  Result<FromNode*> use_common(const parse::Node& range_var, Scope& scope, Scope& owner,
                               std::size_t index, int level, std::vector<ScopeColumn>& columns);
  static void put_in_place(Query& query);

  // binder_window.cc
  Result<void> bind_windows(std::span<const parse::Node* const> nodes, Scope& scope);
  Result<Window> bind_window(const parse::Node& node, Scope& scope);
  Result<void> inherit_window(const parse::Node& node, const Query& query, Window& window);
  Result<void> bind_frame(const parse::Node& node, Window& window, Scope& scope);
  Result<Expr*> bind_frame_offset(const parse::Node& node, const Window& window, Scope& scope);
  Result<void> bind_range_tests(Window& window, Scope& scope, std::int32_t location);
  Result<int> window_of(const parse::Node& over, Scope& scope);
  Result<Expr*> bind_window_call(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_window_body(const parse::Node& node, Scope& scope);

  // binder_group.cc
  using GroupingSets = std::vector<std::vector<int>>;
  Result<void> bind_group(const parse::Node& node, Scope& scope);
  Result<int> group_key(const parse::Node& item, Scope& scope);
  Result<std::vector<int>> group_list(const parse::Node& item, Scope& scope);
  Result<GroupingSets> sets_of(const parse::Node& item, Scope& scope);
  Result<Expr*> bind_grouping(const parse::Node& node, Scope& scope);
  Result<void> replace_all_grouped(Query& query);
  Result<void> replace_grouped(Expr*& expr, Query& query);
  Result<void> replace_in_subquery(Query& inner, int depth, Query& query);
  Result<void> replace_outer(Expr*& expr, int depth, Query& query);
  Result<Expr*> grouped_column(const Expr& column, Query& query, bool in_subquery);

  // binder_select.cc
  Result<Query*> bind_select(const parse::Node& node, Scope* outer);
  Result<Query*> bind_values(const parse::Node& node, Scope* outer);
  Result<Query*> bind_set_operation(const parse::Node& node, Scope* outer);
  Result<FromNode*> bind_from(std::span<const parse::Node* const> items, Scope& scope);
  Result<FromNode*> bind_from_item(const parse::Node& item, Scope& scope,
                                   std::vector<ScopeColumn>& columns);
  Result<FromNode*> bind_join(const parse::Node& join, Scope& scope,
                              std::vector<ScopeColumn>& columns);
  // binder_relation.cc
  Result<void> bind_relation(const parse::Node& range_var, RangeEntry& entry);
  Result<void> bind_view(const Table& view, std::int32_t location, RangeEntry& entry);
  Result<void> bind_sequence(const Table& sequence, RangeEntry& entry);
  void take_query(Query& query, RangeEntry& entry) const;
  void note_column(const Expr& expr, std::int32_t location, std::size_t parts, bool in_using);
  void note_star(std::string_view table, std::int32_t location, std::size_t parts,
                 const Scope& scope);

  Result<FromNode*> add_entry(RangeEntry entry, const parse::Node* alias, Scope& scope,
                              std::vector<ScopeColumn>& columns);
  Result<void> bind_targets(std::span<const parse::Node* const> items, Scope& scope);
  Result<void> expand_star(std::span<const parse::Node* const> fields, std::int32_t location,
                           Scope& scope);
  Result<void> bind_sort(const parse::Node& node, Scope& scope);
  Result<int> target_of(const parse::Node& node, Scope& scope, std::string_view clause);
  Result<void> bind_limits(const parse::Node& node, Scope& scope);
  Result<void> settle_targets(Query& query);
  void place_targets(Query& query);
  Result<void> rename_join(const parse::Node& alias, std::vector<ScopeColumn>& columns);
  // binder_lock.cc
  Result<void> bind_locks(const parse::Node& node, Query& query);
  static Result<void> refuse_lock(const Query& query, parse::LockStrength strength);
  static std::string name_of(const parse::Node& value);
  SortKey sort_key_of(const parse::Node& sort_by, int target) const;

  // binder_sets.cc
  Result<FromNode*> bind_range_function(const parse::Node& item, Scope& scope,
                                        std::vector<ScopeColumn>& columns);
  Result<void> add_function_item(const parse::Node& node,
                                 std::span<const parse::Node* const> column_definitions,
                                 RangeEntry& entry, Scope& scope);
  Result<std::vector<RowColumn>> row_columns_of(std::span<const parse::Node* const> definitions);
  Result<Expr*> place_set_call(Expr* call, const parse::Node& node, Scope& scope);
  void mark_grouped_sets(const Expr& expr, Query& query);
  Result<void> replace_grouped_in_sets(Query& query);

  // binder_expr.cc
  Result<Expr*> bind_expr(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_constant(const parse::Node& node);
  Result<Expr*> bind_column(const parse::Node& node, Scope& scope);
  Result<Expr*> find_column(std::string_view table, std::string_view name, std::int32_t location,
                            Scope& scope);
  Result<Expr*> bind_operator(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_in(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_between(const parse::Node& node, Scope& scope, parse::ExprKind kind);
  Result<Expr*> bind_any_all(const parse::Node& node, Scope& scope, bool is_all);
  /// tableoid and its kin, which every table has and no star shows.
  bool find_system_column(std::string_view table, std::string_view name, Scope& scope,
                          ScopeColumn& column);
  Result<Expr*> compare_rows(std::string_view op, Expr* left, Expr* right, std::int32_t location);
  Result<Expr*> bind_bool(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_function(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_aggregate(const parse::Node& node, std::string_view name,
                               std::vector<Expr*> args, Scope& scope, bool& is_one);
  Result<Expr*> bind_collate(const parse::Node& node, Scope& scope);
  // binder_row.cc
  Result<Expr*> bind_row(const parse::Node& node, Scope& scope);
  Expr* find_whole_row(std::string_view table, std::int32_t location, Scope& scope);
  const Expr* shape_of(const Expr& expr, const Query& query) const;
  Result<Expr*> field_of(Expr* record, std::string_view name, std::int32_t location, Scope& scope);
  Result<void> expand_fields(const parse::Node& node, Scope& scope);
  Result<Expr*> null_test(Expr* arg, bool is_null, std::int32_t location);
  Result<Expr*> distinct_rows(const Expr& left, const Expr& right, bool is_distinct,
                              std::int32_t location);
  Result<Expr*> row_of_subquery(const parse::Node& sublink, Scope& scope);
  // binder_aggregate.cc
  Result<void> bind_aggregate_rest(const parse::Node& node, AggregateCall& call, Scope& scope);
  Result<Expr*> add_aggregate(AggregateCall call, Scope& scope, std::int32_t location);
  Result<Expr*> bind_case(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_common(const parse::Node& node, Scope& scope, ExprKind kind,
                            std::string_view place);
  Result<Expr*> bind_array(const parse::Node& node, Scope& scope, Oid wanted = Oid::None);
  Result<Expr*> bind_sublink(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_value_function(const parse::Node& node);
  Result<Expr*> bind_subscript(const parse::Node& node, Scope& scope);
  Result<std::vector<Expr*>> bind_subscripts(std::span<const parse::Node* const> steps,
                                             bool& is_slice, Scope& scope);
  static bool has_named_arguments(std::string_view name, std::span<const parse::Node* const> args);
  Result<std::vector<Expr*>> bind_named_arguments(const parse::Node& node, std::string_view name,
                                                  Scope& scope);
  Result<std::vector<Expr*>> bind_within_group(const parse::Node& node, std::vector<Expr*> direct,
                                               Scope& scope);
  static void order_distinct(std::string_view name, AggregateCall& call);
  static Result<void> check_within_group(const parse::Node& node, std::string_view name,
                                         const AggregateFunction& function);
  Expr* subscript_call(Subscripting kind, std::vector<Expr*> args, Oid type);
  Result<Expr*> bind_array_part(Expr* array, std::span<const parse::Node* const> steps,
                                Scope& scope);
  Result<Expr*> bind_array_change(Expr* array, Expr* value,
                                  std::span<const parse::Node* const> steps, Scope& scope);

  // binder_populate.cc
  const Table* row_type_of(const parse::Node& cast) const;
  Result<Expr*> bind_populate(const parse::Node& node, const Function& function, Scope& scope);

  // binder_json_part.cc
  struct JsonSubscripts {
    std::vector<Expr*> texts;
    bool begins_with_index = false;
  };
  Result<JsonSubscripts> bind_json_subscripts(std::span<const parse::Node* const> steps,
                                              Scope& scope);
  Result<Expr*> bind_json_part(Expr* value, std::span<const parse::Node* const> steps,
                               std::int32_t location, Scope& scope);
  /// The whole new value of a column of which an assignment sets a part.
  Result<Expr*> bind_part_assignment(const parse::Node& item, const Column& column, Expr* before,
                                     Expr* part, Scope& scope);
  Result<std::vector<Expr*>> bind_all(std::span<const parse::Node* const> nodes, Scope& scope);
  Expr* text_constant(std::string_view text);

  // binder_routine.cc
  Expr* variable(const NameSource::Found& found, std::int32_t location);
  Result<Expr*> bind_name(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_numbered(const parse::Node& node);
  Result<bool> expand_variable(std::span<const std::string> names, std::int32_t location,
                               Query& query);
  std::vector<std::shared_ptr<const Routine>> routines_of(std::span<const std::string> names) const;
  const Function& row_of(const Routine& routine, bool is_in_from);
  void note_shape(const Expr& expr, std::span<const RowColumn> columns);
  Result<Expr*> bind_default_argument(const RoutineArgument& argument);
  Result<Expr*> finish_routine_call(const Routine& routine, const Coercion::RoutineChoice& choice,
                                    std::vector<Expr*> given, const parse::Node& node,
                                    bool is_in_from);
  Result<Expr*> call_named(const parse::Node& node, std::span<const std::string> names,
                           std::vector<Expr*> args, bool is_in_from);
  static std::vector<std::string> argument_names_of(const parse::Node& call);
  Result<Query*> bind_call(const parse::Node& statement);

  // binder_dml.cc
  Result<Query*> bind_insert(const parse::Node& node, Scope* outer);
  Result<Query*> bind_update(const parse::Node& node, Scope* outer);
  Result<Query*> bind_delete(const parse::Node& node, Scope* outer);
  // binder_view_target.cc
  Result<const Table*> table_behind(const Table& view, const parse::Node& select, QueryKind kind);
  Result<void> bind_target_view(const parse::Node& select, Query& query, Scope& scope);
  /// Both conditions, of which the first may be none.
  Expr* both(Expr* first, Expr* second);
  Result<int> target_column(const Query& query, std::string_view name, std::int32_t location) const;
  Result<void> bind_target_table(const parse::Node& node, Query& query, Scope& scope);
  Result<void> bind_conflict(const parse::Node& node, Query& query, Scope& scope);
  Result<std::vector<Assignment>> bind_assignments(std::span<const parse::Node* const> items,
                                                   const Table& table, Scope& scope);
  Result<void> bind_returning(const parse::Node& node, Query& query, Scope& scope);
  Result<void> bind_table_expressions(Query& query, Scope& scope);
  Result<Expr*> bind_column_default(const Column& column);
  // binder_defaults.cc
  // binder_index.cc
  Result<void> bind_indexes(RangeEntry& entry, Query& query);
  Result<const Index*> infer_index(const parse::Node& infer, const Query& query, Scope& scope);
  Result<Expr*> bind_kept(const std::string& text, Scope& scope);
  /// A value for a column or a cast of a domain, which must pass its checks.
  Result<Expr*> fit_domain(Expr* expr, Oid domain);
  Result<Expr*> next_of_identity(const Column& column);
  /// What an INSERT gives for a column: a value, or the default in its place.
  Result<Expr*> bind_given(Expr* given, const Column& column, Expr* otherwise,
                           parse::OverridingKind overriding);

  Query& new_query(QueryKind kind);
  FromNode& new_from() { return bound_->from_nodes.emplace_back(); }
  Expr* column_expr(Query& query, int slot, Oid type, std::int32_t typmod);
  void add_entry_columns(const RangeEntry& entry, std::vector<ScopeColumn>& columns);

  BindContext context_;
  int view_depth_ = 0;
  /// The next SELECT leaves texts of unknown type to whoever reads them.
  bool keeps_unknown_ = false;
  const parse::Node* top_with_ = nullptr;  ///< of the statement itself
  std::unique_ptr<Bound> bound_;
  Coercion coercion_;
  std::map<std::pair<std::uint32_t, bool>, const Function*> routine_rows_;
  /// What records from routines and of their variables consist of.
  std::map<const Expr*, const Expr*> shapes_;
};

}  // namespace latchkey::sql::bind
