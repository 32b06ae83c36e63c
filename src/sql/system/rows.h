#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sql/catalog/catalog.h"
#include "sql/exec/context.h"
#include "sql/system/roles.h"

namespace latchkey::sql::system {

/// The rows of one system table at one moment.
///
/// Ownership: owns its values.
class RowSet {
 public:
  explicit RowSet(std::size_t width) : width_(width) {}
  std::size_t count() const { return width_ == 0 ? 0 : values_.size() / width_; }
  std::span<const Value> row(std::size_t index) const {
    return {values_.data() + index * width_, width_};
  }
  std::size_t memory_bytes() const {
    return arena_.used_bytes() + values_.capacity() * sizeof(Value);
  }

 private:
  friend class RowMaker;
  std::size_t width_;
  std::vector<Value> values_;
  Arena arena_;
};

/// Writes rows, column by column in the table's order; columns left out are null.
///
///   rows.begin();
///   rows.oid("oid", table.oid).text("relname", table.name);
class RowMaker {
 public:
  RowMaker(const Table& table, RowSet& set) : table_(table), set_(set) {}

  void begin();
  RowMaker& put(std::string_view column, Value value);
  RowMaker& oid(std::string_view column, Oid value) {
    return put(column, Value::of_integer(value_of(value)));
  }
  RowMaker& number(std::string_view column, std::int64_t value) {
    return put(column, Value::of_integer(value));
  }
  RowMaker& real(std::string_view column, double value) {
    return put(column, Value::of_number(value));
  }
  RowMaker& flag(std::string_view column, bool value) { return put(column, Value::of_bool(value)); }
  RowMaker& text(std::string_view column, Bytes value) {
    return put(column, Value::of_bytes(set_.arena_.copy(value)));
  }
  /// 0 is no letter: an empty "char".
  RowMaker& letter(std::string_view column, char value) {
    return text(column, value == 0 ? Bytes() : Bytes(&value, 1));
  }
  /// Arrays of numbers or texts; of the column's own type.
  RowMaker& numbers(std::string_view column, std::span<const std::int64_t> values);
  RowMaker& texts(std::string_view column, std::span<const std::string> values);
  RowMaker& letters(std::string_view column, std::span<const std::string> values);
  /// Numbers of objects whose columns stand side by side, all 0.
  RowMaker& zeros(std::initializer_list<std::string_view> columns) {
    for (const std::string_view column : columns) number(column, 0);
    return *this;
  }

 private:
  const Table& table_;
  RowSet& set_;
  std::size_t column_ = 0;
};

/// What those who fill a table may look at.
struct RowContext {
  ExecutionContext& execution;
  Evaluation& evaluation;
  RowMaker& rows;
  /// When the statement asks for one value of the table's lookup column, that value; others may be
  /// left out.
  std::optional<std::int64_t> wanted;

  const Catalog& catalog() const { return execution.catalog; }
  bool wants(Oid value) const { return !wanted.has_value() || *wanted == value_of(value); }
};

/// One row of the table of those who fill system tables. Tables that are not here are empty.
struct RowFiller {
  std::uint32_t table;
  std::string_view lookup_column;  ///< what `wanted` is about; empty: nothing
  Result<void> (*fill)(RowContext& context);
};
const RowFiller* find_row_filler(Oid table);
/// The index of the lookup column, or -1.
int lookup_column_of(const Table& table);

/// All rows, or those that a lookup wants.
/// Errors: MemoryExhausted, QueryCanceled and what expressions of the catalog give.
Result<std::shared_ptr<const RowSet>> rows_of(const Table& table, Evaluation& evaluation,
                                              std::optional<std::int64_t> wanted);

// By family; rows.cc puts them together.
std::span<const RowFiller> relation_rows();
std::span<const RowFiller> constraint_rows();
std::span<const RowFiller> type_rows();
std::span<const RowFiller> function_rows();
std::span<const RowFiller> routine_rows();
/// The rows of pg_proc that users made.
Result<void> put_routines(RowContext& context);
std::span<const RowFiller> server_rows();

// What several families know.

/// Numbers of PostgreSQL's objects that rows refer to.
inline constexpr Oid kMethodHeap{2};
inline constexpr Oid kMethodBtree{403};
inline constexpr Oid kDatabase{5};
inline constexpr Oid kTablespaceDefault{1663};
inline constexpr Oid kCollationDefault{100};
inline constexpr Oid kCollationC{950};

/// Tables of users and of the system, in the order of their numbers.
std::vector<const Table*> relations_of(const Catalog& catalog);

/// pg_class.relkind.
char relation_kind(const Table& table);
Oid collation_of(Oid type);
/// The number of a column's default in pg_attrdef.
Oid default_oid(Oid table, std::int16_t column);

/// How PostgreSQL lays a type out, for pg_type and pg_attribute.
struct TypeLayout {
  bool by_value;
  char alignment;
  char storage;
};
TypeLayout layout_of(const Type& type);

}  // namespace latchkey::sql::system
