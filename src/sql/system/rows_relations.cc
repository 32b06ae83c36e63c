#include <algorithm>

#include "sql/catalog/system_tables.h"
#include "sql/system/access_methods.h"
#include "sql/system/expression_text.h"
#include "sql/system/rows.h"

// What there is: schemas, tables, views, sequences, indexes and their columns.

namespace latchkey::sql::system {

namespace {

constexpr Oid kSystemOwner = kRoleBootstrap;

Oid owner_of(const Table& table) {
  return is_system_table(table) ? kSystemOwner : role_oid(table.owner);
}

bool has_rows_of_its_own(const Table& table) {
  const char kind = relation_kind(table);
  return kind == 'r' || kind == 'm';
}

std::int64_t trigger_count(const Table& table, const Catalog& catalog) {
  auto count = static_cast<std::int64_t>(table.foreign_keys.size() + table.triggers.size());
  for (const auto& [oid, other] : catalog.tables()) {
    for (const ForeignKey& key : other->foreign_keys) count += key.table == table.oid ? 1 : 0;
  }
  return count;
}

void put_relation(RowContext& context, const Table& table) {
  const char kind = relation_kind(table);
  const bool is_plain = has_rows_of_its_own(table);
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", table.oid).text("relname", table.name).oid("relnamespace", table.schema);
  rows.zeros({"reltype", "reloftype"}).oid("relowner", owner_of(table));
  rows.oid("relam", is_plain ? kMethodHeap : Oid::None);
  rows.oid("relfilenode", is_plain || kind == 'S' ? table.oid : Oid::None);
  rows.zeros({"reltablespace", "relpages"}).real("reltuples", kind == 'S' ? 1 : -1);
  rows.zeros({"relallvisible", "reltoastrelid"}).flag("relhasindex", !table.indexes.empty());
  rows.flag("relisshared", false).letter("relpersistence", table.is_unlogged ? 'u' : 'p');
  rows.letter("relkind", kind);
  rows.number("relnatts", static_cast<std::int64_t>(table.columns.size()));
  rows.number("relchecks", static_cast<std::int64_t>(table.checks.size()));
  rows.flag("relhasrules", kind == 'v');
  rows.flag("relhastriggers", trigger_count(table, context.catalog()) > 0);
  rows.flag("relhassubclass", false).flag("relrowsecurity", false);
  rows.flag("relforcerowsecurity", false).flag("relispopulated", true);
  rows.letter("relreplident", is_plain && !is_system_table(table) ? 'd' : 'n');
  rows.flag("relispartition", false).zeros({"relrewrite", "relfrozenxid", "relminmxid"});
  if (table.ttl_column != 0) {
    const std::string option = "ttl=" + table.column_of(table.ttl_column)->name;
    rows.texts("reloptions", {&option, 1});
  }
}

void put_index_relation(RowContext& context, const Table& table, const Index& index) {
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", index.oid).text("relname", index.name).oid("relnamespace", table.schema);
  rows.zeros({"reltype", "reloftype"}).oid("relowner", owner_of(table)).oid("relam", kMethodBtree);
  rows.oid("relfilenode", index.oid).zeros({"reltablespace", "relpages", "reltuples"});
  rows.zeros({"relallvisible", "reltoastrelid"}).flag("relhasindex", false);
  rows.flag("relisshared", false).letter("relpersistence", table.is_unlogged ? 'u' : 'p');
  rows.letter("relkind", 'i');
  rows.number("relnatts", static_cast<std::int64_t>(index.columns.size())).number("relchecks", 0);
  for (const char* const no : {"relhasrules", "relhastriggers", "relhassubclass", "relrowsecurity",
                               "relforcerowsecurity"}) {
    rows.flag(no, false);
  }
  rows.flag("relispopulated", true).letter("relreplident", 'n').flag("relispartition", false);
  rows.zeros({"relrewrite", "relfrozenxid", "relminmxid"});
}

Result<void> fill_class(RowContext& context) {
  for (const Table* const table : relations_of(context.catalog())) {
    LK_CHECK(context.execution.check_cancelled());
    if (context.wants(table->oid)) put_relation(context, *table);
    for (const Index& index : table->indexes) {
      if (context.wants(index.oid)) put_index_relation(context, *table, index);
    }
  }
  return {};
}

struct AttributeFacts {
  Oid relation;
  std::string name;
  Oid type;
  std::int32_t typmod;
  std::int64_t number;
  bool not_null = false;
  bool has_default = false;
  char identity = 0;
  char generated = 0;
  bool is_dropped = false;
};

void put_attribute(RowContext& context, const AttributeFacts& facts) {
  const Type* const type = find_type(facts.type);
  const TypeLayout layout = type == nullptr ? TypeLayout{false, 'i', 'x'} : layout_of(*type);
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("attrelid", facts.relation).text("attname", facts.name);
  rows.oid("atttypid", facts.is_dropped ? Oid::None : facts.type);
  rows.number("attstattarget", facts.number < 0 ? 0 : -1);
  rows.number("attlen", type == nullptr ? -1 : type->length).number("attnum", facts.number);
  rows.number("attndims", type != nullptr && type->is_array() && !is_vector(type->oid) ? 1 : 0);
  rows.number("attcacheoff", -1).number("atttypmod", facts.typmod);
  rows.flag("attbyval", layout.by_value).letter("attalign", layout.alignment);
  rows.letter("attstorage", layout.storage).letter("attcompression", 0);
  rows.flag("attnotnull", facts.not_null).flag("atthasdef", facts.has_default);
  rows.flag("atthasmissing", false).letter("attidentity", facts.identity);
  rows.letter("attgenerated", facts.generated).flag("attisdropped", facts.is_dropped);
  rows.flag("attislocal", true).number("attinhcount", 0);
  rows.oid("attcollation", facts.is_dropped ? Oid::None : collation_of(facts.type));
}

void put_columns(RowContext& context, const Table& table) {
  for (const Column& column : table.columns) {
    AttributeFacts facts{table.oid, column.name, column.type, column.typmod, column.number};
    facts.not_null = column.not_null;
    facts.has_default = !column.default_text.empty() && column.identity == 0;
    facts.identity = column.identity;
    facts.generated = column.is_generated ? 's' : char{};
    facts.is_dropped = column.is_dropped;
    if (column.is_dropped) {
      facts.name = "........pg.dropped." + std::to_string(column.number) + "........";
      facts.not_null = facts.has_default = false;
    }
    put_attribute(context, facts);
  }
  struct SystemColumn {
    const char* name;
    Oid type;
    std::int64_t number;
  };
  if (relation_kind(table) == 'v') return;
  for (const SystemColumn& column :
       {SystemColumn{"tableoid", oid::kOid, -6}, SystemColumn{"cmax", oid::kCid, -5},
        SystemColumn{"xmax", oid::kXid, -4}, SystemColumn{"cmin", oid::kCid, -3},
        SystemColumn{"xmin", oid::kXid, -2}, SystemColumn{"ctid", oid::kTid, -1}}) {
    put_attribute(context, {table.oid, column.name, column.type, -1, column.number, true});
  }
}

void put_index_columns(RowContext& context, const Table& table, const Index& index) {
  std::int64_t number = 0;
  for (const IndexColumn& part : index.columns) {
    ++number;
    const Column* const column = table.column_of(part.column);
    AttributeFacts facts{index.oid, "expr", oid::kText, -1, number};
    if (column != nullptr) {
      facts.name = column->name;
      facts.type = column->type;
      facts.typmod = column->typmod;
    } else if (number > 1) {
      facts.name += std::to_string(number - 1);
    }
    put_attribute(context, facts);
  }
}

Result<void> fill_attribute(RowContext& context) {
  for (const Table* const table : relations_of(context.catalog())) {
    LK_CHECK(context.execution.check_cancelled());
    if (context.wants(table->oid)) put_columns(context, *table);
    for (const Index& index : table->indexes) {
      if (context.wants(index.oid)) put_index_columns(context, *table, index);
    }
  }
  return {};
}

Result<void> fill_attrdef(RowContext& context) {
  for (const auto& [oid, table] : context.catalog().tables()) {
    LK_CHECK(context.execution.check_cancelled());
    if (!context.wants(table->oid)) continue;
    for (const Column& column : table->columns) {
      if (column.default_text.empty() || column.is_dropped || column.identity != 0) continue;
      // As PostgreSQL shows it: a constant without a type has got the column's.
      LK_TRY(const std::string text,
             stored_text(column.default_text, column.is_generated ? table.get() : nullptr,
                         column.type, context.evaluation, TextStyle::Full));
      context.rows.begin();
      context.rows.oid("oid", default_oid(table->oid, column.number));
      context.rows.oid("adrelid", table->oid).number("adnum", column.number);
      context.rows.text("adbin", text);
    }
  }
  return {};
}

std::string expressions_of(const Index& index) {
  std::string text;
  for (const IndexColumn& part : index.columns) {
    if (part.column != 0) continue;
    if (!text.empty()) text += ", ";
    text += part.expression;
  }
  return text;
}

void put_index(RowContext& context, const Table& table, const Index& index) {
  std::vector<std::int64_t> keys;
  std::vector<std::int64_t> collations;
  std::vector<std::int64_t> classes;
  std::vector<std::int64_t> options;
  for (const IndexColumn& part : index.columns) {
    const Column* const column = table.column_of(part.column);
    const Oid type = column == nullptr ? oid::kText : column->type;
    keys.push_back(part.column);
    collations.push_back(value_of(collation_of(type)));
    classes.push_back(value_of(operator_class_of(type)));
    options.push_back((part.is_descending ? 1 : 0) | (part.nulls_first ? 2 : 0));
  }
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("indexrelid", index.oid).oid("indrelid", table.oid);
  rows.number("indnatts", static_cast<std::int64_t>(keys.size()));
  rows.number("indnkeyatts", static_cast<std::int64_t>(keys.size()));
  rows.flag("indisunique", index.is_unique).flag("indnullsnotdistinct", false);
  rows.flag("indisprimary", index.is_primary).flag("indisexclusion", false);
  rows.flag("indimmediate", true).flag("indisclustered", false).flag("indisvalid", true);
  rows.flag("indcheckxmin", false).flag("indisready", true).flag("indislive", true);
  rows.flag("indisreplident", false).numbers("indkey", keys).numbers("indcollation", collations);
  rows.numbers("indclass", classes).numbers("indoption", options);
  const std::string expressions = expressions_of(index);
  if (!expressions.empty()) rows.text("indexprs", expressions);
  if (!index.predicate.empty()) rows.text("indpred", index.predicate);
}

Result<void> fill_index(RowContext& context) {
  for (const auto& [oid, table] : context.catalog().tables()) {
    LK_CHECK(context.execution.check_cancelled());
    for (const Index& index : table->indexes) put_index(context, *table, index);
  }
  return {};
}

Result<void> fill_namespace(RowContext& context) {
  for (const auto& [oid, schema] : context.catalog().schemas()) {
    if (!context.wants(schema->oid)) continue;
    context.rows.begin();
    context.rows.oid("oid", schema->oid).text("nspname", schema->name);
    context.rows.oid("nspowner", role_oid(schema->owner));
  }
  return {};
}

/// The system table that an object with a comment is a row of.
Oid class_of(const Catalog& catalog, Oid object, std::int16_t column) {
  constexpr Oid kType{1247}, kRoutine{1255}, kRelation{1259}, kConstraint{2606}, kSchema{2615};
  if (column < 0) return kConstraint;
  if (catalog.find_routine(object) != nullptr) return kRoutine;
  if (catalog.find_user_type(object) != nullptr) return kType;
  return catalog.find_schema(object) != nullptr ? kSchema : kRelation;
}

Result<void> fill_description(RowContext& context) {
  for (const auto& [key, text] : context.catalog().comments()) {
    const Oid object{key.first};
    if (!context.wants(object)) continue;
    context.rows.begin();
    context.rows.oid("objoid", object)
        .oid("classoid", class_of(context.catalog(), object, key.second));
    context.rows.number("objsubid", std::max<std::int16_t>(key.second, 0))
        .text("description", text);
  }
  return {};
}

}  // namespace

std::span<const RowFiller> relation_rows() {
  static constexpr RowFiller kRows[] = {
      {1259, "oid", &fill_class},           // pg_class
      {1249, "attrelid", &fill_attribute},  // pg_attribute
      {2604, "adrelid", &fill_attrdef},     // pg_attrdef
      {2610, "", &fill_index},              // pg_index
      {2615, "oid", &fill_namespace},       // pg_namespace
      {2609, "objoid", &fill_description},  // pg_description
  };
  return kRows;
}

}  // namespace latchkey::sql::system
