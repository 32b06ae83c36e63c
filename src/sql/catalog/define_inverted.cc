#include "sql/catalog/define_inverted.h"

#include <fmt/format.h>

#include "sql/parse/enums.h"
#include "sql/types/type.h"

namespace latchkey::sql::definitions {

using parse::Node;

Result<void> check_inverted(const Node& statement) {
  const auto refuse = [](const char* what) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("access method \"gin\" does not support {}", what));
  };
  if (statement.flag("unique")) return refuse("unique indexes");
  if (!statement.list("index_including_params").empty()) return refuse("included columns");
  for (const Node* const element : statement.list("index_params")) {
    if (element->as<parse::SortDirection>("ordering") != parse::SortDirection::Default) {
      return refuse("ASC/DESC options");
    }
    if (element->as<parse::SortNulls>("nulls_ordering") != parse::SortNulls::Default) {
      return refuse("NULLS FIRST/LAST options");
    }
    if (element->text("name").empty()) {
      return Error(ErrorCode::NotSupported, "gin indexes over expressions are not supported");
    }
  }
  return {};
}

Result<void> check_inverted_part(const std::string& operator_class, Oid type) {
  const bool is_known =
      operator_class.empty() || operator_class == "jsonb_ops" || operator_class == "jsonb_path_ops";
  if (!is_known) {
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("operator class \"{}\" does not exist for access method \"gin\"",
                             operator_class));
  }
  if (type == oid::kJsonb) return {};
  const Type* const found = find_type(type);
  if (operator_class.empty() && found != nullptr && found->is_array()) {
    return Error(ErrorCode::NotSupported, "gin indexes over arrays are not supported");
  }
  if (operator_class.empty()) {
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("data type {} has no default operator class for access method \"gin\"",
                             type_text(type)))
        .with_hint(
            "You must specify an operator class for the index or define a default operator class "
            "for the data type.");
  }
  return Error(ErrorCode::TypeMismatch,
               fmt::format("operator class \"{}\" does not accept data type {}", operator_class,
                           type_text(type)));
}

}  // namespace latchkey::sql::definitions
