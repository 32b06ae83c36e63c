#include "sql/catalog/define.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/catalog/define_routine.h"
#include "sql/exec/table_layout.h"
#include "sql/parse/deparse.h"
#include "sql/parse/enums.h"
#include "sql/parse/statement.h"

namespace latchkey::sql {

namespace {

using parse::ConstraintKind;
using parse::Node;
using parse::NodeKind;
using parse::ObjectKind;

constexpr std::size_t kColumnsMax = 1600;
constexpr std::size_t kIndexColumnsMax = 32;

/// The schema that a new object goes to.
Result<Oid> schema_of(Bytes name, const DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  if (!name.empty()) {
    const Schema* const schema = catalog.find_schema(name);
    if (schema == nullptr) {
      return Error(ErrorCode::SchemaMissing, fmt::format("schema \"{}\" does not exist", name));
    }
    return schema->oid;
  }
  for (const std::string& each : context.search_path) {
    if (const Schema* const schema = catalog.find_schema(each)) return schema->oid;
  }
  return Error(ErrorCode::SchemaMissing, "no schema has been selected to create in");
}

/// A name like the given one that nothing in the schema has.
std::string free_name(const Catalog& catalog, Oid schema, const Table& table, std::string name) {
  constexpr std::size_t kNameBytesMax = 63;
  if (name.size() > kNameBytesMax) name.resize(kNameBytesMax);
  const auto is_taken = [&](const std::string& wanted) {
    if (catalog.is_name_taken(schema, wanted)) return true;
    return std::any_of(table.indexes.begin(), table.indexes.end(),
                       [&](const Index& index) { return index.name == wanted; }) ||
           std::any_of(table.checks.begin(), table.checks.end(),
                       [&](const CheckConstraint& check) { return check.name == wanted; });
  };
  std::string wanted = name;
  for (int i = 1; is_taken(wanted); ++i) wanted = name + std::to_string(i);
  return wanted;
}

/// The columns that an expression names.
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

/// Builds one table from its elements.
class TableBuilder {
 public:
  TableBuilder(DefineContext& context, Table& table) : context_(context), table_(table) {}

  Result<void> add_column(const Node& node) {
    const Bytes name = node.text("colname");
    if (table_.find_column(name) != nullptr) {
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" specified more than once", name))
          .at(node.location + 1);
    }
    LK_TRY(const bind::Binder::NamedType type, bind::Binder::type_of(*node.child("type_name")));
    const Type* const found = find_type(type.type);
    if (found == nullptr || found->kind == 'p') {
      return Error(ErrorCode::TableDefinitionInvalid,
                   fmt::format("column \"{}\" has pseudo-type {}", name, type_text(type.type)));
    }
    Column column;
    column.name = name;
    column.type = type.type;
    column.typmod = type.typmod;
    column.number = static_cast<std::int16_t>(table_.columns.size() + 1);
    table_.columns.push_back(std::move(column));
    if (table_.columns.size() > kColumnsMax) {
      return Error(ErrorCode::TooManyColumns,
                   fmt::format("tables can have at most {} columns", kColumnsMax));
    }
    const std::vector<std::string> type_names =
        parse::texts_of(node.child("type_name")->list("names"));
    if (type_names.size() == 1 && type_names[0].find("serial") != std::string::npos) {
      return Error(ErrorCode::NotSupported, "serial columns are not supported yet")
          .at(node.location + 1);
    }
    for (const Node* const constraint : node.list("constraints")) {
      LK_CHECK(add_constraint(*constraint, std::string(name)));
    }
    return {};
  }

  /// `column` is empty for a constraint of the table.
  Result<void> add_constraint(const Node& node, const std::string& column) {
    Column* const own = column.empty() ? nullptr : &table_.columns.back();
    switch (node.as<ConstraintKind>("contype")) {
      case ConstraintKind::Null:
        return {};
      case ConstraintKind::NotNull:
        own->not_null = true;
        return {};
      case ConstraintKind::Default: {
        LK_TRY(own->default_text, parse::deparse(*node.child("raw_expr")));
        return {};
      }
      case ConstraintKind::Generated: {
        LK_TRY(own->default_text, parse::deparse(*node.child("raw_expr")));
        own->is_generated = true;
        return {};
      }
      case ConstraintKind::Check: {
        CheckConstraint check;
        check.oid = context_.change.database().next_oid();
        LK_TRY(check.expression, parse::deparse(*node.child("raw_expr")));
        const Bytes name = node.text("conname");
        std::vector<std::string> columns;
        collect_columns(*node.child("raw_expr"), columns);
        const std::string about = columns.size() == 1 ? "_" + columns[0] : "";
        check.name = !name.empty() ? std::string(name)
                                   : free_name(*context_.change.catalog(), table_.schema, table_,
                                               table_.name + about + "_check");
        table_.checks.push_back(std::move(check));
        return {};
      }
      case ConstraintKind::Primary:
      case ConstraintKind::Unique:
        return add_key(node, column);
      case ConstraintKind::Deferrable:
      case ConstraintKind::NotDeferrable:
      case ConstraintKind::Deferred:
      case ConstraintKind::Immediate:
        return {};
      case ConstraintKind::Foreign:
        return Error(ErrorCode::NotSupported, "foreign keys are not supported yet")
            .at(node.location + 1);
      case ConstraintKind::Identity:
        return Error(ErrorCode::NotSupported, "identity columns are not supported yet")
            .at(node.location + 1);
      case ConstraintKind::Exclusion:
        return Error(ErrorCode::NotSupported, "exclusion constraints are not supported")
            .at(node.location + 1);
    }
    return {};
  }

  /// Defaults, checks and generated columns must mean something.
  Result<void> check_expressions() {
    bind::BindContext bind;
    bind.catalog = context_.change.catalog();
    bind.settings = &context_.settings;
    bind.search_path = context_.search_path;
    const auto bind_one = [&](const std::string& text, const Table* table) -> Result<Oid> {
      LK_TRY(const auto script, parse::parse("SELECT " + text));
      bind::Binder binder(bind, {});
      LK_TRY(const auto bound,
             binder.bind_expression(
                 *script->statements[0].node->list("target_list")[0]->child("val"), table));
      return bound->query->targets[0].expr->type;
    };
    for (const Column& column : table_.columns) {
      if (column.default_text.empty()) continue;
      LK_TRY(const Oid type,
             bind_one(column.default_text, column.is_generated ? &table_ : nullptr));
      (void)type;
    }
    for (const CheckConstraint& check : table_.checks) {
      LK_TRY(const Oid type, bind_one(check.expression, &table_));
      if (type != oid::kBool) {
        return Error(ErrorCode::TypeMismatch,
                     "argument of CHECK must be type boolean, not type " + type_text(type));
      }
    }
    return {};
  }

 private:
  Result<void> add_key(const Node& node, const std::string& column) {
    const bool is_primary = node.as<ConstraintKind>("contype") == ConstraintKind::Primary;
    std::vector<std::string> names = parse::texts_of(node.list("keys"));
    if (!column.empty()) names = {column};
    if (names.size() > kIndexColumnsMax) {
      return Error(ErrorCode::TooManyColumns,
                   fmt::format("cannot use more than {} columns in an index", kIndexColumnsMax));
    }
    Index index;
    index.oid = context_.change.database().next_oid();
    index.is_unique = true;
    index.is_primary = is_primary;
    index.is_constraint = true;
    std::string all_names;
    for (const std::string& name : names) {
      const auto found = std::find_if(table_.columns.begin(), table_.columns.end(),
                                      [&](const Column& each) { return each.name == name; });
      if (found == table_.columns.end()) {
        return Error(ErrorCode::ColumnMissing,
                     fmt::format("column \"{}\" named in key does not exist", name))
            .at(node.location + 1);
      }
      for (const IndexColumn& other : index.columns) {
        if (other.column == found->number) {
          return Error(ErrorCode::ColumnDuplicate,
                       fmt::format("column \"{}\" appears twice in {} constraint", name,
                                   is_primary ? "primary key" : "unique"))
              .at(node.location + 1);
        }
      }
      if (is_primary) found->not_null = true;
      index.columns.push_back({found->number, {}, false, false});
      all_names += "_" + name;
    }
    if (is_primary) {
      if (!table_.key_columns.empty()) {
        return Error(ErrorCode::TableDefinitionInvalid,
                     fmt::format("multiple primary keys for table \"{}\" are not allowed",
                                 table_.name))
            .at(node.location + 1);
      }
      for (const IndexColumn& each : index.columns) table_.key_columns.push_back(each.column);
    }
    const Bytes wanted = node.text("conname");
    index.name = !wanted.empty() ? std::string(wanted)
                                 : free_name(*context_.change.catalog(), table_.schema, table_,
                                             is_primary ? table_.name + "_pkey"
                                                        : table_.name + all_names + "_key");
    if (!wanted.empty() && context_.change.catalog()->is_name_taken(table_.schema, index.name)) {
      return Error(ErrorCode::TableDuplicate,
                   fmt::format("relation \"{}\" already exists", index.name));
    }
    table_.indexes.push_back(std::move(index));
    return {};
  }

  DefineContext& context_;
  Table& table_;
};

storage::TreeOptions tree_options(const Table& table, bool is_index) {
  return {.counted = false, .hashed = !is_index, .logged = !table.is_unlogged};
}

Result<void> create_trees(Table& table, storage::Transaction& transaction) {
  LK_TRY(table.tree, transaction.create_tree(tree_options(table, false)));
  for (Index& index : table.indexes) {
    if (index.is_primary) continue;
    LK_TRY(index.tree, transaction.create_tree(tree_options(table, true)));
  }
  return {};
}

Result<std::string> create_table(const Node& statement, DefineContext& context) {
  const Node& range_var = *statement.child("relation");
  Table table;
  table.name = range_var.text("relname");
  LK_TRY(table.schema, schema_of(range_var.text("schemaname"), context));
  if (context.change.catalog()->is_name_taken(table.schema, table.name)) {
    Error error(ErrorCode::TableDuplicate,
                fmt::format("relation \"{}\" already exists", table.name));
    if (!statement.flag("if_not_exists")) return error;
    context.notice(Error(ErrorCode::TableDuplicate,
                         fmt::format("relation \"{}\" already exists, skipping", table.name)));
    return std::string("CREATE TABLE");
  }
  const Bytes persistence = range_var.text("relpersistence");
  if (persistence == "t") {
    return Error(ErrorCode::NotSupported, "temporary tables are not supported yet");
  }
  for (const char* const part : {"partspec", "partbound", "of_typename"}) {
    if (statement.child(part) != nullptr) {
      return Error(ErrorCode::NotSupported, "this form of CREATE TABLE is not supported yet");
    }
  }
  if (!statement.list("inh_relations").empty()) {
    return Error(ErrorCode::NotSupported, "INHERITS and LIKE are not supported yet");
  }
  table.is_unlogged = persistence == "u";
  table.oid = context.change.database().next_oid();
  table.owner = context.user;
  TableBuilder builder(context, table);
  for (const Node* const element : statement.list("table_elts")) {
    if (element->is(NodeKind::ColumnDef)) {
      LK_CHECK(builder.add_column(*element));
    } else if (!element->is(NodeKind::Constraint)) {
      return Error(ErrorCode::NotSupported, std::string(element->name) + " is not supported yet");
    }
  }
  for (const Node* const element : statement.list("table_elts")) {
    if (element->is(NodeKind::Constraint)) LK_CHECK(builder.add_constraint(*element, {}));
  }
  for (const Node* const option : statement.list("options")) {
    if (option->text("defname") != "ttl") continue;
    return Error(ErrorCode::NotSupported, "WITH (ttl = ..) is not supported yet");
  }
  LK_CHECK(builder.check_expressions());
  LK_CHECK(create_trees(table, context.change.transaction()));
  LK_CHECK(context.change.put(std::move(table)));
  return std::string("CREATE TABLE");
}

Result<const Table*> find_table(const Node& range_var, DefineContext& context) {
  bind::BindContext bind;
  bind.catalog = context.change.catalog();
  bind.search_path = context.search_path;
  bind.settings = &context.settings;
  return bind::Binder(bind, {}).table_of(range_var);
}

/// Puts the rows that are there into a new index.
Result<void> fill_index(const Table& table, const Index& index, DefineContext& context) {
  const exec::TableLayout layout(table);
  storage::Transaction& transaction = context.change.transaction();
  const auto cursor = transaction.scan(table.tree, {}, storage::Direction::Forward, 256);
  Arena arena;
  std::vector<Value> values(table.columns.size());
  for (;;) {
    LK_CHECK(context.execution.check_cancelled());
    LK_TRY(const bool more, cursor->next());
    if (!more) return {};
    arena.reset();
    LK_CHECK(layout.decode(cursor->key(), cursor->record().value, values, arena));
    bool has_null = false;
    const std::string entry = layout.index_key_of(index, values, cursor->key(), has_null);
    if (index.is_unique && !has_null) {
      LK_TRY(const bool taken,
             transaction.read(index.tree, entry, [](const storage::RecordView&) {}));
      if (taken) {
        return Error(ErrorCode::UniqueViolation,
                     fmt::format("could not create unique index \"{}\"", index.name));
      }
    }
    LK_CHECK(transaction.put(index.tree, entry, {.value = cursor->key()}));
  }
}

Result<std::string> create_index(const Node& statement, DefineContext& context) {
  LK_TRY(const Table* const found, find_table(*statement.child("relation"), context));
  Table table = *found;
  Index index;
  index.oid = context.change.database().next_oid();
  index.is_unique = statement.flag("unique");
  const Bytes method = statement.text("access_method");
  if (!method.empty() && method != "btree" && method != "hash") {
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("access method \"{}\" does not exist", method));
  }
  if (statement.child("where_clause") != nullptr) {
    return Error(ErrorCode::NotSupported, "partial indexes are not supported yet");
  }
  std::string names;
  for (const Node* const element : statement.list("index_params")) {
    const Bytes name = element->text("name");
    const Column* const column = table.find_column(name);
    if (name.empty())
      return Error(ErrorCode::NotSupported, "indexes on expressions are not supported yet");
    if (column == nullptr) {
      return Error(ErrorCode::ColumnMissing, fmt::format("column \"{}\" does not exist", name));
    }
    const bool is_descending =
        element->as<parse::SortDirection>("ordering") == parse::SortDirection::Descending;
    const auto nulls = element->as<parse::SortNulls>("nulls_ordering");
    index.columns.push_back(
        {column->number,
         {},
         is_descending,
         nulls == parse::SortNulls::Default ? is_descending : nulls == parse::SortNulls::First});
    names += "_" + std::string(name);
  }
  const Bytes wanted = statement.text("idxname");
  index.name = !wanted.empty() ? std::string(wanted)
                               : free_name(*context.change.catalog(), table.schema, table,
                                           table.name + names + "_idx");
  if (context.change.catalog()->is_name_taken(table.schema, index.name)) {
    const std::string message = fmt::format("relation \"{}\" already exists", index.name);
    if (!statement.flag("if_not_exists")) return Error(ErrorCode::TableDuplicate, message);
    context.notice(Error(ErrorCode::TableDuplicate, message + ", skipping"));
    return std::string("CREATE INDEX");
  }
  LK_TRY(index.tree, context.change.transaction().create_tree(tree_options(table, true)));
  LK_CHECK(fill_index(table, index, context));
  table.indexes.push_back(std::move(index));
  LK_CHECK(context.change.put(std::move(table)));
  return std::string("CREATE INDEX");
}

Result<void> drop_table_trees(const Table& table, storage::Transaction& transaction) {
  if (table.kind != TableKind::Table) return {};
  LK_CHECK(transaction.drop_tree(table.tree));
  for (const Index& index : table.indexes) {
    if (!index.is_primary) LK_CHECK(transaction.drop_tree(index.tree));
  }
  return {};
}

struct QualifiedName {
  std::string schema;
  std::string name;
};

QualifiedName name_of(const Node& list) {
  const std::vector<std::string> parts = parse::texts_of(list.list("items"));
  if (parts.size() >= 2) return {parts[parts.size() - 2], parts.back()};
  return {"", parts.empty() ? std::string() : parts.back()};
}

Result<void> drop_one_table(const QualifiedName& name, bool missing_ok, DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  const Table* table = nullptr;
  for (const std::string& each :
       name.schema.empty() ? context.search_path : std::vector<std::string>{name.schema}) {
    const Schema* const schema = catalog.find_schema(each);
    if (table == nullptr && schema != nullptr) table = catalog.find_table(schema->oid, name.name);
  }
  if (table == nullptr) {
    const std::string message = fmt::format("table \"{}\" does not exist", name.name);
    if (!missing_ok) return Error(ErrorCode::TableMissing, message);
    context.notice(Error(ErrorCode::TableMissing, message + ", skipping"));
    return {};
  }
  LK_CHECK(drop_table_trees(*table, context.change.transaction()));
  return context.change.drop_table(table->oid);
}

Result<void> drop_one_index(const QualifiedName& name, bool missing_ok, DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  for (const std::string& each :
       name.schema.empty() ? context.search_path : std::vector<std::string>{name.schema}) {
    const Schema* const schema = catalog.find_schema(each);
    if (schema == nullptr) continue;
    const auto [found, index] = catalog.find_index(schema->oid, name.name);
    if (index == nullptr) continue;
    if (index->is_constraint) {
      return Error(ErrorCode::DependentObjects,
                   fmt::format("cannot drop index {} because constraint {} on table {} requires it",
                               name.name, name.name, found->name));
    }
    Table table = *found;
    LK_CHECK(context.change.transaction().drop_tree(index->tree));
    std::erase_if(table.indexes, [&](const Index& other) { return other.name == name.name; });
    return context.change.put(std::move(table));
  }
  const std::string message = fmt::format("index \"{}\" does not exist", name.name);
  if (!missing_ok) return Error(ErrorCode::ObjectMissing, message);
  context.notice(Error(ErrorCode::ObjectMissing, message + ", skipping"));
  return {};
}

Result<void> drop_one_schema(const std::string& name, bool missing_ok, bool cascade,
                             DefineContext& context) {
  const Schema* const schema = context.change.catalog()->find_schema(name);
  if (schema == nullptr) {
    const std::string message = fmt::format("schema \"{}\" does not exist", name);
    if (!missing_ok) return Error(ErrorCode::SchemaMissing, message);
    context.notice(Error(ErrorCode::SchemaMissing, message + ", skipping"));
    return {};
  }
  const Oid oid = schema->oid;
  std::vector<Oid> tables;
  for (const auto& [number, table] : context.change.catalog()->tables()) {
    if (table->schema == oid) tables.push_back(table->oid);
  }
  if (!tables.empty() && !cascade) {
    return Error(ErrorCode::DependentObjects,
                 fmt::format("cannot drop schema {} because other objects depend on it", name))
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  for (const Oid table : tables) {
    LK_CHECK(drop_table_trees(*context.change.catalog()->find_table(table),
                              context.change.transaction()));
    LK_CHECK(context.change.drop_table(table));
  }
  return context.change.drop_schema(oid);
}

Result<std::string> drop(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("remove_type");
  const bool missing_ok = statement.flag("missing_ok");
  const bool cascade = statement.as<parse::DropKind>("behavior") == parse::DropKind::Cascade;
  for (const Node* const object : statement.list("objects")) {
    if (kind == ObjectKind::Table) {
      LK_CHECK(drop_one_table(name_of(*object), missing_ok, context));
    } else if (kind == ObjectKind::Index) {
      LK_CHECK(drop_one_index(name_of(*object), missing_ok, context));
    } else if (kind == ObjectKind::Schema) {
      LK_CHECK(drop_one_schema(std::string(object->text("sval")), missing_ok, cascade, context));
    } else {
      return Error(ErrorCode::NotSupported, "this form of DROP is not supported yet");
    }
  }
  return std::string(kind == ObjectKind::Table   ? "DROP TABLE"
                     : kind == ObjectKind::Index ? "DROP INDEX"
                                                 : "DROP SCHEMA");
}

Result<std::string> truncate(const Node& statement, DefineContext& context) {
  for (const Node* const relation : statement.list("relations")) {
    LK_TRY(const Table* const found, find_table(*relation, context));
    Table table = *found;
    LK_CHECK(drop_table_trees(table, context.change.transaction()));
    LK_CHECK(create_trees(table, context.change.transaction()));
    LK_CHECK(context.change.put(std::move(table)));
  }
  return std::string("TRUNCATE TABLE");
}

Result<std::string> create_schema(const Node& statement, DefineContext& context) {
  const Bytes name = statement.text("schemaname");
  if (context.change.catalog()->find_schema(name) != nullptr) {
    const std::string message = fmt::format("schema \"{}\" already exists", name);
    if (!statement.flag("if_not_exists")) return Error(ErrorCode::SchemaDuplicate, message);
    context.notice(Error(ErrorCode::SchemaDuplicate, message + ", skipping"));
    return std::string("CREATE SCHEMA");
  }
  LK_CHECK(context.change.put(
      Schema{context.change.database().next_oid(), std::string(name), context.user}));
  return std::string("CREATE SCHEMA");
}

}  // namespace

bool is_definition(const Node& statement) {
  if (is_routine_definition(statement)) return true;
  switch (statement.kind) {
    case NodeKind::CreateStmt:
    case NodeKind::IndexStmt:
    case NodeKind::CreateSchemaStmt:
    case NodeKind::DropStmt:
    case NodeKind::TruncateStmt:
      return true;
    default:
      return false;
  }
}

Result<std::string> define(const Node& statement, DefineContext& context) {
  if (is_routine_definition(statement)) return define_routine(statement, context);
  switch (statement.kind) {
    case NodeKind::CreateStmt:
      return create_table(statement, context);
    case NodeKind::IndexStmt:
      return create_index(statement, context);
    case NodeKind::CreateSchemaStmt:
      return create_schema(statement, context);
    case NodeKind::DropStmt:
      return drop(statement, context);
    default:
      LK_ASSERT(statement.is(NodeKind::TruncateStmt));
      return truncate(statement, context);
  }
}

}  // namespace latchkey::sql
