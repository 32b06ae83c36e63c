#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/kept_text.h"
#include "sql/parse/query_text.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

Result<void> name_columns(const Node& statement, std::vector<Column>& columns) {
  const std::vector<std::string> names = parse::texts_of(statement.list("aliases"));
  if (names.size() > columns.size()) {
    return Error(ErrorCode::SyntaxError, "CREATE VIEW specifies more column names than columns");
  }
  for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[i].name != columns[j].name) continue;
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" specified more than once", columns[i].name));
    }
  }
  return {};
}

/// A view that is replaced keeps its columns; others may come behind them.
Result<void> check_replacement(const Table& before, const std::vector<Column>& columns) {
  if (columns.size() < before.columns.size()) {
    return Error(ErrorCode::TableDefinitionInvalid, "cannot drop columns from view");
  }
  for (std::size_t i = 0; i < before.columns.size(); ++i) {
    const Column& old = before.columns[i];
    const Column& column = columns[i];
    if (old.name != column.name) {
      return Error(ErrorCode::TableDefinitionInvalid,
                   fmt::format("cannot change name of view column \"{}\" to \"{}\"", old.name,
                               column.name))
          .with_hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
    }
    if (old.type != column.type || old.typmod != column.typmod) {
      return Error(
          ErrorCode::TableDefinitionInvalid,
          fmt::format("cannot change data type of view column \"{}\" from {} to {}", old.name,
                      type_text(old.type, old.typmod), type_text(column.type, column.typmod)));
    }
  }
  return {};
}

/// The view under the name that is to be replaced, or nothing.
Result<const Table*> view_to_replace(const Node& statement, const Table& view,
                                     DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  if (!catalog.is_name_taken(view.schema, view.name)) return static_cast<const Table*>(nullptr);
  if (!statement.flag("replace")) return already_exists(view.name);
  const Table* const before = catalog.find_table(view.schema, view.name);
  if (before == nullptr || before->kind != TableKind::View) {
    return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a view", view.name));
  }
  return before;
}

}  // namespace

Result<std::string> create_view(const Node& statement, DefineContext& context) {
  const Node& range_var = *statement.child("view");
  Table view;
  view.kind = TableKind::View;
  view.name = range_var.text("relname");
  view.owner = context.user;
  LK_TRY(std::string text, parse::view_query_text(context.text, range_var.location));
  LK_TRY(const auto script, parse::parse(text));
  LK_ASSERT(script->statements.size() == 1);
  const Node& query = *script->statements[0].node;
  bind::NamesUsed names;
  bind::BindContext bind = bind_context(context);
  bind.names_used = &names;
  bind::Binder binder(std::move(bind), {});
  Result<std::unique_ptr<bind::Bound>> bound = binder.bind(query);
  if (!bound.has_value()) {
    return Error(std::move(bound).error()).with([](ErrorDetails& details) {
      details.position = 0;
    });
  }
  for (const bind::Target& target : (*bound)->query->targets) {
    if (target.is_hidden) continue;
    Column column;
    column.name = target.name.empty() ? "?column?" : target.name;
    column.type = target.expr->type;
    column.typmod = target.expr->typmod;
    column.number = static_cast<std::int16_t>(view.columns.size() + 1);
    view.columns.push_back(std::move(column));
  }
  LK_CHECK(name_columns(statement, view.columns));
  LK_TRY(view.schema, schema_for_new(range_var, context));
  LK_TRY(const Table* const before, view_to_replace(statement, view, context));
  if (before != nullptr) {
    LK_CHECK(check_replacement(*before, view.columns));
    view.owner = before->owner;
  }
  view.oid = before != nullptr ? before->oid : context.change.database().next_oid();
  view.view_text = with_settled_names(std::move(text), names, *context.change.catalog());
  view.uses = uses_of(names);
  for (const Table::Use& use : view.uses) {
    if (use.table == view.oid) {
      return Error(
          ErrorCode::ObjectDefinitionInvalid,
          fmt::format("infinite recursion detected in rules for relation \"{}\"", view.name));
    }
  }
  const auto check = statement.number("with_check_option");
  if (check > 1) view.check_option = check == 2 ? "local" : "cascaded";
  for (const Node* const option : statement.list("options")) {
    if (option->text("defname") == "check_option") {
      view.check_option = option_text(option->child("arg"));
    }
  }
  LK_CHECK(context.change.put(std::move(view)));
  return std::string("CREATE VIEW");
}

}  // namespace latchkey::sql::definitions
