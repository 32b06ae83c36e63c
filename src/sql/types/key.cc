#include "sql/types/key.h"

#include <bit>
#include <cmath>

#include "base/numeric.h"
#include "sql/types/array.h"
#include "sql/types/date_time_value.h"
#include "sql/types/json.h"
#include "sql/types/record.h"

namespace latchkey::sql {

namespace {

/// How many bytes an integer of the type takes in a key.
std::size_t integer_bytes(Oid type) {
  const Type* const found = find_type(type);
  return found == nullptr || found->length <= 0 ? 8 : static_cast<std::size_t>(found->length);
}

void append_big(std::uint64_t bits, std::size_t bytes, std::string& out) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(bits >> (8 * i)));
}

/// Unsigned kinds sort by their own bits.
bool is_signed(Oid type) {
  return type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8 || type == oid::kDate ||
         type == oid::kTime || type == oid::kTimestamp || type == oid::kTimestamptz;
}

void append_integer(Oid type, std::int64_t value, std::string& out) {
  const std::size_t bytes = integer_bytes(type);
  auto bits = static_cast<std::uint64_t>(value);
  if (is_signed(type)) bits ^= std::uint64_t{1} << (bytes * 8 - 1);
  append_big(bits, bytes, out);
}

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

void append_number(double value, std::string& out) {
  if (std::isnan(value)) {
    append_big(~std::uint64_t{0}, 8, out);
    return;
  }
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);
  append_big((bits & kSign) != 0 ? ~bits : bits | kSign, 8, out);
}

/// The number by which intervals sort, which is also what equal ones share.
void append_interval(const Interval& value, std::string& out) {
  const Int128 order = interval_order(value);
  append_big(static_cast<std::uint64_t>(order >> 64) ^ kSign, 8, out);
  append_big(static_cast<std::uint64_t>(order), 8, out);
}

/// The moment, then the zone, of which the eastern ones come first.
void append_timetz(TimeTz value, std::string& out) {
  append_big(static_cast<std::uint64_t>(value.utc_microseconds()) ^ kSign, 8, out);
  append_big(static_cast<std::uint64_t>(-std::int64_t{value.utc_offset_seconds}) ^ kSign, 8, out);
}

void append_delimited(Bytes bytes, std::string& out) {
  for (const char c : bytes) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
  }
  out.push_back('\0');
  out.push_back('\0');
}

Error damaged() { return Error(ErrorCode::Corruption, "the key of a row does not decode"); }

Result<Value> take_integer(Oid type, Bytes& key) {
  const std::size_t bytes = integer_bytes(type);
  if (key.size() < bytes) return damaged();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes; ++i) bits = (bits << 8) | static_cast<unsigned char>(key[i]);
  key.remove_prefix(bytes);
  if (!is_signed(type)) return Value::of_integer(static_cast<std::int64_t>(bits));
  bits ^= std::uint64_t{1} << (bytes * 8 - 1);
  const unsigned unused = 64 - static_cast<unsigned>(bytes) * 8;
  return Value::of_integer(static_cast<std::int64_t>(bits << unused) >> unused);
}

Result<Value> take_number(Bytes& key) {
  if (key.size() < 8) return damaged();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = (bits << 8) | static_cast<unsigned char>(key[i]);
  key.remove_prefix(8);
  return Value::of_number(std::bit_cast<double>((bits & kSign) != 0 ? bits & ~kSign : ~bits));
}

/// A value with this key: of an interval not the one that was put in, but one equal to it.
Result<Value> take_two_words(Oid type, Bytes& key, Arena& arena) {
  constexpr std::size_t kKeyBytes = 16;
  if (key.size() < kKeyBytes) return damaged();
  const auto load = [&](std::size_t at) {
    std::uint64_t bits = 0;
    for (std::size_t i = at; i < at + 8; ++i)
      bits = (bits << 8) | static_cast<unsigned char>(key[i]);
    return bits;
  };
  const auto high = static_cast<std::int64_t>(load(0) ^ kSign);
  const std::uint64_t low = load(8);
  key.remove_prefix(kKeyBytes);
  if (type == oid::kTimetz) {
    const auto offset = static_cast<std::int32_t>(-static_cast<std::int64_t>(low ^ kSign));
    return date_time::give(TimeTz{high + offset * kMicrosPerSecond, offset}, arena);
  }
  const Int128 order = (Int128{high} << 64) | low;
  const Int128 days = order / kMicrosPerDay;
  return date_time::give(Interval{static_cast<std::int64_t>(order % kMicrosPerDay),
                                  static_cast<std::int32_t>(days % kDaysPerMonth),
                                  static_cast<std::int32_t>(days / kDaysPerMonth)},
                         arena);
}

Result<Value> take_delimited(Bytes& key, Arena& arena) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    if (at >= key.size()) return damaged();
    const char c = key[at++];
    if (c != '\0') {
      out.push_back(c);
      continue;
    }
    if (at >= key.size()) return damaged();
    const char next = key[at++];
    if (next == '\0') break;
    out.push_back('\0');
  }
  key.remove_prefix(at);
  return Value::of_bytes(arena.copy(out));
}

}  // namespace

// Arrays: each element behind a byte that says whether it is there, an end that is less than
// any of them, then the shape.

namespace {

constexpr char kArrayEnd = 0;
constexpr char kArrayElement = 1;
constexpr char kArrayNull = 2;

void append_array(const Type& type, Bytes array, std::string& out) {
  ArrayReader reader(array);
  Value element;
  while (reader.next(element)) {
    out.push_back(element.is_null ? kArrayNull : kArrayElement);
    if (!element.is_null) append_key_part(type.element, element, KeyPart::Inner, out);
  }
  out.push_back(kArrayEnd);
  out.push_back(static_cast<char>(reader.dimension_count()));
  for (int i = 0; i < reader.dimension_count(); ++i) {
    const ArrayDimension dimension = reader.dimension(i);
    append_integer(oid::kInt4, dimension.length, out);
    append_integer(oid::kInt4, dimension.lower_bound, out);
  }
}

/// An array with this key: its elements are equal to those that were put in.
Result<Value> take_array(const Type& type, Bytes& key, Arena& arena) {
  const auto take_byte = [&]() -> int {
    if (key.empty()) return -1;
    const int byte = static_cast<unsigned char>(key.front());
    key.remove_prefix(1);
    return byte;
  };
  ArrayWriter writer(type.element);
  for (;;) {
    const int kind = take_byte();
    if (kind == kArrayEnd) break;
    if (kind == kArrayNull) {
      writer.add(Value::null());
    } else if (kind == kArrayElement) {
      LK_TRY(const Value element, take_key_part(type.element, KeyPart::Inner, key, arena));
      writer.add(element);
    } else {
      return damaged();
    }
  }
  constexpr int kDimensionsMax = 6;
  const int count = take_byte();
  if (count < 0 || count > kDimensionsMax) return damaged();
  std::vector<ArrayDimension> dimensions;
  for (int i = 0; i < count; ++i) {
    LK_TRY(const Value length, take_integer(oid::kInt4, key));
    LK_TRY(const Value lower_bound, take_integer(oid::kInt4, key));
    dimensions.push_back({static_cast<std::int32_t>(length.integer),
                          static_cast<std::int32_t>(lower_bound.integer)});
  }
  return writer.finish(arena, dimensions);
}

}  // namespace

bool key_tells_value(Oid type) {
  // Numbers lose their digits after the point in a key, and padded texts their blanks.
  const Type* const found = find_type(type);
  if (found == nullptr) return false;
  if (found->kept == Kept::Integer) return true;
  return type == oid::kText || type == oid::kVarchar || type == oid::kBytea || type == oid::kUuid ||
         type == oid::kName;
}

void append_key_part(Oid type, const Value& value, KeyPart part, std::string& out) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->kept == Kept::Integer) {
    append_integer(type, value.integer, out);
  } else if (found != nullptr && found->kept == Kept::Number) {
    append_number(value.number, out);
  } else if (type == oid::kNumeric) {
    const Result<Numeric> number = Numeric::unpack(value.bytes());
    if (number.has_value()) number->append_key(out);
  } else if (type == oid::kInterval) {
    append_interval(date_time::get<Interval>(value), out);
  } else if (type == oid::kTimetz) {
    append_timetz(date_time::get<TimeTz>(value), out);
  } else if (found != nullptr && found->is_array()) {
    append_array(*found, value.bytes(), out);
  } else if (type == oid::kJsonb) {
    std::string bytes;
    append_jsonb_key(JsonbReader(value.bytes()), bytes);
    if (part == KeyPart::Last)
      out += bytes;
    else
      append_delimited(bytes, out);
  } else if (type == oid::kRecord) {
    append_record_key(value, out);
  } else {
    Bytes bytes = value.bytes();
    if (type == oid::kBpchar) {
      while (!bytes.empty() && bytes.back() == ' ') bytes.remove_suffix(1);
    }
    if (part == KeyPart::Last)
      out += bytes;
    else
      append_delimited(bytes, out);
  }
}

Result<Value> take_key_part(Oid type, KeyPart part, Bytes& key, Arena& arena) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->kept == Kept::Integer) return take_integer(type, key);
  if (found != nullptr && found->kept == Kept::Number) return take_number(key);
  if (type == oid::kNumeric) {
    LK_TRY(const Numeric number, Numeric::take_key(key));
    std::string packed;
    number.append_packed(packed);
    return Value::of_bytes(arena.copy(packed));
  }
  if (type == oid::kInterval || type == oid::kTimetz) return take_two_words(type, key, arena);
  if (found != nullptr && found->is_array()) return take_array(*found, key, arena);
  if (part == KeyPart::Inner) return take_delimited(key, arena);
  const Value value = Value::of_bytes(key);
  key = {};
  return value;
}

void append_index_part(const IndexPart& part, const Value& value, std::string& out) {
  constexpr char kNullFirst = 0;
  constexpr char kPresent = 1;
  constexpr char kNullLast = 2;
  // What is turned over below must not be turned over in where nulls stand.
  const std::size_t begin = out.size();
  if (value.is_null) {
    out.push_back(part.nulls_first ? kNullFirst : kNullLast);
    return;
  }
  out.push_back(kPresent);
  append_key_part(part.type, value, KeyPart::Inner, out);
  if (!part.is_descending) return;
  for (std::size_t i = begin + 1; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

std::string key_after_prefix(Bytes prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace latchkey::sql
