#include "sql/system/definition_text.h"

#include <fmt/format.h>

#include "sql/exec/context.h"
#include "sql/parse/deparse.h"
#include "sql/system/object_names.h"

namespace latchkey::sql::system {

namespace {

using parse::quoted_name;

template <typename Numbers>
std::string column_list(const Table& table, const Numbers& numbers) {
  std::string text;
  for (const std::int16_t number : numbers) {
    const Column* const column = table.column_of(number);
    if (!text.empty()) text += ", ";
    text += column == nullptr ? "?" : quoted_name(column->name);
  }
  return text;
}

std::vector<std::int16_t> columns_of(const Index& index) {
  std::vector<std::int16_t> columns;
  for (const IndexColumn& part : index.columns) columns.push_back(part.column);
  return columns;
}

std::string_view action_text(ForeignAction action) {
  switch (action) {
    case ForeignAction::NoAction:
      return "";
    case ForeignAction::Restrict:
      return "RESTRICT";
    case ForeignAction::Cascade:
      return "CASCADE";
    case ForeignAction::SetNull:
      return "SET NULL";
    case ForeignAction::SetDefault:
      return "SET DEFAULT";
  }
  return "";
}

std::string foreign_text(const Table& table, const ForeignKey& key, const Evaluation& evaluation) {
  ExecutionContext& execution = *evaluation.context;
  const Table* const referred = execution.catalog.find_table(key.table);
  std::string text = fmt::format("FOREIGN KEY ({})", column_list(table, key.columns));
  if (referred != nullptr) {
    text += fmt::format(
        " REFERENCES {}({})",
        relation_text(execution.catalog, execution.services.search_path(), {referred, nullptr}),
        column_list(*referred, key.referred_columns));
  }
  if (const std::string_view action = action_text(key.on_update); !action.empty()) {
    text += fmt::format(" ON UPDATE {}", action);
  }
  if (const std::string_view action = action_text(key.on_delete); !action.empty()) {
    text += fmt::format(" ON DELETE {}", action);
  }
  return text;
}

bool begins_like_call(const std::string& text) {
  const std::size_t open = text.find('(');
  if (open == std::string::npos || open == 0 || text.back() != ')') return false;
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0) return i + 1 == text.size();
  }
  return false;
}

bool stands_in_parentheses(const std::string& text) {
  if (text.empty() || text.front() != '(') return false;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0) return i + 1 == text.size();
  }
  return false;
}

}  // namespace

std::string table_text(const Table& table, const Evaluation& evaluation, TextStyle style) {
  ExecutionContext& execution = *evaluation.context;
  if (style == TextStyle::Pretty) {
    return relation_text(execution.catalog, execution.services.search_path(), {&table, nullptr});
  }
  const Schema* const schema = execution.catalog.find_schema(table.schema);
  return (schema == nullptr ? "" : quoted_name(schema->name) + ".") + quoted_name(table.name);
}

Result<std::string> index_column_text(const Table& table, const IndexColumn& part,
                                      const Evaluation& evaluation, TextStyle style) {
  if (part.column != 0) return column_list(table, std::vector<std::int16_t>{part.column});
  LK_TRY(std::string text, stored_text(part.expression, &table, Oid::None, evaluation, style));
  // A call stands as it is, everything else in parentheses.
  if (begins_like_call(text)) return text;
  return stands_in_parentheses(text) ? text : "(" + text + ")";
}

Result<std::string> index_text(const Table& table, const Index& index, const Evaluation& evaluation,
                               TextStyle style) {
  std::string columns;
  for (const IndexColumn& part : index.columns) {
    if (!columns.empty()) columns += ", ";
    LK_TRY(const std::string text, index_column_text(table, part, evaluation, style));
    columns += text;
    if (part.is_descending) columns += " DESC";
    if (part.is_descending != part.nulls_first) {
      columns += part.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
  std::string text =
      fmt::format("CREATE {}INDEX {} ON {} USING btree ({})", index.is_unique ? "UNIQUE " : "",
                  quoted_name(index.name), table_text(table, evaluation, style), columns);
  if (!index.predicate.empty()) {
    LK_TRY(const std::string predicate,
           stored_text(index.predicate, &table, Oid::None, evaluation, style));
    text += " WHERE " + predicate;
  }
  return text;
}

Result<std::optional<std::string>> constraint_text(Oid constraint, const Evaluation& evaluation,
                                                   TextStyle style) {
  for (const auto& [oid, table] : evaluation.context->catalog.tables()) {
    for (const CheckConstraint& check : table->checks) {
      if (check.oid != constraint) continue;
      LK_TRY(const std::string text,
             stored_text(check.expression, table.get(), Oid::None, evaluation, style));
      return std::optional(fmt::format("CHECK ({})", text));
    }
    for (const Index& index : table->indexes) {
      if (index.oid != constraint || !index.is_constraint) continue;
      return std::optional(fmt::format("{} ({})", index.is_primary ? "PRIMARY KEY" : "UNIQUE",
                                       column_list(*table, columns_of(index))));
    }
    for (const ForeignKey& key : table->foreign_keys) {
      if (key.oid == constraint) return std::optional(foreign_text(*table, key, evaluation));
    }
  }
  return std::optional<std::string>();
}

}  // namespace latchkey::sql::system
