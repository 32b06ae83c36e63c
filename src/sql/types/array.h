#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sql/types/type.h"

namespace latchkey::sql {

struct ArrayDimension {
  std::int32_t length;
  std::int32_t lower_bound;
};

/// Walks over the elements of an array, dimension by dimension.
///
///   dimensions  4 bytes      big-endian all, as on PostgreSQL's wire
///   has nulls   4
///   element     4            its type
///   length      4   \  for each
///   lower bound 4   /  dimension
///   size        4   \  for each element, the size -1 standing for null;
///   bytes           /  numbers as on the wire, other types as a Value has them
///
/// Ownership: borrows the array, and so do its elements.
/// Requires:  bytes that an ArrayWriter or parse_* made.
class ArrayReader {
 public:
  explicit ArrayReader(Bytes array);
  Oid element_type() const { return element_; }
  int dimension_count() const { return dimension_count_; }
  ArrayDimension dimension(int index) const;
  std::size_t count() const { return count_; }
  bool has_nulls() const { return has_nulls_; }
  bool next(Value& element);

 private:
  Bytes array_;
  Oid element_ = Oid::None;
  int dimension_count_ = 0;
  bool has_nulls_ = false;
  std::size_t count_ = 0;
  std::size_t read_ = 0;
  std::size_t at_ = 0;
};

class ArrayWriter {
 public:
  explicit ArrayWriter(Oid element);
  void add(const Value& value);
  std::size_t count() const { return count_; }
  /// One dimension from 1, none when there is no element.
  Value finish(Arena& arena);
  Value finish(Arena& arena, std::span<const ArrayDimension> dimensions);

 private:
  const Oid element_;
  std::string body_;
  std::size_t count_ = 0;
  bool has_nulls_ = false;
};

/// Arrays of one shape as the rows of one with a dimension more; null and empty ones alone make an
/// empty one.
/// Errors: SubscriptInvalid for different shapes, LimitExceeded.
Result<Value> stack_arrays(Oid element, std::span<const Value> arrays, Arena& arena);

/// An element, or another value in the form that arrays hold.
Value unpack_element(Oid type, Bytes bytes);

}  // namespace latchkey::sql
