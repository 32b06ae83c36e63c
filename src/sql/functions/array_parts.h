#pragma once

#include <string>
#include <vector>

#include "sql/functions/function.h"
#include "sql/types/array.h"

namespace latchkey::sql {

/// An array taken apart, to be changed and put together again.
///
/// Ownership: the values lie where those of the array do.
struct ArrayParts {
  Oid element = Oid::None;
  std::vector<ArrayDimension> dimensions;
  std::vector<Value> values;

  static ArrayParts of(Bytes array) {
    ArrayReader reader(array);
    ArrayParts parts;
    parts.element = reader.element_type();
    for (int i = 0; i < reader.dimension_count(); ++i) {
      parts.dimensions.push_back(reader.dimension(i));
    }
    parts.values.reserve(reader.count());
    Value value;
    while (reader.next(value)) parts.values.push_back(value);
    return parts;
  }
  static ArrayParts empty(Oid element) {
    ArrayParts parts;
    parts.element = element;
    return parts;
  }
  Value finish(Arena& arena) const {
    ArrayWriter writer(element);
    for (const Value& value : values) writer.add(value);
    return values.empty() ? writer.finish(arena, {}) : writer.finish(arena, dimensions);
  }
  bool is_empty() const { return values.empty(); }
};

constexpr std::size_t kArrayDimensionsMax = 6;
/// As many elements as PostgreSQL lets an array have.
constexpr std::int64_t kArrayElementsMax = 134'217'727;

/// The type of the elements of argument `index`, which is an array.
inline Oid element_of_argument(const Call& call, std::size_t index) {
  const Type* const type = find_type(call.types.arguments[index]);
  return type == nullptr ? Oid::None : type->element;
}
/// The argument as parts; of null an empty array.
inline ArrayParts array_argument(const Call& call, std::size_t index) {
  return call[index].is_null ? ArrayParts::empty(element_of_argument(call, index))
                             : ArrayParts::of(call.bytes(index));
}

}  // namespace latchkey::sql
