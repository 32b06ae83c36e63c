#pragma once

#include <string>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/catalog/define.h"

namespace latchkey::sql::definitions {

/// The commands of one ALTER TABLE, gathered in a copy of the table; what the rows need is done
/// once behind them all.
///
/// Threads: the session's.
/// Errors:  those of PostgreSQL for each command; the transaction brings everything back.
class TableAlteration {
 public:
  TableAlteration(const Table& table, DefineContext& context)
      : context_(context), table_(table), stored_(table) {}

  Result<void> run(const parse::Node& command);
  Result<void> finish();

 private:
  /// A column whose rows get new values, and the expression over the table as it was.
  struct NewValue {
    std::size_t column;
    std::string text;
    Table seen;  ///< the table that the expression's names are of
  };

  Result<Column*> column_of(Bytes name);
  Result<void> put();  ///< what others look at while this goes on
  void reload();       ///< after others have changed the table

  // alter_column.cc
  Result<void> add_column(const parse::Node& command);
  Result<void> drop_column(const parse::Node& command);
  Result<void> set_default(const parse::Node& command);
  Result<void> set_not_null(const parse::Node& command, bool not_null);
  Result<void> drop_expression(const parse::Node& command);
  Result<void> set_type(const parse::Node& command);
  Result<void> check_no_user_of_type(const Column& column) const;
  Result<void> add_identity(const parse::Node& command);
  Result<void> set_identity(const parse::Node& command);
  Result<void> drop_identity(const parse::Node& command);
  Result<void> give_missing(std::size_t first_new);

  // alter_constraint.cc
  Result<void> add_constraint(const parse::Node& command);
  Result<void> alter_constraint(const parse::Node& command);
  Result<void> validate_constraint(const parse::Node& command);
  Result<void> drop_constraint(const parse::Node& command);
  Result<void> validate();

  Result<void> compute(const NewValue& value, std::span<const Value> before, std::span<Value> after,
                       Evaluation& evaluation);

  DefineContext& context_;
  Table table_;
  Table stored_;  ///< as its rows lie now
  bool must_rewrite_ = false;
  std::vector<NewValue> new_values_;
  std::vector<std::unique_ptr<bind::Bound>> bound_values_;
  std::vector<std::int16_t> new_not_null_;
  std::vector<Oid> new_checks_;  ///< checks and foreign keys whose rows are to be looked at
};

Result<std::string> alter_table(const parse::Node& statement, DefineContext& context);
Result<std::string> rename_object(const parse::Node& statement, DefineContext& context);
Result<std::string> set_object_schema(const parse::Node& statement, DefineContext& context);
Result<std::string> set_object_owner(const parse::Node& statement, DefineContext& context);

}  // namespace latchkey::sql::definitions
