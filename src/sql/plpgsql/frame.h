#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sql/plpgsql/cast.h"
#include "sql/plpgsql/statement.h"

namespace latchkey::sql::plpgsql {

/// A variable's value, which owns its bytes.
class Slot {
 public:
  const Value& value() const { return value_; }
  void set(Oid type, const Value& value);
  void clear() { value_ = Value::null(); }

 private:
  Value value_;
  std::string bytes_;
};

/// A variable that is a row.
struct Record {
  struct Field {
    std::string name;
    Oid type = Oid::None;
    std::int32_t typmod = -1;
    Slot slot;
  };
  std::deque<Field> fields;
  bool is_assigned = false;
  std::uint64_t shape = 0;
  Arena packed;  ///< its value as a whole, when that was last read

  Field* find(std::string_view name);
};

/// Rows that a statement has given, all found before the first is looked at.
class FoundRows {
 public:
  explicit FoundRows(Host& host) : host_(host) {}
  ~FoundRows() {
    if (reserved_ > 0) host_.reserve_memory(-reserved_);
  }
  FoundRows(const FoundRows&) = delete;
  FoundRows& operator=(const FoundRows&) = delete;

  /// Errors: MemoryExhausted.
  Result<void> add(std::span<const Value> row);
  std::size_t count() const { return row_count_; }
  std::span<const Value> row(std::size_t index) const {
    return {values_.data() + index * columns.size(), columns.size()};
  }

  std::vector<RowColumn> columns;

 private:
  Host& host_;
  Arena arena_;
  std::vector<Value> values_;
  std::size_t row_count_ = 0;
  std::int64_t reserved_ = 0;
};

/// The columns that a query shows.
std::vector<RowColumn> columns_of(const bind::Query& query);

/// The values of a running routine's variables.
///
/// Threads: the session's.
class Frame {
 public:
  Frame(Program& program, Host& host, Casts& casts);

  Program& program;
  Host& host;
  Casts& casts;

  /// Another number when the types of the records have changed.
  std::uint64_t shape() const { return shape_; }
  const Variable& variable(int number) const {
    return program.variables[static_cast<std::size_t>(number)];
  }
  Record& record(int variable);
  /// The type and value of a variable or a field.
  /// Errors: ObjectState if the record has no value yet, ColumnMissing if it has no such field.
  struct Read {
    Oid type = Oid::None;
    std::int32_t typmod = -1;
    Value value;
  };
  Result<Read> read(int variable);
  /// Errors: those of the cast; NullNotAllowed.
  Result<void> write(int variable, const Value& value, Oid type);
  /// The columns by position, nulls for those that miss.
  Result<void> write_record(int variable, std::span<const RowColumn> columns,
                            std::span<const Value> values);
  /// As a row of nulls, or without a shape.
  Result<void> reset(int variable, const Catalog& catalog);
  void set_shape(Record& record, std::span<const RowColumn> columns);
  void set_bool(int variable, bool flag);
  void set_text(int variable, Bytes text);
  void set_integer(int variable, std::int64_t number);

  /// The parameters that a bound text needs.
  Result<void> fill(const bind::Bound& bound, std::vector<Value>& parameters);

 private:
  Slot& slot(int variable);

  std::deque<Slot> slots_;
  std::map<int, Record> records_;
  std::uint64_t shape_ = 0;
};

/// What names mean in a text of the routine.
class FrameNames final : public bind::NameSource {
 public:
  FrameNames(Frame& frame, const Names* names) : frame_(frame), names_(names) {}
  Result<std::optional<Found>> find(std::span<const std::string> names) override;
  std::optional<Found> parameter(std::int64_t number) override;
  Result<std::optional<std::vector<Field>>> fields(std::span<const std::string> names) override;
  Conflict conflict() const override;

 private:
  Result<Found> found(int variable);
  Result<int> field_of(int record, const std::string& name);
  Frame& frame_;
  const Names* names_;
};

}  // namespace latchkey::sql::plpgsql
