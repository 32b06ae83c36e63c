#include "sql/functions/aggregate.h"
#include "sql/functions/array_parts.h"

namespace latchkey::sql {

namespace {

// array_agg of arrays: each becomes a row of an array with one dimension more.

struct Item {
  Bytes array;
  Item* next = nullptr;
};
struct Items {
  Item* first = nullptr;
  Item* last = nullptr;
};

bool has_same_shape(const ArrayReader& left, const ArrayReader& right) {
  if (left.dimension_count() != right.dimension_count()) return false;
  for (int i = 0; i < left.dimension_count(); ++i) {
    if (left.dimension(i).length != right.dimension(i).length) return false;
  }
  return true;
}

void gather(AggregateState& state, const Call& call) {
  if (call[0].is_null) {
    (void)call.fail(ErrorCode::NullNotAllowed, "cannot accumulate null arrays");
    return;
  }
  const ArrayReader reader(call.bytes(0));
  if (reader.count() == 0) {
    (void)call.fail(ErrorCode::SubscriptInvalid, "cannot accumulate empty arrays");
    return;
  }
  if (state.more == nullptr) state.more = new (state.arena->allocate(sizeof(Items))) Items;
  auto& items = *static_cast<Items*>(state.more);
  if (items.first != nullptr && !has_same_shape(ArrayReader(items.first->array), reader)) {
    (void)call.fail(ErrorCode::SubscriptInvalid,
                    "cannot accumulate arrays of different dimensionality");
    return;
  }
  if (static_cast<std::size_t>(reader.dimension_count()) >= kArrayDimensionsMax) {
    (void)call.fail(ErrorCode::LimitExceeded,
                    "number of array dimensions (7) exceeds the maximum allowed (6)");
    return;
  }
  auto* const item = new (state.arena->allocate(sizeof(Item))) Item;
  item->array = state.arena->copy(call.bytes(0));
  (items.last == nullptr ? items.first : items.last->next) = item;
  items.last = item;
  ++state.count;
}

Value stacked(AggregateState& state, const Call& call) {
  if (state.count == 0) return Value::null();
  const Item* item = static_cast<Items*>(state.more)->first;
  const ArrayReader shape(item->array);
  std::vector<ArrayDimension> dimensions = {{static_cast<std::int32_t>(state.count), 1}};
  for (int i = 0; i < shape.dimension_count(); ++i) dimensions.push_back(shape.dimension(i));
  ArrayWriter writer(shape.element_type());
  for (; item != nullptr; item = item->next) {
    ArrayReader reader(item->array);
    Value value;
    while (reader.next(value)) writer.add(value);
  }
  return writer.finish(call.arena(), dimensions);
}

}  // namespace

std::span<const AggregateFunction> array_aggregates() {
  static const AggregateFunction kRows[] = {
      {"array_agg", takes(oid::kAnyArray).gives(oid::kAnyArray), true, &gather, &stacked},
  };
  return kRows;
}

}  // namespace latchkey::sql
