#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "sql/exec/context.h"
#include "sql/exec/table_layout.h"
#include "sql/functions/function.h"
#include "sql/system/object_names.h"

// Functions about the server: sizes, encodings, transactions.

namespace latchkey::sql {

namespace {

using system::Relation;

const Catalog& catalog_of(const Call& call) { return call.evaluation.context->catalog; }
Oid object_of(const Call& call, std::size_t index) {
  return Oid{static_cast<std::uint32_t>(call.integer(index))};
}

// Sizes: the bytes of keys and records in a tree.

Result<std::int64_t> tree_bytes(const Call& call, storage::TreeId tree) {
  ExecutionContext& context = *call.evaluation.context;
  constexpr std::size_t kManyRows = 256;
  const auto cursor = context.transaction.scan(tree, {}, storage::Direction::Forward, kManyRows);
  std::int64_t bytes = 0;
  for (;;) {
    LK_CHECK(context.check_cancelled());
    LK_TRY(const bool more, cursor->next());
    if (!more) return bytes;
    bytes += static_cast<std::int64_t>(cursor->key().size() + cursor->record().value.size());
  }
}

bool has_tree(const Table& table) {
  return value_of(table.oid) >= kFirstUserOid &&
         (table.kind == TableKind::Table || table.kind == TableKind::KeyValue);
}

Result<std::int64_t> index_bytes(const Call& call, const Table& table) {
  std::int64_t bytes = 0;
  for (const Index& index : table.indexes) {
    if (index.is_primary) continue;  // the table itself is in its order
    LK_TRY(const std::int64_t each, tree_bytes(call, index.tree));
    bytes += each;
  }
  return bytes;
}

enum class Size : std::uint8_t { Own, Indexes, Total };

Result<std::int64_t> bytes_of(const Call& call, const Relation& relation, Size size) {
  if (!has_tree(*relation.table)) return std::int64_t{0};
  if (relation.index != nullptr) {
    if (relation.index->is_primary || size == Size::Indexes) return std::int64_t{0};
    return tree_bytes(call, relation.index->tree);
  }
  std::int64_t bytes = 0;
  if (size != Size::Indexes) {
    LK_TRY(bytes, tree_bytes(call, relation.table->tree));
  }
  if (size == Size::Own) return bytes;
  LK_TRY(const std::int64_t indexes, index_bytes(call, *relation.table));
  return bytes + indexes;
}

template <Size kSize>
Value relation_size(const Call& call) {
  const Relation relation = system::find_relation(catalog_of(call), object_of(call, 0));
  if (!relation) return Value::null();
  const Result<std::int64_t> bytes = bytes_of(call, relation, kSize);
  return bytes.has_value() ? Value::of_integer(*bytes) : call.fail(bytes.error());
}

Value database_size(const Call& call) {
  std::int64_t bytes = 0;
  for (const auto& [oid, table] : catalog_of(call).tables()) {
    const Result<std::int64_t> each = bytes_of(call, {table.get(), nullptr}, Size::Total);
    if (!each.has_value()) return call.fail(each.error());
    bytes += *each;
  }
  return Value::of_integer(bytes);
}

constexpr auto kUnits = std::to_array<std::string_view>({"bytes", "kB", "MB", "GB", "TB", "PB"});

Value pretty_size(const Call& call) {
  // A unit is shown up to 10240 of it; what is cut off is rounded half away from zero.
  constexpr std::int64_t kLimit = 10 * 1024;
  std::int64_t size = call.integer(0);
  const auto magnitude = [](std::int64_t value) { return value < 0 ? -value : value; };
  if (magnitude(size) < kLimit) return call.text(fmt::format("{} bytes", size));
  size >>= 9;  // one bit more than shown, for rounding
  std::size_t unit = 1;
  while (magnitude(size) >= 2 * kLimit - 1 && unit + 1 < kUnits.size()) {
    size >>= 10;
    ++unit;
  }
  const std::int64_t rounded = size < 0 ? -((-size + 1) / 2) : (size + 1) / 2;
  return call.text(fmt::format("{} {}", rounded, kUnits[unit]));
}

Value encoding_name(const Call& call) {
  constexpr std::int64_t kUtf8 = 6;
  const std::int64_t number = call.integer(0);
  return call.text(number == kUtf8 ? "UTF8" : number == 0 ? "SQL_ASCII" : "");
}
Value encoding_number(const Call& call) {
  const std::string name = to_lower(call.bytes(0));
  if (name == "utf8" || name == "utf-8" || name == "unicode") return Value::of_integer(6);
  return Value::of_integer(name == "sql_ascii" ? 0 : -1);
}
Value utf8(const Call& call) { return call.text("UTF8"); }

template <bool kValue>
Value constant(const Call&) {
  return Value::of_bool(kValue);
}
Value zero(const Call&) { return Value::of_integer(0); }
Value null(const Call&) { return Value::null(); }
Value empty_text(const Call& call) { return call.text(""); }

Value log_position(const Call& call) {
  return Value::of_integer(
      static_cast<std::int64_t>(value_of(call.evaluation.context->engine.appended_lsn())));
}

bool is_changeable(const Call& call) {
  const Table* const table = catalog_of(call).find_table(object_of(call, 0));
  return table != nullptr && has_tree(*table);
}
Value is_publishable(const Call& call) { return Value::of_bool(is_changeable(call)); }
Value updatable_events(const Call& call) {
  constexpr std::int64_t kInsertUpdateDelete = 8 | 4 | 16;
  return Value::of_integer(is_changeable(call) ? kInsertUpdateDelete : 0);
}

Value cancel_backend(const Call& call) {
  SessionServices& services = call.evaluation.context->services;
  return Value::of_bool(services.cancel_session(static_cast<std::int32_t>(call.integer(0))));
}

Value file_number(const Call& call) {
  const Relation relation = system::find_relation(catalog_of(call), object_of(call, 0));
  if (!relation || !has_tree(*relation.table)) return Value::null();
  return Value::of_integer(value_of(relation.oid()));
}

}  // namespace

std::span<const Function> server_functions() {
  constexpr Oid kText = oid::kText;
  constexpr Oid kOid = oid::kOid;
  constexpr Oid kName = oid::kName;
  constexpr Oid kClass = oid::kRegclass;
  constexpr Oid kInt8 = oid::kInt8;
  constexpr Oid kBool = oid::kBool;
  static const std::vector<Function> kRows = {
      {"getdatabaseencoding", takes().gives(kName), kStable, &utf8, "getdatabaseencoding()",
       "UTF8"},
      {"pg_cancel_backend", takes(oid::kInt4).gives(kBool), kVolatile, &cancel_backend,
       "pg_cancel_backend(-1)", "f"},
      {"pg_char_to_encoding", takes(kName).gives(oid::kInt4), kStable, &encoding_number,
       "pg_char_to_encoding('UTF8')", "6"},
      {"pg_client_encoding", takes().gives(kName), kStable, &utf8, "pg_client_encoding()", "UTF8"},
      {"pg_current_wal_flush_lsn", takes().gives(oid::kPgLsn), kVolatile, &log_position, {}, {}},
      {"pg_current_wal_insert_lsn", takes().gives(oid::kPgLsn), kVolatile, &log_position, {}, {}},
      {"pg_current_wal_lsn", takes().gives(oid::kPgLsn), kVolatile, &log_position, {}, {}},
      {"pg_database_size", takes(kName).gives(kInt8), kVolatile, &database_size, {}, {}},
      {"pg_database_size", takes(kOid).gives(kInt8), kVolatile, &database_size, {}, {}},
      {"pg_encoding_to_char", takes(oid::kInt4).gives(kName), kStable, &encoding_name,
       "pg_encoding_to_char(6)", "UTF8"},
      {"pg_indexes_size", takes(kClass).gives(kInt8), kVolatile, &relation_size<Size::Indexes>,
       "pg_indexes_size('pg_class')", "0"},
      {"pg_is_in_recovery", takes().gives(kBool), kVolatile, &constant<false>,
       "pg_is_in_recovery()", "f"},
      {"pg_is_other_temp_schema", takes(kOid).gives(kBool), kStable, &constant<false>,
       "pg_is_other_temp_schema(11)", "f"},
      {"pg_is_wal_replay_paused", takes().gives(kBool), kVolatile, &constant<false>, {}, {}},
      {"pg_my_temp_schema", takes().gives(kOid), kStable, &zero, {}, {}},
      {"pg_relation_filenode", takes(kClass).gives(kOid), kStable, &file_number, {}, {}},
      {"pg_relation_is_publishable", takes(kClass).gives(kBool), kStable, &is_publishable,
       "pg_relation_is_publishable('pg_class')", "f"},
      {"pg_relation_is_updatable",
       takes(kClass, kBool).gives(oid::kInt4),
       kStable,
       &updatable_events,
       {},
       {}},
      {"pg_relation_size",
       takes(kClass).gives(kInt8),
       kVolatile,
       &relation_size<Size::Own>,
       {},
       {}},
      {"pg_relation_size",
       takes(kClass, kText).gives(kInt8),
       kVolatile,
       &relation_size<Size::Own>,
       {},
       {}},
      {"pg_size_pretty", takes(kInt8).gives(kText), 0, &pretty_size, "pg_size_pretty(1048576)",
       "1024 kB"},
      {"pg_table_size", takes(kClass).gives(kInt8), kVolatile, &relation_size<Size::Own>, {}, {}},
      {"pg_tablespace_location", takes(kOid).gives(kText), kStable, &empty_text, {}, {}},
      {"pg_total_relation_size",
       takes(kClass).gives(kInt8),
       kVolatile,
       &relation_size<Size::Total>,
       {},
       {}},
      {"shobj_description", takes(kOid, kName).gives(kText), kStable, &null, {}, {}},
  };
  return kRows;
}

}  // namespace latchkey::sql
