#include <fmt/format.h>

#include "sql/parse/deparse.h"
#include "sql/session_impl.h"
#include "sql/types/object_name.h"

namespace latchkey::sql {

const Table* SessionSequences::find_table(Bytes name) {
  const std::shared_ptr<const Catalog> catalog = session_.current_catalog();
  const std::vector<std::string> parts = split_object_name(name);
  if (parts.empty()) return nullptr;
  std::vector<std::string> schemas = session_.search_path();
  if (parts.size() > 1) schemas = {parts[parts.size() - 2]};
  for (const std::string& each : schemas) {
    const Schema* const schema = catalog->find_schema(each);
    if (schema == nullptr) continue;
    if (const Table* const table = catalog->find_table(schema->oid, parts.back())) return table;
  }
  return nullptr;
}

/// The table lives as long as this session looks at no newer catalog.
Result<const Table*> SessionSequences::table_of(Oid sequence) {
  const Table* table = session_.current_catalog_->find_table(sequence);
  if (table == nullptr) {
    // The statement that is running may have made it.
    kept_catalog_ = session_.current_catalog();
    table = kept_catalog_->find_table(sequence);
  }
  if (table == nullptr) {
    return Error(ErrorCode::TableMissing,
                 fmt::format("could not open relation with OID {}", value_of(sequence)));
  }
  if (table->kind == TableKind::Sequence) return table;
  return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a sequence", table->name));
}

Result<std::int64_t> SessionSequences::next(Oid sequence) {
  LK_TRY(const Table* const table, table_of(sequence));
  if (session_.is_read_only_) {
    return Error(ErrorCode::ReadOnlyTransaction,
                 "cannot execute nextval() in a read-only transaction");
  }
  LK_TRY(const Sequences::Next next, session_.database_.sequences().next(*table));
  if (session_.depends_on_ < next.reserved) session_.depends_on_ = next.reserved;
  given_[value_of(sequence)] = next.value;
  last_ = sequence;
  return next.value;
}

Result<std::int64_t> SessionSequences::current(Oid sequence) {
  LK_TRY(const Table* const table, table_of(sequence));
  const auto found = given_.find(value_of(sequence));
  if (found != given_.end()) return found->second;
  return Error(
      ErrorCode::ObjectState,
      fmt::format("currval of sequence \"{}\" is not yet defined in this session", table->name));
}

Result<std::int64_t> SessionSequences::last() {
  const auto found = given_.find(value_of(last_));
  const bool exists = session_.current_catalog_->find_table(last_) != nullptr;
  if (exists && found != given_.end()) return found->second;
  return Error(ErrorCode::ObjectState, "lastval is not yet defined in this session");
}

Result<void> SessionSequences::set(Oid sequence, std::int64_t value, bool is_called) {
  LK_TRY(const Table* const table, table_of(sequence));
  if (session_.is_read_only_) {
    return Error(ErrorCode::ReadOnlyTransaction,
                 "cannot execute setval() in a read-only transaction");
  }
  LK_TRY(const storage::Lsn stable, session_.database_.sequences().set(*table, value, is_called));
  if (session_.depends_on_ < stable) session_.depends_on_ = stable;
  if (is_called) given_[value_of(sequence)] = value;
  return {};
}

Result<SequenceServices::State> SessionSequences::state(Oid sequence) {
  LK_TRY(const Table* const table, table_of(sequence));
  LK_TRY(const Sequences::Place place, session_.database_.sequences().place(*table));
  return State{place.last, place.left, place.is_called};
}

Result<std::optional<std::string>> SessionSequences::owned(Bytes table_name, Bytes column_name) {
  const Table* const table = find_table(table_name);
  if (table == nullptr) {
    return Error(ErrorCode::TableMissing,
                 fmt::format("relation \"{}\" does not exist", table_name));
  }
  const Column* const column = table->find_column(column_name);
  if (column == nullptr) {
    return Error(
        ErrorCode::ColumnMissing,
        fmt::format("column \"{}\" of relation \"{}\" does not exist", column_name, table->name));
  }
  const std::shared_ptr<const Catalog> catalog = session_.current_catalog();
  for (const auto& [oid, each] : catalog->tables()) {
    const SequenceOptions& options = each->sequence;
    if (each->kind != TableKind::Sequence || options.table != table->oid ||
        options.column != column->number) {
      continue;
    }
    const Schema* const schema = catalog->find_schema(each->schema);
    return std::optional<std::string>(parse::quoted_name(schema->name) + "." +
                                      parse::quoted_name(each->name));
  }
  return std::optional<std::string>();
}

}  // namespace latchkey::sql
