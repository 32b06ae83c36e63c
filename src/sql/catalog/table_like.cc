#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_sequence.h"
#include "sql/catalog/table_builder.h"

// CREATE TABLE (LIKE other INCLUDING ..).

namespace latchkey::sql::definitions {

using parse::Node;

namespace {

/// What LIKE takes over, as the grammar numbers it.
enum Including : std::int64_t {
  kComments = 1,
  kConstraints = 4,
  kDefaults = 8,
  kGenerated = 16,
  kIdentity = 32,
  kIndexes = 64,
};

std::string column_names(const Index& index, const Table& table) {
  std::string names;
  for (const IndexColumn& part : index.columns) {
    names += names.empty() ? "" : "_";
    names += part.column == 0 ? "expr" : table.column_of(part.column)->name;
  }
  return names;
}

}  // namespace

Result<void> TableBuilder::add_like(const Node& node) {
  LK_TRY(const Table* const found, find_table(*node.child("relation"), context_));
  const Table& like = *found;
  if (like.kind == TableKind::Sequence) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("relation \"{}\" is invalid in LIKE clause", like.name));
  }
  const std::int64_t including = node.number("options");
  std::map<std::int16_t, std::int16_t> numbers;
  for (const Column& column : like.columns) {
    if (column.is_dropped) continue;
    if (table_.find_column(column.name) != nullptr) {
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" specified more than once", column.name));
    }
    Column copy = column;
    copy.number = static_cast<std::int16_t>(table_.columns.size() + 1);
    copy.has_missing = false;
    copy.missing_text.clear();
    copy.identity = 0;
    copy.sequence = Oid::None;
    const bool keeps_default = (including & (column.is_generated ? kGenerated : kDefaults)) != 0;
    if (!keeps_default) {
      copy.default_text.clear();
      copy.is_generated = false;
    }
    numbers[column.number] = copy.number;
    table_.columns.push_back(std::move(copy));
    if (column.identity != 0 && (including & kIdentity) != 0) {
      LK_CHECK(copy_identity(column, table_.columns.back()));
    }
    const auto comment =
        context_.change.catalog()->comments().find({value_of(like.oid), column.number});
    if ((including & kComments) != 0 && comment != context_.change.catalog()->comments().end()) {
      const std::string text = comment->second;
      LK_CHECK(context_.change.put_comment(table_.oid, table_.columns.back().number, text));
    }
  }
  if ((including & kConstraints) != 0) {
    for (CheckConstraint check : like.checks) {
      check.oid = context_.change.database().next_oid();
      table_.checks.push_back(std::move(check));
    }
  }
  if ((including & kIndexes) != 0) copy_indexes(like, numbers);
  return {};
}

Result<void> TableBuilder::copy_identity(const Column& from, Column& to) {
  const Table* const source = context_.change.catalog()->find_table(from.sequence);
  LK_TRY(Table sequence,
         make_owned_sequence(table_, to, {.type = to.type, .is_identity = true}, context_));
  if (source != nullptr) {
    const SequenceOptions made = sequence.sequence;
    sequence.sequence = source->sequence;
    sequence.sequence.table = made.table;
    sequence.sequence.column = made.column;
    restart_sequence(sequence.sequence, sequence.sequence.start, context_);
  }
  to.identity = from.identity;
  to.sequence = sequence.oid;
  sequences_.push_back(std::move(sequence));
  return {};
}

void TableBuilder::copy_indexes(const Table& like,
                                const std::map<std::int16_t, std::int16_t>& numbers) {
  for (Index index : like.indexes) {
    const std::string names = column_names(index, like);
    index.oid = context_.change.database().next_oid();
    index.tree = {};
    for (IndexColumn& part : index.columns) {
      if (part.column != 0) part.column = numbers.at(part.column);
    }
    for (std::int16_t& column : index.included) column = numbers.at(column);
    if (index.is_primary) {
      for (const IndexColumn& part : index.columns) table_.key_columns.push_back(part.column);
    }
    const char* const suffix = index.is_primary ? "pkey" : index.is_constraint ? "key" : "idx";
    index.name =
        free_name(*context_.change.catalog(), table_,
                  generated_name(table_.name, index.is_primary ? std::string() : names, suffix));
    table_.indexes.push_back(std::move(index));
  }
}

}  // namespace latchkey::sql::definitions
