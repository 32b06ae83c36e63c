#include <algorithm>

#include "sql/exec/context.h"
#include "sql/functions/array_parts.h"
#include "sql/functions/families.h"

namespace latchkey::sql {

namespace {

bool same_value(Oid type, const Value& left, const Value& right) {
  if (left.is_null || right.is_null) return left.is_null && right.is_null;
  return compare(type, left, right) == 0;
}

// What shape an array has.

Value dimension_count(const Call& call) {
  const ArrayReader reader(call.bytes(0));
  return reader.count() == 0 ? Value::null() : Value::of_integer(reader.dimension_count());
}
Value dimensions_text(const Call& call) {
  const ArrayReader reader(call.bytes(0));
  if (reader.count() == 0) return Value::null();
  std::string text;
  for (int i = 0; i < reader.dimension_count(); ++i) {
    const ArrayDimension each = reader.dimension(i);
    text += "[" + std::to_string(each.lower_bound) + ":" +
            std::to_string(each.lower_bound + each.length - 1) + "]";
  }
  return call.text(text);
}
/// The dimension that argument 1 names, if the array has it.
std::optional<ArrayDimension> dimension_argument(const Call& call) {
  const ArrayReader reader(call.bytes(0));
  const std::int64_t number = call.integer(1);
  if (number < 1 || number > reader.dimension_count()) return std::nullopt;
  return reader.dimension(static_cast<int>(number - 1));
}
Value lower_bound(const Call& call) {
  const auto dimension = dimension_argument(call);
  return dimension ? Value::of_integer(dimension->lower_bound) : Value::null();
}
Value upper_bound(const Call& call) {
  const auto dimension = dimension_argument(call);
  return dimension ? Value::of_integer(dimension->lower_bound + dimension->length - 1)
                   : Value::null();
}
Value length(const Call& call) {
  const auto dimension = dimension_argument(call);
  return dimension ? Value::of_integer(dimension->length) : Value::null();
}
Value cardinality(const Call& call) {
  return Value::of_integer(static_cast<std::int64_t>(ArrayReader(call.bytes(0)).count()));
}

// Putting together.

Value incompatible(const Call& call, const char* detail) {
  return call.fail(Error(ErrorCode::SubscriptInvalid, "cannot concatenate incompatible arrays")
                       .with_detail(detail));
}

Value not_one_dimension(const Call& call) {
  return call.fail(ErrorCode::InvalidArgument, "argument must be empty or one-dimensional array");
}

enum class End : std::uint8_t { Front, Back };
Value with_element(const Call& call, ArrayParts parts, const Value& value, End end) {
  if (parts.is_empty()) {
    parts.dimensions = {{1, 1}};
    parts.values = {value};
    return parts.finish(call.arena());
  }
  if (parts.dimensions.size() != 1) return not_one_dimension(call);
  parts.values.insert(end == End::Front ? parts.values.begin() : parts.values.end(), value);
  ++parts.dimensions[0].length;
  return parts.finish(call.arena());
}
Value append(const Call& call) {
  return with_element(call, array_argument(call, 0), call[1], End::Back);
}
Value prepend(const Call& call) {
  return with_element(call, array_argument(call, 1), call[0], End::Front);
}

/// One behind the other, or the one as a further row of the other.
Value concatenate(const Call& call) {
  if (call[0].is_null) return call[1];
  if (call[1].is_null) return call[0];
  ArrayParts left = array_argument(call, 0);
  const ArrayParts right = array_argument(call, 1);
  if (left.is_empty()) return call[1];
  if (right.is_empty()) return call[0];
  const std::size_t left_count = left.dimensions.size();
  const std::size_t right_count = right.dimensions.size();
  const auto lengths_agree = [](const ArrayParts& a, std::size_t from_a, const ArrayParts& b,
                                std::size_t from_b) {
    for (; from_a < a.dimensions.size(); ++from_a, ++from_b) {
      if (a.dimensions[from_a].length != b.dimensions[from_b].length) return false;
    }
    return true;
  };
  constexpr const char* kElements =
      "Arrays with differing element dimensions are not compatible for concatenation.";
  constexpr const char* kDimensions =
      "Arrays with differing dimensions are not compatible for concatenation.";
  std::vector<ArrayDimension> dimensions;
  if (left_count == right_count) {
    if (!lengths_agree(left, 1, right, 1)) return incompatible(call, kElements);
    dimensions = left.dimensions;
    dimensions[0].length += right.dimensions[0].length;
  } else if (left_count == right_count + 1) {
    if (!lengths_agree(left, 1, right, 0)) return incompatible(call, kDimensions);
    dimensions = left.dimensions;
    ++dimensions[0].length;
  } else if (right_count == left_count + 1) {
    if (!lengths_agree(right, 1, left, 0)) return incompatible(call, kDimensions);
    dimensions = right.dimensions;
    ++dimensions[0].length;
  } else {
    return call.fail(Error(ErrorCode::SubscriptInvalid, "cannot concatenate incompatible arrays")
                         .with_detail("Arrays of " + std::to_string(left_count) + " and " +
                                      std::to_string(right_count) +
                                      " dimensions are not compatible for concatenation."));
  }
  left.dimensions = std::move(dimensions);
  left.values.insert(left.values.end(), right.values.begin(), right.values.end());
  return left.finish(call.arena());
}

// Finding and changing elements.

/// Where the search begins, counted from 0; nothing if the call has failed.
std::optional<std::size_t> search_begin(const Call& call, const ArrayParts& parts) {
  if (parts.dimensions.size() > 1) {
    call.fail(ErrorCode::NotSupported,
              "searching for elements in multidimensional arrays is not supported");
    return std::nullopt;
  }
  if (call.values.size() < 3 || parts.is_empty()) return 0;
  if (call[2].is_null) {
    call.fail(ErrorCode::NullNotAllowed, "initial position must not be null");
    return std::nullopt;
  }
  return static_cast<std::size_t>(
      std::max<std::int64_t>(0, call.integer(2) - parts.dimensions[0].lower_bound));
}
Value position(const Call& call) {
  if (call[0].is_null) return Value::null();
  const ArrayParts parts = array_argument(call, 0);
  const auto begin = search_begin(call, parts);
  if (!begin) return Value::null();
  for (std::size_t i = *begin; i < parts.values.size(); ++i) {
    if (same_value(parts.element, parts.values[i], call[1])) {
      return Value::of_integer(static_cast<std::int64_t>(i) + parts.dimensions[0].lower_bound);
    }
  }
  return Value::null();
}
Value positions(const Call& call) {
  if (call[0].is_null) return Value::null();
  const ArrayParts parts = array_argument(call, 0);
  if (!search_begin(call, parts)) return Value::null();
  ArrayWriter found(oid::kInt4);
  for (std::size_t i = 0; i < parts.values.size(); ++i) {
    if (!same_value(parts.element, parts.values[i], call[1])) continue;
    found.add(Value::of_integer(static_cast<std::int64_t>(i) + parts.dimensions[0].lower_bound));
  }
  return found.finish(call.arena());
}
Value remove(const Call& call) {
  if (call[0].is_null) return Value::null();
  ArrayParts parts = array_argument(call, 0);
  if (parts.dimensions.size() > 1) {
    return call.fail(ErrorCode::NotSupported,
                     "removing elements from multidimensional arrays is not supported");
  }
  std::erase_if(parts.values,
                [&](const Value& each) { return same_value(parts.element, each, call[1]); });
  if (!parts.is_empty())
    parts.dimensions[0].length = static_cast<std::int32_t>(parts.values.size());
  return parts.finish(call.arena());
}
Value replace(const Call& call) {
  if (call[0].is_null) return Value::null();
  ArrayParts parts = array_argument(call, 0);
  for (Value& each : parts.values) {
    if (same_value(parts.element, each, call[1])) each = call[2];
  }
  return parts.finish(call.arena());
}
Value trim(const Call& call) {
  ArrayParts parts = array_argument(call, 0);
  const std::int64_t length = parts.is_empty() ? 0 : parts.dimensions[0].length;
  const std::int64_t count = call.integer(1);
  if (count < 0 || count > length) {
    return call.fail(ErrorCode::SubscriptInvalid,
                     "number of elements to trim must be between 0 and " + std::to_string(length));
  }
  if (parts.is_empty()) return call[0];
  parts.values.resize(parts.values.size() / static_cast<std::size_t>(length) *
                      static_cast<std::size_t>(length - count));
  parts.dimensions[0].length -= static_cast<std::int32_t>(count);
  // What is left counts from one, as any slice does.
  for (ArrayDimension& each : parts.dimensions) each.lower_bound = 1;
  return parts.finish(call.arena());
}

/// The numbers of an array of integers that says lengths or lower bounds.
std::optional<std::vector<std::int32_t>> numbers_argument(const Call& call, std::size_t index,
                                                          const char* what) {
  const ArrayParts parts = array_argument(call, index);
  if (parts.dimensions.size() > 1) {
    call.fail(Error(ErrorCode::SubscriptInvalid, "wrong number of array subscripts")
                  .with_detail("Dimension array must be one dimensional."));
    return std::nullopt;
  }
  (void)what;
  std::vector<std::int32_t> numbers;
  for (const Value& each : parts.values) {
    if (each.is_null) {
      call.fail(ErrorCode::NullNotAllowed, "dimension values cannot be null");
      return std::nullopt;
    }
    numbers.push_back(static_cast<std::int32_t>(each.integer));
  }
  return numbers;
}
Value fill(const Call& call) {
  const bool has_bounds = call.values.size() > 2;
  if (call[1].is_null || (has_bounds && call[2].is_null)) {
    return call.fail(ErrorCode::NullNotAllowed,
                     "dimension array or low bound array cannot be null");
  }
  const auto lengths = numbers_argument(call, 1, "length");
  if (!lengths) return Value::null();
  std::vector<std::int32_t> bounds(lengths->size(), 1);
  if (has_bounds) {
    const auto given = numbers_argument(call, 2, "bound");
    if (!given) return Value::null();
    if (given->size() != lengths->size()) {
      return call.fail(
          Error(ErrorCode::SubscriptInvalid, "wrong number of array subscripts")
              .with_detail("Low bound array has different size than dimensions array."));
    }
    bounds = *given;
  }
  if (lengths->size() > kArrayDimensionsMax) {
    return call.fail(ErrorCode::LimitExceeded, "number of array dimensions (" +
                                                   std::to_string(lengths->size()) +
                                                   ") exceeds the maximum allowed (6)");
  }
  ArrayParts parts = ArrayParts::empty(call.types.arguments[0]);
  std::int64_t count = lengths->empty() ? 0 : 1;
  for (std::size_t i = 0; i < lengths->size(); ++i) {
    count *= std::max((*lengths)[i], 0);
    if ((*lengths)[i] < 0 || count > kArrayElementsMax) {
      return call.fail(ErrorCode::LimitExceeded,
                       "array size exceeds the maximum allowed (134217727)");
    }
    parts.dimensions.push_back({(*lengths)[i], bounds[i]});
  }
  parts.values.assign(static_cast<std::size_t>(count), call[0]);
  return parts.finish(call.arena());
}

// Sets of elements.

/// Whether to go on with a search that may take long; else the call has failed.
bool may_go_on(const Call& call) {
  if (call.evaluation.context == nullptr) return true;
  Result<void> checked = call.evaluation.context->check_cancelled();
  if (checked.has_value()) return true;
  call.fail(std::move(checked).error());
  return false;
}

bool has_element(const ArrayParts& parts, const Value& wanted) {
  return std::any_of(parts.values.begin(), parts.values.end(), [&](const Value& each) {
    return !each.is_null && compare(parts.element, each, wanted) == 0;
  });
}

/// Whether each element of `part` is among those of `whole`. Null is in no array.
bool holds_all(const Call& call, const ArrayParts& whole, const ArrayParts& part) {
  return std::all_of(part.values.begin(), part.values.end(), [&](const Value& wanted) {
    return !wanted.is_null && may_go_on(call) && has_element(whole, wanted);
  });
}
Value contains(const Call& call) {
  return Value::of_bool(holds_all(call, array_argument(call, 0), array_argument(call, 1)));
}
Value is_contained(const Call& call) {
  return Value::of_bool(holds_all(call, array_argument(call, 1), array_argument(call, 0)));
}
Value overlaps(const Call& call) {
  const ArrayParts left = array_argument(call, 0);
  const ArrayParts right = array_argument(call, 1);
  const bool found = std::any_of(left.values.begin(), left.values.end(), [&](const Value& each) {
    return !each.is_null && may_go_on(call) && has_element(right, each);
  });
  return Value::of_bool(found);
}

// Texts.

Value to_text(const Call& call) {
  if (call[0].is_null || call[1].is_null) return Value::null();
  const ArrayParts parts = array_argument(call, 0);
  const bool shows_nulls = call.values.size() > 2 && !call[2].is_null;
  std::string out;
  bool is_first = true;
  for (const Value& each : parts.values) {
    if (each.is_null && !shows_nulls) continue;
    if (!is_first) out += call.bytes(1);
    is_first = false;
    if (each.is_null)
      out += call.bytes(2);
    else
      append_text(parts.element, each, call.settings(), out);
  }
  return call.text(out);
}

/// The pieces of a text between separators; with a null separator its characters.
std::vector<Bytes> pieces_of(Bytes text, const Value& separator) {
  std::vector<Bytes> pieces;
  if (text.empty()) return pieces;
  if (separator.is_null) {
    for (std::size_t begin = 0; begin < text.size();) {
      std::size_t end = begin + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
      pieces.push_back(text.substr(begin, end - begin));
      begin = end;
    }
    return pieces;
  }
  if (separator.size == 0) return {text};
  for (std::size_t begin = 0;;) {
    const std::size_t at = text.find(separator.bytes(), begin);
    pieces.push_back(text.substr(begin, at == Bytes::npos ? at : at - begin));
    if (at == Bytes::npos) return pieces;
    begin = at + separator.size;
  }
}
Value piece_value(const Call& call, Bytes piece) {
  const bool has_null = call.values.size() > 2 && !call[2].is_null;
  return has_null && piece == call.bytes(2) ? Value::null() : Value::of_bytes(piece);
}
Value from_text(const Call& call) {
  if (call[0].is_null) return Value::null();
  ArrayWriter writer(oid::kText);
  for (const Bytes piece : pieces_of(call.bytes(0), call[1])) writer.add(piece_value(call, piece));
  return writer.finish(call.arena());
}

class Pieces final : public RowSource {
 public:
  explicit Pieces(std::vector<Value> values) : values_(std::move(values)) {}
  bool next(Evaluation&, std::span<Value> columns) override {
    if (at_ == values_.size()) return false;
    columns[0] = values_[at_++];
    return true;
  }

 private:
  const std::vector<Value> values_;
  std::size_t at_ = 0;
};
std::unique_ptr<RowSource> text_to_table(const Call& call) {
  if (call[0].is_null) return nullptr;
  std::vector<Value> values;
  for (const Bytes piece : pieces_of(call.bytes(0), call[1])) {
    values.push_back(piece_value(call, piece));
  }
  return std::make_unique<Pieces>(std::move(values));
}

class Subscripts final : public RowSource {
 public:
  Subscripts(ArrayDimension dimension, bool is_reverse)
      : dimension_(dimension), is_reverse_(is_reverse) {}
  bool next(Evaluation&, std::span<Value> columns) override {
    if (at_ == dimension_.length) return false;
    const std::int64_t from_begin = is_reverse_ ? dimension_.length - 1 - at_ : at_;
    columns[0] = Value::of_integer(dimension_.lower_bound + from_begin);
    ++at_;
    return true;
  }

 private:
  const ArrayDimension dimension_;
  const bool is_reverse_;
  std::int64_t at_ = 0;
};
std::unique_ptr<RowSource> subscripts(const Call& call) {
  const auto dimension = dimension_argument(call);
  if (!dimension) return nullptr;
  const bool is_reverse = call.values.size() > 2 && call[2].boolean();
  return std::make_unique<Subscripts>(*dimension, is_reverse);
}

constexpr Oid kText = oid::kText;
constexpr Oid kInt4 = oid::kInt4;
constexpr Oid kAnyArray = oid::kAnyArray;
constexpr Oid kArray = oid::kAnyCompatibleArray;
constexpr Oid kElement = oid::kAnyCompatible;

std::vector<Function> make_rows() {
  const Signature bound = takes(kAnyArray, kInt4).gives(kInt4);
  const Signature two_arrays = takes(kAnyArray, kAnyArray).gives(oid::kBool);
  const Signature appended = takes(kArray, kElement).gives(kArray);
  const Signature prepended = takes(kElement, kArray).gives(kArray);
  const Signature joined = takes(kArray, kArray).gives(kArray);
  return {
      {"||", appended, kOperator | kTakesNull, &append, "array[1, 2] || 3", "{1,2,3}"},
      {"||", prepended, kOperator | kTakesNull, &prepend, "1 || array[2, 3]", "{1,2,3}"},
      {"||", joined, kOperator | kTakesNull, &concatenate, "array[1] || array[2, 3]", "{1,2,3}"},
      {"@>", two_arrays, kOperator, &contains, "array[1, 2, 3] @> array[3, 1]", "t"},
      {"<@", two_arrays, kOperator, &is_contained, "array[1, 4] <@ array[1, 2, 3]", "f"},
      {"&&", two_arrays, kOperator, &overlaps, "array[1, 4] && array[1, 2, 3]", "t"},
      {"array_append", appended, kTakesNull, &append, "array_append(array[1], 2)", "{1,2}"},
      {"array_cat", joined, kTakesNull, &concatenate, "array_cat(array[1], array[2])", "{1,2}"},
      {"array_dims", takes(kAnyArray).gives(kText), 0, &dimensions_text,
       "array_dims(array[[1, 2], [3, 4]])", "[1:2][1:2]"},
      {"array_fill", takes(oid::kAnyElement, oid::kInt4Array).gives(kAnyArray), kTakesNull, &fill,
       "array_fill(7, array[2, 2])", "{{7,7},{7,7}}"},
      {"array_fill", takes(oid::kAnyElement, oid::kInt4Array, oid::kInt4Array).gives(kAnyArray),
       kTakesNull, &fill, "array_fill(7, array[2], array[0])", "[0:1]={7,7}"},
      {"array_length", bound, 0, &length, "array_length(array[1, 2, 3], 1)", "3"},
      {"array_lower", bound, 0, &lower_bound, "array_lower('[0:1]={1,2}'::int[], 1)", "0"},
      {"array_ndims", takes(kAnyArray).gives(kInt4), 0, &dimension_count,
       "array_ndims(array[[1, 2], [3, 4]])", "2"},
      {"array_position", takes(kArray, kElement).gives(kInt4), kTakesNull, &position,
       "array_position(array['a', 'b'], 'b')", "2"},
      {"array_position", takes(kArray, kElement, kInt4).gives(kInt4), kTakesNull, &position,
       "array_position(array[1, 2, 1], 1, 2)", "3"},
      {"array_positions", takes(kArray, kElement).gives(oid::kInt4Array), kTakesNull, &positions,
       "array_positions(array[1, 2, 1], 1)", "{1,3}"},
      {"array_prepend", prepended, kTakesNull, &prepend, "array_prepend(1, array[2])", "{1,2}"},
      {"array_remove", takes(kArray, kElement).gives(kArray), kTakesNull, &remove,
       "array_remove(array[1, 2, 1], 1)", "{2}"},
      {"array_replace", takes(kArray, kElement, kElement).gives(kArray), kTakesNull, &replace,
       "array_replace(array[1, 2, 1], 1, 5)", "{5,2,5}"},
      {"array_to_string", takes(kAnyArray, kText).gives(kText), kStable | kTakesNull, &to_text,
       "array_to_string(array[1, null, 3], ',')", "1,3"},
      {"array_to_string", takes(kAnyArray, kText, kText).gives(kText), kStable | kTakesNull,
       &to_text, "array_to_string(array[1, null, 3], ',', '*')", "1,*,3"},
      {"array_upper", bound, 0, &upper_bound, "array_upper(array[1, 8, 3], 1)", "3"},
      {"cardinality", takes(kAnyArray).gives(kInt4), 0, &cardinality,
       "cardinality(array[[1, 2], [3, 4]])", "4"},
      {"generate_subscripts", takes(kAnyArray, kInt4).gives(kInt4), kReturnsSet, nullptr,
       "array(SELECT generate_subscripts(array[5, 6], 1))", "{1,2}", subscripts},
      {"generate_subscripts", takes(kAnyArray, kInt4, oid::kBool).gives(kInt4), kReturnsSet,
       nullptr, "array(SELECT generate_subscripts(array[5, 6], 1, true))", "{2,1}", subscripts},
      {"string_to_array", takes(kText, kText).gives(oid::kTextArray), kTakesNull, &from_text,
       "string_to_array('a,b', ',')", "{a,b}"},
      {"string_to_array", takes(kText, kText, kText).gives(oid::kTextArray), kTakesNull, &from_text,
       "string_to_array('a,b', ',', 'b')", "{a,NULL}"},
      {"string_to_table", takes(kText, kText).gives(kText), kReturnsSet | kTakesNull, nullptr,
       "array(SELECT string_to_table('a,b', ','))", "{a,b}", text_to_table},
      {"string_to_table", takes(kText, kText, kText).gives(kText), kReturnsSet | kTakesNull,
       nullptr, "array(SELECT string_to_table('a,b', ',', 'b'))", "{a,NULL}", text_to_table},
      {"trim_array", takes(kAnyArray, kInt4).gives(kAnyArray), 0, &trim,
       "trim_array(array[1, 2, 3], 2)", "{1}"},
  };
}

}  // namespace

std::span<const Function> array_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
