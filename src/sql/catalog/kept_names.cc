#include "sql/catalog/kept_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/kept_text.h"
#include "sql/parse/deparse.h"
#include "sql/parse/query_text.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

struct ViewNames::View {
  Oid oid = Oid::None;
  bind::NamesUsed names;
  std::shared_ptr<const Catalog> catalog;  ///< as it was
  std::set<std::int32_t> targets;          ///< where a column stands as a result without a name
};

namespace {

/// Columns that give a result its name: SELECT a.
void collect_targets(const Node& node, std::set<std::int32_t>& targets) {
  if (node.is(NodeKind::ResTarget) && node.text("name").empty()) {
    const Node* const value = node.child("val");
    if (value != nullptr && value->is(NodeKind::ColumnRef)) targets.insert(value->location);
  }
  for (const Node::Field& field : node.fields) {
    if (field.child != nullptr) collect_targets(*field.child, targets);
    for (const Node* const each : field.list) {
      if (each != nullptr) collect_targets(*each, targets);
    }
  }
}

void collect_references(const Node& node, std::vector<const Node*>& references) {
  if (node.is(NodeKind::ColumnRef)) {
    references.push_back(&node);
    return;
  }
  for (const Node::Field& field : node.fields) {
    if (field.child != nullptr) collect_references(*field.child, references);
    for (const Node* const each : field.list) {
      if (each != nullptr) collect_references(*each, references);
    }
  }
}

void collect_type_names(const Node& node, const std::function<void(const Node&)>& found) {
  if (node.is(NodeKind::TypeName)) found(node);
  for (const Node::Field& field : node.fields) {
    if (field.child != nullptr) collect_type_names(*field.child, found);
    for (const Node* const each : field.list) {
      if (each != nullptr) collect_type_names(*each, found);
    }
  }
}

/// Where the last of `parts` names begins.
std::size_t last_name(Bytes text, std::size_t begin, std::size_t parts) {
  if (parts == 1) return begin;
  const std::size_t dot = parse::end_of_name(text, begin, parts - 1);
  return dot < text.size() && text[dot] == '.' ? dot + 1 : dot;
}

const Column* column_in(const Catalog& catalog, Oid table, std::int16_t number) {
  const Table* const found = catalog.find_table(table);
  return found == nullptr ? nullptr : found->column_of(number);
}

}  // namespace

Result<ViewNames> ViewNames::read(DefineContext& context) {
  ViewNames all;
  for (const auto& [oid, table] : context.change.catalog()->tables()) {
    if (table->kind != TableKind::View) continue;
    auto view = std::make_shared<View>();
    view->oid = table->oid;
    view->catalog = context.change.catalog();
    LK_TRY(const auto script, parse::parse(table->view_text));
    const Node& query = *script->statements[0].node;
    bind::BindContext bind = bind_context(context);
    bind.names_used = &view->names;
    bind::Binder binder(std::move(bind), {});
    LK_TRY(const auto bound, binder.bind(query));
    (void)bound;
    collect_targets(query, view->targets);
    all.views_.push_back(std::move(view));
  }
  return all;
}

Result<void> ViewNames::apply(DefineContext& context) {
  for (const std::shared_ptr<View>& each : views_) {
    const Catalog& catalog = *context.change.catalog();
    const Table* const found = catalog.find_table(each->oid);
    if (found == nullptr) continue;
    const std::string& text = found->view_text;
    TextEdits edits;
    for (const bind::NamesUsed::TableName& name : each->names.tables) {
      const Table* const before = each->catalog->find_table(name.table);
      const Table* const after = catalog.find_table(name.table);
      if (before == nullptr || after == nullptr || name.location < 0) continue;
      std::string new_name = full_name(catalog, *after);
      if (new_name == full_name(*each->catalog, *before)) continue;
      if (!name.has_alias && before->name != after->name) {
        new_name += " AS " + parse::quoted_name(before->name);
      }
      const auto begin = static_cast<std::size_t>(name.location);
      edits.replace(begin, parse::end_of_name(text, begin, name.parts), new_name);
    }
    for (const bind::NamesUsed::ColumnName& name : each->names.columns) {
      const Column* const before = column_in(*each->catalog, name.table, name.column);
      const Column* const after = column_in(catalog, name.table, name.column);
      if (before == nullptr || after == nullptr || before->name == after->name) continue;
      if (name.in_using) {
        return Error(ErrorCode::NotSupported,
                     fmt::format("cannot rename column \"{}\": view \"{}\" joins by its name",
                                 before->name, found->name));
      }
      if (name.location < 0) continue;
      const auto begin = static_cast<std::size_t>(name.location);
      const std::size_t end = parse::end_of_name(text, begin, name.parts);
      const std::size_t last = last_name(text, begin, name.parts);
      // An alias of the column's may stand there instead of its name.
      if (text.substr(last, end - last) != parse::quoted_name(before->name)) continue;
      const bool names_result = each->targets.contains(name.location);
      edits.replace(last, end,
                    parse::quoted_name(after->name) +
                        (names_result ? " AS " + parse::quoted_name(before->name) : ""));
    }
    Table view = *found;
    view.view_text = edits.apply(view.view_text);
    if (view.view_text != found->view_text) LK_CHECK(context.change.put(std::move(view)));
  }
  return {};
}

std::string with_renamed_column(const std::string& expression, const std::string& from,
                                const std::string& to) {
  const std::string prefix = "SELECT ";
  const std::string text = prefix + expression;
  const auto script = parse::parse(text);
  if (!script.has_value()) return expression;
  std::vector<const Node*> references;
  collect_references(*(*script)->statements[0].node, references);
  TextEdits edits;
  for (const Node* const reference : references) {
    const auto fields = reference->list("fields");
    const std::vector<std::string> names = parse::texts_of(fields);
    if (names.empty() || names.back() != from || reference->location < 0) continue;
    const auto begin = static_cast<std::size_t>(reference->location);
    edits.replace(last_name(text, begin, fields.size()),
                  parse::end_of_name(text, begin, fields.size()), parse::quoted_name(to));
  }
  return edits.apply(text).substr(prefix.size());
}

std::string with_renamed_type(const std::string& text, const std::string& prefix,
                              const std::string& from, const std::string& to) {
  const std::string whole = prefix + text;
  const auto script = parse::parse(whole);
  if (!script.has_value() || text.find(from) == std::string::npos) return text;
  TextEdits edits;
  collect_type_names(*(*script)->statements[0].node, [&](const Node& type_name) {
    const auto names = type_name.list("names");
    const std::vector<std::string> parts = parse::texts_of(names);
    if (parts.empty() || parts.back() != from || type_name.location < 0) return;
    if (parts.size() > 1 && parts[0] == "pg_catalog") return;
    const auto begin = static_cast<std::size_t>(type_name.location);
    edits.replace(last_name(whole, begin, parts.size()),
                  parse::end_of_name(whole, begin, parts.size()), parse::quoted_name(to));
  });
  return edits.apply(whole).substr(prefix.size());
}

Result<void> rename_type_in_texts(const std::string& from, const std::string& to,
                                  DefineContext& context) {
  std::vector<Table> changed;
  for (const auto& [oid, table] : context.change.catalog()->tables()) {
    Table copy = *table;
    bool is_changed = false;
    const auto rename = [&](std::string& text, const std::string& prefix) {
      if (text.find(from) == std::string::npos) return;
      std::string renamed = with_renamed_type(text, prefix, from, to);
      is_changed = is_changed || renamed != text;
      text = std::move(renamed);
    };
    rename(copy.view_text, "");
    for (Column& column : copy.columns) rename(column.default_text, "SELECT ");
    for (CheckConstraint& check : copy.checks) rename(check.expression, "SELECT ");
    for (Index& index : copy.indexes) {
      rename(index.predicate, "SELECT ");
      for (IndexColumn& part : index.columns) rename(part.expression, "SELECT ");
    }
    if (is_changed) changed.push_back(std::move(copy));
  }
  for (Table& table : changed) LK_CHECK(context.change.put(std::move(table)));
  return {};
}

void rename_in_expressions(Table& table, const std::string& from, const std::string& to) {
  const auto rename = [&](std::string& text) {
    if (!text.empty()) text = with_renamed_column(text, from, to);
  };
  for (CheckConstraint& check : table.checks) rename(check.expression);
  for (Column& column : table.columns) {
    if (column.is_generated) rename(column.default_text);
  }
  for (Index& index : table.indexes) {
    rename(index.predicate);
    for (IndexColumn& part : index.columns) rename(part.expression);
  }
}

}  // namespace latchkey::sql::definitions
