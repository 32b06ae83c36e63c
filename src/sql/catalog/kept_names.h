#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/catalog/define.h"

/// Names in texts that the catalog keeps, when what they name gets another name.
namespace latchkey::sql::definitions {

/// What the names in the queries of views mean now. To be made before something gets another name,
/// and applied behind it.
///
/// Errors: NotSupported for a view that joins by a name that would change.
class ViewNames {
 public:
  static Result<ViewNames> read(DefineContext& context);
  /// Writes the views anew whose texts name a table or a column that has another name by now.
  Result<void> apply(DefineContext& context);

 private:
  struct View;
  std::vector<std::shared_ptr<View>> views_;
};

/// An expression over one table, with a column's new name.
std::string with_renamed_column(const std::string& expression, const std::string& from,
                                const std::string& to);
/// A text with a type's new name, wherever something is cast to it.
std::string with_renamed_type(const std::string& text, const std::string& prefix,
                              const std::string& from, const std::string& to);
/// The same in all texts of the catalog: views, defaults, checks and indexes.
Result<void> rename_type_in_texts(const std::string& from, const std::string& to,
                                  DefineContext& context);
/// A column's new name in all expressions of the table itself.
void rename_in_expressions(Table& table, const std::string& from, const std::string& to);

}  // namespace latchkey::sql::definitions
