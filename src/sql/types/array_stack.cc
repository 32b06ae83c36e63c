#include "sql/types/array.h"

namespace latchkey::sql {

namespace {

bool has_same_shape(const ArrayReader& left, const ArrayReader& right) {
  if (left.dimension_count() != right.dimension_count()) return false;
  for (int i = 0; i < left.dimension_count(); ++i) {
    const ArrayDimension of_left = left.dimension(i);
    const ArrayDimension of_right = right.dimension(i);
    if (of_left.length != of_right.length || of_left.lower_bound != of_right.lower_bound) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<Value> stack_arrays(Oid element, std::span<const Value> arrays, Arena& arena) {
  constexpr int kDimensionsMax = 6;
  ArrayWriter writer(element);
  std::vector<ArrayDimension> dimensions;
  std::size_t empty_count = 0;
  const Value* first = nullptr;
  for (const Value& array : arrays) {
    if (array.is_null || ArrayReader(array.bytes()).count() == 0) {
      ++empty_count;
      continue;
    }
    ArrayReader reader(array.bytes());
    if (first == nullptr) {
      first = &array;
      if (reader.dimension_count() >= kDimensionsMax) {
        return Error(ErrorCode::LimitExceeded,
                     "number of array dimensions (7) exceeds the maximum allowed (6)");
      }
      dimensions.push_back({static_cast<std::int32_t>(arrays.size()), 1});
      for (int i = 0; i < reader.dimension_count(); ++i) dimensions.push_back(reader.dimension(i));
    } else if (!has_same_shape(ArrayReader(first->bytes()), reader)) {
      empty_count = 1;
      break;
    }
    Value value;
    while (reader.next(value)) writer.add(value);
  }
  if (first == nullptr) return writer.finish(arena, {});
  if (empty_count > 0) {
    return Error(ErrorCode::SubscriptInvalid,
                 "multidimensional arrays must have array expressions with matching dimensions");
  }
  return writer.finish(arena, dimensions);
}

}  // namespace latchkey::sql
