#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/numeric.h"
#include "sql/types/date_time_value.h"
#include "sql/types/io.h"
#include "sql/types/key.h"
#include "sql/types/record.h"
#include "sql/types/type.h"
#include "sql/types/user_types.h"

namespace latchkey::sql {

namespace {

bool is_text(Oid type) {
  return type == oid::kText || type == oid::kVarchar || type == oid::kBpchar ||
         type == oid::kName || type == oid::kChar || type == oid::kUnknown ||
         type == oid::kCstring || type == oid::kRefcursor || type == oid::kAclitem;
}

bool is_integer(Oid type) {
  return type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8 || type == oid::kOid ||
         type == oid::kXid || type == oid::kCid || type == oid::kXid8;
}

int order_of(double left, double right) {
  // Not-a-number is equal to itself and greater than all others.
  if (std::isnan(left) || std::isnan(right)) {
    return static_cast<int>(std::isnan(left)) - static_cast<int>(std::isnan(right));
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

int order_of(Bytes left, Bytes right) {
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// Blanks at the end of a character(n) mean nothing.
Bytes without_padding(Bytes text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// A typmod of numeric(precision, scale); below the header none.
NumericType numeric_type_of(std::int32_t typmod) {
  const std::int32_t both = typmod - 4;
  return {(both >> 16) & 0xffff, ((both & 0x7ff) ^ 1024) - 1024};
}

Result<Value> numeric_value(Result<Numeric> number, std::int32_t typmod, Arena& arena) {
  if (number.has_value() && typmod >= 4) number = number->apply_typmod(numeric_type_of(typmod));
  if (!number.has_value()) {
    // "numeric field overflow: A field with .." has its detail behind the colon.
    constexpr std::string_view kOverflow = "numeric field overflow: ";
    const std::string message = number.error().message();
    if (!message.starts_with(kOverflow)) return std::move(number).error();
    return Error(number.error().code(), std::string(kOverflow.substr(0, kOverflow.size() - 2)))
        .with_detail(message.substr(kOverflow.size()));
  }
  std::string packed;
  number->append_packed(packed);
  return Value::of_bytes(arena.copy(packed));
}

Error no_input(Oid type) {
  return Error(ErrorCode::NotSupported, "cannot accept a value of type " + type_text(type));
}

}  // namespace

Result<Value> parse_text(Oid type, std::int32_t typmod, Bytes text, const TextSettings& settings,
                         Arena& arena) {
  if (is_text(type)) {
    LK_CHECK(io::check_utf8(text));
    return io::fit_text(type, typmod, text, arena);
  }
  if (is_integer(type)) {
    LK_TRY(const std::int64_t value, io::parse_integer(type, text));
    return Value::of_integer(value);
  }
  if (type == oid::kBool) return io::parse_bool(text);
  if (type == oid::kFloat4 || type == oid::kFloat8) {
    LK_TRY(const double value, io::parse_float(type, text));
    return Value::of_number(value);
  }
  if (type == oid::kNumeric) return numeric_value(Numeric::parse(text), typmod, arena);
  if (type == oid::kBytea) return io::parse_bytea(text, arena);
  if (type == oid::kUuid) return io::parse_uuid(text, arena);
  if (type == oid::kVoid) return Value::of_integer(0);
  if (io::is_date_time(type)) return io::parse_date_time(type, typmod, text, settings, arena);
  if (io::is_json(type)) return io::parse_json(type, text, arena);
  if (type == oid::kRecord) {
    return Error(ErrorCode::NotSupported, "input of anonymous composite types is not implemented");
  }
  if (is_object_name(type)) return io::parse_object_name(type, text, settings);
  if (type == oid::kTid) return io::parse_place(text);
  if (type == oid::kPgLsn) return io::parse_log_position(text);
  const Type* const found = find_type(type);
  if (found != nullptr && found->kind == 'e') return enum_value(type, text);
  if (is_vector(type)) return io::parse_vector(*found, text, arena);
  if (found != nullptr && found->is_array()) {
    return io::parse_array(*found, typmod, text, settings, arena);
  }
  return no_input(type);
}

void append_text(Oid type, const Value& value, const TextSettings& settings, std::string& out) {
  if (type == oid::kBool) {
    out.push_back(value.boolean() ? 't' : 'f');
  } else if (type == oid::kFloat4 || type == oid::kFloat8) {
    io::append_float(value.number, type == oid::kFloat4, out);
  } else if (type == oid::kBytea) {
    io::append_bytea(value.bytes(), settings.bytea_escape, out);
  } else if (type == oid::kUuid) {
    io::append_uuid(value.bytes(), out);
  } else if (type == oid::kNumeric) {
    const Result<Numeric> number = Numeric::unpack(value.bytes());
    if (number.has_value()) number->append_text(out);
  } else if (io::is_date_time(type)) {
    io::append_date_time(type, value, settings, out);
  } else if (type == oid::kJsonb) {
    io::append_jsonb(value.bytes(), out);
  } else if (type == oid::kRecord) {
    io::append_record(value, settings, out);
  } else if (is_object_name(type)) {
    io::append_object_name(type, value, settings, out);
  } else if (type == oid::kTid) {
    io::append_place(value, out);
  } else if (type == oid::kPgLsn) {
    io::append_log_position(value, out);
  } else if (is_vector(type)) {
    io::append_vector(value, out);
  } else if (type == oid::kVoid) {
    // Nothing is shown of nothing.
  } else if (const Type* const found = find_type(type); found == nullptr) {
    out += value.bytes();
  } else if (found->kind == 'e') {
    out += enum_label(type, value);
  } else if (found->is_array()) {
    io::append_array(*found, value, settings, out);
  } else if (found->kept == Kept::Integer) {
    out += std::to_string(value.integer);
  } else {
    out += value.bytes();
  }
}

Result<Value> parse_binary(Oid type, std::int32_t typmod, Bytes bytes, Arena& arena) {
  if (is_text(type)) {
    LK_CHECK(io::check_utf8(bytes));
    return io::fit_text(type, typmod, bytes, arena);
  }
  const Type* const found = find_type(type);
  if (found == nullptr) return no_input(type);
  if (found->kind == 'e') return enum_value(type, bytes);
  if (found->is_array()) return io::receive_array(*found, typmod, bytes, arena);
  if (type == oid::kNumeric) {
    Result<Numeric> number = Numeric::unpack(bytes);
    if (!number.has_value()) return Error(ErrorCode::InvalidBinary, number.error().message());
    return numeric_value(std::move(number), typmod, arena);
  }
  if (type == oid::kBytea) return Value::of_bytes(arena.copy(bytes));
  if (io::is_json(type)) return io::receive_json(type, bytes, arena);
  if (type == oid::kUuid) {
    if (bytes.size() != 16) return Error(ErrorCode::InvalidBinary, "incorrect binary data format");
    return Value::of_bytes(arena.copy(bytes));
  }
  if (io::is_date_time(type)) return io::receive_date_time(type, typmod, bytes, arena);
  if (type == oid::kTid) return io::receive_place(bytes);
  if (found->kept != Kept::Bytes && found->kind == 'b') return io::receive_number(type, bytes);
  return no_input(type);
}

void append_binary(Oid type, const Value& value, std::string& out) {
  const Type* const found = find_type(type);
  if (found == nullptr || type == oid::kVoid) return;
  if (type == oid::kRecord) {
    io::send_record(value, out);
  } else if (found->kind == 'e') {
    out += enum_label(type, value);
  } else if (found->is_array()) {
    io::send_array(*found, value, out);
  } else if (io::is_json(type)) {
    io::send_json(type, value.bytes(), out);
  } else if (found->kept == Kept::Bytes) {
    out += value.bytes();
  } else if (type == oid::kTid) {
    io::send_place(value, out);
  } else {
    io::send_number(type, value, out);
  }
}

int compare(Oid type, const Value& left, const Value& right) {
  const Type* const found = find_type(type);
  if (found == nullptr) return order_of(left.bytes(), right.bytes());
  if (found->kept == Kept::Integer) {
    return left.integer < right.integer ? -1 : left.integer > right.integer ? 1 : 0;
  }
  if (found->kept == Kept::Number) return order_of(left.number, right.number);
  if (type == oid::kRecord) return compare_records(left, right);
  if (found->is_array()) return io::compare_arrays(*found, left, right);
  if (type == oid::kNumeric) {
    const Result<Numeric> a = Numeric::unpack(left.bytes());
    const Result<Numeric> b = Numeric::unpack(right.bytes());
    if (!a.has_value() || !b.has_value()) return order_of(left.bytes(), right.bytes());
    const std::weak_ordering order = a->compare(*b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (type == oid::kInterval) {
    const Int128 a = interval_order(date_time::get<Interval>(left));
    const Int128 b = interval_order(date_time::get<Interval>(right));
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (type == oid::kTimetz) {
    const auto order = date_time::get<TimeTz>(left) <=> date_time::get<TimeTz>(right);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (type == oid::kJsonb) return io::compare_jsonb(left.bytes(), right.bytes());
  if (type == oid::kBpchar) {
    return order_of(without_padding(left.bytes()), without_padding(right.bytes()));
  }
  return order_of(left.bytes(), right.bytes());
}

std::uint64_t hash(Oid type, const Value& value) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->kept == Kept::Integer) {
    return hash_bytes({reinterpret_cast<const char*>(&value.integer), sizeof value.integer});
  }
  if (found != nullptr && found->kept == Kept::Number) {
    // The zeros are equal, and so are all that are not numbers.
    const double number = std::isnan(value.number) ? std::nan("") : value.number + 0.0;
    return hash_bytes({reinterpret_cast<const char*>(&number), sizeof number});
  }
  if (type == oid::kNumeric) {
    const Result<Numeric> number = Numeric::unpack(value.bytes());
    if (number.has_value()) return number->hash();
  }
  if (found != nullptr && found->is_array()) {
    // Equal arrays may differ in their bytes, as 1.0 and 1.00 do.
    std::string key;
    append_key_part(type, value, KeyPart::Last, key);
    return hash_bytes(key);
  }
  if (type == oid::kInterval) {
    const Int128 order = interval_order(date_time::get<Interval>(value));
    return hash_bytes({reinterpret_cast<const char*>(&order), sizeof order});
  }
  if (type == oid::kJsonb) return io::hash_jsonb(value.bytes());
  if (type == oid::kRecord) return hash_record(value);
  if (type == oid::kBpchar) return hash_bytes(without_padding(value.bytes()));
  return hash_bytes(value.bytes());
}

}  // namespace latchkey::sql
