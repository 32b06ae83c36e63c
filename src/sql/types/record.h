#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "latchkey/result.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// Walks over the fields of a row value: ROW(..), or a whole row of a table.
///
///   count        4 bytes   big-endian all
///   name size    2   |
///   name             |
///   type         4   | for each field, the size -1 standing for null;
///   size         4   | numbers as on the wire, other types as a Value has them
///   bytes            /
///
/// Ownership: borrows the record, and so do its fields.
/// Requires:  bytes that a RecordWriter made.
class RecordReader {
 public:
  struct Field {
    std::string_view name;
    Oid type = Oid::None;
    Value value;
  };
  explicit RecordReader(Bytes record);
  std::size_t count() const { return count_; }
  bool next(Field& field);

 private:
  Bytes record_;
  std::size_t count_ = 0;
  std::size_t read_ = 0;
  std::size_t at_ = 0;
};

class RecordWriter {
 public:
  RecordWriter();
  void add(std::string_view name, Oid type, const Value& value);
  Value finish(Arena& arena);

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
};

/// What a named row type consists of.
struct RecordColumn {
  std::string name;
  Oid type = Oid::None;
  std::int32_t typmod = -1;
};

namespace io {

/// "(1,abc,)": nulls are nothing, texts are quoted where they must be.
void append_record(const Value& value, const TextSettings& settings, std::string& out);
/// Errors: InvalidText.
Result<Value> parse_record(std::span<const RecordColumn> columns, Bytes text,
                           const TextSettings& settings, Arena& arena);
void send_record(const Value& value, std::string& out);

}  // namespace io

/// Field by field, nulls last and equal to each other. Of fields of other types, or in other
/// numbers: as `comparable_records` has refused before.
int compare_records(const Value& left, const Value& right);
/// Errors: TypeMismatch, when fields are of other types or not as many.
Result<void> comparable_records(const Value& left, const Value& right);
/// Bytes that are equal for records that are.
void append_record_key(const Value& value, std::string& out);
std::uint64_t hash_record(const Value& value);

}  // namespace latchkey::sql
