#include "sql/catalog/define_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/system_tables.h"
#include "sql/catalog/table_rewrite.h"
#include "sql/exec/inverted_index.h"
#include "sql/exec/table_writer.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

QualifiedName name_of_list(const Node& list) {
  const std::vector<std::string> parts = parse::texts_of(list.list("items"));
  if (parts.size() >= 2) return {parts[parts.size() - 2], parts.back()};
  return {"", parts.empty() ? std::string() : parts.back()};
}

QualifiedName name_of_range_var(const Node& range_var) {
  return {std::string(range_var.text("schemaname")), std::string(range_var.text("relname"))};
}

std::string full_name(const Catalog& catalog, const Table& table) {
  const Schema* const schema = catalog.find_schema(table.schema);
  const std::string name = parse::quoted_name(table.name);
  return schema == nullptr ? name : parse::quoted_name(schema->name) + "." + name;
}

std::string shown_name(const Table& table, const DefineContext& context) {
  const Table* const seen = look_up({"", table.name}, context);
  if (seen != nullptr && seen->oid == table.oid) return parse::quoted_name(table.name);
  return full_name(*context.change.catalog(), table);
}

bind::BindContext bind_context(const DefineContext& context) {
  bind::BindContext bind;
  bind.catalog = context.change.catalog();
  bind.settings = &context.settings;
  bind.search_path = context.search_path;
  bind.user = context.user;
  return bind;
}

std::string option_text(const Node* arg) {
  if (arg == nullptr) return "true";
  if (const Node* const text = arg->child("sval")) return std::string(text->text("sval"));
  switch (arg->kind) {
    case NodeKind::Integer:
      return std::to_string(arg->number("ival"));
    case NodeKind::Float:
      return std::string(arg->text("fval"));
    case NodeKind::Boolean:
      return arg->flag("boolval") ? "true" : "false";
    case NodeKind::String:
      return std::string(arg->text("sval"));
    case NodeKind::TypeName: {
      const std::vector<std::string> names = parse::texts_of(arg->list("names"));
      return names.empty() ? std::string() : names.back();
    }
    default:
      return {};
  }
}

std::string temporary_schema_name(std::int32_t process) {
  return "pg_temp_" + std::to_string(process);
}

Result<Oid> schema_for_new(const Node& range_var, DefineContext& context) {
  const Bytes name = range_var.text("schemaname");
  if (range_var.text("relpersistence") != "t" && name != "pg_temp") {
    return schema_for_name(name, context);
  }
  const std::string own = temporary_schema_name(context.process_id);
  if (!name.empty() && name != "pg_temp" && name != own) {
    return Error(ErrorCode::TableDefinitionInvalid,
                 "cannot create temporary relation in non-temporary schema");
  }
  const Schema* const schema = context.change.catalog()->find_schema(own);
  if (schema != nullptr) return schema->oid;
  const Oid oid = context.change.database().next_oid();
  LK_CHECK(context.change.put(Schema{oid, own, context.user}));
  context.search_path.insert(context.search_path.begin(), own);
  return oid;
}

Result<Oid> schema_for_name(Bytes name, const DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  if (!name.empty()) {
    const Schema* const schema = catalog.find_schema(name);
    if (schema == nullptr) {
      return Error(ErrorCode::SchemaMissing, fmt::format("schema \"{}\" does not exist", name));
    }
    return schema->oid;
  }
  for (const std::string& each : context.search_path) {
    if (each.starts_with("pg_temp_")) continue;
    if (const Schema* const schema = catalog.find_schema(each)) return schema->oid;
  }
  return Error(ErrorCode::SchemaMissing, "no schema has been selected to create in");
}

std::vector<Oid> schemas_of(const QualifiedName& name, const DefineContext& context) {
  std::vector<Oid> schemas;
  const Catalog& catalog = *context.change.catalog();
  const std::string named =
      name.schema == "pg_temp" ? temporary_schema_name(context.process_id) : name.schema;
  for (const std::string& each :
       named.empty() ? context.search_path : std::vector<std::string>{named}) {
    if (const Schema* const schema = catalog.find_schema(each)) schemas.push_back(schema->oid);
  }
  return schemas;
}

const Table* look_up(const QualifiedName& name, const DefineContext& context) {
  for (const Oid schema : schemas_of(name, context)) {
    if (const Table* const table = context.change.catalog()->find_table(schema, name.name)) {
      return table;
    }
  }
  return nullptr;
}

Result<const Table*> find_table(const Node& range_var, DefineContext& context) {
  LK_TRY(const Table* const table, bind::Binder(bind_context(context), {}).table_of(range_var));
  LK_CHECK(check_not_system(*table));
  return table;
}

std::string free_name(const Catalog& catalog, const Table& table, const std::string& name) {
  const auto is_taken = [&](const std::string& wanted) {
    if (catalog.is_name_taken(table.schema, wanted)) return true;
    const auto has_name = [&](const auto& each) { return each.name == wanted; };
    return std::any_of(table.indexes.begin(), table.indexes.end(), has_name) ||
           std::any_of(table.checks.begin(), table.checks.end(), has_name) ||
           std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(), has_name);
  };
  std::string wanted = name;
  for (int i = 1; is_taken(wanted); ++i) wanted = name + std::to_string(i);
  return wanted;
}

bool has_constraint(const Table& table, const std::string& name) {
  const auto has_name = [&](const auto& each) { return each.name == name; };
  return std::any_of(table.checks.begin(), table.checks.end(), has_name) ||
         std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(), has_name) ||
         std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& index) { return index.is_constraint && index.name == name; });
}

std::string generated_name(const std::string& first, const std::string& second,
                           const std::string& suffix) {
  constexpr std::size_t kNameBytesMax = 63;
  std::size_t overhead = suffix.size() + 1 + (second.empty() ? 0 : 1);
  std::size_t first_bytes = first.size();
  std::size_t second_bytes = second.size();
  while (first_bytes + second_bytes + overhead > kNameBytesMax) {
    if (first_bytes > second_bytes) {
      --first_bytes;
    } else {
      --second_bytes;
    }
  }
  std::string name = first.substr(0, first_bytes);
  if (!second.empty()) name += "_" + second.substr(0, second_bytes);
  return name + "_" + suffix;
}

std::string role_name(const Node& role, const DefineContext& context) {
  const Bytes name = role.text("rolename");
  return name.empty() ? context.user : std::string(name);
}

std::string_view kind_name(TableKind kind) {
  switch (kind) {
    case TableKind::View:
      return "view";
    case TableKind::Sequence:
      return "sequence";
    default:
      return "table";
  }
}

Result<void> missing(ErrorCode code, std::string message, bool missing_ok, DefineContext& context) {
  if (!missing_ok) return Error(code, std::move(message));
  context.notice(Error(code, message + ", skipping"));
  return {};
}

Error already_exists(const std::string& name) {
  return Error(ErrorCode::TableDuplicate, fmt::format("relation \"{}\" already exists", name));
}

storage::TreeOptions tree_options(const Table& table, bool is_index) {
  const bool is_logged = !table.is_unlogged && table.temporary == 0;
  return {.counted = false, .hashed = !is_index, .logged = is_logged};
}

Result<void> create_trees(Table& table, storage::Transaction& transaction) {
  if (!table.has_rows()) return {};
  LK_TRY(table.tree, transaction.create_tree(tree_options(table, false)));
  for (Index& index : table.indexes) {
    if (index.is_primary) continue;
    LK_TRY(index.tree, transaction.create_tree(tree_options(table, true)));
  }
  return {};
}

Result<void> drop_table_trees(const Table& table, storage::Transaction& transaction) {
  if (!table.has_rows()) return {};
  LK_CHECK(transaction.drop_tree(table.tree));
  for (const Index& index : table.indexes) {
    if (!index.is_primary) LK_CHECK(transaction.drop_tree(index.tree));
  }
  return {};
}

Result<void> fill_index(const Table& table, const Index& index, DefineContext& context) {
  exec::TableWriter writer(table, context.execution, context.settings);
  storage::Transaction& transaction = context.change.transaction();
  const auto cursor = transaction.scan(table.tree, {}, storage::Direction::Forward, 256);
  Arena arena;
  std::vector<Value> values(table.columns.size());
  for (;;) {
    LK_CHECK(context.execution.check_cancelled());
    LK_TRY(const bool more, cursor->next());
    if (!more) return {};
    arena.reset();
    const Bytes key = arena.copy(cursor->key());
    const Bytes row = arena.copy(cursor->record().value);
    LK_CHECK(writer.layout().decode(key, row, values, arena));
    if (exec::is_inverted(index)) {
      LK_TRY(const std::vector<std::string> entries, writer.inverted_of(index, values, key));
      for (const std::string& entry : entries) {
        LK_CHECK(transaction.put(index.tree, entry, {.value = key}));
      }
      continue;
    }
    LK_TRY(const exec::TableWriter::Entry entry, writer.entry_of(index, values, key));
    if (!entry.is_held) continue;
    if (index.is_unique && entry.may_equal) {
      LK_TRY(const bool taken,
             transaction.read(index.tree, entry.key, [](const storage::RecordView&) {}));
      if (taken) return not_unique(table, index, values, context);
    }
    LK_CHECK(transaction.put(index.tree, entry.key, {.value = key}));
  }
}

void collect_columns(const Node& node, std::vector<std::string>& names) {
  if (node.is(NodeKind::ColumnRef)) {
    const std::vector<std::string> parts = parse::texts_of(node.list("fields"));
    const bool is_new =
        !parts.empty() && std::find(names.begin(), names.end(), parts.back()) == names.end();
    if (is_new) names.push_back(parts.back());
    return;
  }
  for (const Node::Field& field : node.fields) {
    if (field.child != nullptr) collect_columns(*field.child, names);
    for (const Node* const each : field.list) {
      if (each != nullptr) collect_columns(*each, names);
    }
  }
}

Result<Oid> type_of_expression(const std::string& text, const Table* table,
                               DefineContext& context) {
  LK_TRY(const auto script, parse::parse("SELECT " + text));
  bind::Binder binder(bind_context(context), {});
  const Node& value = *script->statements[0].node->list("target_list")[0]->child("val");
  LK_TRY(const auto bound, binder.bind_expression(value, table));
  return bound->query->targets[0].expr->type;
}

Result<void> check_default(const Table& table, const Column& column, DefineContext& context) {
  LK_TRY(const auto script, parse::parse("SELECT " + column.default_text));
  std::vector<std::string> names;
  collect_columns(*script->statements[0].node, names);
  if (!names.empty() && !column.is_generated) {
    return Error(ErrorCode::NotSupported, "cannot use column reference in DEFAULT expression");
  }
  for (const std::string& name : names) {
    const Column* const other = table.find_column(name);
    if (other == nullptr || !other->is_generated) continue;
    return Error(ErrorCode::ObjectDefinitionInvalid,
                 fmt::format("cannot use generated column \"{}\" in column generation expression",
                             name))
        .with_detail("A generated column cannot reference another generated column.");
  }
  bind::Binder binder(bind_context(context), {});
  const Node& value = *script->statements[0].node->list("target_list")[0]->child("val");
  LK_TRY(const auto bound,
         binder.bind_default(value, column, column.is_generated ? &table : nullptr));
  (void)bound;
  return {};
}

}  // namespace latchkey::sql::definitions
