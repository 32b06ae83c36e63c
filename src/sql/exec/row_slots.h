#pragma once

#include "sql/exec/context.h"
#include "sql/exec/table_layout.h"

namespace latchkey::sql::exec {

/// A row as its table's tree has it.
struct StoredRow {
  Bytes key;
  Bytes row;
  storage::Lsn version{};
};

/// Puts a row into the slots of its entry: its columns, and what else is asked for.
///
/// Ownership: the values lie in the row, or in `arena`.
inline Result<void> put_in_slots(const StoredRow& stored, const bind::RangeEntry& entry,
                                 const TableLayout& layout, Evaluation& evaluation, Arena& arena) {
  Value* const slots = evaluation.slots;
  LK_CHECK(
      layout.decode(stored.key, stored.row, {slots + entry.first_slot, entry.names.size()}, arena));
  if (entry.key_slot >= 0) slots[entry.key_slot] = Value::of_bytes(stored.key);
  if (entry.table_oid_slot >= 0) {
    slots[entry.table_oid_slot] = Value::of_integer(value_of(entry.table->oid));
  }
  if (entry.inserted_by_slot >= 0) {
    constexpr std::uint64_t kTransactionBits = 0xffffffff;
    slots[entry.inserted_by_slot] =
        Value::of_integer(static_cast<std::int64_t>(value_of(stored.version) & kTransactionBits));
  }
  if (entry.version_slot >= 0) {
    slots[entry.version_slot] =
        Value::of_integer(static_cast<std::int64_t>(value_of(stored.version)));
  }
  return {};
}

}  // namespace latchkey::sql::exec
