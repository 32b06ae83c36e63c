#include <algorithm>

#include "sql/catalog/system_tables.h"
#include "sql/parse/statement.h"
#include "sql/system/rows.h"

// What holds tables together: constraints and what depends on what.

namespace latchkey::sql::system {

namespace {

// Of pg_depend.classid.
constexpr Oid kClassOfRelations{1259};
constexpr Oid kClassOfConstraints{2606};
constexpr Oid kClassOfDefaults{2604};
constexpr Oid kClassOfSchemas{2615};

struct ConstraintFacts {
  Oid oid;
  std::string_view name;
  char kind;
  Oid index = Oid::None;
  const ForeignKey* foreign = nullptr;
};

void begin_constraint(RowContext& context, const Table& table, const ConstraintFacts& facts) {
  const auto letter_of = [&](char if_foreign) {
    return facts.foreign == nullptr ? ' ' : if_foreign;
  };
  const ForeignKey* const key = facts.foreign;
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", facts.oid).text("conname", facts.name).oid("connamespace", table.schema);
  rows.letter("contype", facts.kind).flag("condeferrable", false).flag("condeferred", false);
  rows.flag("convalidated", true).oid("conrelid", table.oid).number("contypid", 0);
  rows.oid("conindid", facts.index).number("conparentid", 0);
  rows.oid("confrelid", key == nullptr ? Oid::None : key->table);
  rows.letter("confupdtype", letter_of(key == nullptr ? ' ' : static_cast<char>(key->on_update)));
  rows.letter("confdeltype", letter_of(key == nullptr ? ' ' : static_cast<char>(key->on_delete)));
  rows.letter("confmatchtype", letter_of('s')).flag("conislocal", true).number("coninhcount", 0);
  rows.flag("connoinherit", facts.kind != 'c');
}

/// The columns that an expression over a table names.
void collect_columns(const parse::Node& node, const Table& table,
                     std::vector<std::int64_t>& columns) {
  if (node.is(parse::NodeKind::ColumnRef)) {
    const std::vector<std::string> parts = parse::texts_of(node.list("fields"));
    const Column* const column = parts.empty() ? nullptr : table.find_column(parts.back());
    if (column == nullptr) return;
    if (std::find(columns.begin(), columns.end(), column->number) == columns.end()) {
      columns.push_back(column->number);
    }
    return;
  }
  for (const parse::Node::Field& field : node.fields) {
    if (field.child != nullptr) collect_columns(*field.child, table, columns);
    for (const parse::Node* const each : field.list) {
      if (each != nullptr) collect_columns(*each, table, columns);
    }
  }
}

Result<std::vector<std::int64_t>> columns_of(const std::string& expression, const Table& table) {
  std::vector<std::int64_t> columns;
  LK_TRY(const auto script, parse::parse("SELECT " + expression));
  collect_columns(*script->statements[0].node, table, columns);
  return columns;
}

std::vector<std::int64_t> columns_of(const Index& index) {
  std::vector<std::int64_t> columns;
  for (const IndexColumn& part : index.columns) columns.push_back(part.column);
  return columns;
}

std::vector<std::int64_t> widened(const std::vector<std::int16_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

/// The unique index that a foreign key's rows are found by.
Oid referred_index(const Catalog& catalog, const ForeignKey& key) {
  const Table* const table = catalog.find_table(key.table);
  if (table == nullptr) return Oid::None;
  for (const Index& index : table->indexes) {
    if (index.is_unique && columns_of(index) == widened(key.referred_columns)) return index.oid;
  }
  return Oid::None;
}

Result<void> fill_constraint(RowContext& context) {
  for (const auto& [oid, table] : context.catalog().tables()) {
    LK_CHECK(context.execution.check_cancelled());
    for (const CheckConstraint& check : table->checks) {
      LK_TRY(const std::vector<std::int64_t> columns, columns_of(check.expression, *table));
      begin_constraint(context, *table, {check.oid, check.name, 'c'});
      context.rows.numbers("conkey", columns).text("conbin", check.expression);
    }
    for (const Index& index : table->indexes) {
      if (!index.is_constraint) continue;
      begin_constraint(context, *table,
                       {index.oid, index.name, index.is_primary ? 'p' : 'u', index.oid});
      context.rows.numbers("conkey", columns_of(index));
    }
    for (const ForeignKey& key : table->foreign_keys) {
      begin_constraint(context, *table,
                       {key.oid, key.name, 'f', referred_index(context.catalog(), key), &key});
      context.rows.numbers("conkey", widened(key.columns));
      context.rows.numbers("confkey", widened(key.referred_columns));
    }
  }
  return {};
}

struct Dependency {
  Oid kind;
  Oid object;
  std::int64_t column;
  Oid on_kind;
  Oid on_object;
  std::int64_t on_column;
  char letter;
};

void put_dependency(RowContext& context, const Dependency& row) {
  context.rows.begin();
  context.rows.oid("classid", row.kind).oid("objid", row.object).number("objsubid", row.column);
  context.rows.oid("refclassid", row.on_kind).oid("refobjid", row.on_object);
  context.rows.number("refobjsubid", row.on_column).letter("deptype", row.letter);
}

Result<void> fill_depend(RowContext& context) {
  for (const auto& [oid, table] : context.catalog().tables()) {
    LK_CHECK(context.execution.check_cancelled());
    const Oid self = table->oid;
    put_dependency(context, {kClassOfRelations, self, 0, kClassOfSchemas, table->schema, 0, 'n'});
    for (const Column& column : table->columns) {
      if (column.default_text.empty() || column.is_dropped || column.identity != 0) continue;
      put_dependency(context, {kClassOfDefaults, default_oid(self, column.number), 0,
                               kClassOfRelations, self, column.number, 'a'});
    }
    for (const Index& index : table->indexes) {
      for (const IndexColumn& part : index.columns) {
        if (part.column == 0) continue;
        put_dependency(context, {index.is_constraint ? kClassOfConstraints : kClassOfRelations,
                                 index.oid, 0, kClassOfRelations, self, part.column, 'a'});
      }
      if (!index.is_constraint) continue;
      put_dependency(context,
                     {kClassOfRelations, index.oid, 0, kClassOfConstraints, index.oid, 0, 'i'});
    }
    for (const CheckConstraint& check : table->checks) {
      put_dependency(context, {kClassOfConstraints, check.oid, 0, kClassOfRelations, self, 0, 'a'});
    }
    for (const ForeignKey& key : table->foreign_keys) {
      put_dependency(context, {kClassOfConstraints, key.oid, 0, kClassOfRelations, self, 0, 'a'});
      put_dependency(context,
                     {kClassOfConstraints, key.oid, 0, kClassOfRelations, key.table, 0, 'n'});
    }
  }
  return {};
}

}  // namespace

std::span<const RowFiller> constraint_rows() {
  static constexpr RowFiller kRows[] = {
      {2606, "", &fill_constraint},  // pg_constraint
      {2608, "", &fill_depend},      // pg_depend
  };
  return kRows;
}

}  // namespace latchkey::sql::system
