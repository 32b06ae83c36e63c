#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "latchkey/result.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// How the columns of a table lie in its records.
///
///   column count  varint   columns added later are not in older rows
///   nulls         a bit for each column, the low one first; 1 is null
///   values        those that are not null: integers in the bytes of their type, little-endian;
///                 float8 8, float4 4; others a varint and as many bytes
///
/// Columns that the key tells are null here.
class RowShape {
 public:
  struct Column {
    Oid type;
    bool in_key = false;
  };
  RowShape() = default;
  explicit RowShape(std::vector<Column> columns);

  std::size_t size() const { return columns_.size(); }
  const Column& operator[](std::size_t index) const { return columns_[index]; }

  void encode(std::span<const Value> values, std::string& out) const;
  /// Fills `values` but for what is in the key; bytes are borrowed from `row`.
  /// Returns how many columns the row has; the rest is left as it is.
  /// Errors: Corruption.
  Result<std::size_t> decode(Bytes row, std::span<Value> values) const;

 private:
  struct Part {
    Kept kept;
    std::uint8_t bytes;  ///< of integers and numbers
    bool is_signed;
  };
  std::vector<Column> columns_;
  std::vector<Part> parts_;
};

}  // namespace latchkey::sql
