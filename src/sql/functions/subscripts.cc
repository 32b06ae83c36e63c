#include "sql/functions/subscripts.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "sql/functions/array_parts.h"

namespace latchkey::sql {

namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int32_t>::max();

/// The subscripts of one dimension, both included.
struct Range {
  std::int64_t low;
  std::int64_t high;
  std::int64_t count() const { return std::max<std::int64_t>(0, high - low + 1); }
};

std::int64_t end_of(const ArrayDimension& dimension) {
  return std::int64_t{dimension.lower_bound} + dimension.length;
}

bool any_null(const Call& call, std::size_t from) {
  return std::any_of(call.values.begin() + static_cast<std::ptrdiff_t>(from), call.values.end(),
                     [](const Value& value) { return value.is_null; });
}

/// Where the element stands, counted from 0 row by row; nothing if it is outside.
template <typename Dimensions>
std::optional<std::size_t> place_of(const Dimensions& dimensions, const Call& call,
                                    std::size_t first_subscript) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const std::int64_t at = call.integer(first_subscript + i) - dimensions[i].lower_bound;
    if (at < 0 || at >= dimensions[i].length) return std::nullopt;
    place = place * static_cast<std::size_t>(dimensions[i].length) + static_cast<std::size_t>(at);
  }
  return place;
}

Value element(const Call& call) {
  if (any_null(call, 0)) return Value::null();
  ArrayReader reader(call.bytes(0));
  std::vector<ArrayDimension> dimensions;
  for (int i = 0; i < reader.dimension_count(); ++i) dimensions.push_back(reader.dimension(i));
  if (dimensions.size() != call.values.size() - 1) return Value::null();
  const auto place = place_of(dimensions, call, 1);
  if (!place) return Value::null();
  Value value;
  for (std::size_t i = 0; i <= *place; ++i) (void)reader.next(value);
  return value;
}

/// The places of all elements within the ranges, row by row.
std::vector<std::size_t> places_within(const std::vector<ArrayDimension>& dimensions,
                                       const std::vector<Range>& ranges) {
  std::vector<std::size_t> places = {0};
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    std::vector<std::size_t> deeper;
    for (const std::size_t place : places) {
      for (std::int64_t at = ranges[i].low; at <= ranges[i].high; ++at) {
        deeper.push_back(place * static_cast<std::size_t>(dimensions[i].length) +
                         static_cast<std::size_t>(at - dimensions[i].lower_bound));
      }
    }
    places = std::move(deeper);
  }
  return places;
}

Value slice(const Call& call) {
  if (any_null(call, 0)) return Value::null();
  const ArrayParts parts = array_argument(call, 0);
  const std::size_t given = (call.values.size() - 1) / 2;
  ArrayParts result = ArrayParts::empty(parts.element);
  if (parts.is_empty() || given > parts.dimensions.size()) return result.finish(call.arena());
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < parts.dimensions.size(); ++i) {
    const ArrayDimension& dimension = parts.dimensions[i];
    Range range{dimension.lower_bound, end_of(dimension) - 1};
    if (i < given) {
      range.low = std::max(range.low, call.integer(1 + 2 * i));
      range.high = std::min(range.high, call.integer(2 + 2 * i));
    }
    if (range.count() == 0) return result.finish(call.arena());
    ranges.push_back(range);
    result.dimensions.push_back({static_cast<std::int32_t>(range.count()), 1});
  }
  for (const std::size_t place : places_within(parts.dimensions, ranges)) {
    result.values.push_back(parts.values[place]);
  }
  return result.finish(call.arena());
}

// Changing.

Value out_of_range(const Call& call) {
  return call.fail(ErrorCode::SubscriptInvalid, "array subscript out of range");
}
Value too_large(const Call& call) {
  return call.fail(ErrorCode::LimitExceeded, "array size exceeds the maximum allowed (134217727)");
}

/// Makes an array of one dimension reach over the range, with nulls where there was nothing.
bool stretch(ArrayParts& parts, Range range) {
  ArrayDimension& dimension = parts.dimensions[0];
  const std::int64_t low = std::min<std::int64_t>(dimension.lower_bound, range.low);
  const std::int64_t end = std::max(end_of(dimension), range.high + 1);
  if (end - low > kArrayElementsMax) return false;
  const auto before = static_cast<std::size_t>(dimension.lower_bound - low);
  parts.values.insert(parts.values.begin(), before, Value::null());
  parts.values.resize(static_cast<std::size_t>(end - low), Value::null());
  dimension = {static_cast<std::int32_t>(end - low), static_cast<std::int32_t>(low)};
  return true;
}

/// Whether none of the subscripts is null; else the call has failed.
bool has_subscripts(const Call& call) {
  if (!any_null(call, 2)) return true;
  call.fail(ErrorCode::NullNotAllowed, "array subscript in assignment must not be null");
  return false;
}

Value set_element(const Call& call) {
  if (!has_subscripts(call)) return Value::null();
  ArrayParts parts = array_argument(call, 0);
  const std::size_t given = call.values.size() - 2;
  if (parts.is_empty()) {
    parts.dimensions.clear();
    for (std::size_t i = 0; i < given; ++i) {
      parts.dimensions.push_back({1, static_cast<std::int32_t>(call.integer(2 + i))});
    }
    parts.values = {call[1]};
    return parts.finish(call.arena());
  }
  if (parts.dimensions.size() != given) {
    return call.fail(ErrorCode::SubscriptInvalid, "wrong number of array subscripts");
  }
  if (given == 1 && !stretch(parts, {call.integer(2), call.integer(2)})) return too_large(call);
  const auto place = place_of(parts.dimensions, call, 2);
  if (!place) return out_of_range(call);
  parts.values[*place] = call[1];
  return parts.finish(call.arena());
}

/// The range that is asked for, with bounds left out as the array has them.
std::optional<Range> range_to_set(const Call& call, const ArrayParts& parts, std::size_t index) {
  Range range{call.integer(2 + 2 * index), call.integer(3 + 2 * index)};
  const bool lacks_bound = range.low == kLeast || range.high == kGreatest;
  if (lacks_bound && parts.is_empty()) {
    call.fail(
        Error(ErrorCode::SubscriptInvalid, "array slice subscript must provide both boundaries")
            .with_detail("When assigning to a slice of an empty array value, slice boundaries "
                         "must be fully specified."));
    return std::nullopt;
  }
  if (lacks_bound) {
    const ArrayDimension& dimension = parts.dimensions[index];
    if (range.low == kLeast) range.low = dimension.lower_bound;
    if (range.high == kGreatest) range.high = end_of(dimension) - 1;
  }
  if (range.low > range.high) {
    call.fail(ErrorCode::SubscriptInvalid, "upper bound cannot be less than lower bound");
    return std::nullopt;
  }
  return range;
}

Value set_slice(const Call& call) {
  if (!has_subscripts(call)) return Value::null();
  if (call[1].is_null) return call[0];
  ArrayParts parts = array_argument(call, 0);
  const ArrayParts source = array_argument(call, 1);
  const std::size_t given = (call.values.size() - 2) / 2;
  if (!parts.is_empty() && parts.dimensions.size() != given) {
    return call.fail(ErrorCode::SubscriptInvalid, "wrong number of array subscripts");
  }
  std::vector<Range> ranges;
  std::int64_t count = 1;
  for (std::size_t i = 0; i < given; ++i) {
    const auto range = range_to_set(call, parts, i);
    if (!range) return Value::null();
    ranges.push_back(*range);
    count *= range->count();
    if (count > kArrayElementsMax) return too_large(call);
  }
  if (static_cast<std::int64_t>(source.values.size()) < count) {
    return call.fail(ErrorCode::SubscriptInvalid, "source array too small");
  }
  if (parts.is_empty()) {
    parts.dimensions.clear();
    for (const Range& range : ranges) {
      parts.dimensions.push_back(
          {static_cast<std::int32_t>(range.count()), static_cast<std::int32_t>(range.low)});
    }
    parts.values.assign(static_cast<std::size_t>(count), Value::null());
  } else if (given == 1 && !stretch(parts, ranges[0])) {
    return too_large(call);
  }
  for (std::size_t i = 0; i < given; ++i) {
    const ArrayDimension& dimension = parts.dimensions[i];
    if (ranges[i].low < dimension.lower_bound || ranges[i].high >= end_of(dimension)) {
      return out_of_range(call);
    }
  }
  std::size_t next = 0;
  for (const std::size_t place : places_within(parts.dimensions, ranges)) {
    parts.values[place] = source.values[next++];
  }
  return parts.finish(call.arena());
}

}  // namespace

const Function& subscript_function(Subscripting kind) {
  static const Function kRows[] = {
      {"array_element", {}, kTakesNull, &element, {}, {}},
      {"array_slice", {}, kTakesNull, &slice, {}, {}},
      {"array_set_element", {}, kTakesNull, &set_element, {}, {}},
      {"array_set_slice", {}, kTakesNull, &set_slice, {}, {}},
  };
  return kRows[static_cast<std::size_t>(kind)];
}

}  // namespace latchkey::sql
