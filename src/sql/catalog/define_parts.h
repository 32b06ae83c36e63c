#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/catalog/define.h"
#include "sql/parse/enums.h"
#include "sql/parse/node.h"

/// What the statements that define something share among themselves. For define*.cc and
/// alter*.cc alone.
///
/// Threads: the session's.
namespace latchkey::sql::definitions {

struct QualifiedName {
  std::string schema;  ///< empty: where the search path finds it
  std::string name;
};
QualifiedName name_of_list(const parse::Node& list);
QualifiedName name_of_range_var(const parse::Node& range_var);
/// The name as SQL text, with its schema unless the search path finds it without.
std::string shown_name(const Table& table, const DefineContext& context);
std::string full_name(const Catalog& catalog, const Table& table);

bind::BindContext bind_context(const DefineContext& context);
/// A constant of DefElem and the like as text; "true" for none.
std::string option_text(const parse::Node* arg);

/// The schema that a new object goes to; a temporary one is made when it is first needed.
Result<Oid> schema_for_new(const parse::Node& range_var, DefineContext& context);
Result<Oid> schema_for_name(Bytes name, const DefineContext& context);
/// "pg_temp_5": where the temporary tables of a session are.
std::string temporary_schema_name(std::int32_t process);
/// The schemas that a name is looked for in.
std::vector<Oid> schemas_of(const QualifiedName& name, const DefineContext& context);
const Table* look_up(const QualifiedName& name, const DefineContext& context);
Result<const Table*> find_table(const parse::Node& range_var, DefineContext& context);
/// A name like the given one that nothing in the schema has, nor the table that is being made.
std::string free_name(const Catalog& catalog, const Table& table, const std::string& name);
/// "table_column_suffix" or, with the parts cut so that it fits, like it.
std::string generated_name(const std::string& first, const std::string& second,
                           const std::string& suffix);
/// The user that a RoleSpec means.
std::string role_name(const parse::Node& role, const DefineContext& context);
/// "table", "view", "sequence".
std::string_view kind_name(TableKind kind);

/// Whether a check, a key or a foreign key of the table has the name.
bool has_constraint(const Table& table, const std::string& name);
/// The default of a column must be an expression that the column can take.
Result<void> check_default(const Table& table, const Column& column, DefineContext& context);

/// What does not exist: an error, or a notice that it is skipped.
Result<void> missing(ErrorCode code, std::string message, bool missing_ok, DefineContext& context);
Error already_exists(const std::string& name);

storage::TreeOptions tree_options(const Table& table, bool is_index);
Result<void> create_trees(Table& table, storage::Transaction& transaction);
Result<void> drop_table_trees(const Table& table, storage::Transaction& transaction);
/// Puts the rows that are there into a new index.
Result<void> fill_index(const Table& table, const Index& index, DefineContext& context);

/// The columns that an expression names.
void collect_columns(const parse::Node& node, std::vector<std::string>& names);
/// Binds an expression that the catalog keeps as text, and tells its type.
Result<Oid> type_of_expression(const std::string& text, const Table* table, DefineContext& context);

Result<std::string> create_table(const parse::Node& statement, DefineContext& context);
Result<std::string> create_index(const parse::Node& statement, DefineContext& context);
Result<std::string> create_view(const parse::Node& statement, DefineContext& context);
Result<std::string> create_sequence(const parse::Node& statement, DefineContext& context);
Result<std::string> alter_sequence(const parse::Node& statement, DefineContext& context);
Result<std::string> create_schema(const parse::Node& statement, DefineContext& context);
Result<std::string> create_extension(const parse::Node& statement, DefineContext& context);
Result<void> drop_extension(const std::string& name, bool missing_ok, DefineContext& context);
Result<std::string> comment(const parse::Node& statement, DefineContext& context);
Result<std::string> drop(const parse::Node& statement, DefineContext& context);
Result<std::string> truncate(const parse::Node& statement, DefineContext& context);

}  // namespace latchkey::sql::definitions
