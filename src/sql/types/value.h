#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace latchkey::sql {

/// The number PostgreSQL gives to a type, a table, a function or another object.
enum class Oid : std::uint32_t { None = 0 };
constexpr std::uint32_t value_of(Oid oid) { return static_cast<std::uint32_t>(oid); }

/// One value, or null. Its type is known from where it stands, never from the value.
///
///   types                                             kept in
///   bool, int2, int4, int8, oid, date, time,          integer
///   timestamp, timestamptz
///   float4, float8                                    number
///   timetz, interval                                  data, size: as on PostgreSQL's wire
///   all others                                        data, size: bytes in the type's own form
///
/// Ownership: the bytes belong to an arena, a record or a statement; see who made it.
struct Value {
  union {
    std::int64_t integer;
    double number;
    const char* data;
  };
  std::uint32_t size = 0;
  bool is_null = true;

  Value() : integer(0) {}
  static Value null() { return {}; }
  static Value of_integer(std::int64_t integer) {
    Value value;
    value.integer = integer;
    value.is_null = false;
    return value;
  }
  static Value of_bool(bool flag) { return of_integer(flag ? 1 : 0); }
  static Value of_number(double number) {
    Value value;
    value.number = number;
    value.is_null = false;
    return value;
  }
  /// Borrows `bytes`.
  static Value of_bytes(Bytes bytes) {
    Value value;
    value.data = bytes.data();
    value.size = static_cast<std::uint32_t>(bytes.size());
    value.is_null = false;
    return value;
  }

  Bytes bytes() const { return {data, size}; }
  bool boolean() const { return integer != 0; }
};

}  // namespace latchkey::sql
