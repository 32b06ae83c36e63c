#pragma once

#include <map>
#include <string>
#include <vector>

#include "sql/catalog/define.h"
#include "sql/parse/enums.h"

namespace latchkey::sql::definitions {

/// Builds a table from its elements, or adds some to one that there is.
///
/// Threads:   the session's.
/// Ownership: borrows the table, which must outlive the builder.
class TableBuilder {
 public:
  TableBuilder(DefineContext& context, Table& table) : context_(context), table_(table) {}

  Result<void> add_column(const parse::Node& node);
  Result<void> add_like(const parse::Node& node);
  /// `column` is empty for a constraint of the table.
  Result<void> add_constraint(const parse::Node& node, const std::string& column);
  /// What waits for the whole table: sequences are put, defaults and checks bound, foreign keys
  /// made. The trees of new indexes are the caller's to make.
  Result<void> finish();

 private:
  struct Waiting {
    const parse::Node* node;
    std::string column;
    bool is_deferrable = false;
    bool is_deferred = false;
  };

  Result<void> set_default(const parse::Node& node, Column& column);
  Result<void> add_serial(Column& column, const std::string& type_name);
  Result<void> copy_identity(const Column& from, Column& to);
  void copy_indexes(const Table& like, const std::map<std::int16_t, std::int16_t>& numbers);
  Result<void> add_identity(const parse::Node& node, Column& column);
  Result<void> add_check(const parse::Node& node);
  Result<void> add_key(const parse::Node& node, const std::string& column);
  Result<void> use_index(const parse::Node& node);
  Result<void> name_key(const parse::Node& node, const std::string& column_names, Index& index);
  Result<void> set_deferral(parse::ConstraintKind kind, const parse::Node& node);
  Result<void> check_expressions();

  DefineContext& context_;
  Table& table_;
  std::vector<Table> sequences_;
  std::vector<Waiting> foreign_keys_;
  parse::ConstraintKind last_kind_{};
};

/// Adds a foreign key to the table. Errors: those of PostgreSQL for each.
struct ForeignKeyWish {
  const parse::Node* node = nullptr;
  std::string column;  ///< of a column's own constraint
  bool is_deferrable = false;
  bool is_deferred = false;
};
Result<void> add_foreign_key(const ForeignKeyWish& wish, Table& table, DefineContext& context);

constexpr std::size_t kIndexColumnsMax = 32;

}  // namespace latchkey::sql::definitions
