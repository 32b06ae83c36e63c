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

namespace latchkey::sql::bind {

/// What names mean to whoever asks: settings, schemas, the catalog.
struct BindContext {
  std::shared_ptr<const Catalog> catalog;
  std::vector<std::string> search_path = {"public"};
  const TextSettings* settings = nullptr;
  std::string user;
  std::string database;
  NameSource* names = nullptr;  ///< of the routine that the statement is of
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

  /// The type that a TypeName names.
  struct NamedType {
    Oid type = Oid::None;
    std::int32_t typmod = -1;
  };
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
    struct Cte {
      std::string name;
      const parse::Node* node;
    };
    std::vector<Cte> ctes;
  };

  // binder_select.cc
  Result<Query*> bind_query(const parse::Node& node, Scope* outer);
  Result<Query*> bind_select(const parse::Node& node, Scope* outer);
  Result<Query*> bind_values(const parse::Node& node, Scope* outer);
  Result<Query*> bind_set_operation(const parse::Node& node, Scope* outer);
  Result<FromNode*> bind_from(std::span<const parse::Node* const> items, Scope& scope);
  Result<FromNode*> bind_from_item(const parse::Node& item, Scope& scope,
                                   std::vector<ScopeColumn>& columns);
  Result<FromNode*> bind_join(const parse::Node& join, Scope& scope,
                              std::vector<ScopeColumn>& columns);
  Result<FromNode*> add_entry(RangeEntry entry, const parse::Node* alias, Scope& scope,
                              std::vector<ScopeColumn>& columns);
  Result<void> bind_targets(std::span<const parse::Node* const> items, Scope& scope);
  Result<void> expand_star(std::span<const parse::Node* const> fields, std::int32_t location,
                           Scope& scope);
  Result<void> bind_group(const parse::Node& node, Scope& scope);
  Result<void> bind_sort(const parse::Node& node, Scope& scope);
  Result<int> target_of(const parse::Node& node, Scope& scope, std::string_view clause);
  Result<void> bind_limits(const parse::Node& node, Scope& scope);
  Result<void> settle_targets(Query& query);
  Result<void> replace_grouped(Expr*& expr, Query& query);
  void place_targets(Query& query);
  Result<void> find_rows_to_lock(Query& query);
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
  Result<Expr*> compare_rows(std::string_view op, Expr* left, Expr* right, std::int32_t location);
  Result<Expr*> bind_bool(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_function(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_aggregate(const parse::Node& node, std::string_view name,
                               std::vector<Expr*> args, Scope& scope, bool& is_one);
  Result<Expr*> bind_case(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_common(const parse::Node& node, Scope& scope, ExprKind kind,
                            std::string_view place);
  Result<Expr*> bind_array(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_sublink(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_value_function(const parse::Node& node);
  Result<Expr*> bind_subscript(const parse::Node& node, Scope& scope);
  Result<std::vector<Expr*>> bind_all(std::span<const parse::Node* const> nodes, Scope& scope);
  Expr* text_constant(std::string_view text);

  // binder_routine.cc
  Expr* variable(const NameSource::Found& found, std::int32_t location);
  Result<Expr*> bind_name(const parse::Node& node, Scope& scope);
  Result<Expr*> bind_numbered(const parse::Node& node);
  Result<bool> expand_variable(std::span<const std::string> names, std::int32_t location,
                               Query& query);
  std::vector<std::shared_ptr<const Routine>> routines_of(std::span<const std::string> names) const;
  const Function& row_of(const Routine& routine);
  Result<Expr*> bind_default_argument(const RoutineArgument& argument);
  Result<Expr*> finish_routine_call(const Routine& routine, const Coercion::RoutineChoice& choice,
                                    std::vector<Expr*> given, std::int32_t location);
  Result<Expr*> call_named(const parse::Node& node, std::span<const std::string> names,
                           std::vector<Expr*> args);
  static std::vector<std::string> argument_names_of(const parse::Node& call);
  Result<Query*> bind_call(const parse::Node& statement);

  // binder_dml.cc
  Result<Query*> bind_insert(const parse::Node& node, Scope* outer);
  Result<Query*> bind_update(const parse::Node& node, Scope* outer);
  Result<Query*> bind_delete(const parse::Node& node, Scope* outer);
  Result<void> bind_target_table(const parse::Node& node, Query& query, Scope& scope);
  Result<void> bind_conflict(const parse::Node& node, Query& query, Scope& scope);
  Result<std::vector<Assignment>> bind_assignments(std::span<const parse::Node* const> items,
                                                   const Table& table, Scope& scope);
  Result<void> bind_returning(const parse::Node& node, Query& query, Scope& scope);
  Result<void> bind_table_expressions(Query& query, Scope& scope);
  Result<Expr*> bind_column_default(const Column& column);

  Query& new_query(QueryKind kind);
  FromNode& new_from() { return bound_->from_nodes.emplace_back(); }
  Expr* column_expr(Query& query, int slot, Oid type, std::int32_t typmod);
  void add_entry_columns(const RangeEntry& entry, std::vector<ScopeColumn>& columns);

  BindContext context_;
  std::unique_ptr<Bound> bound_;
  Coercion coercion_;
  std::map<std::uint32_t, const Function*> routine_rows_;
};

}  // namespace latchkey::sql::bind
